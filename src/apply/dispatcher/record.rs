//! Writing down: the journal first, then the state, then the events that follow from both.

use crate::apply::mail::Recorded;
use crate::apply::outcome::JournalLost;
use crate::event::EventKind;
use crate::model::{InstanceId, Moment};
use crate::plan::{Action, Undo};
use crate::saga::{
    Direction, Entry, Halt, Kind, SagaOutcome, StepEvent, StepRef, is_out_of_service, may_fall_over,
};

use super::Dispatcher;

impl Dispatcher<'_> {
    /// Makes entries durable in one commit, folds them and says what happened.
    ///
    /// What cannot follow is never written: a journal that holds it could not be taken up again by anybody.
    /// It is then as if the journal took no more, and the next apply goes on from what is there.
    pub(super) async fn append(&mut self, kinds: Vec<Kind>) -> Recorded {
        if kinds.is_empty() {
            return self.recorded();
        }
        let at = self.tools.clock.wall();
        let entries: Vec<Entry> = (self.next_seq..)
            .zip(kinds)
            .map(|(seq, kind)| Entry {
                seq,
                at,
                run: self.job.run.clone(),
                kind,
            })
            .collect();
        if self.journal_lost.is_none() {
            self.journal_lost = self.write(&entries).await.err();
        }
        self.next_seq += entries.len() as u64;
        for entry in &entries {
            if self.journal_lost.is_some() && self.announces_what_is_not_sent(entry) {
                continue;
            }
            if let Err(illegal) = self.state.fold(entry) {
                self.journal_lost.get_or_insert(illegal.into());
                self.goes_astray(entry);
                continue;
            }
            self.renew_chain(entry);
            self.follow(entry);
            if let Some(instance) = entry.kind.instance() {
                self.settle_place(instance);
                self.settle_end(instance);
            }
        }
        self.recorded()
    }

    /// After these the machine's steps may be others than before.
    fn renew_chain(&mut self, entry: &Entry) {
        if let Kind::TurnedBack { instance, .. } | Kind::Reopened { instance } = &entry.kind {
            self.take_chain(instance);
        }
    }

    /// Only entries that can follow are written.
    async fn write(&self, entries: &[Entry]) -> Result<(), JournalLost> {
        if let Err(illegal) = self.state.allows(entries) {
            // Only our own logic can make an entry that does not follow.
            debug_assert!(false, "{illegal}: {entries:?}");
            return Err(illegal.into());
        }
        let written = self.tools.journal.append(entries).await;
        written.map_err(|error| JournalLost::NotWritten(error.to_string()))
    }

    /// A machine for which we want what cannot be would be tried for ever.
    fn goes_astray(&mut self, entry: &Entry) {
        if let Some(instance) = entry.kind.instance() {
            *self.astray.entry(instance.clone()).or_default() += 1;
        }
    }

    /// An intent that did not become durable is no intent, but for a start, which is sent all the same.
    pub(super) fn announces_what_is_not_sent(&self, entry: &Entry) -> bool {
        match &entry.kind {
            Kind::Step {
                at,
                event: StepEvent::Intent { .. } | StepEvent::Launched { .. },
            } => !self.brings_back(at),
            Kind::Step { .. }
            | Kind::RunOpened { .. }
            | Kind::Adopted { .. }
            | Kind::Forgotten { .. }
            | Kind::Begun { .. }
            | Kind::Settled { .. }
            | Kind::FellOver { .. }
            | Kind::TurnedBack { .. }
            | Kind::Halted { .. }
            | Kind::Reopened { .. }
            | Kind::Closed { .. }
            | Kind::Payment { .. }
            | Kind::BatchEnded { .. }
            | Kind::Approved { .. }
            | Kind::Checked { .. }
            | Kind::HoursWaived { .. }
            | Kind::Interrupted { .. }
            | Kind::RunClosed { .. } => false,
        }
    }

    /// Whether the step, in this direction, starts its machine.
    pub(super) fn starts(&self, at: &StepRef) -> bool {
        let Some(saga) = self.sagas.get(&at.instance) else {
            return false;
        };
        let step = &saga.steps[usize::from(at.step)];
        match at.direction {
            Direction::Forward => step.action == Action::Start,
            Direction::Undo => step.undo == Undo::By(Action::Start),
        }
    }

    /// Whether the step, in this direction, starts its machine or puts it back into service: both are
    /// owed to it, with or without a journal.
    fn brings_back(&self, at: &StepRef) -> bool {
        let Some(saga) = self.sagas.get(&at.instance) else {
            return false;
        };
        let step = &saga.steps[usize::from(at.step)];
        let moment = match (at.direction, &step.undo) {
            (Direction::Forward, _) => step.action.moment(),
            (Direction::Undo, Undo::By(action)) => action.moment(),
            (Direction::Undo, Undo::Nothing | Undo::Never { .. }) => None,
        };
        self.starts(at) || moment == Some(Moment::AfterStart)
    }

    /// Gives the machine a place among those of its crowd that are down, or takes the place back.
    ///
    /// It has one from the moment it is drained, or a stop may be sent, until it was seen to be good and
    /// no stop can arrive late any more; and while it is down for whatever other reason. Who is gone has none once
    /// nothing more is tried: lists may have lacked it, and it is started yet.
    pub(super) fn settle_place(&mut self, instance: &InstanceId) {
        let about_to = self
            .active
            .get(instance)
            .is_some_and(|task| task.takes_down);
        let ours = match (self.sagas.get(instance), self.state.sagas.get(instance)) {
            (Some(saga), Some(state)) if state.closed.is_none() => {
                let is_gone = state.halted.is_some() && state.is_gone();
                !is_gone && (is_out_of_service(saga, state) || may_fall_over(saga, state))
            }
            (_, _) => false,
        };
        if about_to || ours || self.found_down.contains(instance) {
            self.brakes.went_down(instance);
        } else if self.brakes.came_up(instance) {
            self.reconsider = true;
        }
    }

    /// Tells the brakes whether anything more happens to the machine in this run, and the queue whether
    /// it may be begun.
    ///
    /// An order that is not paid yet is waited for. What is held, stuck or unknown has failed, and is
    /// waited for by nobody.
    pub(super) fn settle_end(&mut self, instance: &InstanceId) {
        if self.may_be_begun(instance) && !self.left_alone.contains_key(instance) {
            self.queue.enter(instance);
            return self.brakes.goes_on(instance);
        }
        let state = self.state.sagas.get(instance);
        let is_over = state.is_some_and(|state| state.closed.is_some() || state.needs_a_person());
        if is_over {
            self.brakes.ended(instance);
            if let Some(at) = state.and_then(|state| state.rested_at) {
                self.brakes.rested(instance, at);
            }
        } else {
            self.brakes.goes_on(instance);
        }
    }

    /// What an entry means for limits, outages, orders and displays.
    pub(super) fn follow(&mut self, entry: &Entry) {
        match &entry.kind {
            Kind::Step { at, event } => self.follow_step(at, event),
            Kind::Begun { instance, .. } => {
                let subject = self.subject(instance);
                self.emit(EventKind::Begun { subject });
            }
            Kind::Halted {
                instance,
                halt,
                note,
            } => {
                if *halt != Halt::Paused {
                    self.brakes.failed(instance);
                }
                let subject = self.subject(instance);
                self.emit(EventKind::Halted {
                    subject,
                    halt: *halt,
                    note: note.clone(),
                });
            }
            Kind::Closed {
                instance,
                outcome,
                note,
                ..
            } => {
                if *outcome == SagaOutcome::Undone {
                    self.brakes.failed(instance);
                }
                let downtime = self.downtime(instance);
                let subject = self.subject(instance);
                let (outcome, note) = (*outcome, note.clone());
                self.emit(EventKind::Closed {
                    subject,
                    outcome,
                    note,
                    downtime,
                });
            }
            Kind::FellOver { instance, .. } => self.goes_down(instance),
            Kind::TurnedBack { instance, .. } => self.emit_turned(instance),
            Kind::Reopened { .. } if self.state.failures.is_empty() => self.brakes.forgive(),
            Kind::BatchEnded { .. }
            | Kind::Approved { .. }
            | Kind::Checked { .. }
            | Kind::HoursWaived { .. } => {
                self.follow_rollout(entry);
            }
            Kind::RunOpened { .. }
            | Kind::Adopted { .. }
            | Kind::Forgotten { .. }
            | Kind::Settled { .. }
            | Kind::Reopened { .. }
            | Kind::Payment { .. }
            | Kind::Interrupted { .. }
            | Kind::RunClosed { .. } => {}
        }
    }

    /// What an entry about batches, gates or hours means.
    fn follow_rollout(&mut self, entry: &Entry) {
        match entry.kind.clone() {
            Kind::BatchEnded { crowd, batch } => {
                self.brakes.batch_ended(&crowd, batch, entry.at);
                let (of, _) = self.brakes.extent(&crowd, batch);
                if of > 1 {
                    self.emit(EventKind::BatchEnded { crowd, batch, of });
                }
            }
            Kind::Approved { crowd, batch, who } => {
                self.brakes.approved(&crowd, batch);
                self.emit(EventKind::GateOpened { crowd, batch, who });
            }
            Kind::Checked { crowd, batch, seen } => {
                self.brakes.checked(&crowd, batch);
                let who = format!("its check: it {seen}");
                self.emit(EventKind::GateOpened { crowd, batch, who });
            }
            Kind::HoursWaived { reason, .. } => self.emit(EventKind::HoursWaived { reason }),
            Kind::RunOpened { .. }
            | Kind::Adopted { .. }
            | Kind::Forgotten { .. }
            | Kind::Begun { .. }
            | Kind::Step { .. }
            | Kind::Settled { .. }
            | Kind::FellOver { .. }
            | Kind::TurnedBack { .. }
            | Kind::Halted { .. }
            | Kind::Reopened { .. }
            | Kind::Closed { .. }
            | Kind::Payment { .. }
            | Kind::Interrupted { .. }
            | Kind::RunClosed { .. } => {}
        }
    }
}
