//! What workers and the dispatcher tell each other.

use tokio::sync::oneshot;

use crate::model::{Crowd, ObservedInstance};
use crate::probe::Sight;
use crate::saga::{Failure, StepEvent, StepRef};

use super::scope::Scope;

/// Why a step is given up that nobody may begin any more.
pub(super) const ASKED_TO_STOP: &str = "somebody asked to stop";

/// What a worker tells the dispatcher.
pub(super) enum Message {
    /// Make this durable, then let me go on.
    Record {
        /// About which step.
        at: StepRef,
        /// What.
        event: StepEvent,
        /// Whether it is durable.
        ack: Ack,
    },
    /// Something takes time.
    Waiting {
        /// Which step.
        at: StepRef,
        /// For what.
        reason: String,
    },
    /// What a gate asks for was looked at.
    Looked {
        /// Behind which batch of whom it stands.
        gate: (Crowd, u32),
        /// What was seen.
        sight: Sight,
    },
    /// The task is over.
    Ended {
        /// Which step it was about.
        at: StepRef,
        /// How it ended.
        end: Box<End>,
    },
}

/// Tells a worker what became of its record.
pub(super) type Ack = oneshot::Sender<Recorded>;

/// Whether an intent is on disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Recorded {
    /// It is.
    Durable,
    /// It is not, and nothing may be sent for it.
    Lost,
    /// It is not: something else has happened since, which forbids it.
    Withdrawn,
}

/// How a task ended.
#[derive(Debug, Clone)]
pub(super) enum End {
    /// The goal shows.
    Succeeded {
        /// Whether it showed before anything was sent.
        found: bool,
        /// The machine as it looked.
        seen: Option<ObservedInstance>,
    },
    /// The goal was not reached, which is told and holds nothing up.
    Tolerated(Failure),
    /// The goal cannot be reached.
    Failed {
        /// Why.
        failure: Failure,
        /// Whom the refusal speaks for.
        scope: Option<Scope>,
    },
    /// An order waits to be paid.
    Paused,
    /// No stop can arrive late any more, and the machine is up.
    Settled(Option<ObservedInstance>),
    /// It cannot be looked at, or does not come to rest, so nobody knows whether a late stop has taken it down.
    Unwatched(String),
    /// A late stop has taken the machine down.
    FellOver,
    /// The machine as it is at the end; none when it is not there.
    Seen(Option<ObservedInstance>),
    /// The step may not be begun any more; nothing was sent.
    Withdrawn,
    /// The journal took no more; nothing was sent.
    JournalLost,
}
