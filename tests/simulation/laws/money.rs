//! I1, I2 and I4: orders and what they cost.

use std::collections::{BTreeMap, BTreeSet};

use respec::model::{InstanceId, PaymentStatus};
use respec::saga::{Halt, Kind, SagaOutcome};
use serde_json::Value;

use super::{Past, Stand, is_touched, orders, text};
use crate::history::History;

/// I1: whatever happened, each machine needed at most one order of each kind, so one is paid.
pub(super) fn one_paid_order(history: &History, truth: &Value) {
    let mut paid: BTreeMap<(String, String), Vec<String>> = BTreeMap::new();
    for order in orders(truth).filter(|order| order["Payment"] == "Paid") {
        let instance = InstanceId::new(text(&order["InstanceId"])).unwrap();
        if is_touched(history, &instance) {
            continue; // What somebody else changed may have to be ordered once more.
        }
        let kind = (
            text(&order["InstanceId"]),
            order["Change"]
                .as_object()
                .and_then(|change| change.keys().next().cloned())
                .unwrap_or_default(),
        );
        paid.entry(kind).or_default().push(text(&order["OrderId"]));
    }
    for ((instance, _), ids) in paid.iter().filter(|(_, ids)| ids.len() > 1) {
        history
            .eye
            .object("I1", format!("{instance} was paid for by {ids:?}"));
    }
}

/// I2: no step of a run makes two orders that stay; what the store says of an order is so; what was
/// paid came out of the balance, and no more than it held.
pub(super) fn money_is_accounted_for(history: &History, truth: &Value, past: &Past) {
    let object = |what: String| history.eye.object("I2", what);
    let contents = &past.contents;
    let mut stays: BTreeMap<_, Vec<String>> = BTreeMap::new();
    let mut spent = 0;
    for order in orders(truth) {
        let id = text(&order["OrderId"]);
        if order["Payment"] == "Paid" {
            spent += ten_thousandths(&order["Amount"]);
        }
        let recorded = contents.orders.values().find(|r| r.order_id.as_str() == id);
        let Some(recorded) = recorded else { continue };
        if order["Payment"] != "Cancelled" {
            let step = (&recorded.run, &recorded.instance, recorded.step);
            stays.entry(step).or_default().push(id.clone());
        }
        let amount = recorded.amount.as_ref().map(|m| m.amount().to_string());
        let real = format!("{:.2}", order["Amount"].as_f64().unwrap());
        if amount.as_ref().is_some_and(|amount| *amount != real) {
            object(format!("order {id} costs {real}, recorded is {amount:?}"));
        }
        if recorded.payment == Some(PaymentStatus::Paid) && order["Payment"] != "Paid" {
            object(format!(
                "order {id} is recorded as paid and is {}",
                order["Payment"]
            ));
        }
    }
    for (step, ids) in stays.iter().filter(|(_, ids)| ids.len() > 1) {
        object(format!("{step:?} made {ids:?}"));
    }
    let had = ten_thousandths(&history.first_truth["balance"]["available"]);
    let has = ten_thousandths(&truth["balance"]["available"]);
    let billed = history.billed.get() * 10_000;
    if had + billed - has != spent || has < 0 {
        object(format!("{had} was there, {has} is left, {spent} was paid"));
    }
}

/// I2: an order costs no more than the plan allows that asked for it. Two machines make one token of one change, so
/// that both may have recorded an order that only one of them asked for: either plan will do.
pub(super) fn orders_keep_their_caps(all: &[(&History, &Past)], truth: &Value) {
    for order in orders(truth) {
        let (id, costs) = (text(&order["OrderId"]), order["Amount"].as_f64().unwrap());
        let caps: Vec<Option<f64>> = all
            .iter()
            .filter_map(|(history, past)| cap_of(history, past, &id))
            .collect();
        let within = |cap: &Option<f64>| cap.is_none_or(|cap| costs <= cap);
        if !caps.is_empty() && !caps.iter().any(within) {
            let what = format!("order {id} costs {costs}, the plan allows {caps:?}");
            all[0].0.eye.object("I2", what);
        }
    }
}

/// What the plan allows that this order belongs to; none where it is not recorded.
fn cap_of(history: &History, past: &Past, order: &str) -> Option<Option<f64>> {
    let mut records = past.contents.orders.values();
    let record = records.find(|record| record.order_id.as_str() == order)?;
    let plans = history.plans.borrow();
    let saga = &plans[&record.run].sagas[&record.instance];
    let cap = saga.steps[usize::from(record.step)].price.cap();
    Some(cap.map(|cap| cap.amount().to_string().parse().unwrap()))
}

fn ten_thousandths(amount: &Value) -> i64 {
    (amount.as_f64().unwrap() * 10_000.0).round() as i64
}

/// What stands beside machines that wait for a person, whose outcome is unknown; also of a run that was given up.
fn notes_of_the_held(past: &Past) -> String {
    let mut notes = BTreeMap::new();
    for entry in past.entries() {
        match &entry.kind {
            Kind::Halted {
                instance,
                halt: Halt::Unknown,
                note,
            } => notes.insert(instance, note.as_str()),
            Kind::Closed {
                outcome: SagaOutcome::Abandoned,
                ..
            } => None,
            Kind::Reopened { instance } | Kind::Closed { instance, .. } => notes.remove(instance),
            _ => None,
        };
    }
    notes.into_values().collect::<Vec<_>>().join(" ")
}

/// I4: every order is recorded: from its answer, or found in the books by a later apply.
pub(super) fn every_order_is_recorded(
    history: &History,
    truth: &Value,
    pasts: &[&Past],
    stands: &BTreeMap<InstanceId, Stand>,
) {
    let mut recorded: BTreeSet<String> = BTreeSet::new();
    // A person is told which orders may be the one whose answer was lost.
    let mut told = history.eye.told.borrow().clone();
    for past in pasts {
        recorded.extend(past.contents.orders.keys().map(ToString::to_string));
        told += &notes_of_the_held(past);
    }
    for order in orders(truth) {
        let (id, instance) = (text(&order["OrderId"]), text(&order["InstanceId"]));
        let instance = InstanceId::new(instance).unwrap();
        if !recorded.contains(&id) && !told.contains(&id) {
            let stand = stands.get(&instance);
            history.eye.object(
                "I4",
                format!("order {id} of {instance} is forgotten ({stand:?})"),
            );
        }
    }
}
