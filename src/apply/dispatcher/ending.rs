//! The end of an apply: what became of every machine, and what is owed.

use std::collections::BTreeMap;

use crate::apply::outcome::{MachineEnd, Obligation, RunOutcome};
use crate::event::EventKind;
use crate::model::exit;
use crate::plan::Saga;
use crate::planted::{self, Fault};
use crate::saga::{
    Kind, Mode, SagaOutcome, SagaState, holds_down, is_owed_a_return, may_fall_over,
};

use super::Dispatcher;

impl Dispatcher<'_> {
    /// Ends the run, unless something of it is left for the next one.
    pub(super) async fn close_run(mut self) -> RunOutcome {
        if self.mode == Mode::GoOn && self.journal_lost.is_none() {
            self.sort_out_the_rest();
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

    /// Everything as it stands now.
    pub(super) fn outcome(&self, left_in_a_hurry: bool) -> RunOutcome {
        let mut outcome = RunOutcome {
            machines: BTreeMap::new(),
            left_alone: self.left_alone.clone(),
            rests: self.waits.rests.clone(),
            pauses: self.waits.pauses.clone(),
            blocked: self.job.plan.sheet.blocked.len(),
            orders: self.orders.clone(),
            obligations: Vec::new(),
            open: left_in_a_hurry,
            journal_lost: self.journal_lost.clone(),
            journal_short: self.tools.journal.runs_short(),
            interrupted: self.interrupted,
            mode: self.options.mode,
            exit_code: exit::DONE,
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
                (None, None) => match self.waits.rests.get(id) {
                    Some(rests) => MachineEnd::Rests {
                        reason: rests.reason.clone(),
                    },
                    None => MachineEnd::Open,
                },
            };
            outcome.open |= !matches!(end, MachineEnd::Closed { .. });
            outcome.obligations.extend(owed(saga, state));
            outcome
                .machines
                .insert(id.clone(), (saga.name.clone(), end));
        }
        // The next apply goes on with those that were not begun.
        let not_begun = self.queue.all().next().is_some();
        outcome.open |= not_begun || self.journal_lost.is_some();
        outcome.decide_exit_code();
        outcome
    }
}

/// What an open saga owes its machine, when the program ends before it is done.
fn owed(saga: &Saga, state: &SagaState) -> Option<Obligation> {
    let what = if planted::is(Fault::ObligationUnsaid) {
        return None;
    } else if state.closed.is_none() && holds_down(saga, state) {
        "it ran before and may be stopped: start it, if it is still there"
    } else if may_fall_over(saga, state) {
        "a stop that got lost may still take it down: look again, and start it if it is down"
    } else if state.closed.is_none() && is_owed_a_return(saga, state) {
        "it runs and was taken out of service by before_stop: see that after_start is run"
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
                SagaOutcome::Differs => "not as wanted",
                SagaOutcome::Undone => "undone",
                SagaOutcome::PutBack => "put back",
                SagaOutcome::Spared => "spared",
                SagaOutcome::Declined => "declined",
                SagaOutcome::LeftAlone => "left alone",
                SagaOutcome::Abandoned => "abandoned",
            },
            MachineEnd::Halted { halt, .. } => halt.as_str(),
            MachineEnd::Rests { .. } | MachineEnd::Open => "open",
        };
        *totals.entry(word).or_default() += 1;
    }
    let not_begun = outcome.rests.keys();
    let not_begun = not_begun.filter(|id| !outcome.machines.contains_key(*id));
    match not_begun.count() {
        0 => {}
        n => {
            totals.insert("not begun", n);
        }
    }
    if !outcome.left_alone.is_empty() {
        *totals.entry("left alone").or_default() += outcome.left_alone.len();
    }
    totals
}
