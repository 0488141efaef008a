//! Groups that go by a selector: who is meant, who joined, and what does not fit into its window.

use serde_json::json;

use crate::house::{FAST, House};

const MANIFEST: &str = "
version: 1
fleet: chosen
region: cn-hangzhou
groups:
  web:
    select: {tags: {role: web}, except: [web-old-*]}
    spec: {instance_type: ecs.g7.xlarge}
    rollout: {max_unavailable: 100%}
";

const CLOUD: &str = "
instances:
- {InstanceId: i-1, InstanceName: web-1, InstanceType: ecs.g7.large, Tags: {Tag: [{TagKey: role, TagValue: web}]}}
- {InstanceId: i-2, InstanceName: web-2, InstanceType: ecs.g7.large, Tags: {Tag: [{TagKey: role, TagValue: web}]}}
- {InstanceId: i-3, InstanceName: web-old-1, InstanceType: ecs.g7.large, Tags: {Tag: [{TagKey: role, TagValue: web}]}}
- {InstanceId: i-4, InstanceName: db-1, InstanceType: ecs.g7.large}
";

#[test]
fn who_joins_a_group_is_counted_before_nobody_is_asked() {
    let house = House::with("joiners", MANIFEST, CLOUD, FAST);
    house
        .run("plan")
        .exits(0)
        .shows(&["2 machines read", "2 to change"]);
    house.run("apply -auto-approve").exits(0);
    house.run("plan -detailed-exitcode").exits(0);

    // An exception less: one machine joins, and another is renamed out of the group.
    house.edit(", except: [web-old-*]", ", except: [i-2]");
    house.run("plan").exits(0).shows(&[
        "Joined and left since the last apply",
        "group web: 1 joined (i-3); 1 left, and stays as it is (i-2)",
    ]);
    house.run("apply -auto-approve").exits(6).says(&[
        "1 machine joined group web",
        "expect: 12",
        "--out FILE",
    ]);
    house.edit("except: [i-2]", "except: [i-2], expect: 3");
    house.run("apply -auto-approve").exits(65).says(&[
        "group `web` selects 2 machines, 3 are expected",
        "fleet.yaml:7",
    ]);
    house.edit("expect: 3", "expect: 2");
    house.run("apply -auto-approve").exits(0);
    house.run("plan -detailed-exitcode").exits(0);
}

#[test]
fn who_was_left_untouched_by_the_last_apply_has_not_joined() {
    let house = House::with("partial", MANIFEST, CLOUD, FAST);
    house.run("apply -target i-1 -auto-approve").exits(0);
    let plan = house.run("plan").exits(0);
    assert!(!plan.stdout.contains("joined"), "{plan}");
    house.run("apply -auto-approve").exits(0);
}

#[test]
fn a_reviewed_plan_may_change_who_joined() {
    let house = House::with("reviewed", MANIFEST, CLOUD, FAST);
    house.run("apply -auto-approve").exits(0);
    house.edit(", except: [web-old-*]", "");
    house.run("plan -out web.plan").exits(0);
    house.run("apply web.plan").exits(0);
    house.run("plan -detailed-exitcode").exits(0);
}

#[test]
fn one_machine_in_two_selections_is_an_error_that_names_both() {
    let house = House::with("twice", MANIFEST, CLOUD, FAST);
    let twice = "
  all:
    select: {name: web-1}
";
    house.write("fleet.yaml", format!("{MANIFEST}{twice}"));
    house.run("validate").exits(0);
    house.run("plan").exits(65).says(&[
        "i-1 is in two groups, `web` and `all`",
        "fleet.yaml:7",
        "fleet.yaml:12",
    ]);
    assert_eq!(house.server.n_changing_calls(), 0);
}

#[test]
fn what_does_not_fit_into_its_window_is_refused_with_the_arithmetic() {
    let house = House::with("window", MANIFEST, CLOUD, FAST);
    house.edit(
        "max_unavailable: 100%}",
        "max_unavailable: 1}\n    window: {schedule: daily 02:00, time_zone: Asia/Shanghai, duration: 10m, cutoff: 9m}",
    );
    let refused = house.run("plan -out web.plan").exits(6);
    refused.says(&[
        "group web needs 2 outages of up to 38s, one at a time: 1m 16s; its window leaves 1m",
    ]);
    assert!(!house.has("web.plan"));
    // What fits is planned, and can be played in virtual time, which waits for the window.
    house.edit("cutoff: 9m", "cutoff: 5m");
    house
        .run("plan -out web.plan")
        .exits(0)
        .shows(&["window daily 02:00 Asia/Shanghai, 10m"]);
    house.run("rehearse").exits(0);
    let world = house.server.world();
    assert_eq!(world.field("i-1", "ConfiguredType"), "ecs.g7.large");
    assert!(!house.has("state"));
}

#[test]
fn who_is_gone_has_not_left() {
    let house = House::with("gone", MANIFEST, CLOUD, FAST);
    house.run("apply -auto-approve").exits(0);
    let release = |id: &str| house.server.by_hand("delete", &json!({"InstanceId": id}));
    release("i-1");
    let plan = house
        .run("plan")
        .exits(0)
        .says(&["group web: 1 gone since the last apply (i-1)"]);
    assert!(!plan.stdout.contains("left, and stays"), "{plan}");
    release("i-2");
    for command in ["plan", "drift"] {
        house.run(command).exits(1).says(&[
            "2 of 2 recorded machines are not there",
            "respec state rm i-1",
        ]);
    }
    for id in ["i-1", "i-2"] {
        house.run(&format!("state rm {id}")).exits(0);
    }
    house
        .run("plan")
        .exits(0)
        .says(&["group `web` selects no machine"]);
}

#[test]
fn an_id_of_a_selector_that_nobody_ever_saw_is_an_error() {
    let house = House::with("selected-ids", MANIFEST, CLOUD, FAST);
    house.edit(
        "{tags: {role: web}, except: [web-old-*]}",
        "{ids: [i-1, i-7]}",
    );
    house.run("plan").exits(65).says(&[
        "RS0202",
        "there is no machine i-7 in cn-hangzhou",
        "fleet.yaml:7",
    ]);
    // Who is there and not meant is no mistake.
    house.edit("{ids: [i-1, i-7]}", "{ids: [i-1, i-4], name: web-*}");
    house.run("plan").exits(0).shows(&["1 to change"]);
}

#[test]
fn an_availability_that_nobody_fits_is_told() {
    let house = House::with("no-promise", MANIFEST, CLOUD, FAST);
    let promise = "availability:
  - {name: payments, select: {tags: {team: payments}}, min_available: 50%}
";
    house.write("fleet.yaml", format!("{MANIFEST}{promise}"));
    house.run("validate").exits(0);
    house.run("plan").exits(0).says(&[
        "RS0204",
        "availability `payments` selects no machine",
        "fleet.yaml:11",
    ]);
    house.edit("team: payments", "role: web");
    let fits = house.run("plan").exits(0);
    assert!(!fits.stderr.contains("selects no machine"), "{fits}");
}
