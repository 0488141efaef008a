//! What the simulated cloud says: answers and refusals.

use std::time::Duration;

use serde::Serialize;
use serde_json::{Map, Value};

/// The fields of a successful answer, without its request id.
pub(crate) type Fields = Map<String, Value>;

/// What a successful call answers, without its request id.
#[derive(Debug)]
pub(crate) enum Body {
    /// Field by field.
    Fields(Fields),
    /// A whole JSON object, written already: pages of machines are most of what is ever answered.
    Written(Vec<u8>),
}

impl Body {
    /// Writes a value that is an object, and about so many bytes long.
    pub(crate) fn written(object: &impl Serialize, about: usize) -> Self {
        let mut text = Vec::with_capacity(about);
        let written = serde_json::to_writer(&mut text, object);
        written.expect("an answer holds nothing JSON cannot write");
        Self::Written(text)
    }
}

/// Whether a call changed the world; changed worlds are saved before the answer goes out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// Nothing but counters moved.
    None,
    /// Instances, orders, balance or memory of tokens changed.
    Changed,
}

/// One finished HTTP answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    /// The HTTP status.
    pub status: u16,
    /// Header names in lower case with their values.
    pub headers: Vec<(String, String)>,
    /// The body, JSON or XML.
    pub body: Vec<u8>,
    /// The error code, or `OK`; what transcripts and counters show.
    pub outcome: String,
    /// Whether the call changed anything.
    pub effect: Effect,
}

/// Why the cloud said no.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Refusal {
    pub(crate) status: u16,
    pub(crate) code: String,
    pub(crate) message: String,
    /// Sent as `x-acs-retry-after`, in milliseconds.
    pub(crate) retry_after: Option<Duration>,
    /// Sent as `AccessDeniedDetail` with a refused permission.
    pub(crate) detail: Option<Value>,
}

impl Refusal {
    /// A refusal with its code and HTTP status, in the simulator's own words.
    pub(crate) fn new(status: u16, code: &str, message: impl Into<String>) -> Self {
        Self {
            status,
            code: code.to_owned(),
            message: message.into(),
            retry_after: None,
            detail: None,
        }
    }

    /// A required parameter is absent.
    pub(crate) fn missing(name: &str) -> Self {
        Self::new(
            400,
            "MissingParameter",
            format!("The parameter {name} is required and was not sent."),
        )
    }

    /// A parameter has a value that cannot be read or lies outside its range.
    pub(crate) fn invalid(name: &str, why: &str) -> Self {
        Self::new(
            400,
            "InvalidParameter",
            format!("The parameter {name} {why}."),
        )
    }

    /// The checks of a dry run passed (R7). The status is open point 1.
    pub(crate) fn dry_run_passed(code: &str) -> Self {
        Self::new(
            412,
            code,
            "The request would have succeeded; it was a dry run.",
        )
    }
}
