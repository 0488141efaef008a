//! The laws, read off the world and the store by code that shares nothing with planner or saga.

use std::collections::{BTreeMap, BTreeSet};

use respec::apply::RunOutcome;
use respec::model::{
    DesiredInstance, DesiredSpec, InstanceId, InstanceStatus, PaymentStatus, Power,
};
use respec::plan::{Action, Goal, Undo};
use respec::saga::{Direction, Entry, Halt, Kind, SagaOutcome, StepEvent};
use respec::store::{KeyRange, Kv as _, Store, Tree};
use secrecy::ExposeSecret as _;
use serde_json::Value;

use crate::chains;
use crate::history::History;
use crate::script::ATTEMPTS_MAX;
use crate::ways_back;

/// How a machine's change stands according to the journal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stand {
    Open,
    Closed(SagaOutcome),
    Halted(Halt),
    /// Past its pivot, and not taken down because others failed: it rests until a person has looked.
    HeldBack,
}

/// After an attempt that ended by itself.
pub(crate) fn after_attempt(history: &History, outcome: &RunOutcome) {
    obligations_are_named(history, outcome);
    the_exit_code_fits(history, outcome);
}

/// I12: a machine that ran, is meant to run and is down is named as owed a start.
fn obligations_are_named(history: &History, outcome: &RunOutcome) {
    let truth = history.rig.truth();
    for (id, machine) in &history.rig.desired.instances {
        let ran = of(&history.first_truth, id)["Status"] == "Running";
        let down = of(&truth, id)["Status"] != "Running";
        let named = outcome.obligations.iter().any(|owed| owed.instance == *id);
        let ours = !is_touched(history, id);
        if ours && ran && down && machine.spec.power != Some(Power::Stopped) && !named {
            history
                .eye
                .object("I12", format!("{id} is down and nobody says so"));
        }
    }
}

fn the_exit_code_fits(history: &History, outcome: &RunOutcome) {
    let interrupted = outcome.interrupted.is_some();
    if !outcome.obligations.is_empty() && !interrupted && outcome.exit_code != 8 {
        let what = format!("exit {} with {:?}", outcome.exit_code, outcome.obligations);
        history.eye.object("I12", what);
    }
    if let Some(why) = &outcome.journal_lost
        && why.contains("cannot follow")
    {
        history.eye.object("I14", why.clone());
    }
    if outcome.exit_code == 0 && outcome.open {
        history
            .eye
            .object("I12", "exit 0 with an open run".to_owned());
    }
    let undone = not_done(history);
    let left = !undone.is_empty() || outcome.blocked > 0;
    if outcome.exit_code == 0 && left && outcome.journal_lost.is_none() {
        let what = format!("exit 0, {undone:?} not done, {} blocked", outcome.blocked);
        history.eye.object("I12", what);
    }
    if outcome.exit_code == 3 && !left {
        let what = "exit 3, and all is done".to_owned();
        history.eye.object("I12", what);
    }
}

/// Planned machines of the present run whose last entry does not say that they are done.
fn not_done(history: &History) -> Vec<InstanceId> {
    let entries = history.eye.entries.borrow();
    let mut done = BTreeMap::new();
    for entry in entries.iter() {
        match &entry.kind {
            Kind::Begun { instance, .. } => done.insert(instance.clone(), false),
            Kind::Closed {
                instance, outcome, ..
            } => done.insert(instance.clone(), *outcome == SagaOutcome::Done),
            _ => continue,
        };
    }
    let plan = history.eye.plan.borrow();
    let planned = plan.iter().flat_map(|plan| plan.sagas.keys());
    let open = planned.filter(|id| done.get(id) != Some(&true));
    open.cloned().collect()
}

fn has_touched_neighbours(history: &History, machine: &DesiredInstance) -> bool {
    let touched = history.eye.touched.borrow();
    let mut others = touched
        .iter()
        .filter_map(|id| history.rig.desired.instances.get(id));
    others.any(|other| other.crowd() == machine.crowd())
}

