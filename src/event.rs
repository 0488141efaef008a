//! Progress as data: what happened, to what, when. Displays are written later, over the same stream.
//!
//! An event is complete without the one before it. A run's first event carries its totals, and exactly
//! one last event closes it.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;
use serde::Serialize;

use crate::model::{
    Crowd, Digest, InstanceId, InstanceName, Money, OrderId, PaymentStatus, RequestId, RunId,
};
use crate::saga::{Direction, FailureCause, Halt, Hold, SagaOutcome};

/// One thing that happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Event {
    /// Counts from 0 in each run of the program.
    pub sequence: u64,
    /// When, by the calendar.
    pub at: Timestamp,
    /// How long since the program began to apply.
    pub elapsed: Duration,
    /// What.
    #[serde(flatten)]
    pub kind: EventKind,
}

/// The machine an event is about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Subject {
    /// Its id.
    pub instance: InstanceId,
    /// How people call it.
    pub name: InstanceName,
}

/// Which step of how many, and what it does.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct StepView {
    /// From 1.
    pub step: u16,
    /// Of so many.
    pub of: u16,
    /// `stop`, `modify`, ….
    pub verb: &'static str,
    /// `ecs.g7.large → ecs.g7.xlarge`; empty when the verb says all.
    pub detail: String,
    /// Whether it is being done or taken back.
    pub direction: Direction,
}

/// What can happen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case", tag = "type")]
pub enum EventKind {
    /// A run begins, or goes on.
    RunStarted {
        /// Its id.
        run: RunId,
        /// The plan it carries out.
        plan_id: Digest,
        /// Machines that change.
        machines: usize,
        /// Steps in all.
        steps: usize,
        /// Whether it goes on with an open run.
        continued: bool,
    },
    /// How a machine stands that an earlier program of the same run began with. Displays need not
    /// show it; what is counted begins with it.
    TakenUp {
        /// Which machine.
        subject: Subject,
        /// How its change ended, if it has.
        outcome: Option<SagaOutcome>,
        /// Why it rests, if it does.
        halt: Option<Halt>,
        /// What a person should know.
        note: String,
        /// Orders that wait to be paid.
        unpaid: Vec<OrderId>,
    },
    /// It is a machine's turn, and its change begins only later.
    Postponed {
        /// Which machine.
        subject: Subject,
        /// Not before this time.
        until: Timestamp,
        /// Why.
        reason: String,
    },
    /// A machine's change begins.
    Begun {
        /// Which machine.
        subject: Subject,
    },
    /// A call of a step is about to be sent.
    StepStarted {
        /// Which machine.
        subject: Subject,
        /// Which step.
        step: StepView,
        /// From 1.
        attempt: u32,
    },
    /// Something takes time. May be dropped.
    Waiting {
        /// Which machine.
        subject: Subject,
        /// For what.
        reason: String,
    },
    /// A step's goal shows.
    StepFinished {
        /// Which machine.
        subject: Subject,
        /// Which step.
        step: StepView,
        /// Whether it was so already.
        found: bool,
        /// How long it took.
        took: Duration,
    },
    /// A step failed.
    StepFailed {
        /// Which machine.
        subject: Subject,
        /// Which step.
        step: StepView,
        /// Of which kind the failure is.
        cause: FailureCause,
        /// What went wrong.
        message: String,
        /// The vendor's code.
        code: Option<String>,
        /// The vendor's request id.
        request_id: Option<RequestId>,
    },
    /// A machine is not good behind its change, and is put back: from here on its steps are those of its
    /// way back, counted anew.
    TurnedBack {
        /// Which machine.
        subject: Subject,
        /// What it becomes again: `ecs.g7.large`.
        to: String,
        /// What was seen of it.
        reason: String,
    },
    /// A call made an order.
    OrderMade {
        /// Which machine.
        subject: Subject,
        /// The order.
        order_id: OrderId,
        /// Whether it is paid from the balance.
        auto_pay: bool,
    },
    /// The account's books say something new about an order.
    OrderBooked {
        /// Which machine.
        subject: Subject,
        /// The order.
        order_id: OrderId,
        /// Where it stands.
        payment: PaymentStatus,
        /// What it costs, where the books say so.
        amount: Option<Money>,
    },
    /// A machine's change ended.
    Closed {
        /// Which machine.
        subject: Subject,
        /// How.
        outcome: SagaOutcome,
        /// Why, when not as planned.
        note: String,
        /// How long the machine was out of service.
        downtime: Duration,
    },
    /// A machine's change rests and is not ended.
    Halted {
        /// Which machine.
        subject: Subject,
        /// Why.
        halt: Halt,
        /// What a person should know.
        note: String,
    },
    /// A machine was left alone.
    LeftAlone {
        /// Which machine.
        subject: Subject,
        /// Why.
        reason: String,
    },
    /// The first machine of a batch is begun, or the first of what is left of it in this apply.
    BatchBegan {
        /// Whose.
        crowd: Crowd,
        /// Which, counted from 1.
        batch: u32,
        /// Of so many.
        of: u32,
        /// Machines of it that have not come to their end.
        machines: usize,
    },
    /// Every machine of a batch has come to its end.
    BatchEnded {
        /// Whose.
        crowd: Crowd,
        /// Which, counted from 1.
        batch: u32,
        /// Of so many.
        of: u32,
    },
    /// The gate behind a batch was opened by a person.
    GateOpened {
        /// Whose.
        crowd: Crowd,
        /// Behind which batch it stands.
        batch: u32,
        /// Who.
        who: String,
    },
    /// Windows and freezes do not hold for this apply.
    HoursWaived {
        /// Why.
        reason: String,
    },
    /// Something that only time or a person lifts holds machines back.
    Held {
        /// What.
        hold: Hold,
    },
    /// The apply ends before the run does, because of this; one for each reason.
    Paused {
        /// What.
        hold: Hold,
    },
    /// Somebody asked to stop.
    Interrupted {
        /// Which machines are finished before the program ends.
        finishing: Vec<InstanceName>,
        /// What is done for each of them: `modify, then start`.
        doing: Vec<String>,
    },
    /// The run ends, for this program.
    RunFinished {
        /// How many machines ended how: `done`, `undone`, `held`, ….
        totals: BTreeMap<&'static str, usize>,
        /// The exit code that follows from it.
        exit_code: u8,
    },
}

impl EventKind {
    /// Whether a display may skip the event when there are too many.
    #[must_use]
    pub fn may_be_dropped(&self) -> bool {
        matches!(self, Self::Waiting { .. })
    }
}
