//! Good plans spoiled in one place: the check must object to each.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use respec::model::{
    DesiredFleet, InstanceId, InstanceStatus, ModifyCall, NetworkBilling, Power, PrepayChange,
    Rollout, Share, SpecChange, StoppedMode, Unit,
};
use respec::plan::{Action, Goal, Saga, Step, Undo, check};

use crate::fleets::plain;
use crate::world::{World, id, type_name};

/// A plan, open to be spoiled.
struct Plan {
    desired: DesiredFleet,
    sagas: BTreeMap<InstanceId, Saga>,
}

const WEB: usize = 0;
const DB: usize = 1;
const JOB: usize = 2;
const LINK: usize = 3;

impl Plan {
    fn good() -> Self {
        let world = World::of(&plain());
        Self {
            sagas: world.plan().sagas,
            desired: world.desired,
        }
    }

    fn steps(&mut self, machine: usize) -> &mut Vec<Step> {
        &mut self.sagas.get_mut(&id(machine)).unwrap().steps
    }

    /// Takes a step out, and chains the rest anew.
    fn drop(&mut self, machine: usize, position: usize) {
        self.steps(machine).remove(position);
        self.chain(machine);
    }

    /// Does a step twice.
    fn double(&mut self, machine: usize, position: usize) {
        let step = self.steps(machine)[position].clone();
        self.steps(machine).insert(position, step);
        self.chain(machine);
    }

    fn swap(&mut self, machine: usize, one: usize, other: usize) {
        self.steps(machine).swap(one, other);
        self.chain(machine);
    }

    fn chain(&mut self, machine: usize) {
        for (position, step) in (0u16..).zip(self.steps(machine).iter_mut()) {
            step.needs = position.checked_sub(1).into_iter().collect();
        }
    }

    fn objections(&self) -> Vec<String> {
        let found = check(&self.desired, &self.sagas);
        found.iter().map(ToString::to_string).collect()
    }
}

/// Spoils a good plan and expects these words of the check.
fn spoiled(words: &str, spoil: impl FnOnce(&mut Plan)) {
    let mut plan = Plan::good();
    spoil(&mut plan);
    let objections = plan.objections();
    assert!(
        objections.iter().any(|o| o.contains(words)),
        "no `{words}` in {objections:?}"
    );
}

fn verbs(plan: &mut Plan, machine: usize) -> Vec<&'static str> {
    plan.steps(machine)
        .iter()
        .map(|step| step.action.verb())
        .collect()
}

#[test]
fn the_plans_to_be_spoiled_are_good() {
    let mut plan = Plan::good();
    assert_eq!(plan.objections(), Vec::<String>::new());
    assert_eq!(
        verbs(&mut plan, WEB),
        ["stop", "modify", "start", "cool down", "modify"]
    );
    assert_eq!(
        verbs(&mut plan, DB),
        ["modify", "pay order", "stop", "start"]
    );
    assert_eq!(verbs(&mut plan, JOB), ["stop"]);
    assert_eq!(verbs(&mut plan, LINK), ["modify", "pay order"]);
}

#[test]
fn power_is_put_back() {
    spoiled("does not end in the power state", |plan| plan.drop(WEB, 2));
    spoiled("does not end in the power state", |plan| plan.drop(DB, 3));
    spoiled("does not end in the power state", |plan| {
        plan.desired.instances.get_mut(&id(JOB)).unwrap().spec.power = Some(Power::Running);
    });
    spoiled("stops a machine that is down", |plan| plan.double(WEB, 0));
    spoiled("starts a machine that is up", |plan| plan.double(WEB, 2));
    spoiled("how the machine comes up", |plan| {
        plan.steps(WEB)[0].undo = Undo::Nothing;
    });
    spoiled("how the machine comes up", |plan| {
        plan.steps(JOB)[0].undo = Undo::By(Action::Start);
    });
}

#[test]
fn a_change_finds_the_machine_in_the_right_state() {
    spoiled("changes the type of a machine that is up", |plan| {
        plan.swap(WEB, 0, 1);
    });
    spoiled("gives capacity up", |plan| {
        plan.steps(WEB)[0].action = Action::Stop {
            mode: StoppedMode::StopCharging,
        };
    });
    spoiled("gives capacity up", |plan| {
        let change = plan.steps(WEB)[1].clone();
        plan.steps(JOB)[0].action = Action::Stop {
            mode: StoppedMode::StopCharging,
        };
        plan.steps(JOB).push(change);
        plan.chain(JOB);
    });
    spoiled("while the machine is held down", |plan| {
        plan.swap(WEB, 2, 3);
    });
    // Also where it was found down, and was started before.
    spoiled("while the machine is held down", |plan| {
        let start = plan.steps(WEB)[2].clone();
        plan.sagas.get_mut(&id(WEB)).unwrap().was_running = false;
        plan.steps(WEB).insert(0, start);
        plan.swap(WEB, 3, 4);
    });
    spoiled("leaves a machine down that is meant to run", |plan| {
        let start = plan.steps(WEB)[2].clone();
        plan.sagas.get_mut(&id(LINK)).unwrap().was_running = false;
        plan.steps(LINK).push(start);
        plan.chain(LINK);
    });
    spoiled("without a cool-down", |plan| plan.drop(WEB, 3));
}

