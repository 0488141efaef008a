//! Refusals that speak for others: what one machine was told, the next would be told too.

use crate::cloud::{CloudError, Reach};
use crate::model::{BillingMethod, RegionId, TypeName, ZoneId};
use crate::plan::{Action, Saga, Step};

const STOPS: [&str; 2] = ["StopInstance", "StopInstances"];
const STARTS: [&str; 2] = ["StartInstance", "StartInstances"];

/// What is asked right before an order that is paid in the same call.
const BEFORE_PAYING: [&str; 2] = ["DescribeInstanceModificationPrice", "QueryAccountBalance"];

/// Whom a refusal of one machine speaks for: what its reach comes to there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Scope {
    /// Everybody who wants this type in this zone (R63).
    Stock {
        /// Where.
        zone: ZoneId,
        /// What.
        instance_type: TypeName,
    },
    /// Everybody paid for in this way who wants this type in the region, or more vCPUs in the zone (R64).
    Vcpus {
        /// By the month or by the hour.
        billing: BillingMethod,
        /// Where there may be too many of the type.
        region: RegionId,
        /// Where there may be too many vCPUs.
        zone: ZoneId,
        /// What.
        instance_type: TypeName,
    },
    /// Everybody who gets money back (R47, R48).
    Refunds,
    /// Everybody who gets money back for a smaller type.
    RefundedVcpus,
    /// Everybody whose order is paid from the balance.
    PaidOrders,
    /// Everybody whose order is left for somebody to pay (R43).
    OrdersLeft,
    /// Everybody who needs this operation.
    Operation(&'static str),
    /// Everybody: an overdue bill (R41), a card to be confirmed (R51), no valid credentials.
    Everything,
}

impl Scope {
    /// Whom this refusal of this machine speaks for; none when only for itself.
    pub(super) fn of(error: &CloudError, saga: &Saga) -> Option<Self> {
        let wanted = saga.target_type().cloned();
        match error.reach {
            Reach::Machine => None,
            Reach::SameType => wanted.map(|instance_type| Self::Stock {
                zone: saga.zone.clone(),
                instance_type,
            }),
            Reach::Vcpus => wanted.map(|instance_type| Self::Vcpus {
                billing: saga.billing,
                region: saga.region.clone(),
                zone: saga.zone.clone(),
                instance_type,
            }),
            Reach::Refunds => Some(Self::Refunds),
            Reach::RefundedVcpus => Some(Self::RefundedVcpus),
            Reach::PaidOrders => Some(Self::PaidOrders),
            Reach::OrdersLeft => Some(Self::OrdersLeft),
            Reach::SameCall => Some(Self::Operation(error.operation)),
            Reach::Account => Some(Self::Everything),
        }
    }

    /// Whether it speaks of what may be asked for at all, in whichever direction.
    pub(super) fn is_about_rights(&self) -> bool {
        match self {
            Self::Operation(_) | Self::Everything => true,
            Self::Stock { .. }
            | Self::Vcpus { .. }
            | Self::Refunds
            | Self::RefundedVcpus
            | Self::PaidOrders
            | Self::OrdersLeft => false,
        }
    }

    /// Whether it speaks for this step of this machine.
    pub(super) fn covers(&self, saga: &Saga, step: &Step) -> bool {
        let wanted = step.after.instance_type.as_ref();
        match self {
            Self::Stock {
                zone,
                instance_type,
            } => saga.zone == *zone && wanted == Some(instance_type),
            Self::Vcpus {
                billing,
                region,
                zone,
                instance_type,
            } => {
                let same_type = saga.region == *region && wanted == Some(instance_type);
                let grows = wanted.is_some() && saga.adds_vcpus != Some(0);
                saga.billing == *billing && (same_type || saga.zone == *zone && grows)
            }
            Self::Refunds => step.price.is_refund(),
            Self::RefundedVcpus => step.price.is_refund() && wanted.is_some(),
            Self::PaidOrders => step.pays_by_itself(),
            Self::OrdersLeft => step.is_paid_order() && step.is_finished_by_its_answer(),
            Self::Operation(operation) => calls(step, operation),
            Self::Everything => true,
        }
    }
}

/// Whether a step needs this operation.
fn calls(step: &Step, operation: &str) -> bool {
    match &step.action {
        Action::Stop { .. } => STOPS.contains(&operation),
        Action::Start => STARTS.contains(&operation),
        Action::Modify(call) => {
            let is_asked_before = BEFORE_PAYING.contains(&operation);
            call.operation() == operation || step.pays_by_itself() && is_asked_before
        }
        Action::AllocatePublicIp => operation == "AllocatePublicIpAddress",
        // These read, wait, or fall back to a person.
        Action::AwaitOrder
        | Action::PayOrder
        | Action::CoolDown
        | Action::AskOffer(_)
        | Action::RunHook { .. }
        | Action::AwaitHealth(_) => false,
    }
}
