//! Ending: one saga, or the run; what is left for the next one is said.

use std::collections::BTreeMap;

use crate::diff::managed_fields;
use crate::event::EventKind;
use crate::model::{AppliedInstance, InstanceId, ObservedInstance};
use crate::plan::Saga;
use crate::saga::{
    Halt, Kind, Mode, SagaOutcome, SagaState, Task, holds_down, may_fall_over, next_task,
};

use super::dispatcher::Dispatcher;
use super::effect::{restart_due, upgrade};
use super::outcome::{MachineEnd, Obligation, RunOutcome};

/// Notes are kept short; journal values stay below 4 KiB.
const NOTE_CHARS_MAX: usize = 500;

impl Dispatcher<'_> {
    pub(super) async fn halt_paused(&mut self, instance: &InstanceId) {
        let orders: Vec<String> = self.state.sagas[instance]
            .steps
            .values()
            .filter_map(|step| step.order.as_ref().map(ToString::to_string))
            .collect();
        let note = format!("order {} is not paid yet", orders.join(", "));
        self.append(vec![Kind::Halted {
            instance: instance.clone(),
            halt: Halt::Paused,
            note,
        }])
        .await;
    }

    pub(super) async fn halt(&mut self, instance: &InstanceId, halt: Halt) {
        let state = &self.state.sagas[instance];
        if state.halted.is_some() {
            return;
        }
        let note = self.note_of(instance);
        self.append(vec![Kind::Halted {
            instance: instance.clone(),
            halt,
            note,
        }])
        .await;
    }

    pub(super) fn note_of(&self, instance: &InstanceId) -> String {
        let failures = self.state.sagas[instance]
            .steps
            .values()
            .filter_map(|s| s.failure.as_ref());
        let notes: Vec<String> = failures
            .map(|failure| match &failure.code {
                Some(code) => format!("{} ({code})", failure.message),
                None => failure.message.clone(),
            })
            .collect();
        notes.join("; ").chars().take(NOTE_CHARS_MAX).collect()
    }

    /// Ends a saga with the machine as it was seen last.
    pub(super) async fn close_saga(
        &mut self,
        instance: &InstanceId,
        seen: Option<ObservedInstance>,
    ) {
        let saga = self.sagas[instance].clone();
        let state = &self.state.sagas[instance];
        let Task::Close(outcome) = next_task(&saga, state, self.mode) else {
            return;
        };
        let record = self.record_of(&saga, seen.as_ref());
        let note = self.note_of(instance);
        self.append(vec![Kind::Closed {
            instance: instance.clone(),
            outcome,
            note,
            record,
        }])
        .await;
    }

    pub(super) fn record_of(
        &self,
        saga: &Saga,
        seen: Option<&ObservedInstance>,
    ) -> AppliedInstance {
        let state = &self.state.sagas[&saga.instance];
        let old = self.job.applied.instances.get(&saga.instance);
        let desired = self.job.plan.desired.instances.get(&saga.instance);
        let before = old.map(|record| record.fields.clone()).unwrap_or_default();
        let found = self.job.plan.sheet.upgrades.get(&saga.instance);
        let temporary = upgrade(saga, state, old, found);
        let fields = match (desired, seen) {
            (Some(desired), Some(seen)) => {
                let mut seen = seen.clone();
                if let Some(bought) = &temporary {
                    let now = self.tools.clock.wall();
                    seen.look_beneath_upgrade(bought, &before, now);
                }
                managed_fields(&desired.spec, &seen)
            }
            (Some(_) | None, _) => before,
        };
        AppliedInstance {
            name: saga.name.clone(),
            group: saga.group.clone(),
            region: saga.region.clone(),
            fields,
            change_number: state.change_number,
            changed_at: state
                .changed_at
                .or(old.and_then(|record| record.changed_at)),
            restart_due: restart_due(saga, state, old, self.tools.clock.wall()),
            temporary,
            recorded_at: self.tools.clock.wall(),
        }
    }

    /// Ends the run, unless something of it is left for the next one.
    pub(super) async fn close_run(mut self) -> RunOutcome {
        if self.mode == Mode::GoOn && self.journal_lost.is_none() {
            self.leave_the_rest_alone();
        }
        let mut outcome = self.outcome(false);
        if !outcome.open && self.journal_lost.is_none() {
            let exit_code = outcome.exit_code;
            self.append(vec![Kind::RunClosed { exit_code }]).await;
            outcome.journal_lost.clone_from(&self.journal_lost);
            outcome.open = self.journal_lost.is_some();
            outcome.decide_exit_code();
        }
        self.emit_finished(&outcome);
        outcome
    }

    /// The one event that closes the stream, however the program ends.
    pub(super) fn emit_finished(&mut self, outcome: &RunOutcome) {
        self.emit(EventKind::RunFinished {
            totals: totals(outcome),
            exit_code: outcome.exit_code,
        });
    }

    /// Nothing is under way and nothing may begin: what was not begun waits for something outside.
    pub(super) fn leave_the_rest_alone(&mut self) {
        for id in self.queue.clone() {
            if self.left_alone.contains_key(&id) || !self.may_be_begun(&id) {
                continue;
            }
            let saga = self.sagas[&id].clone();
            let reason = match self.limits.may_take_down(&id) {
                crate::saga::Permit::NotNow { crowd, down, limit } => {
                    format!("{down} of {crowd} are down already, {limit} may be (max_unavailable)")
                }
                crate::saga::Permit::Granted | crate::saga::Permit::Refused { .. } => {
                    "what it waits for did not finish".to_owned()
                }
            };
            self.leave_alone(&saga, reason);
        }
    }

    /// Everything as it stands now.
    pub(super) fn outcome(&self, left_in_a_hurry: bool) -> RunOutcome {
        let mut outcome = RunOutcome {
            machines: BTreeMap::new(),
            left_alone: self.left_alone.clone(),
            blocked: self.job.plan.sheet.blocked.len(),
            orders: self.orders.clone(),
            obligations: Vec::new(),
            open: left_in_a_hurry,
            journal_lost: self.journal_lost.clone(),
            interrupted: self.interrupted,
            mode: self.options.mode,
            exit_code: 0,
        };
        for (id, state) in &self.state.sagas {
            let Some(saga) = self.sagas.get(id) else {
                continue;
            };
            let end = match (&state.closed, &state.halted) {
                (Some((outcome, note)), _) => MachineEnd::Closed {
                    outcome: *outcome,
                    note: note.clone(),
                    downtime: self.downtime(id),
                },
                (None, Some((halt, note))) => MachineEnd::Halted {
                    halt: *halt,
                    note: note.clone(),
                },
                (None, None) => MachineEnd::Open,
            };
            outcome.open |= !matches!(end, MachineEnd::Closed { .. });
            outcome.obligations.extend(owed(saga, state));
            outcome
                .machines
                .insert(id.clone(), (saga.name.clone(), end));
        }
        // An interrupted run goes on where it stopped, with the machines it had not begun.
        let not_begun = self
            .queue
            .iter()
            .any(|id| self.may_be_begun(id) && !self.left_alone.contains_key(id));
        outcome.open |= not_begun || self.journal_lost.is_some();
        outcome.decide_exit_code();
        outcome
    }
}

