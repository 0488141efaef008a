//! What a manifest promises, read off its text by code of our own: shares, members, hours.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use jiff::civil::DateTime;
use serde_yaml::Value;

/// Seconds of a day.
const DAY: i64 = 24 * 3600;

/// Hours that every window of these histories is open.
const WINDOW_HOURS: i64 = 20;

/// So many, or such a part of all.
#[derive(Debug, Clone, Copy)]
pub(super) enum Share {
    Count(usize),
    Percent(usize),
}

impl Share {
    fn read(value: &Value) -> Option<Self> {
        if let Some(count) = value.as_u64() {
            return Some(Self::Count(usize::try_from(count).unwrap()));
        }
        let percent = value.as_str()?.strip_suffix('%')?;
        Some(Self::Percent(percent.parse().unwrap()))
    }

    /// Towards fewer that change, but never nobody.
    pub(super) fn of(self, n: usize) -> usize {
        match self {
            Self::Count(count) => count,
            Self::Percent(percent) => (n * percent / 100).max(1),
        }
    }

    fn rounded_up(self, n: usize) -> usize {
        match self {
            Self::Count(count) => count,
            Self::Percent(percent) => (n * percent).div_ceil(100),
        }
    }
}

/// Whether machines of several zones may be down together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Spread {
    Anywhere,
    Zone,
}

/// What stands behind the first batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Gate {
    Nothing,
    /// Seconds that pass.
    Wait(i64),
    /// Somebody says so.
    Person,
    /// Something is as it should be.
    Check,
}

/// What the manifest says about one group; all machines outside of groups are one as well.
#[derive(Debug, Clone)]
pub(super) struct Group {
    pub(super) name: String,
    pub(super) members: BTreeSet<String>,
    pub(super) down_max: Share,
    pub(super) failures_max: Share,
    batches: Vec<Share>,
    pub(super) spread: Spread,
    pub(super) gate: Gate,
    /// The first second of the day in which something may begin.
    opens: Option<i64>,
}

impl Group {
    /// How many machines, of `n` that are meant to run, stand in the batches before the one that holds the
    /// machine at this position.
    pub(super) fn before_the_batch_of(&self, position: usize, n: usize) -> usize {
        let mut sum = 0;
        for size in self.batches.iter().chain(std::iter::repeat(
            self.batches.last().expect("there is a default"),
        )) {
            let next = sum + size.of(n).max(1);
            if position < next {
                break;
            }
            sum = next;
        }
        sum
    }

    /// Whether nothing may begin at this time.
    pub(super) fn is_shut_at(&self, at: Timestamp) -> bool {
        self.opens.is_some_and(|opens| {
            let since = (at.as_second() - opens).rem_euclid(DAY);
            since >= WINDOW_HOURS * 3600
        })
    }
}

/// A promise over machines of any group.
#[derive(Debug, Clone)]
pub(super) struct Availability {
    pub(super) name: String,
    pub(super) members: BTreeSet<String>,
    limit: Limit,
}

#[derive(Debug, Clone, Copy)]
enum Limit {
    Up(Share),
    Down(Share),
}

impl Availability {
    /// How many of `n` may be down.
    pub(super) fn allows(&self, n: usize) -> usize {
        match self.limit {
            Limit::Up(share) => n.saturating_sub(share.rounded_up(n)),
            Limit::Down(share) => share.of(n),
        }
    }
}

/// Everything a manifest promises.
#[derive(Debug, Clone)]
pub(super) struct Promises {
    pub(super) groups: Vec<Group>,
    pub(super) availabilities: Vec<Availability>,
    /// From when until when nothing begins.
    pub(super) freezes: Vec<(Timestamp, Timestamp)>,
    /// What is said of each machine's power, where something is.
    pub(super) powers: BTreeMap<String, String>,
}

impl Promises {
    pub(super) fn read(manifest: &Value, cloud: &Value) -> Self {
        let listed = |value: &Value| value.as_sequence().cloned().unwrap_or_default();
        let mut promises = Self {
            groups: Vec::new(),
            availabilities: listed(&manifest["availability"])
                .iter()
                .map(|value| availability(value, cloud))
                .collect(),
            freezes: listed(&manifest["freezes"]).iter().map(freeze).collect(),
            powers: BTreeMap::new(),
        };
        for (name, value) in manifest["groups"].as_mapping().into_iter().flatten() {
            promises.read_group(&text(name), value, &manifest["defaults"]);
        }
        promises.read_instances(manifest);
        let all: BTreeSet<String> = promises.all_members().cloned().collect();
        for availability in &mut promises.availabilities {
            availability.members.retain(|id| all.contains(id));
        }
        promises
    }

