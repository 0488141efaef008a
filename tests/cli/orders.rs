//! `respec orders`, and orders that meet a person, a kill or a lost answer on their way.

use serde_json::{Value, json};

use crate::house::{FAST, House};
use crate::process::until;
use crate::shop::{APPLY, WANTED, prepaid_shop};

/// One subscription that wants more, and a cloud that loses every answer about its order for so long that
/// a kill finds it unanswered.
fn lossy_shop(name: &str) -> House {
    let manifest = format!(
        "\nversion: 1\nfleet: shop\nregion: cn-hangzhou\ndefaults: {{payment: await}}\ninstances:\n  \
         db-1: {{id: i-1, spec: {{instance_type: {WANTED}}}}}\n"
    );
    let cloud = "
instances:
- {InstanceId: i-1, InstanceName: db-1, InstanceType: ecs.g7.large, InstanceChargeType: PrePaid}
faults:
- {operation: ModifyPrepayInstanceSpec, times: 60, when: no_answer_after}
";
    House::with(name, &manifest, cloud, FAST)
}

fn only_order(house: &House) -> String {
    let world = house.server.world();
    let [order] = world.orders() else {
        panic!("not one order: {:?}", world.orders());
    };
    order["OrderId"].as_str().unwrap().to_owned()
}

fn wait_for_an_order(house: &House) {
    until("there is an order", || {
        !house.server.world().orders().is_empty()
    });
}

fn listed(house: &House) -> Vec<Value> {
    let listed = house.run("orders list -json").exits(0).json();
    listed["orders"].as_array().unwrap().clone()
}

#[test]
fn an_answer_that_is_lost_and_a_kill_and_another_apply_make_one_order() {
    let house = lossy_shop("orders-lost");
    let mut apply = house.start(APPLY);
    wait_for_an_order(&house);
    apply.kill();
    drop(apply.ended());
    let order = only_order(&house);
    assert_eq!(
        listed(&house)[0]["owner"],
        "foreign",
        "no answer told its id"
    );

    let paused = house.run(APPLY).exits(7);
    assert!(format!("{paused}").contains(&order), "{paused}");
    assert_eq!(only_order(&house), order);
    assert_eq!(listed(&house)[0]["owner"], "ours");
    house.server.by_hand("pay", &json!({"OrderId": order}));
    house.run(APPLY).exits(0);
    assert_eq!(only_order(&house), order);
    assert_eq!(house.server.world().field("i-1", "EffectiveType"), WANTED);
}

#[test]
fn an_order_whose_answer_was_lost_is_reconciled_without_an_apply() {
    let house = lossy_shop("orders-reconcile");
    house
        .run("orders reconcile --order 1")
        .exits(1)
        .says(&["order 1 is not recorded", "no run is open"]);
    let mut apply = house.start(APPLY);
    wait_for_an_order(&house);
    apply.kill();
    drop(apply.ended());
    let order = only_order(&house);
    // An order that is nobody's is not passed over.
    house.run("orders reconcile --order 1").exits(1).says(&[
        "order 1 is not recorded",
        "no call whose answer",
        &order,
    ]);
    assert_eq!(listed(&house)[0]["owner"], "foreign");
    house
        .run("orders reconcile")
        .exits(0)
        .shows(&[&order, "i-1", "recorded"]);
    house
        .run("orders reconcile")
        .exits(0)
        .shows(&["Nothing to reconcile"]);
    assert_eq!(listed(&house)[0]["owner"], "ours");
    house.run(APPLY).exits(7);
    assert_eq!(only_order(&house), order);
}

#[test]
fn a_run_is_not_given_up_by_a_cancel_that_was_cut_off_itself() {
    let mut house = lossy_shop("orders-cut-off");
    let mut apply = house.start(APPLY);
    wait_for_an_order(&house);
    apply.kill();
    drop(apply.ended());
    let run = house.last_run();
    let before = house.server.calls()["ModifyPrepayInstanceSpec"];
    // Slow enough to be met while it waits until nothing can arrive any more.
    house.set("RESPEC_SPEED", "50");
    let cancel = house.start(&format!("cancel {run}"));
    until("it settles", || {
        let journal = house.read("state/shop/journal.jsonl");
        journal.contains("the program ended before the answer was recorded")
    });
    cancel.signal("INT");
    cancel.ended().exits(130);
    let order = only_order(&house);
    let history = house.run("history -json").exits(0).json();
    assert!(history["runs"][0]["closed_at"].is_null(), "{history}");

    let given_up = house.run(&format!("cancel {run}")).exits(0);
    given_up.shows(&["is closed", "orders cancel", &order]);
    assert_eq!(listed(&house)[0]["owner"], "ours");
    assert_eq!(only_order(&house), order);
    let asked = house.server.calls()["ModifyPrepayInstanceSpec"];
    assert_eq!(asked, before, "it is looked for, and not asked for again");
}

