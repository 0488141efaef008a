//! What becomes of a subscription at its end: renewed by itself, by hand, or not at all.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Whether a subscription renews itself, as DescribeInstanceAutoRenewAttribute tells it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "PascalCase", deny_unknown_fields, default)]
pub struct Renewal {
    /// What happens at the end of the term.
    pub renewal_status: RenewalStatus,
    /// How many units a renewal lasts; 0 where nothing renews itself.
    pub duration: i64,
    /// The unit of `duration`.
    pub period_unit: PeriodUnit,
}

impl Default for Renewal {
    fn default() -> Self {
        Self {
            renewal_status: RenewalStatus::Normal,
            duration: 0,
            period_unit: PeriodUnit::Month,
        }
    }
}

/// What happens at the end of a term (the vendor's words).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum RenewalStatus {
    /// It renews itself.
    AutoRenewal,
    /// Somebody has to renew it, and is reminded.
    Normal,
    /// It ends, and nobody is reminded.
    NotRenewal,
}

/// A unit of terms and prices.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[expect(missing_docs, reason = "the vendor's own words")]
pub enum PeriodUnit {
    Week,
    Month,
    Year,
}

impl PeriodUnit {
    pub(crate) fn parse(text: &str) -> Option<Self> {
        match text {
            "Week" => Some(Self::Week),
            "Month" => Some(Self::Month),
            "Year" => Some(Self::Year),
            _ => None,
        }
    }

    /// Hours that are paid for; a month counts thirty days and a year twelve months.
    pub(crate) fn hours(self) -> i64 {
        match self {
            Self::Week => 7 * 24,
            Self::Month => 30 * 24,
            Self::Year => 365 * 24,
        }
    }
}
