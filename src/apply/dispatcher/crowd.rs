//! Who shares which limits, who stands in which line, and who is down already when a run begins.

use std::cmp::Reverse;
use std::collections::{BTreeSet, VecDeque};

use crate::apply::{Hours, Job};
use crate::clock::Clock;
use crate::model::{Crowd, InstanceId, InstanceStatus, RegionId};
use crate::plan::{Saga, StepGraph};
use crate::saga::{Brakes, Keeping, Terms, takes_out_of_service};

use super::queue::{Asks, Queue};

/// The machines that are not up, whoever stopped them.
pub(super) fn found_down(job: &Job<'_>) -> BTreeSet<InstanceId> {
    let seen = job.observed.instances.iter();
    let down = seen.filter(|(_, seen)| seen.status != InstanceStatus::Running);
    down.map(|(id, _)| id.clone()).collect()
}

/// The brakes of the run, with what is down already.
pub(super) fn brakes(job: &Job<'_>, hours: &Hours, clock: &dyn Clock) -> Brakes {
    let keeping = match hours {
        Hours::Kept => Keeping::Hours,
        Hours::Waived(_) => Keeping::NoHours,
    };
    let terms = Terms::of(job.plan, job.observed).hurried(clock.speed());
    let mut brakes = Brakes::new(terms, keeping, clock.wall());
    for id in found_down(job) {
        brakes.went_down(&id);
    }
    brakes
}

/// Every machine that shares a limit with one that changes: it is worth a look now and then.
pub(super) fn bystanders(job: &Job<'_>) -> VecDeque<(RegionId, InstanceId)> {
    let desired = &job.plan.desired;
    let crowds: BTreeSet<Crowd> = job.plan.sagas.values().map(Saga::crowd).collect();
    let promised = |id: &InstanceId| {
        let mut promises = desired.availability.iter();
        promises.any(|promise| promise.members.contains(id))
    };
    let all = desired.instances.iter();
    let shares = all.filter(|(id, wish)| crowds.contains(&wish.crowd()) || promised(id));
    let seen = shares.filter_map(|(id, _)| job.observed.instances.get(id));
    seen.map(|seen| (seen.region.clone(), seen.id.clone()))
        .collect()
}

/// Every machine of the plan with its place; nobody is in line yet.
pub(super) fn queue(job: &Job<'_>, graph: &StepGraph, brakes: &Brakes) -> Queue {
    let mut queue = Queue::default();
    for (id, saga) in &job.plan.sagas {
        let batch = brakes.batch_of(id).unwrap_or(0);
        let place = (batch, Reverse(graph.tail(id)), id.clone());
        queue.know((saga.crowd(), asks(saga)), place);
    }
    queue
}

/// What a machine asks for first.
pub(super) fn asks(saga: &Saga) -> Asks {
    if takes_out_of_service(saga, 0) {
        Asks::ToGoDown
    } else {
        Asks::ToBegin
    }
}
