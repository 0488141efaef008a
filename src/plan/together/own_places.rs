//! Places that a change keeps from itself: taken by machines that are down and are started only behind it (`after`).
//!
//! Such a machine waits for the change, and the change for its place. Said here, before an order is made.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::{DesiredInstance, InstanceId, Spread, Unit};
use crate::plan::nouns::{PlanInput, Planned, Saga};

use super::course::sizes;
use super::places::{Down, Full, is_down, stay_down, way_out};
use super::promise::size_of;

/// Blocks every outage whose place is taken until it is over; whether there was one.
pub(in crate::plan) fn block_what_keeps_its_own_place(
    input: &PlanInput<'_>,
    planned: &mut Planned,
) -> bool {
    let behind = behind(input, planned);
    if behind.is_empty() {
        return false;
    }
    let stay = stay_down(input, &planned.sagas);
    let outages = planned.sagas.values().filter(|saga| saga.has_outage());
    let full: Vec<(InstanceId, Full)> = outages
        .filter_map(|saga| {
            let mut down = behind.get(&saga.instance)?.clone();
            down.extend(&stay);
            let full = in_its_crowd(input, planned, saga, &down)
                .or_else(|| in_its_promises(input, planned, saga, &down))?;
            Some((saga.instance.clone(), full))
        })
        .collect();
    for (id, full) in &full {
        full.block(planned, |saga| saga.instance == *id);
    }
    !full.is_empty()
}

/// Machines that are down and that the plan starts, by what they wait for.
fn behind<'a>(input: &PlanInput<'a>, planned: &Planned) -> BTreeMap<InstanceId, Down<'a>> {
    let desired = input.desired;
    let mut behind: BTreeMap<InstanceId, Down<'a>> = BTreeMap::new();
    for (id, wish) in &desired.instances {
        let saga = planned.sagas.get(id).filter(|saga| !saga.after.is_empty());
        let Some(saga) = saga.filter(|saga| is_down(input, id, wish, Some(saga))) else {
            continue;
        };
        for first in all_before(input, planned, saga) {
            behind.entry(first).or_default().insert(id, wish);
        }
    }
    behind
}

/// Every planned machine that must be through before this one begins.
fn all_before(input: &PlanInput<'_>, planned: &Planned, saga: &Saga) -> BTreeSet<InstanceId> {
    let mut before = BTreeSet::new();
    let mut units: Vec<&Unit> = saga.after.iter().collect();
    while let Some(unit) = units.pop() {
        for other in of_unit(input, planned, unit) {
            if before.insert(other.instance.clone()) {
                units.extend(&other.after);
            }
        }
    }
    before
}

fn of_unit<'p>(
    input: &PlanInput<'_>,
    planned: &'p Planned,
    unit: &Unit,
) -> impl Iterator<Item = &'p Saga> {
    let sagas = planned.sagas.values();
    sagas.filter(move |saga| match unit {
        Unit::Instance(id) => saga.instance == *id,
        Unit::Group(name) => {
            let wish = input.desired.instances.get(&saga.instance);
            wish.is_some_and(|wish| wish.group.as_ref() == Some(name))
        }
    })
}

fn in_its_crowd(
    input: &PlanInput<'_>,
    planned: &Planned,
    saga: &Saga,
    down: &Down<'_>,
) -> Option<Full> {
    let crowd = saga.crowd();
    let ours = down.iter().filter(|(_, wish)| wish.crowd() == crowd);
    let (ids, ours): (Vec<&InstanceId>, Vec<&DesiredInstance>) = ours.unzip();
    let size = sizes(input.desired, input.observed, &planned.sagas);
    let rollout = input.desired.rollout_of_crowd(&crowd);
    let limit = rollout
        .max_unavailable
        .of(size.get(&crowd).copied().unwrap_or(0));
    if ours.len() >= limit {
        let limit = format!("{limit} of {crowd} may be");
        return Some(full(
            "max_unavailable",
            &ours,
            &limit,
            "raise `max_unavailable`",
        ));
    }
    let zones = ids
        .iter()
        .filter_map(|id| input.observed.instances.get(*id));
    let elsewhere = zones.map(|seen| &seen.zone).any(|zone| *zone != saga.zone);
    (rollout.spread == Spread::Zone && elsewhere).then(|| {
        let limit = format!("one zone of {crowd} goes at a time");
        full("spread", &ours, &limit, "take `spread: zone` out")
    })
}

fn in_its_promises(
    input: &PlanInput<'_>,
    planned: &Planned,
    saga: &Saga,
    down: &Down<'_>,
) -> Option<Full> {
    let promises = input.desired.availability.iter();
    let mut ours = promises.filter(|promise| promise.members.contains(&saga.instance));
    ours.find_map(|promise| {
        let down = down.iter().filter(|(id, _)| promise.members.contains(**id));
        let down: Vec<&DesiredInstance> = down.map(|(_, wish)| *wish).collect();
        let size = size_of(promise, input.desired, input.observed, &planned.sagas);
        let limit = promise.promise.may_be_down(size);
        (down.len() >= limit).then(|| {
            let limit = format!("{limit} of availability {} may be", promise.name);
            full("availability", &down, &limit, "promise less")
        })
    })
}

fn full(rule: &'static str, down: &[&DesiredInstance], limit: &str, other: &str) -> Full {
    let names: Vec<String> = down.iter().map(|wish| wish.name.to_string()).collect();
    let (is, they) = if names.len() == 1 {
        ("is", "it is")
    } else {
        ("are", "they are")
    };
    Full {
        rule,
        why: format!(
            "the change stops it, and no place for that becomes free: {} {is} down, {they} started only \
             behind it (`after`), and {limit}",
            names.join(", ")
        ),
        way_out: way_out(&format!("take it out of `after`, or {other}")),
    }
}
