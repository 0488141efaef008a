//! The observed fleet: what the cloud said, and when.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::id::{AccountId, InstanceId, RegionId, TypeName, ZoneId};
use super::spec::{BillingMethod, Mbps, NetworkBilling, StoppedMode};
use super::temporary::Raised;

/// Everything that was seen in one look over the fleet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ObservedFleet {
    /// The account the credentials belong to.
    pub account: AccountId,
    /// When the look began.
    pub taken_at: Timestamp,
    /// The machines that exist, by id. A machine asked for and listed neither here nor below is not there.
    pub instances: BTreeMap<InstanceId, ObservedInstance>,
    /// Machines that exist and that the cloud described in words this version cannot read; why.
    pub unreadable: BTreeMap<InstanceId, String>,
}

/// The life of an instance as `DescribeInstances` tells it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
pub enum InstanceStatus {
    /// Being made.
    Pending,
    /// Coming up.
    Starting,
    /// Up.
    Running,
    /// Going down.
    Stopping,
    /// Down.
    Stopped,
    /// A word this version does not know; kept as it came, never acted on.
    Other(String),
}

impl InstanceStatus {
    /// The vendor's word.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::Pending => "Pending",
            Self::Starting => "Starting",
            Self::Running => "Running",
            Self::Stopping => "Stopping",
            Self::Stopped => "Stopped",
            Self::Other(word) => word,
        }
    }
}

impl From<String> for InstanceStatus {
    fn from(word: String) -> Self {
        match word.as_str() {
            "Pending" => Self::Pending,
            "Starting" => Self::Starting,
            "Running" => Self::Running,
            "Stopping" => Self::Stopping,
            "Stopped" => Self::Stopped,
            _ => Self::Other(word),
        }
    }
}

impl From<InstanceStatus> for String {
    fn from(status: InstanceStatus) -> Self {
        status.as_str().to_owned()
    }
}

impl std::fmt::Display for InstanceStatus {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(self.as_str())
    }
}

/// The network an instance stands in (`InstanceNetworkType`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum NetworkKind {
    /// A virtual private cloud.
    Vpc,
    /// The retired classic network, which has rules of its own (R26).
    Classic,
}

/// An elastic address bound to the instance: while it is there, `internet` is not the instance's business (R27).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Eip {
    /// Its allocation id.
    pub allocation_id: String,
    /// The address.
    pub address: String,
}

/// One machine as the cloud shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ObservedInstance {
    /// Its id.
    pub id: InstanceId,
    /// Its display name in the cloud; people's text, to be escaped before printing.
    pub name: String,
    /// Its region.
    pub region: RegionId,
    /// Its zone.
    pub zone: ZoneId,
    /// Its status.
    pub status: InstanceStatus,
    /// Its configured type; it may take effect only at the next start (R4, R72).
    pub instance_type: TypeName,
    /// Its image; some cost by the size of the machine.
    #[serde(default)]
    pub image: Option<String>,
    /// vCPUs of that type.
    pub vcpus: u32,
    /// Memory of that type, MiB.
    pub memory_mib: u64,
    /// How it is paid for.
    pub billing: BillingMethod,
    /// Its network.
    pub network: NetworkKind,
    /// How its traffic is paid for; absent where the cloud does not say.
    pub charge_type: Option<NetworkBilling>,
    /// Outbound ceiling, Mbit/s; what is beneath a temporary upgrade, where that is known.
    pub max_bandwidth_out: Mbps,
    /// That the cloud shows more for a while (R30).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub raised: Option<Raised>,
    /// Inbound ceiling, Mbit/s; absent in very old records (`-1`).
    pub max_bandwidth_in: Option<Mbps>,
    /// The static public address, if it has one.
    pub public_ip: Option<String>,
    /// The elastic address, if one is bound.
    pub eip: Option<Eip>,
    /// When the subscription ends; absent for pay-as-you-go.
    pub expires_at: Option<Timestamp>,
    /// Reasons for which it is locked, lower case: `security`, `financial`, ….
    pub locks: Vec<String>,
    /// What it costs while stopped; absent while it runs.
    pub stopped_mode: Option<StoppedMode>,
    /// Local disks it has; a type change would lose them (R57).
    pub local_disks: u32,
    /// The dedicated host it stands on (R58).
    pub dedicated_host: Option<String>,
    /// Whether it is a spot machine.
    pub spot: bool,
    /// Its tags.
    pub tags: BTreeMap<String, String>,
    /// What matters only to a change of type, or is worth a note.
    pub particulars: Particulars,
}

/// What a new type has to carry, and what else is worth knowing before a change.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Particulars {
    /// Network interfaces, the primary one included.
    pub interfaces: u32,
    /// Private IPv4 addresses of the interface that has most.
    pub ipv4_most: u32,
    /// IPv6 addresses of the interface that has most.
    pub ipv6_most: u32,
    /// Whether Windows runs in it (R22).
    pub windows: bool,
    /// Whether it is set up to hibernate (R66).
    pub hibernates: bool,
    /// Whether it is I/O-optimized, where the cloud says so (R68, R69).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub io_optimized: Option<bool>,
    /// When the cloud will release it, if somebody has said so (`AutoReleaseTime`).
    pub auto_release_at: Option<Timestamp>,
    /// When it was started last, to the minute, where the cloud says so (`StartTime`).
    pub started_at: Option<Timestamp>,
    /// Its first private address, for probes and commands.
    #[serde(default)]
    pub private_ip: Option<String>,
}
