//! DescribeAccountAttributes: what the account may have, and how much of it is used.

use serde_json::{Value, json};

use crate::sim::machine::described::Described;
use crate::sim::operations::{Call, regions};
use crate::sim::protocol::reply::{Fields, Refusal};
use crate::sim::rules::account::vcpus_in_use;
use crate::sim::world::World;

/// Most names in one call.
const NAMES_MAX: usize = 8;

/// What the vCPU quota shows where the scenario sets none.
const PLENTY: u32 = 100_000;

/// Attributes that are the same for every account here.
const FIXED: [(&str, &str); 8] = [
    ("instance-network-type", "vpc"),
    ("max-security-groups", "100"),
    ("max-elastic-network-interfaces", "5000"),
    ("max-dedicated-hosts", "5"),
    ("max-axt-command-count", "500"),
    ("max-axt-invocation-daily", "50000"),
    ("max-cloud-assistant-activation-count", "1000"),
    ("real-name-authentication", "yes"),
];

/// Attributes that are counted.
const COUNTED: [&str; 5] = [
    "max-postpaid-instance-vcpu-count",
    "used-postpaid-instance-vcpu-count",
    "max-spot-instance-vcpu-count",
    "used-spot-instance-vcpu-count",
    "supported-postpaid-instance-types",
];

pub(crate) fn attributes(world: &mut World, call: &Call<'_>) -> Result<Fields, Refusal> {
    let region = regions::required(world, call)?;
    let named = call.params.list("AttributeName", NAMES_MAX)?;
    let fixed = FIXED.iter().map(|(name, _)| *name);
    let known: Vec<&str> = fixed.chain(COUNTED).collect();
    if let Some(stranger) = named.iter().find(|name| !known.contains(name)) {
        return Err(Refusal::invalid(
            "AttributeName",
            &format!("{stranger} is not known here"),
        ));
    }
    let wanted = if named.is_empty() { known } else { named };
    let items = wanted.into_iter().map(|name| {
        let values = values(world, name, region, call.params.get("ZoneId"));
        json!({ "AttributeName": name, "AttributeValues": { "ValueItem": values } })
    });
    let items = json!({ "AccountAttributeItem": items.collect::<Vec<Value>>() });
    Ok(Fields::from_iter([(
        "AccountAttributeItems".to_owned(),
        items,
    )]))
}

/// The quota counts every pay-as-you-go machine of the region, or of a zone that has a quota of its own (R64); spot
/// machines are counted once more apart.
fn values(world: &World, name: &str, region: &str, zone: Option<&str>) -> Vec<Value> {
    let quota = &world.settings.quota;
    let own = zone.and_then(|zone| quota.zone_vcpus.get(zone).map(|most| (zone, *most)));
    let is_there = |machine: &Described| match own {
        Some((zone, _)) => machine.zone_id == zone,
        None => machine.region_id == region,
    };
    let is_spot = |machine: &Described| is_there(machine) && machine.spot_strategy != "NoSpot";
    let most = own.map(|(_, most)| most).or(quota.vcpus);
    let number = match name {
        "used-postpaid-instance-vcpu-count" => vcpus_in_use(world, is_there),
        "used-spot-instance-vcpu-count" => vcpus_in_use(world, is_spot),
        "max-postpaid-instance-vcpu-count" => most.unwrap_or(PLENTY).into(),
        "max-spot-instance-vcpu-count" => PLENTY.into(),
        "supported-postpaid-instance-types" => return types(world, zone),
        _ => {
            let fixed = FIXED.iter().find(|(fixed, _)| *fixed == name);
            return fixed
                .iter()
                .map(|(_, value)| json!({ "Value": value }))
                .collect();
        }
    };
    vec![json!({ "Value": number.to_string() })]
}

fn types(world: &World, zone: Option<&str>) -> Vec<Value> {
    let offered = world
        .catalogue
        .all()
        .filter(|offer| zone.is_none_or(|zone| offer.is_offered_in(zone)));
    let entry = |name: &str| {
        json!({
            "Value": name,
            "InstanceType": name,
            "InstanceChargeType": "PostPaid",
            "ZoneId": zone.unwrap_or_default(),
        })
    };
    offered.map(|offer| entry(&offer.name)).collect()
}
