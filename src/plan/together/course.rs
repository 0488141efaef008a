//! In which portions each group is changed, and in which sequence.
//!
//! All machines of the plan are put into one sequence in which each stands behind everything it waits
//! for: those that are down first, since they cost nobody a place and give one back, then the longest
//! tail; the batches of a group are slices of it. So the first machine of the
//! sequence that is not finished never waits for one behind it, and no two waits can hold each other.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use crate::model::{
    Course, Crowd, DesiredFleet, DesiredInstance, InstanceId, InstanceStatus, ObservedFleet,
    ObservedInstance, Power, Spread, ZoneId,
};
use crate::plan::graph::{Node, StepGraph};
use crate::plan::nouns::Saga;

/// Decides the course of every group of which something changes.
#[must_use]
pub fn courses(
    desired: &DesiredFleet,
    observed: &ObservedFleet,
    sagas: &BTreeMap<InstanceId, Saga>,
) -> Vec<Course> {
    // A ring is refused by the second opinion; such a plan has no course.
    let Ok(graph) = StepGraph::build(sagas) else {
        return Vec::new();
    };
    let sizes = sizes(desired, observed, sagas);
    let mut queues: BTreeMap<Crowd, Vec<InstanceId>> = BTreeMap::new();
    for id in sequence(desired, sagas, &graph) {
        let saga = &sagas[&id];
        if counts(desired, observed, Some(saga), &id) {
            queues.entry(saga.crowd()).or_default().push(id);
        }
    }
    let course = |(crowd, queue): (Crowd, Vec<InstanceId>)| {
        let size = sizes.get(&crowd).copied().unwrap_or(0);
        let batches = &desired.rollout_of_crowd(&crowd).batches;
        let mut rest = queue.into_iter().peekable();
        let mut slices = Vec::new();
        while rest.peek().is_some() {
            let n = batches.size_of(slices.len(), size);
            slices.push(rest.by_ref().take(n).collect());
        }
        Course {
            crowd,
            size,
            batches: slices,
        }
    };
    queues.into_iter().map(course).collect()
}

/// Whether a machine is meant to run. One that is meant to be stopped takes no place in any limit,
/// belongs to no batch and is no part of what shares are shares of.
#[must_use]
pub fn is_meant_to_run(
    wish: &DesiredInstance,
    seen: &ObservedInstance,
    saga: Option<&Saga>,
) -> bool {
    match wish.spec.power {
        Some(Power::Stopped) => false,
        Some(Power::Running) => true,
        Some(Power::Keep) | None => {
            // One that was found down and is not ours is kept down.
            seen.status != InstanceStatus::Stopped || saga.is_some_and(|saga| saga.was_running)
        }
    }
}

/// The same of one that is planned and that no list has just now: as it was when it was planned.
#[must_use]
pub fn was_meant_to_run(wish: &DesiredInstance, saga: &Saga) -> bool {
    match wish.spec.power {
        Some(Power::Stopped) => false,
        Some(Power::Running) => true,
        Some(Power::Keep) | None => saga.was_running,
    }
}

/// How many machines of each crowd are meant to run.
pub(super) fn sizes(
    desired: &DesiredFleet,
    observed: &ObservedFleet,
    sagas: &BTreeMap<InstanceId, Saga>,
) -> BTreeMap<Crowd, usize> {
    let mut sizes: BTreeMap<Crowd, usize> = BTreeMap::new();
    for (id, wish) in &desired.instances {
        if counts(desired, observed, sagas.get(id), id) {
            *sizes.entry(wish.crowd()).or_default() += 1;
        }
    }
    sizes
}

fn counts(
    desired: &DesiredFleet,
    observed: &ObservedFleet,
    saga: Option<&Saga>,
    id: &InstanceId,
) -> bool {
    let wish = desired.instances.get(id);
    let seen = observed.instances.get(id);
    wish.zip(seen)
        .is_some_and(|(wish, seen)| is_meant_to_run(wish, seen, saga))
}

/// Whether a machine was found running. Down comes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Found {
    Down,
    Running,
}

/// What decides between machines that could both come next: what is down is brought up before anything
/// else goes down, zones that may not mix stay together, then the longest tail, then the id.
type Rank = (Found, usize, Reverse<Duration>, InstanceId);

/// All machines, each behind everything it waits for.
fn sequence(
    desired: &DesiredFleet,
    sagas: &BTreeMap<InstanceId, Saga>,
    graph: &StepGraph,
) -> Vec<InstanceId> {
    let zones = zone_ranks(desired, sagas, graph);
    let rank = |id: &InstanceId| -> Rank {
        let saga = &sagas[id];
        let zone = zones.get(&(saga.crowd(), saga.zone.clone()));
        let tail = Reverse(graph.tail(id));
        let found = if saga.was_running {
            Found::Running
        } else {
            Found::Down
        };
        (found, zone.copied().unwrap_or(0), tail, id.clone())
    };
    let nodes = graph.order();
    let mut missing: BTreeMap<&Node, usize> = nodes
        .iter()
        .map(|node| (*node, graph.needs(node).len()))
        .collect();
    let mut free: Vec<&Node> = nodes
        .iter()
        .copied()
        .filter(|node| missing[*node] == 0)
        .collect();
    let mut ready: BTreeSet<Rank> = BTreeSet::new();
    let mut sequence = Vec::with_capacity(sagas.len());
    loop {
        // Whatever is no beginning of a machine happens as soon as it can.
        while let Some(node) = free.pop() {
            if let Node::Step(id, 0) = node {
                ready.insert(rank(id));
            } else {
                free.extend(release(graph, node, &mut missing));
            }
        }
        let Some((_, _, _, id)) = ready.pop_first() else {
            return sequence;
        };
        let first = Node::Step(id.clone(), 0);
        free.extend(release(graph, &first, &mut missing));
        sequence.push(id);
    }
}

/// What a finished node sets free.
fn release<'g>(
    graph: &'g StepGraph,
    node: &Node,
    missing: &mut BTreeMap<&Node, usize>,
) -> Vec<&'g Node> {
    let mut freed = Vec::new();
    for next in graph.dependents(node) {
        if let Some(count) = missing.get_mut(next) {
            *count -= 1;
            if *count == 0 {
                freed.push(next);
            }
        }
    }
    freed
}

/// Where one zone is changed at a time: the zones in the sequence of their longest tails.
fn zone_ranks(
    desired: &DesiredFleet,
    sagas: &BTreeMap<InstanceId, Saga>,
    graph: &StepGraph,
) -> BTreeMap<(Crowd, ZoneId), usize> {
    let mut longest: BTreeMap<(Crowd, ZoneId), Duration> = BTreeMap::new();
    for (id, saga) in sagas {
        let crowd = saga.crowd();
        if desired.rollout_of_crowd(&crowd).spread == Spread::Zone {
            let tail = longest.entry((crowd, saga.zone.clone())).or_default();
            *tail = (*tail).max(graph.tail(id));
        }
    }
    let mut zones: Vec<((Crowd, ZoneId), Duration)> = longest.into_iter().collect();
    zones.sort_by_key(|(_, tail)| Reverse(*tail));
    let ranked = zones.into_iter().enumerate();
    ranked.map(|(rank, (zone, _))| (zone, rank)).collect()
}
