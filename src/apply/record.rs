//! Writing down: the journal first, then the state, then the events that follow from both.

use std::time::Duration;

use crate::event::{EventKind, StepView, Subject};
use crate::model::{InstanceId, ModifyCall, Moment, OrderId};
use crate::plan::{Action, Step, Undo};
use crate::saga::{
    Direction, Entry, Failure, FailureCause, Halt, Kind, SagaOutcome, StepEvent, StepRef,
    is_out_of_service, may_fall_over,
};

use super::dispatcher::Dispatcher;
use super::telling::step_view;
use super::worker::Recorded;

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
                self.journal_lost.get_or_insert_with(|| illegal.to_string());
                self.goes_astray(entry);
                continue;
            }
            self.follow(entry);
            if let Some(instance) = entry.kind.instance() {
                self.settle_place(instance);
                self.settle_end(instance);
            }
        }
        self.recorded()
    }

    /// Only entries that can follow are written.
    async fn write(&self, entries: &[Entry]) -> Result<(), String> {
        if let Err(illegal) = self.state.allows(entries) {
            // Only our own logic can make an entry that does not follow.
            debug_assert!(false, "{illegal}: {entries:?}");
            return Err(illegal.to_string());
        }
        let written = self.tools.journal.append(entries).await;
        written.map_err(|error| error.to_string())
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
            | Kind::Halted { .. }
            | Kind::Reopened { .. }
            | Kind::Closed { .. }
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
    /// no stop can arrive late any more; and while it is down for whatever other reason.
    pub(super) fn settle_place(&mut self, instance: &InstanceId) {
        let about_to = self
            .active
            .get(instance)
            .is_some_and(|task| task.takes_down);
        let ours = match (self.sagas.get(instance), self.state.sagas.get(instance)) {
            (Some(saga), Some(state)) if state.closed.is_none() => {
                is_out_of_service(saga, state) || may_fall_over(saga, state)
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
            Kind::FellOver { instance } => self.goes_down(instance),
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
            | Kind::Halted { .. }
            | Kind::Reopened { .. }
            | Kind::Closed { .. }
            | Kind::Interrupted { .. }
            | Kind::RunClosed { .. } => {}
        }
    }

    pub(super) fn follow_step(&mut self, at: &StepRef, event: &StepEvent) {
        let Some(saga) = self.sagas.get(&at.instance).cloned() else {
            return;
        };
        let step = &saga.steps[usize::from(at.step)];
        let starts = self.starts(at);
        let takes_down = at.direction == Direction::Forward && step.undo == Undo::By(Action::Start);
        let view = step_view(&saga, at);
        let subject = self.subject(&at.instance);
        match event {
            StepEvent::Launched { .. } | StepEvent::Intent { .. } => {
                if takes_down {
                    self.goes_down(&at.instance);
                }
                self.emit(EventKind::StepStarted {
                    subject,
                    step: view,
                    attempt: self.state.sagas[&at.instance].step(at.step).sends,
                });
            }
            StepEvent::Answered {
                order_id: Some(order_id),
                ..
            } => self.order_made(subject, order_id, step),
            StepEvent::Answered { order_id: None, .. } => {}
            StepEvent::Booked {
                order_id,
                payment,
                amount,
            } => self.emit(EventKind::OrderBooked {
                subject,
                order_id: order_id.clone(),
                payment: payment.clone(),
                amount: amount.clone(),
            }),
            StepEvent::Unanswered { reason } => {
                self.lost_now(at);
                let reason = format!("{} was not answered: {reason}", view.verb);
                self.emit(EventKind::Waiting { subject, reason });
            }
            StepEvent::Succeeded { found } => {
                if starts {
                    self.comes_up(&at.instance);
                }
                // Only changes carry a token, and only they start a cool-down (R52).
                if self.state.sagas[&at.instance].step(at.step).token.is_some() {
                    let now = self.tools.clock.elapsed();
                    self.changed_here.insert(at.instance.clone(), now);
                }
                let took = self.since_begun(&at.instance);
                self.emit(EventKind::StepFinished {
                    subject,
                    step: view,
                    found: *found,
                    took,
                });
            }
            StepEvent::Failed { failure } => {
                if failure.cause == FailureCause::TimedOut {
                    self.lost_now(at);
                }
                if failure.cause.counts() {
                    self.brakes.failed(&at.instance);
                }
                self.emit(step_failed(subject, view, failure));
            }
        }
    }

    fn lost_now(&mut self, at: &StepRef) {
        let now = self.tools.clock.elapsed();
        self.lost_here.insert(at.instance.clone(), now);
    }

    fn order_made(&mut self, subject: Subject, order_id: &OrderId, step: &Step) {
        self.orders
            .insert(order_id.clone(), subject.instance.clone());
        self.known_orders.borrow_mut().insert(order_id.clone());
        self.emit(EventKind::OrderMade {
            subject,
            order_id: order_id.clone(),
            auto_pay: step.order_call().is_some_and(pays_itself),
        });
    }

    pub(super) fn goes_down(&mut self, instance: &InstanceId) {
        let now = self.tools.clock.elapsed();
        let outage = self.outage.entry(instance.clone()).or_default();
        outage.0.get_or_insert(now);
    }

    pub(super) fn comes_up(&mut self, instance: &InstanceId) {
        self.found_down.remove(instance);
        let now = self.tools.clock.elapsed();
        self.up_since.insert(instance.clone(), now);
        let outage = self.outage.entry(instance.clone()).or_default();
        if let Some(since) = outage.0.take() {
            let took = now.saturating_sub(since);
            outage.1 += took;
            let by_the_calendar = took / self.tools.clock.speed();
            self.brakes.took(instance, by_the_calendar);
        }
    }

    pub(super) fn downtime(&self, instance: &InstanceId) -> Duration {
        self.outage
            .get(instance)
            .map_or(Duration::ZERO, |(_, total)| *total)
    }

    pub(super) fn since_begun(&self, instance: &InstanceId) -> Duration {
        let now = self.tools.clock.elapsed();
        self.step_begun
            .get(instance)
            .map_or(Duration::ZERO, |at| now.saturating_sub(*at))
    }
}

fn step_failed(subject: Subject, step: StepView, failure: &Failure) -> EventKind {
    EventKind::StepFailed {
        subject,
        step,
        cause: failure.cause,
        message: failure.message.clone(),
        code: failure.code.clone(),
        request_id: failure.request_id.clone(),
    }
}

fn pays_itself(call: &ModifyCall) -> bool {
    match call {
        ModifyCall::Spec(_) => false,
        ModifyCall::Prepay(change) => change.auto_pay,
        ModifyCall::Network(change) => change.auto_pay == Some(true),
    }
}
