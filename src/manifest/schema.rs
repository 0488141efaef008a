//! The shapes of a manifest, one to one, every value with its place. Nothing is resolved yet.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use crate::model::{
    Availability, BalanceCheck, Batches, Budget, ChangeOptions, DesiredInternet, DesiredSpec,
    FleetName, Freeze, Gate, GroupName, Health, Hook, Hooks, InstanceId, InstanceName, Mbps,
    NetworkBilling, OnFailure, Owner, Payment, Power, PrepaidUpgrade, RegionId, Rollout, Selector,
    Share, Spread, StoppedMode, TemporaryBandwidth, TypeName, Window,
};

use super::account;
use super::mark::{At, Mark, Slot};

/// One file.
#[derive(Debug)]
pub(super) struct File {
    pub(super) fleet: Slot<FleetName>,
    pub(super) account: Slot<account::Owner>,
    pub(super) region: Slot<RegionId>,
    pub(super) allow_managed: Slot<BTreeSet<Owner>>,
    pub(super) defaults: Option<Defaults>,
    pub(super) groups: Vec<Entry<GroupName, GroupEntry>>,
    pub(super) instances: Vec<Entry<InstanceName, InstanceEntry>>,
    pub(super) protect: Vec<At<String>>,
    pub(super) availability: Vec<At<Availability>>,
    pub(super) freezes: Vec<At<Freeze>>,
    pub(super) budget: Slot<Budget>,
    pub(super) balance: Slot<BalanceCheck>,
    /// Where the file's mapping begins.
    pub(super) mark: Mark,
}

/// A named part of `groups` or `instances`.
#[derive(Debug)]
pub(super) struct Entry<N, T> {
    pub(super) name: At<N>,
    pub(super) value: T,
}

/// `defaults`.
#[derive(Debug)]
pub(super) struct Defaults {
    pub(super) mark: Mark,
    pub(super) rollout: RolloutKeys,
    pub(super) layer: Layer,
}

/// A group.
#[derive(Debug)]
pub(super) struct GroupEntry {
    pub(super) ids: Slot<Vec<At<InstanceId>>>,
    pub(super) select: Slot<SelectKeys>,
    /// Where its members were found, once its selector is answered.
    pub(super) found_in: Option<BTreeMap<InstanceId, RegionId>>,
    pub(super) rollout: RolloutKeys,
    pub(super) after: Vec<At<String>>,
    pub(super) layer: Layer,
}

/// `select`.
#[derive(Debug, Clone)]
pub(super) struct SelectKeys {
    pub(super) selector: Selector,
    /// The types it goes by, and where that is written.
    pub(super) types: Option<Mark>,
    /// Where to look; the group's own region when empty.
    pub(super) regions: Vec<At<RegionId>>,
    pub(super) expect: Option<u32>,
}

/// An instance, or what refines one member of a group.
#[derive(Debug)]
pub(super) struct InstanceEntry {
    pub(super) id: Slot<InstanceId>,
    pub(super) after: Vec<At<String>>,
    pub(super) layer: Layer,
}

/// What may be written on every level, the nearest one winning key by key.
#[derive(Debug, Clone, Default)]
pub(super) struct Layer {
    pub(super) region: Slot<RegionId>,
    pub(super) payment: Slot<Payment>,
    pub(super) allow_managed: Slot<BTreeSet<Owner>>,
    pub(super) spec: SpecKeys,
    pub(super) change: ChangeKeys,
    pub(super) temporary: Slot<TemporaryBandwidth>,
}

/// `spec`, with `internet` laid flat.
#[derive(Debug, Clone, Default)]
pub(super) struct SpecKeys {
    pub(super) instance_type: Slot<TypeName>,
    pub(super) charge_type: Slot<NetworkBilling>,
    pub(super) max_bandwidth_out: Slot<Mbps>,
    pub(super) max_bandwidth_in: Slot<Mbps>,
    pub(super) public_ip: Slot<bool>,
    pub(super) power: Slot<Power>,
    pub(super) stopped_mode: Slot<StoppedMode>,
}

/// `change`.
#[derive(Debug, Clone, Default)]
pub(super) struct ChangeKeys {
    pub(super) system_disk_category: Slot<&'static str>,
    pub(super) migrate_across_zone: Slot<bool>,
    pub(super) prepaid_upgrade: Slot<PrepaidUpgrade>,
    pub(super) force_stop_after: Slot<Duration>,
    pub(super) stop_within: Slot<Duration>,
    pub(super) max_outage: Slot<Duration>,
}

/// `rollout`, with `window` and the hooks that stand beside it.
#[derive(Debug, Clone, Default)]
pub(super) struct RolloutKeys {
    pub(super) max_unavailable: Slot<Share>,
    pub(super) max_failures: Slot<Share>,
    pub(super) batches: Slot<Vec<Share>>,
    pub(super) spread: Slot<Spread>,
    pub(super) on_failure: Slot<OnFailure>,
    pub(super) gates: Slot<Vec<At<Gate>>>,
    pub(super) health: Slot<Health>,
    pub(super) before_stop: Slot<Hook>,
    pub(super) after_start: Slot<Hook>,
    pub(super) window: Slot<Window>,
}

