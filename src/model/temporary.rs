//! More bandwidth for a while (R30): what is wanted, what was bought, and what orders say of it.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::id::OrderId;
use super::order::{OrderDetail, OrderOwner, PaymentStatus};
use super::spec::Mbps;

/// A wish for more bandwidth between two moments (`temporary_bandwidth`).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct TemporaryBandwidth {
    /// Outbound ceiling meanwhile, Mbit/s.
    pub max_bandwidth_out: Mbps,
    /// When it begins, to the minute.
    pub start: Timestamp,
    /// When it ends, to the hour.
    pub end: Timestamp,
}

impl TemporaryBandwidth {
    /// The shortest that the cloud sells (R30).
    pub const LEAST: SignedDuration = SignedDuration::from_hours(3);

    /// Whether it has ended.
    #[must_use]
    pub fn is_over(&self, now: Timestamp) -> bool {
        now >= self.end
    }

    /// Its two ends, to the minute.
    #[must_use]
    pub fn span(&self) -> String {
        format!("from {} until {}", minute(self.start), minute(self.end))
    }
}

impl std::fmt::Display for TemporaryBandwidth {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} Mbit/s {}", self.max_bandwidth_out, self.span())
    }
}

/// A moment to the minute, as people and the vendor write it.
#[must_use]
pub fn minute(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%MZ").to_string()
}

/// An upgrade that was bought and is recorded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Upgrade {
    /// What was bought.
    pub what: TemporaryBandwidth,
    /// The order it was bought with.
    pub order: OrderId,
    /// The outbound ceiling beneath it when it was bought, Mbit/s.
    pub base: Mbps,
}

/// That a machine shows more bandwidth than it has for good.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Raised {
    /// What the cloud shows, Mbit/s.
    pub to: Mbps,
    /// Until when.
    pub until: Timestamp,
}

/// An order for a temporary upgrade as the books tell it. The vendor documents little of it, so that
/// each part may be missing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UpgradeOrder {
    /// Its id.
    pub order: OrderId,
    /// Who made it.
    pub owner: OrderOwner,
    /// Where it stands.
    pub payment: PaymentStatus,
    /// When the upgrade begins.
    pub start: Option<Timestamp>,
    /// When it ends.
    pub end: Option<Timestamp>,
    /// The outbound ceiling meanwhile, Mbit/s.
    pub max_bandwidth_out: Option<Mbps>,
    /// The outbound ceiling before, Mbit/s.
    pub base: Option<Mbps>,
}

/// How far the end of an upgrade may be told from where it was asked for: ends are full hours, so that
/// two upgrades are never closer.
const END_TOLERANCE: SignedDuration = SignedDuration::from_secs(60 * 60 - 1);

/// The same for the beginning, which is told to the minute.
const START_TOLERANCE: SignedDuration = SignedDuration::from_secs(59);

impl UpgradeOrder {
    /// What this order says of itself.
    #[must_use]
    pub fn of(detail: &OrderDetail, owner: OrderOwner) -> Self {
        Self {
            order: detail.order.id.clone(),
            owner,
            payment: detail.order.payment.clone(),
            start: detail.usage_from,
            end: detail.usage_until,
            max_bandwidth_out: detail.bandwidth(),
            base: detail.bandwidth_before(),
        }
    }

    /// Whether it is this upgrade: both its ends are told and agree, and nothing contradicts it.
    #[must_use]
    pub fn is_for(&self, what: &TemporaryBandwidth) -> bool {
        self.start.is_some() && self.end.is_some() && self.may_be_for(what)
    }

    /// Whether nothing that it says of itself contradicts this upgrade.
    #[must_use]
    pub fn may_be_for(&self, what: &TemporaryBandwidth) -> bool {
        let near = |told: Option<Timestamp>, asked: Timestamp, most: SignedDuration| {
            told.is_none_or(|told| told.duration_since(asked).abs() <= most)
        };
        let out = self.max_bandwidth_out;
        near(self.start, what.start, START_TOLERANCE)
            && near(self.end, what.end, END_TOLERANCE)
            && out.is_none_or(|out| out == what.max_bandwidth_out)
    }

    /// Whether it is known to have ended.
    #[must_use]
    pub fn is_over(&self, now: Timestamp) -> bool {
        self.end.is_some_and(|end| now >= end)
    }

    /// Whether it is paid and its time has come; one that does not say its time is not taken to be.
    #[must_use]
    pub fn is_in_force(&self, now: Timestamp) -> bool {
        let begun = self.start.is_some_and(|start| start <= now);
        self.payment == PaymentStatus::Paid && begun && self.end.is_some_and(|end| now < end)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn wish() -> TemporaryBandwidth {
        TemporaryBandwidth {
            max_bandwidth_out: 100,
            start: at("2026-12-01T22:40:00Z"),
            end: at("2026-12-02T22:00:00Z"),
        }
    }

    fn order(start: Option<&str>, end: Option<&str>, out: Option<Mbps>) -> UpgradeOrder {
        UpgradeOrder {
            order: OrderId::new("1").unwrap(),
            owner: OrderOwner::Foreign,
            payment: PaymentStatus::Paid,
            start: start.map(at),
            end: end.map(at),
            max_bandwidth_out: out,
            base: None,
        }
    }

    #[test]
    fn an_order_is_known_by_its_span_and_ruled_out_by_any_contradiction() {
        let (start, end) = (Some("2026-12-01T22:40:00Z"), Some("2026-12-02T22:00:00Z"));
        assert!(order(start, end, None).is_for(&wish()));
        assert!(order(start, Some("2026-12-02T22:59:59Z"), Some(100)).is_for(&wish()));
        assert!(!order(start, end, Some(80)).may_be_for(&wish()));
        assert!(!order(start, Some("2026-12-02T23:00:00Z"), None).may_be_for(&wish()));
        let silent = order(None, None, None);
        assert!(silent.may_be_for(&wish()) && !silent.is_for(&wish()));
        assert!(!silent.is_in_force(at("2026-12-02T00:00:00Z")) && !silent.is_over(Timestamp::MAX));
    }

    #[test]
    fn it_is_told_to_the_minute() {
        assert_eq!(
            wish().to_string(),
            "100 Mbit/s from 2026-12-01T22:40Z until 2026-12-02T22:00Z"
        );
    }
}
