//! What other programs read: saved plans, JSON, Markdown, and the options that Terraform's hands type.

use std::fs::File;
use std::io::Write as _;

use respec::plan::SavedPlan;
use serde_json::{Value, json};

use crate::house::FAST;
use crate::process::until;
use crate::shop::{APPLY, MACHINES, WANTED, all_run_as, shop};

#[test]
fn a_saved_plan_is_what_was_shown_and_is_applied_without_asking() {
    let house = shop("saved", FAST);
    let plan = house
        .run("plan -out saved.plan -detailed-exitcode")
        .exits(2);
    plan.shows(&["saved.plan"]);
    let saved: Value = serde_json::from_str(&house.read("saved.plan")).unwrap();
    let shown = house.run("plan -json").exits(0).json();
    let sagas = |plan: &Value| plan.pointer("/plan/sagas").or(plan.get("sagas")).cloned();
    assert!(sagas(&saved).is_some_and(|sagas| sagas.as_object().unwrap().len() == 3));
    assert_eq!(sagas(&saved), sagas(&shown));

    house.run("apply -input=false saved.plan").exits(0);
    all_run_as(&house, WANTED);
    let nothing = house
        .run("plan -out nothing.plan -detailed-exitcode")
        .exits(0);
    nothing.shows(&["No changes."]);
    house
        .run("apply nothing.plan")
        .exits(0)
        .shows(&["No changes."]);
}

#[test]
fn every_json_output_is_one_document_or_one_a_line() {
    let house = shop("json", FAST);
    house.run("plan -json").exits(0).json();
    let events = house.run(&format!("{APPLY} -json")).exits(0).json_lines();
    assert_eq!(events[0]["type"], "version");
    for (n, event) in events.iter().enumerate() {
        assert_eq!(event["sequence"], json!(n));
        for key in ["@level", "@message", "@module", "@timestamp", "type"] {
            assert!(event[key].is_string(), "{key}: {event}");
        }
    }
    let last = events.last().unwrap();
    assert!(
        format!("{last}").contains("Resources: 0 added, 3 changed, 0 destroyed."),
        "{last}"
    );

    let state = house.run("state list -json").exits(0).json();
    assert_eq!(state["instances"].as_array().unwrap().len(), 3);
    let one = house.run("state show web-1 -json").exits(0).json();
    assert_eq!(one["instance"]["fields"]["instance_type"], WANTED);
    let history = house.run("history -json").exits(0).json();
    assert_eq!(history["runs"][0]["exit_code"], 0);
    let run = history["runs"][0]["run"].as_str().unwrap();
    let journal = house.run(&format!("history {run} -json")).exits(0).json();
    assert!(
        journal["entries"].as_array().unwrap().len() > 20,
        "{journal}"
    );
    let drift = house.run("drift -json").exits(0).json();
    assert_eq!(drift["resource_drift"], json!([]));
    house.run("version -json").exits(0).json();
    assert_eq!(house.run("validate -json").exits(0).json()["valid"], true);

    let edit = json!({"InstanceId": "i-2", "InstanceType": "ecs.g7.2xlarge"});
    house.server.by_hand("modify", &edit);
    let drift = house.run("drift -json").exits(2).json();
    assert_eq!(
        drift["resource_drift"][0]["change"]["after"]["instance_type"],
        "ecs.g7.2xlarge"
    );
    house.write("fleet.yaml", "version: 1\nflet: shop\n");
    let wrong = house.run("validate -json").exits(65).json();
    let places = wrong["diagnostics"].as_array().unwrap().iter();
    let lines: Vec<_> = places
        .map(|found| &found["range"]["start"]["line"])
        .collect();
    assert!(lines.contains(&&json!(2)), "{wrong}");
    house.run("validate -json -f no-such.yaml").exits(65);
}

