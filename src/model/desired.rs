//! The desired fleet: a manifest with every default, group and reference resolved.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::digest::Digest;
use super::id::{AccountId, FleetName, GroupName, InstanceId, InstanceName, RegionId, TypeName};
use super::note::Place;
use super::policy::{BalanceCheck, Budget, ChangeOptions, Owner, Payment};
use super::role::WorkingRole;
use super::rollout::{Crowd, Rollout};
use super::selection::{Availability, Selection};
use super::spec::{Mbps, NetworkBilling, Power, StoppedMode};
use super::temporary::TemporaryBandwidth;
use super::window::Freeze;

/// What the manifest says about a fleet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DesiredFleet {
    /// The fleet's name.
    pub fleet: FleetName,
    /// The account it must be in, when the manifest says so.
    pub account: Option<AccountId>,
    /// Where it says so, for messages; no part of what is wanted.
    #[serde(skip)]
    pub account_place: Place,
    /// The role of that account by which it is worked on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<WorkingRole>,
    /// Every machine that is named, by id.
    pub instances: BTreeMap<InstanceId, DesiredInstance>,
    /// The groups, with their limits. Machines outside any group form one unnamed group a region.
    pub groups: BTreeMap<GroupName, Group>,
    /// The limits of machines outside any group.
    pub ungrouped: Rollout,
    /// Promises over several groups.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub availability: Vec<Availability>,
    /// Spans in which nothing begins.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub freezes: Vec<Freeze>,
    /// Digest of the manifest before its selectors were answered; none when it has no selectors.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wish: Option<Digest>,
    /// What one run may cost.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub budget: Option<Budget>,
    /// Whether the balance is asked before an order is paid by itself.
    #[serde(default)]
    pub balance: BalanceCheck,
}

/// A group: machines that share limits.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Group {
    /// Its members.
    pub members: BTreeSet<InstanceId>,
    /// Its limits.
    pub rollout: Rollout,
    /// How its members are found, when they are not listed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub select: Option<Selection>,
}

/// One machine as the manifest wants it. Only written fields are managed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DesiredInstance {
    /// How people call it: its own name, or `group/id`.
    pub name: InstanceName,
    /// The group it belongs to.
    pub group: Option<GroupName>,
    /// Where it is.
    pub region: RegionId,
    /// What it should be.
    pub spec: DesiredSpec,
    /// How to change it.
    pub change: ChangeOptions,
    /// What to do with its orders.
    pub payment: Payment,
    /// More bandwidth for a while.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub temporary: Option<TemporaryBandwidth>,
    /// Whether plans that stop it are refused.
    pub protect: bool,
    /// Other owners whose machines may be stopped all the same (`allow_managed`).
    pub allow_managed: BTreeSet<Owner>,
    /// What must be finished before it is touched.
    pub after: BTreeSet<Unit>,
    /// Where in the manifest it stands, for messages; no part of what is wanted.
    #[serde(skip)]
    pub place: Place,
}

/// Something that can be waited for.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Unit {
    /// One machine.
    Instance(InstanceId),
    /// Every machine of a group.
    Group(GroupName),
}

/// The managed fields; an unwritten one is left as it is found.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DesiredSpec {
    /// The instance type.
    pub instance_type: Option<TypeName>,
    /// Public network.
    pub internet: DesiredInternet,
    /// Power state.
    pub power: Option<Power>,
    /// What a stopped machine goes on costing.
    pub stopped_mode: Option<StoppedMode>,
}

impl DesiredSpec {
    /// Whether the machine's power is to stay as it is found.
    #[must_use]
    pub fn keeps_power(&self) -> bool {
        match self.power {
            None | Some(Power::Keep) => true,
            Some(Power::Running | Power::Stopped) => false,
        }
    }
}

/// The public network part of a spec.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DesiredInternet {
    /// How traffic is paid for.
    pub charge_type: Option<NetworkBilling>,
    /// Outbound ceiling, Mbit/s.
    pub max_bandwidth_out: Option<Mbps>,
    /// Inbound ceiling, Mbit/s.
    pub max_bandwidth_in: Option<Mbps>,
    /// Whether it should have a static public address.
    pub public_ip: Option<bool>,
}

impl DesiredFleet {
    /// The limits that hold for a machine.
    #[must_use]
    pub fn rollout_of(&self, instance: &DesiredInstance) -> &Rollout {
        let group = instance
            .group
            .as_ref()
            .and_then(|name| self.groups.get(name));
        group.map_or(&self.ungrouped, |group| &group.rollout)
    }

    /// The limits that hold for a crowd.
    #[must_use]
    pub fn rollout_of_crowd(&self, crowd: &Crowd) -> &Rollout {
        let group = match crowd {
            Crowd::Group(name) => self.groups.get(name),
            Crowd::Ungrouped(_) => None,
        };
        group.map_or(&self.ungrouped, |group| &group.rollout)
    }

    /// Whether some group's members are still to be chosen by what machines are like.
    #[must_use]
    pub fn asks_for_members(&self) -> bool {
        let mut groups = self.groups.values();
        self.wish.is_none() && groups.any(|group| group.select.is_some())
    }

    /// Digest of what is wanted. Machines that join or leave a group by its selector do not change it:
    /// an open run is known again by the manifest, not by who happens to be there.
    #[must_use]
    pub fn intent(&self) -> Digest {
        self.wish.clone().unwrap_or_else(|| Digest::of_value(self))
    }
}

impl DesiredInstance {
    /// Who it shares its limits with.
    #[must_use]
    pub fn crowd(&self) -> Crowd {
        Crowd::of(self.group.as_ref(), &self.region)
    }
}
