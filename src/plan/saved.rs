//! The plan file: everything a reviewer approved, in one canonical, tamper-evident document.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::model::{
    AccountId, DesiredFleet, Digest, GroupName, InstanceId, Rollout, Stamp, Unit, canonical_json,
};

use super::account::Account;
use super::saga::Saga;
use super::step::{Action, Goal, Undo};

/// The version this program writes, and the only one it reads.
const FORMAT_VERSION: u32 = 1;

/// Largest plan file that is read: 100,000 machines stay well below it.
const PLAN_BYTES_MAX: usize = 512 * 1024 * 1024;

/// A manifest the plan was made from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Source {
    /// The file as the user named it.
    pub name: String,
    /// Digest of its bytes.
    pub digest: Digest,
}

/// A plan as it is saved, shown and applied.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SavedPlan {
    /// Version of this document's form.
    pub format_version: u32,
    /// Version of the program that made it.
    pub tool_version: String,
    /// When it was made.
    pub created_at: Timestamp,
    /// After this it is refused.
    pub expires_at: Timestamp,
    /// The manifests it was made from.
    pub sources: Vec<Source>,
    /// The account it was made for.
    pub account: AccountId,
    /// The state it was made upon.
    pub stamp: Stamp,
    /// What is wanted, with every group resolved.
    pub desired: DesiredFleet,
    /// The machines that change.
    pub sagas: BTreeMap<InstanceId, Saga>,
    /// The machines that do not, and why.
    pub sheet: Account,
}

/// The decisions of a plan and nothing else: equal decisions, equal id.
#[derive(Serialize)]
struct Decisions<'a> {
    account: &'a AccountId,
    sagas: BTreeMap<&'a InstanceId, Vec<Decision<'a>>>,
    after: BTreeMap<&'a InstanceId, Vec<&'a Unit>>,
    groups: BTreeMap<&'a GroupName, Rollout>,
    ungrouped: Rollout,
}

#[derive(Serialize)]
struct Decision<'a> {
    action: &'a Action,
    needs: &'a [u16],
    after: &'a Goal,
    undo: &'a Undo,
}

impl SavedPlan {
    /// The version this program writes.
    pub const FORMAT_VERSION: u32 = FORMAT_VERSION;

    /// The plan id: a digest of steps, parameters, needs and limits; not of sources, observations or times.
    #[must_use]
    pub fn id(&self) -> Digest {
        Digest::of_value(&Decisions {
            account: &self.account,
            sagas: self
                .sagas
                .iter()
                .map(|(id, saga)| (id, steps_of(saga)))
                .collect(),
            after: self
                .sagas
                .iter()
                .map(|(id, saga)| (id, saga.after.iter().collect()))
                .collect(),
            groups: self
                .desired
                .groups
                .iter()
                .map(|(name, group)| (name, group.rollout))
                .collect(),
            ungrouped: self.desired.ungrouped,
        })
    }

    /// Digest of what is wanted, by which a later run knows the same wish again whatever the fleet looks like.
    #[must_use]
    pub fn intent(&self) -> Digest {
        Digest::of_value(&self.desired)
    }

    /// The document with its seal: canonical JSON, one line.
    #[must_use]
    pub fn seal(&self) -> String {
        let sealed = Sealed {
            plan_id: self.id(),
            seal: Digest::of_value(self),
            plan: self.clone(),
        };
        let mut text = canonical_json(&sealed);
        text.push('\n');
        text
    }

    /// Reads a document back and checks its seal.
    ///
    /// # Errors
    /// [`PlanFileError`] when it is no plan file, of another version, or was altered.
    pub fn open(bytes: &[u8]) -> Result<Self, PlanFileError> {
        if bytes.len() > PLAN_BYTES_MAX {
            return Err(PlanFileError::TooLarge(bytes.len()));
        }
        let form: FormOnly =
            serde_json::from_slice(bytes).map_err(|e| PlanFileError::not_a_plan(&e))?;
        if form.plan.format_version != FORMAT_VERSION {
            return Err(PlanFileError::OtherVersion(form.plan.format_version));
        }
        let sealed: Sealed =
            serde_json::from_slice(bytes).map_err(|e| PlanFileError::not_a_plan(&e))?;
        let plan = sealed.plan;
        if sealed.seal != Digest::of_value(&plan) || sealed.plan_id != plan.id() {
            return Err(PlanFileError::Altered);
        }
        Ok(plan)
    }
}

fn steps_of(saga: &Saga) -> Vec<Decision<'_>> {
    saga.steps.iter().map(decision).collect()
}

fn decision(step: &super::step::Step) -> Decision<'_> {
    Decision {
        action: &step.action,
        needs: &step.needs,
        after: &step.after,
        undo: &step.undo,
    }
}

/// What stands in the file: the plan, its id for people, and a digest of the whole.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Sealed {
    /// The plan id.
    pub plan_id: Digest,
    /// Digest over everything in `plan`.
    pub seal: Digest,
    /// The plan.
    pub plan: SavedPlan,
}

#[derive(Deserialize)]
struct FormOnly {
    plan: FormVersion,
}

#[derive(Deserialize)]
struct FormVersion {
    format_version: u32,
}

/// Why a plan file is not taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PlanFileError {
    /// It is not one.
    #[error("not a plan file: {0}")]
    NotAPlan(String),
    /// It is too large to be one.
    #[error("a plan file has at most 512 MiB, this one has {0} bytes")]
    TooLarge(usize),
    /// It was written in another form.
    #[error("written in format {0}, which this version does not read")]
    OtherVersion(u32),
    /// Its content does not match its seal.
    #[error("altered since it was made: its seal does not fit its content")]
    Altered,
}

impl PlanFileError {
    fn not_a_plan(error: &serde_json::Error) -> Self {
        Self::NotAPlan(error.to_string())
    }
}