#[test]
fn a_result_that_cannot_be_written_is_an_error_and_a_reader_that_left_is_none() {
    let house = shop("unheard", FAST);
    let full = || File::options().write(true).open("/dev/full").unwrap();
    for (args, code) in [("plan", 1), ("plan -json", 1), ("apply -auto-approve", 1)] {
        let ended = house.command(args).stdout(full()).output().unwrap();
        assert_eq!(ended.status.code(), Some(code), "{args}: {ended:?}");
    }
    assert_eq!(house.server.n_changing_calls(), 0);
    house.run("plan -out saved.plan").exits(0);
    let applied = house.command("apply saved.plan").stdout(full()).output();
    assert_eq!(applied.unwrap().status.code(), Some(0));
    all_run_as(&house, WANTED);

    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let gone = house.command("plan").stdout(writer).output().unwrap();
    assert_eq!(gone.status.code(), Some(0), "{gone:?}");
}

/// Nobody says yes to a plan that only a program has seen.
#[test]
fn whoever_is_asked_beside_a_stream_is_shown_the_plan_there() {
    let house = shop("json-asked", FAST);
    let shown = [
        "web-1",
        WANTED,
        "3 to change",
        "Apply this plan to 3 machines (3 restarts, 0 orders)?",
    ];
    let (asked, _keyboard) = house.start_at_a_terminal("apply -json", "no\n");
    let declined = asked.ended().exits(1).says(&shown);
    let last = declined.json_lines().pop().unwrap();
    assert_eq!(last["exit_code"], 1);
    declined.says(&["not approved; nothing was changed"]);
    assert_eq!(house.server.n_changing_calls(), 0);

    let (asked, _keyboard) = house.start_at_a_terminal("apply -json", "yes\n");
    let applied = asked.ended().exits(0).says(&shown);
    let last = applied.json_lines().pop().unwrap();
    assert_eq!(last["type"], "change_summary");
    assert_eq!(last["exit_code"], 0);
    all_run_as(&house, WANTED);

    // Whoever is not asked reads the stream alone.
    let unasked = shop("json-unasked", FAST);
    let applied = unasked.run(&format!("{APPLY} -json")).exits(0);
    assert!(!applied.stderr.contains(WANTED), "{applied}");
}

/// The plan is an hour old by then, or a minute, and the fleet another.
#[test]
fn what_somebody_did_while_the_question_stood_is_seen_before_anything_begins() {
    let house = shop("asked-long", FAST);
    let (asked, mut keyboard) = house.start_at_a_terminal("apply", "");
    until("the plan is made", || {
        house.server.calls().contains_key("StopInstances")
    });
    let by_hand = json!({"InstanceId": MACHINES[1]});
    house.server.by_hand("stop", &by_hand);
    until("it is down", || {
        house.server.world().field(MACHINES[1], "Status") == "Stopped"
    });
    keyboard.write_all(b"yes\n").unwrap();
    let refused = asked.ended().exits(4);
    refused.says(&[
        "the plan no longer fits 1 of 3 machines",
        "web-2",
        "web-2 (i-2): power was running, is stopped",
    ]);
    assert_eq!(house.server.n_changing_calls(), 0);
}

#[test]
fn an_apply_that_comes_to_no_run_still_speaks_json() {
    let house = shop("json-nothing", FAST);
    house.run(APPLY).exits(0);
    house.run("plan -out nothing.plan").exits(0);
    for nothing in [&format!("{APPLY} -json"), "apply -json nothing.plan"] {
        let lines = house.run(nothing).exits(0).json_lines();
        assert_eq!(lines[0]["type"], "version");
        let last = lines.last().unwrap();
        assert_eq!(last["type"], "change_summary");
        assert_eq!(last["exit_code"], 0);
    }
    house.write("nothing.plan", "altered");
    let refused = house.run("apply -json nothing.plan").exits(4);
    let last = refused.json_lines().pop().unwrap();
    assert_eq!(last["type"], "diagnostic");
    assert_eq!(last["diagnostic"]["severity"], "error");
    assert_eq!(last["exit_code"], 4);
}

