//! What billing answers: lists of orders, one order, the balance.

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde::Deserialize;

use super::named;
use crate::aliyun::lenient::{self, Unreadable, required};
use crate::cloud::Balance;
use crate::model::{
    Currency, InstanceId, Money, Order, OrderDetail, OrderId, OrderKind, PaymentStatus, RegionId,
    RequestId,
};

/// One page of orders, and how many there are in all.
pub(in crate::aliyun) struct OrderPage {
    pub(in crate::aliyun) orders: Vec<Order>,
    pub(in crate::aliyun) n_total: u64,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Reply {
    data: Option<Data>,
    #[serde(default, deserialize_with = "lenient::text")]
    request_id: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Data {
    #[serde(default, deserialize_with = "lenient::integer")]
    total_count: Option<i64>,
    #[serde(default, deserialize_with = "lenient::nullable")]
    order_list: OrderList,
    #[serde(default, deserialize_with = "lenient::text")]
    available_amount: Option<String>,
    #[serde(default, deserialize_with = "lenient::text")]
    currency: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct OrderList {
    #[serde(deserialize_with = "lenient::nullable")]
    order: Vec<Entry>,
}

/// An order, or in a detail one of its parts.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Entry {
    #[serde(default, deserialize_with = "lenient::text")]
    order_id: Option<String>,
    #[serde(default, deserialize_with = "lenient::text")]
    order_type: Option<String>,
    #[serde(default, deserialize_with = "lenient::text")]
    payment_status: Option<String>,
    #[serde(default, deserialize_with = "lenient::text")]
    create_time: Option<String>,
    #[serde(default, deserialize_with = "lenient::text")]
    payment_time: Option<String>,
    #[serde(default, deserialize_with = "lenient::text")]
    product_code: Option<String>,
    #[serde(default, deserialize_with = "lenient::text")]
    currency: Option<String>,
    #[serde(default, deserialize_with = "lenient::text")]
    pretax_amount: Option<String>,
    #[serde(default, deserialize_with = "lenient::text")]
    after_tax_amount: Option<String>,
    #[serde(default, rename = "InstanceIDs", deserialize_with = "lenient::text")]
    instance_ids: Option<String>,
    #[serde(default, deserialize_with = "lenient::text")]
    region: Option<String>,
    #[serde(default, deserialize_with = "lenient::text")]
    config: Option<String>,
    #[serde(default, deserialize_with = "lenient::text")]
    original_config: Option<String>,
    #[serde(default, deserialize_with = "lenient::text")]
    usage_start_time: Option<String>,
    #[serde(default, deserialize_with = "lenient::text")]
    usage_end_time: Option<String>,
}

/// A page of `QueryOrders`.
pub(in crate::aliyun) fn order_page(body: &[u8]) -> Result<OrderPage, Unreadable> {
    let data = data(body)?;
    let n_total = required(data.total_count, "TotalCount")?;
    Ok(OrderPage {
        orders: data
            .order_list
            .order
            .iter()
            .map(order)
            .collect::<Result<_, _>>()?,
        n_total: u64::try_from(n_total)
            .map_err(|_| Unreadable("TotalCount is below zero".to_owned()))?,
    })
}

/// Whether a `GetOrderDetail` shows any order at all; the books of the wrong site may answer without one.
pub(in crate::aliyun) fn has_orders(body: &[u8]) -> Result<bool, Unreadable> {
    let reply: Reply = lenient::read(body)?;
    let shown = reply.data.map(|data| data.order_list.order);
    Ok(shown.is_some_and(|orders| !orders.is_empty()))
}

/// `GetOrderDetail`: the parts of one order, taken together.
pub(in crate::aliyun) fn order_detail(
    body: &[u8],
    asked: &OrderId,
) -> Result<OrderDetail, Unreadable> {
    let parts = data(body)?.order_list.order;
    let orders: Vec<Order> = parts.iter().map(order).collect::<Result<_, _>>()?;
    if orders.iter().any(|order| order.id != *asked) {
        return Err(Unreadable("it is about another order".to_owned()));
    }
    let first = required(orders.first().cloned(), "Order")?;
    let mut instances = BTreeSet::new();
    for part in &parts {
        instances.extend(instances_of(part.instance_ids.as_deref())?);
    }
    let texts = |of: fn(&Entry) -> &Option<String>| {
        let texts: Vec<&str> = parts.iter().filter_map(|p| of(p).as_deref()).collect();
        texts.join("; ")
    };
    Ok(OrderDetail {
        order: Order {
            payment: together(&orders),
            amount: total(&orders, |order| order.amount.as_ref())?,
            payable: total(&orders, |order| order.payable.as_ref())?,
            ..first
        },
        instances: instances.into_iter().collect(),
        region: parts
            .iter()
            .find_map(|part| RegionId::new(part.region.clone()?).ok()),
        config: texts(|part| &part.config),
        original_config: texts(|part| &part.original_config),
        usage_from: parts
            .iter()
            .find_map(|part| readable(&part.usage_start_time)),
        usage_until: parts.iter().find_map(|part| readable(&part.usage_end_time)),
    })
}

/// `QueryAccountBalance`.
pub(in crate::aliyun) fn balance(body: &[u8]) -> Result<Balance, Unreadable> {
    let data = data(body)?;
    let amount = required(data.available_amount, "AvailableAmount")?;
    let currency = required(data.currency, "Currency")?;
    Ok(Balance {
        available: money("AvailableAmount", &amount, currency)?,
    })
}

/// An answer that only says that it was done.
pub(in crate::aliyun) fn done(body: &[u8]) -> Result<RequestId, Unreadable> {
    let reply: Reply = lenient::read(body)?;
    named("RequestId", reply.request_id, RequestId::new)
}

fn data(body: &[u8]) -> Result<Data, Unreadable> {
    let reply: Reply = lenient::read(body)?;
    required(reply.data, "Data")
}

fn order(entry: &Entry) -> Result<Order, Unreadable> {
    let amount = |field, amount: &Option<String>| match (amount, &entry.currency) {
        (Some(amount), Some(currency)) => money(field, amount, currency.clone()).map(Some),
        (Some(_) | None, _) => Ok(None),
    };
    Ok(Order {
        id: named("OrderId", entry.order_id.clone(), OrderId::new)?,
        kind: OrderKind::from(entry.order_type.clone().unwrap_or_default()),
        payment: PaymentStatus::from(entry.payment_status.clone().unwrap_or_default()),
        created_at: required(moment("CreateTime", &entry.create_time)?, "CreateTime")?,
        paid_at: moment("PaymentTime", &entry.payment_time)?,
        product: entry.product_code.clone().unwrap_or_default(),
        amount: amount("PretaxAmount", &entry.pretax_amount)?,
        payable: amount("AfterTaxAmount", &entry.after_tax_amount)?,
    })
}

/// An order is paid when all of it is, and waits while any of it does.
fn together(parts: &[Order]) -> PaymentStatus {
    let mut states: BTreeSet<&PaymentStatus> = parts.iter().map(|part| &part.payment).collect();
    if states.contains(&PaymentStatus::Unpaid) {
        return PaymentStatus::Unpaid;
    }
    match (states.pop_first(), states.is_empty()) {
        (Some(only), true) => only.clone(),
        (Some(_) | None, _) => PaymentStatus::Other("partly".to_owned()),
    }
}

/// The sum of all parts; none when one part is not known, since the rest would look like the whole.
fn total(parts: &[Order], of: fn(&Order) -> Option<&Money>) -> Result<Option<Money>, Unreadable> {
    let Some(amounts) = parts.iter().map(of).collect::<Option<Vec<&Money>>>() else {
        return Ok(None);
    };
    Money::sum(amounts).map_err(|error| Unreadable(error.to_string()))
}

fn money(field: &str, amount: &str, currency: String) -> Result<Money, Unreadable> {
    Currency::new(currency)
        .and_then(|currency| Money::parse(amount, currency))
        .map_err(|error| Unreadable(format!("{field}: {error}")))
}

/// Times come to the second, as text; an empty one is none.
fn moment(field: &str, text: &Option<String>) -> Result<Option<Timestamp>, Unreadable> {
    text.as_deref()
        .map(|text| {
            text.parse()
                .map_err(|_| Unreadable(format!("{field} is not a time")))
        })
        .transpose()
}

/// A time that is only compared: one in another form is as good as none.
fn readable(text: &Option<String>) -> Option<Timestamp> {
    text.as_deref()?.parse().ok()
}

/// `InstanceIDs` is a JSON list inside a text. An order may be about other things too, disks for
/// example; those are left out.
fn instances_of(text: Option<&str>) -> Result<Vec<InstanceId>, Unreadable> {
    let Some(text) = text else {
        return Ok(Vec::new());
    };
    let names: Vec<String> = serde_json::from_str(text)
        .map_err(|_| Unreadable("InstanceIDs is no list inside a text".to_owned()))?;
    Ok(names
        .into_iter()
        .filter_map(|name| InstanceId::new(name).ok())
        .collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIST: &[u8] = br#"{"Code":"Success","Success":true,"RequestId":"R","Data":{
        "PageNum":1,"PageSize":20,"TotalCount":"2","OrderList":{"Order":[
        {"OrderId":"203847561928374650","OrderType":"Upgrade","PaymentStatus":"paid",
         "CreateTime":"2026-03-01T08:00:00Z","PaymentTime":"2026-03-01T08:01:00Z",
         "ProductCode":"ecs","Currency":"CNY","PretaxAmount":"1,234.50","AfterTaxAmount":"1308.57"},
        {"OrderId":203847561928374651,"OrderType":"Refund","CreateTime":"2026-03-01T08:00:01Z",
         "PaymentTime":"","PretaxAmount":"-3"}]}}}"#;

    #[test]
    fn a_list_is_read_with_amounts_as_text_and_states_in_any_case() {
        let page = order_page(LIST).unwrap();
        assert_eq!(page.n_total, 2);
        let [first, refund] = &page.orders[..] else {
            panic!("two orders");
        };
        assert_eq!(first.payment, PaymentStatus::Paid);
        assert_eq!(first.amount.as_ref().unwrap().to_string(), "1234.50 CNY");
        assert_eq!(first.payable.as_ref().unwrap().to_string(), "1308.57 CNY");
        assert_eq!(refund.id.as_str(), "203847561928374651");
        assert_eq!(refund.payment, PaymentStatus::Other(String::new()));
        assert_eq!((&refund.amount, refund.paid_at), (&None, None));
    }

    fn detail(parts: &str) -> Result<OrderDetail, Unreadable> {
        let body = format!(r#"{{"Data":{{"OrderList":{{"Order":[{parts}]}}}}}}"#);
        order_detail(body.as_bytes(), &OrderId::new("7").unwrap())
    }

    fn part(id: &str, more: &str) -> String {
        format!(
            r#"{{"OrderId":"{id}","CreateTime":"2026-03-01T08:00:00Z","Currency":"USD"{more}}}"#
        )
    }

    #[test]
    fn an_order_of_two_parts_is_one_order() {
        let parts = [
            part(
                "7",
                r#","PaymentStatus":"Paid","PretaxAmount":"1.10","InstanceIDs":"[\"i-2\",\"d-9\"]""#,
            ),
            part(
                "7",
                r#","PaymentStatus":"Unpaid","PretaxAmount":2.2,"InstanceIDs":"[\"i-1\"]","Region":"cn-beijing""#,
            ),
        ];
        let detail = detail(&parts.join(",")).unwrap();
        let ids: Vec<&str> = detail.instances.iter().map(InstanceId::as_str).collect();
        assert_eq!(ids, ["i-1", "i-2"]);
        assert_eq!(detail.order.payment, PaymentStatus::Unpaid);
        assert_eq!(detail.order.amount.unwrap().to_string(), "3.30 USD");
        assert_eq!(detail.region.unwrap().as_str(), "cn-beijing");
    }

    #[test]
    fn an_answer_about_another_order_or_about_none_is_no_answer() {
        assert!(detail("").is_err());
        assert!(detail(&part("8", "")).is_err());
        assert!(detail(&part("7", r#","InstanceIDs":"i-1""#)).is_err());
        assert!(detail(&part("7", "")).is_ok());
    }

    #[test]
    fn a_balance_may_come_with_separators_and_never_without_currency() {
        let body = br#"{"Data":{"AvailableAmount":"10,000.00","Currency":"CNY"}}"#;
        let available = balance(body).unwrap().available;
        assert_eq!(available.to_string(), "10000.00 CNY");
        assert!(balance(br#"{"Data":{"AvailableAmount":"1"}}"#).is_err());
        assert!(balance(br#"{"Success":true}"#).is_err());
    }
}
