//! What is owed to a machine when its saga ends: a type that was ordered while it ran needs a start (R72).

use jiff::Timestamp;

use crate::model::{AppliedInstance, PaymentStatus, RestartDue};
use crate::plan::{Action, Saga, Undo};
use crate::saga::{Phase, SagaState};

/// The start that is still due, if one is. An order that nobody paid yet may be paid later: the record
/// says so, and counts only if the machine ever shows that type.
pub(super) fn restart_due(
    saga: &Saga,
    state: &SagaState,
    old: Option<&AppliedInstance>,
    now: Timestamp,
) -> Option<RestartDue> {
    if was_started(saga, state) {
        return None;
    }
    let ordered = (0..).zip(&saga.steps).find_map(|(at, step)| {
        step.order_call()?;
        let to = step.after.instance_type.clone()?;
        let made = state.step(at);
        let cancelled = matches!(made.booked, Some((PaymentStatus::Cancelled, _)));
        (made.order.is_some() && !cancelled).then_some(to)
    });
    match ordered {
        Some(instance_type) if saga.was_running => Some(RestartDue {
            instance_type,
            since: now,
        }),
        Some(_) | None => old.and_then(|record| record.restart_due.clone()),
    }
}

fn was_started(saga: &Saga, state: &SagaState) -> bool {
    (0..).zip(&saga.steps).any(|(at, step)| {
        let phase = state.phase(at);
        let forward = step.action == Action::Start && phase == Phase::Succeeded;
        let back = step.undo == Undo::By(Action::Start) && phase == Phase::Undone;
        forward || back
    })
}
