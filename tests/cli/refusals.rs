//! Commands that refuse: each for its own reason, with its own exit code, and nothing changed.

use serde_json::json;

use crate::house::{FAST, House};
use crate::process::until;
use crate::shop::{APPLY, CLOUD, MANIFEST, WANTED, all_run_as, prepaid_shop, shop};

#[test]
fn a_command_line_that_is_no_command_line_exits_with_64() {
    let house = shop("usage", FAST);
    for (args, word) in [
        ("", "Usage"),
        ("plan -detailed-exitcod", "detailed-exitcod"),
        ("plan --detailed-exitcod", "--detailed-exitcode"),
        ("plan --parallelism 0", "parallelism"),
        ("plan --target nobody", "nobody"),
        ("plan --endpoint http://203.0.113.7", "loopback"),
        ("plan --state s3://bucket/state", "s3://"),
        ("plan --state=", "a folder"),
        ("plan --endpoint=", "endpoint"),
        ("plan --chdir nowhere", "nowhere"),
        ("apply -lock-timeout soon", "30s"),
        ("apply --continue 20260101T000000-abcdef", "is not open"),
        ("cancel 20260101T000000-abcdef", "is not open"),
        ("approve 20260101T000000-abcdef --gate 1", "is not open"),
        ("destroy", "never releases"),
        ("state forget web-1", "forget"),
    ] {
        house.run(args).exits(64).says(&[word]);
    }
    let mut house = house;
    house.set("RESPEC_STATE", "");
    house.run("state list").exits(1).says(&["state/shop"]);
    house.set("RESPEC_SPEED", "fast");
    house.run("plan").exits(64).says(&["RESPEC_SPEED"]);
    assert_eq!(house.server.n_changing_calls(), 0);
    assert!(!house.has("state"));
}

#[test]
fn credentials_that_the_cloud_does_not_take_exit_with_77() {
    let mut house = shop("credentials", FAST);
    house.set("ALIBABA_CLOUD_ACCESS_KEY_SECRET", "not-the-secret");
    for command in ["plan", APPLY, "drift"] {
        let refused = house.run(command).exits(77);
        let refused = refused.says(&["SignatureDoesNotMatch", "hint:"]);
        assert!(!refused.stderr.contains("not-the-secret"), "{refused}");
    }
    house.set("ALIBABA_CLOUD_ACCESS_KEY_SECRET", "");
    house.set("ALIBABA_CLOUD_ACCESS_KEY_ID", "");
    house
        .run("plan")
        .exits(77)
        .says(&["ALIBABA_CLOUD_ACCESS_KEY_ID"]);
    assert_eq!(house.server.n_changing_calls(), 0);
    assert!(!house.has("state"));
}

#[test]
fn an_order_of_unknown_price_is_refused_until_somebody_accepts_it() {
    let house = prepaid_shop("price", "auto", FAST);
    let refused = house.run("apply -auto-approve -no-price").exits(6);
    refused.says(&["price is unknown", "--allow-unknown-price"]);
    house.run("plan -no-price -out saved.plan").exits(0);
    house
        .run("apply saved.plan")
        .exits(6)
        .says(&["price is unknown"]);
    assert_eq!(house.server.n_changing_calls(), 0);
    assert!(!house.has("state"), "a refusal leaves no state behind");
    // Unseen, nothing is paid by itself.
    house.run("apply -allow-unknown-price saved.plan").exits(7);
    assert_eq!(house.server.world().orders().len(), 1);
}

#[test]
fn a_plan_that_is_blocked_as_a_whole_is_refused_and_a_part_of_it_is_not() {
    let cloud = CLOUD.replace(
        "InstanceName: web-1,",
        "InstanceName: web-1, EipAddress: {IpAddress: 203.0.113.5, AllocationId: eip-1, Bandwidth: 5},",
    );
    let blocked = "spec: {internet: {max_bandwidth_out: 5}}";
    let manifest = MANIFEST.replace("spec: {instance_type: ecs.g7.xlarge}", blocked);
    let two_fine = manifest.replace(&format!("i-2, {blocked}"), "i-2, spec: {}");
    let one_left = two_fine.replace(&format!("i-3, {blocked}"), "i-3, spec: {}");
    let house = House::with("blocked", &one_left, &cloud, FAST);
    house
        .run("plan -detailed-exitcode")
        .exits(2)
        .shows(&["web-1", "elastic address", "R27"]);
    house.run(APPLY).exits(6).says(&["every change is blocked"]);
    house.run("state list").exits(0).shows(&["web-2", "web-3"]);
    house.run("drift").exits(0);
    assert_eq!(house.server.n_changing_calls(), 0);

    house.write(
        "fleet.yaml",
        MANIFEST.replacen(
            "instance_type: ecs.g7.xlarge",
            "internet: {max_bandwidth_out: 5}",
            1,
        ),
    );
    house.run(APPLY).exits(3).shows(&[
        "Apply not complete: of 3 machines, 2 changed, 1 blocked.\n",
        "\n1 blocked: `respec plan` says by what\n",
    ]);
    let world = house.server.world();
    assert_eq!(world.field("i-1", "InternetMaxBandwidthOut"), "0");
    assert_eq!(world.field("i-2", "EffectiveType"), WANTED);
}