impl Layer {
    /// This level laid over an outer one.
    pub(super) fn over(&self, outer: &Self) -> Self {
        Self {
            region: self.region.over(&outer.region),
            payment: self.payment.over(&outer.payment),
            allow_managed: self.allow_managed.over(&outer.allow_managed),
            spec: self.spec.over(&outer.spec),
            change: self.change.over(&outer.change),
            temporary: self.temporary.over(&outer.temporary),
        }
    }
}

impl SpecKeys {
    fn over(&self, outer: &Self) -> Self {
        // An outer `stopped_mode` belongs to the outer `power`: who writes another one leaves both.
        let stopped_mode = if self.stopped_mode.is_unwritten() && !self.power.is_unwritten() {
            match self.power.value() {
                Some(Power::Running | Power::Keep) => Slot::Unwritten,
                Some(Power::Stopped) | None => outer.stopped_mode.clone(),
            }
        } else {
            self.stopped_mode.over(&outer.stopped_mode)
        };
        Self {
            instance_type: self.instance_type.over(&outer.instance_type),
            charge_type: self.charge_type.over(&outer.charge_type),
            max_bandwidth_out: self.max_bandwidth_out.over(&outer.max_bandwidth_out),
            max_bandwidth_in: self.max_bandwidth_in.over(&outer.max_bandwidth_in),
            public_ip: self.public_ip.over(&outer.public_ip),
            power: self.power.over(&outer.power),
            stopped_mode,
        }
    }

    /// The plain values.
    pub(super) fn desired(&self) -> DesiredSpec {
        DesiredSpec {
            instance_type: self.instance_type.value(),
            internet: DesiredInternet {
                charge_type: self.charge_type.value(),
                max_bandwidth_out: self.max_bandwidth_out.value(),
                max_bandwidth_in: self.max_bandwidth_in.value(),
                public_ip: self.public_ip.value(),
            },
            power: self.power.value(),
            stopped_mode: self.stopped_mode.value(),
        }
    }
}

impl ChangeKeys {
    fn over(&self, outer: &Self) -> Self {
        Self {
            system_disk_category: self.system_disk_category.over(&outer.system_disk_category),
            migrate_across_zone: self.migrate_across_zone.over(&outer.migrate_across_zone),
            prepaid_upgrade: self.prepaid_upgrade.over(&outer.prepaid_upgrade),
            force_stop_after: self.force_stop_after.over(&outer.force_stop_after),
            stop_within: self.stop_within.over(&outer.stop_within),
            max_outage: self.max_outage.over(&outer.max_outage),
        }
    }

    /// The plain values, unwritten ones as the model has them.
    pub(super) fn options(&self) -> ChangeOptions {
        let unwritten = ChangeOptions::default();
        ChangeOptions {
            system_disk_category: self.system_disk_category.value().map(str::to_owned),
            migrate_across_zone: self.migrate_across_zone.value(),
            prepaid_upgrade: self
                .prepaid_upgrade
                .value()
                .unwrap_or(unwritten.prepaid_upgrade),
            force_stop_after: self.force_stop_after.value(),
            stop_within: self.stop_within.value().unwrap_or(unwritten.stop_within),
            max_outage: self.max_outage.value().unwrap_or(unwritten.max_outage),
        }
    }
}

impl RolloutKeys {
    /// This level laid over an outer one.
    pub(super) fn over(&self, outer: &Self) -> Self {
        Self {
            max_unavailable: self.max_unavailable.over(&outer.max_unavailable),
            max_failures: self.max_failures.over(&outer.max_failures),
            batches: self.batches.over(&outer.batches),
            spread: self.spread.over(&outer.spread),
            on_failure: self.on_failure.over(&outer.on_failure),
            gates: self.gates.over(&outer.gates),
            health: self.health.over(&outer.health),
            before_stop: self.before_stop.over(&outer.before_stop),
            after_start: self.after_start.over(&outer.after_start),
            window: self.window.over(&outer.window),
        }
    }

    /// The plain values, unwritten ones as the model has them.
    pub(super) fn rollout(&self) -> Rollout {
        let unwritten = Rollout::default();
        let gates = self.gates.value().unwrap_or_default();
        Rollout {
            max_unavailable: self
                .max_unavailable
                .value()
                .unwrap_or(unwritten.max_unavailable),
            max_failures: self.max_failures.value().unwrap_or(unwritten.max_failures),
            defaulted: self.max_unavailable.is_unwritten(),
            batches: self
                .batches
                .value()
                .map_or(unwritten.batches, |sizes| Batches {
                    sizes,
                    defaulted: false,
                }),
            spread: self.spread.value().unwrap_or_default(),
            on_failure: self.on_failure.value().unwrap_or_default(),
            gates: gates.into_iter().map(|gate| gate.value).collect(),
            health: self.health.value(),
            hooks: Hooks {
                before_stop: self.before_stop.value(),
                after_start: self.after_start.value(),
            },
            window: self.window.value(),
        }
    }
}
