//! Refusals that speak for others: what one machine was told, the next would be told too.

use crate::cloud::{CloudError, ErrorKind};
use crate::model::{TypeName, ZoneId};
use crate::plan::{Saga, Step};

/// Calls in which nothing but addresses can run out.
const NO_TYPE_IN_THEM: [&str; 2] = ["AllocatePublicIpAddress", "ModifyInstanceNetworkSpec"];

/// Whom a refusal speaks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Scope {
    /// Everybody who wants this type in this zone (R63).
    Stock {
        /// Where.
        zone: ZoneId,
        /// What.
        instance_type: TypeName,
    },
    /// Everybody who wants another type (R64).
    TypeChanges,
    /// Everybody whose order is paid from the balance.
    PaidOrders,
    /// Everybody: no money (R41), no permission, no valid credentials.
    Everything,
}

impl Scope {
    /// Whom this refusal of this machine speaks for; none when only for itself.
    pub(super) fn of(error: &CloudError, saga: &Saga) -> Option<Self> {
        match error.kind {
            // Addresses run out without any type doing so.
            ErrorKind::NoStock if NO_TYPE_IN_THEM.contains(&error.operation) => None,
            ErrorKind::NoStock => saga.target_type().map(|instance_type| Self::Stock {
                zone: saga.zone.clone(),
                instance_type: instance_type.clone(),
            }),
            ErrorKind::Quota => Some(Self::TypeChanges),
            ErrorKind::Money | ErrorKind::Denied | ErrorKind::Credentials => Some(Self::Everything),
            ErrorKind::Throttled
            | ErrorKind::CoolingDown
            | ErrorKind::Busy
            | ErrorKind::Pending
            | ErrorKind::WrongState
            | ErrorKind::UnpaidOrder
            | ErrorKind::NotOrdered
            | ErrorKind::NotFound
            | ErrorKind::Locked
            | ErrorKind::Unsupported
            | ErrorKind::Invalid
            | ErrorKind::TokenMismatch
            | ErrorKind::Unlisted
            | ErrorKind::Fault
            | ErrorKind::Unanswered
            | ErrorKind::NotSent => None,
        }
    }

    /// Whether it speaks for this machine.
    pub(super) fn covers(&self, saga: &Saga) -> bool {
        match self {
            Self::Stock {
                zone,
                instance_type,
            } => saga.zone == *zone && saga.target_type() == Some(instance_type),
            Self::TypeChanges => saga.target_type().is_some(),
            Self::PaidOrders => saga.steps.iter().any(Step::pays_by_itself),
            Self::Everything => true,
        }
    }
}
