//! Orders as the billing service shows them, and what may be done with one.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use crate::sim::money::Money;
use crate::sim::operations::Call;
use crate::sim::protocol::reply::{Fields, Refusal};
use crate::sim::time::{read_second, to_the_second};
use crate::sim::world::World;
use crate::sim::world::orders::{Change, Order, Part, Payment};

use super::balance::{decimal, success};
use super::payment::Unpayable;

/// QueryOrders looks back this far unless told otherwise: the last hour only.
const LOOK_BACK: SignedDuration = SignedDuration::from_hours(1);

/// Largest page of QueryOrders; larger ones may time out.
const PAGE_MAX: i64 = 20;

type Field = fn(&Order) -> &'static str;

/// Fields of an order that QueryOrders can be asked for, with the parameter of the same name.
const FILTERS: [(&str, Field); 5] = [
    ("PaymentStatus", |order| shown(order.payment)),
    ("OrderType", |order| order.kind.as_str()),
    ("ProductCode", |_| PRODUCT),
    ("ProductType", |_| PRODUCT),
    ("SubscriptionType", |_| SUBSCRIPTION),
];

/// The one product whose orders are known here, and how it is paid for.
const PRODUCT: &str = "ecs";
const SUBSCRIPTION: &str = "Subscription";

/// QueryOrders: the newest first; instances stand in the details only.
pub(crate) fn query(world: &mut World, call: &Call<'_>) -> Result<Fields, Refusal> {
    let params = call.params;
    let number = params.integer("PageNum")?.unwrap_or(1).max(1);
    let size = params.integer("PageSize")?.unwrap_or(PAGE_MAX);
    let size = size.clamp(1, PAGE_MAX);
    let now = world.now.wall;
    let hour_ago = now.saturating_sub(LOOK_BACK).unwrap_or(now);
    let from = moment(call, "CreateTimeStart")?.unwrap_or(hour_ago);
    let until = moment(call, "CreateTimeEnd")?.unwrap_or(now);
    let lag = SignedDuration::try_from(world.settings.delays.orders.0).unwrap_or_default();
    let until = until.min(now.saturating_sub(lag).unwrap_or(now));
    let asked_for = |order: &&Order| {
        let mut filters = FILTERS.iter();
        filters.all(|(name, field)| params.get(name).is_none_or(|wanted| field(order) == wanted))
    };
    let found: Vec<&Order> = world
        .orders
        .all()
        .rev()
        .filter(|order| (from..=until).contains(&order.created))
        .filter(asked_for)
        .collect();
    let skipped = usize::try_from((number - 1).saturating_mul(size)).unwrap_or(usize::MAX);
    let page = found.iter().skip(skipped);
    let page = page.take(usize::try_from(size).unwrap_or(0));
    let page: Vec<Value> = page
        .map(|order| summary(world, order, order.amount))
        .collect();
    Ok(success(json!({
        "HostName": call.host,
        "PageNum": number,
        "PageSize": size,
        "TotalCount": found.len(),
        "OrderList": { "Order": page },
    })))
}

/// GetOrderDetail: one entry for each machine of the order.
pub(crate) fn detail(world: &mut World, call: &Call<'_>) -> Result<Fields, Refusal> {
    let order = find(world, call)?;
    let parts = order.parts();
    let parts: Vec<Value> = (1_u32..)
        .zip(&parts)
        .map(|(number, part)| sub_order(world, order, number, part))
        .collect();
    Ok(success(json!({
        "HostName": call.host,
        "PageNum": 1,
        "PageSize": PAGE_MAX,
        "TotalCount": parts.len(),
        "OrderList": { "Order": parts },
    })))
}

fn sub_order(world: &World, order: &Order, number: u32, part: &Part) -> Value {
    let machine = world.instances.get(&part.instance);
    let ends = machine.and_then(|instance| instance.expiry());
    let (from, until) = match order.change {
        Change::Upgrade { from, until, .. } => (from, Some(until)),
        Change::Type { .. } | Change::Network(_) | Change::Charge { .. } => (order.created, ends),
    };
    let region = machine.map_or(&world.settings.region, |machine| &machine.truth.region_id);
    let mut detail = summary(world, order, part.amount);
    // The list of instances is JSON inside a string.
    detail["InstanceIDs"] = json!([part.instance]).to_string().into();
    detail["SubOrderId"] = format!("{}{number}", order.id).into();
    detail["OrderSubType"] = order.kind.as_str().into();
    detail["Region"] = region.as_str().into();
    detail["Config"] = config(&order.change).into();
    detail["OriginalConfig"] = part.was.as_str().into();
    detail["Quantity"] = "1".into();
    detail["Operator"] = world.settings.account.as_str().into();
    detail["UsageStartTime"] = to_the_second(from).into();
    detail["UsageEndTime"] = until.map(to_the_second).unwrap_or_default().into();
    detail["ExtendInfos"] = json!({});
    detail
}