fn is_touched(history: &History, id: &InstanceId) -> bool {
    history.eye.touched.borrow().contains(id)
}

/// I13: the key's secret is in nothing that was written.
fn the_secret_is_kept(history: &History) {
    let secret = history.rig.key.secret.expose_secret();
    let mut places = vec![("the log", history.eye.log.borrow().join("\n"))];
    for tree in Tree::ALL {
        let rows = history.kv.scan(tree, &KeyRange::all()).unwrap();
        let values = rows.iter().map(|(_, value)| String::from_utf8_lossy(value));
        places.push((tree.name(), values.collect()));
    }
    let plans = history.plans.borrow();
    places.push(("a plan", format!("{:?}", plans.values())));
    for (place, text) in places {
        if text.contains(secret) {
            let what = format!("{place} holds the secret");
            history.eye.object("I13", what);
        }
    }
}

/// I15: so many entries for each time that a machine was begun or taken up again.
async fn the_journal_is_bounded(history: &History, store: &Store) {
    let mut entries: BTreeMap<InstanceId, usize> = BTreeMap::new();
    let runs = store.contents().runs.clone();
    for run in &runs {
        for entry in store.entries(&run.run).await.unwrap() {
            if let Some(instance) = entry.kind.instance() {
                *entries.entry(instance.clone()).or_default() += 1;
            }
        }
    }
    let most = ENTRIES_MAX * ATTEMPTS_MAX;
    for (id, n) in entries.iter().filter(|(_, n)| **n > most) {
        history.eye.object("I15", format!("{n} entries about {id}"));
    }
}

/// Most entries about one machine in one attempt.
const ENTRIES_MAX: usize = 40;

/// When nothing more will happen.
pub(crate) async fn at_the_end(history: &History) {
    let store = match Store::in_memory(&history.kv, &history.rig.lineage) {
        Ok(store) => store,
        Err(error) => return history.eye.object("I14", error.to_string()),
    };
    if let Err(error) = store.check_all().await {
        history.eye.object("I14", error.to_string());
    }
    let stands = stands(&store).await;
    what_succeeded_is_so(history, &store, &stands).await;
    let truth = history.rig.truth();
    one_paid_order(history, &truth);
    money_is_accounted_for(history, &truth, &store);
    power_is_as_it_should_be(history, &truth, &stands);
    every_order_is_recorded(history, &truth, &store, &stands);
    ways_back::are_taken(history, &store, &truth).await;
    let ours = history.rig.desired.instances.iter();
    for (id, machine) in ours.filter(|(id, _)| !is_touched(history, id)) {
        outcome_is_true(
            history,
            &truth,
            id,
            machine,
            stands.get(id).copied(),
            &store,
        );
    }
    nothing_is_left_to_do(history, &store, &stands).await;
    the_journal_is_bounded(history, &store).await;
    the_secret_is_kept(history);
}

/// The laws about money alone, for histories that need not come to rest.
pub(crate) async fn money_at_the_end(history: &History, truth: &Value, store: &Store) {
    let stands = stands(store).await;
    one_paid_order(history, truth);
    money_is_accounted_for(history, truth, store);
    power_is_as_it_should_be(history, truth, &stands);
    every_order_is_recorded(history, truth, store, &stands);
}

