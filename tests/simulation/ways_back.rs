//! Machines that turn out not to be good on their new type: drawn for a history, and what must become of
//! them when their group puts them back.

use std::collections::{BTreeMap, BTreeSet};

use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;
use respec::model::InstanceId;
use respec::plan::WayBack;
use respec::saga::{Direction, FailureCause, Halt, Kind, SagaOutcome, StepEvent};
use serde_json::Value as Truth;
use serde_yaml::Value;

use crate::chains;
use crate::fleet::Fleet;
use crate::history::History;
use crate::laws::{Past, of, text};

/// Draws apart from everything else, so that no other story changes.
const OWN_SEED: u64 = 0x00ba_c57e_95ed;

/// Lets some groups put back who is not good, and some of their machines be no good on their new type.
pub(crate) fn vary(fleet: &mut Fleet, seed: u64) {
    let mut chance = ChaCha8Rng::seed_from_u64(seed ^ OWN_SEED);
    if chance.random_bool(0.5) {
        return;
    }
    let Fleet { manifest, cloud } = fleet;
    let mut ill: Vec<(String, Value)> = Vec::new();
    for (_, group) in manifest["groups"].as_mapping_mut().unwrap().iter_mut() {
        if chance.random_bool(0.4) {
            continue;
        }
        let health = "{ready: {command: [./ready.sh]}, within: 2m}";
        group["rollout"]["health"] = serde_yaml::from_str(health).unwrap();
        group["rollout"]["on_failure"] = "revert".into();
        let wanted = group["spec"]["instance_type"].clone();
        for id in group["ids"].as_sequence().unwrap() {
            if !wanted.is_null() && chance.random_bool(0.6) {
                ill.push((id.as_str().unwrap().to_owned(), wanted.clone()));
            }
        }
    }
    for (id, wanted) in ill {
        if can_go_back(cloud, &id) {
            cloud["particulars"][&*id]["never_ready_on"] = vec![wanted].into();
        }
    }
}

/// Everybody else would rest until a person came, and none comes in a history.
fn can_go_back(cloud: &Value, id: &str) -> bool {
    let mut machines = cloud["instances"].as_sequence().unwrap().iter();
    let machine = machines.find(|machine| machine["InstanceId"] == id);
    machine.is_some_and(|machine| {
        let postpaid = machine["InstanceChargeType"] != "PrePaid";
        let runs = machine["Status"].is_null() || machine["Status"] == "Running";
        postpaid && runs
    })
}

/// I16: who was not good behind its change is on its way back, or it is said why it is not; and who is
/// back runs as it did.
pub(crate) fn are_taken(history: &History, past: &Past, truth: &Truth) {
    let plans = history.plans.borrow();
    // Who is back, and the bandwidth that its run found it with: another run may have changed that before.
    let mut turned_last: BTreeMap<InstanceId, Option<Truth>> = BTreeMap::new();
    for (run, entries) in past.runs() {
        let plan = &plans[run];
        let mut failed: BTreeSet<InstanceId> = BTreeSet::new();
        for (nth, entry) in entries.iter().enumerate() {
            match &entry.kind {
                Kind::Step {
                    at,
                    event: StepEvent::Failed { failure },
                } if failure.cause == FailureCause::Unhealthy
                    && at.direction == Direction::Forward =>
                {
                    let back = chains::is_back(&entries[..nth], run, &at.instance);
                    let saga = &plan.sagas[&at.instance];
                    if !back
                        && matches!(&saga.way_back, Some(WayBack::By { from, .. }) if *from == at.step)
                    {
                        failed.insert(at.instance.clone());
                    }
                }
                Kind::TurnedBack { instance, .. } | Kind::Reopened { instance } => {
                    failed.remove(instance);
                }
                Kind::Halted {
                    instance,
                    halt: Halt::Held,
                    note,
                } if failed.contains(instance) => {
                    let what = format!("{instance} is not good and stays: {note}");
                    history.eye.object("I16", what);
                }
                // A later run changes it anew: what it had come back to is no longer what it is held to. Where this
                // way ends is judged by its own end, and a way back that is not gone to the end is said above.
                Kind::Begun { instance, .. } => {
                    turned_last.remove(instance);
                }
                Kind::Closed {
                    instance, outcome, ..
                } => {
                    let back = chains::is_back(&entries[..nth], run, instance)
                        && *outcome == SagaOutcome::Undone;
                    let found = &plan.sagas[instance].fingerprint;
                    let found = serde_json::to_value(found).unwrap();
                    let bandwidth = found["internet.max_bandwidth_out"].clone();
                    turned_last.insert(instance.clone(), back.then_some(bandwidth));
                }
                _ => {}
            }
        }
    }
    run_as_they_did(history, &turned_last, truth);
}

/// Whoever was put back last, and by nobody's hand since, runs as it did, with the bandwidth that its run found.
fn run_as_they_did(
    history: &History,
    turned_last: &BTreeMap<InstanceId, Option<Truth>>,
    truth: &Truth,
) {
    let touched = history.eye.touched.borrow();
    let is_back = turned_last.iter().filter(|(id, _)| !touched.contains(*id));
    for (id, bandwidth) in is_back.filter_map(|(id, found)| Some((id, found.as_ref()?))) {
        let (was, is) = (of(&history.first_truth, id), of(truth, id));
        let out = "InternetMaxBandwidthOut";
        let was = [
            ("EffectiveType", text(&was["EffectiveType"])),
            ("Status", text(&was["Status"])),
            (out, text(bandwidth)),
        ];
        for (field, was) in was {
            let is = text(&is[field]);
            if was != is {
                let what = format!("{id} was put back: {field} was {was}, is {is}");
                history.eye.object("I16", what);
            }
        }
    }
}
