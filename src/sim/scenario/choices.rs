//! Where the documents disagree or depend on the account: what this cloud does.

use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::sim::time::Span;

/// What depends on the account, or may be otherwise in a real cloud.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Choices {
    /// Downgrades of subscriptions in a calendar month; absent means plenty (R48).
    pub downgrades_per_month: Option<u32>,
    /// Whether a machine stays as it is for the rest of its term once it went down (R49).
    pub freeze_after_downgrade: bool,
    /// Whether the account can be charged on the spot (R50).
    pub charged_at_once: bool,
    /// Whether the card of the account waits to be confirmed (R51).
    pub card_unconfirmed: bool,
    /// Mbit/s of all pay-as-you-go machines of a region that pay by bandwidth (R53).
    pub fixed_bandwidth_max: u32,
    /// Public addresses that can be held at once in a region; absent means plenty (R40).
    pub public_addresses: Option<u32>,
    /// Upgrades of a running subscription before it must reboot; absent means plenty (R21).
    pub online_changes: Option<u32>,
    /// Whether the books of the other site answer as if the account had bought nothing, instead of refusing.
    pub other_site_is_empty: bool,
    /// Whether one machine's unpaid order blocks changes of every other one's network (R45).
    pub unpaid_order_blocks_account: bool,
    /// How long an unpaid order waits before it lapses; absent means for ever.
    pub unpaid_orders_lapse_after: Option<Span>,
    /// Whether a stop without a mode gives the place back where that is possible (R70).
    pub stop_charging_by_default: bool,
    /// Regions without a public network (R38).
    pub dedicated_regions: BTreeSet<String>,
    /// VPCs, by VpcId, whose advanced features shut small types out (R62).
    pub advanced_vpcs: BTreeSet<String>,
}

/// R53: the figure of 50 Gbit/s, from the pages of 2020.
const FIXED_BANDWIDTH_MAX: u32 = 50_000;

impl Default for Choices {
    fn default() -> Self {
        Self {
            downgrades_per_month: None,
            freeze_after_downgrade: false,
            charged_at_once: true,
            card_unconfirmed: false,
            fixed_bandwidth_max: FIXED_BANDWIDTH_MAX,
            public_addresses: None,
            online_changes: None,
            other_site_is_empty: false,
            unpaid_order_blocks_account: false,
            unpaid_orders_lapse_after: None,
            stop_charging_by_default: false,
            dedicated_regions: BTreeSet::new(),
            advanced_vpcs: BTreeSet::new(),
        }
    }
}
