//! What a saga does next. A pure decision over its plan and its state.

use jiff::Timestamp;

use crate::plan::{Action, Saga, Undo, WayBack};
use crate::planted::{self, Fault};

use super::entry::{FailureCause, Halt, SagaOutcome};
use super::phase::Phase;
use super::progress::SagaState;
use super::service::{drain_of_the_unhealthy, drained, is_a_return, may_undrain, owed_return};

/// How far a run means to go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// To the end.
    GoOn,
    /// Only as far as it takes to leave every machine up: after an interrupt, or when settling a run.
    PutBack,
    /// Only as far as orders are made: nothing is stopped, nothing is waited for.
    OrdersOnly,
}

/// The next thing to do for one machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Task {
    /// Do a step, or find out what became of it.
    Do(u16),
    /// Take a step back.
    TakeBack(u16),
    /// Give a step up before it is sent, so that the machine is put back.
    GiveUp(u16, FailureCause),
    /// Watch until no stop can arrive late any more; the last may have been sent at this time.
    Watch(Timestamp),
    /// Not good behind its change: from here on, the way back.
    TurnBack,
    /// Nothing is left: end the saga.
    Close(SagaOutcome),
    /// Rest, and let the next apply begin here.
    Halt(Halt),
    /// Rest without a word: the run was interrupted and the machine is fine as it is.
    Rest,
}

/// Decides.
#[must_use]
pub fn next_task(saga: &Saga, state: &SagaState, mode: Mode) -> Task {
    if let Some((halt, _)) = state.halted {
        return Task::Halt(halt);
    }
    let task = match state.failed_step() {
        Some((failed, failure)) if turns_back(saga, state, failed, failure.cause) => {
            turn_back(saga, state, mode)
        }
        Some((failed, failure)) => unwind(saga, state, failed, failure.cause),
        None => go_on(saga, state, mode),
    };
    match (task, &state.turned) {
        // It is what it was, and not what was wanted.
        (Task::Close(SagaOutcome::Done), Some(_)) => Task::Close(SagaOutcome::Undone),
        // It could not be put back, and runs as changed.
        (Task::Close(_), Some(_)) => Task::Halt(Halt::Held),
        (task, _) => task,
    }
}

/// Whether the plan puts this machine back: it runs as wanted, and is not good.
fn turns_back(saga: &Saga, state: &SagaState, failed: u16, cause: FailureCause) -> bool {
    let behind = match &saga.way_back {
        Some(WayBack::By { from, .. }) => *from == failed,
        Some(WayBack::Never { .. }) | None => false,
    };
    behind
        && cause == FailureCause::Unhealthy
        && state.turned.is_none()
        && !planted::is(Fault::NoWayBack)
}

/// First into service and past every stop that got lost, as if it were to stay: each outage is whole.
fn turn_back(saga: &Saga, state: &SagaState, mode: Mode) -> Task {
    let next = match (owed_return(saga, state), mode) {
        (Some(at), _) => Task::Do(at),
        (None, Mode::GoOn) => Task::TurnBack,
        // It is up; nothing new is begun.
        (None, Mode::PutBack | Mode::OrdersOnly) => Task::Rest,
    };
    settle_then(saga, state, next)
}

fn go_on(saga: &Saga, state: &SagaState, mode: Mode) -> Task {
    // A call in doubt comes first, even before a stop that was taken back since and is to be done again.
    let sent = positions(saga).find(|at| matches!(state.phase(*at), Phase::Sent | Phase::Answered));
    let open = sent.or_else(|| {
        positions(saga).find(|at| !matches!(state.phase(*at), Phase::Succeeded | Phase::Undone))
    });
    match (open, mode) {
        (None, _) => settle_then(saga, state, Task::Close(SagaOutcome::Done)),
        // A stop that got lost is waited for as soon as the machine is up again, for it keeps a place.
        (Some(at), Mode::GoOn) if !holds_down(saga, state) => {
            settle_then(saga, state, Task::Do(at))
        }
        (Some(at), Mode::GoOn) => Task::Do(at),
        (Some(at), Mode::PutBack) => put_back(saga, state, at),
        (Some(at), Mode::OrdersOnly) => order_ahead(saga, state, at),
    }
}

