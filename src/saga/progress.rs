//! The state of one machine's saga, folded from its entries.

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::model::{ClientToken, Money, ObservedInstance, OrderId, PaymentStatus};
use crate::plan::Saga;

use super::entry::{
    Direction, Entry, Failure, FailureCause, Halt, SagaOutcome, StepEvent, StepRef,
};
use super::phase::{Phase, next};

/// One step with what must be known to go on with it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct StepState {
    /// Where it stands.
    pub phase: Phase,
    /// When its call, in the present direction, may have been sent for the first time.
    pub first_sent: Option<Timestamp>,
    /// How often its call, in the present direction, was announced.
    pub sends: u32,
    /// When it may have been sent for the last time.
    pub last_sent: Option<Timestamp>,
    /// When a call that does the step may have left last of which nobody saw the end: it was never
    /// answered, or it hangs. Taking the step back does not make it forgotten.
    pub lost_at: Option<Timestamp>,
    /// The token it was sent with.
    pub token: Option<ClientToken>,
    /// The order it made.
    pub order: Option<OrderId>,
    /// What the books said of that order last: where it stands, and what it costs.
    pub booked: Option<(PaymentStatus, Option<Money>)>,
    /// Why it failed, if it did.
    pub failure: Option<Failure>,
    /// What was seen instead of its goal, where that was only to be told.
    pub tolerated: Option<Failure>,
    /// Whether its goal showed although nothing that was sent for it can have brought it about.
    pub found: bool,
}

/// What a saga was before its machine was sent back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Turned {
    /// Why: its health check.
    pub failure: Failure,
    /// The steps of the way forth.
    forth: BTreeMap<u16, StepState>,
}

/// One machine's saga.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SagaState {
    /// Which change of this machine it is.
    pub change_number: u64,
    /// Whether the machine ran when it was found.
    pub was_running: bool,
    /// How often it was begun in this run.
    pub begun: u32,
    /// Its steps, by position in the chain that is in force; a missing one is waiting.
    pub steps: BTreeMap<u16, StepState>,
    /// Set while the chain in force is the way back.
    pub turned: Option<Box<Turned>>,
    /// Whether it is known that no stop can arrive late any more.
    pub settled: bool,
    /// When a start that took a stop back may have left last of which nobody saw the end. It may arrive late.
    pub lost_start: Option<Timestamp>,
    /// When a change of the machine last succeeded in this run.
    pub changed_at: Option<Timestamp>,
    /// When it came to rest last, if it ever did.
    pub rested_at: Option<Timestamp>,
    /// Why it rests, if it does.
    pub halted: Option<(Halt, String)>,
    /// How it ended, if it has.
    pub closed: Option<(SagaOutcome, String)>,
}

impl SagaState {
    pub(super) fn new(change_number: u64, was_running: bool, begun: u32) -> Self {
        Self {
            change_number,
            was_running,
            begun,
            steps: BTreeMap::new(),
            turned: None,
            settled: false,
            lost_start: None,
            changed_at: None,
            rested_at: None,
            halted: None,
            closed: None,
        }
    }

    /// The state of a step; waiting, when nothing is recorded.
    #[must_use]
    pub fn step(&self, position: u16) -> StepState {
        self.steps.get(&position).cloned().unwrap_or_default()
    }

    /// The phase of a step.
    #[must_use]
    pub fn phase(&self, position: u16) -> Phase {
        self.steps
            .get(&position)
            .map_or(Phase::Waiting, |step| step.phase)
    }

    /// Whether nothing was ever sent for a step. What is read back counts as sent, and may never have been: the
    /// look before its first call can fail, too.
    #[must_use]
    pub fn is_new(&self, position: u16) -> bool {
        let step = self.steps.get(&position);
        step.is_none_or(|step| step.phase == Phase::Waiting || step.first_sent.is_none())
    }

    /// Whether a look shows everything that the steps which succeeded have changed.
    #[must_use]
    pub fn shows_its_work(&self, saga: &Saga, seen: &ObservedInstance) -> bool {
        let done = (0..)
            .zip(&saga.steps)
            .filter(|(at, _)| self.phase(*at) == Phase::Succeeded);
        let changes = done.filter(|(_, step)| step.after.status.is_none());
        changes
            .map(|(_, step)| step)
            .filter(|step| !step.is_finished_by_its_answer() && step.after.temporary.is_none())
            .all(|step| step.after.is_shown_by(seen))
    }

    /// The step that failed, if one did.
    #[must_use]
    pub fn failed_step(&self) -> Option<(u16, &Failure)> {
        self.steps
            .iter()
            .find_map(|(at, step)| step.failure.as_ref().map(|f| (*at, f)))
    }

    /// Whether something failed since no list had its machine any more. One that rests like that takes nobody's place.
    #[must_use]
    pub fn is_gone(&self) -> bool {
        let mut failures = self.steps.values().filter_map(|step| step.failure.as_ref());
        failures.any(|failure| failure.cause == FailureCause::Gone)
    }
}

