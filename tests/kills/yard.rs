//! Where a round takes place: a small fleet of every kind of change, its cloud behind a door, and what must be
//! true in the end.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;
use std::sync::LazyLock;
use std::sync::atomic::Ordering;

use serde_json::Value;

use crate::KILLED;
use crate::door::{Door, Trap};
use crate::house::House;
use crate::journal::Journal;
use crate::process::{Ended, Running};
use crate::server::World;

pub(crate) const APPLY: &str = "apply -auto-approve -allow-unknown-price";

/// A stop takes a thirtieth of a second, and may take half of one before it counts as hanging: a machine that
/// is busy with six rounds at once needs that.
const SPEED: u32 = 600;

const MANIFEST: &str = "
version: 1
fleet: shop
region: cn-hangzhou
defaults: {rollout: {max_unavailable: 100%}, payment: auto}
instances:
  web-1: {id: i-1, spec: {instance_type: ecs.g7.xlarge}}
  web-2: {id: i-2, spec: {internet: {max_bandwidth_out: 20}}}
  db-1: {id: i-3, spec: {instance_type: ecs.g7.xlarge}}
  db-2: {id: i-4, spec: {instance_type: ecs.g7.xlarge}}
";

const CLOUD: &str = "
instances:
- {InstanceId: i-1, InstanceName: web-1, InstanceType: ecs.g7.large}
- {InstanceId: i-2, InstanceName: web-2, InstanceType: ecs.g7.large, InternetMaxBandwidthOut: 5, PublicIpAddress: {IpAddress: [47.1.2.3]}}
- {InstanceId: i-3, InstanceName: db-1, InstanceType: ecs.g7.large, InstanceChargeType: PrePaid}
- {InstanceId: i-4, InstanceName: db-2, InstanceType: ecs.g7.large, InstanceChargeType: PrePaid}
";

/// How the fleet is when nothing bad happens.
struct Wanted {
    specs: Vec<String>,
    n_orders: usize,
    n_changing: usize,
    n_calls: usize,
}

static WANTED: LazyLock<Wanted> = LazyLock::new(|| {
    let yard = Yard::new("unharmed");
    yard.door.arm(Vec::new());
    yard.run(APPLY).exits(0);
    let (n_changing, n_calls) = (yard.door.n_changing(), yard.door.n_any());
    let world = yard.house.server.world();
    assert_eq!(world.with_status("Running").len(), 4);
    let n_orders = world.orders().len();
    assert_eq!(n_orders, 2, "one for each machine that is paid ahead");
    Wanted {
        specs: world.specs(),
        n_orders,
        n_changing,
        n_calls,
    }
});

/// Calls of an unharmed apply that may change something.
pub(crate) fn n_changing() -> usize {
    WANTED.n_changing
}

/// All calls of an unharmed apply.
pub(crate) fn n_calls() -> usize {
    WANTED.n_calls
}

pub(crate) struct Yard {
    pub(crate) house: House,
    pub(crate) door: Door,
}

impl Yard {
    pub(crate) fn new(name: &str) -> Self {
        let mut house = House::with(name, MANIFEST, CLOUD, SPEED);
        let door = Door::before(&house.server.url);
        house.set("RESPEC_ENDPOINT", &door.url);
        Self { house, door }
    }

    /// Starts a command with these traps on its way.
    pub(crate) fn start(&self, command: &mut Command, traps: Vec<Trap>) -> Running {
        self.door.arm(traps);
        let running = Running::start(command);
        self.door.aim(running.id());
        running
    }

    #[track_caller]
    pub(crate) fn run(&self, args: &str) -> Ended {
        self.house.run(args)
    }

    /// Starts an apply with these traps on its way, and waits for its end.
    pub(crate) fn apply_into(&self, traps: Vec<Trap>) -> Ended {
        let before = self.journal();
        let ended = self.start(&mut self.house.command(APPLY), traps).ended();
        self.saw_the_end(&before, &ended);
        ended
    }

    /// What holds after whatever end: nothing is gone from the journal, and what the cloud was asked to do
    /// was announced there before.
    #[track_caller]
    pub(crate) fn saw_the_end(&self, before: &Journal, ended: &Ended) {
        if ended.code.is_none() {
            KILLED.fetch_add(1, Ordering::SeqCst);
        }
        let now = self.journal();
        now.goes_on_from(before);
        let announced = now.tokens();
        for token in self.door.tokens() {
            assert!(
                announced.contains(token.as_str()),
                "a call was sent that nobody announced: {token}\n{ended}"
            );
        }
        assert!(!ended.stderr.contains("panicked"), "{ended}");
    }

    pub(crate) fn journal(&self) -> Journal {
        Journal::read(&self.house.folder.join("state/shop/journal.jsonl"))
    }

    /// Machines that are not running.
    pub(crate) fn n_down(&self) -> usize {
        4 - self.house.server.world().with_status("Running").len()
    }

    /// One more apply ends the run, and all is as if nothing had happened.
    #[track_caller]
    pub(crate) fn is_finished_by_the_next(&self) {
        let before = self.journal();
        self.door.arm(Vec::new());
        let ended = self.run(APPLY).exits(0);
        self.saw_the_end(&before, &ended);
        self.is_finished(&ended);
    }

    /// The same, with more than one apply where a machine was found otherwise than left.
    #[track_caller]
    pub(crate) fn is_finished_sooner_or_later(&self, applies_max: usize) {
        self.door.arm(Vec::new());
        for _ in 1..applies_max {
            let before = self.journal();
            let ended = self.run(APPLY);
            self.saw_the_end(&before, &ended);
            assert_eq!(self.n_down(), 0, "{ended}");
            if ended.code == Some(0) {
                return self.is_finished(&ended);
            }
        }
        self.is_finished_by_the_next();
    }

    #[track_caller]
    fn is_finished(&self, ended: &Ended) {
        let world = self.house.server.world();
        assert_eq!(world.specs(), WANTED.specs, "{ended}");
        assert_eq!(world.orders().len(), WANTED.n_orders, "{ended}");
        assert_eq!(ordered_twice(&world), [""; 0], "{ended}");
        let made: BTreeSet<String> = world.orders().iter().map(order_id).collect();
        assert_eq!(self.journal().orders(), made, "{ended}");
        assert_eq!(self.journal().open_machines(), BTreeSet::new(), "{ended}");
        self.run("state check").exits(0);
        self.run("plan -detailed-exitcode").exits(0);
        // A round that went well leaves nothing behind; of one that did not, everything is to be seen.
        let _emptied = std::fs::remove_dir_all(&self.house.folder);
    }
}

fn order_id(order: &Value) -> String {
    order["OrderId"].as_str().unwrap().to_owned()
}

/// Machines with two orders for the same thing.
fn ordered_twice(world: &World) -> Vec<String> {
    let mut made: BTreeMap<String, usize> = BTreeMap::new();
    for order in world.orders() {
        let what = format!("{} {}", order["InstanceId"], order["Change"]);
        *made.entry(what).or_default() += 1;
    }
    let twice = made.into_iter().filter(|(_, n)| *n > 1);
    twice.map(|(what, _)| what).collect()
}