async fn stands(store: &Store) -> BTreeMap<InstanceId, Stand> {
    let mut stands = BTreeMap::new();
    for run in &store.contents().runs {
        let entries: Vec<Entry> = store.entries(&run.run).await.unwrap();
        for entry in entries {
            let (instance, stand) = match entry.kind {
                Kind::Begun { instance, .. } | Kind::Reopened { instance } => {
                    (instance, Stand::Open)
                }
                Kind::Closed {
                    instance, outcome, ..
                } => (instance, Stand::Closed(outcome)),
                Kind::Halted {
                    instance,
                    halt: Halt::Held,
                    note,
                } if note.contains("are tolerated") || note.contains("another machine") => {
                    (instance, Stand::HeldBack)
                }
                // What keeps a machine from going back may last as long as a history.
                Kind::Halted {
                    instance,
                    halt: Halt::Held,
                    note,
                } if note.contains("not put back") => (instance, Stand::HeldBack),
                Kind::Halted { instance, halt, .. } => (instance, Stand::Halted(halt)),
                _ => continue,
            };
            stands.insert(instance, stand);
        }
    }
    stands
}

/// I5: each machine is as it was found, but for the changes that the journal says have succeeded.
async fn what_succeeded_is_so(
    history: &History,
    store: &Store,
    stands: &BTreeMap<InstanceId, Stand>,
) {
    let mut expected = history.first_truth.clone();
    let plans = history.plans.borrow().clone();
    for run in &store.contents().runs {
        let entries = store.entries(&run.run).await.unwrap();
        for (nth, entry) in entries.iter().enumerate() {
            let Kind::Step {
                at,
                event: StepEvent::Succeeded { .. },
            } = &entry.kind
            else {
                continue;
            };
            let step = chains::step(&plans[&run.run], &entries[..nth], &run.run, at).unwrap();
            let goal = match at.direction {
                Direction::Forward => &step.after,
                Direction::Undo => &step.before,
            };
            if matches!(step.action, Action::Modify(_) | Action::AwaitOrder)
                && !step.is_finished_by_its_answer()
                && (at.direction == Direction::Forward || step.undo != Undo::By(Action::Start))
            {
                set_fields(goal, &mut expected, &at.instance);
            }
        }
    }
    let truth = history.rig.truth();
    for id in history.rig.desired.instances.keys() {
        if matches!(stands.get(id), Some(Stand::Halted(_) | Stand::Open)) || is_touched(history, id)
        {
            continue;
        }
        let (now, expected) = (of(&truth, id), of(&expected, id));
        for field in [
            "ConfiguredType",
            "InternetMaxBandwidthOut",
            "InternetChargeType",
        ] {
            if now[field] != expected[field] {
                let what = format!(
                    "{id}: {field} is {}, recorded is {}",
                    now[field], expected[field]
                );
                history.eye.object("I5", what);
            }
        }
    }
}

fn set_fields(goal: &Goal, truth: &mut Value, id: &InstanceId) {
    let machines = truth["instances"].as_array_mut().unwrap();
    let mut of = machines.iter_mut();
    let machine = of
        .find(|machine| machine["InstanceId"] == id.as_str())
        .unwrap();
    if let Some(kind) = &goal.instance_type {
        machine["ConfiguredType"] = kind.as_str().into();
    }
    if let Some(out) = goal.max_bandwidth_out {
        machine["InternetMaxBandwidthOut"] = out.into();
    }
    if let Some(kind) = goal.charge_type {
        machine["InternetChargeType"] = kind.as_str().into();
    }
}

