//! Orders, as people read them, and as programs do.

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::model::{
    InstanceId, InstanceName, Order, OrderDetail, OrderOwner, PaymentStatus, RunId,
};

use super::json::document;
use super::words::{Style, Tone, called, duration, minute, terminal};

/// One order with what we know about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrderRow {
    /// What the account's books say.
    pub order: Order,
    /// Who made it.
    pub owner: OrderOwner,
    /// Its machines, by the name the manifest has for them.
    pub machines: Vec<(InstanceId, Option<InstanceName>)>,
    /// The run of ours that made it.
    pub run: Option<RunId>,
}

impl OrderRow {
    /// Whether it waits to be paid, so that its machines take no other change (R45).
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.order.payment == PaymentStatus::Unpaid
    }

    fn cells(&self, now: Timestamp) -> [String; 5] {
        let amount = self.order.payable.as_ref().or(self.order.amount.as_ref());
        [
            self.order.id.to_string(),
            self.state().to_owned(),
            amount.map_or_else(|| "unknown".to_owned(), ToString::to_string),
            age(self.order.created_at, now),
            self.machines_in_words(),
        ]
    }

    fn state(&self) -> &str {
        match &self.order.payment {
            PaymentStatus::Unpaid => "to be paid",
            PaymentStatus::Paid => "paid",
            PaymentStatus::Cancelled => "cancelled",
            PaymentStatus::Other(word) if word.is_empty() => "not stated",
            PaymentStatus::Other(word) => word,
        }
    }

    fn machines_in_words(&self) -> String {
        let name = |(id, name): &(InstanceId, Option<InstanceName>)| match name {
            Some(name) => called(name, id),
            None => id.to_string(),
        };
        let names: Vec<String> = self.machines.iter().map(name).collect();
        let whose = match (self.owner, &self.run) {
            (OrderOwner::Foreign, _) => "  (made by somebody else)".to_owned(),
            (OrderOwner::Ours, Some(run)) => format!("  run {run}"),
            (OrderOwner::Ours, None) => String::new(),
        };
        format!("{}{whose}", names.join(", "))
    }
}

/// A table, newest first, and what to do about those that are open.
#[must_use]
pub fn orders(rows: &[OrderRow], now: Timestamp, style: &Style) -> String {
    if rows.is_empty() {
        return "No orders for the machines of this manifest.\n".to_owned();
    }
    orders_table(rows, now, style) + &open_orders(rows)
}

/// The table alone.
#[must_use]
pub fn orders_table(rows: &[OrderRow], now: Timestamp, style: &Style) -> String {
    let cells: Vec<[String; 5]> = rows.iter().map(|row| row.cells(now)).collect();
    let width = |column: usize| {
        let lengths = cells
            .iter()
            .map(|row| terminal(&row[column]).chars().count());
        lengths.max().unwrap_or(0)
    };
    let (id, state, amount, age) = (width(0), width(1), width(2), width(3));
    let mut text = String::new();
    for (row, cells) in rows.iter().zip(&cells) {
        let [a, b, c, d, e] = cells.each_ref().map(|cell| terminal(cell));
        let word = style.paint(tone(&row.order.payment), &format!("{b:state$}"));
        text.push_str(&format!("{a:id$}  {word}  {c:>amount$}  {d:>age$}  {e}\n"));
    }
    text
}

fn open_orders(rows: &[OrderRow]) -> String {
    let open: Vec<&OrderRow> = rows.iter().filter(|row| row.is_open()).collect();
    let Some(first) = open.first() else {
        return String::new();
    };
    let id = &first.order.id;
    format!(
        "\n{} to pay in the console (Expenses > Orders); until then their machines take no other change.\n\
         A change that is not wanted any more: respec orders cancel {id}\n",
        super::words::count(open.len(), "order")
    )
}

fn tone(payment: &PaymentStatus) -> Tone {
    match payment {
        PaymentStatus::Unpaid => Tone::Warn,
        PaymentStatus::Paid => Tone::Good,
        PaymentStatus::Cancelled | PaymentStatus::Other(_) => Tone::Faint,
    }
}

fn age(created: Timestamp, now: Timestamp) -> String {
    let age = std::time::Duration::try_from(now.duration_since(created)).unwrap_or_default();
    let days = age.as_secs() / 86_400;
    match days {
        0 => duration(std::time::Duration::from_secs(age.as_secs())),
        days => format!("{days}d"),
    }
}

/// Everything about one order.
#[must_use]
pub fn order(row: &OrderRow, detail: &OrderDetail, style: &Style) -> String {
    let order = &row.order;
    let money = |amount: &Option<crate::model::Money>| {
        amount
            .as_ref()
            .map_or_else(|| "unknown".to_owned(), ToString::to_string)
    };
    let owner = match (row.owner, &row.run) {
        (OrderOwner::Ours, Some(run)) => format!("respec, run {run}"),
        (OrderOwner::Ours, None) => "respec".to_owned(),
        (OrderOwner::Foreign, _) => "somebody else".to_owned(),
    };
    let machines: Vec<String> = row
        .machines
        .iter()
        .map(|(id, name)| {
            name.as_ref()
                .map_or_else(|| id.to_string(), |name| called(name, id))
        })
        .collect();
    let rows = [
        ("kind", order.kind.to_string()),
        ("state", row.state().to_owned()),
        ("price", money(&order.amount)),
        ("to pay", money(&order.payable)),
        ("made", minute(order.created_at)),
        ("paid", order.paid_at.map_or_else(|| "-".to_owned(), minute)),
        ("made by", owner),
        ("machines", machines.join(", ")),
        ("becomes", detail.config.clone()),
        ("was", detail.original_config.clone()),
    ];
    let mut text = format!(
        "{}\n",
        style.paint(Tone::Strong, &format!("order {}", order.id))
    );
    for (label, value) in rows.iter().filter(|(_, value)| !value.is_empty()) {
        text.push_str(&style.fold(&format!("  {label:<10}"), &" ".repeat(12), &terminal(value)));
    }
    text
}

/// `orders list -json`.
#[must_use]
pub fn orders_json(rows: &[OrderRow]) -> String {
    document(json!({"orders": rows.iter().map(value).collect::<Vec<_>>()}))
}

/// `orders show -json`.
#[must_use]
pub fn order_json(row: &OrderRow, detail: &OrderDetail) -> String {
    let mut order = value(row);
    order["config"] = json!(detail.config);
    order["original_config"] = json!(detail.original_config);
    document(json!({ "order": order }))
}

/// The id is a text of digits: it does not fit into a JSON number.
fn value(row: &OrderRow) -> Value {
    let order = &row.order;
    let machines = row.machines.iter();
    let machines = machines.map(|(id, name)| json!({"instance_id": id, "name": name}));
    json!({
        "order_id": order.id,
        "owner": match row.owner {
            OrderOwner::Ours => "ours",
            OrderOwner::Foreign => "foreign",
        },
        "kind": order.kind,
        "payment": order.payment,
        "amount": order.amount,
        "payable": order.payable,
        "created_at": order.created_at,
        "paid_at": order.paid_at,
        "machines": machines.collect::<Vec<_>>(),
        "run": row.run,
    })
}
