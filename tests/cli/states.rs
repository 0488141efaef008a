//! `respec state`: what it refuses, and what it leaves alone.

use std::fs;

use crate::house::FAST;
use crate::shop::{APPLY, WANTED, all_run_as, prepaid_shop, shop};

#[test]
fn a_machine_is_forgotten_and_found_again() {
    let house = shop("state-rm", FAST);
    house.run(APPLY).exits(0);
    let calls = house.server.n_calls();
    house
        .run("state rm web-2")
        .exits(0)
        .shows(&["web-2 (i-2) is forgotten", "not touched"]);
    assert_eq!(
        house.server.n_calls(),
        calls,
        "the cloud hears nothing of it"
    );
    let left = house.run("state list").exits(0);
    assert!(!left.stdout.contains("web-2"), "{left}");
    house.run("state rm web-2").exits(64).says(&["state list"]);
    house.run("history").exits(0);
    house.run(APPLY).exits(0);
    let again = house.run("state list").exits(0);
    assert!(again.stdout.contains("web-2"), "{again}");
    all_run_as(&house, WANTED);
    house.run("state check").exits(0);
}

#[test]
fn no_machine_of_an_open_run_is_forgotten() {
    let house = prepaid_shop("state-rm-open", "await", FAST);
    house.run(APPLY).exits(7);
    let run = house.last_run();
    let other = house.run("state list").exits(0);
    assert_eq!(
        other.stdout, "",
        "nothing is recorded before the run is over"
    );
    house.run(&format!("cancel {run} -auto-approve")).exits(0);
    house.run(APPLY).exits(7);
    house
        .run("state rm db-1")
        .exits(7)
        .says(&["is open", "respec cancel"]);
}

#[test]
fn two_machines_of_one_name_are_told_apart_by_their_ids() {
    let house = prepaid_shop("state-names", "auto", FAST);
    house.run(APPLY).exits(0);
    house.edit("id: i-1", "id: i-2");
    house.run(APPLY).exits(0);
    for command in ["state show db-1", "state rm db-1"] {
        let refused = house.run(command).exits(64);
        refused.says(&["2 machines are recorded as db-1", "i-1, i-2"]);
    }
    house.run("state rm i-1").exits(0);
    house.run("state show db-1").exits(0).shows(&["i-2"]);
}

#[test]
fn of_the_plans_only_the_last_is_in_an_export() {
    let house = shop("state-plans", FAST);
    for wanted in ["ecs.g7.2xlarge", "ecs.g7.4xlarge"] {
        house.run(APPLY).exits(0);
        let old = house.read("fleet.yaml");
        house.write("fleet.yaml", old.replace("ecs.g7.xlarge", wanted));
    }
    house.run("state export -out kept.jsonl").exits(0);
    let kept = house.read("kept.jsonl");
    let plans = kept.lines().filter(|line| line.contains("\"digest\":"));
    let whole = plans.clone().filter(|line| line.contains("\"text\":"));
    assert_eq!((plans.count(), whole.count()), (2, 1));
    let restored = house.run("state restore kept.jsonl -replace").exits(0);
    restored.shows(&["It tells what was done until", "left stopped"]);
    fs::remove_dir_all(house.folder.join("state")).unwrap();
    house.run("state restore kept.jsonl").exits(0);
    house.run(APPLY).exits(0);
    house.run("state check").exits(0);
}

#[test]
fn an_export_replaces_nothing_unasked_and_a_changed_one_nothing_at_all() {
    let house = shop("state-export", FAST);
    house.run("state export").exits(1).says(&["has no state"]);
    house.run("state check").exits(1).says(&["has no state"]);
    house.run(APPLY).exits(0);
    let on_stdout = house.run("state export").exits(0).stdout;
    house.run("state export -out kept.jsonl").exits(0);
    assert_eq!(house.read("kept.jsonl"), on_stdout);
    house
        .run("state restore kept.jsonl")
        .exits(6)
        .says(&["there is a state already", "-replace"]);
    house
        .run("state restore kept.jsonl -replace")
        .exits(0)
        .shows(&["replaced-1"]);
    house.write(
        "changed.jsonl",
        on_stdout.replacen("ecs.g7.xlarge", "ecs.g7.2xlarge", 1),
    );
    house
        .run("state restore changed.jsonl -replace")
        .exits(65)
        .says(&["checksum", "line "]);
    house.run("state restore nowhere -replace").exits(65);
    house.run("state check").exits(0);
    house.run("plan -detailed-exitcode").exits(0);
}

#[test]
fn words_for_remote_states_say_what_to_do_instead() {
    let house = shop("state-remote", FAST);
    for (command, instead) in [
        ("state pull", "state export"),
        ("state push -force x", "state restore"),
        ("state migrate", "state export"),
        ("state unlock 1234", "lock-timeout"),
    ] {
        house.run(command).exits(64).says(&[instead]);
    }
}
