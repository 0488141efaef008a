//! Questions about prices, and what was answered.

use serde::{Deserialize, Serialize};

use super::id::{InstanceId, RegionId, TypeName};
use super::money::Money;
use super::spec::{Mbps, NetworkBilling};
use super::temporary::TemporaryBandwidth;

/// Hours of a month, where a price by the hour is told by the month: a twelfth of a year's.
pub const HOURS_OF_A_MONTH: u64 = 730;

/// One question about a price; answered once for all machines that share it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum PriceKey {
    /// What an order for something more costs at once (`DescribeInstanceModificationPrice`).
    Upgrade(Box<UpgradeKey>),
    /// What something costs by time (`DescribePrice`).
    Shape(Box<ShapeKey>),
}

/// Everything the price of an upgrade hangs on, as far as a look shows it. Machines that share all of
/// it are quoted alike; their disks stay as they are, and so have no part in the difference.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct UpgradeKey {
    /// Where.
    pub region: RegionId,
    /// The type it is now.
    pub from: TypeName,
    /// Its image: some cost by the size of the machine.
    pub image: Option<String>,
    /// When its term ends, to the second; what is left of it is paid for.
    pub expires_at: Option<jiff::Timestamp>,
    /// How its traffic is paid for now.
    pub charge_type: Option<NetworkBilling>,
    /// Its outbound ceiling now, Mbit/s.
    pub max_bandwidth_out: Mbps,
    /// What it is to become.
    pub target: UpgradeTarget,
}

/// What an upgrade changes.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum UpgradeTarget {
    /// The type.
    Type {
        /// The new one.
        to: TypeName,
        /// `SystemDisk.Category`, where the call changes it (R69).
        system_disk_category: Option<String>,
    },
    /// The public network.
    Network {
        /// How traffic is paid for afterwards.
        charge_type: Option<NetworkBilling>,
        /// The outbound ceiling afterwards, Mbit/s.
        max_bandwidth_out: Mbps,
    },
    /// Bandwidth for a while (R30).
    Temporary(TemporaryBandwidth),
}

/// What a machine's costs by time hang on.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct ShapeKey {
    /// Where.
    pub region: RegionId,
    /// Which type.
    pub instance_type: TypeName,
    /// Which image.
    pub image: Option<String>,
    /// The bandwidth that is paid for by its width, Mbit/s; 0 where traffic is paid for by volume,
    /// whose ceiling has no price (R35).
    pub fixed_bandwidth: Mbps,
    /// By which time.
    pub term: Term,
}

/// By which time something is paid for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Term {
    /// Pay-as-you-go.
    Hour,
    /// A subscription, at its next renewal.
    Month,
}

/// A price as the vendor quotes it (`TradePrice`: after discounts, before vouchers).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Quote {
    /// The price.
    pub price: Money,
    /// What of a marketplace image is to be paid beside it.
    pub marketplace_image: Option<Money>,
    /// The machine it was asked about, when it was about one.
    pub about: Option<InstanceId>,
}

/// Why there is no quote.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoQuote {
    /// The vendor's code; none when there was no reply.
    pub code: Option<String>,
    /// What was said; may hold hostile text.
    pub why: String,
}

impl NoQuote {
    /// R43: these credentials may not see prices, which the vendor also asks of orders left unpaid.
    #[must_use]
    pub fn forbids_unpaid_orders(&self) -> bool {
        self.code.as_deref() == Some("NoPermission.Price")
    }
}