/// What an open saga owes its machine, when the program ends before it is done.
fn owed(saga: &Saga, state: &SagaState) -> Option<Obligation> {
    let what = if state.closed.is_none() && holds_down(saga, state) {
        "it ran before and may be stopped: start it, if it is still there"
    } else if may_fall_over(saga, state) {
        "a stop that got lost may still take it down: look again, and start it if it is down"
    } else {
        return None;
    };
    Some(Obligation {
        instance: saga.instance.clone(),
        name: saga.name.clone(),
        what: what.to_owned(),
    })
}

fn totals(outcome: &RunOutcome) -> BTreeMap<&'static str, usize> {
    let mut totals = BTreeMap::new();
    for (_, end) in outcome.machines.values() {
        let word = match end {
            MachineEnd::Closed { outcome, .. } => match outcome {
                SagaOutcome::Done => "done",
                SagaOutcome::Undone => "undone",
                SagaOutcome::PutBack => "put back",
                SagaOutcome::Spared => "spared",
                SagaOutcome::Declined => "declined",
                SagaOutcome::Abandoned => "abandoned",
            },
            MachineEnd::Halted { halt, .. } => halt.as_str(),
            MachineEnd::Open => "open",
        };
        *totals.entry(word).or_default() += 1;
    }
    if !outcome.left_alone.is_empty() {
        totals.insert("left alone", outcome.left_alone.len());
    }
    totals
}
