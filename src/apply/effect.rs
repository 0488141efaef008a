//! What a machine's record has to keep when its saga ends: a start that is owed (R72), and what was bought
//! for a while (R30).

use jiff::Timestamp;

use crate::model::{
    AppliedInstance, Field, InstanceStatus, PaymentStatus, RestartDue, TypeName, Upgrade,
};
use crate::plan::{Action, Saga, Step, Undo};
use crate::saga::{Phase, SagaState};

/// The start that is still due, if one is. An order that nobody paid yet may be paid later: the record
/// says so, and counts only if the machine ever shows that type.
pub(super) fn restart_due(
    saga: &Saga,
    state: &SagaState,
    old: Option<&AppliedInstance>,
    now: Timestamp,
) -> Option<RestartDue> {
    let ordered = ordered_type(saga, state);
    let from = ordered.as_ref().map_or(0, |(at, _)| *at);
    if was_started(saga, state, from) {
        return None;
    }
    let is_to_run = saga.was_running || saga.steps.iter().any(|step| step.action == Action::Start);
    match ordered {
        Some((_, instance_type)) if is_to_run => Some(RestartDue {
            instance_type,
            since: now,
        }),
        Some(_) | None => old.and_then(|record| record.restart_due.clone()),
    }
}

/// The step that ordered another type, and which, unless its order was cancelled. A type that was found there counts
/// where nobody knows whether it is in force.
fn ordered_type(saga: &Saga, state: &SagaState) -> Option<(u16, TypeName)> {
    let is_given = was_overtaken(saga, state);
    (0..).zip(&saga.steps).find_map(|(at, step)| {
        step.order_call()?;
        let to = step.after.instance_type.clone()?;
        let made = state.step(at);
        let cancelled = matches!(made.booked, Some((PaymentStatus::Cancelled, _)));
        ((made.order.is_some() || is_given) && !cancelled).then_some((at, to))
    })
}

/// Whether what was ordered may not be in force although every step is done: the last start found the machine up, and
/// nothing tells that whoever started it did so behind the order.
pub(super) fn was_overtaken(saga: &Saga, state: &SagaState) -> bool {
    let steps = (0..).zip(&saga.steps);
    let starts = steps.filter(|(_, step)| step.action == Action::Start);
    let made = starts.filter(|(at, _)| state.phase(*at) == Phase::Succeeded);
    let last = made.last();
    last.is_some_and(|(at, _)| !puts_in_force(saga, state, at))
}

/// Whether a start that succeeded puts in force what was ordered before it. Ours does; somebody else's does where we
/// stopped the machine behind the order. Else it may have come up before, and its guest still be what it was (R4, R12).
fn puts_in_force(saga: &Saga, state: &SagaState, at: u16) -> bool {
    let step = |at: u16| &saga.steps[usize::from(at)];
    let is_ours = |at: u16| !state.step(at).found;
    let is_our_stop = |at: &u16| is_ours(*at) && matches!(step(*at).action, Action::Stop { .. });
    let mut behind_it = (0..at).rev().take_while(|at| !is_our_stop(at));
    is_ours(at) || !behind_it.any(|at| takes_effect_with_a_start(step(at)))
}

/// A type that is ordered does, and so does what can be ordered only while the machine is down (R26).
fn takes_effect_with_a_start(step: &Step) -> bool {
    let needs_it_down = step.before.status == Some(InstanceStatus::Stopped);
    step.order_call().is_some() && (step.after.instance_type.is_some() || needs_it_down)
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
    was_started(saga, state, 0) || gave(saga, state, seen) || found_in_effect(saga, old, seen)
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

/// Whether the machine was down and came up again, by this step or one behind it. A stop that failed and was taken back
/// need not have taken it down: one restart too many is shown in a plan, a type that never takes effect is not.
fn was_started(saga: &Saga, state: &SagaState, from: u16) -> bool {
    let mut steps = (0..).zip(&saga.steps).filter(|(at, _)| *at >= from);
    steps.any(|(at, step)| {
        let so_far = state.step(at);
        let done = step.action == Action::Start && so_far.phase == Phase::Succeeded;
        let forward = done && puts_in_force(saga, state, at);
        let back = step.undo == Undo::By(Action::Start) && so_far.phase == Phase::Undone;
        forward || (back && so_far.failure.is_none())
    })
}
