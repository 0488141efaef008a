//! How a cloud refuses. Kind and reach are what callers match on; code, message and request id are for people.

use std::time::Duration;

use super::reach::Reach;
use crate::model::RequestId;

/// What a refusal means for the machine it was about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ErrorKind {
    /// The call rate is used up; nothing happened.
    Throttled,
    /// The machine was changed less than five minutes ago (R52); nothing happened.
    CoolingDown,
    /// Something else about the machine is still being worked on, an order or a task; this did not begin.
    Busy,
    /// A request under this very token is still being worked on; the same one asked again is answered.
    Pending,
    /// The machine is in a state that forbids the call, and that may pass by itself.
    WrongState,
    /// The type is out of stock, for everybody who wants it in that zone (R63).
    NoStock,
    /// An allowance of the account is used up (R48, R53, R64).
    Quota,
    /// Overdue bill, too little balance, or no way of paying (R41, R42, R50, R51).
    Money,
    /// An unpaid order stands in the way (R45).
    UnpaidOrder,
    /// The order could not be made, and there is none; asked again, it may be.
    NotOrdered,
    /// These credentials may not do that, to any machine.
    Denied,
    /// The credentials themselves are refused: wrong, disabled, expired.
    Credentials,
    /// No such instance is visible.
    NotFound,
    /// The machine is locked or its subscription has expired (R14, R65).
    Locked,
    /// This machine cannot become that (R57 to R62), or not before a person has mended something.
    Unsupported,
    /// The request itself is wrong.
    Invalid,
    /// The token was used before for another request (1.7).
    TokenMismatch,
    /// A code this version does not know; a definite refusal, never repeated blindly.
    Unlisted,
    /// The service failed (5xx); it may have acted before.
    Fault,
    /// No reply came, or none that could be read; it may have acted.
    Unanswered,
    /// The request never left this machine.
    NotSent,
}

impl ErrorKind {
    /// Whom a refusal of this kind speaks for, unless its code is known to speak for others.
    #[must_use]
    pub fn reach(self) -> Reach {
        match self {
            Self::NoStock => Reach::SameType,
            Self::Denied => Reach::SameCall,
            Self::Credentials => Reach::Account,
            Self::Throttled
            | Self::CoolingDown
            | Self::Busy
            | Self::Pending
            | Self::WrongState
            | Self::Quota
            | Self::Money
            | Self::UnpaidOrder
            | Self::NotOrdered
            | Self::NotFound
            | Self::Locked
            | Self::Unsupported
            | Self::Invalid
            | Self::TokenMismatch
            | Self::Unlisted
            | Self::Fault
            | Self::Unanswered
            | Self::NotSent => Reach::Machine,
        }
    }
}

/// Whether a failed call can have had an effect.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// Certainly not.
    NotDone,
    /// Perhaps: only a look can tell.
    Unknown,
}

/// A call that did not succeed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{operation}: {message}{}", self.code_in_brackets())]
pub struct CloudError {
    /// The API operation.
    pub operation: &'static str,
    /// What it means.
    pub kind: ErrorKind,
    /// What it may mean as well, where the vendor has one code for two things.
    pub also: Option<ErrorKind>,
    /// Whom it speaks for.
    pub reach: Reach,
    /// The vendor's code, exactly as it came; none when there was no reply.
    pub code: Option<String>,
    /// The vendor's message, or ours when there was no reply. May hold hostile text: escape it before printing.
    pub message: String,
    /// The vendor's name for the request.
    pub request_id: Option<RequestId>,
    /// How long the cloud asks to wait (`x-acs-retry-after`).
    pub retry_after: Option<Duration>,
}

impl CloudError {
    /// Whether the call can have had an effect.
    #[must_use]
    pub fn outcome(&self) -> Outcome {
        match self.kind {
            ErrorKind::Fault | ErrorKind::Unanswered => Outcome::Unknown,
            // The first request under this token may have had its effect: only a look can tell.
            ErrorKind::TokenMismatch | ErrorKind::Pending => Outcome::Unknown,
            ErrorKind::Throttled
            | ErrorKind::Busy
            | ErrorKind::CoolingDown
            | ErrorKind::WrongState
            | ErrorKind::NoStock
            | ErrorKind::Quota
            | ErrorKind::Money
            | ErrorKind::UnpaidOrder
            | ErrorKind::NotOrdered
            | ErrorKind::Denied
            | ErrorKind::Credentials
            | ErrorKind::NotFound
            | ErrorKind::Locked
            | ErrorKind::Unsupported
            | ErrorKind::Invalid
            | ErrorKind::Unlisted
            | ErrorKind::NotSent => Outcome::NotDone,
        }
    }

    /// Whether nothing happened for a reason that passes by itself, so that asking again soon may do.
    #[must_use]
    pub fn passes(&self) -> bool {
        matches!(
            self.kind,
            ErrorKind::Throttled
                | ErrorKind::NotSent
                | ErrorKind::WrongState
                | ErrorKind::Busy
                | ErrorKind::NotOrdered
        )
    }

    fn code_in_brackets(&self) -> String {
        self.code
            .as_ref()
            .map_or_else(String::new, |code| format!(" ({code})"))
    }
}
