//! Batches, gates, windows and zones: drawn for a history, and watched while it is played.
//!
//! What is promised is read off the manifest's text; what happens, off entries, their times, and the world.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};
use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;
use respec::model::{Crowd, InstanceId};
use respec::plan::{Action, SavedPlan};
use respec::saga::{Direction, Entry, Halt, Kind, StepEvent};
use serde_yaml::Value;

use crate::chains;
use crate::script::one_of;

/// Draws apart from everything else, so that no other story changes.
const OWN_SEED: u64 = 0x005e_ed0f_ba7c;

/// Seconds of a day.
const DAY: i64 = 24 * 3600;

/// Writes batches, gates, zones and windows into half of the manifests.
pub(crate) fn vary(manifest: &str, seed: u64) -> String {
    let mut chance = ChaCha8Rng::seed_from_u64(seed ^ OWN_SEED);
    if chance.random_bool(0.5) {
        return manifest.to_owned();
    }
    let mut manifest: Value = serde_yaml::from_str(manifest).unwrap();
    let groups = manifest["groups"].as_mapping_mut().unwrap();
    for (_, group) in groups.iter_mut() {
        let yaml = |text: &str| -> Value { serde_yaml::from_str(text).unwrap() };
        let n = group["ids"].as_sequence().unwrap().len();
        let batches = *one_of(&["[1, 100%]", "[2]", "[50%]", "[100%]"], &mut chance);
        group["rollout"]["batches"] = yaml(batches);
        if chance.random_bool(0.3) {
            group["rollout"]["spread"] = "zone".into();
        }
        if n >= 3 && batches == "[1, 100%]" && chance.random_bool(0.5) {
            let gates = ["[{after: 1, wait: 10m}]", "[{after: 1, approve: true}]"];
            group["rollout"]["gates"] = yaml(one_of::<&str>(&gates, &mut chance));
        }
        if chance.random_bool(0.3) {
            let hour = chance.random_range(0..24);
            let window =
                format!("{{schedule: 'daily {hour:02}:00', time_zone: UTC, duration: 20h}}");
            group["window"] = yaml(&window);
        }
    }
    serde_yaml::to_string(&manifest).unwrap()
}

