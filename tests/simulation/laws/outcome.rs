//! I5, I8 and I9: the journal tells how the world is, what is done stays done, and everything comes to rest.

use std::collections::{BTreeMap, BTreeSet};

use respec::model::{DesiredInstance, DesiredSpec, Field, InstanceId, InstanceStatus};
use respec::plan::{Action, Goal, Undo};
use respec::saga::{Direction, Halt, Kind, SagaOutcome, StepEvent};
use serde_json::Value;

use super::{Past, Stand, has_touched_neighbours, is_touched, of, orders, text};
use crate::chains;
use crate::history::History;

/// I5: each machine is as it was found, but for the changes that the journal says have succeeded.
pub(super) fn what_succeeded_is_so(
    history: &History,
    truth: &Value,
    past: &Past,
    stands: &BTreeMap<InstanceId, Stand>,
) {
    let mut expected = history.first_truth.clone();
    let plans = history.plans.borrow();
    for (run, entries) in past.runs() {
        for (nth, entry) in entries.iter().enumerate() {
            let Kind::Step {
                at,
                event: StepEvent::Succeeded { .. },
            } = &entry.kind
            else {
                continue;
            };
            let step = chains::step(&plans[run], &entries[..nth], run, at).unwrap();
            let goal = match at.direction {
                Direction::Forward => &step.after,
                Direction::Undo => &step.before,
            };
            if matches!(step.action, Action::Modify(_) | Action::AwaitOrder)
                && !step.is_finished_by_its_answer()
                && (at.direction == Direction::Forward || step.undo != Undo::By(Action::Start))
            {
                set_fields(goal, &mut expected, &at.instance);
            }
        }
    }
    let given_up = given_up(past);
    for id in history.rig.desired.instances.keys() {
        if given_up.contains(id)
            || matches!(
                stands.get(id),
                Some(Stand::Halted(_) | Stand::Displaced | Stand::Open)
            )
            || is_touched(history, id)
        {
            continue;
        }
        let (now, expected) = (of(truth, id), of(&expected, id));
        for field in [
            "ConfiguredType",
            "InternetMaxBandwidthOut",
            "InternetChargeType",
        ] {
            if now[field] != expected[field] {
                let what = format!(
                    "{id}: {field} is {}, recorded is {}",
                    now[field], expected[field]
                );
                history.eye.object("I5", what);
            }
        }
    }
}

/// Machines whose change somebody gave up once. What was in doubt then may have happened, and what was ordered may have
/// been paid behind it: neither is on any record.
fn given_up(past: &Past) -> BTreeSet<InstanceId> {
    let abandoned = past.entries().filter_map(|entry| match &entry.kind {
        Kind::Closed {
            instance,
            outcome: SagaOutcome::Abandoned,
            ..
        } => Some(instance.clone()),
        _ => None,
    });
    abandoned.collect()
}

fn set_fields(goal: &Goal, truth: &mut Value, id: &InstanceId) {
    let machines = truth["instances"].as_array_mut().unwrap();
    let mut of = machines.iter_mut();
    let machine = of
        .find(|machine| machine["InstanceId"] == id.as_str())
        .unwrap();
    if let Some(kind) = &goal.instance_type {
        machine["ConfiguredType"] = kind.as_str().into();
    }
    if let Some(out) = goal.max_bandwidth_out {
        machine["InternetMaxBandwidthOut"] = out.into();
    }
    if let Some(kind) = goal.charge_type {
        machine["InternetChargeType"] = kind.as_str().into();
    }
}

/// I5: the journal tells how the world is.
pub(super) fn outcome_is_true(
    history: &History,
    truth: &Value,
    id: &InstanceId,
    machine: &DesiredInstance,
    stands: &BTreeMap<InstanceId, Stand>,
    past: &Past,
) {
    let stand = stands.get(id).copied();
    let now = of(truth, id);
    let object = |what: String| history.eye.object("I5", format!("{id}: {what}"));
    match stand {
        Some(Stand::Closed(SagaOutcome::Done)) => {
            if let Some(what) = first_difference(&machine.spec, now) {
                object(format!("is Done, but {what}"));
            }
            let recorded = past.contents.applied.instances.get(id);
            for (field, value) in recorded.iter().flat_map(|record| &record.fields) {
                let real = real_value(*field, now);
                if real.as_ref().is_some_and(|real| real != value) {
                    object(format!(
                        "{} is recorded as {value} and is {real:?}",
                        field.path()
                    ));
                }
            }
        }
        Some(Stand::Closed(_)) | None => {
            if has_order(truth, id, "Unpaid") || has_order(truth, id, "Abnormal") {
                object(format!("is {stand:?}, but has an open order"));
            }
        }
        Some(Stand::Halted(Halt::Unknown)) => {
            let plan = history.eye.plan.borrow();
            let saga = plan.as_ref().and_then(|plan| plan.sagas.get(id));
            if !saga.is_some_and(respec::plan::Saga::makes_order) {
                object("is unknown although no order could be made".to_owned());
            }
        }
        Some(Stand::Halted(Halt::Paused) | Stand::HeldBack) => {}
        // The batch before it ends when somebody has paid.
        Some(Stand::Open) if waits_for_a_payment(history, stands, id) => {}
        // Its place is taken by a machine that somebody else keeps down.
        Some(Stand::Open | Stand::Displaced) if has_touched_neighbours(history, machine) => {}
        // The place it needs may be kept, by a machine that is down or not good, for as long as a history lasts: one
        // that may only be started behind this one, that nobody is to start, or whose old type is out of stock. It
        // says so, and rests.
        Some(Stand::Displaced)
            if history
                .eye
                .rollouts
                .place_is_taken(id, truth, &for_a_person(stands)) => {}
        // Until somebody voids it, nothing can be done.
        Some(Stand::Halted(Halt::Held)) if has_order(truth, id, "Abnormal") => {}
        Some(
            stand @ (Stand::Halted(Halt::Held | Halt::Stuck) | Stand::Displaced | Stand::Open),
        ) => {
            history
                .eye
                .object("I9", format!("{id} never comes to rest: {stand:?}"));
        }
    }
}

