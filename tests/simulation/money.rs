//! Histories about money: balances, budgets and payers at random, hands in the console, bandwidth for a
//! while, and everything else that befalls a history. `--theme money`.
//!
//! Four laws hold whatever happens: each order was asked for by exactly one step, no step has two orders
//! that were paid, what was spent is what the paid orders come to and never more than budget or balance
//! hold, and no order is forgotten.

use std::collections::{BTreeMap, BTreeSet};

use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;
use respec::apply::Payer;
use respec::model::{Currency, Money, OrderId};
use respec::plan::{Ruling, SavedPlan, spend_limits};
use respec::saga::{Kind, StepEvent};
use rust_decimal::Decimal;
use serde_json::Value as Json;
use serde_yaml::Value;

use crate::fleet::Fleet;
use crate::history::History;
use crate::laws::{self, Past};
use crate::script::{Script, Theme, one_of};

/// Keeps the drawing of money apart from the drawing of everything else.
const SALT: u64 = 0x6d6f_6e65_7921;

/// Whose machines they are, and who pays.
const ACCOUNT: &str = "1234567890123456";

/// What an account may hold: nothing, hardly anything, enough for some, enough for all.
const BALANCES: [u32; 6] = [0, 50, 500, 5_000, 20_000, 500_000];

/// What a run may cost.
const BUDGETS: [u32; 4] = [100, 2_000, 10_000, 200_000];

/// The same story with money in it.
pub(crate) fn script(seed: u64) -> Script {
    let mut chance = ChaCha8Rng::seed_from_u64(seed ^ SALT);
    Script::draw_with(seed, Theme::Money, |fleet| bring_money(fleet, &mut chance))
}

fn bring_money(fleet: &mut Fleet, chance: &mut ChaCha8Rng) {
    let Fleet { manifest, cloud } = fleet;
    cloud["account"] = ACCOUNT.into();
    cloud["balance"]["available"] = (*one_of(&BALANCES, chance)).into();
    subscribe_most(cloud, chance);
    manifest["defaults"]["payment"] = payment(chance);
    pay_by_bandwidth_alone(manifest);
    for (_, group) in manifest["groups"].as_mapping_mut().unwrap().iter_mut() {
        group["payment"] = payment(chance);
        if chance.random_bool(0.4) {
            want_an_event(group, cloud, chance);
        }
    }
    if chance.random_bool(0.3) {
        manifest["balance"] = "skip".into();
    }
    if chance.random_bool(0.6) {
        let text = format!(
            "{{currency: CNY, max_spend_per_apply: {}}}",
            one_of(&BUDGETS, chance)
        );
        manifest["budget"] = serde_yaml::from_str(&text).unwrap();
    }
}

fn payment(chance: &mut ChaCha8Rng) -> Value {
    (*one_of(&["auto", "auto", "await", "api"], chance)).into()
}

/// What single machines say of their traffic would stand in the way of an event of their group.
fn pay_by_bandwidth_alone(manifest: &mut Value) {
    let instances = manifest.get_mut("instances");
    let instances = instances.and_then(Value::as_mapping_mut);
    for (_, machine) in instances.into_iter().flatten() {
        if machine["spec"].get("internet").is_some() {
            machine["spec"]["internet"]["charge_type"] = "PayByBandwidth".into();
        }
    }
}

/// Only subscriptions make orders.
fn subscribe_most(cloud: &mut Value, chance: &mut ChaCha8Rng) {
    for machine in cloud["instances"].as_sequence_mut().unwrap() {
        let runs = machine
            .get("Status")
            .is_none_or(|status| status == "Running");
        let is_spot = machine.get("SpotStrategy").is_some();
        if runs && !is_spot && chance.random_bool(0.7) {
            machine["InstanceChargeType"] = "PrePaid".into();
            if chance.random_bool(0.5) {
                machine["InternetChargeType"] = "PayByBandwidth".into();
            }
        }
    }
}

