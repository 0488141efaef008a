//! A second opinion about the courses of a plan: nobody twice, nobody too early, no batch too large.

use std::collections::BTreeMap;

use crate::model::{Course, DesiredFleet, InstanceId, Power, Unit};
use crate::plan::nouns::Saga;

use super::check::Objection;

/// Everything that is wrong with these courses; nothing, for a good plan.
#[must_use]
pub fn check_courses(
    desired: &DesiredFleet,
    sagas: &BTreeMap<InstanceId, Saga>,
    courses: &[Course],
) -> Vec<Objection> {
    let mut found = Vec::new();
    let mut batch_of: BTreeMap<&InstanceId, usize> = BTreeMap::new();
    for course in courses {
        let sizes = &desired.rollout_of_crowd(&course.crowd).batches;
        for (number, batch) in course.batches.iter().enumerate() {
            if batch.is_empty() || batch.len() > sizes.size_of(number, course.size) {
                let what = format!("batch {} has {} machines", number + 1, batch.len());
                found.push(objection(&course.crowd, what));
            }
            for id in batch {
                let ours = sagas
                    .get(id)
                    .is_some_and(|saga| saga.crowd() == course.crowd);
                if !ours || batch_of.insert(id, number).is_some() {
                    found.push(objection(id, "has no place in this batch"));
                }
            }
        }
    }
    found.extend(left_out(desired, sagas, &batch_of));
    for course in courses {
        let members = desired.instances.values();
        let members = members.filter(|wish| wish.crowd() == course.crowd).count();
        if course.size > members {
            let what = format!("is counted as {} machines and has {members}", course.size);
            found.push(objection(&course.crowd, what));
        }
    }
    for (id, batch) in &batch_of {
        let saga = sagas.get(*id);
        let waits = saga.into_iter().flat_map(|saga| &saga.after);
        for unit in waits {
            let Unit::Instance(other) = unit else {
                continue;
            };
            let same = sagas.get(other).map(Saga::crowd) == saga.map(Saga::crowd);
            if same && batch_of.get(other).is_some_and(|before| before > batch) {
                found.push(objection(id, "waits for a machine of a later batch"));
            }
        }
    }
    found
}

/// Machines that are meant to run, and change without standing in any batch: no gate would hold them.
fn left_out(
    desired: &DesiredFleet,
    sagas: &BTreeMap<InstanceId, Saga>,
    batch_of: &BTreeMap<&InstanceId, usize>,
) -> Vec<Objection> {
    let counts = |id: &InstanceId, saga: &Saga| {
        let power = desired.instances.get(id).and_then(|wish| wish.spec.power);
        power == Some(Power::Running) || saga.was_running && power != Some(Power::Stopped)
    };
    let left = sagas.iter().filter(|(id, saga)| counts(id, saga));
    let left = left.filter(|(id, _)| !batch_of.contains_key(*id));
    left.map(|(id, _)| objection(id, "stands in no batch"))
        .collect()
}

fn objection(of: &dyn std::fmt::Display, what: impl Into<String>) -> Objection {
    Objection {
        instance: of.to_string(),
        what: what.into(),
    }
}
