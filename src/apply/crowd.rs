//! Who shares which limits, and who is down already when a run begins.

use std::collections::BTreeSet;

use crate::model::{InstanceId, InstanceStatus};
use crate::plan::is_meant_to_run;
use crate::saga::Limits;

use super::Job;

/// The machines that are not up, whoever stopped them.
pub(super) fn found_down(job: &Job<'_>) -> BTreeSet<InstanceId> {
    let seen = job.observed.instances.iter();
    let down = seen.filter(|(_, seen)| seen.status != InstanceStatus::Running);
    down.map(|(id, _)| id.clone()).collect()
}

/// The limits of every crowd, counting what is down already, whoever stopped it.
pub(super) fn limits(job: &Job<'_>) -> Limits {
    let mut limits = Limits::default();
    let desired = &job.plan.desired;
    for (id, machine) in &desired.instances {
        let Some(seen) = job.observed.instances.get(id) else {
            continue;
        };
        if !is_meant_to_run(machine, seen, job.plan.sagas.get(id)) {
            continue;
        }
        let rollout = desired.rollout_of(machine).clone();
        limits.add(id.clone(), machine.crowd(), rollout);
        if seen.status != InstanceStatus::Running {
            limits.went_down(id);
        }
    }
    limits
}
