//! The knobs of a scenario: delays, keys, money, throttle and quota, each with its default.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::sim::money::Money;
use crate::sim::scenario::permissions::Permissions;
use crate::sim::time::Span;

/// A key pair of the simulated account; with a token, a temporary one.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Key {
    /// The AccessKey id.
    pub id: String,
    /// The AccessKey secret.
    pub secret: String,
    /// The security token that must come with it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token: Option<String>,
    /// What its holder may not do.
    #[serde(default, skip_serializing_if = "Permissions::is_empty")]
    pub permissions: Permissions,
}

// Simulated or not, a secret is never printed.
impl std::fmt::Debug for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Key({} …)", self.id)
    }
}

/// The one key pair of a scenario that names none.
pub(crate) fn default_keys() -> Vec<Key> {
    vec![Key {
        id: "simulated".to_owned(),
        secret: "simulated-secret".to_owned(),
        token: None,
        permissions: Permissions::default(),
    }]
}

/// The money the account holds.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Balance {
    /// `CNY` or `USD`.
    pub currency: String,
    /// What can be spent.
    pub available: Money,
}

impl Default for Balance {
    fn default() -> Self {
        Self {
            currency: "CNY".to_owned(),
            available: Money::from_decimal(100_000.0).expect("a small number is an amount"),
        }
    }
}

/// How long things take, on the elapsed clock.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Delays {
    /// From Stopping to Stopped.
    pub stop: Span,
    /// From Starting to Running, for starts and reboots.
    pub start: Span,
    /// From a pay-as-you-go type change until it shows, on top of `lag`.
    pub modify: Span,
    /// From a paid subscription order until the change is made: 5 to 10 s (R11).
    pub prepaid_modify: Span,
    /// From Running until the service of a machine answers health checks.
    pub ready: Span,
    /// From anything that happens until DescribeInstances shows it.
    pub lag: Span,
    /// From an order until QueryOrders lists it.
    pub orders: Span,
    /// From a request's arrival until it is handled and answered.
    pub answer: Span,
}

impl Default for Delays {
    fn default() -> Self {
        Self {
            stop: Span::secs(15),
            start: Span::secs(20),
            modify: Span::secs(3),
            prepaid_modify: Span::secs(8),
            ready: Span::secs(10),
            lag: Span::secs(1),
            orders: Span::secs(0),
            answer: Span(std::time::Duration::from_millis(100)),
        }
    }
}

/// What happens to an order the balance does not cover (R42).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum LowBalance {
    /// An order that can be voided but never paid.
    #[default]
    AbnormalOrder,
    /// An order that is cancelled by itself, at once.
    CancelledOrder,
    /// 403 `InvalidAccountStatus.NotEnoughBalance`, from ModifyInstanceNetworkSpec only: the
    /// subscription type change documents no such error and makes the abnormal order.
    NotEnoughBalance,
}

/// How often an operation may be called.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Rate {
    /// Calls allowed in each window.
    pub calls: u32,
    /// Length of a window.
    pub per: Span,
}

/// R54: the one published rate.
pub(crate) fn published_rates() -> BTreeMap<String, Rate> {
    let rate = Rate {
        calls: 1000,
        per: Span::secs(60),
    };
    BTreeMap::from([("ModifyPrepayInstanceSpec".to_owned(), rate)])
}

/// Account resources that run out (R64).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Quota {
    /// vCPUs of all pay-as-you-go machines of a region; absent means plenty.
    pub vcpus: Option<u32>,
    /// The same of a zone, by zone; a zone not named has what its region has.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub zone_vcpus: BTreeMap<String, u32>,
}
