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
    /// Disks it carries, the system disk included (R61).
    #[serde(rename = "DiskQuantity", default = "disk_quantity")]
    pub disk_quantity: u32,
    /// Network interfaces it carries, the primary one included (R61).
    #[serde(rename = "EniQuantity", default = "eni_quantity")]
    pub eni_quantity: u32,
    /// Private IPv4 addresses of one interface (R61).
    #[serde(rename = "EniPrivateIpAddressQuantity", default = "address_quantity")]
    pub ipv4_quantity: u32,
    /// IPv6 addresses of one interface; 0 for a type without IPv6 (R61).
    #[serde(rename = "EniIpv6AddressQuantity", default = "address_quantity")]
    pub ipv6_quantity: u32,
    /// Queues of the primary interface (R61).
    #[serde(rename = "PrimaryEniQueueNumber", default = "queue_number")]
    pub primary_queues: u32,
    /// Queues of each other interface (R61).
    #[serde(rename = "SecondaryEniQueueNumber", default = "queue_number")]
    pub secondary_queues: u32,
    /// Queues of all interfaces together (R61).
    #[serde(rename = "TotalEniQueueQuantity", default = "total_queues")]
    pub total_queues: u32,
    /// `required` or `unsupported`; a guest must be prepared for the difference (R22).
    #[serde(rename = "NvmeSupport", default = "nvme_support")]
    pub nvme_support: String,
    /// `EnterpriseLevel`, `EntryLevel` or `CreditEntryLevel`; the latter two are small (R62).
    #[serde(rename = "InstanceFamilyLevel", default = "family_level")]
    pub family_level: String,
    /// `X86` or `ARM`; an image runs on one of them (R60).
    #[serde(rename = "CpuArchitecture", default = "architecture")]
    pub architecture: String,
    /// `ecs-1` is the retired series, which is not sold any more (R60, R68, R69).
    #[serde(
        rename = "Generation",
        default,
        skip_serializing_if = "Option::is_none"
    )]
    pub generation: Option<String>,
}

fn disk_quantity() -> u32 {
    17
}
fn eni_quantity() -> u32 {
    4
}
fn address_quantity() -> u32 {
    10
}
fn queue_number() -> u32 {
    8
}
fn total_queues() -> u32 {
    32
}
fn nvme_support() -> String {
    "unsupported".to_owned()
}
fn family_level() -> String {
    "EnterpriseLevel".to_owned()
}
fn architecture() -> String {
    "X86".to_owned()
}

/// The series that is not I/O-optimized and not sold any more.
const RETIRED: &str = "ecs-1";

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

    pub(crate) fn is_retired(&self) -> bool {
        self.generation.as_deref() == Some(RETIRED)
    }

    pub(crate) fn is_small(&self) -> bool {
        self.family_level != family_level()
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

/// The built-in families: name, GiB for each vCPU, price of a vCPU hour, NVMe.
///
/// Prices are made up, near the list prices of 2025; only their order matters to the rules.
const FAMILIES: [(&str, u32, f64, &str); 5] = [
    ("ecs.g6", 4, 0.2500, "unsupported"),
    ("ecs.g7", 4, 0.2600, "unsupported"),
    ("ecs.c7", 2, 0.2100, "unsupported"),
    ("ecs.r7", 8, 0.3300, "unsupported"),
    ("ecs.g8i", 4, 0.2800, "required"),
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
    FAMILIES.into_iter().flat_map(|(family, gib, price, nvme)| {
        SIZES.map(|(size, vcpus)| TypeOffer {
            name: format!("{family}.{size}"),
            vcpus,
            memory_gib: f64::from(vcpus * gib),
            price_hour: Money::from_decimal(price * f64::from(vcpus))
                .expect("the built-in prices are small numbers"),
            bandwidth_max: bandwidth_unbounded(),
            zones: Vec::new(),
            stock: BTreeMap::new(),
            disk_quantity: disk_quantity(),
            eni_quantity: eni_quantity(),
            ipv4_quantity: address_quantity(),
            ipv6_quantity: address_quantity(),
            primary_queues: queue_number(),
            secondary_queues: queue_number(),
            total_queues: total_queues(),
            nvme_support: nvme.to_owned(),
            family_level: family_level(),
            architecture: architecture(),
            generation: None,
        })
    })
}