#[test]
fn nobody_to_ask_means_not_approved() {
    let house = shop("approval", FAST);
    house.run("apply").exits(1).says(&["-auto-approve"]);
    house.run("apply -input=false").exits(1);
    assert_eq!(house.server.n_changing_calls(), 0);
}

#[test]
fn an_altered_plan_is_not_trusted() {
    let house = shop("altered", FAST);
    house.run("plan -out saved.plan").exits(0);
    let saved = house.read("saved.plan");
    for (what, altered) in [
        ("another type", saved.replace(WANTED, "ecs.g7.16xlarge")),
        (
            "a longer life",
            saved.replacen("\"expires_at\":\"20", "\"expires_at\":\"30", 1),
        ),
        ("cut off", saved[..saved.len() / 2].to_owned()),
        ("one byte more", format!("{saved}x")),
        ("empty", String::new()),
    ] {
        assert_ne!(altered, saved, "{what}");
        house.write("altered.plan", &altered);
        let refused = house.run("apply altered.plan").exits(4);
        refused.says(&["altered.plan", "respec plan --out"]);
    }
    house.run("apply -target web-1 saved.plan").exits(64);
    house
        .run("apply no-such.plan")
        .exits(65)
        .says(&["no-such.plan"]);
    assert_eq!(house.server.n_changing_calls(), 0);
    assert!(!house.has("state"));
    house.run("apply saved.plan").exits(0);
    all_run_as(&house, WANTED);
}

#[test]
fn a_saved_plan_is_stale_when_a_machine_that_it_touches_has_changed() {
    let house = shop("stale", FAST);
    house.edit(
        "id: i-3, spec: {instance_type: ecs.g7.xlarge}",
        "id: i-3, spec: {}",
    );
    house.run("plan -out saved.plan").exits(0);
    let by_hand = |id: &str, name: &str| {
        house
            .server
            .by_hand("modify", &json!({"InstanceId": id, "InstanceType": name}));
    };
    by_hand("i-2", "ecs.g7.2xlarge");
    let refused = house.run("apply saved.plan").exits(4);
    refused.says(&[
        "1 of 2 machines",
        "web-2 (i-2)",
        "ecs.g7.large",
        "ecs.g7.2xlarge",
    ]);
    assert_eq!(house.server.n_changing_calls(), 0);
    assert!(!house.has("state"), "a refusal leaves no state behind");

    by_hand("i-2", "ecs.g7.large");
    by_hand("i-3", "ecs.g7.2xlarge");
    house.run("apply saved.plan").exits(0);
    let world = house.server.world();
    let types = ["i-1", "i-2", "i-3"].map(|id| world.field(id, "ConfiguredType"));
    assert_eq!(types, [WANTED, WANTED, "ecs.g7.2xlarge"]);

    let again = house.run("apply saved.plan").exits(4);
    again.says(&["web-1 (i-1)"]);
}

#[test]
fn one_apply_at_a_time_and_the_second_is_told_who_the_first_is() {
    // Long starts, so that the second comes while the first holds it.
    let cloud = format!("delays: {{start: 120s}}\n{CLOUD}");
    let house = House::with("held", MANIFEST, &cloud, 20);
    let mut first = house.start(APPLY);
    until("a machine stops", || {
        house.server.world().with_status("Running").len() < 3 || first.is_over()
    });
    let second = house.run(APPLY).exits(5);
    second.says(&["tester@", &first.id().to_string(), "--lock-timeout"]);
    house.run("plan").exits(0).shows(&["run"]);
    house.run("history").exits(0);
    let patient = house.start(&format!("{APPLY} -lock-timeout 10m"));
    first.ended().exits(0);
    patient.ended().exits(0);
    all_run_as(&house, WANTED);
    assert_eq!(house.server.calls()["ModifyInstanceSpec"], 3);
}

/// Of a run that is over only the database has the journal, and whoever writes holds that.
#[test]
fn a_past_run_is_read_as_soon_as_the_state_is_given_up() {
    let house = prepaid_shop("past-run", "await", FAST);
    house.run(APPLY).exits(7);
    let past = house.last_run();
    house.run(&format!("cancel {past} -auto-approve")).exits(0);
    let writer = house.start(&format!("{APPLY} -wait-payment 1h"));
    until("it waits for its order", || {
        house.server.world().orders().len() == 2
    });
    let history = format!("history {past}");
    house
        .run(&history)
        .exits(5)
        .says(&["tester@", "--lock-timeout"]);
    let patient = house.start(&format!("{history} -lock-timeout 10m"));
    let world = house.server.world();
    let mut orders = world.orders().iter();
    let unpaid = orders.find(|order| order["Payment"] == "Unpaid").unwrap();
    let pay = json!({"OrderId": unpaid["OrderId"]});
    house.server.by_hand("pay", &pay);
    writer.ended().exits(0);
    patient
        .ended()
        .exits(0)
        .shows(&[&format!("run {past}"), "i-1"]);
}
