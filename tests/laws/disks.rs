//! What leaving a retired type means: another kind of system disk is asked for where the cloud may take it, and never on a
//! way back (R69), and the type is not promised back (R68).

use std::collections::BTreeMap;

use respec::model::{InstanceId, ModifyCall, SpecChange};
use respec::plan::{Action, Planned, Saga, Undo, WayBack, check};

use crate::fleets::{Fleet, plain};
use crate::ways_back::careful;
use crate::world::{World, id, type_name};

const WEB: usize = 0;
const DB: usize = 1;

/// The plan of this fleet, whose owner wants another kind of disk everywhere, for a machine that is of this type and
/// I/O-optimized, or not, or nobody says.
fn planned(fleet: &Fleet, machine: usize, now: &str, io_optimized: Option<bool>) -> Planned {
    let mut world = World::of(fleet);
    for wish in world.desired.instances.values_mut() {
        wish.change.system_disk_category = Some("cloud_ssd".to_owned());
    }
    let seen = world.observed.instances.get_mut(&id(machine)).unwrap();
    seen.instance_type = type_name(now);
    seen.particulars.io_optimized = io_optimized;
    let planned = world.plan();
    assert_eq!(check(&world.desired, &planned.sagas), []);
    planned
}

/// The change of its type, and how it is taken back.
fn change_of(sagas: &BTreeMap<InstanceId, Saga>, machine: usize) -> (&ModifyCall, &Undo) {
    let steps = &sagas[&id(machine)].steps;
    let mut changes = steps.iter().filter_map(|step| match &step.action {
        Action::Modify(call @ (ModifyCall::Spec(_) | ModifyCall::Prepay(_))) => {
            Some((call, &step.undo))
        }
        _ => None,
    });
    changes.next().unwrap()
}

/// Whether a note says that the disk is left as it is.
fn is_left_out(planned: &Planned, machine: usize) -> bool {
    let mut notes = planned.account.notes.iter();
    notes.any(|note| note.instance == id(machine) && note.because.rule == "R69")
}

#[test]
fn it_is_asked_for_where_it_may_count() {
    for (now, io_optimized, asked) in [
        ("ecs.g6.large", Some(true), false),
        ("ecs.g6.large", Some(false), true),
        ("ecs.g6.large", None, true),
        ("ecs.s2.large", Some(true), true),
        ("ecs.n1.large", Some(true), true),
    ] {
        let planned = planned(&plain(), WEB, now, io_optimized);
        let (call, undo) = change_of(&planned.sagas, WEB);
        let ModifyCall::Spec(forth) = call else {
            panic!("{call:?} is for subscriptions");
        };
        let case = format!("{now} {io_optimized:?}");
        assert_eq!(forth.system_disk_category.is_some(), asked, "{case}");
        assert_eq!(is_left_out(&planned, WEB), !asked, "{case}");
        if let Undo::By(Action::Modify(ModifyCall::Spec(back))) = undo {
            assert_eq!(back.system_disk_category, None, "{case}");
        }
    }
}

#[test]
fn a_type_that_is_retired_is_not_promised_back() {
    let of = |now| planned(&careful(plain()), WEB, now, Some(true));
    let planned = of("ecs.s2.large");
    let (_, undo) = change_of(&planned.sagas, WEB);
    let why = "ecs.s2.large is not sold any more, and cannot be had back".to_owned();
    assert_eq!(*undo, Undo::Never { why: why.clone() });
    let way_back = &planned.sagas[&id(WEB)].way_back;
    assert_eq!(*way_back, Some(WayBack::Never { why }));

    // Gone from one site and not from the other: to try costs a call, and to give up an outage.
    let planned = of("ecs.n1.large");
    let (_, undo) = change_of(&planned.sagas, WEB);
    assert!(matches!(undo, Undo::By(_)), "{undo:?}");
    let way_back = &planned.sagas[&id(WEB)].way_back;
    assert!(matches!(way_back, Some(WayBack::By { .. })), "{way_back:?}");
}

#[test]
fn a_subscription_is_asked_in_the_same_way() {
    for (io_optimized, asked) in [(Some(true), false), (Some(false), true), (None, true)] {
        let planned = planned(&plain(), DB, "ecs.g6.large", io_optimized);
        let (call, _) = change_of(&planned.sagas, DB);
        let ModifyCall::Prepay(forth) = call else {
            panic!("{call:?} is for pay-as-you-go");
        };
        assert_eq!(forth.system_disk_category.is_some(), asked);
        assert_eq!(is_left_out(&planned, DB), !asked);
    }
}

#[test]
fn the_way_back_leaves_the_disk_alone_even_when_it_is_taken_back_itself() {
    let planned = planned(&careful(plain()), WEB, "ecs.g6.large", None);
    let Some(WayBack::By { steps, .. }) = &planned.sagas[&id(WEB)].way_back else {
        panic!("it has no way back");
    };
    let plainly = |name: &str| {
        ModifyCall::Spec(SpecChange {
            instance_type: type_name(name),
            allow_migrate_across_zone: None,
            system_disk_category: None,
        })
    };
    let back = Action::Modify(plainly("ecs.g6.large"));
    let change = steps.iter().find(|step| step.action == back).unwrap();
    assert_eq!(
        change.undo,
        Undo::By(Action::Modify(plainly("ecs.g7.large")))
    );
}