#[test]
fn what_changes_only_the_state_speaks_json_too() {
    let house = shop("json-state", FAST);
    house.run(APPLY).exits(0);
    let exported = house.run("state export -out all.jsonl -json").exits(0);
    assert_eq!(exported.json()["exported"]["file"], "all.jsonl");
    let forgotten = house.run("state rm web-1 -json").exits(0).json();
    assert_eq!(forgotten["forgotten"]["instance_id"], "i-1");
    let restored = house.run("state restore all.jsonl -replace -json").exits(0);
    assert_eq!(restored.json()["restored"]["machines"], 3);
    let nothing = house.run("rehearse -json").exits(0).json();
    assert_eq!(nothing["good_day"]["totals"], json!({}));
    let nothing = house.run("orders reconcile -json").exits(0).json();
    assert_eq!(nothing["not_recorded"], json!([]));
}

#[test]
fn markdown_begins_with_the_tag_by_which_a_comment_is_found_again() {
    let house = shop("markdown", FAST);
    let page = house.run("plan --format markdown").exits(0);
    assert!(page.stdout.starts_with("<!-- respec"), "{page}");
    let page = house.run("plan -format=markdown -no-color").exits(0);
    assert!(page.stdout.contains("web-1"), "{page}");
}

#[test]
fn terraforms_single_dashes_mean_the_same_before_and_after_the_command() {
    let house = shop("dashes", FAST);
    for args in [
        "plan -detailed-exitcode -no-color -input=false -lock-timeout=0s -parallelism=10",
        "-chdir=. plan --detailed-exitcode --no-color --input=false",
        "-f fleet.yaml -no-color plan -detailed-exitcode -target=web-1",
        "plan -detailed-exitcode -target web-1 -target i-2 -f fleet.yaml",
        "plan -detailed-exitcode -state=./state -f .",
    ] {
        house.run(args).exits(2);
    }
    house.run("-version").exits(0).shows(&["respec "]);
    house
        .run("plan -help")
        .exits(0)
        .shows(&["--detailed-exitcode"]);
    assert!(!house.has("state"));
    house.run("apply -auto-approve -target=web-1").exits(0);
    let world = house.server.world();
    let types = ["i-1", "i-2", "i-3"].map(|id| world.field(id, "EffectiveType"));
    assert_eq!(types, [WANTED, "ecs.g7.large", "ecs.g7.large"]);
    house.run("plan -detailed-exitcode").exits(2);
}

#[test]
fn what_the_simulator_answers_and_reads_is_told_without_a_cloud() {
    let house = shop("told", FAST);
    let listed = house.run_without_cloud("sim operations").exits(0);
    listed.shows(&["Ecs 2014-05-26\n", "AssumeRoleWithOIDC", "change, unsigned"]);
    let listed = house.run_without_cloud("sim operations -json").exits(0);
    let first = listed.json()["operations"][0].clone();
    assert_eq!(
        first,
        json!({
            "product": "Ecs", "version": "2014-05-26", "name": "DescribeAccountAttributes",
            "kind": "read", "caller": "key",
        })
    );
    let schema = house.run_without_cloud("schema -scenario").exits(0).json();
    assert_eq!(schema["title"], "respec scenario");
    let schema = house.run_without_cloud("schema").exits(0).json();
    assert_eq!(schema["title"], "respec manifest");
}

/// A seal says who changed a plan last; what it promises is asked again.
#[test]
fn a_plan_that_was_sealed_anew_without_its_batches_is_not_taken() {
    let house = shop("forms-resealed", FAST);
    house.run("plan -out p.rsplan").exits(0);
    let mut plan = SavedPlan::open(house.read("p.rsplan").as_bytes()).unwrap();
    plan.courses.clear();
    house.write("p.rsplan", plan.seal());
    let refused = house.run("apply p.rsplan").exits(4);
    refused.says(&["stands in no batch", "make a new one"]);
    assert_eq!(house.server.n_changing_calls(), 0);
}
