//! `payment: api`: PayOrder by a configured payer, once for each order, whatever becomes of the call.

use serde_json::json;

use crate::house::{FAST, House};
use crate::process::until;
use crate::shop::{APPLY, WANTED, prepaid_shop};

const ACCOUNT: &str = "1234567890123456";

const PAYER: [&str; 3] = [
    "RESPEC_PAYER_BUYER_ID",
    "RESPEC_PAYER_PAYER_ID",
    "RESPEC_PAYER_SUBMIT_UID",
];

fn with_payer(mut house: House) -> House {
    for name in PAYER {
        house.set(name, ACCOUNT);
    }
    house.set("RESPEC_PAYER_TOKEN", "hush-money");
    house
}

/// The shop whose orders are paid by a call, with something more in its cloud.
fn shop(name: &str, more: &str) -> House {
    let plain = prepaid_shop(&format!("{name}-files"), "api", FAST);
    let cloud = plain.read("fleet.cloud.yaml");
    let manifest = plain.read("fleet.yaml");
    with_payer(House::with(
        name,
        &manifest,
        &format!("{more}{cloud}"),
        FAST,
    ))
}

fn n_payments(house: &House) -> u64 {
    house.server.calls().get("PayOrder").copied().unwrap_or(0)
}

fn is_done_with_one_order(house: &House) {
    let world = house.server.world();
    assert_eq!(world.orders().len(), 1);
    assert_eq!(world.orders()[0]["Payment"], "Paid");
    assert_eq!(world.field("i-1", "EffectiveType"), WANTED);
}

#[test]
fn without_a_payer_nothing_is_planned_and_it_is_said_what_to_set() {
    let house = prepaid_shop("api-off", "api", FAST);
    for command in ["plan", APPLY] {
        house.run(command).exits(6).says(&[
            "payment: api",
            "experimental",
            "RESPEC_PAYER_BUYER_ID",
            "RESPEC_PAYER_TOKEN",
            "payment: await",
        ]);
    }
    assert_eq!(house.server.n_changing_calls(), 0);
}

#[test]
fn an_order_is_paid_by_a_call_and_followed_to_its_end() {
    let house = shop("api", "");
    house.run("plan").exits(0).tells(&[
        "pay order by call",
        "PayOrder",
        "AutoPay=false",
        "payment: api",
    ]);
    let applied = house.run(APPLY).exits(0);
    is_done_with_one_order(&house);
    assert_eq!(n_payments(&house), 1);
    assert!(!format!("{applied}").contains("hush-money"));
    house.run("policy").exits(0).tells(&["bssapi:PayOrder"]);
}

#[test]
fn an_answer_about_a_payment_that_is_lost_is_never_asked_for_again() {
    let faults = "faults:\n- {operation: PayOrder, times: 60, when: no_answer_after}\n";
    let house = shop("api-lost", faults);
    house.run(APPLY).exits(0);
    is_done_with_one_order(&house);
    assert_eq!(n_payments(&house), 1);
}

#[test]
fn a_payment_that_never_arrived_is_left_to_a_person_and_to_no_second_call() {
    let faults = "faults:\n- {operation: PayOrder, times: 1, when: no_answer_before}\n";
    let house = shop("api-nowhere", faults);
    house.run(APPLY).exits(7);
    house.run(APPLY).exits(7);
    // A second call would have arrived.
    assert_eq!(n_payments(&house), 0);
    let order = house.server.world().orders()[0]["OrderId"].clone();
    let pay = format!("orders pay {} -auto-approve", order.as_str().unwrap());
    house.run(&pay).exits(6).says(&["there is no second one"]);
    house.server.by_hand("pay", &json!({"OrderId": order}));
    house.run(APPLY).exits(0);
    is_done_with_one_order(&house);
    assert_eq!(n_payments(&house), 0);
}

#[test]
fn a_kill_while_a_payment_is_under_way_pays_once() {
    let faults = "faults:\n- {operation: PayOrder, times: 60, when: no_answer_after}\n";
    let house = shop("api-killed", faults);
    let mut apply = house.start(APPLY);
    until("the payment is sent", || n_payments(&house) > 0);
    apply.kill();
    drop(apply.ended());
    house.run(&format!("{APPLY} -wait-payment 5m")).exits(0);
    is_done_with_one_order(&house);
    assert_eq!(n_payments(&house), 1);
}

#[test]
fn a_balance_that_is_too_small_leaves_it_to_a_person() {
    let house = shop("api-poor", "balance: {currency: CNY, available: 1}\n");
    house
        .run("plan")
        .exits(0)
        .tells(&["pay order", "the balance does not cover this run"]);
    house.run(APPLY).exits(7);
    assert_eq!(n_payments(&house), 0);
}

