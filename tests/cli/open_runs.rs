//! An open run comes first: whatever stands against going on with it, nobody stays down whom it has taken down.

use std::fs;

use serde_json::json;

use crate::house::{FAST, House};
use crate::process::{Ended, until};
use crate::shop::{APPLY, CLOUD, MACHINES, MANIFEST, WANTED, all_run_as, prepaid_shop, shop};

/// Slow enough to be met in the middle.
const SLOW: u32 = 50;

/// A house whose apply was killed when a machine was down.
fn killed_with_somebody_down(house: House) -> (House, String) {
    let mut apply = house.start(APPLY);
    until("a machine stops", || {
        house.server.world().with_status("Running").len() < 3 || apply.is_over()
    });
    apply.kill();
    drop(apply.ended());
    let run = house.last_run();
    (house, run)
}

#[track_caller]
fn all_run(house: &House, ended: &Ended) {
    let running = house.server.world().with_status("Running");
    assert_eq!(running.len(), 3, "{ended}");
}

#[test]
fn a_manifest_that_cannot_be_planned_any_more_leaves_nobody_down() {
    let (house, run) = killed_with_somebody_down(shop("open-unplannable", SLOW));
    house.edit(
        "web-3: {id: i-3,",
        "web-4: {id: i-99, spec: {instance_type: ecs.g7.xlarge}}\n  web-3: {id: i-3,",
    );
    let settled = house.run(APPLY).exits(7);
    all_run(&house, &settled);
    settled.says(&[&run, "is open", "respec cancel"]);
    house.run(&format!("cancel {run}")).exits(0);
    house.run(APPLY).exits(65).says(&["i-99"]);
}

#[test]
fn options_that_do_not_fit_the_open_run_leave_nobody_down() {
    let (house, _) = killed_with_somebody_down(shop("open-target", SLOW));
    let refused = house.run(&format!("{APPLY} -target web-1")).exits(64);
    all_run(&house, &refused);
    refused.says(&["--target leaves out", "brought up first"]);
    house.run(APPLY).exits(0);
    all_run_as(&house, WANTED);
}

#[test]
fn a_right_that_was_taken_away_leaves_nobody_down() {
    let keys = "keys:
- {id: boss, secret: boss-secret}
- {id: clerk, secret: clerk-secret, permissions: {deny: ['ecs:StopInstances']}}
";
    let house = House::with("open-rights", MANIFEST, &format!("{keys}{CLOUD}"), SLOW);
    let (mut house, _) = killed_with_somebody_down(house);
    house.set("ALIBABA_CLOUD_ACCESS_KEY_ID", "clerk");
    house.set("ALIBABA_CLOUD_ACCESS_KEY_SECRET", "clerk-secret");
    let refused = house.run(APPLY).exits(77);
    all_run(&house, &refused);
    refused.says(&["may not stop", "brought up first"]);
    house.set("ALIBABA_CLOUD_ACCESS_KEY_ID", "boss");
    house.set("ALIBABA_CLOUD_ACCESS_KEY_SECRET", "boss-secret");
    house.run(APPLY).exits(0);
    all_run_as(&house, WANTED);
}

/// A machine far away, which nothing is to be done to, is about to be out of reach for some looks.
fn shop_with_a_far_region(name: &str, n_failing: u32) -> House {
    let manifest = format!(
        "{MANIFEST}  far: {{id: i-far, region: cn-beijing, spec: {{instance_type: {WANTED}, power: stopped}}}}\n"
    );
    let looks: Vec<u32> = (2..2 + n_failing).collect();
    let cloud = format!(
        "{CLOUD}- {{InstanceId: i-far, InstanceType: {WANTED}, Status: Stopped, RegionId: cn-beijing, ZoneId: cn-beijing-b}}
faults:
- {{instance: i-far, operation: DescribeInstances, calls: {looks:?}, code: Forbidden.RAM}}
"
    );
    House::with(name, &manifest, &cloud, SLOW)
}

#[test]
fn a_region_that_cannot_be_read_leaves_nobody_down_in_another() {
    // It is asked by the apply, and twice by what brings up.
    let (house, _) = killed_with_somebody_down(shop_with_a_far_region("open-far", 3));
    let refused = house.run(APPLY).exits(77);
    all_run(&house, &refused);
    refused.says(&["brought up first", "who is seen is brought up all the same"]);
    house.run(APPLY).exits(0);
    all_run_as(&house, WANTED);

    let (house, run) = killed_with_somebody_down(shop_with_a_far_region("open-far-cancel", 2));
    let closed = house.run(&format!("cancel {run}")).exits(0);
    all_run(&house, &closed);
    closed.shows(&["is closed: its machines are up"]);
}

#[test]
fn a_saved_plan_of_something_else_settles_the_open_run_before_anything_is_held_against_it() {
    let house = shop("open-saved", SLOW);
    house.run("plan -out other.rsplan").exits(0);
    let (house, run) = killed_with_somebody_down(house);
    // By now the plan would be refused for what its machines look like.
    let settled = house.run("apply other.rsplan");
    all_run(&house, &settled);
    assert!(
        settled.code == Some(0) || settled.stderr.contains(&run),
        "{settled}"
    );
    house.run(APPLY).exits(0);
    all_run_as(&house, WANTED);
}