/// Orders are made, and calls that were sent are followed; a machine that is down is brought up.
fn order_ahead(saga: &Saga, state: &SagaState, open: u16) -> Task {
    let step = &saga.steps[usize::from(open)];
    let is_about_orders = step.is_paid_order() || step.waits_for_payment();
    if is_about_orders && !holds_down(saga, state) {
        Task::Do(open)
    } else {
        put_back(saga, state, open)
    }
}

/// After an interrupt the only new steps are starts; a call that was sent is followed to its end.
fn put_back(saga: &Saga, state: &SagaState, open: u16) -> Task {
    let action = &saga.steps[usize::from(open)].action;
    if let Some(at) = owed_return(saga, state) {
        return settle_then(saga, state, Task::Do(at));
    }
    let was_sent =
        !state.is_new(open) && matches!(state.phase(open), Phase::Sent | Phase::Answered);
    // Nobody waits for a command that a program before this one began: it is taken back.
    let is_call = !matches!(
        action,
        Action::AwaitOrder | Action::PayOrder | Action::CoolDown | Action::RunHook { .. }
    );
    // A stop that may not have arrived is not sent again either: wherever it got to, the machine is brought up.
    let is_call = is_call && saga.steps[usize::from(open)].undo != Undo::By(Action::Start);
    if (was_sent && is_call) || (*action == Action::Start && holds_down(saga, state)) {
        Task::Do(open)
    } else if holds_down(saga, state) || drained(saga, state).is_some() {
        Task::GiveUp(open, FailureCause::Interrupted)
    } else {
        settle_then(saga, state, Task::Rest)
    }
}

/// Whether the machine is down because of this saga and owed a start.
#[must_use]
pub fn holds_down(saga: &Saga, state: &SagaState) -> bool {
    let mut down = false;
    for at in positions(saga) {
        let step = &saga.steps[usize::from(at)];
        let phase = state.phase(at);
        if step.undo == Undo::By(Action::Start) {
            down = match phase {
                Phase::Waiting | Phase::Undone => false,
                Phase::Failed => was_sent(state, at),
                Phase::Sent
                | Phase::Answered
                | Phase::Succeeded
                | Phase::UndoSent
                | Phase::UndoAnswered
                | Phase::UndoFailed => true,
            };
        } else if step.action == Action::Start && phase == Phase::Succeeded {
            down = false;
        }
    }
    down
}

/// Whether the machine is down because of this saga, and what failed is its start: that is owed to it, whatever a run
/// is for.
#[must_use]
pub fn lacks_its_start(saga: &Saga, state: &SagaState) -> bool {
    let failed = state.failed_step();
    let starts = failed.is_some_and(|(at, _)| saga.steps[usize::from(at)].action == Action::Start);
    // One that goes on where it turned is looked at anew, and its journal knows no more that it is down.
    starts && holds_down(saga, state) && !state.is_where_it_turned()
}

/// The step that brought the machine up last, a start or a stop that was taken back, and what was seen and run behind
/// that start to put it back into service.
#[must_use]
pub fn brought_up_by(saga: &Saga, state: &SagaState) -> Vec<u16> {
    let mut last = Vec::new();
    for at in positions(saga) {
        let step = &saga.steps[usize::from(at)];
        let (phase, stops) = (state.phase(at), step.undo == Undo::By(Action::Start));
        let back = stops && matches!(phase, Phase::Undone | Phase::UndoFailed);
        if back || (step.action == Action::Start && phase == Phase::Succeeded) {
            last = vec![at];
        } else if is_a_return(step) && !last.is_empty() {
            last.push(at);
        }
    }
    last
}

