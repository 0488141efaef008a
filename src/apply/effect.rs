//! What a machine's record has to keep when its saga ends: a start that is owed (R72), and what was bought
//! for a while (R30).

use jiff::Timestamp;

use crate::model::{AppliedInstance, Field, PaymentStatus, RestartDue, TypeName, Upgrade};
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

/// When a start may have left last of which nobody saw the end: one of this saga, or the one on record.
pub(super) fn late_start(
    saga: &Saga,
    state: &SagaState,
    old: Option<&AppliedInstance>,
) -> Option<Timestamp> {
    let starts = (0..)
        .zip(&saga.steps)
        .filter(|(_, step)| step.action == Action::Start);
    let forth = starts.filter_map(|(at, _)| state.step(at).lost_at).max();
    let recorded = old.and_then(|record| record.late_start);
    forth.max(state.lost_start).max(recorded)
}

/// Whether the type that shows may be put on record as one that is in effect: it was started since, or this saga gave
/// it that type, or found it so and had no start to make up for. Of any other the next plan asks the books.
pub(super) fn vouches_for_type(
    saga: &Saga,
    state: &SagaState,
    old: Option<&AppliedInstance>,
    seen: &TypeName,
) -> bool {
    was_started(saga, state) || gave(saga, state, seen) || found_in_effect(saga, old, seen)
}

fn gave(saga: &Saga, state: &SagaState, seen: &TypeName) -> bool {
    let steps = (0..).zip(&saga.steps);
    let mut giving = steps.filter(|(_, step)| step.after.instance_type.as_ref() == Some(seen));
    giving.any(|(at, _)| {
        let step = state.step(at);
        let cancelled = matches!(step.booked, Some((PaymentStatus::Cancelled, _)));
        step.phase == Phase::Succeeded && !cancelled
    })
}

/// A start that was planned and not made may be one that was owed, unless the record knew better.
fn found_in_effect(saga: &Saga, old: Option<&AppliedInstance>, seen: &TypeName) -> bool {
    let mut changes = saga
        .steps
        .iter()
        .filter(|step| step.after.instance_type.is_some());
    let before = changes
        .next()
        .map(|step| step.before.instance_type.as_ref());
    let as_planned = before.is_none_or(|before| before == Some(seen));
    let recorded = old.and_then(|record| record.fields.get(&Field::InstanceType));
    let recorded = recorded.is_some_and(|record| record == seen.as_str());
    let starts = saga.was_running && saga.steps.iter().any(|step| step.action == Action::Start);
    as_planned && (recorded || !starts)
}

/// The temporary upgrade to keep: the one this saga bought, one found in the books, or the one recorded.
pub(super) fn upgrade(
    saga: &Saga,
    state: &SagaState,
    old: Option<&AppliedInstance>,
    found: Option<&Upgrade>,
) -> Option<Upgrade> {
    let recorded = old.and_then(|record| record.temporary.as_ref());
    bought(saga, state).or_else(|| found.or(recorded).cloned())
}

/// What this saga bought: its order is known to be paid.
fn bought(saga: &Saga, state: &SagaState) -> Option<Upgrade> {
    let steps = || {
        (0..)
            .zip(&saga.steps)
            .filter(|(_, step)| step.after.temporary.is_some())
    };
    // The last such step is the one that saw the payment.
    let (at, paid) = steps().last()?;
    if state.phase(at) != Phase::Succeeded {
        return None;
    }
    let (made, first) = steps().next()?;
    Some(Upgrade {
        what: paid.after.temporary.clone()?,
        order: state.step(made).order?,
        base: first.before.max_bandwidth_out?,
    })
}

/// Whether the machine was down and came up again. A stop that failed and was taken back need not have taken it down:
/// one restart too many is shown in a plan, a type that never takes effect is not.
fn was_started(saga: &Saga, state: &SagaState) -> bool {
    (0..).zip(&saga.steps).any(|(at, step)| {
        let so_far = state.step(at);
        let forward = step.action == Action::Start && so_far.phase == Phase::Succeeded;
        let back = step.undo == Undo::By(Action::Start) && so_far.phase == Phase::Undone;
        forward || (back && so_far.failure.is_none())
    })
}