#[test]
fn an_option_that_comes_too_late_for_a_saved_plan_leaves_nobody_down() {
    let house = shop("open-saved-target", SLOW);
    house.run("plan -target web-2 -out other.rsplan").exits(0);
    let (house, run) = killed_with_somebody_down(house);
    let apply = "apply other.rsplan -target web-2";
    let settled = house.run(apply).exits(7);
    all_run(&house, &settled);
    settled.says(&[&run, "is another one"]);
    house.run(&format!("cancel {run}")).exits(0);
    house.run(apply).exits(64).says(&["is made already"]);
}

/// What a person has to see to weighs more than that a run is open.
#[test]
fn a_machine_that_settling_cannot_bring_up_is_the_end_of_an_apply_of_something_else() {
    let refused: Vec<u32> = (2..=80).collect();
    let faults = format!(
        "faults:
- {{operation: ModifyInstanceSpec, call: 1, code: OperationDenied.NoStock}}
- {{operation: StartInstances, calls: {refused:?}, code: InstanceLockedForSecurity}}
"
    );
    let house = House::with("open-stuck", MANIFEST, &format!("{CLOUD}{faults}"), FAST);
    house.run(APPLY).exits(8);
    house.edit(WANTED, "ecs.g7.2xlarge");
    let settled = house.run(&format!("{APPLY} -json")).exits(8);
    let last = settled.json_lines().pop().unwrap();
    assert_eq!(last["exit_code"], 8, "{settled}");
    assert!(settled.stdout.contains("is another one"), "{settled}");
}

/// In the time of a simulated cloud, since such a start is waited for forty minutes.
#[test]
fn a_machine_that_is_held_while_it_comes_up_is_waited_for_by_whoever_gives_its_run_up() {
    let slow = format!("{CLOUD}delays: {{start: 50m}}\n");
    let mut house = House::with("open-held", MANIFEST, &slow, FAST);
    house.always("--simulate fleet.cloud.yaml");
    house.run(APPLY).exits(8).shows(&["held"]);
    let run = house.last_run();
    let closed = house.run(&format!("cancel {run}")).exits(0);
    closed.shows(&[&format!("Run {run} is closed: its machines are up")]);
    let history = house.run("history -json").exits(0).json();
    assert!(!history["runs"][0]["closed_at"].is_null(), "{history}");
}

#[test]
fn a_run_whose_plan_is_lost_is_given_up_by_a_person() {
    let house = prepaid_shop("open-plan-lost", "await", FAST);
    house.run(APPLY).exits(7);
    let run = house.last_run();
    fs::remove_dir_all(house.folder.join("state/shop/plans")).unwrap();
    for command in [APPLY.to_owned(), "plan".to_owned()] {
        house.run(&command).exits(1).says(&[
            "failed to read the plan of the open run",
            ".rsplan is missing: a plan was kept in it",
            "put the folder `plans` of the state back, or see docs/recovery.md",
        ]);
    }
    let order = house.server.world().orders()[0]["OrderId"].clone();
    let order = order.as_str().unwrap();
    let asked = house.run(&format!("cancel {run}")).exits(7);
    asked.says(&["plan", "is lost", "i-1 was begun", order]);
    let given_up = house.run(&format!("cancel {run} -auto-approve")).exits(8);
    given_up.says(&["is lost"]).shows(&["is closed"]);
    house.run("plan").exits(0).shows(&[order, "R45"]);
    house.run("state check").exits(0);
    house.run("state export -out kept.jsonl").exits(0);
}

#[test]
fn an_order_of_somebody_else_that_a_run_went_on_with_is_not_cancelled_unasked() {
    let house = prepaid_shop("open-taken-up", "await", FAST);
    house.run(APPLY).exits(7);
    fs::remove_dir_all(house.folder.join("state")).unwrap();
    // Now nobody here knows that the order is ours.
    house.run(APPLY).exits(7);
    let (run, order) = (house.last_run(), house.server.world().orders()[0].clone());
    let order = order["OrderId"].as_str().unwrap();
    house
        .run(&format!("orders cancel {order} -auto-approve"))
        .exits(1)
        .says(&["somebody else"]);
    let closed = house.run(&format!("cancel {run} -auto-approve")).exits(0);
    closed.shows(&["Somebody else made", order, "They stay"]);
    let world = house.server.world();
    let payments: Vec<_> = world
        .orders()
        .iter()
        .map(|order| &order["Payment"])
        .collect();
    assert_eq!(payments, [&json!("Unpaid")]);
}

