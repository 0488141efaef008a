//! The plan file: everything a reviewer approved, in one canonical, tamper-evident document.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::model::{
    AccountId, Course, DesiredFleet, Digest, InstanceId, OrderId, Stamp, canonical_json,
};
use crate::plan::nouns::{Account, Saga};
use crate::plan::second_opinion::{Objection, check, check_courses};

/// The version this program writes, and the only one it reads.
const FORMAT_VERSION: u32 = 1;

/// Largest plan, in bytes; one of 10,000 machines has about 30 MB.
pub const PLAN_BYTES_MAX: usize = 512 * 1024 * 1024;

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
    /// In which portions each group is changed. What decides them is part of the id, they are not.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub courses: Vec<Course>,
}

impl SavedPlan {
    /// Orders that somebody has made already and that it goes on with instead of making its own (R45).
    pub fn taken_up(&self) -> impl Iterator<Item = (&Saga, &OrderId)> {
        self.sagas.values().flat_map(|saga| {
            let orders = saga.steps.iter().filter_map(|step| step.adopts.as_ref());
            orders.map(move |order| (saga, order))
        })
    }

    /// The version this program writes.
    pub const FORMAT_VERSION: u32 = FORMAT_VERSION;

    /// What a second opinion has against it; nothing, for a good plan.
    #[must_use]
    pub fn objections(&self) -> Vec<Objection> {
        let mut found = check(&self.desired, &self.sagas);
        found.extend(check_courses(&self.desired, &self.sagas, &self.courses));
        found
    }

    /// Digest of what is wanted, by which a later run knows the same wish again whatever the fleet looks like.
    #[must_use]
    pub fn intent(&self) -> Digest {
        self.desired.intent()
    }

    /// The document with its seal: canonical JSON, one line.
    #[must_use]
    pub fn seal(&self) -> String {
        let body = canonical_json(self);
        let seal = Digest::of_text(&body);
        frame(&body, &self.id(), &seal)
    }

    /// Reads a document back and checks its seal. Every byte counts, those between the values too.
    ///
    /// # Errors
    /// [`PlanFileError`] when it is no plan file, of another version, or was altered.
    pub fn open(bytes: &[u8]) -> Result<Self, PlanFileError> {
        if bytes.len() > PLAN_BYTES_MAX {
            return Err(PlanFileError::TooLarge(bytes.len()));
        }
        let framed = std::str::from_utf8(bytes).ok().and_then(unframe);
        let Some(framed) = framed.filter(Framed::fits_its_seal) else {
            return Err(why_not(bytes));
        };
        let plan: Self = serde_json::from_str(framed.body).map_err(|_| why_not(bytes))?;
        if plan.format_version != FORMAT_VERSION {
            return Err(PlanFileError::OtherVersion(plan.format_version));
        }
        if plan.id().as_str() != framed.plan_id {
            return Err(PlanFileError::Altered);
        }
        Ok(plan)
    }
}

/// What stands around the plan in the file: its id for people, and a digest of all its bytes.
fn frame(body: &str, plan_id: &Digest, seal: &Digest) -> String {
    format!("{{\"plan\":{body},\"plan_id\":\"{plan_id}\",\"seal\":\"{seal}\"}}\n")
}

/// A file in its parts, nothing of it read yet.
struct Framed<'a> {
    body: &'a str,
    plan_id: &'a str,
    seal: &'a str,
}

impl Framed<'_> {
    fn fits_its_seal(&self) -> bool {
        Digest::of_text(self.body).as_str() == self.seal
    }
}

/// The counterpart of [`frame`]: the parts of a text that has exactly that form.
fn unframe(text: &str) -> Option<Framed<'_>> {
    let text = text.strip_prefix("{\"plan\":")?.strip_suffix("\"}\n")?;
    let (text, seal) = text.rsplit_once("\",\"seal\":\"")?;
    let (body, plan_id) = text.rsplit_once(",\"plan_id\":\"")?;
    Some(Framed {
        body,
        plan_id,
        seal,
    })
}

/// The best name for what is wrong with a file that is not as this version seals it.
fn why_not(bytes: &[u8]) -> PlanFileError {
    match serde_json::from_slice::<FormOnly>(bytes) {
        Err(error) => PlanFileError::NotAPlan(error.to_string()),
        Ok(form) if form.plan.format_version != FORMAT_VERSION => {
            PlanFileError::OtherVersion(form.plan.format_version)
        }
        Ok(_) => PlanFileError::Altered,
    }
}

/// Just enough of a file to tell its version.
#[derive(Deserialize)]
#[serde(expecting = "a sealed plan")]
struct FormOnly {
    plan: FormVersion,
}

#[derive(Deserialize)]
#[serde(expecting = "a plan")]
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
