//! A manifest that says by which role its fleet is worked on, and files that are read before anybody is
//! asked for a key.

use std::fs;

use respec::plan::SavedPlan;

use crate::house::{FAST, House};
use crate::shop::{APPLY, CLOUD, MANIFEST, WANTED, all_run_as, shop};

/// The key itself may do nothing with machines, one role may look only, one may do all.
const ROLES: &str = "
account: '1234567890123456'
keys:
- {id: a-person, secret: a-persons-secret-0123456789, permissions: {deny: ['ecs:*']}}
roles:
- {name: ops, external_id: ticket-4711}
- {name: other}
";

const OPS: &str = "account: {role: 'acs:ram::1234567890123456:role/ops', session_name: nightly, external_id: ticket-4711}";

fn worked_on(name: &str, account: &str) -> House {
    let manifest = MANIFEST.replace("fleet: shop", &format!("fleet: shop\n{account}"));
    House::with(name, &manifest, &format!("{ROLES}{CLOUD}"), FAST)
}

#[test]
fn the_manifests_role_does_what_the_key_alone_may_not() {
    let house = worked_on("role", OPS);
    house.run(APPLY).exits(0);
    all_run_as(&house, WANTED);
    house.run("drift").exits(0);

    house.edit("ticket-4711", "ticket-4710");
    let refused = house.run("plan").exits(77);
    refused.says(&["assume the role", "role/ops", "NoPermission", "request:"]);
    house.edit(", external_id: ticket-4710", "");
    house.run("plan").exits(77);
    let at = house.read("fleet.yaml");
    let without = at.lines().filter(|line| !line.starts_with("account:"));
    house.write("fleet.yaml", without.collect::<Vec<_>>().join("\n"));
    // Without the role there are only the key's own rights.
    let refused = house.run("plan").exits(77);
    refused.says(&["Forbidden.RAM", "ecs:DescribeInstances"]);
}

#[test]
fn a_plan_is_carried_out_by_the_role_it_was_made_for() {
    let house = worked_on("role-plan", OPS);
    let plan = house.run("plan -out saved.plan").exits(0);
    plan.shows(&["worked on by acs:ram::1234567890123456:role/ops, session_name"]);
    let page = house.run("plan --format markdown").exits(0);
    page.shows(&["worked on by `acs:ram::1234567890123456:role/ops, session_name"]);
    house.edit(
        "role/ops', session_name: nightly, external_id: ticket-4711",
        "role/other'",
    );
    let refused = house.run("apply saved.plan").exits(4);
    refused.says(&["role/ops", "role/other", "respec plan --out"]);
    assert_eq!(
        house.server.n_changing_calls(),
        house.server.calls().get("AssumeRole").copied().unwrap_or(0)
    );

    // The plan alone knows by whom.
    fs::rename(house.folder.join("fleet.yaml"), house.folder.join("away")).unwrap();
    house.run("apply saved.plan").exits(0);
    all_run_as(&house, WANTED);
}

#[test]
fn a_role_in_another_account_is_found_out_before_anything_else() {
    let house = worked_on("role-account", "account: {role: 'acs:ram::99:role/ops'}");
    let refused = house.run("plan").exits(77);
    refused.says(&["acs:ram::99:role/ops"]);
}

#[test]
fn two_manifests_with_two_roles_are_not_one_run() {
    let house = worked_on("role-two", OPS);
    let other =
        "version: 1\nfleet: shop\naccount: {role: 'acs:ram::1234567890123456:role/other'}\n";
    house.write("more.yaml", other);
    let refused = house.run("plan -f fleet.yaml -f more.yaml").exits(65);
    refused.says(&["RS0102", "role/ops", "role/other", "more.yaml:3"]);
    assert_eq!(house.server.n_calls(), 0);
}

#[test]
fn the_embedded_cloud_hands_out_the_role_too() {
    let house = worked_on("role-simulated", OPS);
    house
        .run("apply -auto-approve --simulate fleet.cloud.yaml")
        .exits(0);
    house.edit("ticket-4711", "ticket-4710");
    let refused = house.run("plan --simulate fleet.cloud.yaml").exits(77);
    refused.says(&["role/ops", "NoPermission"]);
}

#[test]
fn files_are_read_before_anybody_is_asked_for_a_key() {
    let mut house = shop("files-first", FAST);
    house.set("ALIBABA_CLOUD_ACCESS_KEY_ID", "");
    house.set("ALIBABA_CLOUD_ACCESS_KEY_SECRET", "");
    for (args, code, names) in [
        ("apply missing.plan", 65, "missing.plan"),
        ("rehearse missing.plan", 65, "missing.plan"),
        ("plan -f missing.yaml", 65, "missing.yaml"),
        ("apply -auto-approve -f missing.yaml", 65, "missing.yaml"),
        ("drift -f missing.yaml", 65, "missing.yaml"),
        ("cancel run-1 -f missing.yaml", 65, "missing.yaml"),
        ("orders list -f missing.yaml", 65, "missing.yaml"),
    ] {
        let ended = house.run(args).exits(code);
        assert!(ended.stderr.contains(names), "{args}: {ended}");
        assert!(!ended.stderr.contains("credentials"), "{args}: {ended}");
    }
    house.run("plan").exits(77);
    house.write("no.plan", "{}");
    house.run("apply no.plan").exits(4);
    assert_eq!(house.server.n_calls(), 0);
}

#[test]
fn a_plan_from_the_future_is_refused() {
    let house = shop("future", FAST);
    house.run("plan -out saved.plan").exits(0);
    let bytes = fs::read(house.folder.join("saved.plan")).unwrap();
    let plan = SavedPlan::open(&bytes).unwrap();
    let ahead = |minutes: i64| {
        let mut plan = plan.clone();
        let by = jiff::SignedDuration::from_mins(minutes);
        plan.created_at = plan.created_at.checked_add(by).unwrap();
        plan.expires_at = plan.expires_at.checked_add(by).unwrap();
        plan.seal()
    };
    house.write("future.plan", ahead(9));
    let refused = house.run("apply future.plan").exits(4);
    refused.says(&["on this machine", "set the clock right"]);
    assert_eq!(house.server.n_changing_calls(), 0);
    house.write("nearly.plan", ahead(4));
    house.run("apply nearly.plan").exits(0);
}