#[test]
fn paid_or_cancelled_by_a_person_while_respec_waits_or_not_all_four_end_right() {
    for verb in ["pay", "cancel"] {
        for is_waiting in [true, false] {
            let house = prepaid_shop(&format!("orders-{verb}-{is_waiting}"), "await", FAST);
            let by_hand = || {
                wait_for_an_order(&house);
                let order = only_order(&house);
                house.server.by_hand(verb, &json!({"OrderId": order}));
            };
            let ended = if is_waiting {
                let waiting = house.start(&format!("{APPLY} -wait-payment 1h"));
                by_hand();
                waiting.ended()
            } else {
                house.run(APPLY).exits(7);
                by_hand();
                house.run(APPLY)
            };
            let (exit, becomes) = match verb {
                "pay" => (0, WANTED),
                _ => (3, "ecs.g7.large"),
            };
            ended.exits(exit);
            let world = house.server.world();
            assert_eq!(world.field("i-1", "EffectiveType"), becomes, "{verb}");
            assert_eq!(world.field("i-1", "Status"), "Running");
            only_order(&house);
            // Nothing of it is left open: the next apply is a new one.
            let history = house.run("history -json").exits(0).json();
            assert_eq!(history["runs"][0]["exit_code"], exit, "{verb}");
        }
    }
}

#[test]
fn an_order_is_cancelled_only_with_consent_and_never_once_it_is_paid() {
    let house = prepaid_shop("orders-cancel", "await", FAST);
    house.run(APPLY).exits(7);
    let order = only_order(&house);
    house
        .run(&format!("orders cancel {order}"))
        .exits(1)
        .says(&["nobody can be asked", "--auto-approve"]);
    house
        .run(&format!("orders pay {order} -auto-approve"))
        .exits(7)
        .says(&["a person pays", "Expenses > Orders"]);
    assert_eq!(house.server.world().orders()[0]["Payment"], "Unpaid");
    house
        .run(&format!("orders cancel {order} -auto-approve"))
        .exits(0)
        .shows(&[&order, "is cancelled"]);
    house
        .run(&format!("orders cancel {order} -auto-approve"))
        .exits(6)
        .says(&["is cancelled already"]);
    house.run(APPLY).exits(3);

    house.run(APPLY).exits(7);
    let again = house.server.world().orders()[1]["OrderId"].clone();
    house.server.by_hand("pay", &json!({"OrderId": again}));
    let again = again.as_str().unwrap();
    house
        .run(&format!("orders cancel {again} -auto-approve"))
        .exits(6)
        .says(&["is paid and cannot be cancelled"]);
    let unknown = house.run("orders show 1").exits(1);
    let unknown = unknown.says(&[
        "error: failed to read order 1\n",
        "\nhint: `respec orders list` shows our orders; those of others are in the console under Expenses > Orders\n",
    ]);
    assert!(!unknown.stderr.contains("manifest"), "{unknown}");
    house.run("orders show x").exits(64);
}

/// Two subscriptions that want more, left to a person, in a cloud where this goes wrong.
fn two_orders(name: &str, faults: &str) -> (House, Vec<String>) {
    let manifest = format!(
        "\nversion: 1\nfleet: shop\nregion: cn-hangzhou\ndefaults: {{payment: await, rollout: {{batches: [100%], max_unavailable: 100%}}}}\ninstances:\n  \
         db-1: {{id: i-1, spec: {{instance_type: {WANTED}}}}}\n  \
         db-2: {{id: i-2, spec: {{instance_type: {WANTED}}}}}\n"
    );
    let cloud = format!(
        "
instances:
- {{InstanceId: i-1, InstanceName: db-1, InstanceType: ecs.g7.large, InstanceChargeType: PrePaid}}
- {{InstanceId: i-2, InstanceName: db-2, InstanceType: ecs.g7.large, InstanceChargeType: PrePaid}}
{faults}"
    );
    let house = House::with(name, &manifest, &cloud, FAST);
    house.run(APPLY).exits(7);
    let orders = listed(&house);
    let ids = orders
        .iter()
        .map(|order| order["order_id"].as_str().unwrap());
    let ids = ids.map(str::to_owned).collect();
    (house, ids)
}

