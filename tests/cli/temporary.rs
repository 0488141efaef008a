//! Bandwidth for an event: the example from its purchase to its end, and what may not happen to it.

use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::house::{FAST, House};
use crate::process::Ended;

/// The example, in a cloud of its own whose time passes when it is told to.
struct Event {
    house: House,
}

impl Event {
    fn begin(name: &str) -> Self {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/temporary-bandwidth");
        let read = |name: &str| fs::read_to_string(folder.join(name)).unwrap();
        let house = House::with(name, &read("fleet.yaml"), &read("shop.cloud.yaml"), FAST);
        Self { house }
    }

    fn run(&self, args: &str) -> Ended {
        let args = format!("{args} --simulate fleet.cloud.yaml");
        self.house.run_without_cloud(&args)
    }

    fn orders(&self) -> Vec<Value> {
        let listed = self.run("orders list -json").exits(0).json();
        listed["orders"].as_array().unwrap().clone()
    }

    fn lose_the_store(&self) {
        let worlds = fs::read_dir(self.house.folder.join("state/simulated")).unwrap();
        for world in worlds {
            fs::remove_dir_all(world.unwrap().path().join("shop-event")).unwrap();
        }
    }
}

#[test]
fn an_event_is_bought_shown_beneath_and_over() {
    let event = Event::begin("temporary-example");
    event.run("plan -detailed-exitcode").exits(2).tells(&[
        "100 Mbit/s from 2026-03-01T12:00Z until 2026-03-02T18:00Z",
        "192.00 CNY now",
        "AutoPay=true",
        "R30",
    ]);
    event
        .run("apply -auto-approve")
        .exits(0)
        .tells(&["2 changed"]);
    assert_eq!(event.orders().len(), 2);
    event
        .run("plan -detailed-exitcode")
        .exits(0)
        .tells(&["is bought (order"]);

    event.run("sim wait 6h").exits(0);
    let active = event.run("plan -detailed-exitcode").exits(0);
    active.tells(&["it shows 100 Mbit/s until 2026-03-02T18:00Z and counts as 20"]);
    event.run("drift").exits(0);
    event.run("apply -auto-approve").exits(0);

    event.run("sim wait 30h").exits(0);
    let over = event.run("plan -detailed-exitcode").exits(0);
    over.tells(&["ended at 2026-03-02T18:00Z", "take it out of the manifest"]);
    event.run("drift").exits(0);
    assert_eq!(event.orders().len(), 2, "it is bought once");
    let text = event.house.read("fleet.yaml");
    let (before, rest) = text.split_once("    temporary_bandwidth:").unwrap();
    let (_, after) = rest.split_once("\n\n").unwrap();
    event
        .house
        .write("fleet.yaml", format!("{before}\n{after}"));
    event.run("plan -detailed-exitcode").exits(0);
}

#[test]
fn what_was_bought_is_neither_changed_nor_bought_again_when_its_state_is_lost() {
    let event = Event::begin("temporary-lost");
    event.run("apply -auto-approve").exits(0);
    event.lose_the_store();
    event
        .run("orders reconcile")
        .exits(0)
        .tells(&["does what is wanted of front/i-front0001 and is paid"]);
    event.run("plan -detailed-exitcode").exits(0);
    event.run("apply -auto-approve").exits(0);
    assert_eq!(
        event.orders().len(),
        0,
        "its orders are not in the new state"
    );
    event.run("sim wait 6h").exits(0);
    event
        .run("plan -detailed-exitcode")
        .exits(0)
        .tells(&["counts as 20"]);
    // What was found in the books is recorded: drift reads nothing else.
    event.run("drift").exits(0);

    event
        .house
        .edit("max_bandwidth_out: 100", "max_bandwidth_out: 150");
    event
        .run("plan -detailed-exitcode")
        .exits(2)
        .tells(&["is bought already", "cannot be changed"]);
    event.run("apply -auto-approve").exits(6);
    event
        .house
        .edit("max_bandwidth_out: 20}", "max_bandwidth_out: 30}");
    event
        .house
        .edit("max_bandwidth_out: 150", "max_bandwidth_out: 100");
    event
        .run("plan")
        .exits(0)
        .tells(&["is in force until 2026-03-02T18:00Z", "(R31)"]);
}

#[test]
fn an_answer_that_is_lost_buys_an_upgrade_once() {
    let event = Event::begin("temporary-lost-answer");
    let cloud = event.house.read("fleet.cloud.yaml");
    let faults =
        "faults:\n- {operation: ModifyInstanceNetworkSpec, times: 3, when: no_answer_after}\n";
    event
        .house
        .write("fleet.cloud.yaml", format!("{faults}{cloud}"));
    event.run("apply -auto-approve").exits(0);
    let orders = event.orders();
    assert_eq!(orders.len(), 2, "{orders:?}");
    event.run("plan -detailed-exitcode").exits(0);
}

/// R31: what was planned before an event would be refused while it lasts.
#[test]
fn a_plan_of_before_the_event_is_stale_while_it_lasts() {
    let event = Event::begin("temporary-stale");
    event.run("apply -auto-approve").exits(0);
    event
        .house
        .edit("max_bandwidth_out: 20}", "max_bandwidth_out: 15}");
    event
        .run("plan -out before.plan -detailed-exitcode")
        .exits(2);
    event.run("sim wait 6h").exits(0);
    let stale = event.run("apply before.plan").exits(4);
    stale.says(&["temporary_bandwidth", "in force"]);
}