#[test]
fn each_way_of_paying_has_its_own_calls() {
    let spec = SpecChange {
        instance_type: type_name("ecs.g7.xlarge"),
        allow_migrate_across_zone: None,
        system_disk_category: None,
    };
    let prepay = PrepayChange {
        instance_type: type_name("ecs.g7.large"),
        auto_pay: true,
        migrate_across_zone: None,
        system_disk_category: None,
    };
    spoiled("ModifyInstanceSpec to a subscription", |plan| {
        plan.steps(DB)[0].action = Action::Modify(ModifyCall::Spec(spec));
    });
    spoiled("ModifyPrepayInstanceSpec to a pay-as-you-go", |plan| {
        plan.steps(WEB)[1].action = Action::Modify(ModifyCall::Prepay(prepay));
    });
    spoiled("without stating AutoPay", |plan| {
        state_auto_pay(&mut plan.steps(LINK)[0], None);
    });
    spoiled("where no order is made", |plan| {
        state_auto_pay(&mut plan.steps(WEB)[4], Some(true));
    });
    spoiled("order left unpaid", |plan| plan.drop(DB, 1));
    spoiled("nobody waits for the order", |plan| plan.drop(LINK, 1));
    spoiled("order left unpaid", |plan| {
        state_auto_pay(&mut plan.steps(LINK)[0], Some(true));
    });
    spoiled("pays an order and calls it undoable", |plan| {
        plan.steps(LINK)[0].undo = Undo::Nothing;
        state_auto_pay(&mut plan.steps(LINK)[0], Some(true));
    });
    spoiled("waits for a payment and calls it undoable", |plan| {
        plan.steps(LINK)[1].undo = Undo::Nothing;
    });
}

fn state_auto_pay(step: &mut Step, stated: Option<bool>) {
    let Action::Modify(ModifyCall::Network(change)) = &mut step.action else {
        panic!("{step:?} is no change of the network");
    };
    change.auto_pay = stated;
}

#[test]
fn every_step_answers_for_itself() {
    spoiled("has no reason", |plan| plan.steps(WEB)[1].because.clear());
    spoiled("how it is changed back", |plan| {
        plan.steps(WEB)[1].undo = Undo::Nothing;
    });
    spoiled("how it is changed back", |plan| {
        plan.steps(WEB)[1].before = Goal::default();
    });
    spoiled("how it is changed back", |plan| {
        plan.steps(WEB)[1].undo = Undo::Never {
            why: "nobody wants it back".to_owned(),
        };
    });
    spoiled("promises a type back that is not sold", |plan| {
        let step = &mut plan.steps(WEB)[1];
        let retired = type_name("ecs.s2.large");
        step.before.instance_type = Some(retired.clone());
        step.undo = Undo::By(Action::Modify(ModifyCall::Spec(SpecChange {
            instance_type: retired,
            allow_migrate_across_zone: None,
            system_disk_category: None,
        })));
    });
    spoiled("another system disk on the way back", |plan| {
        let Undo::By(Action::Modify(ModifyCall::Spec(back))) = &mut plan.steps(WEB)[1].undo else {
            panic!("a type is not changed back");
        };
        back.system_disk_category = Some("cloud_ssd".to_owned());
    });
    spoiled("something else than it asks for", |plan| {
        plan.steps(WEB)[4].after.max_bandwidth_out = Some(51);
    });
    spoiled("something else than it asks for", |plan| {
        plan.steps(WEB)[4].after.instance_type = Some(type_name("ecs.g7.large"));
    });
    spoiled("behind the pivot", |plan| {
        let undo = plan.steps(WEB)[1].undo.clone();
        plan.steps(DB)[3].undo = undo;
    });
}

#[test]
fn the_manifest_has_the_last_word() {
    spoiled("although it is protected", |plan| {
        plan.desired.instances.get_mut(&id(WEB)).unwrap().protect = true;
    });
    spoiled("its group allows none", |plan| {
        plan.desired.ungrouped = Rollout {
            max_unavailable: Share::Count(0),
            ..Rollout::default()
        };
    });
    spoiled("longer than its `max_outage`", |plan| {
        plan.steps(WEB)[0].downtime = Duration::from_secs(3600);
    });
    spoiled("not in the manifest", |plan| {
        plan.desired.instances.remove(&id(JOB));
    });
    spoiled("does not ask for", |plan| {
        let wish = &mut plan.desired.instances.get_mut(&id(WEB)).unwrap().spec;
        wish.instance_type = Some(type_name("ecs.g7.2xlarge"));
    });
    spoiled("does not ask for", |plan| {
        plan.steps(LINK)[0].after.charge_type = Some(NetworkBilling::PayByBandwidth);
    });
}

#[test]
fn the_graph_leads_somewhere() {
    spoiled("wait for each other", |plan| {
        wait(plan, WEB, DB);
        wait(plan, DB, WEB);
    });
    spoiled("a step that does not exist", |plan| {
        plan.steps(WEB)[1].needs = vec![0, 9];
    });
    spoiled("does not wait for the step before", |plan| {
        plan.steps(WEB)[2].needs.clear();
    });
    spoiled("has no steps", |plan| plan.steps(JOB).clear());
    spoiled("more than", |plan| {
        let stop = plan.steps(JOB)[0].clone();
        plan.steps(JOB).resize(70_000, stop);
    });
    spoiled("holds the steps of", |plan| {
        let saga = plan.sagas.remove(&id(JOB)).unwrap();
        plan.sagas.insert(id(9), saga);
    });
}

fn wait(plan: &mut Plan, waiter: usize, other: usize) {
    let saga = plan.sagas.get_mut(&id(waiter)).unwrap();
    saga.after = BTreeSet::from([Unit::Instance(id(other))]);
}

#[test]
fn a_saga_under_a_stranger_name_does_not_end_the_program() {
    let mut plan = Plan::good();
    let saga = plan.sagas[&id(WEB)].clone();
    plan.sagas.insert(id(7), saga);
    plan.steps(WEB)[0].before = Goal::status(InstanceStatus::Stopping);
    assert!(!plan.objections().is_empty());
}
