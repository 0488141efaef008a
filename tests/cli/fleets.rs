//! From a first look to a fleet as wanted, and what a hand in the console does to it.

use std::fs;

use serde_json::json;

use crate::house::{FAST, House};
use crate::shop::{APPLY, shop};

#[test]
fn the_first_apply_changes_what_differs_and_drift_tells_a_hand_in_the_console() {
    let house = House::generated("first", "--machines 20 --seed 7 --changed 50%", FAST);
    let plan = house.run("plan -detailed-exitcode").exits(2);
    plan.shows(&["first run: 10 adopted as found, 10 to change"]);
    house
        .run("drift")
        .exits(1)
        .says(&["nothing was ever recorded"]);

    let applied = house
        .run("apply -auto-approve -allow-unknown-price")
        .exits(0);
    applied.shows(&["Apply complete! Resources: 0 added, 10 changed, 0 destroyed."]);
    house.run("plan -detailed-exitcode").exits(0);
    house.run("drift").exits(0);
    let state = house.run("state list").exits(0);
    assert_eq!(state.stdout.lines().count(), 20, "{state}");

    let id = house.server.world().with_status("Running")[0].clone();
    let edit = json!({"InstanceId": id, "InternetMaxBandwidthOut": 77});
    house.server.by_hand("modify", &edit);
    let drift = house.run("drift").exits(2);
    drift.shows(&[&id, "max_bandwidth_out", "77"]);
}

#[test]
fn one_machine_that_is_gone_is_drift_and_two_of_three_are_the_wrong_key_or_region() {
    let house = shop("drift-gone", FAST);
    house.run(APPLY).exits(0);
    let release = |id: &str| house.server.by_hand("delete", &json!({"InstanceId": id}));
    release("i-1");
    house
        .run("drift")
        .exits(2)
        .shows(&["web-1", "is not there any more", "1 vanished"]);
    release("i-2");
    for command in ["drift", "drift -json"] {
        let refused = house.run(command).exits(1);
        assert_eq!(refused.stdout, "", "{command}");
        refused.says(&[
            "2 of 3 recorded machines are not there",
            "check credentials, region and endpoint",
        ]);
    }
    // Whoever has taken them out of the manifest knows that they are gone.
    let manifest = house.read("fleet.yaml");
    let stays = |line: &&str| !line.contains("id: i-1") && !line.contains("id: i-2");
    let manifest: Vec<&str> = manifest.lines().filter(stays).collect();
    house.write("fleet.yaml", manifest.join("\n"));
    let known = house.run("drift").exits(2);
    known.shows(&["web-1", "web-2", "2 vanished"]);
}

#[test]
fn a_plan_of_a_thousand_machines_takes_few_calls_and_little_memory() {
    let house = House::generated("thousand", "--machines 1000 --seed 7 --changed 10%", FAST);
    let clock = respec::clock::SystemClock::new(1);
    let mut plan = house.start("plan -no-price");
    let mut peak = 0;
    crate::process::until("the plan is made", || {
        let status = fs::read_to_string(format!("/proc/{}/status", plan.id()));
        peak = peak_memory(&status.unwrap_or_default()).unwrap_or(peak);
        plan.is_over()
    });
    let took = respec::clock::Clock::elapsed(&clock);
    plan.ended().exits(0).shows(&["100 to change"]);

    let calls = house.server.calls();
    // Ten pages, who we are, which orders are open, which bought bandwidth for a while, and which were paid behind the last start of
    // a subscription that is not on record; the questions grow with zones and types, not with machines. Prices come on top: see the
    // story of the five hundred.
    let questions = [
        "DescribeResourcesModification",
        "DescribeBandwidthLimitation",
    ];
    let questions: u64 = questions.iter().map(|name| calls[*name]).sum();
    assert!(questions <= 34, "{calls:?}");
    assert!(calls.values().sum::<u64>() <= 20 + questions, "{calls:?}");
    // A release build stays under 2 s and 100 MB; this may be a debug build on a busy machine, whose time says nothing.
    assert!((1..300 * 1024).contains(&peak), "{peak} kB");
    println!("1,000 machines: {took:?}, {peak} kB, {calls:?}");
}

/// `VmHWM` in kB; a process that has ended has none.
fn peak_memory(status: &str) -> Option<u64> {
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.split_whitespace().next()?.parse().ok()
}
