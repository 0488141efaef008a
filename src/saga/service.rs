//! Out of service and back: what brackets an outage on its owner's side.
//!
//! ```text
//!   before_stop ─ stop ─ … ─ start ─ health ─ after_start
//!   └── out of service ──────────────────────────────────┘
//! ```
//!
//! Taken back before the start, the stop is taken back by a start and `before_stop` by `after_start`.
//! Once the machine was started, `after_start` goes forward, however the health check ends.

use crate::model::Moment;
use crate::plan::{Action, Saga, Step, Undo};

use super::entry::FailureCause;
use super::phase::Phase;
use super::progress::SagaState;

/// Whether the machine is out of service because of this saga: it was drained, is down, or has come up
/// and was not yet seen to be good or not yet put back.
#[must_use]
pub fn is_out_of_service(saga: &Saga, state: &SagaState) -> bool {
    // Who turned back was not good, and is not in service before it has come up again.
    let turned = state.turned.is_some();
    let (mut out, mut started) = (turned, false);
    for (at, step) in (0..).zip(&saga.steps) {
        let phase = state.phase(at);
        match Part::of(step) {
            // Who is stopped for good leaves service by intention.
            Part::Drain if is_for_good(saga, at + 1) => {}
            Part::Drain | Part::Outage => {
                started = false;
                match phase {
                    Phase::Waiting => {}
                    Phase::Failed => out |= was_sent(state, at),
                    // Taken back last of all: then it is in service again.
                    Phase::Undone => out = turned,
                    Phase::Sent
                    | Phase::Answered
                    | Phase::Succeeded
                    | Phase::UndoSent
                    | Phase::UndoAnswered
                    | Phase::UndoFailed => out = true,
                }
            }
            Part::Start => {
                started = phase == Phase::Succeeded;
                out &= !started;
            }
            Part::Return => out |= started && phase != Phase::Succeeded,
            Part::Other => {}
        }
    }
    out || is_undrained_last(saga, state)
}

/// Whether the machine has a drain that is not taken back although the stop behind it is.
fn is_undrained_last(saga: &Saga, state: &SagaState) -> bool {
    pairs(saga).any(|(drain, stop)| {
        let taken_back = state.phase(stop) == Phase::Undone;
        taken_back && is_to_be_taken_back(saga, state, drain)
    })
}

/// Whether this step takes its machine out of service for a while: a stop around a change, or what is
/// run before one.
#[must_use]
pub fn takes_out_of_service(saga: &Saga, at: u16) -> bool {
    let step = &saga.steps[usize::from(at)];
    match Part::of(step) {
        Part::Drain => !is_for_good(saga, at + 1),
        Part::Outage => true,
        Part::Start | Part::Return | Part::Other => false,
    }
}

/// Whether an `after_start` is owed to a machine that is up.
#[must_use]
pub fn is_owed_a_return(saga: &Saga, state: &SagaState) -> bool {
    owed_return(saga, state).is_some() || drained(saga, state).is_some()
}

/// The `after_start` that is owed to a machine that was started, whatever becomes of the rest.
pub(super) fn owed_return(saga: &Saga, state: &SagaState) -> Option<u16> {
    let mut started = false;
    for (at, step) in (0..).zip(&saga.steps) {
        let phase = state.phase(at);
        match Part::of(step) {
            Part::Drain | Part::Outage => started &= phase == Phase::Waiting,
            Part::Start => started = phase == Phase::Succeeded,
            Part::Return if started && step.action.moment() == Some(Moment::AfterStart) => {
                match phase {
                    Phase::Waiting | Phase::Sent | Phase::Answered => return Some(at),
                    Phase::Succeeded
                    | Phase::Failed
                    | Phase::UndoSent
                    | Phase::UndoAnswered
                    | Phase::Undone
                    | Phase::UndoFailed => {}
                }
            }
            Part::Return | Part::Other => {}
        }
    }
    None
}

/// The step that drained the machine, or may have, with the stop behind it not begun.
pub(super) fn drained(saga: &Saga, state: &SagaState) -> Option<u16> {
    let (drain, _) = pairs(saga).find(|(drain, stop)| {
        let not_stopped = matches!(state.phase(*stop), Phase::Waiting | Phase::Undone);
        not_stopped && is_to_be_taken_back(saga, state, *drain)
    })?;
    Some(drain)
}

/// Whether a step that drains its machine may be taken back now: it was run, and the machine is up.
pub(super) fn may_undrain(saga: &Saga, state: &SagaState, at: u16) -> bool {
    let behind = pairs(saga).find(|(drain, _)| *drain == at);
    behind
        .is_none_or(|(_, stop)| !(is_for_good(saga, stop) && state.phase(stop) == Phase::Succeeded))
}

fn is_for_good(saga: &Saga, stop: u16) -> bool {
    let step = saga.steps.get(usize::from(stop));
    step.is_some_and(|step| step.undo == Undo::Nothing)
}

/// The drain in front of a stop whose machine runs again and is not good: it is put back all the same,
/// since whoever balances the load looks for himself.
pub(super) fn drain_of_the_unhealthy(saga: &Saga, state: &SagaState, stop: u16) -> Option<u16> {
    let cause = state.step(stop).failure.map(|failure| failure.cause);
    if cause != Some(FailureCause::Unhealthy) {
        return None;
    }
    let (drain, _) = pairs(saga).find(|(_, behind)| *behind == stop)?;
    is_to_be_taken_back(saga, state, drain).then_some(drain)
}

/// Whether a failure of this step leaves a machine that is changed and runs: then only going forward
/// again can end it.
#[must_use]
pub fn is_a_return(step: &Step) -> bool {
    Part::of(step) == Part::Return
}

fn is_to_be_taken_back(saga: &Saga, state: &SagaState, drain: u16) -> bool {
    let has_undo = matches!(saga.steps[usize::from(drain)].undo, Undo::By(_));
    has_undo
        && match state.phase(drain) {
            Phase::Failed => was_sent(state, drain),
            Phase::Sent
            | Phase::Answered
            | Phase::Succeeded
            | Phase::UndoSent
            | Phase::UndoAnswered => true,
            Phase::Waiting | Phase::Undone | Phase::UndoFailed => false,
        }
}

fn was_sent(state: &SagaState, at: u16) -> bool {
    state.step(at).first_sent.is_some()
}

/// Every step that drains, with the stop behind it.
fn pairs(saga: &Saga) -> impl Iterator<Item = (u16, u16)> {
    let steps = (0_u16..).zip(&saga.steps);
    steps
        .filter(|(_, step)| step.action.moment() == Some(Moment::BeforeStop))
        .map(|(at, _)| (at, at + 1))
}

/// What a step is to the bracket around an outage.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    Drain,
    Outage,
    Start,
    Return,
    Other,
}

impl Part {
    fn of(step: &Step) -> Self {
        match &step.action {
            Action::RunHook { moment, .. } => match moment {
                Moment::BeforeStop => Self::Drain,
                Moment::AfterStart => Self::Return,
            },
            // A stop that is wanted for itself ends service by intention.
            Action::Stop { .. } if step.undo == Undo::By(Action::Start) => Self::Outage,
            Action::Start => Self::Start,
            Action::AwaitHealth(_) => Self::Return,
            Action::Stop { .. }
            | Action::Modify(_)
            | Action::AwaitOrder
            | Action::PayOrder
            | Action::AllocatePublicIp
            | Action::CoolDown
            | Action::AskOffer(_) => Self::Other,
        }
    }
}
