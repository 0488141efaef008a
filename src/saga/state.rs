//! The state of a run, folded from its journal: the same function writes and reads back.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use crate::model::{
    ClientToken, Digest, InstanceId, Money, ObservedInstance, OrderId, PaymentStatus, RunId,
};
use crate::plan::Saga;

use super::entry::{
    Direction, Entry, Failure, FailureCause, Halt, Kind, SagaOutcome, StepEvent, StepRef,
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
    /// Its steps, by position; a missing one is waiting.
    pub steps: BTreeMap<u16, StepState>,
    /// Whether it is known that no stop can arrive late any more.
    pub settled: bool,
    /// When a change of the machine last succeeded in this run.
    pub changed_at: Option<Timestamp>,
    /// Why it rests, if it does.
    pub halted: Option<(Halt, String)>,
    /// How it ended, if it has.
    pub closed: Option<(SagaOutcome, String)>,
}

impl SagaState {
    fn new(change_number: u64, was_running: bool, begun: u32) -> Self {
        Self {
            change_number,
            was_running,
            begun,
            steps: BTreeMap::new(),
            settled: false,
            changed_at: None,
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
}

/// A run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunState {
    /// Its id.
    pub run: RunId,
    /// The plan it carries out.
    pub plan_id: Digest,
    /// What was wanted.
    pub intent: Digest,
    /// Sagas that were begun.
    pub sagas: BTreeMap<InstanceId, SagaState>,
    /// Machines whose change failed, as far as that counts against `max_failures`. Whoever goes on
    /// with machines that were held has seen the failures until then; a crash forgives nothing.
    pub failures: BTreeSet<InstanceId>,
    /// Its exit code, once it is over.
    pub closed: Option<u8>,
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

impl RunState {
    /// Reads a run back from its entries, the first of which opens it.
    ///
    /// # Errors
    /// [`IllegalEntry`] when an entry cannot follow the ones before it.
    pub fn replay(entries: &[Entry]) -> Result<Option<Self>, IllegalEntry> {
        let Some((first, rest)) = entries.split_first() else {
            return Ok(None);
        };
        let mut state = Self::opened(first)?;
        for entry in rest {
            state.fold(entry)?;
        }
        Ok(Some(state))
    }

    /// The state after the entry that opens the run.
    ///
    /// # Errors
    /// [`IllegalEntry`] when it is not that entry.
    pub fn opened(entry: &Entry) -> Result<Self, IllegalEntry> {
        match &entry.kind {
            Kind::RunOpened {
                plan_id, intent, ..
            } => Ok(Self {
                run: entry.run.clone(),
                plan_id: plan_id.clone(),
                intent: intent.clone(),
                sagas: BTreeMap::new(),
                failures: BTreeSet::new(),
                closed: None,
            }),
            Kind::Adopted { .. }
            | Kind::Begun { .. }
            | Kind::Step { .. }
            | Kind::Settled { .. }
            | Kind::FellOver { .. }
            | Kind::Halted { .. }
            | Kind::Reopened { .. }
            | Kind::Closed { .. }
            | Kind::Interrupted { .. }
            | Kind::RunClosed { .. } => Err(illegal(entry, "a run begins with its opening")),
        }
    }

    /// Takes one entry.
    ///
    /// # Errors
    /// [`IllegalEntry`]; the state is then as it was.
    pub fn fold(&mut self, entry: &Entry) -> Result<(), IllegalEntry> {
        if entry.run != self.run || self.closed.is_some() {
            return Err(illegal(entry, "it belongs to no open run"));
        }
        match &entry.kind {
            Kind::RunOpened { .. } => Err(illegal(entry, "the run is open already")),
            Kind::RunClosed { exit_code } => {
                self.closed = Some(*exit_code);
                Ok(())
            }
            Kind::Adopted { .. } | Kind::Interrupted { .. } => Ok(()),
            Kind::Begun {
                instance,
                change_number,
                was_running,
            } => self.begin(entry, instance, *change_number, *was_running),
            Kind::Step { at, event } => {
                self.open_saga(entry, &at.instance)?
                    .take(entry, at, event)?;
                if matches!(event, StepEvent::Failed { failure } if failure.cause.counts()) {
                    self.failures.insert(at.instance.clone());
                }
                Ok(())
            }
            Kind::Settled { instance } => {
                self.open_saga(entry, instance)?.settled = true;
                Ok(())
            }
            Kind::FellOver { instance } => {
                self.open_saga(entry, instance)?.fall_over();
                Ok(())
            }
            Kind::Halted {
                instance,
                halt,
                note,
            } => {
                self.open_saga(entry, instance)?.halted = Some((*halt, note.clone()));
                Ok(())
            }
            Kind::Reopened { instance } => {
                let saga = self.open_saga(entry, instance)?;
                let forgives = saga.needs_a_person();
                saga.reopen();
                if forgives {
                    self.failures.clear();
                }
                Ok(())
            }
            Kind::Closed {
                instance,
                outcome,
                note,
                ..
            } => {
                self.open_saga(entry, instance)?.closed = Some((*outcome, note.clone()));
                if *outcome == SagaOutcome::Undone {
                    self.failures.insert(instance.clone());
                }
                Ok(())
            }
        }
    }

    /// A saga is begun once; again only after it was put back without having failed.
    fn begin(
        &mut self,
        entry: &Entry,
        instance: &InstanceId,
        change_number: u64,
        was_running: bool,
    ) -> Result<(), IllegalEntry> {
        let begun = match self.sagas.get(instance) {
            None => 1,
            Some(old) => match &old.closed {
                Some((SagaOutcome::PutBack, _)) if change_number > old.change_number => {
                    old.begun + 1
                }
                Some(_) | None => return Err(illegal(entry, "its saga was begun before")),
            },
        };
        self.sagas.insert(
            instance.clone(),
            SagaState::new(change_number, was_running, begun),
        );
        Ok(())
    }

    fn open_saga(
        &mut self,
        entry: &Entry,
        instance: &InstanceId,
    ) -> Result<&mut SagaState, IllegalEntry> {
        match self.sagas.get_mut(instance) {
            Some(saga) if saga.closed.is_none() => Ok(saga),
            Some(_) => Err(illegal(entry, "its saga has ended")),
            None => Err(illegal(entry, "its saga was not begun")),
        }
    }
}

impl SagaState {
    fn take(&mut self, entry: &Entry, at: &StepRef, event: &StepEvent) -> Result<(), IllegalEntry> {
        let was = self.phase(at.step);
        let phase = next(was, at.direction, event)
            .ok_or_else(|| illegal(entry, &format!("its step {} is {was:?}", at.step + 1)))?;
        let step = self.steps.entry(at.step).or_default();
        step.phase = phase;
        match event {
            StepEvent::Intent { token, .. } => {
                step.sent(entry.at, token.clone(), was);
                self.settled = false;
            }
            StepEvent::Answered { order_id, .. } => {
                step.order = order_id.clone().or_else(|| step.order.take());
            }
            // A request that was cut off may have left at any moment until now.
            StepEvent::Unanswered { .. } => {
                step.last_sent = Some(entry.at);
                if at.direction == Direction::Forward {
                    step.lost_at = Some(entry.at);
                }
            }
            StepEvent::Booked {
                payment, amount, ..
            } => {
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
            StepEvent::Succeeded { .. } => {}
        }
        Ok(())
    }

    /// The machine is down again: whatever brought it up last is to be done again.
    fn fall_over(&mut self) {
        let up = self
            .steps
            .values_mut()
            .rev()
            .find(|step| matches!(step.phase, Phase::Undone | Phase::Succeeded));
        if let Some(step) = up {
            match step.phase {
                Phase::Undone => step.phase = Phase::Succeeded,
                _ => *step = StepState::default(),
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

    /// A resting saga goes on: past the pivot what failed is tried again, a failed undo is undone
    /// again, and what is unknown is read back again.
    fn reopen(&mut self) {
        let Some((halt, _)) = self.halted.take() else {
            return;
        };
        let surprised = self
            .failed_step()
            .is_some_and(|(_, failure)| failure.cause == FailureCause::Surprised);
        for step in self.steps.values_mut() {
            match (halt, step.phase) {
                // Its power is not what we made it: only what was changed is kept.
                (Halt::Held, Phase::Succeeded) if surprised && step.token.is_none() => {
                    *step = StepState::default();
                }
                // An order that exists is followed further, and never made a second time.
                (Halt::Held, Phase::Failed) if step.order.is_some() => {
                    step.phase = Phase::Answered;
                    step.failure = None;
                }
                (Halt::Held, Phase::Failed | Phase::Undone) => *step = StepState::default(),
                (Halt::Stuck, Phase::UndoFailed) => step.phase = Phase::Succeeded,
                (Halt::Unknown, Phase::Failed) => {
                    step.phase = Phase::Sent;
                    step.failure = None;
                }
                // Should the change have happened after all, it takes another outage to take effect.
                (Halt::Unknown, Phase::Undone) => *step = StepState::default(),
                (Halt::Paused | Halt::Held | Halt::Stuck | Halt::Unknown, _) => {}
            }
        }
    }
}

impl StepState {
    fn sent(&mut self, at: Timestamp, token: Option<ClientToken>, was: Phase) {
        if matches!(was, Phase::Waiting | Phase::Succeeded | Phase::Failed) {
            self.first_sent = Some(at);
            self.sends = 0;
        }
        self.sends += 1;
        self.last_sent = Some(at);
        self.token = token;
    }
}

fn illegal(entry: &Entry, why: &str) -> IllegalEntry {
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
            | Self::TimedOut
            | Self::NoEffect
            | Self::Unknown
            | Self::Abnormal
            | Self::TooDear => true,
            Self::CoolingDown | Self::Interrupted | Self::Spared | Self::Cancelled => false,
        }
    }
}