    fn all_members(&self) -> impl Iterator<Item = &String> {
        self.groups.iter().flat_map(|group| &group.members)
    }

    fn read_group(&mut self, name: &str, value: &Value, defaults: &Value) {
        let ids = value["ids"].as_sequence().unwrap();
        let members: BTreeSet<String> = ids.iter().map(text).collect();
        if let Some(power) = value["spec"]["power"].as_str() {
            let all = members.iter();
            self.powers
                .extend(all.map(|id| (id.clone(), power.to_owned())));
        }
        self.groups.push(group(name, members, value, defaults));
    }

    /// Refined members of groups, and machines of no group.
    fn read_instances(&mut self, manifest: &Value) {
        let grouped: BTreeSet<String> = self.all_members().cloned().collect();
        let mut alone = BTreeSet::new();
        for (_, machine) in manifest["instances"].as_mapping().into_iter().flatten() {
            let id = text(&machine["id"]);
            if let Some(power) = machine["spec"]["power"].as_str() {
                self.powers.insert(id.clone(), power.to_owned());
            }
            if !grouped.contains(&id) {
                alone.insert(id);
            }
        }
        let nothing = Value::Null;
        let defaults = &manifest["defaults"];
        self.groups.push(group("", alone, &nothing, defaults));
    }
}

/// The nearest word holds.
fn group(name: &str, members: BTreeSet<String>, value: &Value, defaults: &Value) -> Group {
    let word = |key: &str| match &value["rollout"][key] {
        Value::Null => defaults["rollout"][key].clone(),
        written => written.clone(),
    };
    let batches = word("batches");
    let batches: Vec<Share> = match batches.as_sequence() {
        Some(sizes) => sizes.iter().filter_map(Share::read).collect(),
        None => vec![Share::Count(1), Share::Percent(100)],
    };
    let gate = &word("gates")[0];
    Group {
        name: name.to_owned(),
        members,
        down_max: Share::read(&word("max_unavailable")).unwrap_or(Share::Count(1)),
        failures_max: Share::read(&word("max_failures")).unwrap_or(Share::Count(0)),
        batches,
        spread: match word("spread").as_str() {
            Some("zone") => Spread::Zone,
            _ => Spread::Anywhere,
        },
        gate: match (gate["wait"].as_str(), gate["approve"].as_bool()) {
            (Some(_), _) => Gate::Wait(600),
            (None, Some(true)) => Gate::Person,
            (None, _) if gate["check"].is_mapping() => Gate::Check,
            (None, _) => Gate::Nothing,
        },
        opens: value["window"]["schedule"].as_str().map(|schedule| {
            let hour = schedule.strip_prefix("daily ").unwrap();
            hour.split(':').next().unwrap().parse::<i64>().unwrap() * 3600
        }),
    }
}

fn availability(value: &Value, cloud: &Value) -> Availability {
    let machines = cloud["instances"].as_sequence().into_iter().flatten();
    let chosen = machines.filter(|machine| is_selected(&value["select"], machine));
    Availability {
        name: text(&value["name"]),
        members: chosen.map(|m| text(&m["InstanceId"])).collect(),
        limit: match Share::read(&value["min_available"]) {
            Some(share) => Limit::Up(share),
            None => Limit::Down(Share::read(&value["max_unavailable"]).unwrap()),
        },
    }
}

/// By `name: '*'`, which is everybody, or by one tag with one value or several.
fn is_selected(select: &Value, machine: &Value) -> bool {
    let Some(tags) = select["tags"].as_mapping() else {
        return true;
    };
    let has = machine["Tags"]["Tag"].as_sequence().into_iter().flatten();
    let has: BTreeSet<(String, String)> = has
        .map(|tag| (text(&tag["TagKey"]), text(&tag["TagValue"])))
        .collect();
    tags.iter().all(|(key, wanted)| {
        let values = match wanted.as_sequence() {
            Some(several) => several.iter().map(text).collect(),
            None => vec![text(wanted)],
        };
        let mut values = values.into_iter();
        values.any(|value| has.contains(&(text(key), value)))
    })
}

fn freeze(value: &Value) -> (Timestamp, Timestamp) {
    let at = |key: &str| {
        let at: DateTime = value[key].as_str().unwrap().parse().unwrap();
        at.in_tz("UTC").unwrap().timestamp()
    };
    (at("from"), at("to"))
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}