/// What the manifest promises about one group.
#[derive(Debug, Clone, Default)]
struct Promise {
    members: BTreeSet<String>,
    by_zone: Spread,
    /// Seconds that pass after the first batch.
    wait: Option<i64>,
    asks: Asks,
    /// The first second of the day in which something may begin, and for how many.
    window: Option<(i64, i64)>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum Spread {
    #[default]
    Anywhere,
    Zone,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum Asks {
    #[default]
    Nobody,
    Person,
}

/// Watches one history.
#[derive(Debug, Default)]
pub(crate) struct Watch {
    groups: BTreeMap<String, Promise>,
    /// The zone of each machine.
    zones: BTreeMap<String, String>,
    /// Machines that somebody had a hand on: deleted, one ends by itself.
    touched: RefCell<BTreeSet<String>>,
}

impl Watch {
    pub(crate) fn over(manifest: &str, cloud: &str) -> Self {
        let manifest: Value = serde_yaml::from_str(manifest).unwrap();
        let cloud: Value = serde_yaml::from_str(cloud).unwrap();
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let named = manifest["groups"].as_mapping().into_iter().flatten();
        let machines = cloud["instances"].as_sequence().into_iter().flatten();
        Self {
            groups: named
                .map(|(name, group)| (text(name), promise(group)))
                .collect(),
            touched: RefCell::default(),
            zones: machines
                .map(|m| (text(&m["InstanceId"]), text(&m["ZoneId"])))
                .collect(),
        }
    }

    /// What is wrong with an entry that follows these.
    pub(crate) fn judge(
        &self,
        entry: &Entry,
        earlier: &[Entry],
        plan: Option<&SavedPlan>,
    ) -> Option<String> {
        let plan = plan?;
        match &entry.kind {
            Kind::Begun { instance, .. } => self
                .begins_too_early(entry, instance, earlier, plan)
                .or_else(|| self.is_shut(entry, instance)),
            Kind::Step {
                at,
                event: StepEvent::Intent { .. },
            } if at.direction == Direction::Forward => {
                // No hour holds up a way back.
                if chains::is_back(earlier, &entry.run, &at.instance) {
                    return None;
                }
                let saga = plan.sagas.get(&at.instance)?;
                let stops = matches!(saga.steps[usize::from(at.step)].action, Action::Stop { .. });
                let again = earlier.iter().any(|earlier| {
                    matches!(&earlier.kind, Kind::Step { at: was, event: StepEvent::Intent { .. } } if was == at)
                });
                (stops && !again).then(|| self.is_shut(entry, &at.instance))?
            }
            _ => None,
        }
    }

    fn of(&self, id: &InstanceId) -> Option<(&String, &Promise)> {
        let mut groups = self.groups.iter();
        groups.find(|(_, promise)| promise.members.contains(id.as_str()))
    }

    /// The batches before have ended, so did all their machines, and the gate between is open.
    fn begins_too_early(
        &self,
        entry: &Entry,
        id: &InstanceId,
        earlier: &[Entry],
        plan: &SavedPlan,
    ) -> Option<String> {
        let (name, promise) = self.of(id)?;
        // What is not there any more is found out by beginning it, and takes nobody down.
        if self.touched.borrow().contains(id.as_str()) {
            return None;
        }
        let is_its = |crowd: &Crowd| matches!(crowd, Crowd::Group(group) if group.as_str() == name);
        let course = plan.courses.iter().find(|course| is_its(&course.crowd))?;
        let own = course.batches.iter().position(|batch| batch.contains(id))?;
        let same_run = || earlier.iter().filter(|earlier| earlier.run == entry.run);
        for before in &course.batches[..own] {
            let is_there = |id: &&InstanceId| !self.touched.borrow().contains(id.as_str());
            let mut there = before.iter().filter(is_there);
            if let Some(open) = there.find(|id| is_under_way(id, same_run())) {
                return Some(format!(
                    "{id} of batch {} begins while {open} goes on",
                    own + 1
                ));
            }
        }
        if own == 0 {
            return None;
        }
        let ended = same_run().find_map(|earlier| match &earlier.kind {
            Kind::BatchEnded { crowd, batch: 1 } if is_its(crowd) => Some(earlier.at),
            _ => None,
        });
        let Some(ended) = ended else {
            return Some(format!(
                "{id} of batch {} begins, the first has not ended",
                own + 1
            ));
        };
        // Who goes on has another clock, and only whoever waits looks at it.
        let waits = promise.wait.map(SignedDuration::from_secs);
        if waits.is_some_and(|waits| entry.at.duration_since(ended) < waits) {
            return Some(format!("{id} begins before its gate opens"));
        }
        let approved = same_run().any(|earlier| {
            matches!(&earlier.kind, Kind::Approved { crowd, batch: 1, .. } if is_its(crowd))
        });
        (promise.asks == Asks::Person && !approved).then(|| format!("nobody let {id} begin"))
    }

    fn is_shut(&self, entry: &Entry, id: &InstanceId) -> Option<String> {
        let (opens, lasts) = self.of(id)?.1.window?;
        let since = (second_of_the_day(entry.at) - opens).rem_euclid(DAY);
        (since >= lasts).then(|| format!("{id} begins at {} while its window is shut", entry.at))
    }

    /// Somebody had a hand on this machine: nobody waits for what is deleted.
    pub(crate) fn touched(&self, id: &str) {
        self.touched.borrow_mut().insert(id.to_owned());
    }

    /// Whoever goes down now is of the zone of all that are down in its group.
    pub(crate) fn look_at(
        &self,
        down: &BTreeSet<String>,
        fell: &BTreeSet<String>,
    ) -> Option<String> {
        let mut by_zone = self.groups.values().filter(|p| p.by_zone == Spread::Zone);
        by_zone.find_map(|promise| {
            let down: Vec<&String> = promise.members.intersection(down).collect();
            let zones: BTreeSet<_> = down.iter().map(|id| self.zones.get(*id)).collect();
            let breaks = zones.len() > 1 && down.iter().any(|id| fell.contains(*id));
            breaks.then(|| format!("{down:?} are down, one zone goes at a time"))
        })
    }
}

fn promise(group: &Value) -> Promise {
    let gate = &group["rollout"]["gates"][0];
    let window = group["window"]["schedule"].as_str().map(|schedule| {
        let hour: i64 = schedule["daily ".len().."daily ".len() + 2]
            .parse()
            .unwrap();
        (hour * 3600, 20 * 3600)
    });
    Promise {
        members: group["ids"]
            .as_sequence()
            .unwrap()
            .iter()
            .map(|id| id.as_str().unwrap().to_owned())
            .collect(),
        by_zone: match group["rollout"]["spread"].as_str() {
            Some("zone") => Spread::Zone,
            _ => Spread::Anywhere,
        },
        wait: gate["wait"].as_str().map(|_| 600),
        asks: match gate["approve"].as_bool() {
            Some(true) => Asks::Person,
            _ => Asks::Nobody,
        },
        window,
    }
}

/// Begun, and neither closed nor left to a person.
fn is_under_way<'e>(id: &InstanceId, entries: impl Iterator<Item = &'e Entry>) -> bool {
    let mut open = false;
    for entry in entries {
        match &entry.kind {
            Kind::Begun { instance, .. } | Kind::Reopened { instance } if instance == id => {
                open = true;
            }
            Kind::Closed { instance, .. } if instance == id => open = false,
            Kind::Halted { instance, halt, .. } if instance == id => open = *halt == Halt::Paused,
            _ => {}
        }
    }
    open
}

fn second_of_the_day(at: Timestamp) -> i64 {
    at.as_second().rem_euclid(DAY)
}
