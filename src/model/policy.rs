//! What the owner allows: how many at once, how to pay, how to change.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::money::{Currency, Money};

/// A count, or a share of a group, as in `2` or `10%`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Share {
    /// So many machines.
    Count(u32),
    /// So many of a hundred; 0 to 100.
    Percent(u32),
}

impl Share {
    /// How many of `n` machines that is, rounded down, but never below one unless zero was written.
    ///
    /// Rounding goes towards safety: fewer machines down, not more.
    #[must_use]
    pub fn of(self, n: usize) -> usize {
        match self {
            Self::Count(count) => count as usize,
            Self::Percent(0) => 0,
            Self::Percent(percent) => (n * percent as usize / 100).max(1),
        }
    }

    /// How many of `n` machines that is, rounded up: for what must stay, not for what may go.
    #[must_use]
    pub fn at_least_of(self, n: usize) -> usize {
        match self {
            Self::Count(count) => count as usize,
            Self::Percent(percent) => (n * percent as usize).div_ceil(100),
        }
    }

    /// Whether it is nothing, however many machines there are.
    #[must_use]
    pub fn is_nothing(self) -> bool {
        match self {
            Self::Count(n) | Self::Percent(n) => n == 0,
        }
    }
}

impl std::fmt::Display for Share {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Count(count) => write!(f, "{count}"),
            Self::Percent(percent) => write!(f, "{percent}%"),
        }
    }
}

/// What to do with an order (`payment`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Payment {
    /// Pay from the balance at once (AutoPay=true).
    Auto,
    /// Leave the order for a person to pay (AutoPay=false); unwritten payment means this.
    Await,
    /// Leave the order unpaid (AutoPay=false) and pay it by `PayOrder`; experimental, and only where a
    /// payer is configured.
    Api,
}

/// Whether orders are paid by themselves only when the account's balance covers them (`balance`).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum BalanceCheck {
    /// It is asked, for the whole plan and again before each order; unwritten means this.
    #[default]
    Check,
    /// It is not: another account pays.
    Skip,
}

impl std::fmt::Display for BalanceCheck {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(match self {
            Self::Check => "check",
            Self::Skip => "skip",
        })
    }
}

/// What one run may cost (`budget`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Budget {
    /// The currency of both limits.
    pub currency: Currency,
    /// The most that all orders of one run may cost together, refunds not counted.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub max_spend_per_apply: Option<Money>,
    /// The most that the fleet may cost more by the month after one run, savings counted.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub max_monthly_increase: Option<Money>,
}

impl std::fmt::Display for Budget {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let limits = [
            ("a run", &self.max_spend_per_apply),
            ("more a month", &self.max_monthly_increase),
        ];
        let limits = limits
            .into_iter()
            .filter_map(|(of, limit)| limit.as_ref().map(|limit| format!("{limit} {of}")));
        f.write_str(&limits.collect::<Vec<_>>().join(", "))
    }
}

/// Somebody else who looks after machines, and may release one that is down.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Owner {
    /// A scaling group of Auto Scaling.
    Ess,
    /// A Kubernetes cluster of ACK, or one of its node pools.
    Ack,
}

impl Owner {
    /// The manifest's spelling.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ess => "ess",
            Self::Ack => "ack",
        }
    }
}

/// Where the outage of a subscription upgrade may fall.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PrepaidUpgrade {
    /// Order while running, then a short restart (R12).
    Online,
    /// Stop first, order while stopped.
    Offline,
}

/// How to change a machine, not what it should be: sent with a change, never compared.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChangeOptions {
    /// `SystemDisk.Category`, sent where a retired type is left or a machine becomes I/O-optimized (R69).
    pub system_disk_category: Option<String>,
    /// Lets the vendor move the machine to another cluster (R68).
    pub migrate_across_zone: Option<bool>,
    /// How subscription upgrades are ordered.
    pub prepaid_upgrade: PrepaidUpgrade,
    /// After this long a hung shutdown is cut off with ForceStop; never when unwritten.
    pub force_stop_after: Option<Duration>,
    /// A shutdown that takes longer is a failed step.
    pub stop_within: Duration,
    /// Longest time from stop to running that a change may plan for.
    pub max_outage: Duration,
}

impl Default for ChangeOptions {
    fn default() -> Self {
        Self {
            system_disk_category: None,
            migrate_across_zone: None,
            prepaid_upgrade: PrepaidUpgrade::Online,
            force_stop_after: None,
            stop_within: Duration::from_secs(5 * 60),
            max_outage: Duration::from_secs(10 * 60),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_rounds_towards_safety_but_never_to_nothing() {
        assert_eq!(Share::Percent(10).of(48), 4);
        assert_eq!(Share::Percent(10).of(3), 1);
        assert_eq!(Share::Percent(0).of(3), 0);
        assert_eq!(Share::Count(2).of(1), 2);
        assert_eq!(Share::Percent(80).at_least_of(3), 3);
        assert_eq!(Share::Percent(80).at_least_of(10), 8);
    }
}