impl SagaState {
    pub(super) fn take(
        &mut self,
        entry: &Entry,
        at: &StepRef,
        event: &StepEvent,
    ) -> Result<(), IllegalEntry> {
        let was = self.phase(at.step);
        let phase = next(was, at.direction, event)
            .ok_or_else(|| illegal(entry, &format!("its step {} is {was:?}", at.step + 1)))?;
        let step = self.steps.entry(at.step).or_default();
        step.phase = phase;
        if let (Direction::Forward, StepEvent::Succeeded { found }) = (at.direction, event) {
            step.found = *found;
        }
        match event {
            StepEvent::Intent { token, .. } => {
                step.sent(entry.at, token.clone(), was);
                self.settled = false;
            }
            // No call: it makes no stop that could arrive late.
            StepEvent::Launched { .. } => step.sent(entry.at, None, was),
            StepEvent::Answered { order_id, .. } => {
                step.order = order_id.clone().or_else(|| step.order.take());
            }
            // A request that was cut off may have left at any moment until now.
            StepEvent::Unanswered { .. } => {
                step.left_until(entry.at);
                match at.direction {
                    Direction::Forward => step.lost_at = step.last_sent,
                    // Changes that are taken back carry a token.
                    Direction::Undo if step.token.is_none() => self.lost_start = step.last_sent,
                    Direction::Undo => {}
                }
            }
            StepEvent::Booked {
                payment, amount, ..
            } => {
                let was_paid = matches!(&step.booked, Some((PaymentStatus::Paid, _)));
                // What was left unpaid takes effect with its payment, and begins its cool-down then (R52).
                if was == Phase::Succeeded && !was_paid && *payment == PaymentStatus::Paid {
                    self.changed_at = Some(entry.at);
                }
                step.booked = Some((payment.clone(), amount.clone()));
            }
            StepEvent::Failed { failure } => {
                if failure.cause == FailureCause::TimedOut && at.direction == Direction::Forward {
                    step.lost_at = step.lost_at.max(step.last_sent);
                }
                step.failure = Some(failure.clone());
            }
            // Only the modify calls carry a token, and only they start a cool-down (R52).
            StepEvent::Succeeded { .. } if step.token.is_some() => self.changed_at = Some(entry.at),
            // A program before this one has sent it, and died.
            StepEvent::Succeeded { .. } if was == Phase::UndoSent => {
                self.lost_start = self.lost_start.max(step.last_sent);
            }
            StepEvent::Succeeded { .. } => {}
            StepEvent::Tolerated { failure } => step.tolerated = Some(failure.clone()),
        }
        Ok(())
    }

    /// From here on the steps are those of the way back.
    pub(super) fn turn_back(&mut self, entry: &Entry, number: u64) -> Result<(), IllegalEntry> {
        let failure = match self.failed_step() {
            _ if self.turned.is_some() => return Err(illegal(entry, "it is on its way back")),
            _ if number <= self.change_number => {
                return Err(illegal(entry, "its change number is used up"));
            }
            None => return Err(illegal(entry, "none of its steps has failed")),
            Some((_, failure)) => failure.clone(),
        };
        let forth = std::mem::take(&mut self.steps);
        self.turned = Some(Box::new(Turned { failure, forth }));
        self.change_number = number;
        Ok(())
    }

    /// Whether nothing of the way back is in force: no call of it has reached its goal and stands.
    pub(super) fn is_where_it_turned(&self) -> bool {
        let stands = |step: &StepState| step.phase == Phase::Succeeded && step.first_sent.is_some();
        self.turned.is_some() && !self.steps.values().any(stands)
    }

    /// The machine is down again: what brought it up last is to be done again, and what was seen and run behind it.
    /// Entries of old do not say which steps those are: then it is the last that ended well.
    pub(super) fn fall_over(&mut self, again: &[u16]) {
        let ended = [Phase::Undone, Phase::UndoFailed, Phase::Succeeded];
        let mut steps = self.steps.iter().rev();
        let last = steps.find(|(_, step)| ended.contains(&step.phase));
        let again = match (again, last) {
            ([], Some((at, _))) => vec![*at],
            (_, _) => again.to_vec(),
        };
        for (_, step) in self.steps.iter_mut().filter(|(at, _)| again.contains(at)) {
            // Started again, and good or not, it did run.
            if matches!(step.phase, Phase::Undone | Phase::UndoFailed) {
                step.phase = Phase::Succeeded;
            } else {
                *step = StepState::default();
            }
        }
    }

    /// Whether it rests until a person has looked at it.
    #[must_use]
    pub fn needs_a_person(&self) -> bool {
        matches!(
            self.halted,
            Some((Halt::Held | Halt::Stuck | Halt::Unknown, _))
        )
    }

