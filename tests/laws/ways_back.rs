//! `on_failure: revert`: a way back ends where the machine was, and a plan says what becomes of everybody.

use std::time::Duration;

use proptest::prelude::*;
use respec::model::{Health, InstanceId, OnFailure, Probe, Rollout, StoppedMode};
use respec::plan::{Action, Goal, Saga, Undo, WayBack, check};

use crate::fleets::{Fleet, fleet, plain};
use crate::laws::config;
use crate::little_cloud::LittleCloud;
use crate::world::{World, id, type_name};

/// The same fleet, whose groups put back who is not good.
pub(crate) fn careful(mut fleet: Fleet) -> Fleet {
    let put_back = |rollout: &mut Rollout| {
        rollout.on_failure = OnFailure::Revert;
        rollout.health = Some(Health {
            ready: Probe::Status,
            within: Duration::from_secs(60),
            hold: Duration::ZERO,
        });
    };
    fleet.rollouts.iter_mut().for_each(put_back);
    put_back(&mut fleet.ungrouped);
    fleet
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn a_way_back_ends_where_the_machine_was(fleet in fleet().prop_map(careful)) {
        let world = World::of(&fleet);
        for (id, saga) in &world.plan().sagas {
            let Some(WayBack::By { from, steps }) = &saga.way_back else { continue };
            let before = &world.observed.instances[id];
            let mut cloud = LittleCloud::with(before.clone());
            for step in saga.steps[..usize::from(*from)].iter().chain(steps) {
                let shown = step.before.first_difference(&cloud.machine);
                prop_assert_eq!(shown, None, "{:#?}", step);
                cloud.carry_out(step).map_err(TestCaseError::fail)?;
                prop_assert!(step.after.is_shown_by(&cloud.machine), "{:#?}", step);
            }
            let after = &cloud.machine;
            prop_assert_eq!(&after.instance_type, &before.instance_type);
            prop_assert_eq!(after.max_bandwidth_out, before.max_bandwidth_out);
            prop_assert_eq!(after.charge_type, before.charge_type);
            prop_assert_eq!(&after.public_ip, &before.public_ip);
            prop_assert_eq!(&after.status, &before.status);
        }
    }

    #[test]
    fn everybody_is_told_and_the_check_agrees(fleet in fleet().prop_map(careful)) {
        let world = World::of(&fleet);
        let sagas = world.plan().sagas;
        for saga in sagas.values() {
            let pivot = saga.steps.iter().position(|step| step.order_call().is_some());
            let back = saga.way_back.as_ref().unwrap();
            if let (WayBack::By { from, .. }, Some(pivot)) = (back, pivot) {
                prop_assert!(usize::from(*from) < pivot, "{:#?}", saga);
            }
        }
        let objections = check(&world.desired, &sagas);
        prop_assert!(objections.is_empty(), "{:?}", objections);
    }

    #[test]
    fn the_plan_id_changes_with_a_way_back(fleet in fleet().prop_map(careful)) {
        let plan = World::of(&fleet).saved();
        let mut other = plan.clone();
        let mut backs = other.sagas.values_mut().filter_map(|saga| saga.way_back.as_mut());
        let Some(steps) = backs.find_map(|back| match back {
            WayBack::By { steps, .. } => Some(steps),
            WayBack::Never { .. } => None,
        }) else {
            return Ok(());
        };
        steps.pop();
        prop_assert_ne!(plan.id(), other.id());
    }
}

const WEB: usize = 0;
const DB: usize = 1;
const LINK: usize = 3;

fn good() -> (World, std::collections::BTreeMap<InstanceId, Saga>) {
    let world = World::of(&careful(plain()));
    let sagas = world.plan().sagas;
    (world, sagas)
}

/// Spoils the way back of one machine and expects these words of the check.
fn spoiled(words: &str, spoil: impl FnOnce(&mut Saga, &mut u16, &mut Vec<respec::plan::Step>)) {
    let (world, mut sagas) = good();
    let saga = sagas.get_mut(&id(WEB)).unwrap();
    let Some(WayBack::By {
        mut from,
        mut steps,
    }) = saga.way_back.take()
    else {
        panic!("it has no way back");
    };
    spoil(saga, &mut from, &mut steps);
    saga.way_back = Some(WayBack::By { from, steps });
    let objections = check(&world.desired, &sagas);
    let told: Vec<String> = objections.iter().map(ToString::to_string).collect();
    assert!(
        told.iter().any(|o| o.contains(words)),
        "no `{words}` in {told:?}"
    );
}

#[test]
fn a_spoiled_way_back_is_noticed() {
    let (world, sagas) = good();
    assert_eq!(check(&world.desired, &sagas), []);
    let verbs: Vec<&str> = sagas[&id(WEB)]
        .way_back
        .as_ref()
        .unwrap()
        .steps()
        .iter()
        .map(|step| step.action.verb())
        .collect();
    let expected = ["cool down", "ask", "stop", "modify", "start", "health"];
    assert_eq!(verbs, expected);

    spoiled("without a cool-down", |_, _, steps| drop(steps.remove(0)));
    spoiled("can be had", |_, _, steps| drop(steps.remove(1)));
    spoiled("a machine that is up", |_, _, steps| drop(steps.remove(2)));
    spoiled("values from before", |_, _, steps| drop(steps.remove(3)));
    spoiled("with the machine up", |_, _, steps| drop(steps.remove(4)));
    spoiled("first health check", |_, from, _| *from = 0);
    spoiled("max_outage", |_, _, steps| {
        steps[3].downtime = Duration::from_secs(3600);
    });
    spoiled("values from before", |_, _, steps| {
        steps[3].after = Goal {
            instance_type: Some(type_name("ecs.g7.2xlarge")),
            ..Goal::default()
        };
    });
    spoiled("what is final", |saga, _, _| {
        saga.steps[1].undo = Undo::Never {
            why: "an order cannot be taken back".to_owned(),
        };
    });
    spoiled("gives capacity up", |_, _, steps| {
        steps[2].action = Action::Stop {
            mode: StoppedMode::StopCharging,
        };
    });
}

#[test]
fn what_is_final_stays_and_says_why() {
    let (_, sagas) = good();
    for (machine, why) in [
        (DB, "an order cannot be taken back"),
        (LINK, "no health check follows a change without an outage"),
    ] {
        let never = Some(WayBack::Never {
            why: why.to_owned(),
        });
        assert_eq!(sagas[&id(machine)].way_back, never);
    }
}

#[test]
fn a_way_back_is_there_where_it_is_asked_for_and_nowhere_else() {
    let (mut world, mut sagas) = good();
    world.desired.ungrouped.on_failure = OnFailure::Stop;
    let told = |world: &World, sagas: &_| format!("{:?}", check(&world.desired, sagas));
    assert!(told(&world, &sagas).contains("nobody asks for that"));
    world.desired.ungrouped.on_failure = OnFailure::Revert;
    sagas.get_mut(&id(WEB)).unwrap().way_back = None;
    assert!(told(&world, &sagas).contains("does not say what a failure does"));
}
