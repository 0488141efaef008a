//! What a change would cost, and how wide bandwidth may be (sections 2.9 to 2.11).

use serde_json::{Value, json};

use crate::sim::described::{ChargeType, InternetCharge};
use crate::sim::instance::Instance;
use crate::sim::money::Money;
use crate::sim::network::{Network, outbound_range};
use crate::sim::operations::{Call, regions};
use crate::sim::orders::OrderKind;
use crate::sim::reply::{Fields, Refusal};
use crate::sim::rules::{Caller, common, prepay};
use crate::sim::world::World;

/// DescribeInstanceModificationPrice: what an upgrade of a running subscription costs.
pub(crate) fn modification(world: &mut World, call: &Call<'_>) -> Result<Fields, Refusal> {
    let region = regions::required(world, call)?;
    let id = call.params.required("InstanceId")?;
    let instance = common::exists(world, id, Some(region))?;
    prepay::is_subscription(instance)?;
    common::not_expired(world, instance, Caller::Prepay)?;
    let hours = prepay::term_hours(instance, world.now);
    let (from, to) = hourly(world, instance, call)?;
    match prepay::direction(from, to) {
        OrderKind::Upgrade | OrderKind::TempUpgrade => {
            Ok(price(world, prepay::amount(from, to, hours)))
        }
        OrderKind::Downgrade => Err(Refusal::new(
            400,
            "InvalidInstanceType.ValueNotSupported",
            "Only upgrades have a price to be asked for.",
        )),
    }
}

/// The hourly prices before and after, of the type or of the bandwidth.
fn hourly(world: &World, instance: &Instance, call: &Call<'_>) -> Result<(Money, Money), Refusal> {
    if let Some(target) = call.params.get("InstanceType") {
        let offer = world.catalogue.get(target).ok_or_else(no_price)?;
        let held = world.catalogue.price_hour(&instance.truth.instance_type);
        return Ok((held, offer.price_hour));
    }
    let held = Network::of(&instance.truth);
    let out = call.params.integer("InternetMaxBandwidthOut")?;
    let charge = call
        .params
        .get("InternetChargeType")
        .and_then(InternetCharge::parse);
    let wanted = Network {
        out: out.ok_or_else(|| Refusal::missing("InstanceType"))?,
        charge: charge.unwrap_or(held.charge),
        ..held
    };
    Ok((held.price_hour(), wanted.price_hour()))
}

/// DescribePrice: what an hour, a week, a month or a year of an instance type costs.
pub(crate) fn shape(world: &mut World, call: &Call<'_>) -> Result<Fields, Refusal> {
    regions::required(world, call)?;
    if !matches!(call.params.get("ResourceType"), None | Some("instance")) {
        return Err(no_price());
    }
    let name = call.params.required("InstanceType")?;
    let offer = world.catalogue.get(name).ok_or_else(no_price)?;
    let hours = match call.params.get("PriceUnit") {
        None | Some("Hour") => 1,
        Some("Week") => 7 * 24,
        Some("Month") => 30 * 24,
        Some("Year") => 365 * 24,
        Some(_) => return Err(Refusal::invalid("PriceUnit", "has an unknown value")),
    };
    let periods = call.params.integer("Period")?.unwrap_or(1).clamp(1, 9);
    let machines = call.params.integer("Amount")?.unwrap_or(1).clamp(1, 1000);
    let amount = offer.price_hour.times(hours * periods * machines);
    Ok(price(world, amount))
}

/// DescribeBandwidthLimitation: the outbound range for each way of paying (R28).
pub(crate) fn bandwidth(world: &mut World, call: &Call<'_>) -> Result<Fields, Refusal> {
    let region = regions::required(world, call)?;
    let name = call.params.required("InstanceType")?;
    let offer = world.catalogue.get(name).ok_or_else(no_price)?;
    let charge = match call.params.get("ResourceId") {
        Some(id) => {
            common::exists(world, id, Some(region))?
                .truth
                .instance_charge_type
        }
        None if call.params.get("InstanceChargeType") == Some("PrePaid") => ChargeType::PrePaid,
        None => ChargeType::PostPaid,
    };
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

/// Prices are numbers, and nobody gets a discount here.
fn price(world: &World, amount: Money) -> Fields {
    let amount = amount.to_decimal();
    let info = json!({
        "Price": {
            "Currency": world.balance.currency,
            "OriginalPrice": amount,
            "DiscountPrice": 0.0,
            "TradePrice": amount,
            "DetailInfos": { "DetailInfo": [] },
        },
        "Rules": { "Rule": [] },
    });
    Fields::from_iter([("PriceInfo".to_owned(), info)])
}

fn no_price() -> Refusal {
    Refusal::new(400, "PriceNotFound", "There is no price for this.")
}
