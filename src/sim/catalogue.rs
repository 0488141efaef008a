//! What can be bought: instance types, their prices and limits, and how many are left.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::sim::money::Money;

/// One instance type, as a scenario lists it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TypeOffer {
    /// The type's name, `ecs.g7.large`.
    #[serde(rename = "type")]
    pub name: String,
    /// vCPUs.
    pub vcpus: u32,
    /// Memory in GiB.
    pub memory_gib: f64,
    /// Price of an hour in the account's currency; the direction of a subscription change is by price (R15).
    pub price_hour: Money,
    /// The type's own limit of public bandwidth in Mbit/s (R28).
    #[serde(default = "bandwidth_unbounded")]
    pub bandwidth_max: u32,
    /// Zones where it is offered; empty means everywhere.
    #[serde(default)]
    pub zones: Vec<String>,
    /// How many more can be had, by zone; a zone not named has plenty (R63).
    #[serde(default)]
    pub stock: BTreeMap<String, u32>,
}

/// No type limit below the ranges of R28.
fn bandwidth_unbounded() -> u32 {
    200
}

impl TypeOffer {
    /// The family is the name without its size: `ecs.g7` of `ecs.g7.large`.
    pub(crate) fn family(&self) -> &str {
        self.name.rsplit_once('.').map_or("", |(family, _)| family)
    }

    pub(crate) fn memory_mib(&self) -> i64 {
        (self.memory_gib * 1024.0).round() as i64
    }

    pub(crate) fn is_offered_in(&self, zone: &str) -> bool {
        self.zones.is_empty() || self.zones.iter().any(|offered| offered == zone)
    }
}

/// All types by name.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct Catalogue(BTreeMap<String, TypeOffer>);

impl Catalogue {
    /// The built-in types, with `changes` replacing or joining them.
    pub(crate) fn with(changes: &[TypeOffer]) -> Self {
        let offers = built_in().chain(changes.iter().cloned());
        Self(offers.map(|offer| (offer.name.clone(), offer)).collect())
    }

    pub(crate) fn get(&self, name: &str) -> Option<&TypeOffer> {
        self.0.get(name)
    }

    pub(crate) fn all(&self) -> impl Iterator<Item = &TypeOffer> {
        self.0.values()
    }

    /// The price of an hour; nothing for a type that is no longer sold.
    pub(crate) fn price_hour(&self, name: &str) -> Money {
        self.get(name).map_or(Money::ZERO, |offer| offer.price_hour)
    }

    pub(crate) fn vcpus(&self, name: &str) -> u32 {
        self.get(name).map_or(0, |offer| offer.vcpus)
    }

    /// How many more of a type can be had in a zone; `None` is plenty.
    pub(crate) fn stock(&self, name: &str, zone: &str) -> Option<u32> {
        self.get(name)?.stock.get(zone).copied()
    }

    /// One machine takes a place of this type.
    pub(crate) fn take(&mut self, name: &str, zone: &str) {
        if let Some(left) = self.counter(name, zone) {
            *left = left.saturating_sub(1);
        }
    }

    /// One machine gives its place back.
    pub(crate) fn give_back(&mut self, name: &str, zone: &str) {
        if let Some(left) = self.counter(name, zone) {
            *left = left.saturating_add(1);
        }
    }

    /// Nobody can have this type in this zone any more.
    pub(crate) fn sell_out(&mut self, name: &str, zone: &str) {
        if let Some(offer) = self.0.get_mut(name) {
            offer.stock.insert(zone.to_owned(), 0);
        }
    }

    fn counter(&mut self, name: &str, zone: &str) -> Option<&mut u32> {
        self.0.get_mut(name)?.stock.get_mut(zone)
    }
}

/// The built-in families: name, GiB for each vCPU, price of a vCPU hour.
///
/// Prices are made up, near the list prices of 2025; only their order matters to the rules.
const FAMILIES: [(&str, u32, f64); 5] = [
    ("ecs.g6", 4, 0.2500),
    ("ecs.g7", 4, 0.2600),
    ("ecs.c7", 2, 0.2100),
    ("ecs.r7", 8, 0.3300),
    ("ecs.g8i", 4, 0.2800),
];

/// The sizes of each family, with their vCPUs.
const SIZES: [(&str, u32); 6] = [
    ("large", 2),
    ("xlarge", 4),
    ("2xlarge", 8),
    ("4xlarge", 16),
    ("8xlarge", 32),
    ("16xlarge", 64),
];

fn built_in() -> impl Iterator<Item = TypeOffer> {
    FAMILIES.into_iter().flat_map(|(family, gib, price)| {
        SIZES.map(|(size, vcpus)| TypeOffer {
            name: format!("{family}.{size}"),
            vcpus,
            memory_gib: f64::from(vcpus * gib),
            price_hour: Money::from_decimal(price * f64::from(vcpus))
                .expect("the built-in prices are small numbers"),
            bandwidth_max: bandwidth_unbounded(),
            zones: Vec::new(),
            stock: BTreeMap::new(),
        })
    })
}
