//! The laws, read off the world and the store by code that shares nothing with planner or saga. One family of laws
//! a file; here stands which are looked at when, and what they all read.

mod ending;
mod money;
mod outcome;
mod past;
mod power;
mod records;

use std::collections::{BTreeMap, BTreeSet};

use respec::apply::RunOutcome;
use respec::model::{DesiredInstance, InstanceId};
use respec::saga::{Halt, Kind, SagaOutcome};
use serde_json::Value;

use crate::history::History;
use crate::{hooks, ways_back};

pub(crate) use outcome::first_difference;
pub(crate) use past::Past;

/// How a machine's change stands according to the journal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stand {
    Open,
    Closed(SagaOutcome),
    Halted(Halt),
    /// Past its pivot, and not taken down because others failed: it rests until a person has looked.
    HeldBack,
    /// Past its pivot, and not taken down because others are down who do not come up: the same.
    Displaced,
}

/// After an attempt that ended by itself.
pub(crate) fn after_attempt(history: &History, outcome: &RunOutcome) {
    ending::obligations_are_named(history, outcome);
    ending::the_exit_code_fits(history, outcome);
}

/// When nothing more will happen.
pub(crate) async fn at_the_end(history: &History) {
    let Some(past) = Past::of(history).await else {
        return;
    };
    let (stands, truth) = (stands(&past), history.rig.truth());
    outcome::what_succeeded_is_so(history, &truth, &past, &stands);
    money::one_paid_order(history, &truth);
    money::money_is_accounted_for(history, &truth, &past);
    money::orders_keep_their_caps(&[(history, &past)], &truth);
    power::power_is_as_it_should_be(history, &truth, &stands);
    money::every_order_is_recorded(history, &truth, &[&past], &stands);
    ways_back::are_taken(history, &past, &truth);
    hooks::nobody_is_left_out(history, &truth);
    let ours = history.rig.desired.instances.iter();
    for (id, machine) in ours.filter(|(id, _)| !is_touched(history, id)) {
        outcome::outcome_is_true(history, &truth, id, machine, &stands, &past);
    }
    outcome::nothing_is_left_to_do(history, &past, &stands).await;
    records::the_journal_is_bounded(history, &past);
    records::the_secret_is_kept(history);
}

/// The laws about money alone, for histories that need not come to rest.
pub(crate) fn money_at_the_end(history: &History, truth: &Value, past: &Past) {
    let stands = stands(past);
    money::one_paid_order(history, truth);
    money::money_is_accounted_for(history, truth, past);
    money::orders_keep_their_caps(&[(history, past)], truth);
    power::power_is_as_it_should_be(history, truth, &stands);
    money::every_order_is_recorded(history, truth, &[past], &stands);
}

/// When two machines have worked on one fleet, and nothing more will happen. What one of them did is done.
pub(crate) async fn of_two(one: &History, two: &History, exit_codes: [Option<u8>; 2]) {
    let truth = one.rig.truth();
    let (Some(first), Some(second)) = (Left::by(one).await, Left::by(two).await) else {
        return;
    };
    let both = [&first.past, &second.past];
    for (history, left) in [(one, &first), (two, &second)] {
        money::money_is_accounted_for(history, &truth, &left.past);
        records::the_journal_is_bounded(history, &left.past);
        records::the_secret_is_kept(history);
    }
    money::one_paid_order(one, &truth);
    money::orders_keep_their_caps(&[(one, &first.past), (two, &second.past)], &truth);
    money::every_order_is_recorded(one, &truth, &both, &first.stands);
    let either = either(&[&first.stands, &second.stands]);
    power::power_is_as_it_should_be(one, &truth, &either);
    outcome::done_is_done(one, &truth, &first.stands, &second.put_back);
    outcome::done_is_done(two, &truth, &second.stands, &first.put_back);
    ending::all_is_as_wanted_if_said_so(one, &truth, exit_codes[0], &second.put_back);
    ending::all_is_as_wanted_if_said_so(two, &truth, exit_codes[1], &first.put_back);
}

