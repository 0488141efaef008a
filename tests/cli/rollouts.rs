//! Rollouts as their users meet them: one machine first, gates that wait for a person, hours that are kept.

use std::fmt::Write as _;

use serde_json::Value;

use crate::house::{FAST, House};
use crate::shop::APPLY;

const WITH: &str = "--simulate fleet.cloud.yaml";

/// A group of `n` machines with this rollout, and a cloud that begins with these lines.
fn wide(name: &str, n: usize, rollout: &str, head: &str) -> House {
    let ids: Vec<String> = (1..=n).map(|n| format!("i-{n:04}")).collect();
    let manifest = format!(
        "
version: 1
fleet: wide
region: cn-hangzhou
groups:
  web:
    ids: [{}]
    spec: {{instance_type: ecs.g7.xlarge}}
    rollout: {{{rollout}}}
",
        ids.join(", ")
    );
    let mut cloud = format!("{head}\ninstances:\n");
    for id in &ids {
        let machine = "InstanceType: ecs.g7.large, ZoneId: cn-hangzhou-h";
        writeln!(cloud, "- {{InstanceId: {id}, {machine}}}").unwrap();
    }
    House::with(name, &manifest, &cloud, FAST)
}

/// The machines of the kept world.
fn machines(house: &House) -> Vec<Value> {
    let worlds = std::fs::read_dir(house.folder.join("state/simulated")).unwrap();
    let world = worlds.last().unwrap().unwrap().path().join("world.json");
    let world: Value = serde_json::from_slice(&std::fs::read(world).unwrap()).unwrap();
    match &world["instances"] {
        Value::Object(all) => all.values().cloned().collect(),
        Value::Array(all) => all.clone(),
        other => panic!("{other}"),
    }
}

#[test]
fn a_type_that_is_sold_out_after_the_stop_touches_one_machine_of_two_hundred() {
    let sold_out = "faults: [{operation: ModifyInstanceSpec, code: OperationDenied.NoStock}]";
    let rollout = "batches: [1, 100%], max_failures: 0, max_unavailable: 100%";
    let house = wide("sold-out", 200, rollout, sold_out);
    let events = house
        .run_without_cloud(&format!("{APPLY} -json {WITH}"))
        .exits(3)
        .json_lines();
    let of = |kind: &str| events.iter().filter(|event| event["type"] == kind).count();
    assert_eq!((of("apply_start"), of("left_alone")), (1, 199));
    let touched: Vec<&Value> = events
        .iter()
        .filter(|event| event["type"] == "step_start")
        .map(|event| &event["hook"]["resource"]["resource_key"])
        .collect();
    assert!(touched.iter().all(|id| *id == touched[0]), "{touched:?}");
    let machines = machines(&house);
    assert_eq!(machines.len(), 200);
    for machine in &machines {
        let truth = &machine["truth"];
        assert_eq!(truth["Status"], "Running", "{truth}");
        assert_eq!(truth["InstanceType"], "ecs.g7.large", "{truth}");
    }
}

#[test]
fn a_gate_is_opened_by_a_person_and_history_tells_who() {
    let rollout = "batches: [1, 100%], max_unavailable: 100%, gates: [{after: 1, approve: true}]";
    let house = wide("gate", 3, rollout, "");
    let run = |args: &str| house.run_without_cloud(&format!("{args} {WITH}"));
    let paused = run(APPLY).exits(7);
    paused.shows(&[
        "Apply not complete: of 3 machines, 1 changed, 2 not begun.",
        "the gate after batch 1 of group web waits to be approved",
        "--gate 1 --group web",
    ]);
    let history = run("history -json").exits(0).json();
    let name = history["runs"][0]["run"].as_str().unwrap().to_owned();
    run(&format!("approve {name} -gate 2"))
        .exits(64)
        .says(&["gate 2 does not wait for anybody", "--gate 1 --group web"]);
    run(&format!("approve {name} --gate 1"))
        .exits(0)
        .shows(&["The gate after batch 1 of group web is open."]);
    run(&format!("approve {name} --gate 1")).exits(64);
    run(APPLY).exits(0);
    run(&format!("history {name}")).exits(0).shows(&[
        "after batch 1 of group web",
        "tester@",
        "1 of group web ended",
    ]);
    run(&format!("approve {name} --gate 1"))
        .exits(64)
        .says(&["is not open"]);
}

