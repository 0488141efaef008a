//! Billing orders as the account's books show them.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::id::{InstanceId, OrderId, RegionId};
use super::money::Money;
use super::spec::Mbps;

/// Where an order stands (`PaymentStatus`).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
pub enum PaymentStatus {
    /// Waits to be paid, or cannot be paid any more and waits to be voided (R42): the API shows both alike.
    Unpaid,
    /// Paid; the change follows.
    Paid,
    /// Given up; it changes nothing.
    Cancelled,
    /// Nothing, as with some refunds, or a word this version does not know; kept as it came.
    Other(String),
}

impl PaymentStatus {
    /// The vendor's word.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::Unpaid => "Unpaid",
            Self::Paid => "Paid",
            Self::Cancelled => "Cancelled",
            Self::Other(word) => word,
        }
    }
}

/// Older answers spell the words in lower case, so they are compared without it.
impl From<String> for PaymentStatus {
    fn from(word: String) -> Self {
        match word.to_ascii_lowercase().as_str() {
            "unpaid" => Self::Unpaid,
            "paid" => Self::Paid,
            "cancelled" => Self::Cancelled,
            _ => Self::Other(word),
        }
    }
}

impl From<PaymentStatus> for String {
    fn from(status: PaymentStatus) -> Self {
        status.as_str().to_owned()
    }
}

impl std::fmt::Display for PaymentStatus {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(self.as_str())
    }
}

/// What an order is about (`OrderType`).
///
/// Which word the vendor uses for which change is not documented: what an order does is read off its machines and
/// their configuration, and its kind only rules out what it cannot be.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
pub enum OrderKind {
    /// Something more.
    Upgrade,
    /// More bandwidth.
    IncreaseUpgrade,
    /// More bandwidth for a while.
    TempUpgrade,
    /// Something less, with money back.
    Downgrade,
    /// Money back.
    Refund,
    /// Any of the others, as it came: `New`, `Renew`, ….
    Other(String),
}

impl OrderKind {
    /// Whether it can be about a machine that is there: all but the first order and those that only prolong the term.
    #[must_use]
    pub fn may_change_a_machine(&self) -> bool {
        match self {
            Self::Upgrade
            | Self::IncreaseUpgrade
            | Self::TempUpgrade
            | Self::Downgrade
            | Self::Refund => true,
            Self::Other(word) => !matches!(word.as_str(), "New" | "Renew"),
        }
    }

    /// The vendor's word.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::Upgrade => "Upgrade",
            Self::IncreaseUpgrade => "IncreaseUpgrade",
            Self::TempUpgrade => "TempUpgrade",
            Self::Downgrade => "Downgrade",
            Self::Refund => "Refund",
            Self::Other(word) => word,
        }
    }
}

impl From<String> for OrderKind {
    fn from(word: String) -> Self {
        match word.as_str() {
            "Upgrade" => Self::Upgrade,
            "IncreaseUpgrade" => Self::IncreaseUpgrade,
            "TempUpgrade" => Self::TempUpgrade,
            "Downgrade" => Self::Downgrade,
            "Refund" => Self::Refund,
            _ => Self::Other(word),
        }
    }
}

impl From<OrderKind> for String {
    fn from(kind: OrderKind) -> Self {
        kind.as_str().to_owned()
    }
}

impl std::fmt::Display for OrderKind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(self.as_str())
    }
}

/// One order as a list shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Order {
    /// Its id.
    pub id: OrderId,
    /// What it is about.
    pub kind: OrderKind,
    /// Where it stands.
    pub payment: PaymentStatus,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was paid.
    pub paid_at: Option<Timestamp>,
    /// The product, `ecs` for machines.
    pub product: String,
    /// What it costs after discounts and before tax (`PretaxAmount`), as quotes are; below zero for
    /// a refund, absent where the answer names no amount or no currency.
    pub amount: Option<Money>,
    /// What is to be paid (`AfterTaxAmount`), where the answer says so.
    pub payable: Option<Money>,
}

/// One order with what only a closer look tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrderDetail {
    /// What the list shows too.
    pub order: Order,
    /// The machines it is about.
    pub instances: Vec<InstanceId>,
    /// Where they are, if the answer says so.
    pub region: Option<RegionId>,
    /// What is to be, in the vendor's own notation; people's text, to be escaped before printing.
    pub config: String,
    /// What was before, likewise.
    pub original_config: String,
    /// From when on what it brings may be used (`UsageStartTime`).
    pub usage_from: Option<Timestamp>,
    /// Until when (`UsageEndTime`).
    pub usage_until: Option<Timestamp>,
}

/// Who made an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OrderOwner {
    /// A run of ours: the state has it.
    Ours,
    /// Somebody else, or a run whose state is lost.
    Foreign,
}

impl OrderDetail {
    /// Every word of its configuration that is an instance type.
    #[must_use]
    pub fn types(&self) -> Vec<&str> {
        type_names(&self.config)
    }

    /// Every word of the configuration before that is an instance type.
    #[must_use]
    pub fn types_before(&self) -> Vec<&str> {
        type_names(&self.original_config)
    }

    /// The outbound bandwidth it makes, Mbit/s, where it names one.
    #[must_use]
    pub fn bandwidth(&self) -> Option<Mbps> {
        bandwidth_out(&self.config)
    }

    /// The outbound bandwidth before, Mbit/s, where it names one.
    #[must_use]
    pub fn bandwidth_before(&self) -> Option<Mbps> {
        bandwidth_out(&self.original_config)
    }
}

fn type_names(config: &str) -> Vec<&str> {
    let separates = |c: char| !(c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_'));
    let words = config.split(separates);
    words.filter(|word| word.starts_with("ecs.")).collect()
}

/// The number behind `InternetMaxBandwidthOut`.
fn bandwidth_out(config: &str) -> Option<Mbps> {
    let (_, rest) = config.split_once("InternetMaxBandwidthOut")?;
    let digits = rest.trim_start_matches(|c: char| !c.is_ascii_digit());
    let end = digits
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(digits.len());
    digits[..end].parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_configuration_is_read_for_what_it_names() {
        assert_eq!(
            type_names(r#"{"instance_type":"ecs.g7.xlarge","disk":"ecs"};ecs.g6.large"#),
            ["ecs.g7.xlarge", "ecs.g6.large"]
        );
        assert_eq!(bandwidth_out("InternetMaxBandwidthOut:50;In:10"), Some(50));
        assert_eq!(bandwidth_out(r#""InternetMaxBandwidthOut": "5""#), Some(5));
        assert_eq!(bandwidth_out("Bandwidth:50"), None);
        assert_eq!(bandwidth_out("InternetMaxBandwidthOut"), None);
    }
}
