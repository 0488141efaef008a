//! What RAM has to allow for each call that respec makes: action, reach, occasion, reason.
//!
//! Actions and reaches from the vendor's authorization pages of ECS (2026-06) and BssOpenApi (2025-11). Those
//! of billing are the API's names behind `bssapi:`; paying has an older name, under which other products check
//! it as well.

/// One action of a RAM policy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Permission {
    /// As a policy writes it: `ecs:StopInstances`.
    pub action: &'static str,
    /// On what RAM can allow it.
    pub reach: Reach,
    /// When a manifest can lead to it.
    pub occasion: Occasion,
    /// Why, in a sentence.
    pub why: &'static str,
}

impl Permission {
    /// The operation of the API that it allows.
    #[must_use]
    pub fn operation(&self) -> &'static str {
        self.action
            .split_once(':')
            .map_or(self.action, |(_, operation)| operation)
    }
}

/// On what RAM can allow an action.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reach {
    /// On single instances.
    Instances,
    /// On single instances, but lists are asked for whole regions.
    Regions,
    /// Only on everything.
    Everything,
}

/// What of a manifest can lead to a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Occasion {
    /// Every manifest.
    Always,
    /// Something is to be stopped or started, for a while or for good.
    Power,
    /// An instance type is written.
    Type,
    /// Bandwidth or its billing is written.
    Network,
    /// A type is written, or bandwidth: one must fit the other.
    Width,
    /// A public address is asked for.
    Address,
    /// A type or bandwidth of a subscription: what is changed is ordered.
    Order,
    /// The same, and somebody wrote that respec pays.
    Paying,
    /// The same, by a call of its own (`payment: api`).
    PayingByCall,
}

/// Operations that no policy of a fleet names: RAM lets everybody call them who can sign, or, for the roles,
/// they are a right of whoever takes the role on, which the policy's notes name.
pub const FREE: &[&str] = &[
    "AssumeRole",
    "AssumeRoleWithOIDC",
    "DescribeRegions",
    "GetCallerIdentity",
];

/// Operations that the client knows and no run makes: machines are stopped and started by the hundred.
pub const NEVER_CALLED: &[&str] = &[
    "RebootInstance",
    "RebootInstances",
    "StartInstance",
    "StopInstance",
];

use Occasion::{Address, Always, Network, Order, Paying, PayingByCall, Power, Type, Width};
use Reach::{Everything, Instances, Regions};

/// Every permission, reads first.
#[rustfmt::skip]
pub const ALL: &[Permission] = &[
    permission("ecs:DescribeInstances", Regions, Always,
        "Looks at machines before, during and after a change."),
    permission("ecs:DescribeInstanceTypes", Everything, Type,
        "Knows what the old and the new type can carry."),
    permission("ecs:DescribeResourcesModification", Regions, Type,
        "Asks what a machine can become, and whether that is in stock."),
    permission("ecs:DescribeAccountAttributes", Everything, Type,
        "Compares what a plan adds with the vCPU quota."),
    permission("ecs:DescribeBandwidthLimitation", Regions, Width,
        "Asks for the bandwidth that a type can have."),
    permission("ecs:DescribePrice", Everything, Always,
        "Compares what a machine costs by time before and after a change."),
    permission("ecs:DescribeInstanceModificationPrice", Regions, Order,
        "Asks what changing a subscription costs."),
    permission("ecs:DescribeInstanceAutoRenewAttribute", Regions, Order,
        "Tells what the next renewal will cost."),
    permission("ecs:StopInstances", Instances, Power,
        "Stops machines for changes that need it, and those that are meant to be stopped."),
    permission("ecs:StartInstances", Instances, Power,
        "Starts machines again, whatever happened to their change."),
    permission("ecs:ModifyInstanceSpec", Instances, Type,
        "Changes the type of pay-as-you-go machines."),
    permission("ecs:ModifyPrepayInstanceSpec", Instances, Type,
        "Changes the type of subscriptions, which makes an order."),
    permission("ecs:ModifyInstanceNetworkSpec", Instances, Network,
        "Changes bandwidth and how it is billed."),
    permission("ecs:AllocatePublicIpAddress", Instances, Address,
        "Gives a machine its static public address."),
    permission("bssapi:QueryOrders", Everything, Order,
        "Finds orders that stand in the way, or whose id never came."),
    permission("bssapi:GetOrderDetail", Everything, Order,
        "Sees whether an order is paid."),
    permission("bssapi:CancelOrder", Everything, Order,
        "Takes back orders of respec's own that are not paid, when told to."),
    permission("bssapi:QueryAccountBalance", Everything, Order,
        "Sees whether the balance covers what the run pays, and whether the account owes money."),
    permission("bss:PayOrder", Everything, Paying,
        "Pays an order from the balance within the call that makes it."),
    permission("bssapi:PayOrder", Everything, PayingByCall,
        "Pays an order by a call of its own; the vendor publishes no action for it, this follows the others' names."),
];

const fn permission(
    action: &'static str,
    reach: Reach,
    occasion: Occasion,
    why: &'static str,
) -> Permission {
    Permission {
        action,
        reach,
        occasion,
        why,
    }
}
