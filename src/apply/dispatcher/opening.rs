//! Opening a run, or going on with one: what the journal knows is taken up, what was cut off is in doubt.

use crate::apply::Hours;
use crate::apply::outcome::JournalLost;
use crate::event::EventKind;
use crate::model::{InstanceId, InstanceStatus, OrderId};
use crate::plan::Saga;
use crate::planted::{self, Fault};
use crate::saga::{
    Direction, Entry, Halt, Kind, Mode, Phase, SagaState, StepEvent, StepRef, holds_down,
    lacks_its_start,
};

use super::Dispatcher;

/// Entries of one commit: far below what the store takes at once, and small enough to be quick.
const ENTRIES_AT_ONCE: usize = 4096;

/// Longest reason that is kept; journal values stay small.
const REASON_CHARS_MAX: usize = 500;

impl Dispatcher<'_> {
    /// What the journal says was down, made or left in doubt, before this program began.
    pub(super) fn take_up_history(&mut self) {
        let down: Vec<InstanceId> = self
            .state
            .sagas
            .iter()
            .filter(|(_, state)| state.closed.is_none())
            .filter(|(id, state)| {
                self.sagas
                    .get(*id)
                    .is_some_and(|saga| holds_down(saga, state))
            })
            .map(|(id, _)| id.clone())
            .collect();
        for id in down {
            self.goes_down(&id);
        }
        // Who is up and not in service yet keeps its place, too.
        let begun: Vec<InstanceId> = self.state.sagas.keys().cloned().collect();
        for id in begun {
            self.settle_place(&id);
        }
        if planted::is(Fault::WasRunningReadAgain) {
            let up = InstanceStatus::Running;
            for (id, state) in &mut self.state.sagas {
                let seen = self.job.observed.instances.get(id);
                state.was_running = seen.is_some_and(|seen| seen.status == up);
            }
        }
        self.count_earlier_failures();
        self.take_up_batches();
        let ids: Vec<InstanceId> = self.state.sagas.keys().cloned().collect();
        for id in ids {
            for step in self.state.sagas[&id].steps.values() {
                if let Some(order) = &step.order {
                    self.orders.insert(order.clone(), id.clone());
                }
            }
        }
    }

    /// A run that goes on tolerates no more failures than one that was never interrupted.
    pub(super) fn count_earlier_failures(&mut self) {
        for id in &self.state.failures {
            self.brakes.failed(id);
        }
    }

    /// Batches go on where they were: what ended stays ended, and an open gate stays open.
    fn take_up_batches(&mut self) {
        let milestones = &self.state.milestones;
        for ((crowd, batch), at) in &milestones.ended {
            self.brakes.batch_ended(crowd, *batch, *at);
        }
        for (crowd, batch) in milestones.opened.keys() {
            self.brakes.approved(crowd, *batch);
        }
        for (crowd, batch) in milestones.checked.keys() {
            self.brakes.checked(crowd, *batch);
        }
        let ids: Vec<InstanceId> = self.sagas.keys().cloned().collect();
        for id in ids {
            self.settle_end(&id);
        }
    }

    /// Opens the run, or goes on with it: what was under way when the last program ended is in doubt.
    pub(super) async fn open_run(&mut self) {
        let continued = !self.job.history.is_empty();
        let mut kinds = Vec::new();
        if continued {
            kinds.extend(self.cut_off());
        } else {
            kinds.push(Kind::RunOpened {
                plan_id: self.state.plan_id.clone(),
                intent: self.state.intent.clone(),
                who: self.job.who.clone(),
                command: self.job.command.chars().take(200).collect(),
            });
        }
        if let Hours::Waived(reason) = &self.options.hours {
            kinds.push(Kind::HoursWaived {
                who: self.job.who.clone(),
                reason: reason.chars().take(REASON_CHARS_MAX).collect(),
            });
        }
        let adopted = std::mem::take(&mut self.job.adopt);
        kinds.extend(
            adopted
                .into_iter()
                .map(|(instance, record)| Kind::Adopted { instance, record }),
        );
        self.emit(EventKind::RunStarted {
            run: self.job.run.clone(),
            plan_id: self.state.plan_id.clone(),
            machines: self.sagas.len(),
            steps: self.job.plan.sagas.values().map(|s| s.steps.len()).sum(),
            continued,
        });
        if continued {
            self.emit_taken_up();
        } else {
            let opening = kinds.remove(0);
            self.append_opening(opening).await;
        }
        while !kinds.is_empty() {
            let rest = kinds.split_off(kinds.len().min(ENTRIES_AT_ONCE));
            self.append(std::mem::replace(&mut kinds, rest)).await;
        }
    }

    /// Says how every machine stands that this run has begun with before.
    fn emit_taken_up(&mut self) {
        let known: Vec<EventKind> = self
            .state
            .sagas
            .iter()
            .filter(|(id, _)| self.sagas.contains_key(*id))
            .map(|(id, state)| {
                let ended = state.closed.clone();
                let rests = state.halted.clone();
                let mut note = ended
                    .iter()
                    .map(|(_, note)| note)
                    .chain(rests.iter().map(|(_, n)| n));
                EventKind::TakenUp {
                    subject: self.subject(id),
                    note: note.next().cloned().unwrap_or_default(),
                    outcome: ended.map(|(outcome, _)| outcome),
                    halt: rests.map(|(halt, _)| halt),
                    unpaid: unpaid_orders(&self.sagas[id], state),
                }
            })
            .collect();
        for kind in known {
            self.emit(kind);
        }
    }

    /// The opening entry makes the state; it is not folded into it.
    async fn append_opening(&mut self, kind: Kind) {
        let at = self.tools.clock.wall();
        let run = self.job.run.clone();
        let entry = Entry {
            seq: self.next_seq,
            at,
            run,
            kind,
        };
        self.next_seq += 1;
        if let Err(error) = self.tools.journal.append(&[entry]).await {
            self.journal_lost = Some(JournalLost::NotWritten(error.to_string()));
        }
    }

    pub(super) fn cut_off(&self) -> Vec<Kind> {
        let mut kinds = Vec::new();
        for (instance, state) in self.state.sagas.iter().filter(|(_, s)| s.closed.is_none()) {
            for (position, step) in &state.steps {
                let direction = match step.phase {
                    Phase::Sent => Direction::Forward,
                    Phase::UndoSent => Direction::Undo,
                    Phase::Waiting
                    | Phase::Answered
                    | Phase::Succeeded
                    | Phase::Failed
                    | Phase::UndoAnswered
                    | Phase::Undone
                    | Phase::UndoFailed => continue,
                };
                let at = StepRef {
                    instance: instance.clone(),
                    step: *position,
                    direction,
                };
                let reason = "the program ended before the answer was recorded".to_owned();
                kinds.push(Kind::Step {
                    at,
                    event: StepEvent::Unanswered { reason },
                });
            }
            // Putting back is tried again whatever the run is for: the machine may be down.
            let goes_on = self.options.mode != Mode::PutBack;
            let tried_again = match &state.halted {
                Some((Halt::Stuck, _)) => true,
                Some((Halt::Held, _)) => goes_on || self.lacks_its_start(instance, state),
                Some((Halt::Paused | Halt::Unknown, _)) => goes_on,
                None => false,
            };
            if tried_again {
                kinds.push(Kind::Reopened {
                    instance: instance.clone(),
                });
            }
        }
        kinds
    }

    fn lacks_its_start(&self, instance: &InstanceId, state: &SagaState) -> bool {
        let saga = self.sagas.get(instance);
        saga.is_some_and(|saga| lacks_its_start(saga, state))
    }
}

/// The orders of a saga whose payment is still waited for.
fn unpaid_orders(saga: &Saga, state: &SagaState) -> Vec<OrderId> {
    let waits = (0..)
        .zip(&saga.steps)
        .any(|(at, step)| step.waits_for_payment() && state.phase(at) != Phase::Succeeded);
    let orders = state.steps.values().filter_map(|step| step.order.clone());
    if waits { orders.collect() } else { Vec::new() }
}
