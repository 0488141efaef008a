//! What a change would cost, and how wide bandwidth may be (sections 2.9 to 2.11).

use serde_json::{Value, json};

use crate::sim::machine::described::{ChargeType, InternetCharge};
use crate::sim::machine::network::{Network, inbound_for, outbound_range};
use crate::sim::money::Money;
use crate::sim::operations::{Call, regions};
use crate::sim::protocol::reply::{Fields, Refusal};
use crate::sim::protocol::request::Params;
use crate::sim::rules::{Caller, common, prepay, temporary};
use crate::sim::world::World;
use crate::sim::world::instance::Instance;
use crate::sim::world::orders::OrderKind;

/// One part of a price: what it is for, in the vendor's words, and how much.
type Line = (&'static str, Money);

/// DescribeInstanceModificationPrice: what an upgrade of a running subscription costs.
pub(crate) fn modification(world: &mut World, call: &Call<'_>) -> Result<Fields, Refusal> {
    let region = regions::required(world, call)?;
    let id = call.params.required("InstanceId")?;
    let instance = common::exists(world, id, Some(region))?;
    prepay::is_subscription(instance)?;
    common::not_expired(world, instance, Caller::Prepay)?;
    let mut lines = Vec::new();
    lines.extend(type_upgrade(world, instance, call.params)?);
    lines.extend(wider(world, instance, call.params)?);
    if lines.is_empty() {
        return Err(Refusal::missing("InstanceType"));
    }
    Ok(price(world, &lines))
}

fn type_upgrade(
    world: &World,
    instance: &Instance,
    params: &Params,
) -> Result<Option<Line>, Refusal> {
    let Some(target) = params.get("InstanceType") else {
        return Ok(None);
    };
    let offer = world.catalogue.get(target).ok_or_else(no_price)?;
    let held = world.catalogue.price_hour(&instance.truth.instance_type);
    let hours = prepay::term_hours(instance, world.now);
    upgrade("InstanceType", held, offer.price_hour, hours).map(Some)
}

/// More bandwidth for the rest of the term, or between StartTime and EndTime (R30).
fn wider(world: &World, instance: &Instance, params: &Params) -> Result<Option<Line>, Refusal> {
    let Some(out) = params.integer("InternetMaxBandwidthOut")? else {
        return Ok(None);
    };
    let held = Network::of(&instance.truth);
    let charge = traffic(params)?.unwrap_or(held.charge);
    let wanted = Network {
        out,
        charge,
        inbound: inbound_for(out),
    };
    let hours = match temporary::read(params)? {
        Some(span) => {
            temporary::is_offered(instance, wanted)?;
            temporary::fits(instance, span, wanted, world.now)?;
            span.hours()
        }
        None => prepay::term_hours(instance, world.now),
    };
    upgrade("bandwidth", held.price_hour(), wanted.price_hour(), hours).map(Some)
}

/// Only upgrades have a price to be asked for.
fn upgrade(resource: &'static str, from: Money, to: Money, hours: i64) -> Result<Line, Refusal> {
    if prepay::direction(from, to) == OrderKind::Downgrade {
        return Err(Refusal::new(
            400,
            "InvalidInstanceType.ValueNotSupported",
            "Only upgrades have a price to be asked for.",
        ));
    }
    Ok((resource, prepay::amount(from, to, hours)))
}

/// DescribePrice: what an hour, a week, a month or a year of something costs.
pub(crate) fn shape(world: &mut World, call: &Call<'_>) -> Result<Fields, Refusal> {
    regions::required(world, call)?;
    let params = call.params;
    let hours = period(params)?;
    let count = within(params, "Amount", 1..=1000)?;
    let hourly = match params.get("ResourceType").unwrap_or("instance") {
        "instance" => instance_lines(world, params)?,
        "disk" => disk_lines(
            params,
            &["DataDisk.1", "DataDisk.2", "DataDisk.3", "DataDisk.4"],
        )?,
        // The price of a GB of traffic, whatever the period.
        "bandwidth" => return Ok(price(world, &[("bandwidth", money(0.8))])),
        _ => return Err(no_price()),
    };
    let lines: Vec<Line> = hourly
        .into_iter()
        .map(|(resource, amount)| (resource, amount.times(hours * count)))
        .collect();
    Ok(price(world, &lines))
}

fn instance_lines(world: &World, params: &Params) -> Result<Vec<Line>, Refusal> {
    let name = params.required("InstanceType")?;
    let offer = world.catalogue.get(name).ok_or_else(no_price)?;
    let mut lines = vec![("InstanceType", offer.price_hour)];
    if params.get("InternetMaxBandwidthOut").is_some() {
        let out = within(params, "InternetMaxBandwidthOut", 0..=100)?;
        let network = Network {
            out,
            charge: traffic(params)?.unwrap_or(InternetCharge::PayByTraffic),
            inbound: inbound_for(out),
        };
        lines.push(("bandwidth", network.price_hour()));
    }
    let disks = [
        "SystemDisk",
        "DataDisk.1",
        "DataDisk.2",
        "DataDisk.3",
        "DataDisk.4",
    ];
    lines.extend(disk_lines(params, &disks)?);
    Ok(lines)
}

/// Disks that are named are priced; the one that comes with every machine is not priced unasked.
fn disk_lines(params: &Params, names: &[&str]) -> Result<Vec<Line>, Refusal> {
    let mut lines = Vec::new();
    for name in names {
        let Some(size) = params.integer(&format!("{name}.Size"))? else {
            continue;
        };
        let category = params.get(&format!("{name}.Category"));
        let category = category.unwrap_or("cloud_essd");
        let found = DISK_PRICES.iter().find(|(sold, _)| *sold == category);
        let (_, gib) = found.ok_or_else(no_price)?;
        let resource = if *name == "SystemDisk" {
            "SystemDisk"
        } else {
            "DataDisk"
        };
        lines.push((resource, money(*gib).times(size.clamp(1, 65_536))));
    }
    Ok(lines)
}

/// Prices of a GiB for an hour; made up, only their order matters.
const DISK_PRICES: [(&str, f64); 4] = [
    ("cloud_efficiency", 0.0005),
    ("cloud_ssd", 0.0014),
    ("cloud_essd", 0.0021),
    ("cloud_auto", 0.0021),
];

/// The hours of a price: how many units, and how long one is.
fn period(params: &Params) -> Result<i64, Refusal> {
    let (hours, most) = match params.get("PriceUnit") {
        None | Some("Hour") => (1, 1),
        Some("Week") => (7 * 24, 4),
        Some("Month") => (30 * 24, 9),
        Some("Year") => (365 * 24, 5),
        Some(_) => return Err(Refusal::invalid("PriceUnit", "has an unknown value")),
    };
    Ok(hours * within(params, "Period", 1..=most)?)
}

fn within(
    params: &Params,
    name: &str,
    range: std::ops::RangeInclusive<i64>,
) -> Result<i64, Refusal> {
    let number = params.integer(name)?.unwrap_or(1);
    if range.contains(&number) {
        return Ok(number);
    }
    Err(Refusal::invalid(name, "is out of range"))
}

fn traffic(params: &Params) -> Result<Option<InternetCharge>, Refusal> {
    let Some(text) = params.get("InternetChargeType") else {
        return Ok(None);
    };
    let unknown = || Refusal::invalid("InternetChargeType", "has an unknown value");
    InternetCharge::parse(text).ok_or_else(unknown).map(Some)
}

/// DescribeBandwidthLimitation: the outbound range for each way of paying (R28).
pub(crate) fn bandwidth(world: &mut World, call: &Call<'_>) -> Result<Fields, Refusal> {
    let region = regions::required(world, call)?;
    let name = call.params.required("InstanceType")?;
    let offer = world.catalogue.get(name).ok_or_else(no_price)?;
    let charge = charge_asked(world, call, region)?;
    let limits = [
        (InternetCharge::PayByBandwidth, "PayByBandwidth"),
        (InternetCharge::PayByTraffic, "PayByTraffic"),
    ];
    let limits: Vec<Value> = limits
        .into_iter()
        .map(|(traffic, word)| {
            let most = *outbound_range(charge, traffic).end();
            let most = most.min(i64::from(offer.bandwidth_max));
            json!({ "InternetChargeType": word, "Min": 0, "Max": most, "Unit": "Mbps" })
        })
        .collect();
    Ok(Fields::from_iter([(
        "Bandwidths".to_owned(),
        json!({ "Bandwidth": limits }),
    )]))
}

/// How the machine is paid for: the one named, or the one that would be made.
fn charge_asked(world: &World, call: &Call<'_>, region: &str) -> Result<ChargeType, Refusal> {
    let params = call.params;
    match params.get("OperationType") {
        None | Some("Create") => {}
        Some("Upgrade" | "Downgrade") => params.required("ResourceId").map(|_| ())?,
        Some(_) => return Err(Refusal::invalid("OperationType", "has an unknown value")),
    }
    match (params.get("ResourceId"), params.get("InstanceChargeType")) {
        (Some(id), _) => {
            let machine = &common::exists(world, id, Some(region))?.truth;
            Ok(machine.instance_charge_type)
        }
        (None, Some("PrePaid")) => Ok(ChargeType::PrePaid),
        (None, None | Some("PostPaid")) => Ok(ChargeType::PostPaid),
        (None, Some(_)) => Err(Refusal::invalid(
            "InstanceChargeType",
            "has an unknown value",
        )),
    }
}

/// Prices are numbers, and nobody gets a discount here.
fn price(world: &World, lines: &[Line]) -> Fields {
    let sum = lines.iter().fold(Money::ZERO, |sum, (_, part)| sum + *part);
    let details: Vec<Value> = lines
        .iter()
        .map(|(resource, part)| detail(resource, *part))
        .collect();
    let mut whole = amounts(sum);
    whole["Currency"] = world.balance.currency.as_str().into();
    whole["DetailInfos"] = json!({ "DetailInfo": details });
    let info = json!({
        "Price": whole,
        "RelatedPrice": {},
        "Rules": { "Rule": [] },
    });
    Fields::from_iter([("PriceInfo".to_owned(), info)])
}

fn detail(resource: &str, part: Money) -> Value {
    let mut detail = amounts(part);
    detail["Resource"] = resource.into();
    detail["SubRules"] = json!({ "Rule": [] });
    detail
}

fn amounts(amount: Money) -> Value {
    let amount = amount.to_decimal();
    json!({ "OriginalPrice": amount, "DiscountPrice": 0.0, "TradePrice": amount })
}

fn money(amount: f64) -> Money {
    Money::from_decimal(amount).expect("a small number is an amount")
}

fn no_price() -> Refusal {
    Refusal::new(400, "PriceNotFound", "There is no price for this.")
}
