//! What was learned about money before planning: prices, the balance, renewals, orders left unpaid.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::id::{InstanceId, RegionId};
use super::money::Money;
use super::order::{OrderDetail, OrderOwner};
use super::price::{NoQuote, PriceKey, Quote};
use super::temporary::UpgradeOrder;

/// Everything the planner may know about money. Empty books know nothing: every price is unknown.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Books {
    /// Whether prices were asked for.
    pub pricing: Pricing,
    /// The answers, by question.
    pub quotes: BTreeMap<PriceKey, Result<Quote, NoQuote>>,
    /// What the account can pay at once.
    pub funds: Funds,
    /// What happens to subscriptions when their term ends.
    pub renewals: BTreeMap<InstanceId, AutoRenew>,
    /// Orders that wait to be paid, by their machine.
    pub unpaid: BTreeMap<InstanceId, UnpaidOrder>,
    /// Orders for temporary bandwidth that were not cancelled, by their machine (R30).
    pub upgrades: BTreeMap<InstanceId, Vec<UpgradeOrder>>,
    /// Orders that were paid since their machine was started, of machines whose type is not on record (R72).
    pub paid: BTreeMap<InstanceId, Vec<OrderDetail>>,
    /// Why not every such order is known, if so.
    pub unread_orders: Option<String>,
}

/// What there is to ask about money.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MoneyQuestions {
    /// Prices, each with a machine to ask about.
    pub prices: BTreeMap<PriceKey, InstanceId>,
    /// Subscriptions that change, by region: when are they renewed, is an order of theirs unpaid?
    pub subscriptions: BTreeMap<RegionId, BTreeSet<InstanceId>>,
    /// Subscriptions that may have a temporary upgrade, which matters to what they want.
    pub upgradable: BTreeSet<InstanceId>,
    /// Subscriptions that run as wanted and whose type is not on record, with the time from which on an order of theirs
    /// cannot be in effect: was one paid since (R72)?
    pub unrecorded: BTreeMap<InstanceId, Timestamp>,
    /// Whether the balance matters: an order would be made, or a machine stopped for a change that the cloud refuses to
    /// whoever owes money (R41).
    pub balance: bool,
}

/// Whether prices were asked for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Pricing {
    /// They were.
    Asked,
    /// They were not (`--no-price`).
    #[default]
    Skipped,
}

/// What the account can pay at once, cash and credit together.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Funds {
    /// Nobody needed to know.
    #[default]
    Unasked,
    /// So much.
    Known(Money),
    /// It could not be learned, for this reason.
    Unknown(String),
}

/// What happens to a subscription when its term ends (`RenewalStatus`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AutoRenew {
    /// It is renewed by itself.
    On,
    /// A person has to renew it.
    Off,
    /// It ends, on purpose (`NotRenewal`).
    Never,
}

/// An order that waits to be paid; until then its machine takes no other change (R45).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnpaidOrder {
    /// The order.
    pub detail: OrderDetail,
    /// Who made it.
    pub owner: OrderOwner,
}