#[test]
fn the_first_of_two_orders_stays_cancelled_where_the_second_is_refused() {
    let faults =
        "faults:\n- {operation: CancelOrder, call: 2, code: OrderStatusError, status: 400}\n";
    let (house, ids) = two_orders("orders-two", faults);
    let [first, second] = &ids[..] else {
        panic!("not two orders: {ids:?}");
    };
    let cancel = format!("orders cancel {first} {second} {first} -auto-approve -json");
    let ended = house.run(&cancel).exits(3);
    let payments = ended.json()["orders"].as_array().unwrap().clone();
    let payments: Vec<_> = payments.iter().map(|order| &order["payment"]).collect();
    assert_eq!(payments.len(), 2);
    for payment in ["Cancelled", "Unpaid"] {
        assert!(payments.contains(&&json!(payment)), "{payments:?}");
    }
    let ended = ended.says(&["is cancelled", "failed to cancel order", "stays as it is"]);
    assert!(!ended.stderr.contains("nothing was changed"), "{ended}");
}

/// An order that may be cancelled or not is no order of which nothing was changed, whichever it is of several.
#[test]
fn an_order_whose_end_nobody_saw_needs_a_person() {
    let faults = "faults:\n- {operation: CancelOrder, calls: [2, 3], when: no_answer_before}\n";
    let (house, ids) = two_orders("orders-unseen", faults);
    let ended = house
        .run(&format!("orders cancel {} -auto-approve", ids.join(" ")))
        .exits(8);
    ended
        .shows(&["is cancelled"])
        .says(&["does not show as cancelled"]);
    let world = house.server.world();
    let mut orders = world.orders().iter();
    let left = orders.find(|order| order["Payment"] == "Unpaid").unwrap();
    let left = left["OrderId"].as_str().unwrap();
    house
        .run(&format!("orders cancel {left} -auto-approve"))
        .exits(8)
        .says(&["does not show as cancelled"]);
}

#[test]
fn an_order_that_was_paid_meanwhile_is_named_when_its_run_is_given_up() {
    let (house, ids) = two_orders("orders-given-up", "");
    house.server.by_hand("pay", &json!({"OrderId": ids[0]}));
    let run = house.last_run();
    let given_up = house
        .run(&format!("cancel {run} -auto-approve -json"))
        .exits(0);
    let last = given_up.json_lines().pop().unwrap();
    assert_eq!(
        (&last["type"], &last["exit_code"]),
        (&json!("run_closed"), &json!(0))
    );
    given_up.says(&[
        &format!("Order {} was paid meanwhile", ids[0]),
        &format!("Order {} is cancelled", ids[1]),
    ]);
    house.run("plan -detailed-exitcode").exits(2);
}

#[test]
fn whoever_interrupts_a_cancel_of_two_orders_keeps_the_second() {
    let faults = "faults:\n- {operation: CancelOrder, times: 1, code: Throttling}\n";
    let (mut house, _) = two_orders("orders-interrupted", faults);
    // The pause before the second try is long enough now for somebody to lose patience.
    house.set("RESPEC_SPEED", "1");
    let cancel = house.start(&format!("cancel {} -auto-approve", house.last_run()));
    until("the first is to be cancelled", || {
        house.server.calls().contains_key("CancelOrder")
    });
    cancel.signal("INT");
    let ended = cancel.ended().exits(130);
    let world = house.server.world();
    let orders = world.orders().iter();
    let mut payments: Vec<_> = orders.map(|order| order["Payment"].as_str()).collect();
    payments.sort_unstable();
    assert_eq!(payments, [Some("Cancelled"), Some("Unpaid")], "{ended}");
    let kept = world.orders().iter();
    let kept = kept.filter(|order| order["Payment"] == "Unpaid");
    let kept: Vec<_> = kept.filter_map(|order| order["OrderId"].as_str()).collect();
    ended
        .says(&[&format!("interrupted, order {} stays", kept[0])])
        .shows(&["is closed", "is cancelled"]);
}

