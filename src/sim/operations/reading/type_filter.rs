//! Specifications of instance types as answers carry them, and the filters that compare them.

use serde_json::{Value, json};

use crate::sim::machine::catalogue::TypeOffer;
use crate::sim::protocol::reply::Refusal;
use crate::sim::protocol::request::Params;

/// What a filter compares: a number that is at least, or at most, so large; or a word.
#[derive(Clone, Copy)]
enum Compare {
    Least,
    Most,
    Equal,
}

/// Filters by one field of the answer.
const FILTERS: [(&str, Compare, &str); 16] = [
    ("MinimumCpuCoreCount", Compare::Least, "CpuCoreCount"),
    ("MaximumCpuCoreCount", Compare::Most, "CpuCoreCount"),
    ("MinimumMemorySize", Compare::Least, "MemorySize"),
    ("MaximumMemorySize", Compare::Most, "MemorySize"),
    ("MinimumGPUAmount", Compare::Least, "GPUAmount"),
    ("MaximumGPUAmount", Compare::Most, "GPUAmount"),
    ("MinimumDiskQuantity", Compare::Least, "DiskQuantity"),
    ("MinimumEniQuantity", Compare::Least, "EniQuantity"),
    (
        "MinimumEniPrivateIpAddressQuantity",
        Compare::Least,
        "EniPrivateIpAddressQuantity",
    ),
    (
        "MinimumEniIpv6AddressQuantity",
        Compare::Least,
        "EniIpv6AddressQuantity",
    ),
    (
        "MinimumInstanceBandwidthTx",
        Compare::Least,
        "InstanceBandwidthTx",
    ),
    (
        "MinimumInstanceBandwidthRx",
        Compare::Least,
        "InstanceBandwidthRx",
    ),
    ("CpuArchitecture", Compare::Equal, "CpuArchitecture"),
    ("InstanceFamilyLevel", Compare::Equal, "InstanceFamilyLevel"),
    ("InstanceCategory", Compare::Equal, "InstanceCategory"),
    ("NvmeSupport", Compare::Equal, "NvmeSupport"),
];

/// Filters of the real operation that are not known here: refused, since ignoring one would show too much.
const UNKNOWN: [&str; 6] = [
    "Maximum",
    "Minimum",
    "GPUSpec",
    "GpuSpecs",
    "Physical",
    "LocalStorageCategor",
];

/// One filter that was asked for.
pub(crate) struct Bound<'a> {
    compare: Compare,
    field: &'static str,
    wanted: &'a str,
}

pub(crate) fn read(params: &Params) -> Result<Vec<Bound<'_>>, Refusal> {
    let known = |name: &str| FILTERS.iter().any(|(known, _, _)| *known == name);
    let stranger = params.0.keys().find(|name| {
        let filter = UNKNOWN.iter().any(|begin| name.starts_with(begin));
        filter && !known(name)
    });
    if let Some(name) = stranger {
        return Err(Refusal::invalid(name, "is a filter not known here"));
    }
    let asked = FILTERS.iter().filter_map(|(name, compare, field)| {
        let wanted = params.get(name)?;
        Some((
            name,
            Bound {
                compare: *compare,
                field,
                wanted,
            },
        ))
    });
    asked
        .map(|(name, bound)| match bound.compare {
            Compare::Least | Compare::Most if bound.wanted.parse::<f64>().is_err() => {
                Err(Refusal::invalid(name, "is not a number"))
            }
            Compare::Least | Compare::Most | Compare::Equal => Ok(bound),
        })
        .collect()
}

impl Bound<'_> {
    pub(crate) fn holds(&self, offer: &TypeOffer) -> bool {
        let held = &describe(offer)[self.field];
        let number = || self.wanted.parse::<f64>().ok().zip(held.as_f64());
        match self.compare {
            Compare::Least => number().is_some_and(|(wanted, held)| held >= wanted),
            Compare::Most => number().is_some_and(|(wanted, held)| held <= wanted),
            Compare::Equal => held.as_str() == Some(self.wanted),
        }
    }
}

/// Base intranet bandwidth of each vCPU in kbit/s; a made-up figure.
const INTRANET_KBIT_PER_VCPU: u32 = 512_000;

/// The specification of a type, as answers carry it.
pub(crate) fn describe(offer: &TypeOffer) -> Value {
    let intranet = offer.vcpus.saturating_mul(INTRANET_KBIT_PER_VCPU);
    json!({
        "InstanceTypeId": offer.name,
        "InstanceTypeFamily": offer.family(),
        "InstanceFamilyLevel": offer.family_level,
        "InstanceCategory": "General-purpose",
        "CpuArchitecture": offer.architecture,
        "CpuCoreCount": offer.vcpus,
        "MemorySize": offer.memory_gib,
        "InstanceBandwidthTx": intranet,
        "InstanceBandwidthRx": intranet,
        "DiskQuantity": offer.disk_quantity,
        "EniQuantity": offer.eni_quantity,
        "EniPrivateIpAddressQuantity": offer.ipv4_quantity,
        "EniIpv6AddressQuantity": offer.ipv6_quantity,
        "PrimaryEniQueueNumber": offer.primary_queues,
        "SecondaryEniQueueNumber": offer.secondary_queues,
        "TotalEniQueueQuantity": offer.total_queues,
        "LocalStorageAmount": 0,
        "LocalStorageCapacity": 0,
        "LocalStorageCategory": "",
        "GPUAmount": 0,
        "GPUSpec": "",
        "NvmeSupport": offer.nvme_support,
    })
}
