//! DescribeResourcesModification: what an instance can become.

use serde_json::{Value, json};

use crate::sim::operations::{Call, regions};
use crate::sim::protocol::reply::{Fields, Refusal};
use crate::sim::protocol::request::Params;
use crate::sim::rules::{Caller, common, prepay, spec};
use crate::sim::world::World;
use crate::sim::world::instance::Instance;
use crate::sim::world::orders::OrderKind;

/// Fewer places than this show as low stock.
const LOW_STOCK: u32 = 10;

pub(crate) fn run(world: &mut World, call: &Call<'_>) -> Result<Fields, Refusal> {
    let region = regions::required(world, call)?;
    let id = call.params.required("ResourceId")?;
    match call.params.required("DestinationResource")? {
        "InstanceType" => {}
        "SystemDisk" => call.params.required("InstanceType").map(|_| ())?,
        _ => return Err(invalid("DestinationResource is unknown.")),
    }
    let instance = common::exists(world, id, Some(region))?;
    let direction = direction(instance, call.params.get("OperationType"))?;
    let target = call.params.get("InstanceType");
    let (cores, memory) = size(call.params)?;
    let zone = zone_asked(instance, call.params)?;
    let resources: Vec<Value> = world
        .catalogue
        .all()
        .filter(|offer| target.is_none_or(|target| target == offer.name))
        // What is possible does not depend on the call; only the codes do.
        .filter(|offer| spec::can_become(world, instance, &offer.name, Caller::Spec).is_ok())
        .filter(|offer| cores.is_none_or(|cores| cores == i64::from(offer.vcpus)))
        .filter(|offer| memory.is_none_or(|memory| memory == offer.memory_gib))
        .filter(|offer| goes(world, instance, &offer.name, direction))
        .map(|offer| resource(&offer.name, world.catalogue.stock(&offer.name, zone)))
        .collect();
    let listed = json!({
        "Type": "InstanceType",
        "SupportedResources": { "SupportedResource": resources },
        "ConditionSupportedResources": { "ConditionSupportedResource": [] },
    });
    let zone = json!({
        "ZoneId": zone,
        "RegionId": region,
        "Status": "Available",
        "StatusCategory": "WithStock",
        "AvailableResources": { "AvailableResource": [listed] },
    });
    Ok(Fields::from_iter([(
        "AvailableZones".to_owned(),
        json!({ "AvailableZone": [zone] }),
    )]))
}

/// Cores and Memory narrow the list down to types of one size.
fn size(params: &Params) -> Result<(Option<i64>, Option<f64>), Refusal> {
    let memory = params.get("Memory").map(str::parse).transpose();
    let memory = memory.map_err(|_| invalid("Memory is not a number."))?;
    Ok((params.integer("Cores")?, memory))
}

/// Another zone is looked at only for a move across zones.
fn zone_asked<'a>(instance: &'a Instance, params: &'a Params) -> Result<&'a str, Refusal> {
    let own = instance.truth.zone_id.as_str();
    let across = params.flag("MigrateAcrossZone")? == Some(true);
    match params.get("ZoneId") {
        Some(zone) if zone != own && !across => {
            Err(invalid("Another zone needs MigrateAcrossZone."))
        }
        zone => Ok(zone.unwrap_or(own)),
    }
}

/// Which way is asked for; a pay-as-you-go machine has only `Upgrade`, for both.
fn direction(instance: &Instance, asked: Option<&str>) -> Result<Option<OrderKind>, Refusal> {
    match (asked, instance.is_prepaid()) {
        (None | Some("Upgrade"), false) => Ok(None),
        (None | Some("Upgrade"), true) => Ok(Some(OrderKind::Upgrade)),
        (Some("Downgrade" | "RenewDowngrade"), true) => Ok(Some(OrderKind::Downgrade)),
        (Some("RenewModify"), true) => Ok(None),
        (Some(_), _) => Err(invalid("OperationType does not fit the billing method.")),
    }
}

/// R15: by price.
fn goes(world: &World, instance: &Instance, target: &str, direction: Option<OrderKind>) -> bool {
    let from = world.catalogue.price_hour(&instance.truth.instance_type);
    let to = world.catalogue.price_hour(target);
    direction.is_none_or(|wanted| prepay::direction(from, to) == wanted)
}

fn resource(name: &str, stock: Option<u32>) -> Value {
    let (status, category) = match stock {
        Some(0) => ("SoldOut", "WithoutStock"),
        Some(left) if left < LOW_STOCK => ("Available", "ClosedWithStock"),
        Some(_) | None => ("Available", "WithStock"),
    };
    json!({ "Value": name, "Status": status, "StatusCategory": category })
}

fn invalid(message: &str) -> Refusal {
    Refusal::new(400, "Invalid.Param", message)
}
