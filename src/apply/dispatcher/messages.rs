//! What workers report: made durable first, then followed.

use std::rc::Rc;

use crate::apply::mail::{Ack, End, Message, Recorded};
use crate::apply::timing::STALE_MAX;
use crate::model::{InstanceId, InstanceStatus, ObservedInstance};
use crate::saga::{Failure, FailureCause, Halt, Kind, Phase, StepEvent, StepRef, brought_up_by};

use super::Dispatcher;

impl Dispatcher<'_> {
    /// Takes everything that has arrived and makes it durable in one commit.
    pub(super) async fn take_all(&mut self, first: Message) {
        let mut batch = vec![first];
        while let Ok(more) = self.messages.try_recv() {
            batch.push(more);
        }
        let mut records = Vec::new();
        let mut ends = Vec::new();
        let mut looks = Vec::new();
        for message in batch {
            match message {
                Message::Waiting { at, reason } => self.emit_waiting(&at, reason),
                Message::Looked { gate, sight } => looks.push((gate, sight)),
                Message::Record { at, event, ack } => records.push((at, event, ack)),
                Message::Ended { at, end } => ends.push((at, end)),
            }
        }
        // Ends first: what one machine was refused may forbid what another is about to do.
        for (at, end) in ends {
            self.active.remove(&at.instance);
            self.idle.insert(at.instance.clone());
            self.reconsider = true;
            self.settle_place(&at.instance);
            self.take_end(at, *end).await;
        }
        for (gate, sight) in looks {
            self.take_look(gate, sight).await;
        }
        self.take_records(records).await;
    }

    /// Makes them durable, but for intents that have lost their permission since they were dispatched.
    async fn take_records(&mut self, records: Vec<(StepRef, StepEvent, Ack)>) {
        // The look before an intent may have taken longer than a window was open.
        self.brakes.at(self.tools.clock.wall());
        let mut kinds = Vec::new();
        let mut acks = Vec::new();
        for (at, event, ack) in records {
            let is_new = matches!(event, StepEvent::Intent { .. } | StepEvent::Launched { .. });
            if is_new && !self.is_still_permitted(&at) {
                ack.send(Recorded::Withdrawn).ok();
                continue;
            }
            if is_new && let Some(task) = self.active.get_mut(&at.instance) {
                task.has_announced = true;
            }
            kinds.push(Kind::Step { at, event });
            acks.push(ack);
        }
        let recorded = self.append(kinds).await;
        for ack in acks {
            ack.send(recorded).ok();
        }
    }

    async fn take_end(&mut self, at: StepRef, end: End) {
        let instance = at.instance.clone();
        match end {
            End::Succeeded { found, seen } => {
                if let Some(seen) = seen {
                    self.seen.insert(instance, seen);
                }
                self.append(vec![Kind::Step {
                    at,
                    event: StepEvent::Succeeded { found },
                }])
                .await;
            }
            End::Tolerated(failure) => {
                let event = StepEvent::Tolerated { failure };
                self.append(vec![Kind::Step { at, event }]).await;
            }
            End::Failed { failure, scope } => {
                if let Some(scope) = scope {
                    self.scopes.push((scope, failure.message.clone()));
                }
                let cools_down = failure.cause == FailureCause::CoolingDown;
                // Whoever stopped it, it takes a place.
                if failure.cause == FailureCause::LeftToOthers {
                    self.found_down.insert(instance.clone());
                }
                self.append(vec![Kind::Step {
                    at,
                    event: StepEvent::Failed { failure },
                }])
                .await;
                if cools_down {
                    self.cools_down(&instance);
                }
            }
            End::Paused => self.halt_paused(&instance).await,
            End::Settled(seen) => {
                if let Some(seen) = seen {
                    self.seen.insert(instance.clone(), seen);
                }
                self.append(vec![Kind::Settled { instance }]).await;
            }
            End::Unwatched(why) => {
                let note = format!("a stop that got lost may have taken it down: {why}");
                let halt = Halt::Stuck;
                let halted = Kind::Halted {
                    instance,
                    halt,
                    note,
                };
                self.append(vec![halted]).await;
            }
            End::FellOver => {
                let again = brought_up_by(&self.sagas[&instance], &self.state.sagas[&instance]);
                self.append(vec![Kind::FellOver { instance, again }]).await;
            }
            End::Seen(seen) => self.close_saga(&instance, seen).await,
            // What comes next is decided anew.
            End::Withdrawn => {}
            End::JournalLost => self.fail_without_journal(at).await,
        }
    }

    /// Nothing more can be announced for this step, so nothing more is sent for it; in memory it has
    /// failed, so that the machine is started. The journal still says where the next program begins.
    async fn fail_without_journal(&mut self, at: StepRef) {
        let cause = match self.state.sagas[&at.instance].phase(at.step) {
            Phase::Sent | Phase::Answered => FailureCause::Unknown,
            Phase::Waiting
            | Phase::Succeeded
            | Phase::Failed
            | Phase::UndoSent
            | Phase::UndoAnswered
            | Phase::Undone
            | Phase::UndoFailed => FailureCause::Interrupted,
        };
        let failure = Failure {
            cause,
            message: "the journal took no more".to_owned(),
            code: None,
            request_id: None,
        };
        let event = StepEvent::Failed { failure };
        self.append(vec![Kind::Step { at, event }]).await;
    }

    /// Machines that came along in looks at others. Who is under way is followed by its worker; who is
    /// down although nobody here stopped it takes a place.
    pub(super) fn take_notice(&mut self, seen: Vec<Rc<ObservedInstance>>) {
        for seen in seen {
            let id = &seen.id;
            if self.active.contains_key(id) || self.came_up_just_now(id) {
                continue;
            }
            let is_news = match seen.status {
                InstanceStatus::Running => self.found_down.remove(id),
                InstanceStatus::Pending
                | InstanceStatus::Starting
                | InstanceStatus::Stopping
                | InstanceStatus::Stopped
                | InstanceStatus::Other(_) => self.found_down.insert(id.clone()),
            };
            if is_news {
                self.settle_place(id);
            }
        }
    }

    /// A look may still show what was before.
    fn came_up_just_now(&self, id: &InstanceId) -> bool {
        let now = self.tools.clock.elapsed();
        let since = self.up_since.get(id);
        since.is_some_and(|since| now.saturating_sub(*since) < STALE_MAX)
    }
}
