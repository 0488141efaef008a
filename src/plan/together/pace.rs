//! How fast a plan can go: which limit holds each batch, how long it takes, and whether that fits.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use jiff::Timestamp;

use crate::model::{
    Approval, Availability, Course, Crowd, DesiredFleet, InstanceId, Opening, Power, Spread, Window,
};
use crate::plan::nouns::{Action, COOL_DOWN, Saga};

/// Openings of a window that are looked at for one outside every freeze.
const OPENINGS_MAX: usize = 400;

/// What holds a batch back most.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Bind {
    /// Nothing: all its outages may happen together.
    Nothing,
    /// `max_unavailable`.
    MaxUnavailable,
    /// The size of the batch itself: more could be down at once.
    Batch,
    /// `spread: zone`: the machines of other zones wait.
    Spread,
    /// The availability of this name.
    Availability(String),
}

/// How one batch goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pace {
    /// Machines it changes.
    pub machines: usize,
    /// Machines of them that go down and come up again.
    pub outages: usize,
    /// The longest outage of one machine.
    pub longest: Duration,
    /// How many may be down at once.
    pub at_once: usize,
    /// Which limit says so.
    pub bind: Bind,
    /// How long all of it is expected to take.
    pub takes: Duration,
}

/// A group that cannot be changed within its window.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Overrun {
    /// The group.
    pub crowd: Crowd,
    /// Outages between two gates.
    pub outages: usize,
    /// The longest of them.
    pub longest: Duration,
    /// How many may happen at once, at the most.
    pub at_once: usize,
    /// How long all of them are expected to take.
    pub needed: Duration,
    /// How much of the window is left for beginning something.
    pub left: Duration,
    /// Until when.
    pub until: Timestamp,
}

/// How each batch of a course goes.
#[must_use]
pub fn paces(
    desired: &DesiredFleet,
    sagas: &BTreeMap<InstanceId, Saga>,
    course: &Course,
) -> Vec<Pace> {
    let batches = course.batches.iter();
    batches
        .map(|batch| {
            let members: Vec<&Saga> = batch.iter().filter_map(|id| sagas.get(id)).collect();
            pace(desired, course, &members)
        })
        .collect()
}

fn pace(desired: &DesiredFleet, course: &Course, members: &[&Saga]) -> Pace {
    let rollout = desired.rollout_of_crowd(&course.crowd);
    let down: Vec<&Saga> = members
        .iter()
        .copied()
        .filter(|saga| saga.has_outage())
        .collect();
    let limit = rollout.max_unavailable.of(course.size);
    let mut tightest = (limit, Bind::MaxUnavailable);
    if let Some(promise) = promise(desired, &down, limit) {
        tightest = promise;
    }
    let zones: BTreeSet<_> = down.iter().map(|saga| &saga.zone).collect();
    let in_zones = zones_of(rollout.spread, &down);
    let widest = in_zones.iter().map(Vec::len).max().unwrap_or(0);
    let (at_once, bind) = match tightest {
        (limit, bind) if limit < widest => (limit, bind),
        _ if rollout.spread == Spread::Zone && zones.len() > 1 => (widest, Bind::Spread),
        _ if down.len() < course.size && limit > down.len() => (widest, Bind::Batch),
        _ => (widest, Bind::Nothing),
    };
    let outages: Duration = in_zones
        .iter()
        .map(|zone| makespan(zone, at_once.max(1)))
        .sum();
    let longest_change = members.iter().map(|saga| whole(saga)).max();
    Pace {
        machines: members.len(),
        outages: down.len(),
        longest: down
            .iter()
            .map(|saga| saga.absence())
            .max()
            .unwrap_or_default(),
        at_once,
        bind,
        takes: outages.max(longest_change.unwrap_or_default()),
    }
}

/// The promise that is tighter than a limit for all of these, if one is.
fn promise(desired: &DesiredFleet, down: &[&Saga], limit: usize) -> Option<(usize, Bind)> {
    let covers_all = |members: &BTreeSet<InstanceId>| {
        !down.is_empty() && down.iter().all(|saga| members.contains(&saga.instance))
    };
    let promises = desired.availability.iter();
    let tighter = promises
        .filter(|promise| covers_all(&promise.members))
        .map(|promise| {
            (
                promise.promise.may_be_down(size_of(desired, promise)),
                promise,
            )
        })
        .filter(|(allowed, _)| *allowed < limit);
    let tightest = tighter.min_by_key(|(allowed, _)| *allowed)?;
    let (allowed, promise) = tightest;
    Some((allowed.max(1), Bind::Availability(promise.name.clone())))
}

