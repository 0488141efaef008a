//! `kill -9` at any moment, and then the same command again.

use std::collections::{BTreeMap, BTreeSet};

use rand::{Rng as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;
use serde_json::Value;

use crate::house::House;
use crate::process::until;
use crate::server::World;

const APPLY: &str = "apply -auto-approve -allow-unknown-price";

/// Moments at which one run of the story kills.
const KILLS: usize = 10;

/// Where within its tenth each of them comes.
const SEED: u64 = 11;

/// Some machines change twice and wait out a cool-down in between, a second and a half at [`FAST`].
const SPEED: u32 = 500;

#[test]
fn an_apply_killed_at_any_moment_is_finished_by_the_next_one() {
    let made_up = "--machines 20 --seed 11 --changed 60%";
    let unharmed = House::generated("kills-none", made_up, SPEED);
    let before = unharmed.server.n_calls();
    unharmed.run(APPLY).exits(0);
    let n_calls = unharmed.server.n_calls() - before;
    let wanted = unharmed.server.world();
    let n_orders = wanted.orders().len();
    assert!(n_orders > 0, "the fleet has no order to lose");

    println!("{n_calls} calls when nobody kills");
    let mut numbers = ChaCha8Rng::seed_from_u64(SEED);
    let mut n_gone_on = 0;
    for kill in 0..KILLS {
        // One moment in each tenth of the run.
        let tenth = n_calls / KILLS as u64;
        let at = tenth * kill as u64 + numbers.next_u64() % tenth.max(1) + 1;
        let house = House::generated("kills", made_up, SPEED);
        let ran = house.server.world().with_status("Running");
        kill_at_call(&house, at);
        let again = house.run(APPLY).exits(0);
        n_gone_on += usize::from(again.stderr.contains("Going on with run"));
        let told = || format!("killed at call {at} of {n_calls}\n{again}");

        let world = house.server.world();
        assert_eq!(world.specs(), wanted.specs(), "{}", told());
        let runs = world.with_status("Running");
        assert!(ran.iter().all(|id| runs.contains(id)), "{}", told());
        assert_eq!(world.orders().len(), n_orders, "{}", told());
        assert_eq!(orders_made_twice(&world), [""; 0], "{}", told());
        assert_eq!(orders_of_journals(&house), orders_of(&world), "{}", told());
        house.run("plan -detailed-exitcode").exits(0);
        house.run("drift").exits(0);
    }
    // Those in the time of planning leave none.
    assert!(
        n_gone_on >= KILLS / 4,
        "only {n_gone_on} kills left a run open"
    );
}

fn kill_at_call(house: &House, n: u64) {
    let mut apply = house.start(APPLY);
    until("the call was made or the run is over", || {
        house.server.n_calls() >= n || apply.is_over()
    });
    apply.kill();
    drop(apply.ended());
}

/// Machines with two orders for the same thing.
fn orders_made_twice(world: &World) -> Vec<String> {
    let mut made: BTreeMap<String, usize> = BTreeMap::new();
    for order in world.orders() {
        let what = format!("{} {}", order["InstanceId"], order["Change"]);
        *made.entry(what).or_default() += 1;
    }
    let twice = made.into_iter().filter(|(_, n)| *n > 1);
    twice.map(|(what, _)| what).collect()
}

fn orders_of(world: &World) -> BTreeSet<String> {
    let id = |order: &Value| order["OrderId"].as_str().unwrap().to_owned();
    world.orders().iter().map(id).collect()
}

/// Every order that some journal knows.
fn orders_of_journals(house: &House) -> BTreeSet<String> {
    let mut orders = BTreeSet::new();
    let history = house.run("history -json").exits(0).json();
    for run in history["runs"].as_array().unwrap() {
        let name = run["run"].as_str().unwrap();
        let journal = house.run(&format!("history {name} -json")).exits(0).json();
        for entry in journal["entries"].as_array().unwrap() {
            let order = entry["kind"]["event"]["answered"]["order_id"].as_str();
            orders.extend(order.map(str::to_owned));
        }
    }
    orders
}
