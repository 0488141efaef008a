//! What a plan says about money as a whole, beside the prices of its steps.

use serde::{Deserialize, Serialize};

use crate::model::{Funds, Money, Pricing};

use super::bill::Bill;

/// Money on the planner's answer sheet.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct MoneySheet {
    /// Whether prices were asked for.
    pub pricing: Pricing,
    /// What the account could pay when the plan was made; asked only where an order is made, or a machine stopped for a
    /// change.
    pub funds: Funds,
    /// Why no order is paid by itself although the manifest wants it, if so.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub held: Option<Held>,
    /// What all of it costs, for readers: made of the steps, and never decided by.
    #[serde(default)]
    pub bill: Bill,
    /// `--max-spend`, a limit like the manifest's `max_spend_per_apply`.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub max_spend: Option<Money>,
    /// Why unpaid orders of others may have been overlooked, if so.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub unread_orders: Option<String>,
}

/// Why `payment: auto` behaves as `await`: nothing is paid unseen, and no order is left abnormal (R42).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Held {
    /// What the order costs is not known.
    PriceUnknown,
    /// An order of its machine is made already, and was left to a person: this one, or one before it.
    OrderThere,
    /// The balance could not be learned, for this reason.
    FundsUnknown(String),
    /// The balance does not cover all orders of the run that would be paid by themselves.
    FundsTooSmall {
        /// What there is.
        available: Money,
        /// What all of them ask for.
        needed: Money,
    },
    /// The orders are in another currency than the balance, or in several.
    OtherCurrency {
        /// What there is.
        available: Money,
    },
}

impl Held {
    /// The reason without its figures, for the steps it holds back.
    #[must_use]
    pub fn in_brief(&self) -> &'static str {
        match self {
            Self::PriceUnknown => "its price is not known",
            Self::OrderThere => "an order of this machine is made already, and was left unpaid",
            Self::FundsUnknown(_) => "the balance is not known",
            Self::FundsTooSmall { .. } => "the balance does not cover this run",
            Self::OtherCurrency { .. } => "the balance is in another currency",
        }
    }

    /// What has to come before anything is paid by itself.
    pub(in crate::plan) fn way_out(&self) -> &'static str {
        match self {
            Self::OrderThere => {
                "pay that order or cancel it (console: Expenses > Orders), then plan again"
            }
            Self::PriceUnknown
            | Self::FundsUnknown(_)
            | Self::FundsTooSmall { .. }
            | Self::OtherCurrency { .. } => {
                "see to it that its price is known and the balance covers the run, then plan again"
            }
        }
    }
}

impl std::fmt::Display for Held {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::PriceUnknown | Self::OrderThere => f.write_str(self.in_brief()),
            Self::FundsUnknown(why) => write!(f, "the balance is not known ({why})"),
            Self::FundsTooSmall { available, needed } => write!(
                f,
                "the balance of {available} does not cover the {needed} of this run"
            ),
            Self::OtherCurrency { available } => {
                write!(
                    f,
                    "the balance of {available} is in another currency than the orders"
                )
            }
        }
    }
}
