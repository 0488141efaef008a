//! The billing operations: orders read and cancelled, and the balance (section 2.17).

use serde_json::{Value, json};

use crate::sim::operations::Call;
use crate::sim::orders::{Change, Order, Payment};
use crate::sim::reply::{Fields, Refusal};
use crate::sim::time::{read_second, to_the_second};
use crate::sim::world::World;

/// QueryOrders looks back this far unless told otherwise: the last hour only.
const LOOK_BACK: jiff::SignedDuration = jiff::SignedDuration::from_hours(1);

/// Largest page of QueryOrders; larger ones may time out.
const PAGE_MAX: i64 = 20;

pub(crate) fn query_orders(world: &mut World, call: &Call<'_>) -> Result<Fields, Refusal> {
    let params = call.params;
    let number = params.integer("PageNum")?.unwrap_or(1).max(1);
    let size = params
        .integer("PageSize")?
        .unwrap_or(PAGE_MAX)
        .clamp(1, PAGE_MAX);
    let now = world.now.wall;
    let hour_ago = now.saturating_sub(LOOK_BACK).unwrap_or(now);
    let from = moment(call, "CreateTimeStart")?.unwrap_or(hour_ago);
    let until = moment(call, "CreateTimeEnd")?.unwrap_or(now);
    let payment = params.get("PaymentStatus");
    let kind = params.get("OrderType");
    let found: Vec<&Order> = world
        .orders
        .all()
        .rev()
        .filter(|order| (from..=until).contains(&order.created))
        .filter(|order| payment.is_none_or(|wanted| wanted == shown(order.payment)))
        .filter(|order| kind.is_none_or(|wanted| wanted == order.kind.as_str()))
        .collect();
    let skipped = usize::try_from((number - 1).saturating_mul(size)).unwrap_or(usize::MAX);
    let page = found
        .iter()
        .skip(skipped)
        .take(usize::try_from(size).unwrap_or(0));
    let page: Vec<Value> = page.map(|order| summary(world, order)).collect();
    Ok(success(json!({
        "HostName": call.host,
        "PageNum": number,
        "PageSize": size,
        "TotalCount": found.len(),
        "OrderList": { "Order": page },
    })))
}

pub(crate) fn order_detail(world: &mut World, call: &Call<'_>) -> Result<Fields, Refusal> {
    let order = find(world, call)?;
    let mut detail = summary(world, order);
    // The list of instances is JSON inside a string.
    detail["InstanceIDs"] = json!([order.instance]).to_string().into();
    detail["SubOrderId"] = format!("{}1", order.id).into();
    detail["Region"] = world.settings.region.as_str().into();
    detail["Config"] = config(&order.change).into();
    detail["Quantity"] = "1".into();
    Ok(success(json!({
        "HostName": call.host,
        "PageNum": 1,
        "PageSize": PAGE_MAX,
        "TotalCount": 1,
        "OrderList": { "Order": [detail] },
    })))
}

/// Only an order that is not paid can be cancelled; an abnormal one is voided (section 4.3).
pub(crate) fn cancel_order(world: &mut World, call: &Call<'_>) -> Result<Fields, Refusal> {
    let order = find(world, call)?;
    let (id, payment) = (order.id.clone(), order.payment);
    match payment {
        Payment::Unpaid | Payment::Abnormal => {
            world.orders.mark_cancelled(&id);
            Ok(success(json!({ "HostId": call.host })))
        }
        Payment::Paid | Payment::Cancelled => Err(Refusal::new(
            400,
            "InvalidParameter",
            "The order is not waiting to be paid.",
        )),
    }
}

pub(crate) fn account_balance(world: &mut World, _call: &Call<'_>) -> Result<Fields, Refusal> {
    let available = decimal(world.balance.available);
    Ok(success(json!({
        "AvailableAmount": available,
        "AvailableCashAmount": available,
        "CreditAmount": "0.00",
        "MybankCreditAmount": "0.00",
        "QuotaLimit": "0.00",
        "Currency": world.balance.currency,
    })))
}

/// Billing answers say twice that they succeeded.
fn success(data: Value) -> Fields {
    Fields::from_iter([
        ("Code".to_owned(), json!("Success")),
        ("Message".to_owned(), json!("Successful!")),
        ("Success".to_owned(), json!(true)),
        ("Data".to_owned(), data),
    ])
}

fn find<'w>(world: &'w World, call: &Call<'_>) -> Result<&'w Order, Refusal> {
    let id = call.params.required("OrderId")?;
    world.orders.get(id).ok_or_else(|| {
        let message = format!("There is no order {id}.");
        Refusal::new(400, "InvalidParameter", message)
    })
}

fn summary(world: &World, order: &Order) -> Value {
    let amount = decimal(order.amount);
    json!({
        "OrderId": order.id,
        "OrderType": order.kind.as_str(),
        "PaymentStatus": shown(order.payment),
        "CreateTime": to_the_second(order.created),
        "PaymentTime": order.paid.map(to_the_second).unwrap_or_default(),
        "ProductCode": "ecs",
        "ProductType": "",
        "CommodityCode": "vm",
        "SubscriptionType": "Subscription",
        "Currency": world.balance.currency,
        "PretaxGrossAmount": amount,
        "PretaxAmount": amount,
        "AfterTaxAmount": amount,
        "Tax": "0.00",
    })
}

/// Amounts are strings (section 2.17).
fn decimal(amount: crate::sim::money::Money) -> String {
    format!("{:.2}", amount.to_decimal())
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
    }
}

fn moment(call: &Call<'_>, name: &str) -> Result<Option<jiff::Timestamp>, Refusal> {
    let Some(text) = call.params.get(name) else {
        return Ok(None);
    };
    let moment = read_second(text);
    moment
        .map(Some)
        .ok_or_else(|| Refusal::invalid(name, "is not yyyy-MM-ddTHH:mm:ssZ"))
}
