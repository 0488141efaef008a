//! A small fleet for one seed: cut out of a made-up one, with limits and habits of its own.

use std::collections::BTreeSet;

use rand::RngExt as _;
use rand::seq::SliceRandom as _;
use rand_chacha::ChaCha8Rng;
use respec::model::DesiredFleet;
use respec::sim::{GenerateOptions, Scenario, generate_values};
use serde_yaml::Value;

use crate::rig::{Rig, read_manifest, read_scenario};
use crate::script::one_of;

/// Most machines of one history.
const MACHINES_MAX: usize = 12;

/// The fleet that machines are taken from: large enough to have every role.
const STOCK: u32 = 60;

/// When every machine was started, before any history begins.
const STARTED_AT: &str = "2025-12-01T08:00Z";

/// Most roles of one history, so that machines share limits.
const ROLES_MAX: usize = 4;

/// A balance that covers hardly any order, which then can be voided but not paid (R42).
const LITTLE: u32 = 50;

/// What is wanted and what is there, as it would be written down.
#[derive(Clone)]
pub(crate) struct Fleet {
    pub(crate) manifest: Value,
    pub(crate) cloud: Value,
}

/// A fleet as it was read, once however many histories begin with it.
pub(crate) struct Scene {
    pub(crate) fleet: Fleet,
    pub(crate) manifest: String,
    desired: DesiredFleet,
    scenario: Scenario,
}

impl Scene {
    pub(crate) fn read(fleet: Fleet) -> Self {
        let manifest = serde_yaml::to_string(&fleet.manifest).unwrap();
        Self {
            desired: read_manifest(&manifest),
            manifest,
            scenario: read_scenario(&serde_yaml::to_string(&fleet.cloud).unwrap()),
            fleet,
        }
    }

    /// The fleet with a cloud of its own.
    pub(crate) fn rig(&self, seed: u64) -> Rig {
        Rig::of(&self.manifest, self.desired.clone(), &self.scenario, seed)
    }
}

/// Draws one. What was added to the harness later is drawn from `later`, so that seeds keep their stories.
pub(crate) fn make(
    chance: &mut ChaCha8Rng,
    later: &mut ChaCha8Rng,
    latest: &mut ChaCha8Rng,
) -> Fleet {
    let (mut manifest, mut cloud) = generate_values(&GenerateOptions {
        machines: STOCK,
        seed: chance.random(),
        changed_percent: *one_of(&[50, 80, 100], chance),
    });
    let kept = keep_some(&mut cloud, chance);
    cloud["delays"] = delays(chance);
    if later.random_bool(0.1) {
        cloud["balance"]["available"] = LITTLE.into();
    }
    forget_the_others(&mut manifest, &kept);
    manifest["defaults"]["payment"] = payment(chance);
    vary_groups(&mut manifest, chance);
    say_nothing_of_some_stopped(&mut manifest, latest);
    Fleet { manifest, cloud }
}

/// Leaves up to a dozen machines of a few roles in the cloud; returns their ids.
fn keep_some(cloud: &mut Value, chance: &mut ChaCha8Rng) -> BTreeSet<String> {
    let instances = cloud["instances"].as_sequence_mut().unwrap();
    let role = |machine: &Value| {
        machine["Tags"]["Tag"][0]["TagValue"]
            .as_str()
            .map(str::to_owned)
    };
    let roles: BTreeSet<_> = instances.iter().map(role).collect();
    let mut roles: Vec<_> = roles.into_iter().collect();
    roles.shuffle(chance);
    roles.truncate(chance.random_range(1..=ROLES_MAX));
    instances.retain(|machine| roles.contains(&role(machine)));
    instances.shuffle(chance);
    instances.truncate(chance.random_range(1..=MACHINES_MAX));
    // Whoever runs was started long ago: a start in the minute of an order says nothing of which came first.
    for machine in instances.iter_mut() {
        machine["StartTime"] = STARTED_AT.into();
    }
    instances
        .iter()
        .map(|machine| machine["InstanceId"].as_str().unwrap().to_owned())
        .collect()
}

fn forget_the_others(manifest: &mut Value, kept: &BTreeSet<String>) {
    let is_kept = |id: &Value| kept.contains(id.as_str().unwrap());
    let groups = manifest["groups"].as_mapping_mut().unwrap();
    for (_, group) in groups.iter_mut() {
        group["ids"].as_sequence_mut().unwrap().retain(is_kept);
    }
    groups.retain(|_, group| !group["ids"].as_sequence().unwrap().is_empty());
    if let Some(instances) = manifest.get_mut("instances") {
        let instances = instances.as_mapping_mut().unwrap();
        instances.retain(|_, machine| is_kept(&machine["id"]));
    }
}

fn vary_groups(manifest: &mut Value, chance: &mut ChaCha8Rng) {
    let groups = manifest["groups"].as_mapping_mut().unwrap();
    let mut earlier: Vec<Value> = Vec::new();
    for (name, group) in groups.iter_mut() {
        let limits = ["1", "2", "50%", "100%"].map(|text| serde_yaml::from_str(text).unwrap());
        group["rollout"]["max_unavailable"] = one_of::<Value>(&limits, chance).clone();
        group["rollout"]["max_failures"] = (*one_of(&[0_u64, 1, 200], chance)).into();
        if chance.random_bool(0.3) {
            group["payment"] = payment(chance);
        }
        if chance.random_bool(0.3) && group["spec"]["power"] == "running" {
            group["spec"].as_mapping_mut().unwrap().remove("power");
        }
        group["change"] = change(chance);
        if chance.random_bool(0.2) && !earlier.is_empty() {
            group["after"] = vec![one_of(&earlier, chance).clone()].into();
        }
        earlier.push(name.clone());
    }
}

/// Machines of such a group stay as they are found.
fn say_nothing_of_some_stopped(manifest: &mut Value, latest: &mut ChaCha8Rng) {
    for (_, group) in manifest["groups"].as_mapping_mut().unwrap().iter_mut() {
        let spec = group["spec"].as_mapping_mut().unwrap();
        let stopped = spec.get("power").is_some_and(|power| power == "stopped");
        if stopped && spec.len() > 1 && latest.random_bool(0.5) {
            spec.remove("power");
            spec.remove("stopped_mode");
        }
    }
}

fn change(chance: &mut ChaCha8Rng) -> Value {
    let mut change = serde_yaml::Mapping::new();
    if chance.random_bool(0.3) {
        change.insert("prepaid_upgrade".into(), "offline".into());
    }
    if chance.random_bool(0.2) {
        change.insert("force_stop_after".into(), "90s".into());
    }
    change.insert(
        "stop_within".into(),
        (*one_of(&["2m", "5m"], chance)).into(),
    );
    change.into()
}

fn payment(chance: &mut ChaCha8Rng) -> Value {
    (*one_of(&["auto", "await"], chance)).into()
}

fn delays(chance: &mut ChaCha8Rng) -> Value {
    let mut delays = serde_yaml::Mapping::new();
    let mut millis = |name: &str, choices: &[u64]| {
        let text = format!("{}ms", one_of(choices, chance));
        delays.insert(name.into(), text.into());
    };
    millis("stop", &[3_000, 15_000, 70_000]);
    millis("start", &[3_000, 20_000, 80_000]);
    millis("modify", &[500, 3_000, 20_000]);
    millis("prepaid_modify", &[5_000, 8_000, 10_000]);
    millis("lag", &[0, 1_000, 5_000, 15_000]);
    millis("answer", &[20, 100, 2_000]);
    delays.into()
}