/// A payment that may be on its way is never sent again, by hand or by a run, whether a run is open or not.
#[test]
fn a_payment_by_hand_that_never_arrived_is_sent_again_by_nobody() {
    let faults = "faults:\n- {operation: PayOrder, times: 1, when: no_answer_before}\n";
    let plain = prepaid_shop("by-hand-files", "await", FAST);
    let (manifest, cloud) = (plain.read("fleet.yaml"), plain.read("fleet.cloud.yaml"));
    let cloud = format!("{faults}{cloud}");
    let house = with_payer(House::with("by-hand-nowhere", &manifest, &cloud, FAST));
    house.run(APPLY).exits(7);
    let order = house.server.world().orders()[0]["OrderId"].clone();
    let pay = format!("orders pay {} -auto-approve", order.as_str().unwrap());
    house.run(&pay).exits(8).says(&["the call is not repeated"]);
    house.run(&pay).exits(6).says(&["there is no second one"]);
    // Nor once the run is given up and its order left where it is.
    let run = house.last_run();
    house
        .run(&format!("cancel {run} -input=false"))
        .exits(0)
        .shows(&["They stay"]);
    house.run(&pay).exits(6).says(&["there is no second one"]);
    assert_eq!(n_payments(&house), 0);
    house.server.by_hand("pay", &json!({"OrderId": order}));
    // For a moment the old type is shown still, from which there is no way to the new one.
    until("the new type shows", || {
        !house.run("plan").stdout.contains("R60")
    });
    house.run(APPLY).exits(0);
    is_done_with_one_order(&house);
}

/// What was refused for certain may be tried again.
#[test]
fn a_payment_by_hand_that_was_refused_may_be_sent_again_and_is_in_the_history() {
    let faults =
        "faults:\n- {operation: PayOrder, call: 1, code: InsufficientBalance, status: 400}\n";
    let plain = prepaid_shop("by-hand-refused-files", "await", FAST);
    let (manifest, cloud) = (plain.read("fleet.yaml"), plain.read("fleet.cloud.yaml"));
    let cloud = format!("{faults}{cloud}");
    let house = with_payer(House::with("by-hand-refused", &manifest, &cloud, FAST));
    house.run(APPLY).exits(7);
    let run = house.last_run();
    house.run(&format!("cancel {run} -input=false")).exits(0);
    let order = house.server.world().orders()[0]["OrderId"].clone();
    let pay = format!("orders pay {} -auto-approve", order.as_str().unwrap());
    house.run(&pay).exits(1).says(&["is not paid"]);
    house.run(&pay).exits(0);
    // The one that was refused, and the one that paid.
    assert_eq!(n_payments(&house), 2);
    let by_hand = house.last_run();
    let history = house.run(&format!("history {by_hand}")).exits(0);
    history.shows(&["orders pay", "done"]);
    house.run(APPLY).exits(0);
    is_done_with_one_order(&house);
}

/// R48: the machine and its order stay as they were found.
#[test]
fn a_downgrade_beyond_the_allowance_leaves_the_machine_as_it_was_and_orders_nothing() {
    let manifest = "
version: 1
fleet: shop
region: cn-hangzhou
instances:
  db-1: {id: i-1, spec: {instance_type: ecs.g7.large}}
";
    let cloud = "
choices: {downgrades_per_month: 0}
instances:
- {InstanceId: i-1, InstanceName: db-1, InstanceType: ecs.g7.xlarge, InstanceChargeType: PrePaid}
";
    let house = House::with("allowance", manifest, cloud, FAST);
    house.run("plan").exits(0).tells(&[
        "a downgrade comes out of a monthly allowance",
        "original payment method, used vouchers do not",
        "refuse further changes until the term ends",
        "(R47)",
        "(R48)",
        "(R49)",
    ]);
    let refused = house.run(APPLY).exits(3);
    assert!(
        format!("{refused}").contains("InstanceDowngrade.QuotaExceed"),
        "{refused}"
    );
    let world = house.server.world();
    let found = ["Status", "ConfiguredType", "EffectiveType"].map(|name| world.field("i-1", name));
    assert_eq!(found, ["Running", "ecs.g7.xlarge", "ecs.g7.xlarge"]);
    assert!(world.orders().is_empty(), "{:?}", world.orders());
    let history = house.run("history -json").exits(0).json();
    assert_eq!(
        history["runs"][0]["exit_code"], 3,
        "nothing of it is left open"
    );
}
