//! The planner's answer sheet: every machine of the manifest is planned, blocked or unchanged, with reasons.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::diff::FieldChange;
use crate::model::{InstanceId, InstanceName, Upgrade};

use super::money_sheet::MoneySheet;
use super::step::Because;
use super::turnover::Turnover;

/// A change that is not planned, why, and the way out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Blocked {
    /// How people call the machine.
    pub name: InstanceName,
    /// Which rule stands in the way.
    pub because: Because,
    /// What a person can do about it; one sentence without a full stop.
    pub way_out: String,
    /// What would have changed.
    pub changes: Vec<FieldChange>,
}

/// Something worth knowing about a machine that stops nothing.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Note {
    /// Which machine.
    pub instance: InstanceId,
    /// How people call it.
    pub name: InstanceName,
    /// What about it.
    pub because: Because,
}

/// What was looked into before anything is touched, and what came of it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Check {
    /// What was looked into: `targets`, `bandwidth`, `attachments`, `vCPUs`, `balance`, `orders`,
    /// `rights`.
    pub about: String,
    /// What came of it.
    pub verdict: Verdict,
    /// The same in words; one sentence without a full stop.
    pub words: String,
}

/// What came of a check.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// Nothing is in the way.
    Good,
    /// Something to heed; it stops nothing by itself.
    Heed,
    /// It could not be checked.
    Unknown,
    /// An apply would be refused.
    Bad,
}

impl Check {
    /// A check with its result.
    #[must_use]
    pub fn new(about: &str, verdict: Verdict, words: impl Into<String>) -> Self {
        Self {
            about: about.to_owned(),
            verdict,
            words: words.into(),
        }
    }
}

/// Every machine answered for.
#[must_use]
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Account {
    /// Changes that will not be made.
    pub blocked: BTreeMap<InstanceId, Blocked>,
    /// Machines that already are as wanted.
    pub unchanged: Vec<InstanceId>,
    /// Machines left out by `-target`.
    pub left_out: Vec<InstanceId>,
    /// Things to know.
    pub notes: Vec<Note>,
    /// Who joined and left since the last apply, by group.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub turnover: Vec<Turnover>,
    /// Money, beside the prices of the steps.
    #[serde(default)]
    pub money: MoneySheet,
    /// Temporary upgrades that are bought, and that only the account's orders tell of.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub upgrades: BTreeMap<InstanceId, Upgrade>,
    /// What was looked into beforehand.
    #[serde(default)]
    pub checks: Vec<Check>,
}
