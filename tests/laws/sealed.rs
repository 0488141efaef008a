//! The plan file: what its id depends on, and that no byte of it can be changed unseen.

use proptest::prelude::*;
use respec::model::{Availability, Digest, InstanceId, InstanceStatus, Promise, Selector, Share};
use respec::plan::{Action, Goal, PlanFileError, SavedPlan, Source, Step, Undo};

use crate::fleets::fleet;
use crate::laws::config;
use crate::world::{World, now};

proptest! {
    #![proptest_config(config())]

    #[test]
    fn a_sealed_plan_opens_as_it_was(fleet in fleet()) {
        let plan = World::of(&fleet).saved();
        let text = plan.seal();
        prop_assert!(text.ends_with('\n') && text.lines().count() == 1);
        prop_assert_eq!(SavedPlan::open(text.as_bytes()), Ok(plan));
    }

    #[test]
    fn no_byte_can_be_changed_unseen(fleet in fleet(), at in any::<prop::sample::Index>(), bit in 0..8u8) {
        let mut bytes = World::of(&fleet).saved().seal().into_bytes();
        let at = at.index(bytes.len());
        bytes[at] ^= 1 << bit;
        prop_assert!(SavedPlan::open(&bytes).is_err(), "byte {}", at);
    }

    #[test]
    fn a_plan_that_was_cut_short_does_not_open(fleet in fleet(), at in any::<prop::sample::Index>()) {
        let text = World::of(&fleet).saved().seal();
        let cut = &text.as_bytes()[..at.index(text.len())];
        prop_assert!(SavedPlan::open(cut).is_err());
    }

    #[test]
    fn the_plan_id_is_about_decisions_alone(fleet in fleet()) {
        let mut world = World::of(&fleet);
        let plan = world.saved();
        let mut later = plan.clone();
        later.created_at = now() + std::time::Duration::from_secs(3600);
        later.expires_at = later.created_at;
        later.tool_version = "9.9.9".to_owned();
        later.stamp.serial += 1;
        later.sources = vec![Source { name: "other.yaml".to_owned(), digest: Digest::of_text("x") }];
        prop_assert_eq!(plan.id(), later.id());
        prop_assert_ne!(plan.seal(), later.seal());

        // A machine that the plan does not touch may look like anything.
        for id in &plan.sheet.unchanged {
            let machine = world.observed.instances.get_mut(id).unwrap();
            machine.name = "renamed".to_owned();
            machine.tags.insert("colour".to_owned(), "green".to_owned());
            machine.memory_mib += 1;
        }
        prop_assert_eq!(plan.id(), world.saved().id());
    }

    #[test]
    fn whom_a_promise_is_about_at_the_moment_is_no_decision(fleet in fleet()) {
        let plan = World::of(&fleet).saved();
        let with = |members: &[&str], most| {
            let mut plan = plan.clone();
            plan.desired.availability.push(Availability {
                name: "payments".to_owned(),
                select: Selector::default(),
                promise: Promise::MaxUnavailable { share: Share::Count(most) },
                members: members.iter().map(|id| InstanceId::new(*id).unwrap()).collect(),
            });
            plan.id()
        };
        prop_assert_eq!(with(&["i-1"], 1), with(&["i-1", "i-2"], 1));
        prop_assert_ne!(with(&["i-1"], 1), with(&["i-1"], 2));
    }

    #[test]
    fn the_plan_id_changes_with_every_step(fleet in fleet(), at in any::<prop::sample::Index>(), how in 0..5usize) {
        let plan = World::of(&fleet).saved();
        let n_steps = plan.sagas.values().map(|saga| saga.steps.len()).sum();
        if n_steps == 0 {
            return Ok(());
        }
        let mut other = plan.clone();
        let mut steps = other.sagas.values_mut().flat_map(|saga| saga.steps.iter_mut());
        change(steps.nth(at.index(n_steps)).unwrap(), how);
        prop_assert_ne!(plan.id(), other.id());
    }
}

/// Another decision, whatever the step was before.
fn change(step: &mut Step, how: usize) {
    match how {
        0 => step.needs.push(9),
        1 => step.after = Goal::status(InstanceStatus::Pending),
        2 => step.undo = Undo::By(Action::CoolDown),
        3 if step.action == Action::Start => step.action = Action::CoolDown,
        3 => step.action = Action::Start,
        _ => {
            step.undo = Undo::Never {
                why: "somebody says so".to_owned(),
            }
        }
    }
}

#[test]
fn what_is_no_plan_is_told_apart_from_what_was_altered() {
    for text in [
        "",
        "{}",
        "[]",
        "null",
        "{\"plan\":1}\n",
        "\u{feff}{}",
        "{\"plan\":,\"plan_id\":\"\",\"seal\":\"\"}\n",
    ] {
        let opened = SavedPlan::open(text.as_bytes());
        assert!(
            matches!(opened, Err(PlanFileError::NotAPlan(_))),
            "{text:?}: {opened:?}"
        );
    }
    let newer = "{\"plan\":{\"format_version\":2},\"plan_id\":\"\",\"seal\":\"\"}\n";
    assert_eq!(
        SavedPlan::open(newer.as_bytes()),
        Err(PlanFileError::OtherVersion(2))
    );
    let ours = "{\"plan\":{\"format_version\":1},\"plan_id\":\"\",\"seal\":\"\"}\n";
    assert_eq!(
        SavedPlan::open(ours.as_bytes()),
        Err(PlanFileError::Altered)
    );
}
