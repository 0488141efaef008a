//! What a plan costs, who may pay it, and what stops it before anything is begun.

use std::fmt::Write as _;

use crate::house::{FAST, House};
use crate::shop::{APPLY, CLOUD, prepaid_shop};

/// The shop of one subscription, with more said in its manifest.
fn shop_with(name: &str, payment: &str, budget: &str) -> House {
    let house = prepaid_shop(name, payment, FAST);
    let manifest = house.read("fleet.yaml");
    house.write("fleet.yaml", format!("{manifest}{budget}\n"));
    house
}

#[track_caller]
fn nothing_was_begun(house: &House) {
    assert_eq!(house.server.n_changing_calls(), 0);
    assert!(house.server.world().orders().is_empty());
    assert!(!house.has("state"), "a refusal leaves no state behind");
}

#[test]
fn a_budget_that_is_too_small_is_shown_by_the_plan_and_refuses_every_apply() {
    let budget = "budget: {currency: CNY, max_spend_per_apply: 10}";
    let house = shop_with("budget", "auto", budget);
    let plan = house.run("plan -out saved.plan").exits(0);
    plan.shows(&["✗ budget.max_spend_per_apply allows 10.00 CNY", "refuse"]);
    for apply in [APPLY, "apply saved.plan"] {
        let refused = house.run(apply).exits(6);
        refused.says(&["max_spend_per_apply allows 10.00 CNY", " CNY", "hint:"]);
    }
    nothing_was_begun(&house);
    house.edit("max_spend_per_apply: 10", "max_spend_per_apply: 100000");
    house
        .run("plan")
        .exits(0)
        .shows(&["✓ budget.max_spend_per_apply", "of 100000.00 CNY"]);
    house.run("apply -auto-approve").exits(0);
    assert_eq!(house.server.world().orders().len(), 1);
}

#[test]
fn a_monthly_increase_counts_what_pay_as_you_go_machines_cost_from_then_on() {
    let manifest = crate::shop::MANIFEST;
    let budget = "budget: {currency: CNY, max_monthly_increase: 10}\n";
    let house = House::with("monthly", &format!("{manifest}{budget}"), CLOUD, FAST);
    let refused = house.run(APPLY).exits(6);
    refused.says(&["max_monthly_increase allows 10.00 CNY"]);
    nothing_was_begun(&house);
    let unseen = house.run(&format!("{APPLY} -no-price")).exits(6);
    unseen.says(&["costs are unknown"]);
    nothing_was_begun(&house);
}

#[test]
fn a_limit_on_the_command_line_holds_for_fresh_and_for_saved_plans() {
    let house = prepaid_shop("max-spend", "auto", FAST);
    house.run("plan -out saved.plan").exits(0);
    for args in [
        "apply -auto-approve -max-spend 10",
        "apply -auto-approve -max-spend=10CNY",
        "apply -max-spend 10 saved.plan",
        "rehearse -max-spend 10 saved.plan",
        "rehearse -max-spend 10",
        "rehearse -max-spend=10CNY -json",
    ] {
        let refused = house.run(args).exits(6);
        refused.says(&["--max-spend allows 10.00 CNY"]);
    }
    house.run("rehearse -max-spend 100000").exits(0);
    let other = house
        .run("apply -auto-approve -max-spend 100000USD")
        .exits(6);
    other.says(&["--max-spend is in USD"]);
    for wrong in ["-max-spend lots", "-max-spend=-5", "-max-spend 5,000"] {
        house.run(&format!("plan {wrong}")).exits(64);
    }
    house.run("plan -max-spend 10 -out strict.plan").exits(0);
    house.run("apply strict.plan").exits(6);
    nothing_was_begun(&house);
    house.run("apply -max-spend 100000 saved.plan").exits(0);
}

#[test]
fn a_budget_in_another_currency_is_never_taken_for_enough() {
    let budget = "budget: {currency: USD, max_spend_per_apply: 1000000}";
    let house = shop_with("currency", "auto", budget);
    let refused = house.run(APPLY).exits(6);
    refused.says(&["max_spend_per_apply is in USD", "CNY"]);
    nothing_was_begun(&house);
}

#[test]
fn auto_waits_for_a_person_when_the_balance_is_too_small_and_says_so() {
    let cloud = CLOUD.replace(
        "i-1, InstanceName: web-1,",
        "i-1, InstanceName: db-1, InstanceChargeType: PrePaid,",
    );
    let manifest = prepaid_shop("balance-manifest", "auto", FAST).read("fleet.yaml");
    let cloud = format!("{cloud}balance: {{currency: CNY, available: 12.5}}\n");
    let house = House::with("balance", &manifest, &cloud, FAST);
    house.run("plan").exits(0).shows(&[
        "AutoPay=false",
        "the balance of 12.50 CNY does",
        "waits for a person this time",
    ]);
    house.run("apply -auto-approve").exits(7);
    let world = house.server.world();
    let orders = world.orders();
    assert_eq!(orders.len(), 1);
    assert_eq!(orders[0]["Payment"], "Unpaid", "{orders:?}");
}

