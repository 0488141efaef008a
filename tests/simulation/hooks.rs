//! Machines that their owner's commands take out of service before a stop and put back after a start. The commands
//! take their time, may fail, and are cut off when the program dies. `--theme hooks`.
//!
//! What holds: nobody is stopped who is still in service, and nobody is left out of it.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;
use std::time::Duration;

use async_trait::async_trait;
use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;
use respec::model::{DesiredFleet, Facts, Hooks, Moment, Probe};
use respec::probe::{HookCall, Prober, Ran, Sight};
use serde_json::Value as Truth;

use crate::doors::WatchedWire;
use crate::fleet::Fleet;
use crate::history::History;
use crate::laws::of;
use crate::script::{MINUTE, SECOND, Script, Theme, span};
use crate::troubles;

/// Draws apart from everything else.
const SALT: u64 = 0x0068_6f6f_6b73;

/// Mostly they work.
const FAILS: f64 = 0.12;

/// What a gate looks at is not as it should be.
const BAD_GATE: f64 = 0.35;

/// A history about service.
pub(crate) fn script(seed: u64) -> Script {
    let edit = |fleet: &mut Fleet| give_commands(fleet, seed);
    troubles::more(Script::draw_with(seed, Theme::Hooks, edit))
}

/// Most groups take their machines out of service, and most of those put them back.
fn give_commands(fleet: &mut Fleet, seed: u64) {
    let mut chance = ChaCha8Rng::seed_from_u64(seed ^ SALT);
    let groups = fleet.manifest["groups"].as_mapping_mut().unwrap();
    for (_, group) in groups.iter_mut() {
        if chance.random_bool(0.2) {
            continue;
        }
        let command = |text: &str| serde_yaml::from_str(text).unwrap();
        group["rollout"]["before_stop"] = command("{command: [./drain.sh], within: 2m}");
        if chance.random_bool(0.85) {
            group["rollout"]["after_start"] = command("{command: [./return.sh], within: 3m}");
        }
        if group["ids"].as_sequence().unwrap().len() >= 3 && chance.random_bool(0.5) {
            let gate = "[{after: 1, check: {command: [./open.sh], every: 1m, failures: 2}}]";
            group["rollout"]["batches"] = command("[1, 100%]");
            group["rollout"]["gates"] = command(gate);
        }
    }
}

/// Whether a machine serves, as its owner's balancer would have it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Service {
    /// It does; or it is about to, in whatever way.
    In,
    /// It may or may not: a command was begun, and nobody saw it end well.
    Unclear,
    /// It does not.
    Out,
}

/// The owner's balancer: who is to be taken out, who was, and who was put back.
pub(crate) struct Balancer {
    /// Whoever is taken out before a stop.
    leaving: BTreeSet<String>,
    /// Whoever is put back after a start.
    returning: BTreeSet<String>,
    services: RefCell<BTreeMap<String, Service>>,
}

impl Balancer {
    pub(crate) fn of(desired: &DesiredFleet) -> Self {
        let with = |is_given: fn(&Hooks) -> bool| {
            let groups = desired.groups.values();
            let such = groups.filter(|group| is_given(&group.rollout.hooks));
            such.flat_map(|group| &group.members)
                .map(ToString::to_string)
                .collect()
        };
        Self {
            leaving: with(|hooks| hooks.before_stop.is_some()),
            returning: with(|hooks| hooks.after_start.is_some()),
            services: RefCell::default(),
        }
    }

    fn put(&self, id: &str, service: Service) {
        self.services.borrow_mut().insert(id.to_owned(), service);
    }

    fn service(&self, id: &str) -> Service {
        let services = self.services.borrow();
        services.get(id).copied().unwrap_or(Service::In)
    }

    /// I17: who is about to be stopped was taken out of service before; what is wrong.
    pub(crate) fn judge_call(&self, action: &str, id: &str) -> Option<String> {
        let stops = action.starts_with("StopInstance") && self.leaving.contains(id);
        let service = self.service(id);
        (stops && service != Service::Out)
            .then(|| format!("{id} is stopped while it may serve ({service:?})"))
    }
}

