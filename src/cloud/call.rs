//! Requests and replies, as values.

use crate::model::{
    InstanceId, ObservedInstance, OrderId, RegionId, RequestId, StoppedMode, TypeName, ZoneId,
};

/// Most ids that one call takes, and most instances on one page.
pub const IDS_PER_CALL_MAX: usize = 100;

/// Which instances to describe.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum InstanceQuery {
    /// These ids, at most [`IDS_PER_CALL_MAX`]; a missing one is simply not in the page.
    Ids {
        /// Where they are.
        region: RegionId,
        /// Which.
        ids: Vec<InstanceId>,
    },
    /// All of a region, page by page.
    All {
        /// Where.
        region: RegionId,
        /// `NextToken` of the page before; none for the first.
        next_token: Option<String>,
    },
}

/// One page of instances.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct InstancePage {
    /// The instances.
    pub instances: Vec<ObservedInstance>,
    /// Instances that are there and whose description cannot be read, with the reason.
    pub unreadable: Vec<(InstanceId, String)>,
    /// Token of the page that follows, if there is one.
    pub next_token: Option<String>,
}

/// The direction that is asked for (`OperationType`, 2.8).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum OperationType {
    /// Upward; for pay-as-you-go machines the only one, in both directions.
    Upgrade,
    /// Downward, subscription machines only.
    Downgrade,
}

/// What to ask `DescribeResourcesModification`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModificationQuery {
    /// Where.
    pub region: RegionId,
    /// Which machine.
    pub instance: InstanceId,
    /// Which direction.
    pub operation: OperationType,
    /// `MigrateAcrossZone`.
    pub migrate_across_zone: bool,
}

/// One type that a machine can become in one zone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offer {
    /// The zone.
    pub zone: ZoneId,
    /// The type.
    pub instance_type: TypeName,
    /// Whether it can be had now (`Available`, and not `WithoutStock`).
    pub in_stock: bool,
}

/// A power operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum PowerVerb {
    /// Start.
    Start,
    /// Stop by asking the guest.
    Stop(StoppedMode),
    /// Stop by cutting the power.
    ForceStop(StoppedMode),
    /// Reboot by asking the guest.
    Reboot,
}

impl PowerVerb {
    /// The operation that does it to several machines at once.
    #[must_use]
    pub fn operation(self) -> &'static str {
        match self {
            Self::Start => "StartInstances",
            Self::Stop(_) | Self::ForceStop(_) => "StopInstances",
            Self::Reboot => "RebootInstances",
        }
    }
}

/// A power operation on some machines of one region.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PowerCall {
    /// Where.
    pub region: RegionId,
    /// What.
    pub verb: PowerVerb,
    /// Which, at most [`IDS_PER_CALL_MAX`].
    pub instances: Vec<InstanceId>,
}

/// What a batched power call said about one machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PowerAnswer {
    /// Which machine.
    pub instance: InstanceId,
    /// Accepted with this request id, or refused, or not mentioned (an error of unknown outcome).
    pub result: Result<RequestId, super::CloudError>,
}

/// What a modify call answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModifyReply {
    /// The vendor's name for this request.
    pub request_id: RequestId,
    /// The order it made, for subscription machines (R37).
    pub order_id: Option<OrderId>,
}

/// One region.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RegionFacts {
    /// Its id.
    pub region: RegionId,
    /// The host that answers for it.
    pub endpoint: String,
}

/// What is known of an instance type.
#[derive(Debug, Clone, PartialEq)]
pub struct InstanceTypeFacts {
    /// Its name.
    pub instance_type: TypeName,
    /// vCPUs.
    pub vcpus: u32,
    /// Memory, GiB.
    pub memory_gib: f64,
}
