//! How an apply ended, for one machine and for all.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::model::{InstanceId, InstanceName, OrderId, exit};
use crate::planted::{self, Fault};
use crate::saga::{Halt, Hold, IllegalEntry, Mode, SagaOutcome};

/// Why a machine is left to whoever else has stopped it.
pub(super) const STOPPED_SINCE: &str = "somebody has stopped it since the plan was made";

/// How one machine's change stands when the program ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MachineEnd {
    /// It ended.
    Closed {
        /// How.
        outcome: SagaOutcome,
        /// Why, when not as planned.
        note: String,
        /// How long the machine was out of service.
        downtime: Duration,
    },
    /// It rests, and the next apply begins there.
    Halted {
        /// Why.
        halt: Halt,
        /// What a person should know.
        note: String,
    },
    /// It was begun, and its next step waits for a time, a person or a place.
    Rests {
        /// For what.
        reason: String,
    },
    /// It was begun, and goes on in the next apply.
    Open,
}

/// A machine that waits for a time, a person or a payment, begun or not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rests {
    /// How people call it.
    pub name: InstanceName,
    /// For what.
    pub reason: String,
}

/// A machine whose change was not begun.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeftAlone {
    /// How people call it.
    pub name: InstanceName,
    /// Why.
    pub reason: String,
}

/// What is still owed to a machine when the program ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Obligation {
    /// The machine.
    pub instance: InstanceId,
    /// How people call it.
    pub name: InstanceName,
    /// What must still happen: `start it`, ….
    pub what: String,
}

/// How an apply ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunOutcome {
    /// Machines that were begun.
    pub machines: BTreeMap<InstanceId, (InstanceName, MachineEnd)>,
    /// Machines that were not.
    pub left_alone: BTreeMap<InstanceId, LeftAlone>,
    /// Machines that wait for a time, a person or a payment: the next apply goes on with them.
    pub rests: BTreeMap<InstanceId, Rests>,
    /// What the run waits for, once each: times, and people.
    pub pauses: Vec<Hold>,
    /// How many machines the plan could not change, so that not all is as wanted whatever the run did.
    pub blocked: usize,
    /// Orders that this run made.
    pub orders: BTreeMap<OrderId, InstanceId>,
    /// What is still owed to machines.
    pub obligations: Vec<Obligation>,
    /// Whether the run stays open, to be continued.
    pub open: bool,
    /// Why the journal took no more.
    pub journal_lost: Option<JournalLost>,
    /// Why the journal takes little more, so that nothing new was begun.
    pub journal_short: Option<String>,
    /// The exit code of the interrupt, when one came.
    pub interrupted: Option<u8>,
    /// How far the run meant to go.
    pub mode: Mode,
    /// The exit code that follows from all of it.
    pub exit_code: u8,
}

/// Why the journal takes no more.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum JournalLost {
    /// It could not be written; what it said.
    #[error("{0}")]
    NotWritten(String),
    /// What was to be written cannot follow what is there: the program is wrong.
    #[error(transparent)]
    CannotFollow(#[from] IllegalEntry),
}

impl RunOutcome {
    /// Whether settling came to its end, so that the run may be given up if nothing is owed to a machine.
    #[must_use]
    pub fn is_settled(&self) -> bool {
        self.interrupted.is_none() && self.journal_lost.is_none()
    }

    /// The exit code, where it says that a person is needed or that somebody asked to stop: whatever else there is to
    /// say about an apply weighs less.
    #[must_use]
    pub fn urgent(&self) -> Option<u8> {
        match self.exit_code {
            exit::DONE | exit::SOME_NOT_DONE | exit::PAUSED => None,
            code => Some(code),
        }
    }

    /// What rests and waits for a person or for money, one line a machine.
    #[must_use]
    pub fn left_to_a_person(&self) -> Vec<String> {
        let machines = self.machines.values();
        machines
            .filter_map(|(name, end)| match end {
                MachineEnd::Halted { halt, note } => {
                    Some(format!("{name} is {}: {note}", halt.as_str()))
                }
                MachineEnd::Closed { .. } | MachineEnd::Rests { .. } | MachineEnd::Open => None,
            })
            .collect()
    }

    /// Where several hold: a person first, then the interrupt, then what is owed to a machine, which a person has to
    /// look after, then what was not done, then the pause.
    pub(super) fn decide_exit_code(&mut self) {
        let ends = || self.machines.values().map(|(_, end)| end);
        let person = self.journal_lost.is_some()
            || ends().any(|end| match end {
                MachineEnd::Halted { halt, .. } => *halt != Halt::Paused,
                MachineEnd::Closed { .. } | MachineEnd::Rests { .. } | MachineEnd::Open => false,
            });
        let not_done = self.blocked > 0
            || !self.left_alone.is_empty()
            || self.journal_short.is_some() && self.open
            || ends().any(|end| match end {
                MachineEnd::Closed { outcome, .. } => *outcome != SagaOutcome::Done,
                MachineEnd::Halted { .. } | MachineEnd::Rests { .. } => false,
                MachineEnd::Open => self.mode != Mode::OrdersOnly,
            });
        let stops_short = self.mode != Mode::GoOn && self.open;
        let rests = !self.rests.is_empty();
        let paused = rests
            || ends().any(|end| {
                matches!(
                    end,
                    MachineEnd::Halted {
                        halt: Halt::Paused,
                        ..
                    }
                )
            });
        self.exit_code = match (person, self.interrupted, not_done, paused || stops_short) {
            (true, ..) => exit::PERSON_NEEDED,
            (false, Some(code), ..) => code,
            (false, None, ..) if !self.obligations.is_empty() => exit::PERSON_NEEDED,
            (false, None, true, _) if planted::is(Fault::WrongExitCode) => exit::DONE,
            (false, None, true, _) => exit::SOME_NOT_DONE,
            (false, None, false, true) => exit::PAUSED,
            (false, None, false, false) => exit::DONE,
        };
    }
}