/// I5: what a journal calls done is so, whoever else worked on it, unless it was the other that put it back.
pub(super) fn done_is_done(
    history: &History,
    truth: &Value,
    stands: &BTreeMap<InstanceId, Stand>,
    put_back: &BTreeSet<InstanceId>,
) {
    let machines = history.rig.desired.instances.iter();
    for (id, machine) in machines.filter(|(id, _)| !put_back.contains(*id)) {
        let done = stands.get(id) == Some(&Stand::Closed(SagaOutcome::Done));
        let differs = first_difference(&machine.spec, of(truth, id));
        if let Some(what) = differs.filter(|_| done) {
            history
                .eye
                .object("I5", format!("{id} is Done, but {what}"));
        }
    }
}

/// Machines that a person has to look at.
fn for_a_person(stands: &BTreeMap<InstanceId, Stand>) -> BTreeSet<String> {
    let held = [Halt::Held, Halt::Stuck, Halt::Unknown].map(Stand::Halted);
    let waits = |stand: &Stand| held.contains(stand) || *stand == Stand::HeldBack;
    let them = stands.iter().filter(|(_, stand)| waits(stand));
    them.map(|(id, _)| id.to_string()).collect()
}

fn waits_for_a_payment(
    history: &History,
    stands: &BTreeMap<InstanceId, Stand>,
    id: &InstanceId,
) -> bool {
    let others = history.eye.rollouts.neighbours(id);
    let mut paused = stands
        .iter()
        .filter(|(_, stand)| **stand == Stand::Halted(Halt::Paused));
    paused.any(|(other, _)| others.contains(other.as_str()))
}

fn has_order(truth: &Value, id: &InstanceId, payment: &str) -> bool {
    orders(truth).any(|order| order["InstanceId"] == id.as_str() && order["Payment"] == payment)
}

/// What is not as the manifest wants it.
pub(crate) fn first_difference(wish: &DesiredSpec, now: &Value) -> Option<String> {
    if let Some(wanted) = &wish.instance_type {
        if now["ConfiguredType"] != wanted.as_str() {
            return Some(format!("its type is {}", now["ConfiguredType"]));
        }
        if now["Status"] == "Running" && now["EffectiveType"] != wanted.as_str() {
            return Some(format!("its guest still runs on {}", now["EffectiveType"]));
        }
    }
    let internet = &wish.internet;
    if internet
        .max_bandwidth_out
        .is_some_and(|out| now["InternetMaxBandwidthOut"] != out)
    {
        return Some(format!("outbound is {}", now["InternetMaxBandwidthOut"]));
    }
    if internet
        .charge_type
        .is_some_and(|kind| now["InternetChargeType"] != kind.as_str())
    {
        return Some(format!("traffic is {}", now["InternetChargeType"]));
    }
    let has_address = !now["PublicIpAddress"].is_null();
    if internet
        .public_ip
        .is_some_and(|wanted| wanted != has_address)
    {
        return Some(format!("its address is {}", now["PublicIpAddress"]));
    }
    None
}

/// What the cloud has for a recorded field; none for those that are told otherwise.
fn real_value(field: Field, now: &Value) -> Option<String> {
    let value = match field {
        Field::InstanceType => &now["ConfiguredType"],
        Field::MaxBandwidthOut => &now["InternetMaxBandwidthOut"],
        Field::ChargeType => &now["InternetChargeType"],
        Field::MaxBandwidthIn
        | Field::PublicIp
        | Field::Power
        | Field::StoppedMode
        | Field::TemporaryBandwidth => return None,
    };
    Some(text(value))
}

/// I8: what is done stays done: planning again is empty, and applying that sends nothing.
pub(super) async fn nothing_is_left_to_do(
    history: &History,
    past: &Past,
    stands: &BTreeMap<InstanceId, Stand>,
) {
    let cloud = history.client();
    let planned = match history.rig.plan(&cloud, &past.contents).await {
        Ok(planned) => planned,
        Err(error) => return history.eye.object("I8", error.to_string()),
    };
    for (id, saga) in &planned.plan.sagas {
        let done = stands.get(id) == Some(&Stand::Closed(SagaOutcome::Done));
        if done && !is_touched(history, id) {
            let what = format!("{id} is done, but is planned again: {:?}", saga.changes);
            history.eye.object("I8", what);
        }
    }
    let all = planned.observed.instances.values();
    let moving = all.filter(|seen| {
        !matches!(
            seen.status,
            InstanceStatus::Running | InstanceStatus::Stopped
        )
    });
    for seen in moving {
        history
            .eye
            .object("I9", format!("{} is {} at the end", seen.id, seen.status));
    }
}
