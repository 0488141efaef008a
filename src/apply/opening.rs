//! Beginning a run, or going on with one that was cut off.

use crate::event::EventKind;
use crate::model::InstanceId;
use crate::saga::{Direction, Entry, Kind, Mode, Phase, StepEvent, StepRef, holds_down};

use super::dispatcher::Dispatcher;

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
            self.settle_place(&id);
        }
        self.count_earlier_failures();
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
    fn count_earlier_failures(&mut self) {
        for id in &self.state.failures {
            self.limits.failed(id);
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
            steps: self.sagas.values().map(|saga| saga.steps.len()).sum(),
            continued,
        });
        if continued {
            self.append(kinds).await;
        } else {
            self.append_opening(kinds).await;
        }
    }

    /// The opening entry makes the state; it is not folded into it.
    async fn append_opening(&mut self, mut kinds: Vec<Kind>) {
        let opening = kinds.remove(0);
        let at = self.tools.clock.wall();
        let mut entries = vec![Entry {
            seq: self.next_seq,
            at,
            run: self.job.run.clone(),
            kind: opening,
        }];
        self.next_seq += 1;
        for kind in kinds {
            entries.push(Entry {
                seq: self.next_seq,
                at,
                run: self.job.run.clone(),
                kind,
            });
            self.next_seq += 1;
        }
        if let Err(error) = self.tools.journal.append(&entries).await {
            self.journal_lost = Some(error.to_string());
        }
    }

    fn cut_off(&self) -> Vec<Kind> {
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
            if state.halted.is_some() && self.options.mode == Mode::GoOn {
                kinds.push(Kind::Reopened {
                    instance: instance.clone(),
                });
            }
        }
        kinds
    }
}