    /// Whether a machine that was changed, would not start and could not be changed back is started once more before
    /// that is tried again: it is better up as changed than down. What changes it carries a token, what starts it none.
    /// Not where a change was taken back already: the start would be that of what the machine is no more.
    fn may_try_again(&self) -> bool {
        let mut steps = self.steps.values();
        let cannot_go_back =
            steps.any(|step| step.phase == Phase::UndoFailed && step.token.is_some());
        let mut behind = steps.filter(|step| matches!(step.phase, Phase::Failed | Phase::Undone));
        let is_a_failed_start = |step: &StepState| {
            step.phase == Phase::Failed && step.token.is_none() && step.first_sent.is_some()
        };
        cannot_go_back && behind.next().is_some_and(is_a_failed_start)
    }

    /// A resting saga goes on: past the pivot what failed is tried again, a failed undo is undone
    /// again, and what is unknown is read back again.
    pub(super) fn reopen(&mut self) {
        let Some((halt, _)) = self.halted.take() else {
            return;
        };
        // It was not put back: before that is tried again, it is looked at again.
        if halt == Halt::Held && self.is_where_it_turned() {
            let forth = self.turned.take().map(|turned| turned.forth);
            self.steps = forth.unwrap_or_default();
        }
        let surprised = self
            .failed_step()
            .is_some_and(|(_, failure)| failure.cause == FailureCause::Surprised);
        let tries_again = self.may_try_again();
        for step in self.steps.values_mut() {
            match (halt, step.phase) {
                // Its power is not what we made it: only what was changed is kept.
                (Halt::Held, Phase::Succeeded) if surprised && step.token.is_none() => {
                    *step = StepState::default();
                }
                // An order that exists is followed further, and never made a second time.
                (Halt::Held | Halt::Paused, Phase::Failed) if step.order.is_some() => {
                    step.phase = Phase::Answered;
                    step.failure = None;
                }
                (Halt::Held | Halt::Paused, Phase::Failed | Phase::Undone) => {
                    *step = step.to_be_done_again();
                }
                (Halt::Stuck, Phase::UndoFailed) => {
                    step.phase = Phase::Succeeded;
                    step.failure = step.failure.take().filter(|_| !tries_again);
                }
                (Halt::Stuck, Phase::Failed) if tries_again => *step = StepState::default(),
                (Halt::Unknown, Phase::Failed) => {
                    step.phase = Phase::Sent;
                    step.failure = None;
                }
                // Should the change have happened after all, it takes another outage to take effect.
                (Halt::Unknown, Phase::Undone | Phase::UndoFailed) => *step = StepState::default(),
                (Halt::Paused | Halt::Held | Halt::Stuck | Halt::Unknown, _) => {}
            }
        }
    }
}

impl StepState {
    fn sent(&mut self, at: Timestamp, token: Option<ClientToken>, was: Phase) {
        if matches!(was, Phase::Waiting | Phase::Succeeded | Phase::Failed) {
            (self.first_sent, self.last_sent) = (None, None);
            self.sends = 0;
        }
        self.sends += 1;
        self.first_sent = Some(self.first_sent.map_or(at, |first| first.min(at)));
        self.left_until(at);
        self.token = token;
    }

    /// As if nothing was done for it. But a call without a token whose end nobody saw may have come about: a machine
    /// that is up by then was started by us.
    fn to_be_done_again(&self) -> Self {
        let cause = self.failure.as_ref().map(|failure| failure.cause);
        let unseen = matches!(cause, Some(FailureCause::TimedOut | FailureCause::Unknown));
        if self.phase != Phase::Failed || self.token.is_some() || !unseen {
            return Self::default();
        }
        Self {
            first_sent: self.first_sent,
            last_sent: self.last_sent,
            lost_at: self.lost_at,
            ..Self::default()
        }
    }

    /// The calendar may have been set back meanwhile: the span in which a call may have left never shrinks.
    fn left_until(&mut self, at: Timestamp) {
        self.last_sent = self.last_sent.max(Some(at));
    }
}

/// An entry that cannot follow what is there: the journal is damaged.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("journal entry {seq} cannot follow: {why}")]
pub struct IllegalEntry {
    /// Which entry.
    pub seq: u64,
    /// Why not.
    pub why: String,
}

pub(super) fn illegal(entry: &Entry, why: &str) -> IllegalEntry {
    IllegalEntry {
        seq: entry.seq,
        why: why.to_owned(),
    }
}

impl FailureCause {
    /// Whether it counts against `max_failures`: nobody's wish and nothing that passes by itself.
    #[must_use]
    pub fn counts(self) -> bool {
        match self {
            Self::Refused
            | Self::Surprised
            | Self::Gone
            | Self::TimedOut
            | Self::NoEffect
            | Self::Unknown
            | Self::Abnormal
            | Self::TooDear
            | Self::HookFailed
            | Self::Unhealthy => true,
            Self::CoolingDown
            | Self::Interrupted
            | Self::Spared
            | Self::Cancelled
            | Self::LeftToOthers => false,
        }
    }
}