/// CancelOrder: only an order that is not paid can be cancelled; an abnormal one is voided.
pub(crate) fn cancel(world: &mut World, call: &Call<'_>) -> Result<Fields, Refusal> {
    let order = find(world, call)?;
    let (id, payment) = (order.id.clone(), order.payment);
    match payment {
        Payment::Unpaid | Payment::Abnormal => {
            world.orders.mark_cancelled(&id);
            Ok(success(json!({ "HostId": call.host })))
        }
        Payment::Paid | Payment::Cancelled => Err(closed()),
    }
}

/// What PayOrder answers as its status once an order is paid; the vendor documents no values.
const PAID: i64 = 1;

/// PayOrder: in the SDK and nowhere else, so this is a guess. Buyer and payer must be the account.
pub(crate) fn pay(world: &mut World, call: &Call<'_>) -> Result<Fields, Refusal> {
    call.params.required("Token")?;
    for name in ["BuyerId", "PayerId", "PaySubmitUid"] {
        let id = call.params.integer(name)?;
        let id = id.ok_or_else(|| Refusal::missing(name))?;
        if id.to_string() != world.settings.account {
            return Err(Refusal::new(
                403,
                "InvalidOwner",
                format!("{name} is not the account that ordered."),
            ));
        }
    }
    let id = find(world, call)?.id.clone();
    world.pay(&id).map_err(|reason| match reason {
        Unpayable::Uncovered => Refusal::new(
            403,
            "InvalidAccountStatus.NotEnoughBalance",
            "The balance does not cover the order.",
        ),
        Unpayable::Abnormal | Unpayable::Closed => closed(),
    })?;
    let fields = json!({
        "OrderId": id,
        "PayerId": call.params.integer("PayerId")?,
        "PayStatus": PAID,
        "Metadata": "",
    });
    Ok(fields.as_object().cloned().unwrap_or_default())
}

fn closed() -> Refusal {
    Refusal::new(
        400,
        "InvalidParameter",
        "The order is not waiting to be paid.",
    )
}

fn find<'w>(world: &'w World, call: &Call<'_>) -> Result<&'w Order, Refusal> {
    let id = call.params.required("OrderId")?;
    world.orders.get(id).ok_or_else(|| {
        let message = format!("There is no order {id}.");
        Refusal::new(400, "InvalidParameter", message)
    })
}

fn summary(world: &World, order: &Order, amount: Money) -> Value {
    let amount = decimal(amount);
    let currency = &world.balance.currency;
    json!({
        "OrderId": order.id,
        "RelatedOrderId": "",
        "OrderType": order.kind.as_str(),
        "PaymentStatus": shown(order.payment),
        "CreateTime": to_the_second(order.created),
        "PaymentTime": order.paid.map(to_the_second).unwrap_or_default(),
        "ProductCode": PRODUCT,
        "ProductType": PRODUCT,
        "CommodityCode": "vm",
        "SubscriptionType": SUBSCRIPTION,
        "Currency": currency,
        "PaymentCurrency": currency,
        "PretaxGrossAmount": amount,
        "PretaxAmount": amount,
        "PretaxAmountLocal": amount,
        "AfterTaxAmount": amount,
        "Tax": "0.00",
    })
}

/// R42: an abnormal order shows as unpaid (inferred; open point 4).
fn shown(payment: Payment) -> &'static str {
    match payment {
        Payment::Unpaid | Payment::Abnormal => "Unpaid",
        Payment::Paid => "Paid",
        Payment::Cancelled => "Cancelled",
    }
}

fn config(change: &Change) -> String {
    match change {
        Change::Type { to, .. } => format!("InstanceType:{to}"),
        Change::Network(network) => format!("InternetMaxBandwidthOut:{}", network.out),
        Change::Upgrade { out, .. } => format!("InternetMaxBandwidthOut:{out}"),
        Change::Charge { to, .. } => format!("InstanceChargeType:{to:?}"),
    }
}

fn moment(call: &Call<'_>, name: &str) -> Result<Option<Timestamp>, Refusal> {
    let Some(text) = call.params.get(name) else {
        return Ok(None);
    };
    let moment = read_second(text);
    moment
        .map(Some)
        .ok_or_else(|| Refusal::invalid(name, "is not yyyy-MM-ddTHH:mm:ssZ"))
}
