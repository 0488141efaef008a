//! `rehearse`: what it foretells comes true, it touches nothing, and its bad days are the same every time.

use std::collections::BTreeMap;
use std::fs;

use serde_json::Value;

use crate::house::{FAST, House};
use crate::shop::{APPLY, WANTED, all_run_as, shop};

const WITH: &str = "--simulate fleet.cloud.yaml";

/// Largest difference between a foretold duration and the real one.
const TOLERANCE: f64 = 0.02;

fn fleet(name: &str) -> House {
    House::generated(name, "--machines 20 --seed 11 --changed 60%", FAST)
}

#[test]
fn what_a_rehearsal_foretells_is_what_apply_then_does() {
    let house = fleet("rehearsed");
    let run = |args: &str| house.run_without_cloud(&format!("{args} {WITH}"));
    let foretold = run("rehearse -json").exits(0).json();
    let good = &foretold["good_day"];

    let events = run(&format!("{APPLY} -json")).exits(0).json_lines();
    let changing: BTreeMap<String, u64> = calls(&house)
        .into_iter()
        .filter(|(name, _)| is_change(name))
        .collect();
    let foretold_changing: BTreeMap<String, u64> = good["calls"]
        .as_object()
        .unwrap()
        .iter()
        .filter(|(name, _)| is_change(name))
        .map(|(name, n)| (name.clone(), n.as_u64().unwrap()))
        .collect();
    assert_eq!(foretold_changing, changing);

    let summary = events
        .iter()
        .rev()
        .find(|event| event["type"] == "change_summary")
        .unwrap();
    assert_eq!(good["totals"]["done"], summary["changes"]["change"]);
    let took = elapsed(&events);
    let makespan = good["makespan"].as_f64().unwrap();
    assert!(
        (makespan - took).abs() <= took * TOLERANCE,
        "{makespan} s foretold, {took} s taken"
    );
}

#[test]
fn a_rehearsal_changes_neither_fleet_nor_state_and_says_what_its_copy_does_not_know() {
    let house = shop("rehearsed-for-real", FAST);
    house.run("rehearse --faults 3").exits(0).shows(&[
        "nothing was changed",
        "with exit code 0: 3 done of 3 machines",
        "3 bad days (seeds 1 to 3)",
        "The copy does not know",
        "how long your machines take",
    ]);
    assert_eq!(house.server.n_changing_calls(), 0);
    assert!(!house.has("state"));

    house.run("plan -out saved.rsplan").exits(0);
    let by_plan = house.run("rehearse saved.rsplan -json").exits(0).json();
    assert_eq!(by_plan["good_day"]["totals"]["done"], 3);
    assert_eq!(by_plan["bad_days"], Value::Array(Vec::new()));
    for option in ["-target web-1", "-no-price", "-accept-stopped"] {
        house
            .run(&format!("rehearse saved.rsplan {option}"))
            .exits(64)
            .says(&["this plan is made already"]);
    }
    house
        .run("rehearse fleet.yaml")
        .exits(4)
        .says(&["fleet.yaml"]);
    assert_eq!(house.server.n_changing_calls(), 0);

    house.run(APPLY).exits(0);
    house
        .run("rehearse")
        .exits(0)
        .shows(&["Nothing to rehearse"]);
}

#[test]
fn a_copy_knows_what_is_retired_and_whose_input_and_output_are_not_optimized() {
    let manifest = "
version: 1
fleet: shop
region: cn-hangzhou
defaults: {change: {system_disk_category: cloud_ssd}, rollout: {max_unavailable: 100%}}
instances:
  old-1: {id: i-1, spec: {instance_type: ecs.g7.xlarge}}
  old-2: {id: i-2, spec: {instance_type: ecs.g7.xlarge}}
  web-3: {id: i-3, spec: {instance_type: ecs.g7.xlarge}}
";
    let cloud = "
catalogue:
- {type: ecs.s2.large, vcpus: 2, memory_gib: 4, price_hour: 0.3, Generation: ecs-1}
instances:
- {InstanceId: i-1, InstanceType: ecs.s2.large}
- {InstanceId: i-2, InstanceType: ecs.s2.large, IoOptimized: false}
- {InstanceId: i-3, InstanceType: ecs.g7.large}
";
    let house = House::with("rehearsed-old-types", manifest, cloud, FAST);
    house
        .run("rehearse")
        .exits(0)
        .shows(&["with exit code 0: 3 done of 3 machines"]);
    house.run(APPLY).exits(0);
    all_run_as(&house, WANTED);
}

#[test]
fn equal_seeds_give_equal_bad_days_whoever_plays_them() {
    let house = fleet("bad-days");
    let days = |args: &str| {
        let command = format!("rehearse -json {WITH} {args}");
        house.run_without_cloud(&command).exits(0).json()
    };
    let first = days("--faults 3 --seed 40");
    assert_eq!(first, days("--faults 3 --seed 40"));
    let day = |of: &Value, nth: usize| of["bad_days"][nth].clone();
    assert_eq!(day(&first, 2), day(&days("--faults 1 --seed 42"), 0));
    assert_ne!(day(&first, 0)["figures"], first["good_day"]);
}

/// Calls of the kept world, by operation.
fn calls(house: &House) -> BTreeMap<String, u64> {
    let worlds = fs::read_dir(house.folder.join("state/simulated")).unwrap();
    let world = worlds.last().unwrap().unwrap().path().join("world.json");
    let world: Value = serde_json::from_slice(&fs::read(world).unwrap()).unwrap();
    let calls = world["calls"].as_object().unwrap().iter();
    // A dry run changes nothing; a rehearsal, on whose copy everything is allowed, asks for no rights.
    let meant = |of: &Value| of["calls"].as_u64().unwrap() - of["dry_runs"].as_u64().unwrap_or(0);
    calls.map(|(name, of)| (name.clone(), meant(of))).collect()
}

fn is_change(operation: &str) -> bool {
    ["Start", "Stop", "Modify", "Allocate"]
        .iter()
        .any(|verb| operation.starts_with(verb))
}

/// Seconds from the first to the last event of a run.
fn elapsed(events: &[Value]) -> f64 {
    let at = |event: &Value| -> jiff::Timestamp {
        event["@timestamp"].as_str().unwrap().parse().unwrap()
    };
    let (first, last) = (at(&events[0]), at(events.last().unwrap()));
    last.duration_since(first).as_secs_f64()
}
