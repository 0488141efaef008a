//! What is looked into before anything is touched: rights, stock, quotas, limits, other owners.

use crate::house::{FAST, House};
use crate::shop::{APPLY, CLOUD, MACHINES, MANIFEST, WANTED, all_run_as};

/// The shop's cloud, with a key that may not do these.
fn cloud_denying(deny: &str) -> String {
    let key = "{id: clerk, secret: clerk-secret, permissions: {deny: [DENY]}}";
    format!("keys: [{}]\n{CLOUD}", key.replace("DENY", deny))
}

#[test]
fn who_may_stop_and_not_start_never_begins() {
    let house = House::with("stranding", MANIFEST, &cloud_denying("'ecs:Start*'"), FAST);
    let plan = house.run("plan -out saved.plan").exits(0);
    plan.shows(&[
        "rights",
        "StartInstances is refused for i-1",
        "exit code 77",
        "checked by dry run: to stop 3",
    ]);

    for apply in [APPLY, "apply saved.plan"] {
        let refused = house.run(apply).exits(77);
        refused.says(&[
            "may not start i-1",
            "Forbidden.RAM",
            "request",
            "grant `ecs:StartInstances`",
        ]);
    }
    assert_eq!(house.server.n_changing_calls(), 0);
    assert!(!house.has("state"), "a refusal leaves no state behind");
    all_run_as(&house, "ecs.g7.large");
}

#[test]
fn an_empty_list_is_told_apart_from_a_missing_permission() {
    let blind = cloud_denying("'ecs:DescribeInstances'");
    let house = House::with("blind", MANIFEST, &blind, FAST);
    for command in ["plan", APPLY] {
        let refused = house.run(command).exits(77);
        refused.says(&[
            "DescribeInstances",
            "Forbidden.RAM",
            "grant `ecs:DescribeInstances`",
        ]);
    }
    assert_eq!(house.server.n_changing_calls(), 0);

    // Who may look and finds nothing is told that there is nothing.
    let gone = MANIFEST.replace("id: i-3", "id: i-9");
    let house = House::with("not-blind", &gone, CLOUD, FAST);
    house.run("plan").exits(65).says(&["i-9", "RS0202"]);
    // Three lists, and a dry run.
    assert_eq!(house.server.calls()["DescribeInstances"], 4);
}

#[test]
fn a_question_left_unanswered_is_told_and_blocks_nothing() {
    let deny = "'ecs:DescribeResourcesModification', 'ecs:DescribeAccountAttributes'";
    let house = House::with("unanswered", MANIFEST, &cloud_denying(deny), FAST);
    let plan = house.run("plan").exits(0);
    plan.shows(&["3 to change", "could not be checked", "Forbidden.RAM"]);
    house.run(APPLY).exits(0);
    all_run_as(&house, WANTED);
}

#[test]
fn a_target_sold_out_now_is_blocked_with_its_zone_and_the_others_go_on() {
    let zones = CLOUD
        .replace(
            "InstanceName: web-1,",
            "InstanceName: web-1, ZoneId: cn-hangzhou-h,",
        )
        .replace(
            "InstanceName: web-2,",
            "InstanceName: web-2, ZoneId: cn-hangzhou-i,",
        )
        .replace(
            "InstanceName: web-3,",
            "InstanceName: web-3, ZoneId: cn-hangzhou-i,",
        );
    let sold_out = format!(
        "{zones}catalogue:
- {{type: {WANTED}, vcpus: 4, memory_gib: 16, price_hour: 1.04, stock: {{cn-hangzhou-h: 0}}}}
"
    );
    let house = House::with("no-stock", MANIFEST, &sold_out, FAST);
    house.run("plan").exits(0).shows(&[
        "web-1 (i-1)",
        "out of stock in cn-hangzhou-h",
        "R63",
        "2 to change",
    ]);
    house.run(APPLY).exits(3);
    let world = house.server.world();
    let types = MACHINES.map(|id| world.field(id, "EffectiveType"));
    assert_eq!(types, ["ecs.g7.large", WANTED, WANTED]);
    assert_eq!(world.with_status("Running").len(), 3);
    assert_eq!(house.server.calls()["ModifyInstanceSpec"], 2);
}

