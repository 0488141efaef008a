//! Looking at machines from outside and running their owner's commands, as a port.
//!
//! In: what is known of a machine, and what the manifest wants looked at or run. Out: what was seen, in
//! a few words that are safe to show. One look is one look: waiting and deciding are the caller's.

use std::time::Duration;

use async_trait::async_trait;

use crate::model::{Facts, Hook, Moment, Probe};

/// What one look showed, in words that complete "it …".
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Sight {
    /// It is as it should be.
    Good(String),
    /// It is not.
    Bad(String),
}

/// How a command ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ran {
    /// It ended with 0.
    Well,
    /// It did not, or took too long, or could not be begun; in words that complete "it …".
    Badly(String),
    /// Nothing was run, because there is no real machine behind this cloud.
    Pretended,
}

/// What is known of a machine's health when a command is run; commands are told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Condition {
    /// It has been good for as long as it must.
    Healthy,
    /// It has not become good in time.
    Unhealthy,
    /// Nobody has looked.
    Unknown,
}

impl Condition {
    /// The word that commands are told.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Healthy => "healthy",
            Self::Unhealthy => "unhealthy",
            Self::Unknown => "unknown",
        }
    }
}

/// A command to be run around an outage.
#[derive(Debug, Clone, Copy)]
pub struct HookCall<'a> {
    /// About which machine.
    pub facts: &'a Facts,
    /// At which moment.
    pub moment: Moment,
    /// What.
    pub hook: &'a Hook,
    /// How the machine is doing.
    pub condition: Condition,
}

/// Looks and runs. One thread, so no `Send` is asked for.
#[async_trait(?Send)]
pub trait Prober {
    /// Looks once, for no longer than `within` of real time. [`Probe::Status`] is the cloud's to
    /// answer and always good here.
    async fn probe(&self, facts: &Facts, probe: &Probe, within: Duration) -> Sight;

    /// Runs a command to its end, for no longer than it may take.
    async fn run(&self, call: HookCall<'_>) -> Ran;
}