/// I1: whatever happened, each machine needed at most one order of each kind, so one is paid.
fn one_paid_order(history: &History, truth: &Value) {
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
fn money_is_accounted_for(history: &History, truth: &Value, store: &Store) {
    let object = |what: String| history.eye.object("I2", what);
    let contents = store.contents();
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
        let plans = history.plans.borrow();
        let saga = &plans[&recorded.run].sagas[&recorded.instance];
        let cap = saga.steps[usize::from(recorded.step)].price.cap();
        let cap = cap.map(|cap| cap.amount().to_string());
        let within = |cap: &String| {
            cap.parse::<f64>()
                .is_ok_and(|cap| order["Amount"].as_f64().is_some_and(|is| is <= cap))
        };
        if !cap.iter().all(within) {
            object(format!("order {id} costs {real}, the plan allows {cap:?}"));
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
    if had - has != spent || has < 0 {
        object(format!("{had} was there, {has} is left, {spent} was paid"));
    }
}

fn ten_thousandths(amount: &Value) -> i64 {
    (amount.as_f64().unwrap() * 10_000.0).round() as i64
}

/// I3: what ran runs, what was stopped is stopped, unless the manifest wants it otherwise.
fn power_is_as_it_should_be(
    history: &History,
    truth: &Value,
    stands: &BTreeMap<InstanceId, Stand>,
) {
    let ours = history.rig.desired.instances.iter();
    for (id, machine) in ours.filter(|(id, _)| !is_touched(history, id)) {
        let was = text(&of(&history.first_truth, id)["Status"]);
        let is = text(&of(truth, id)["Status"]);
        let done = stands.get(id) == Some(&Stand::Closed(SagaOutcome::Done));
        let right = match (machine.spec.power, was.as_str()) {
            (Some(Power::Stopped), _) if done => is == "Stopped",
            (Some(Power::Stopped), "Running") => true,
            (Some(Power::Running), "Stopped") if !done => true,
            (Some(Power::Running), _) | (_, "Running") => is == "Running",
            (_, _) => is == "Stopped",
        };
        if !right {
            let stand = stands.get(id);
            history
                .eye
                .object("I3", format!("{id} was {was} and is {is} ({stand:?})"));
        }
    }
}

/// I4: every order is recorded: from its answer, or found in the books by a later apply.
fn every_order_is_recorded(
    history: &History,
    truth: &Value,
    store: &Store,
    stands: &BTreeMap<InstanceId, Stand>,
) {
    let recorded: BTreeSet<String> = store
        .contents()
        .orders
        .keys()
        .map(ToString::to_string)
        .collect();
    for order in orders(truth) {
        let (id, instance) = (text(&order["OrderId"]), text(&order["InstanceId"]));
        let instance = InstanceId::new(instance).unwrap();
        if !recorded.contains(&id) {
            let stand = stands.get(&instance);
            history.eye.object(
                "I4",
                format!("order {id} of {instance} is forgotten ({stand:?})"),
            );
        }
    }
}

/// I5: the journal tells how the world is.
fn outcome_is_true(
    history: &History,
    truth: &Value,
    id: &InstanceId,
    machine: &DesiredInstance,
    stand: Option<Stand>,
    store: &Store,
) {
    let now = of(truth, id);
    let object = |what: String| history.eye.object("I5", format!("{id}: {what}"));
    match stand {
        Some(Stand::Closed(SagaOutcome::Done)) => {
            if let Some(what) = first_difference(&machine.spec, now) {
                object(format!("is Done, but {what}"));
            }
            let fields = store
                .contents()
                .applied
                .instances
                .get(id)
                .map(|r| r.fields.clone());
            let recorded = fields.unwrap_or_default();
            for (field, value) in recorded {
                let real = real_value(field.path(), now);
                if real.as_ref().is_some_and(|real| *real != value) {
                    object(format!(
                        "{} is recorded as {value} and is {real:?}",
                        field.path()
                    ));
                }
            }
        }
        Some(Stand::Closed(_)) | None => {
            if has_order(truth, id, "Unpaid") || has_order(truth, id, "Abnormal") {
                object(format!("is {stand:?}, but has an open order"));
            }
        }
        Some(Stand::Halted(Halt::Unknown)) => {
            let plan = history.eye.plan.borrow();
            let saga = plan.as_ref().and_then(|plan| plan.sagas.get(id));
            if !saga.is_some_and(respec::plan::Saga::makes_order) {
                object("is unknown although no order could be made".to_owned());
            }
        }
        Some(Stand::Halted(Halt::Paused) | Stand::HeldBack) => {}
        // Its place is taken by a machine that somebody else keeps down.
        Some(Stand::Open) if has_touched_neighbours(history, machine) => {}
        // Until somebody voids it, nothing can be done.
        Some(Stand::Halted(Halt::Held)) if has_order(truth, id, "Abnormal") => {}
        Some(stand @ (Stand::Halted(Halt::Held | Halt::Stuck) | Stand::Open)) => {
            history
                .eye
                .object("I9", format!("{id} never comes to rest: {stand:?}"));
        }
    }
}

fn has_order(truth: &Value, id: &InstanceId, payment: &str) -> bool {
    orders(truth).any(|order| order["InstanceId"] == id.as_str() && order["Payment"] == payment)
}

/// What is not as the manifest wants it.
pub(crate) fn first_difference(wish: &DesiredSpec, now: &Value) -> Option<String> {
    if let Some(wanted) = &wish.instance_type {
        if now["ConfiguredType"] != wanted.as_str() {
            return Some(format!("its type is {}", now["ConfiguredType"]));
        }
        if now["Status"] == "Running" && now["EffectiveType"] != wanted.as_str() {
            return Some(format!("its guest still runs on {}", now["EffectiveType"]));
        }
    }
    let internet = &wish.internet;
    if internet
        .max_bandwidth_out
        .is_some_and(|out| now["InternetMaxBandwidthOut"] != out)
    {
        return Some(format!("outbound is {}", now["InternetMaxBandwidthOut"]));
    }
    if internet
        .charge_type
        .is_some_and(|kind| now["InternetChargeType"] != kind.as_str())
    {
        return Some(format!("traffic is {}", now["InternetChargeType"]));
    }
    let has_address = !now["PublicIpAddress"].is_null();
    if internet
        .public_ip
        .is_some_and(|wanted| wanted != has_address)
    {
        return Some(format!("its address is {}", now["PublicIpAddress"]));
    }
    None
}

/// What the cloud has for a recorded field; none for those that are told otherwise.
fn real_value(path: &str, now: &Value) -> Option<String> {
    let value = match path {
        "instance_type" => &now["ConfiguredType"],
        "internet.max_bandwidth_out" => &now["InternetMaxBandwidthOut"],
        "internet.charge_type" => &now["InternetChargeType"],
        _ => return None,
    };
    Some(text(value))
}

/// I8: what is done stays done: planning again is empty, and applying that sends nothing.
async fn nothing_is_left_to_do(
    history: &History,
    store: &Store,
    stands: &BTreeMap<InstanceId, Stand>,
) {
    let cloud = history.client();
    let planned = match history.rig.plan(&cloud, &store.contents()).await {
        Ok(planned) => planned,
        Err(error) => return history.eye.object("I8", error.to_string()),
    };
    for (id, saga) in &planned.plan.sagas {
        let done = stands.get(id) == Some(&Stand::Closed(SagaOutcome::Done));
        if done && !is_touched(history, id) {
            let what = format!("{id} is done, but is planned again: {:?}", saga.changes);
            history.eye.object("I8", what);
        }
    }
    let all = planned.observed.instances.values();
    let moving = all.filter(|seen| {
        !matches!(
            seen.status,
            InstanceStatus::Running | InstanceStatus::Stopped
        )
    });
    for seen in moving {
        history
            .eye
            .object("I9", format!("{} is {} at the end", seen.id, seen.status));
    }
}

fn orders(truth: &Value) -> impl Iterator<Item = &Value> {
    truth["orders"].as_array().unwrap().iter()
}

/// One machine of the truth.
pub(crate) fn of<'a>(truth: &'a Value, id: &InstanceId) -> &'a Value {
    let machines = truth["instances"].as_array().unwrap();
    let mut machines = machines.iter();
    let machine = machines.find(|machine| machine["InstanceId"] == id.as_str());
    machine.unwrap_or(&Value::Null) // Somebody deleted it.
}

fn text(value: &Value) -> String {
    value
        .as_str()
        .map_or_else(|| value.to_string(), str::to_owned)
}
