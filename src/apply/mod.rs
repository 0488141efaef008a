//! The doing: carries a plan out, one saga a machine, and is safe to be called again after any end.
//!
//! In: a saved plan, what the journal says was done of it, a cloud, a journal, a clock. Out: a stream
//! of events and a [`RunOutcome`]. It does not know which cloud it talks to, nor where the journal lives.
//!
//! ```text
//!             ┌──────────── messages ───────────┐
//!             ▼                                 │
//!   dispatcher: journal, limits, events      workers: look → ask → settle → verify
//!             │                                 ▲          │            │
//!             └───────── one task each ─────────┘     shared looks   power calls by the hundred
//!                                                     one reading of the books for many orders
//! ```
//!
//! The dispatcher is the only one that writes the journal and emits events. A worker asks it to record
//! an intent, and sends nothing before the intent is durable.
//!
//! `worker` is one machine's step, from look to verify; `dispatcher` is the run: whose turn it is and what is
//! written down; `desks` is what all workers share, so that a fleet costs few calls; `mail` is what the two
//! say to each other. `abandon`, `approve` and `adopt` change an open run's record while no apply goes on.

mod timing;
mod age;
mod effect;
mod token;
mod scope;
mod outcome;
mod desks;
mod mail;
mod worker;
mod dispatcher;
mod abandon;
mod approve;
mod adopt;

use std::collections::BTreeMap;
use std::rc::Rc;
use std::time::Duration;

use tokio::sync::mpsc::UnboundedReceiver;

use crate::clock::Clock;
use crate::cloud::{Billing, Cloud, Prices};
use crate::event::Event;
use crate::journal::Journal;
use crate::model::{AppliedFleet, AppliedInstance, InstanceId, ObservedFleet, OrderId, RunId};
use crate::plan::SavedPlan;
use crate::probe::Prober;
use crate::saga::{Entry, IllegalEntry, Mode, OrderRecord};

pub use crate::cloud::Payer;
pub use abandon::{AbandonError, OpenRun, Untold, abandon, abandon_without_plan};
pub use adopt::{LostAnswer, adopt, candidates, lost_answers};
pub use approve::{ApproveError, approve, waiting_gates};
pub use outcome::{JournalLost, LeftAlone, MachineEnd, Obligation, Rests, RunOutcome};
pub use timing::WAIT_GATES;

/// What an apply needs of the world.
#[derive(Clone)]
pub struct Tools {
    /// The cloud.
    pub cloud: Rc<dyn Cloud>,
    /// The account's books.
    pub billing: Rc<dyn Billing>,
    /// What things cost now.
    pub prices: Rc<dyn Prices>,
    /// Who pays orders by a call (`payment: api`), where somebody is configured.
    pub payer: Option<Payer>,
    /// Where intents and results become durable.
    pub journal: Rc<dyn Journal>,
    /// What looks at machines from outside and runs their owner's commands.
    pub prober: Rc<dyn Prober>,
    /// The time.
    pub clock: Rc<dyn Clock>,
}

/// What is to be done, and what was done before.
pub struct Job<'a> {
    /// The plan.
    pub plan: &'a SavedPlan,
    /// The run: a new id, or the open run's.
    pub run: RunId,
    /// The open run's entries; empty for a new run.
    pub history: &'a [Entry],
    /// The sequence number of the next journal entry.
    pub next_seq: u64,
    /// How many changes were ever begun on each machine.
    pub change_numbers: &'a BTreeMap<InstanceId, u64>,
    /// What is recorded of each machine.
    pub applied: &'a AppliedFleet,
    /// Every order that is recorded.
    pub orders: &'a BTreeMap<OrderId, OrderRecord>,
    /// The fleet as it was seen just now.
    pub observed: &'a ObservedFleet,
    /// Machines to record as found.
    pub adopt: Vec<(InstanceId, AppliedInstance)>,
    /// Who runs it: `user@host`.
    pub who: String,
    /// The command line.
    pub command: String,
}

/// How to go about it.
#[derive(Debug, Clone)]
pub struct Options {
    /// To the end, or only until every machine is up.
    pub mode: Mode,
    /// Machines at work at once. Those that only wait, for a payment or a cool-down, are not counted.
    pub parallelism: usize,
    /// How long to wait for orders to be paid before the run pauses.
    pub wait_payment: Duration,
    /// The longest that a gate, a window or a freeze is waited for before the run pauses.
    pub wait_gates: Duration,
    /// Whether windows and freezes hold.
    pub hours: Hours,
    /// Who opens gates that ask for a person.
    pub approvals: Approvals,
}

impl Default for Options {
    /// To the end, everything kept, as the command line has it unless told otherwise.
    fn default() -> Self {
        Self {
            mode: Mode::GoOn,
            parallelism: 200,
            wait_payment: Duration::ZERO,
            wait_gates: WAIT_GATES,
            hours: Hours::Kept,
            approvals: Approvals::Awaited,
        }
    }
}

/// Whether windows and freezes hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Hours {
    /// They do.
    Kept,
    /// They do not in this apply, for this reason.
    Waived(String),
}

/// Who opens gates that ask for a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Approvals {
    /// A person, with `respec approve`.
    Awaited,
    /// Nobody: they count as approved as soon as they are reached. Only for rehearsals.
    Assumed,
}

/// Somebody asks to stop.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Interrupt {
    /// First signal: begin nothing, bring up what is down, end.
    Ask {
        /// 130 for SIGINT, 143 for SIGTERM.
        exit_code: u8,
    },
    /// Second signal: end now.
    Insist {
        /// 130 for SIGINT, 143 for SIGTERM.
        exit_code: u8,
    },
}

/// Carries the plan out as far as the options say. One attempt, safe to repeat.
///
/// # Errors
/// [`IllegalEntry`] when the journal of the open run is damaged; nothing was done then.
pub async fn apply(
    job: Job<'_>,
    options: Options,
    tools: Tools,
    interrupts: UnboundedReceiver<Interrupt>,
    on_event: &mut dyn FnMut(&Event),
) -> Result<RunOutcome, IllegalEntry> {
    let dispatcher = dispatcher::Dispatcher::new(job, options, tools, on_event)?;
    Ok(dispatcher.run(interrupts).await)
}