/// Only the plan of its run could tell: while somebody holds the state, and once the plan is lost, nobody can.
#[test]
fn an_order_of_which_nobody_can_tell_whose_it_is_is_not_cancelled_unasked() {
    let house = prepaid_shop("open-untold", "await", FAST);
    house.run(APPLY).exits(7);
    fs::remove_dir_all(house.folder.join("state")).unwrap();
    let order = house.server.world().orders()[0]["OrderId"].clone();
    let order = order.as_str().unwrap();
    let cancel = format!("orders cancel {order} -auto-approve");
    let doubt = format!("somebody else may have made order {order}");

    let mut waiting = house.start(&format!("{APPLY} -wait-payment 1h"));
    until("it is gone on with", || {
        let listed = house.run("orders list -json").exits(0).json();
        listed["orders"][0]["owner"] == "ours" || waiting.is_over()
    });
    house
        .run(&cancel)
        .exits(1)
        .says(&[&doubt, "is held by tester@", "--lock-timeout"]);
    let patient = house.start(&format!("{cancel} -lock-timeout 10m"));
    waiting.kill();
    drop(waiting.ended());
    let known = patient.ended().exits(1).says(&["somebody else made"]);
    assert!(!known.stderr.contains(&doubt), "{known}");
    fs::remove_dir_all(house.folder.join("state/shop/plans")).unwrap();
    house
        .run(&cancel)
        .exits(1)
        .says(&[&doubt, ".rsplan is missing", "at a terminal"]);
    assert_eq!(house.server.world().orders()[0]["Payment"], "Unpaid");

    let (asked, _keyboard) = house.start_at_a_terminal(&cancel, "yes\n");
    asked
        .ended()
        .exits(0)
        .says(&[&doubt, "Cancel them?"])
        .shows(&["is cancelled"]);
    assert_eq!(house.server.world().orders()[0]["Payment"], "Cancelled");
}

#[test]
fn a_machine_that_somebody_stopped_while_the_run_rested_is_left_to_them() {
    let manifest = MANIFEST.replace(
        "rollout: {max_unavailable: 100%}",
        "rollout: {max_unavailable: 100%, batches: [1, 100%], gates: [{after: first, approve: true}]}",
    );
    let house = House::with("open-stopped", &manifest, CLOUD, FAST);
    house.run(&format!("{APPLY} -wait-gates 0s")).exits(7);
    let run = house.last_run();
    let world = house.server.world();
    let id = MACHINES
        .iter()
        .find(|id| world.field(id, "EffectiveType") != WANTED);
    let id = id.unwrap();
    house.server.by_hand("stop", &json!({"InstanceId": id}));
    until("it is down", || {
        house.server.world().field(id, "Status") == "Stopped"
    });
    house
        .run(&format!("approve {run} --gate 1 --group cn-hangzhou"))
        .exits(0);
    let ended = house.run(APPLY).exits(3);
    assert!(
        format!("{ended}").contains("somebody has stopped it since the plan was made"),
        "{ended}"
    );
    let world = house.server.world();
    let found = ["Status", "ConfiguredType"].map(|name| world.field(id, name));
    assert_eq!(found, ["Stopped", "ecs.g7.large"], "{ended}");
    let others = MACHINES.iter().filter(|other| *other != id);
    for other in others {
        assert_eq!(world.field(other, "EffectiveType"), WANTED, "{ended}");
    }
}

#[test]
fn whoever_interrupts_a_cancel_that_reads_the_books_is_heard() {
    let plain = prepaid_shop("open-books-files", "await", FAST);
    let (manifest, cloud) = (plain.read("fleet.yaml"), plain.read("fleet.cloud.yaml"));
    let faults = "faults:\n- {operation: GetOrderDetail, times: 500, code: Throttling}\n";
    let mut house = House::with("open-books", &manifest, &format!("{faults}{cloud}"), FAST);
    house.run(APPLY).exits(7);
    let n_asked = |house: &House| house.server.calls().get("GetOrderDetail").copied();
    let before = n_asked(&house);
    // Its pauses are long enough now for somebody to lose patience.
    house.set("RESPEC_SPEED", "1");
    let cancel = house.start(&format!("cancel {} -auto-approve", house.last_run()));
    until("the books are asked", || n_asked(&house) > before);
    cancel.signal("INT");
    cancel.ended().exits(130).says(&["the run stays open"]);
    let history = house.run("history -json").exits(0).json();
    assert_eq!(history["runs"][0]["exit_code"], serde_json::Value::Null);
}

/// The run is closed by then; whether its order goes, too, is all that is left to say.
#[test]
fn a_signal_in_the_place_of_an_answer_means_no() {
    for (signal, code) in [("INT", 130), ("TERM", 143)] {
        let house = prepaid_shop(&format!("open-asked-{signal}"), "await", FAST);
        house.run(APPLY).exits(7);
        let run = house.last_run();
        let (cancel, _keyboard) = house.start_at_a_terminal(&format!("cancel {run}"), "");
        until("the run is closed", || {
            let history = house.run("history -json").exits(0).json();
            !history["runs"][0]["closed_at"].is_null()
        });
        cancel.signal(signal);
        cancel
            .ended()
            .exits(code)
            .says(&["interrupted, no order was cancelled"])
            .shows(&["is closed", "They stay", "respec orders cancel"]);
        let world = house.server.world();
        assert_eq!(world.orders()[0]["Payment"], "Unpaid");
    }
}
