//! The plan file: everything a reviewer approved, in one canonical, tamper-evident document.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::model::{
    AccountId, Availability, BalanceCheck, Budget, ChangeOptions, Course, DesiredFleet, Digest,
    Freeze, GroupName, InstanceId, Money, OrderId, Rollout, Stamp, Unit, WorkingRole,
    canonical_json,
};

use super::account::Account;
use super::check::{Objection, check};
use super::course_check::check_courses;
use super::saga::Saga;
use super::step::{Action, Goal, Undo};
use super::way_back::WayBack;

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

/// The decisions of a plan and nothing else: equal decisions, equal id.
#[derive(Serialize)]
struct Decisions<'a> {
    account: &'a AccountId,
    #[serde(skip_serializing_if = "Option::is_none")]
    role: Option<&'a WorkingRole>,
    sagas: BTreeMap<&'a InstanceId, Vec<Decision<'a>>>,
    after: BTreeMap<&'a InstanceId, Vec<&'a Unit>>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    terms: BTreeMap<&'a InstanceId, Terms<'a>>,
    groups: BTreeMap<&'a GroupName, &'a Rollout>,
    ungrouped: &'a Rollout,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    ways_back: BTreeMap<&'a InstanceId, DecidedBack<'a>>,
    #[serde(skip_serializing_if = "<[Availability]>::is_empty")]
    availability: &'a [Availability],
    #[serde(skip_serializing_if = "<[Freeze]>::is_empty")]
    freezes: &'a [Freeze],
    #[serde(skip_serializing_if = "Option::is_none")]
    budget: Option<&'a Budget>,
    #[serde(skip_serializing_if = "Option::is_none")]
    balance: Option<BalanceCheck>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_spend: Option<&'a Money>,
}

/// Under whose limits a machine is changed, and how far its owner lets a change go.
#[derive(Serialize)]
struct Terms<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    group: Option<&'a GroupName>,
    #[serde(skip_serializing_if = "Option::is_none")]
    change: Option<&'a ChangeOptions>,
}

#[derive(Serialize)]
struct Decision<'a> {
    action: &'a Action,
    needs: &'a [u16],
    after: &'a Goal,
    undo: &'a Undo,
    #[serde(skip_serializing_if = "Option::is_none")]
    cap: Option<&'a Money>,
    #[serde(skip_serializing_if = "Option::is_none")]
    adopts: Option<&'a OrderId>,
}

/// What becomes of a machine whose health check fails. Why it stays as it is, is no decision.
#[derive(Serialize)]
struct DecidedBack<'a> {
    from: Option<u16>,
    steps: Vec<Decision<'a>>,
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

    /// The plan id: a digest of steps, parameters, needs, price caps and limits; not of sources, observations or times.
    #[must_use]
    pub fn id(&self) -> Digest {
        Digest::of_value(&Decisions {
            account: &self.account,
            role: self.desired.role.as_ref(),
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
            terms: self.terms(),
            groups: self
                .desired
                .groups
                .iter()
                .map(|(name, group)| (name, &group.rollout))
                .collect(),
            ungrouped: &self.desired.ungrouped,
            ways_back: self
                .sagas
                .iter()
                .filter_map(|(id, saga)| Some((id, decided_back(saga.way_back.as_ref()?))))
                .collect(),
            availability: &self.desired.availability,
            freezes: &self.desired.freezes,
            budget: self.desired.budget.as_ref(),
            balance: Some(self.desired.balance).filter(|check| *check == BalanceCheck::Skip),
            max_spend: self.sheet.money.max_spend.as_ref(),
        })
    }

    /// Nothing for a machine of no group that is changed as any other.
    fn terms(&self) -> BTreeMap<&InstanceId, Terms<'_>> {
        let plain = ChangeOptions::default();
        self.sagas
            .iter()
            .filter_map(|(id, saga)| {
                let wish = self.desired.instances.get(id);
                let terms = Terms {
                    group: saga.group.as_ref(),
                    change: wish
                        .map(|wish| &wish.change)
                        .filter(|change| **change != plain),
                };
                (terms.group.is_some() || terms.change.is_some()).then_some((id, terms))
            })
            .collect()
    }

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

fn steps_of(saga: &Saga) -> Vec<Decision<'_>> {
    saga.steps.iter().map(decision).collect()
}

fn decided_back(way_back: &WayBack) -> DecidedBack<'_> {
    DecidedBack {
        from: match way_back {
            WayBack::By { from, .. } => Some(*from),
            WayBack::Never { .. } => None,
        },
        steps: way_back.steps().iter().map(decision).collect(),
    }
}

fn decision(step: &super::step::Step) -> Decision<'_> {
    Decision {
        action: &step.action,
        needs: &step.needs,
        after: &step.after,
        undo: &step.undo,
        cap: step.price.cap(),
        adopts: step.adopts.as_ref(),
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