/// An event a month from the beginning: bought in this history, and never in force in it.
fn want_an_event(group: &mut Value, cloud: &Value, chance: &mut ChaCha8Rng) {
    let start = cloud["start"].as_str().unwrap_or("2026-01-01T00:00:00Z");
    let start: jiff::Timestamp = start.parse().unwrap();
    let begins = (start + jiff::SignedDuration::from_hours(30 * 24))
        .strftime("%Y-%m-%dT%HZ")
        .to_string();
    let ends = start + jiff::SignedDuration::from_hours(30 * 24 + *one_of(&[4, 30, 200], chance));
    let mut event = serde_yaml::Mapping::new();
    event.insert("max_bandwidth_out".into(), 200.into());
    event.insert("start".into(), begins.into());
    event.insert(
        "end".into(),
        ends.strftime("%Y-%m-%dT%HZ").to_string().into(),
    );
    if group["spec"].get("internet").is_some() {
        group["spec"]["internet"]["charge_type"] = "PayByBandwidth".into();
    }
    group["temporary_bandwidth"] = event.into();
}

/// Who pays by a call: the simulated account itself.
pub(crate) fn payer() -> Payer {
    Payer {
        buyer_id: ACCOUNT.to_owned(),
        payer_id: ACCOUNT.to_owned(),
        pay_submit_uid: ACCOUNT.to_owned(),
        token: "hush-money".into(),
    }
}

/// What somebody allows on the command line (`--max-spend`), in one history of four.
fn max_spend(seed: u64) -> Option<Money> {
    let mut chance = ChaCha8Rng::seed_from_u64(seed.wrapping_add(SALT));
    let amount = Decimal::from(*one_of(&BUDGETS, &mut chance));
    let allows = chance.random_ratio(1, 4);
    allows.then(|| Money::new(amount, Currency::new("CNY").unwrap()))
}

/// Whether somebody would be allowed to apply this plan.
pub(crate) fn keeps_within(plan: &SavedPlan, seed: u64) -> bool {
    spend_limits(plan, max_spend(seed).as_ref())
        .iter()
        .all(|limit| limit.ruling == Ruling::Holds)
}

/// When nothing more will happen.
pub(crate) async fn at_the_end(history: &History) {
    let Some(past) = Past::of(history).await else {
        return;
    };
    let truth = history.rig.truth();
    for order in truth["orders"].as_array().unwrap() {
        let (id, change) = (&order["OrderId"], &order["Change"]);
        let (amount, stands) = (&order["Amount"], &order["Payment"]);
        history
            .eye
            .log(|| format!("order {id}: {change} {amount} {stands}"));
    }
    laws::money_at_the_end(history, &truth, &past);
    one_step_asked_for_each(history, &past);
    every_run_keeps_within_its_budget(history, &truth, &past);
}

/// Each order was asked for, or taken up, by one step.
fn one_step_asked_for_each(history: &History, past: &Past) {
    let mut asked: BTreeMap<&OrderId, BTreeSet<String>> = BTreeMap::new();
    for entry in past.entries() {
        if let Kind::Step {
            at,
            event:
                StepEvent::Answered {
                    order_id: Some(order),
                    ..
                },
        } = &entry.kind
        {
            let step = format!("{} {} step {}", entry.run, at.instance, at.step);
            asked.entry(order).or_default().insert(step);
        }
    }
    for (order, steps) in asked.iter().filter(|(_, steps)| steps.len() > 1) {
        let what = format!("order {order} was asked for by {steps:?}");
        history.eye.object("I2", what);
    }
}

fn every_run_keeps_within_its_budget(history: &History, truth: &Json, past: &Past) {
    let budget = history.rig.desired.budget.as_ref();
    let budget = budget.and_then(|budget| budget.max_spend_per_apply.clone());
    let limits = [budget, max_spend(history.script.seed)];
    let limits = limits.iter().flatten().map(Money::amount);
    let Some(limit) = limits.min() else { return };
    let limit: f64 = limit.to_string().parse().unwrap();
    let orders = &past.contents.orders;
    let mut spent: BTreeMap<String, f64> = BTreeMap::new();
    for order in truth["orders"].as_array().unwrap() {
        let id = order["OrderId"].as_str().unwrap();
        let amount = order["Amount"].as_f64().unwrap();
        let record = orders.values().find(|r| r.order_id.as_str() == id);
        if let Some(record) = record.filter(|_| order["Payment"] == "Paid" && amount > 0.0) {
            *spent.entry(record.run.to_string()).or_default() += amount;
        }
    }
    for (run, spent) in spent.iter().filter(|(_, spent)| **spent > limit + 0.005) {
        let what = format!("{run} has spent {spent}, its budget is {limit}");
        history.eye.object("I2", what);
    }
}
