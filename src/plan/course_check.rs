//! A second opinion about the courses of a plan: nobody twice, nobody too early, no batch too large.

use std::collections::BTreeMap;

use crate::model::{Course, DesiredFleet, InstanceId, Unit};

use super::check::Objection;
use super::saga::Saga;

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

fn objection(of: &dyn std::fmt::Display, what: impl Into<String>) -> Objection {
    Objection {
        instance: of.to_string(),
        what: what.into(),
    }
}
