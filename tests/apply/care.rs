//! Commands and health checks through many bad days: whatever fails, dies or is interrupted, a machine
//! that was taken out of service is put back, and no machine is stopped that was not taken out.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use rand::{Rng as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;
use respec::apply::Interrupt;
use respec::clock::Clock;
use respec::event::{Event, EventKind};
use respec::model::{Facts, Moment, Probe};
use respec::probe::{HookCall, Prober, Ran, Sight};
use respec::saga::Direction;
use respec::sim::{FaultPlan, Faults, World};
use serde_json::Value;

use crate::house::{House, story};

/// Days of the story below.
const DAYS: u64 = 40;

/// Applies of one day before it counts as endless.
const APPLIES_MAX: u32 = 12;

const MANIFEST: &str = "
defaults: {payment: auto}
groups:
  web:
    ids: [i-1, i-2, i-3, i-4]
    spec: {instance_type: ecs.g7.xlarge}
    rollout:
      max_unavailable: 2
      max_failures: 100%
      batches: [100%]
      health: {ready: {http: \"http://{private_ip}/\"}, within: 2m, hold: 15s}
      before_stop: [drain, \"{id}\"]
      after_start: [undrain, \"{id}\"]
  off:
    ids: [i-5]
    spec: {power: stopped}
    rollout: {before_stop: [drain], after_start: [undrain]}
";

const CLOUD: &str = "
instances:
- {InstanceId: i-1, InstanceType: ecs.g7.large}
- {InstanceId: i-2, InstanceType: ecs.g7.large}
- {InstanceId: i-3, InstanceType: ecs.g7.large, InstanceChargeType: PrePaid}
- {InstanceId: i-4, InstanceType: ecs.g7.large}
- {InstanceId: i-5, InstanceType: ecs.g7.large}
particulars: {i-2: {ready_after: 40s}, i-4: {never_ready: true}}
";

/// The scripts of the owner: each takes a while, some fail, and what was run last is remembered.
struct Scripts {
    real: Rc<dyn Prober>,
    clock: Rc<dyn Clock>,
    world: Arc<Mutex<World>>,
    chance: RefCell<ChaCha8Rng>,
    last: Rc<RefCell<BTreeMap<String, Moment>>>,
    wrongs: Rc<RefCell<Vec<String>>>,
}

#[async_trait(?Send)]
impl Prober for Scripts {
    async fn probe(&self, facts: &Facts, probe: &Probe, within: Duration) -> Sight {
        self.real.probe(facts, probe, within).await
    }

    async fn run(&self, call: HookCall<'_>) -> Ran {
        let (fails, secs) = {
            let mut chance = self.chance.borrow_mut();
            (chance.next_u32().is_multiple_of(12), chance.next_u32() % 30)
        };
        // From its beginning on it may have done anything.
        let id = call.facts.id.clone();
        self.last.borrow_mut().insert(id.clone(), call.moment);
        let status = self.status(&id);
        if call.moment == Moment::AfterStart && status != "Running" {
            let what = format!("{id} was put back into service while {status}");
            self.wrongs.borrow_mut().push(what);
        }
        self.clock.sleep(Duration::from_secs(secs.into())).await;
        if fails {
            return Ran::Badly("ended with 1".to_owned());
        }
        Ran::Well
    }
}

impl Scripts {
    fn status(&self, id: &str) -> String {
        let truth = self.world.lock().unwrap().truth();
        status_in(&truth, id)
    }
}

fn status_in(truth: &Value, id: &str) -> String {
    let mut machines = truth["instances"].as_array().unwrap().iter();
    let machine = machines.find(|machine| machine["InstanceId"] == id);
    machine.unwrap()["Status"].as_str().unwrap().to_owned()
}

/// What is known of the machines' service at any moment.
struct Watch {
    last: Rc<RefCell<BTreeMap<String, Moment>>>,
    wrongs: Rc<RefCell<Vec<String>>>,
}

impl Watch {
    fn over(house: &mut House, seed: u64) -> Self {
        let watch = Self {
            last: Rc::default(),
            wrongs: Rc::default(),
        };
        house.rig.prober = Rc::new(Scripts {
            real: house.rig.prober.clone(),
            clock: house.rig.clock.clone(),
            world: house.rig.world.clone(),
            chance: RefCell::new(ChaCha8Rng::seed_from_u64(seed)),
            last: Rc::clone(&watch.last),
            wrongs: Rc::clone(&watch.wrongs),
        });
        watch
    }

    fn was_run_last(&self, id: &str) -> Option<Moment> {
        self.last.borrow().get(id).copied()
    }

    /// A stop is announced only for a machine that was taken out of service just before.
    fn hear(&self, event: &Event) {
        if let EventKind::StepStarted { subject, step, .. } = &event.kind
            && step.verb == "stop"
            && step.direction == Direction::Forward
            && self.was_run_last(subject.instance.as_str()) != Some(Moment::BeforeStop)
        {
            let what = format!("{} is stopped while in service", subject.instance);
            self.wrongs.borrow_mut().push(what);
        }
    }
}

/// Somebody's apply: left alone, interrupted, or killed after a while.
async fn attempt(house: &House, watch: &Watch, chance: &mut ChaCha8Rng) -> Option<Vec<String>> {
    let fate = chance.next_u32() % 3;
    let after = Duration::from_secs(u64::from(chance.next_u32() % 200));
    let begun = house.rig.clock.elapsed();
    let clock = house.rig.clock.clone();
    let mut pressed = false;
    let apply = house.apply_hearing(|event, keyboard| {
        watch.hear(event);
        if fate == 1 && !pressed && clock.elapsed() - begun >= after {
            pressed = true;
            keyboard.send(Interrupt::Ask { exit_code: 130 }).unwrap();
        }
    });
    if fate == 2 {
        let killed = tokio::time::timeout(after, apply).await;
        return killed.ok().map(|told| left(&told.outcome));
    }
    Some(left(&apply.await.outcome))
}

/// Who is named as owed something, or as needing a person.
fn left(outcome: &respec::apply::RunOutcome) -> Vec<String> {
    let owed = outcome.obligations.iter();
    let mut names: Vec<String> = owed.map(|owed| owed.instance.to_string()).collect();
    names.extend(outcome.left_to_a_person());
    names
}

#[test]
fn whatever_happens_who_was_taken_out_of_service_is_put_back() {
    let mut n_drained = 0;
    for seed in 0..DAYS {
        let faults = Faults::seeded(seed, FaultPlan::even(0.01, 6));
        story(MANIFEST, CLOUD, faults, async |mut house| {
            let watch = Watch::over(&mut house, seed);
            let mut chance = ChaCha8Rng::seed_from_u64(seed ^ 0xCA7E);
            for n in 0..APPLIES_MAX {
                let calm = n + 4 >= APPLIES_MAX;
                let named = if calm {
                    Some(left(
                        &house
                            .apply_hearing(|event, _| watch.hear(event))
                            .await
                            .outcome,
                    ))
                } else {
                    attempt(&house, &watch, &mut chance).await
                };
                if let Some(named) = named {
                    nobody_is_forgotten(&house, &watch, &named, seed);
                }
                house.wait(60).await;
            }
            n_drained += watch.last.borrow().len();
            assert_eq!(watch.wrongs.borrow()[..], [""; 0], "seed {seed}");
        });
    }
    assert!(
        n_drained > 130,
        "only {n_drained} machines were ever drained"
    );
}

/// Once an apply has ended by itself, every machine that runs is in service; one that does not is named.
fn nobody_is_forgotten(house: &House, watch: &Watch, named: &[String], seed: u64) {
    let truth = house.rig.truth();
    for id in ["i-1", "i-2", "i-3", "i-4"] {
        if watch.was_run_last(id) != Some(Moment::BeforeStop) {
            continue;
        }
        let status = status_in(&truth, id);
        assert_ne!(status, "Running", "seed {seed}: {id} runs out of service");
        let is_named = named.iter().any(|line| line.contains(id));
        assert!(
            is_named,
            "seed {seed}: {id} is {status}, only {named:?} are named"
        );
    }
}