/// How many machines a promise counts. Of those that the plan leaves alone only the manifest is known here.
fn size_of(desired: &DesiredFleet, promise: &Availability) -> usize {
    let is_off = |id: &&InstanceId| {
        let wish = desired.instances.get(*id);
        wish.is_some_and(|wish| wish.spec.power == Some(Power::Stopped))
    };
    promise.members.iter().filter(|id| !is_off(id)).count()
}

/// The outages that may mix.
fn zones_of<'s>(spread: Spread, down: &[&'s Saga]) -> Vec<Vec<&'s Saga>> {
    match spread {
        Spread::Anywhere => vec![down.to_vec()],
        Spread::Zone => {
            let mut zones: BTreeMap<_, Vec<&Saga>> = BTreeMap::new();
            for saga in down {
                zones.entry(&saga.zone).or_default().push(saga);
            }
            zones.into_values().collect()
        }
    }
}

/// When the last is up again, if each begins as soon as a place is free.
fn makespan(sagas: &[&Saga], at_once: usize) -> Duration {
    let mut places = vec![Duration::ZERO; at_once.min(sagas.len()).max(1)];
    for saga in sagas {
        let earliest = places
            .iter_mut()
            .min()
            .expect("there is one place at least");
        *earliest += saga.absence();
    }
    places.into_iter().max().unwrap_or_default()
}

/// A machine's change from its beginning to its end, cool-downs included.
fn whole(saga: &Saga) -> Duration {
    let waits = saga
        .steps
        .iter()
        .filter(|step| step.action == Action::CoolDown);
    let waits = u32::try_from(waits.count()).unwrap_or(u32::MAX);
    saga.absence() + COOL_DOWN.saturating_mul(waits)
}

/// Every group that does not fit into what is left of its window, or of the next one while it is shut.
/// What stands behind a gate may come in another window, so each stretch between gates is taken alone.
#[must_use]
pub fn overruns(
    desired: &DesiredFleet,
    sagas: &BTreeMap<InstanceId, Saga>,
    courses: &[Course],
    now: Timestamp,
) -> Vec<Overrun> {
    let overrun = |course: &Course| {
        let window = desired.rollout_of_crowd(&course.crowd).window.as_ref()?;
        let (left, until) = room(window, desired, now)?;
        let mut stretches = stretches(desired, sagas, course).into_iter().enumerate();
        stretches.find_map(|(number, stretch)| {
            // Later stretches have a window of their own, from its beginning.
            let left = if number == 0 { left } else { window.usable() };
            stretch.overrun(&course.crowd, left, until)
        })
    };
    courses.iter().filter_map(overrun).collect()
}

/// How long something may begin in the window that is open or opens next, and until when.
fn room(window: &Window, desired: &DesiredFleet, now: Timestamp) -> Option<(Duration, Timestamp)> {
    let mut at = now;
    for _ in 0..OPENINGS_MAX {
        let frozen = desired.freezes.iter().find(|freeze| freeze.holds_at(at));
        match (frozen, window.at(at)) {
            (Some(freeze), _) => at = freeze.until,
            (None, Opening::Shut { opens }) => at = opens?,
            (None, Opening::Open { last_start, .. }) => {
                let freezes = desired.freezes.iter().map(|freeze| freeze.from);
                let frozen_at = freezes.filter(|from| *from > at).min();
                let until = frozen_at.map_or(last_start, |from| from.min(last_start));
                return Some((until.duration_since(at).unsigned_abs(), until));
            }
        }
    }
    None
}

/// What happens between two gates.
#[derive(Debug, Default)]
struct Stretch {
    outages: usize,
    longest: Duration,
    at_once: usize,
    takes: Duration,
}

impl Stretch {
    fn overrun(&self, crowd: &Crowd, left: Duration, until: Timestamp) -> Option<Overrun> {
        (self.takes > left).then(|| Overrun {
            crowd: crowd.clone(),
            outages: self.outages,
            longest: self.longest,
            at_once: self.at_once,
            needed: self.takes,
            left,
            until,
        })
    }
}

fn stretches(
    desired: &DesiredFleet,
    sagas: &BTreeMap<InstanceId, Saga>,
    course: &Course,
) -> Vec<Stretch> {
    let rollout = desired.rollout_of_crowd(&course.crowd);
    let mut stretches = vec![Stretch::default()];
    for (number, pace) in (1..).zip(paces(desired, sagas, course)) {
        let stretch = stretches
            .last_mut()
            .expect("there is one from the beginning");
        stretch.outages += pace.outages;
        stretch.longest = stretch.longest.max(pace.longest);
        stretch.at_once = stretch.at_once.max(pace.at_once);
        stretch.takes += pace.takes;
        let gate = rollout
            .gates_after(number)
            .any(|gate| gate.wait.is_some() || gate.approval == Approval::Person);
        if gate {
            stretches.push(Stretch::default());
        }
    }
    stretches
}
