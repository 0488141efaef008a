//! What "good again" means for a machine, and what is run around its outage.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// When a machine counts as up (`health`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Health {
    /// What is looked at.
    pub ready: Probe,
    /// A machine that is not ready by then has failed.
    pub within: Duration,
    /// It must stay ready this long before it counts as up.
    pub hold: Duration,
}

/// One way to see that a machine is ready.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Probe {
    /// Its status is Running.
    Status,
    /// Something accepts connections at this address.
    Tcp(String),
    /// A request to this URL is answered well.
    Http(String),
    /// A command ends with 0.
    Command(Command),
}

/// A program with its arguments; no shell reads them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Command(pub Vec<String>);

/// What is run around an outage (`before_stop`, `after_start`).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hooks {
    /// Before the machine is stopped.
    pub before_stop: Option<Command>,
    /// After it was started.
    pub after_start: Option<Command>,
}

impl Hooks {
    pub(super) fn are_none(&self) -> bool {
        self.before_stop.is_none() && self.after_start.is_none()
    }
}