/// Whether a stop of this saga may still take the machine down, although it is up now.
#[must_use]
pub fn may_fall_over(saga: &Saga, state: &SagaState) -> bool {
    state.closed.is_none()
        && !state.settled
        && ends_up(saga, state)
        && loose_stop(saga, state).is_some()
}

/// Takes back, last first, whatever can be; stops at the pivot, and where the machine was brought up:
/// what was changed before that is in force and stays.
fn unwind(saga: &Saga, state: &SagaState, failed: u16, cause: FailureCause) -> Task {
    if only_waits_to_come_up(saga, failed, cause) {
        return Task::Halt(Halt::Held);
    }
    if let Some(at) = owed_return(saga, state) {
        return settle_then(saga, state, Task::Do(at));
    }
    for at in (0..=failed).rev() {
        let at = if planted::is(Fault::WrongUndoOrder) {
            failed - at
        } else {
            at
        };
        let step = &saga.steps[usize::from(at)];
        if step.action == Action::Start && state.phase(at) == Phase::Succeeded {
            break;
        }
        match (&step.undo, state.phase(at)) {
            (_, Phase::UndoFailed) => {
                let drain = drain_of_the_unhealthy(saga, state, at);
                return drain.map_or_else(|| stuck(saga, state, at), Task::TakeBack);
            }
            (Undo::By(Action::RunHook { .. }), phase) => {
                let was_run = matches!(
                    phase,
                    Phase::Succeeded | Phase::UndoSent | Phase::UndoAnswered
                ) || (phase == Phase::Failed && was_sent(state, at));
                if was_run && may_undrain(saga, state, at) {
                    // Not before it is known that no late stop takes the machine down again.
                    return settle_then(saga, state, Task::TakeBack(at));
                }
            }
            (Undo::By(Action::Start), _) if planted::is(Fault::NoCompensation) => {}
            (Undo::By(_), Phase::Succeeded | Phase::UndoSent | Phase::UndoAnswered) => {
                return Task::TakeBack(at);
            }
            // A stop that failed may still arrive; a change that failed is known not to have happened.
            (Undo::By(Action::Start), Phase::Failed) if was_sent(state, at) => {
                return Task::TakeBack(at);
            }
            // Whoever cancels an order wants no more of it, and whoever stops a machine wants it down; what was final
            // before stays.
            (Undo::Never { .. }, Phase::Succeeded) if is_somebodys_wish(cause) => break,
            (Undo::Never { .. }, Phase::Succeeded) => {
                let halt = match cause {
                    FailureCause::Unknown if is_in_doubt(saga, state) => Halt::Unknown,
                    // Nothing has failed: the next apply goes on where this one was asked to stop.
                    FailureCause::Interrupted => Halt::Paused,
                    _ => Halt::Held,
                };
                return settle_then(saga, state, Task::Halt(halt));
            }
            (Undo::By(_) | Undo::Nothing | Undo::Never { .. }, _) => {}
        }
    }
    // It is changed and runs: what is left to do lies ahead.
    let end = if is_a_return(&saga.steps[usize::from(failed)]) {
        Task::Halt(Halt::Held)
    } else if cause == FailureCause::Unknown && !is_in_doubt(saga, state) {
        Task::Close(SagaOutcome::Undone)
    } else {
        ending(cause)
    };
    settle_then(saga, state, end)
}

/// Whether something may have come of what nobody saw the end of: an order that waits to be paid, or a call. What
/// was never sent has no effect, and of a stop nothing is left once the machine was started again.
fn is_in_doubt(saga: &Saga, state: &SagaState) -> bool {
    state.steps.iter().any(|(at, so_far)| {
        let step = &saga.steps[usize::from(*at)];
        let failure = so_far.failure.as_ref();
        let unknown = failure.is_some_and(|failure| failure.cause == FailureCause::Unknown);
        let is_stop = step.undo == Undo::By(Action::Start);
        let was_sent = so_far.first_sent.is_some() && !is_stop;
        unknown && (was_sent || step.waits_for_payment())
    })
}

