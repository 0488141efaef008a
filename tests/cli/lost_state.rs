//! A runner that lost its state: orders it made before are found in the account and gone on with.

use std::fs;

use serde_json::json;

use crate::house::{FAST, House};
use crate::process::until;
use crate::shop::{APPLY, WANTED};

fn lossy_shop(name: &str, payment: &str) -> House {
    let manifest = format!(
        "\nversion: 1\nfleet: shop\nregion: cn-hangzhou\ndefaults: {{payment: {payment}}}\ninstances:\n  \
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

/// Kills an apply whose order was made and whose answer never comes, and takes its state away.
fn order_and_lose_everything(house: &House) -> String {
    let mut apply = house.start(APPLY);
    until("there is an order", || {
        !house.server.world().orders().is_empty()
    });
    apply.kill();
    drop(apply.ended());
    fs::remove_dir_all(house.folder.join("state")).unwrap();
    house.server.world().orders()[0]["OrderId"]
        .as_str()
        .unwrap()
        .to_owned()
}

#[test]
fn an_unpaid_order_of_a_lost_state_is_gone_on_with_and_no_second_one_is_made() {
    let house = lossy_shop("lost-state", "await");
    let order = order_and_lose_everything(&house);
    house.run("orders reconcile").exits(0).tells(&[&format!(
        "Order {order} does what is wanted of db-1 and is not paid"
    )]);
    house
        .run("plan")
        .exits(0)
        .tells(&["R45", &order, "gone on with", "no second one is made"]);
    let paused = house.run(APPLY).exits(7);
    assert!(format!("{paused}").contains(&order), "{paused}");
    assert_eq!(house.server.world().orders().len(), 1);
    let listed = house.run("orders list -json").exits(0).json();
    assert_eq!(listed["orders"][0]["owner"], "ours");

    house.server.by_hand("pay", &json!({"OrderId": order}));
    house.run(APPLY).exits(0);
    let world = house.server.world();
    assert_eq!(world.orders().len(), 1);
    assert_eq!(world.field("i-1", "EffectiveType"), WANTED);
    house.run("plan -detailed-exitcode").exits(0);
}

#[test]
fn an_order_found_unpaid_is_left_to_a_person_whatever_pays_otherwise() {
    let house = lossy_shop("lost-state-auto", "await");
    let order = order_and_lose_everything(&house);
    house.edit("payment: await", "payment: auto");
    let plan = house.run("plan").exits(0);
    plan.tells(&[&order, "AutoPay=false", "is made already"]);
    house.run(APPLY).exits(7);
    let world = house.server.world();
    let [only] = world.orders() else {
        panic!("not one order: {:?}", world.orders());
    };
    assert_eq!(only["Payment"], "Unpaid");
}

#[test]
fn an_order_that_is_cancelled_between_plan_and_apply_is_not_gone_on_with() {
    let house = lossy_shop("lost-state-cancelled", "await");
    let order = order_and_lose_everything(&house);
    house.run("plan -out saved.plan").exits(0);
    house.server.by_hand("cancel", &json!({"OrderId": order}));
    let refused = house.run("apply saved.plan").exits(3);
    assert!(
        format!("{refused}").contains("is Cancelled now"),
        "{refused}"
    );
    let world = house.server.world();
    assert_eq!(world.orders().len(), 1, "nothing was ordered instead");
    assert_eq!(world.field("i-1", "EffectiveType"), "ecs.g7.large");
}