#[test]
fn what_does_not_fit_into_the_quota_is_blocked_before_it_is_stopped() {
    // Six vCPUs are in use; two machines of two more each fit, the third does not.
    let tight = format!("{CLOUD}quota: {{vcpus: 10}}\n");
    let house = House::with("quota", MANIFEST, &tight, FAST);
    let plan = house.run("plan").exits(0);
    plan.shows(&[
        "web-3 (i-3)",
        "R64",
        "6 of 10 in use, at most 4 more",
        "2 to change",
    ]);
    house.run(APPLY).exits(3);
    let world = house.server.world();
    let types = MACHINES.map(|id| world.field(id, "EffectiveType"));
    assert_eq!(types, [WANTED, WANTED, "ecs.g7.large"]);
    assert_eq!(house.server.calls()["ModifyInstanceSpec"], 2);
}

#[test]
fn a_scaling_group_keeps_its_machines_and_what_it_releases_is_named() {
    let member = "InstanceName: web-1, Tags: {Tag: [{TagKey: 'acs:autoscaling:scalingGroupId', TagValue: asg-1}]},";
    let owned = CLOUD.replace("InstanceName: web-1,", member);
    let owned = format!("{owned}scaling_groups: [{{id: asg-1, releases_after: 1s}}]\n");
    let house = House::with("scaling-group", MANIFEST, &owned, FAST);
    let plan = house.run("plan").exits(0);
    plan.shows(&["web-1 (i-1)", "a scaling group", "[ess]", "2 to change"]);
    house.run(APPLY).exits(3);
    assert_eq!(house.server.world().field("i-1", "Status"), "Running");

    house.edit("id: i-1,", "id: i-1, allow_managed: [ess],");
    house
        .run("plan")
        .exits(0)
        .shows(&["`allow_managed` accepts that (managed)"]);
    let ended = house.run(APPLY).exits(8);
    ended.shows(&["web-1 (i-1)", "the machine is not there any more"]);
    let world = house.server.world();
    assert!(world.machines().iter().all(|m| m["InstanceId"] != "i-1"));
    assert_eq!(world.with_status("Running").len(), 2);

    // A machine that is gone keeps no run open: the run can be given up, and others can be begun.
    house
        .run("plan")
        .exits(0)
        .shows(&["web-1 (i-1)", "vanished"]);
    let given_up = house.run(&format!("cancel {}", house.last_run())).exits(0);
    given_up.shows(&["is closed", "web-1 (i-1) is not there any more"]);
    house
        .run("plan")
        .exits(0)
        .shows(&["web-1 (i-1)", "vanished"]);
    house.edit(
        "  web-1: {id: i-1, allow_managed: [ess], spec: {instance_type: ecs.g7.xlarge}}\n",
        "",
    );
    house.run(APPLY).exits(0);
}

#[test]
fn a_thousand_like_machines_cost_a_handful_of_questions() {
    let ids: Vec<String> = (1..=1000).map(|n| format!("i-like{n:04}")).collect();
    let machines: String = ids
        .iter()
        .map(|id| format!("- {{InstanceId: {id}, InstanceType: ecs.g7.large}}\n"))
        .collect();
    let manifest = format!(
        "version: 1\nfleet: many\nregion: cn-hangzhou\ngroups:\n  web: {{ids: [{}], spec: {{instance_type: {WANTED}}}}}\n",
        ids.join(", ")
    );
    let house = House::with("alike", &manifest, &format!("instances:\n{machines}"), FAST);
    house
        .run("plan")
        .exits(0)
        .shows(&["1000 to change", "to start 100 of 1000 machines"]);
    let calls = house.server.calls();
    // Ten pages; who we are, targets, types, vCPUs, and the rights to stop and to start. Prices add one
    // question for each type, and the balance.
    assert_eq!(calls["DescribeInstances"], 10, "{calls:?}");
    assert_eq!(calls["DescribePrice"], 2, "{calls:?}");
    assert_eq!(calls["QueryAccountBalance"], 1, "{calls:?}");
    assert_eq!(calls.values().sum::<u64>(), 16 + 3, "{calls:?}");
}