/// What a step that could not be taken back leaves. A machine that runs and is only not good may run as
/// changed, where nobody knows what became of the change: that is read back before anything else, but not
/// before it is known that no late stop takes the machine down again.
fn stuck(saga: &Saga, state: &SagaState, at: u16) -> Task {
    let cause = |at: u16| state.steps.get(&at)?.failure.as_ref().map(|it| it.cause);
    let runs = cause(at) == Some(FailureCause::Unhealthy);
    if runs && is_in_doubt(saga, state) {
        settle_then(saga, state, Task::Halt(Halt::Unknown))
    } else {
        Task::Halt(Halt::Stuck)
    }
}

/// A start that was taken and not refused may come about any time: a change is not taken back under
/// a machine that is coming up, so only starting can end it.
fn only_waits_to_come_up(saga: &Saga, failed: u16, cause: FailureCause) -> bool {
    let starts = saga.steps[usize::from(failed)].action == Action::Start;
    starts && matches!(cause, FailureCause::TimedOut | FailureCause::Unknown)
}

fn was_sent(state: &SagaState, at: u16) -> bool {
    if planted::is(Fault::StopForgotten) {
        return false;
    }
    state
        .steps
        .get(&at)
        .is_some_and(|step| step.first_sent.is_some())
}

fn is_somebodys_wish(cause: FailureCause) -> bool {
    matches!(cause, FailureCause::Cancelled | FailureCause::LeftToOthers)
}

fn ending(cause: FailureCause) -> Task {
    match cause {
        FailureCause::Unknown => Task::Halt(Halt::Unknown),
        FailureCause::Abnormal | FailureCause::TooDear => Task::Halt(Halt::Held),
        FailureCause::Cancelled => Task::Close(SagaOutcome::Declined),
        FailureCause::Spared => Task::Close(SagaOutcome::Spared),
        FailureCause::LeftToOthers => Task::Close(SagaOutcome::LeftAlone),
        FailureCause::CoolingDown | FailureCause::Interrupted => Task::Close(SagaOutcome::PutBack),
        FailureCause::Refused
        | FailureCause::Surprised
        | FailureCause::Gone
        | FailureCause::TimedOut
        | FailureCause::NoEffect
        | FailureCause::HookFailed
        | FailureCause::Unhealthy => Task::Close(SagaOutcome::Undone),
    }
}

/// A saga in which a stop got lost is not ended before that stop can no longer arrive.
fn settle_then(saga: &Saga, state: &SagaState, end: Task) -> Task {
    match loose_stop(saga, state) {
        Some(sent) if may_fall_over(saga, state) && !planted::is(Fault::NoSettle) => {
            Task::Watch(sent)
        }
        Some(_) | None => end,
    }
}

/// When a stop whose end nobody saw may have been sent last.
fn loose_stop(saga: &Saga, state: &SagaState) -> Option<Timestamp> {
    positions(saga)
        // A stop that is wanted for itself may arrive as late as it likes.
        .filter(|at| saga.steps[usize::from(*at)].undo == Undo::By(Action::Start))
        .filter_map(|at| state.steps.get(&at)?.lost_at)
        .max()
}

/// Whether the machine is meant to be up when this saga rests.
fn ends_up(saga: &Saga, state: &SagaState) -> bool {
    let failed = state.failed_step().is_some();
    let last_power = saga.steps.iter().rev().find_map(|step| match step.action {
        Action::Start => Some(true),
        Action::Stop { .. } => Some(false),
        Action::Modify(_)
        | Action::AwaitOrder
        | Action::PayOrder
        | Action::AllocatePublicIp
        | Action::CoolDown
        | Action::AskOffer(_)
        | Action::RunHook { .. }
        | Action::AwaitHealth(_) => None,
    });
    if failed {
        state.was_running
    } else {
        last_power.unwrap_or(state.was_running)
    }
}

fn positions(saga: &Saga) -> impl Iterator<Item = u16> {
    0..u16::try_from(saga.steps.len()).expect("a chain has fewer than a dozen steps")
}
