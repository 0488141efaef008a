//! The journal's alphabet.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::model::{
    AppliedInstance, ClientToken, Crowd, Digest, InstanceId, Money, OrderId, PaymentStatus,
    RequestId, RunId,
};

/// One line of the journal. It is on disk before the call it announces is sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// Position in the journal; the first is 1, and there are no gaps.
    pub seq: u64,
    /// When it was written.
    pub at: Timestamp,
    /// The run it belongs to.
    pub run: RunId,
    /// What happened.
    pub kind: Kind,
}

/// Whether a step is being done or taken back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    /// Being done.
    Forward,
    /// Being taken back.
    Undo,
}

/// One step of one machine's saga.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct StepRef {
    /// The machine.
    pub instance: InstanceId,
    /// Position of the step in its saga, from 0.
    pub step: u16,
    /// Which way.
    pub direction: Direction,
}

/// Why a step failed, in a form that can be stored and shown later.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    /// Of which kind it is.
    pub cause: FailureCause,
    /// What went wrong, without a full stop; at most 300 characters.
    pub message: String,
    /// The vendor's code, if a refusal is behind it.
    pub code: Option<String>,
    /// The vendor's request id.
    pub request_id: Option<RequestId>,
}

/// The kinds of failure; they decide how a saga ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FailureCause {
    /// The cloud said no.
    Refused,
    /// The machine looked like neither before nor after.
    Surprised,
    /// No list of the cloud has the machine any more.
    Gone,
    /// It took longer than it may.
    TimedOut,
    /// The call was never answered, and reading back proved that it had no effect.
    NoEffect,
    /// The machine was changed less than five minutes ago (R52); it is tried again later.
    CoolingDown,
    /// Somebody asked to stop before the step was sent; it may be begun again.
    Interrupted,
    /// A refusal elsewhere spoke for this machine too, or no more failures are tolerated.
    Spared,
    /// Whether the call had an effect could not be found out.
    Unknown,
    /// Its order was cancelled before it was paid: nothing was changed, and nothing is to be paid.
    Cancelled,
    /// Its order should have been paid from the balance and was not: it can only be voided (R42).
    Abnormal,
    /// Its order costs more than the plan allows, and waits unpaid for a person to decide.
    TooDear,
    /// A command around the outage did not end well.
    HookFailed,
    /// The machine runs and did not become good in time.
    Unhealthy,
    /// Somebody else has stopped the machine since the plan was made, and nobody wrote that it is to run.
    LeftToOthers,
}

/// How a saga ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SagaOutcome {
    /// Every step succeeded.
    Done,
    /// Every step succeeded, and what the plan took for being as wanted is not, or what was ordered may not be in
    /// force: somebody else was at the machine, or the plan was made from an old look. The next plan says what is left.
    Differs,
    /// A step failed; power and what could be undone are as they were found.
    Undone,
    /// Put back as found because of an interrupt or a cool-down; the same change may be begun again.
    PutBack,
    /// Given up before anything was sent, because a refusal elsewhere spoke for this machine too,
    /// or because no more failures are tolerated.
    Spared,
    /// Its order was cancelled before it was paid. What was done before that order stays.
    Declined,
    /// Somebody else had stopped the machine before this saga did: it stays down, and what was done before stays done.
    LeftAlone,
    /// A person took it over (`cancel`).
    Abandoned,
}

/// Why a saga rests without having ended. The next apply begins with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Halt {
    /// An order waits to be paid.
    Paused,
    /// Failed past the pivot; only going forward again can end it.
    Held,
    /// An undo failed.
    Stuck,
    /// A call may or may not have happened, and reading back could not tell.
    Unknown,
}

impl Halt {
    /// One word for totals and lists.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Paused => "paused",
            Self::Held => "held",
            Self::Stuck => "stuck",
            Self::Unknown => "unknown",
        }
    }
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum Kind {
    /// A run begins.
    RunOpened {
        /// The plan's id.
        plan_id: Digest,
        /// Digest of what was wanted, by which a later run knows the same wish again.
        intent: Digest,
        /// Who runs it: `user@host`.
        who: String,
        /// The command line, cut at 200 characters.
        command: String,
    },
    /// A machine that needed no change was recorded as found.
    Adopted {
        /// Which.
        instance: InstanceId,
        /// As it is.
        record: AppliedInstance,
    },
    /// Somebody had the record of a machine removed. It stands in a run of its own.
    Forgotten {
        /// Which.
        instance: InstanceId,
    },
    /// A saga begins. Holds what cannot be read again later.
    Begun {
        /// Which machine.
        instance: InstanceId,
        /// How many changes were ever begun on it, this one included.
        change_number: u64,
        /// Whether it ran when it was found.
        was_running: bool,
    },
    /// Something happened to a step.
    Step {
        /// Which step, and which way.
        at: StepRef,
        /// What.
        event: StepEvent,
    },
    /// No stop of this machine can arrive late any more.
    Settled {
        /// Which machine.
        instance: InstanceId,
    },
    /// A stop that was thought lost arrived late: the machine is down again and is to be started again.
    FellOver {
        /// Which machine.
        instance: InstanceId,
        /// The step that brought it up last, forth or back, and what was seen and run behind it: to be done again.
        /// Entries of old have none.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        again: Vec<u16>,
    },
    /// Its health check failed behind its change: from here on its steps are those of the way back that
    /// the plan has for it.
    TurnedBack {
        /// Which machine.
        instance: InstanceId,
        /// The way back is a change of its own, counted like any other, so that its calls have tokens
        /// of their own.
        change_number: u64,
    },
    /// A saga rests; the run stays open.
    Halted {
        /// Which machine.
        instance: InstanceId,
        /// Why.
        halt: Halt,
        /// What a person should know; at most 500 characters.
        note: String,
    },
    /// A resting saga goes on: its failed step may be tried again.
    Reopened {
        /// Which machine.
        instance: InstanceId,
    },
    /// A saga ended.
    Closed {
        /// Which machine.
        instance: InstanceId,
        /// How.
        outcome: SagaOutcome,
        /// What a person should know; empty when all went as planned.
        note: String,
        /// The machine as it was left.
        record: AppliedInstance,
    },
    /// Somebody pays an order by a call of their own, outside of any step (`orders pay`).
    Payment {
        /// Which order.
        order_id: OrderId,
        /// How far the call has come.
        call: PaymentCall,
    },
    /// Every machine of a batch has come to its end.
    BatchEnded {
        /// Whose.
        crowd: Crowd,
        /// Which, counted from 1.
        batch: u32,
    },
    /// Somebody opened the gate behind a batch.
    Approved {
        /// Whose.
        crowd: Crowd,
        /// Behind which batch it stands.
        batch: u32,
        /// Who: `user@host`.
        who: String,
    },
    /// What the gate behind a batch looks at was as it should be.
    Checked {
        /// Whose.
        crowd: Crowd,
        /// Behind which batch it stands.
        batch: u32,
        /// What was seen.
        seen: String,
    },
    /// Somebody said that windows and freezes do not hold for the apply that begins.
    HoursWaived {
        /// Who: `user@host`.
        who: String,
        /// Why; at most 500 characters.
        reason: String,
    },
    /// Somebody asked to stop.
    Interrupted {
        /// `SIGINT` or `SIGTERM`.
        signal: String,
    },
    /// The run is over; nothing of it is left to do.
    RunClosed {
        /// The exit code it ended with.
        exit_code: u8,
    },
}