/// Runs the commands of a history.
pub(crate) struct Owner {
    inner: Rc<dyn Prober>,
    wire: Rc<WatchedWire>,
    chance: RefCell<ChaCha8Rng>,
}

impl Owner {
    pub(crate) fn new(inner: Rc<dyn Prober>, wire: Rc<WatchedWire>, seed: u64) -> Self {
        let chance = RefCell::new(ChaCha8Rng::seed_from_u64(!seed ^ SALT));
        Self {
            inner,
            wire,
            chance,
        }
    }

    /// Nothing happens on a machine that sleeps until it wakes, nor ever in a program that died.
    async fn lives(&self) {
        let WatchedWire { death, clock, .. } = self.wire.as_ref();
        if death.is_dead() {
            return std::future::pending().await;
        }
        death.awake(clock.as_ref()).await;
    }

    /// What a gate looks at is not always as it should be, but in the end.
    async fn look_at_a_gate(&self, group: &str) -> Sight {
        let eye = &self.wire.eye;
        self.lives().await;
        let (takes, bad) = {
            let mut chance = self.chance.borrow_mut();
            let takes = span(SECOND / 10, SECOND * 20, &mut chance);
            (takes, chance.random_bool(BAD_GATE))
        };
        self.wire.clock.sleep(takes).await;
        self.lives().await;
        let bad = bad && !self.wire.is_quiet.get();
        eye.log(|| format!("  the gate of {group} looks, and it is bad: {bad}"));
        if bad {
            return Sight::Bad("ended with 1".to_owned());
        }
        eye.rollouts.looked_good(group);
        Sight::Good("ended with 0".to_owned())
    }

    /// How long a command takes, and whether it fails; in the end they all work.
    fn draw(&self, within: Duration) -> (Duration, bool) {
        let mut chance = self.chance.borrow_mut();
        let takes = span(SECOND / 10, MINUTE * 4, &mut chance);
        let fails = chance.random_bool(FAILS) || takes >= within;
        (takes.min(within), fails && !self.wire.is_quiet.get())
    }
}

#[async_trait(?Send)]
impl Prober for Owner {
    async fn probe(&self, facts: &Facts, probe: &Probe, within: Duration) -> Sight {
        match &facts.group {
            Some(group) if facts.id.is_empty() => self.look_at_a_gate(group).await,
            Some(_) | None => self.inner.probe(facts, probe, within).await,
        }
    }

    async fn run(&self, call: HookCall<'_>) -> Ran {
        let eye = &self.wire.eye;
        self.lives().await;
        let (id, moment) = (&call.facts.id, call.moment);
        let (takes, fails) = self.draw(call.hook.within);
        eye.log(|| format!("  {id} {} begins", moment.as_str()));
        eye.balancer.put(id, Service::Unclear);
        self.wire.clock.sleep(takes).await;
        self.lives().await;
        let ran = if fails {
            Ran::Badly("ended with 1".to_owned())
        } else {
            let stands = match moment {
                Moment::BeforeStop => Service::Out,
                Moment::AfterStart => Service::In,
            };
            eye.balancer.put(id, stands);
            Ran::Well
        };
        eye.log(|| format!("  {id} {}: {ran:?}", moment.as_str()));
        ran
    }
}

/// I17: who runs in the end, serves.
pub(crate) fn nobody_is_left_out(history: &History, truth: &Truth) {
    let touched = history.eye.touched.borrow();
    let balancer = &history.eye.balancer;
    let ours = history.rig.desired.instances.keys();
    for id in ours.filter(|id| balancer.returning.contains(id.as_str()) && !touched.contains(id)) {
        let service = balancer.service(id.as_str());
        if of(truth, id)["Status"] == "Running" && service != Service::In {
            let what = format!("{id} runs and is left out of service ({service:?})");
            history.eye.object("I17", what);
        }
    }
}