#[test]
fn an_open_run_keeps_its_machines_and_goes_on_only_as_it_was_asked_to() {
    let rollout = "batches: [1, 100%], max_unavailable: 100%, gates: [{after: 1, approve: true}]";
    let house = wide("open", 3, rollout, "");
    let run = |command: &str| house.run(&format!("{command} {WITH}"));
    run("apply -auto-approve").exits(7);
    // What it has not begun yet is not offered as a new change.
    run("plan -detailed-exitcode")
        .exits(2)
        .shows(&["Blocked: 2 machines", "is open and has not done with it"]);
    run("apply -auto-approve -target i-0001").exits(64).says(&[
        "which is about machines that --target leaves out",
        "i-0002",
        "respec cancel",
    ]);
    run("apply -auto-approve -no-price -target web").exits(7);
    // Another wish: what the open run is told to do next is said once, and is right.
    house.edit("ecs.g7.xlarge", "ecs.g7.2xlarge");
    let other = run("apply -auto-approve").exits(7);
    let misleads = other.stderr.contains("goes on where this run stopped");
    assert!(!misleads, "{other}");
    other.says(&["settling it first", "respec apply --continue"]);
}

#[test]
fn a_run_of_which_nothing_may_begin_is_not_opened_unless_somebody_says_why() {
    let house = wide("frozen", 2, "max_unavailable: 100%", "");
    let freeze =
        "freezes: [{from: 2025-12-31, to: 2026-01-03, time_zone: UTC, reason: \"new year\"}]";
    let manifest = house.read("fleet.yaml") + freeze + "\n";
    house.write("fleet.yaml", manifest);
    let run = |args: &str| house.run_without_cloud(&format!("{args} {WITH}"));
    run(APPLY).exits(6).says(&[
        "nothing may begin now",
        "frozen until",
        "new year",
        "--now --reason TEXT",
    ]);
    run("history").exits(1);
    run(&format!("{APPLY} -now")).exits(64);
    run(&format!("{APPLY} -now -reason=")).exits(64);
    // Somebody says why; the space of a reason would end it here.
    run(&format!("{APPLY} -now -reason=urgent")).exits(0);
    let history = run("history -json").exits(0).json();
    let name = history["runs"][0]["run"].as_str().unwrap().to_owned();
    run(&format!("history {name}"))
        .exits(0)
        .shows(&["waived by tester@", "urgent"]);
}

/// Stops of 15 s, changes of 3 s, starts of 20 s, a thousand calls a minute, a fifth down at once: five
/// outages one after the other are the shortest that can be.
#[test]
fn a_thousand_machines_a_fifth_at_once_take_little_longer_than_they_must() {
    let (peak, figures) = a_day_of_a_thousand("20%", 5.0 * OUTAGE);
    println!("{figures}");
    assert_eq!(peak, 200);
}

/// All of them may be down at once: whoever is stopped earlier than it can be changed only waits out of
/// service. The last change can be asked for a minute after the first.
#[test]
fn a_thousand_machines_at_once_are_stopped_no_faster_than_they_can_be_changed() {
    let (peak, figures) = a_day_of_a_thousand("100%", 60.0 + OUTAGE);
    println!("{figures}");
    assert!(peak < 1_000, "{peak}");
}

/// The shortest outage, with its round trips: 15 s, 3 s and 20 s.
const OUTAGE: f64 = 38.5;

/// Rehearses it, and compares its figures with the shortest day there can be; the most
/// that were down at once, and all figures in a line.
fn a_day_of_a_thousand(at_once: &str, shortest: f64) -> (u64, String) {
    let rates = "{calls: 1000, per: 60s}";
    let head = format!(
        "delays: {{stop: 15s, modify: 3s, start: 20s, lag: 0s}}
throttle: {{ModifyInstanceSpec: {rates}, StopInstances: {rates}, StartInstances: {rates}, DescribeInstances: {rates}}}"
    );
    let rollout = format!("batches: [100%], max_unavailable: {at_once}");
    let house = wide(&format!("thousand-{at_once}"), 1000, &rollout, &head);
    let rehearsed = house.run_without_cloud(&format!("rehearse -json -parallelism 1000 {WITH}"));
    let day = rehearsed.exits(0).json()["good_day"].clone();
    let makespan = day["makespan"].as_f64().unwrap();
    let calls = day["calls"].as_object().unwrap().values();
    let calls: u64 = calls.map(|n| n.as_u64().unwrap()).sum();
    let downtime = day["downtime"].as_object().unwrap();
    let sum: f64 = downtime.values().map(|secs| secs.as_f64().unwrap()).sum();
    let (mean, peak) = (sum / 1_000.0, day["peak"].as_u64().unwrap());
    assert!(makespan <= 1.15 * shortest, "{makespan}");
    assert!(calls <= 1_520, "{}", day["calls"]);
    assert!(mean <= 1.25 * OUTAGE, "{mean}");
    assert_eq!(day["exit_code"], 0);
    // A call that was refused for the rate would have been sent again.
    assert_eq!(day["calls"]["ModifyInstanceSpec"], 1_000);
    let figures = format!("{makespan} s, {calls} calls, {mean} s down on average, {peak} at once");
    (peak, figures)
}
