//! `on_failure: revert`: one machine is not good on its new type and goes back to its old one, alone, also
//! when the program is killed on the way; and where that costs money or cannot be, it stays and is held.

use std::os::unix::fs::PermissionsExt as _;

use serde_json::{Value, json};

use crate::house::{FAST, House};
use crate::process::until;
use crate::shop::{APPLY, CLOUD, MACHINES, WANTED};

/// Slow enough that a kill finds a machine in the middle.
const SLOW: u32 = 100;

const OLD: &str = "ecs.g7.large";

/// A group of three, drained and undrained, of which the second is not good as anything but this type.
fn group(name: &str, good_as: &str, cloud: &str, speed: u32) -> House {
    let manifest = format!(
        "
version: 1
fleet: shop
region: cn-hangzhou
groups:
  web:
    ids: [i-1, i-2, i-3]
    spec: {{instance_type: {WANTED}}}
    payment: auto
    rollout:
      batches: [1, 100%]
      on_failure: revert
      before_stop: [./log.sh, drain]
      after_start: [./log.sh, undrain]
      health: {{ready: {{command: [./ready.sh, \"{{id}} {{instance_type}}\"]}}, within: 1m}}
"
    );
    let house = House::with(name, &manifest, cloud, speed);
    script(&house, "log.sh", "echo \"$1 $RESPEC_ID\" >> log\n");
    let ready = format!("case \"$1\" in 'i-2 {good_as}') ;; i-2*) exit 1 ;; esac\n");
    script(&house, "ready.sh", &ready);
    house
}

fn script(house: &House, name: &str, body: &str) {
    house.write(name, format!("#!/bin/sh\n{body}"));
    let path = house.folder.join(name);
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o755)).unwrap();
}

/// All run, the first as wanted, the second as this type, the third as it was.
#[track_caller]
fn stand_as(house: &House, second: &str) {
    let world = house.server.world();
    for (id, wanted) in MACHINES.iter().zip([WANTED, second, OLD]) {
        let found = ["Status", "ConfiguredType", "EffectiveType"].map(|name| world.field(id, name));
        assert_eq!(found, ["Running", wanted, wanted], "{id}");
    }
}

fn log(house: &House) -> Vec<String> {
    house.read("log").lines().map(str::to_owned).collect()
}

/// Each machine's outages, of which the second one has had two.
const THERE_AND_BACK: [&str; 6] = [
    "drain i-1",
    "undrain i-1",
    "drain i-2",
    "undrain i-2",
    "drain i-2",
    "undrain i-2",
];

/// The entries of the last run, each by its kind.
fn journal(house: &House) -> Vec<Value> {
    let run = house.last_run();
    let journal = house.run(&format!("history {run} -json")).exits(0).json();
    let entries = journal["entries"].as_array().unwrap().iter();
    entries.map(|entry| entry["kind"].clone()).collect()
}

/// How often the last run has turned a machine back.
fn turns(house: &House) -> usize {
    let kinds = journal(house);
    let turned = kinds.iter().filter(|kind| kind["kind"] == "turned_back");
    turned.count()
}

#[test]
fn the_second_of_three_is_put_back_and_the_third_is_not_touched() {
    let house = group("revert", OLD, CLOUD, FAST);
    house.run("plan").exits(0).shows(&[
        "on failure: put back to ecs.g7.large, ~38s down more",
        "not good is put back",
    ]);
    let ended = house.run(APPLY).exits(3);
    ended.says(&[
        "Turning back",
        "to ecs.g7.large: it runs and was not good within 60 s",
    ]);
    stand_as(&house, OLD);
    assert_eq!(log(&house), THERE_AND_BACK);
    assert_eq!(turns(&house), 1);
    // There, there, and back.
    assert_eq!(house.server.calls()["ModifyInstanceSpec"], 3);
    house.run("drift").exits(0);
    house
        .run("plan -detailed-exitcode")
        .exits(2)
        .shows(&["2 to change"]);
}

/// Whether it has come.
type Moment = fn(&House) -> bool;

#[test]
fn whoever_is_killed_on_the_way_back_is_followed_by_one_who_goes_on_with_it() {
    let moments: [(&str, Moment); 4] = [
        ("turned", |house| log(house).len() == 4),
        ("drained", |house| log(house).len() == 5),
        ("stopped", |house| {
            log(house).len() == 5 && house.server.world().with_status("Running").len() == 2
        }),
        ("changed", |house| {
            log(house).len() == 5 && house.server.world().field("i-2", "ConfiguredType") == OLD
        }),
    ];
    for (name, moment) in moments {
        // Long outages, so that nobody who looks every now and then misses the moment.
        let cloud = format!("delays: {{stop: 60s, start: 120s}}\n{CLOUD}");
        let house = group(&format!("revert-kill-{name}"), OLD, &cloud, SLOW);
        let mut apply = house.start(APPLY);
        until(name, || {
            (house.has("log") && moment(&house)) || apply.is_over()
        });
        apply.kill();
        drop(apply.ended());
        let again = house.run(APPLY).exits(3);
        again.says(&["Going on with run"]);
        stand_as(&house, OLD);
        assert_eq!(house.server.calls()["ModifyInstanceSpec"], 3, "{name}");
        assert_eq!(turns(&house), 1, "{name}");
        assert_eq!(log(&house).last().unwrap(), "undrain i-2", "{name}");
        house
            .run("plan -detailed-exitcode")
            .exits(2)
            .shows(&["2 to change"]);
    }
}

#[test]
fn an_interrupt_on_the_way_back_leaves_it_up_and_the_next_apply_goes_on() {
    let house = group("revert-int", OLD, CLOUD, SLOW);
    let apply = house.start(APPLY);
    until("it cools down", || {
        house.has("log") && log(&house).len() == 4
    });
    apply.signal("INT");
    apply.ended().exits(130);
    assert_eq!(house.server.world().with_status("Running").len(), 3);
    house.run(APPLY).exits(3);
    stand_as(&house, OLD);
    assert_eq!(log(&house), THERE_AND_BACK);
}

#[test]
fn a_subscription_is_held_because_its_order_is_not_taken_back() {
    let cloud = CLOUD.replace("InstanceName", "InstanceChargeType: PrePaid, InstanceName");
    let house = group("revert-prepaid", OLD, &cloud, FAST);
    house
        .run("plan")
        .exits(0)
        .shows(&["on failure: not put back, but held: an order"]);
    let ended = house.run(APPLY).exits(8);
    ended.says(&["not put back: an order cannot be taken back"]);
    let world = house.server.world();
    assert_eq!(world.with_status("Running").len(), 3);
    assert_eq!(world.field("i-2", "EffectiveType"), WANTED);
    assert_eq!(world.field("i-3", "EffectiveType"), OLD);
    assert_eq!(turns(&house), 0);
    assert_eq!(house.server.calls()["ModifyPrepayInstanceSpec"], 3);
}

#[test]
fn a_machine_whose_old_type_is_gone_by_then_runs_on_and_goes_back_when_there_is_one() {
    let cloud = CLOUD.to_owned()
        + "faults: [{operation: ModifyInstanceSpec, instance: i-2, call: 2, code: OperationDenied.NoStock}]\n";
    let house = group("revert-stock", OLD, &cloud, FAST);
    let ended = house.run(APPLY).exits(8);
    ended.says(&[
        "not put back: ModifyInstanceSpec",
        "OperationDenied.NoStock",
    ]);
    stand_as(&house, WANTED);
    assert_eq!(log(&house), THERE_AND_BACK);

    // It is looked at once more, is no better, and can be put back now.
    house.run(APPLY).exits(3);
    stand_as(&house, OLD);
    assert_eq!(turns(&house), 2);
}

#[test]
fn a_machine_whose_old_type_is_not_offered_any_more_is_not_stopped_for_it() {
    let rare = "
catalogue:
- {type: ecs.g7.large, vcpus: 2, memory_gib: 8, price_hour: 0.5, bandwidth_max: 100, zones: [cn-hangzhou-h], stock: {cn-hangzhou-h: 0}}
- {type: ecs.g7.xlarge, vcpus: 4, memory_gib: 16, price_hour: 1.0, bandwidth_max: 100, zones: [cn-hangzhou-h]}
- {type: ecs.c7.large, vcpus: 2, memory_gib: 4, price_hour: 0.4, bandwidth_max: 100, zones: [cn-hangzhou-h]}
";
    let other = "- {InstanceId: i-9, InstanceName: other, InstanceType: ecs.c7.large}\n";
    let house = group("revert-gone", OLD, &format!("{CLOUD}{other}{rare}"), SLOW);
    let apply = house.start(APPLY);
    until("it cools down", || {
        house.has("log") && log(&house).len() == 4
    });
    // Somebody takes both places that the two have left.
    for id in ["i-9", "i-1"] {
        let taken = json!({"InstanceId": id, "InstanceType": OLD});
        house.server.by_hand("modify", &taken);
    }
    let ended = apply.ended().exits(8);
    ended.says(&["not put back: ecs.g7.large is out of stock in cn-hangzhou-h"]);
    let world = house.server.world();
    assert_eq!(world.field("i-2", "EffectiveType"), WANTED);
    assert_eq!(world.with_status("Running").len(), 4);
    assert_eq!(log(&house), THERE_AND_BACK[..4]);

    // Its service has recovered: there is nothing to put back any more.
    script(&house, "ready.sh", "exit 0\n");
    let more = house.run(APPLY).exits(0);
    assert_eq!(
        house.server.world().field("i-2", "EffectiveType"),
        WANTED,
        "{more}"
    );
    assert_eq!(turns(&house), 1);
}

#[test]
fn a_command_that_fails_behind_a_good_machine_takes_nothing_back() {
    let house = group("revert-hook", WANTED, CLOUD, FAST);
    script(&house, "log.sh", "[ \"$1 $RESPEC_ID\" != 'undrain i-2' ]\n");
    let ended = house.run(APPLY).exits(8);
    ended.says(&["that is done only when its health check fails"]);
    stand_as(&house, WANTED);
}
