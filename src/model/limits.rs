//! Limits of the cloud that a plan has to keep within, as far as they were asked for.

use std::collections::{BTreeMap, BTreeSet};

use super::id::{RegionId, TypeName};
use super::spec::{BillingMethod, Mbps, NetworkBilling};

/// What the cloud said, or why it said nothing: words for people, code and request id included.
pub type Answer<T> = Result<T, String>;

/// One question for `DescribeBandwidthLimitation`. It is asked as for a new machine: the answer then
/// speaks of the type alone, and holds for every machine of it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct BandwidthKey {
    /// Where.
    pub region: RegionId,
    /// The type the machine will have.
    pub instance_type: TypeName,
    /// How it is paid for.
    pub billing: BillingMethod,
}

/// The most outbound bandwidth for each way of paying for traffic, Mbit/s (R28).
pub type Widest = BTreeMap<NetworkBilling, Mbps>;

/// What an instance type carries; what the cloud did not say is absent.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TypeShape {
    /// vCPUs.
    pub vcpus: Option<u32>,
    /// Network interfaces.
    pub interfaces: Option<u32>,
    /// Private IPv4 addresses of one interface.
    pub ipv4_per_interface: Option<u32>,
    /// IPv6 addresses of one interface.
    pub ipv6_per_interface: Option<u32>,
    /// Disks.
    pub disks: Option<u32>,
    /// `NvmeSupport`: `required`, `unsupported`, or a word of later times.
    pub nvme: Option<String>,
    /// `InstanceFamilyLevel`: `EntryLevel`, `EnterpriseLevel`, `CreditEntryLevel`, ….
    pub level: Option<String>,
}

/// vCPUs of pay-as-you-go machines in one region (R64).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct VcpuQuota {
    /// How many there may be.
    pub max: u64,
    /// How many there are, in the whole account.
    pub used: u64,
}

/// Everything that is still to be asked.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LimitQuestions {
    /// How wide may bandwidth be?
    pub bandwidth: BTreeSet<BandwidthKey>,
    /// What does a type carry? Types are the same everywhere; the region is one they are used in.
    pub types: BTreeMap<TypeName, RegionId>,
    /// How many vCPUs are left?
    pub vcpus: BTreeSet<RegionId>,
}

/// Every answer so far.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Limits {
    /// How wide bandwidth may be.
    pub bandwidth: BTreeMap<BandwidthKey, Answer<Widest>>,
    /// What types carry.
    pub types: BTreeMap<TypeName, Answer<TypeShape>>,
    /// How many vCPUs there may be.
    pub vcpus: BTreeMap<RegionId, Answer<VcpuQuota>>,
}

impl Limits {
    /// What a type carries, if it is known.
    #[must_use]
    pub fn shape(&self, instance_type: &TypeName) -> Option<&TypeShape> {
        self.types.get(instance_type)?.as_ref().ok()
    }

    /// The most outbound bandwidth there, if it is known.
    #[must_use]
    pub fn widest(&self, key: &BandwidthKey, charge_type: NetworkBilling) -> Option<Mbps> {
        let widest = self.bandwidth.get(key)?.as_ref().ok()?;
        widest.get(&charge_type).copied()
    }
}
