//! The applied fleet: what respec last recorded, and which history that record belongs to.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::digest::Digest;
use super::id::{AccountId, FleetName, GroupName, InstanceId, InstanceName, RegionId, TypeName};
use super::spec::Field;
use super::temporary::Upgrade;

/// One history of one fleet. Derived from account and fleet name, so that a runner that lost its
/// disk makes the same client tokens as before.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Lineage(String);

impl Lineage {
    /// The lineage of this fleet in this account.
    #[must_use]
    pub fn of(account: &AccountId, fleet: &FleetName) -> Self {
        let digest = Digest::of_text(&format!("respec lineage\n{account}\n{fleet}"));
        Self(digest.short(32).to_owned())
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Where a state stands: its lineage and how often it has changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stamp {
    /// Which history.
    pub lineage: Lineage,
    /// How far along; 0 before the first record.
    pub serial: u64,
}

/// The managed fields of one machine with their values as text.
pub type ManagedFields = BTreeMap<Field, String>;

/// What respec last recorded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AppliedFleet {
    /// Where this record stands.
    pub stamp: Stamp,
    /// The machines respec knows, by id.
    pub instances: BTreeMap<InstanceId, AppliedInstance>,
}

/// One machine as respec left it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AppliedInstance {
    /// How people call it.
    pub name: InstanceName,
    /// Its group.
    pub group: Option<GroupName>,
    /// Its region.
    pub region: RegionId,
    /// The managed fields as they were when recorded.
    pub fields: ManagedFields,
    /// Changes ever begun on this machine; part of every client token.
    pub change_number: u64,
    /// When a change of this machine last succeeded; the cool-down counts from here (R52).
    pub changed_at: Option<Timestamp>,
    /// A type whose start is still owed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub restart_due: Option<RestartDue>,
    /// When a start of ours may have left last of which nobody saw the end: for a while it may still arrive.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub late_start: Option<Timestamp>,
    /// A temporary upgrade that was bought last, over or not (R30).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub temporary: Option<Upgrade>,
    /// When this record was written.
    pub recorded_at: Timestamp,
}

/// A type that was given while the machine ran: its guest gets it only with a start after that time.
/// The cloud shows such a type at once and has no word for "not yet in effect" (R72).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RestartDue {
    /// The type.
    pub instance_type: TypeName,
    /// No start before this counts.
    pub since: Timestamp,
}