#[test]
fn an_unpaid_order_blocks_its_machine_and_is_told_as_ours_or_as_a_strangers() {
    let house = prepaid_shop("unpaid", "await", FAST);
    house.run("apply -auto-approve").exits(7);
    let run = house.last_run();
    house.run(&format!("cancel {run}")).exits(0);
    let plan = house.run("plan").exits(0);
    plan.shows(&["an order of ours", "not paid (R45)", "Expenses > Orders"]);

    std::fs::remove_dir_all(house.folder.join("state")).unwrap();
    house.edit(crate::shop::WANTED, "ecs.g7.2xlarge");
    let stranger = house.run("plan").exits(0);
    stranger.shows(&["an order that somebody else made", "(R45)"]);
}

#[test]
fn without_the_right_to_see_prices_an_order_is_not_left_unpaid() {
    let faults = "
faults:
- {operation: DescribeInstanceModificationPrice, code: NoPermission.Price, status: 400}
";
    let cloud = CLOUD.replace(
        "i-1, InstanceName: web-1,",
        "i-1, InstanceName: db-1, InstanceChargeType: PrePaid,",
    );
    let manifest = prepaid_shop("no-right-manifest", "await", FAST).read("fleet.yaml");
    let house = House::with("no-right", &manifest, &format!("{cloud}{faults}"), FAST);
    house
        .run("plan")
        .exits(0)
        .shows(&["NoPermission.Price", "R43", "grant them permission"]);
    house.run(APPLY).exits(6);
    nothing_was_begun(&house);
}

#[test]
fn prices_stand_in_every_form_of_a_plan() {
    let house = prepaid_shop("forms-of-money", "await", FAST);
    let text = house.run("plan").exits(0);
    let json = house.run("plan -json").exits(0).json();
    let money = &json["plan"]["sheet"]["money"];
    let cap = &json["plan"]["sagas"]["i-1"]["steps"][0]["price"]["quoted"]["cap"];
    assert_eq!(
        money["bill"]["total"]["now"]["known"]["CNY"], *cap,
        "{money}"
    );
    let amount = format!("{} CNY", cap["amount"].as_str().unwrap());
    text.shows(&[&format!("{amount} now")]);
    let markdown = house.run("plan -format markdown").exits(0);
    markdown.shows(&["#### Money", &amount]);
    let without = house.run("plan -no-price").exits(0);
    without.shows(&["price unknown", "prices were not asked for (--no-price)"]);
}

/// Five hundred machines: pay-as-you-go of four types, and subscriptions that end on two days.
fn five_hundred() -> (String, String) {
    let mut cloud = "instances:\n".to_owned();
    let mut manifest = "version: 1\nfleet: mixed\nregion: cn-hangzhou\ninstances:\n".to_owned();
    let types = ["g7", "c7", "r7", "g6"];
    for n in 0..500 {
        let family = types[n % 4];
        let prepaid = if n % 2 == 0 {
            let month = 3 + n % 3;
            format!(", InstanceChargeType: PrePaid, ExpiredTime: 2099-0{month}-01T00:00Z")
        } else {
            String::new()
        };
        writeln!(
            cloud,
            "- {{InstanceId: i-{n}, InstanceType: ecs.{family}.large{prepaid}}}"
        )
        .unwrap();
        writeln!(
            manifest,
            "  m-{n}: {{id: i-{n}, spec: {{instance_type: ecs.{family}.xlarge}}}}"
        )
        .unwrap();
    }
    (manifest, cloud)
}

#[test]
fn five_hundred_machines_are_priced_with_few_calls() {
    let (manifest, cloud) = five_hundred();
    let house = House::with("five-hundred", &manifest, &cloud, FAST);
    let plan = house.run("plan").exits(0);
    plan.shows(&["500 to change", "≈", "250 orders"]);
    let calls = house.server.calls();
    // Two families of subscriptions that end on three days.
    let upgrades = calls["DescribeInstanceModificationPrice"];
    assert_eq!(upgrades, 6, "{calls:?}");
    let others = calls.values().sum::<u64>() - upgrades;
    assert!(others < 60, "{calls:?}");
    println!("500 machines: {calls:?}");
}
