//! `--simulate`: the whole program on a cloud of its own, which remembers, and never touches the real state.

use std::fs;

use crate::house::{FAST, House};
use crate::shop::{APPLY, shop};

const WITH: &str = "--simulate fleet.cloud.yaml";

fn worlds(house: &House) -> usize {
    fs::read_dir(house.folder.join("state/simulated"))
        .unwrap()
        .count()
}

#[test]
fn a_simulated_fleet_stays_as_it_was_left_until_its_scenario_is_edited() {
    let house = shop("simulated", FAST);
    let run = |args: &str| house.run_without_cloud(&format!("{args} {WITH}"));
    run("plan -detailed-exitcode").exits(2);
    run("drift").exits(1);
    run(APPLY).exits(0).shows(&["3 changed"]);
    run("plan -detailed-exitcode").exits(0);
    run("drift").exits(0);
    run("state list")
        .exits(0)
        .shows(&["web-1", "web-2", "web-3"]);
    run("history").exits(0).shows(&["done"]);
    assert_eq!(worlds(&house), 1);

    let scenario = house.read("fleet.cloud.yaml");
    house.write(
        "fleet.cloud.yaml",
        scenario.replace("ecs.g7.large", "ecs.c7.large"),
    );
    run("plan -detailed-exitcode")
        .exits(2)
        .shows(&["ecs.c7.large", "first run"]);
    assert_eq!(worlds(&house), 2);
    house.write("fleet.cloud.yaml", scenario);
    run("plan -detailed-exitcode").exits(0);

    assert!(!house.has("state/shop"));
    assert_eq!(house.server.n_calls(), 0);
    house.run("state list").exits(1);
}

#[test]
fn a_simulated_apply_of_a_made_up_fleet_waits_for_nothing() {
    let house = House::generated(
        "simulated-fleet",
        "--machines 50 --seed 3 --changed 80%",
        FAST,
    );
    let run = |args: &str| house.run_without_cloud(&format!("{args} {WITH}"));
    run(APPLY).exits(0).shows(&["40 changed"]);
    run("plan -detailed-exitcode").exits(0);
    assert!(!house.has(&format!("state/{}", house.fleet)));
}

#[test]
fn faults_of_the_scenario_strike_a_simulated_apply_and_are_not_repeated_by_the_next_one() {
    let house = shop("simulated-faults", FAST);
    let faults = "faults:
- {operation: ModifyInstanceSpec, instance: i-2, call: 1, code: OperationDenied.NoStock}
- {operation: StopInstance, call: 1, when: no_answer_after}
";
    house.write(
        "fleet.cloud.yaml",
        format!("{faults}{}", house.read("fleet.cloud.yaml")),
    );
    let run = |args: &str| house.run_without_cloud(&format!("{args} {WITH}"));
    run(APPLY).exits(3).shows(&["OperationDenied.NoStock"]);
    run(APPLY).exits(0);
    run("plan -detailed-exitcode").exits(0);

    let scenario = house.read("fleet.cloud.yaml").replace("NoStock", "Nothing");
    house.write("fleet.cloud.yaml", scenario);
    run("plan")
        .exits(65)
        .says(&["faults[0]: code: OperationDenied.Nothing is not known"]);
}