#[test]
fn orders_for_machines_that_a_selector_finds_are_listed() {
    let house = prepaid_shop("orders-selected", "await", FAST);
    house.run(APPLY).exits(7);
    let order = only_order(&house);
    std::fs::remove_dir_all(house.folder.join("state")).unwrap();
    let manifest = house.read("fleet.yaml");
    let (head, _) = manifest.split_once("instances:").unwrap();
    let groups = "groups:\n  db:\n    select: {name: db-*}\n    spec: {power: running}\n";
    house.write("fleet.yaml", format!("{head}{groups}"));
    house
        .run("orders list")
        .exits(0)
        .shows(&[&order, "somebody else"]);
}

#[test]
fn an_order_of_somebody_else_blocks_its_machine_and_is_not_cancelled_unasked() {
    let house = prepaid_shop("orders-foreign", "await", FAST);
    house.run(APPLY).exits(7);
    let order = only_order(&house);
    std::fs::remove_dir_all(house.folder.join("state")).unwrap();
    house.edit(WANTED, "ecs.g7.2xlarge");
    let planned = house.run("plan").exits(0);
    planned.shows(&["R45", &order]);
    house
        .run(&format!("orders cancel {order} -auto-approve"))
        .exits(1)
        .says(&["somebody else"]);
    house.run("orders list").exits(0).shows(&["somebody else"]);
    assert_eq!(house.server.world().orders()[0]["Payment"], "Unpaid");
}

#[test]
fn orders_are_made_ahead_and_the_restart_comes_with_the_next_apply() {
    for payment in ["await", "auto"] {
        let house = prepaid_shop(&format!("orders-only-{payment}"), payment, FAST);
        house.run(&format!("{APPLY} -orders-only")).exits(7);
        let order = only_order(&house);
        let world = house.server.world();
        let found = ["Status", "EffectiveType"].map(|name| world.field("i-1", name));
        assert_eq!(found, ["Running", "ecs.g7.large"]);
        if payment == "await" {
            house.server.by_hand("pay", &json!({"OrderId": order}));
        }
        house.run(APPLY).exits(0);
        assert_eq!(only_order(&house), order);
        assert_eq!(house.server.world().field("i-1", "EffectiveType"), WANTED);
    }
}

#[test]
fn orders_are_not_made_ahead_in_a_freeze() {
    let house = prepaid_shop("orders-frozen", "await", FAST);
    let freeze =
        "freezes: [{from: 2025-12-31, to: 2026-01-03, time_zone: UTC, reason: \"new year\"}]\n";
    house.write("fleet.yaml", house.read("fleet.yaml") + freeze);
    let run = |args: &str| house.run_without_cloud(&format!("{args} --simulate fleet.cloud.yaml"));
    let ahead = format!("{APPLY} -orders-only");
    run(&ahead)
        .exits(6)
        .says(&["nothing may begin now", "new year"]);
    run("history").exits(1);
    run("sim wait 72h").exits(0);
    run(&ahead).exits(7);
    let orders = run("orders list -json").exits(0).json();
    assert_eq!(orders["orders"].as_array().unwrap().len(), 1);
}

/// R72: the cloud shows the new type at once; only the state knows that the guest has not got it yet.
#[test]
fn a_type_whose_run_was_given_up_before_its_restart_is_finished_by_a_later_plan() {
    let house = prepaid_shop("orders-restart", "await", FAST);
    house.run(APPLY).exits(7);
    let run = house.last_run();
    let given_up = house.run(&format!("cancel {run}")).exits(0);
    given_up.shows(&["orders cancel", &only_order(&house)]);
    // Whoever paid it did not know that it was given up.
    let order = only_order(&house);
    house.server.by_hand("pay", &json!({"OrderId": order}));
    until("the type is there", || {
        house.server.world().field("i-1", "ConfiguredType") == WANTED
    });
    assert_eq!(
        house.server.world().field("i-1", "EffectiveType"),
        "ecs.g7.large"
    );
    house
        .run("plan -detailed-exitcode")
        .exits(2)
        .shows(&["R72", "its next start"]);
    house.run("plan -out restart.rsplan").exits(0);
    house.run("apply restart.rsplan").exits(0);
    assert_eq!(house.server.world().field("i-1", "EffectiveType"), WANTED);
    house.run("plan -detailed-exitcode").exits(0);
    only_order(&house);
    // A pipeline that tries once more restarts nothing.
    house
        .run("apply restart.rsplan")
        .exits(4)
        .says(&["it was started since the plan was made"]);
}