/// When one has gone on without the state of the other, and nothing more will happen.
pub(crate) async fn of_one_after_the_other(one: &History, two: &History, exit_code: Option<u8>) {
    let truth = one.rig.truth();
    let (Some(first), Some(second)) = (Left::by(one).await, Left::by(two).await) else {
        return;
    };
    for (history, left) in [(one, &first), (two, &second)] {
        money::money_is_accounted_for(history, &truth, &left.past);
        records::the_journal_is_bounded(history, &left.past);
    }
    money::one_paid_order(one, &truth);
    money::orders_keep_their_caps(&[(one, &first.past), (two, &second.past)], &truth);
    outcome::done_is_done(one, &truth, &first.stands, &second.put_back);
    outcome::done_is_done(two, &truth, &second.stands, &BTreeSet::new());
    ending::all_is_as_wanted_if_said_so(two, &truth, exit_code, &BTreeSet::new());
}

/// What one of two machines leaves behind.
struct Left {
    past: Past,
    stands: BTreeMap<InstanceId, Stand>,
    /// Who was not good behind a change and went back.
    put_back: BTreeSet<InstanceId>,
}

impl Left {
    /// None when its store is damaged, which breaks a law.
    async fn by(history: &History) -> Option<Self> {
        let past = Past::of(history).await?;
        Some(Self {
            stands: stands(&past),
            put_back: put_back(&past),
            past,
        })
    }
}

fn put_back(past: &Past) -> BTreeSet<InstanceId> {
    let turned = past.entries().filter_map(|entry| match &entry.kind {
        Kind::TurnedBack { instance, .. } => Some(instance.clone()),
        _ => None,
    });
    turned.collect()
}

/// Done by one is done.
fn either(all: &[&BTreeMap<InstanceId, Stand>]) -> BTreeMap<InstanceId, Stand> {
    let done = Stand::Closed(SagaOutcome::Done);
    let mut either = BTreeMap::new();
    for (id, stand) in all.iter().copied().flatten() {
        if either.get(id) != Some(&done) {
            either.insert(id.clone(), *stand);
        }
    }
    either
}

fn stands(past: &Past) -> BTreeMap<InstanceId, Stand> {
    let mut stands = BTreeMap::new();
    for entry in past.entries() {
        if let Some((instance, stand)) = stand_by(&entry.kind) {
            stands.insert(instance.clone(), stand);
        }
    }
    stands
}

/// How a machine stands by an entry that says so.
fn stand_by(kind: &Kind) -> Option<(&InstanceId, Stand)> {
    Some(match kind {
        Kind::Begun { instance, .. } | Kind::Reopened { instance } => (instance, Stand::Open),
        Kind::Closed {
            instance, outcome, ..
        } => (instance, Stand::Closed(*outcome)),
        Kind::Halted {
            instance,
            halt: Halt::Held,
            note,
        } => (instance, held(note)),
        Kind::Halted { instance, halt, .. } => (instance, Stand::Halted(*halt)),
        _ => return None,
    })
}

/// Why a machine is held, by the words beside it.
fn held(note: &str) -> Stand {
    let others_failed = ["are tolerated", "another machine"];
    // What keeps a machine from going back, or on, may last as long as a history.
    let cannot = ["not put back", "NoStock"];
    // The three limits on how many are down.
    let places = ["are down already", "one zone goes at a time"];
    let says = |words: &[&str]| words.iter().any(|word| note.contains(word));
    if says(&others_failed) || says(&cannot) {
        Stand::HeldBack
    } else if says(&places) {
        Stand::Displaced
    } else {
        Stand::Halted(Halt::Held)
    }
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

pub(crate) fn text(value: &Value) -> String {
    value
        .as_str()
        .map_or_else(|| value.to_string(), str::to_owned)
}
