//! `respec policy` against what a cloud really sees: no call is outside of it.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use respec::guide::permissions::FREE;

use crate::house::{FAST, House};
use crate::shop::{APPLY, CLOUD, prepaid_shop, shop};

/// The operations that a policy allows.
fn allowed(house: &House, files: &str) -> BTreeSet<String> {
    let policy = house.run_without_cloud(&format!("policy {files}")).exits(0);
    let policy = policy.json();
    assert_eq!(policy["Version"], "1");
    let statements = policy["Statement"].as_array().unwrap();
    let actions = statements
        .iter()
        .flat_map(|it| it["Action"].as_array().unwrap());
    let operation = |action: &str| action.split(':').next_back().unwrap().to_owned();
    actions
        .map(|action| operation(action.as_str().unwrap()))
        .collect()
}

/// Nothing was called that the policy does not allow.
#[track_caller]
fn stayed_inside(house: &House, files: &str) {
    let allowed = allowed(house, files);
    let seen = house.server.calls();
    assert!(
        seen.keys().any(|name| name.starts_with("Modify")),
        "{seen:?}"
    );
    for name in seen.keys().filter(|name| !FREE.contains(&name.as_str())) {
        assert!(allowed.contains(name), "{name} is outside of {allowed:?}");
    }
}

#[test]
fn the_example_stays_inside_its_policy() {
    let examples = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/shop");
    let read = |name: &str| fs::read_to_string(examples.join(name)).unwrap();
    // Served, it has today's date whatever the file says, and its subscription has a term from today on.
    let term = "    ExpiredTime: 2027-06-01T16:00Z\n";
    let cloud = read("shop.cloud.yaml");
    assert!(cloud.contains(term), "{cloud}");
    let house = House::with(
        "policy-example",
        &read("web.yaml"),
        &cloud.replace(term, ""),
        FAST,
    );
    house.write("data.yaml", read("data.yaml"));
    let files = "-f fleet.yaml -f data.yaml";
    house.run(&format!("plan {files}"));
    let _paused_or_done = house.run(&format!("{APPLY} {files}"));
    house.run(&format!("drift {files}"));
    let seen = house.server.calls();
    assert!(seen.contains_key("ModifyPrepayInstanceSpec"), "{seen:?}");
    stayed_inside(&house, files);
}

#[test]
fn both_ways_of_paying_stay_inside_their_policies() {
    for payment in ["auto", "await"] {
        let house = prepaid_shop(&format!("policy-{payment}"), payment, FAST);
        let _paused_or_done = house.run(APPLY);
        stayed_inside(&house, "");
        assert_eq!(allowed(&house, "").contains("PayOrder"), payment == "auto");
    }
}

#[test]
fn a_fleet_that_goes_by_a_selector_stays_inside_its_policy() {
    let manifest = "
version: 1
fleet: shop
region: cn-hangzhou
groups:
  web:
    select: {name: web-*, expect: 3}
    spec: {instance_type: ecs.g7.xlarge}
    rollout: {max_unavailable: 100%}
";
    let house = House::with("policy-selected", manifest, CLOUD, FAST);
    house.run(APPLY).exits(0);
    stayed_inside(&house, "");
    house
        .run_without_cloud("policy")
        .exits(0)
        .says(&["Whom a selector finds"])
        .shows(&["instance/*"]);
}

#[test]
fn a_policy_is_printed_without_any_cloud_and_says_what_it_leaves_open() {
    let house = shop("policy", FAST);
    let policy = house.run_without_cloud("policy").exits(0);
    policy.says(&["note: ", "both billing methods", "names no account"]);
    let text = house.run_without_cloud("policy --format text").exits(0);
    text.shows(&["ecs:StopInstances", "3 machines", "Starts machines again"]);
    house.run_without_cloud("policy -f no-such.yaml").exits(65);
    assert_eq!(house.server.n_calls(), 0);
}
