//! What the planner answers.

use std::collections::BTreeMap;

use crate::model::{Course, InstanceId};

use super::account::Account;
use super::saga::Saga;

/// What the planner answers.
#[must_use]
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Planned {
    /// The machines that change, each with its chain of steps.
    pub sagas: BTreeMap<InstanceId, Saga>,
    /// The machines that do not, and why.
    pub account: Account,
    /// In which portions each group is changed.
    pub courses: Vec<Course>,
}
