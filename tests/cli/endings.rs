//! Runs that do not end as planned: paused, partly done, interrupted; and how the next one ends them.

use serde_json::json;

use crate::house::{FAST, House};
use crate::process::{Running, until};
use crate::shop::{APPLY, MACHINES, WANTED, all_run_as, prepaid_shop, shop};

/// Slow enough that a signal finds machines down: a stop takes three quarters of a second.
const SLOW: u32 = 20;

#[test]
fn an_unpaid_order_pauses_the_run_until_somebody_pays_it() {
    let house = prepaid_shop("await", "await", FAST);
    let paused = house.run(APPLY).exits(7);
    let world = house.server.world();
    let order = world.orders()[0]["OrderId"].as_str().unwrap().to_owned();
    assert!(format!("{paused}").contains(&order), "{paused}");
    assert_eq!(world.field("i-1", "Status"), "Running");

    let again = house.run(APPLY).exits(7);
    assert!(format!("{again}").contains(&order), "{again}");
    house.run("plan -detailed-exitcode").exits(2);
    assert_eq!(house.server.world().orders().len(), 1);

    house.server.by_hand("pay", &json!({"OrderId": order}));
    house.run(APPLY).exits(0);
    let world = house.server.world();
    assert_eq!(world.field("i-1", "EffectiveType"), WANTED);
    assert_eq!(world.orders().len(), 1);
    house.run("plan -detailed-exitcode").exits(0);
}

#[test]
fn a_run_with_an_unpaid_order_can_be_given_up_and_the_order_is_named() {
    let house = prepaid_shop("await-cancel", "await", FAST);
    house.run(APPLY).exits(7);
    let order = house.server.world().orders()[0]["OrderId"].clone();
    let order = order.as_str().unwrap();
    let run = house.last_run();
    let given_up = house.run(&format!("cancel {run}")).exits(0);
    given_up.shows(&[&run, order, "db-1"]);
    let world = house.server.world();
    assert_eq!(world.field("i-1", "Status"), "Running");
    assert_eq!(world.orders()[0]["Payment"], "Unpaid");
    house.run("history").exits(0);
}

#[test]
fn a_run_can_wait_for_its_orders_to_be_paid() {
    let house = prepaid_shop("wait-payment", "await", FAST);
    let waiting = house.start(&format!("{APPLY} -wait-payment 1h"));
    until("the order is there", || {
        !house.server.world().orders().is_empty()
    });
    let order = house.server.world().orders()[0]["OrderId"].clone();
    house.server.by_hand("pay", &json!({"OrderId": order}));
    waiting.ended().exits(0);
    assert_eq!(house.server.world().field("i-1", "EffectiveType"), WANTED);
}

#[test]
fn a_machine_whose_type_is_sold_out_runs_again_as_it_was() {
    let cloud = format!(
        "{}
catalogue:
- {{type: ecs.g9.large, vcpus: 2, memory_gib: 8, price_hour: 0.6, bandwidth_max: 100, zones: [cn-hangzhou-h], stock: {{cn-hangzhou-h: 1}}}}
",
        crate::shop::CLOUD
    );
    let manifest = crate::shop::MANIFEST.replace(WANTED, "ecs.g9.large");
    let house = House::with("sold-out-midway", &manifest, &cloud, FAST);
    let ended = house.run(APPLY).exits(3);
    assert!(format!("{ended}").contains("NoStock"), "{ended}");
    let world = house.server.world();
    assert_eq!(world.with_status("Running").len(), 3, "{ended}");
    let changed = MACHINES
        .iter()
        .filter(|id| world.field(id, "EffectiveType") == "ecs.g9.large");
    assert_eq!(changed.count(), 1, "{ended}");
    house.run("drift").exits(0);
}

/// Starts an apply and waits until a machine is on its way down.
fn apply_in_the_middle(house: &House) -> Running {
    let mut apply = house.start(APPLY);
    until("a machine stops", || {
        house.server.world().with_status("Running").len() < MACHINES.len() || apply.is_over()
    });
    apply
}

#[track_caller]
fn is_finished_by_the_next_apply(house: &House) {
    let run = house.last_run();
    let history = house.run("history -json").exits(0).json();
    assert_eq!(history["runs"][0]["closed_at"], json!(null), "{history}");
    house.run(APPLY).exits(0).says(&[&run]);
    all_run_as(house, WANTED);
    house.run("plan -detailed-exitcode").exits(0);
}

#[test]
fn an_interrupt_brings_every_machine_up_before_the_run_ends() {
    for (name, code) in [("INT", 130), ("TERM", 143), ("HUP", 143)] {
        let house = shop(&format!("signal-{name}"), SLOW);
        let apply = apply_in_the_middle(&house);
        apply.signal(name);
        let ended = apply.ended().exits(code);
        let world = house.server.world();
        assert_eq!(world.with_status("Running").len(), 3, "{name}: {ended}");
        is_finished_by_the_next_apply(&house);
    }
}

#[test]
fn a_second_interrupt_ends_at_once_and_says_what_is_owed() {
    let house = shop("signal-twice", SLOW);
    let mut apply = apply_in_the_middle(&house);
    until("the program is over", || {
        apply.signal("INT");
        apply.is_over()
    });
    let ended = apply.ended().exits(130);
    assert!(
        house.server.world().with_status("Running").len() < 3,
        "{ended}"
    );
    let said = format!("{ended}");
    for id in MACHINES {
        assert!(
            said.contains(&format!("({id})")),
            "{id} is owed something\n{said}"
        );
    }
    assert!(said.contains("owed") && said.contains("Finished"), "{said}");
    is_finished_by_the_next_apply(&house);
}

/// A run killed in the middle, and its manifest changed since.
fn another_wish(name: &str) -> (House, String) {
    let house = shop(name, 50);
    let mut apply = apply_in_the_middle(&house);
    apply.kill();
    drop(apply.ended());
    let run = house.last_run();
    let old = house.read("fleet.yaml");
    house.write("fleet.yaml", old.replace(WANTED, "ecs.g7.2xlarge"));
    let settled = house.run(APPLY).exits(7);
    settled.says(&[&run, "--continue", "respec cancel", "is another one"]);
    assert_eq!(house.server.world().with_status("Running").len(), 3);
    (house, run)
}

#[test]
fn an_open_run_is_settled_before_another_wish_and_then_finished() {
    let (house, run) = another_wish("continue");
    house
        .run(&format!("apply -auto-approve -continue {run}"))
        .exits(0);
    all_run_as(&house, WANTED);
    house.run(APPLY).exits(0);
    all_run_as(&house, "ecs.g7.2xlarge");
}

#[test]
fn an_open_run_is_settled_before_another_wish_and_then_given_up() {
    let (house, run) = another_wish("cancel");
    house
        .run(&format!("cancel {run}"))
        .exits(0)
        .shows(&[&run, "closed"]);
    assert_eq!(house.server.world().with_status("Running").len(), 3);
    house.run(&format!("cancel {run}")).exits(64);
    house.run(APPLY).exits(0);
    all_run_as(&house, "ecs.g7.2xlarge");
    house.run("plan -detailed-exitcode").exits(0);
}
