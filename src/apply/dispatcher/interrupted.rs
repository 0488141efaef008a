//! Somebody asks to stop: once, and everything is brought up; twice, and what is owed is said.

use crate::apply::RunOutcome;
use crate::model::{InstanceId, exit};
use crate::planted::{self, Fault};
use crate::saga::{Kind, Mode};

use super::{Dispatcher, Work};

impl Dispatcher<'_> {
    /// First interrupt: begin nothing, end what only waits, bring up what is down.
    pub(super) async fn interrupt(&mut self, exit_code: u8) {
        self.interrupted = Some(exit_code);
        if planted::is(Fault::InterruptIgnored) {
            return;
        }
        self.begin_nothing_more();
        self.append(vec![Kind::Interrupted {
            signal: signal_name(exit_code).to_owned(),
        }])
        .await;
        self.emit_interrupted();
    }

    /// Where little room is left for the journal, it is kept for bringing up what is down.
    pub(super) fn mind_the_room(&mut self) {
        if self.mode != Mode::PutBack && self.tools.journal.runs_short().is_some() {
            self.begin_nothing_more();
        }
    }

    /// Where nothing can be written down any more nobody waits to be paid: what follows could not be announced.
    pub(super) fn mind_the_journal(&mut self) {
        if self.journal_lost.is_some() {
            self.end_all_that(|work| work == Work::WaitsInService);
        }
    }

    fn begin_nothing_more(&mut self) {
        self.mode = Mode::PutBack;
        self.mode_of_workers.set(Mode::PutBack);
        self.end_all_that(|work| work != Work::Acts);
    }

    fn end_all_that(&mut self, waits: impl Fn(Work) -> bool) {
        let waiting: Vec<InstanceId> = self
            .active
            .iter()
            // One that has ended already is heard like any other.
            .filter(|(_, task)| waits(task.work) && !task.abort.is_finished())
            .map(|(instance, _)| instance.clone())
            .collect();
        for instance in waiting {
            if let Some(task) = self.active.remove(&instance) {
                task.abort.abort();
                self.idle.insert(instance);
            }
        }
    }

    /// Second interrupt: nothing more is sent; what is owed is said.
    pub(super) async fn leave_now(mut self, exit_code: u8) -> RunOutcome {
        self.interrupted = Some(exit_code);
        self.tasks.abort_all();
        self.append(vec![Kind::Interrupted {
            signal: signal_name(exit_code).to_owned(),
        }])
        .await;
        let outcome = self.outcome(true);
        self.emit_finished(&outcome);
        outcome
    }
}

fn signal_name(exit_code: u8) -> &'static str {
    if exit_code == exit::TERMINATED {
        "SIGTERM"
    } else {
        "SIGINT"
    }
}