/// How far a call that pays an order has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PaymentCall {
    /// It is about to be sent. It takes no token, so that there is never a second one.
    Sent,
    /// The cloud has refused it: nothing was paid, and it may be sent again.
    Refused,
}

/// What happens to a step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StepEvent {
    /// A call is about to be sent.
    Intent {
        /// The token it carries, where the API takes one.
        token: Option<ClientToken>,
        /// Digest of the operation and its business parameters.
        request: Digest,
        /// The order that it pays, for `PayOrder`.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pays: Option<OrderId>,
    },
    /// A command of the owner's is about to be run.
    Launched {
        /// Digest of its words, before facts are filled in.
        command: Digest,
    },
    /// The call was accepted.
    Answered {
        /// The vendor's request id.
        request_id: Option<RequestId>,
        /// The order it made.
        order_id: Option<OrderId>,
    },
    /// The call may or may not have happened.
    Unanswered {
        /// What was seen instead of an answer.
        reason: String,
    },
    /// What the account's books say of the order that the step made; written when it is news.
    Booked {
        /// The order.
        order_id: OrderId,
        /// Where the order stands.
        payment: PaymentStatus,
        /// What it costs, where the books say so.
        amount: Option<Money>,
    },
    /// The step's goal shows.
    Succeeded {
        /// Whether it was so before anything was sent.
        found: bool,
    },
    /// The step cannot reach its goal.
    Failed {
        /// Why.
        failure: Failure,
    },
    /// The step has not reached its goal, which is told and holds nothing up: a machine that is put back
    /// is looked at, and is where it was whatever it looks like.
    Tolerated {
        /// What was seen.
        failure: Failure,
    },
}

/// A billing order that one of our calls made. Never leaves the store.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrderRecord {
    /// Its id.
    pub order_id: OrderId,
    /// The machine it is for.
    pub instance: InstanceId,
    /// The run that made it.
    pub run: RunId,
    /// The step that made it.
    pub step: u16,
    /// When its id was learned.
    pub at: Timestamp,
    /// Where it stood when it was last asked about; none before the first time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub payment: Option<PaymentStatus>,
    /// What it costs, as far as is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub amount: Option<Money>,
    /// Whether a call that pays it was sent, by a run, or by hand and not refused for certain: then none is ever sent again.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub payment_sent: bool,
}

/// One run, as `history` shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunRecord {
    /// Its id.
    pub run: RunId,
    /// The plan it carries out.
    pub plan_id: Digest,
    /// Digest of what was wanted.
    pub intent: Digest,
    /// Who.
    pub who: String,
    /// The command line.
    pub command: String,
    /// When it began.
    pub opened_at: Timestamp,
    /// Its first entry.
    pub first_seq: u64,
    /// When and how it ended; none while it is open.
    pub closed: Option<(Timestamp, u8)>,
}

impl RunRecord {
    /// Whether it carries out a plan. What a person does by hand (`state rm`, `orders pay`) stands in a run of its
    /// own, which has neither plan nor wish: one digest stands for both.
    #[must_use]
    pub fn has_plan(&self) -> bool {
        self.plan_id != self.intent
    }
}

impl Kind {
    /// The machine the entry is about; none for entries about the whole run.
    #[must_use]
    pub fn instance(&self) -> Option<&InstanceId> {
        match self {
            Self::RunOpened { .. }
            | Self::Payment { .. }
            | Self::BatchEnded { .. }
            | Self::Approved { .. }
            | Self::Checked { .. }
            | Self::HoursWaived { .. }
            | Self::Interrupted { .. }
            | Self::RunClosed { .. } => None,
            Self::Adopted { instance, .. }
            | Self::Forgotten { instance }
            | Self::Begun { instance, .. }
            | Self::Settled { instance }
            | Self::FellOver { instance, .. }
            | Self::TurnedBack { instance, .. }
            | Self::Halted { instance, .. }
            | Self::Reopened { instance }
            | Self::Closed { instance, .. } => Some(instance),
            Self::Step { at, .. } => Some(&at.instance),
        }
    }
}
