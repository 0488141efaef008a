//! Promises over several groups: what they allow, and changes that they forbid altogether.

use std::collections::BTreeMap;

use crate::model::{Availability, DesiredFleet, InstanceId, ObservedFleet};
use crate::plan::nouns::{Account, Blocked, Saga};

use super::course::{is_meant_to_run, was_meant_to_run};

/// How many machines an availability is about: its members that are meant to run.
#[must_use]
pub fn size_of(
    availability: &Availability,
    desired: &DesiredFleet,
    observed: &ObservedFleet,
    sagas: &BTreeMap<InstanceId, Saga>,
) -> usize {
    let members = availability.members.iter().filter(|id| {
        let (seen, saga) = (observed.instances.get(*id), sagas.get(*id));
        let wish = desired.instances.get(*id);
        wish.is_some_and(|wish| match (seen, saga) {
            (Some(seen), saga) => is_meant_to_run(wish, seen, saga),
            (None, Some(saga)) => was_meant_to_run(wish, saga),
            (None, None) => false,
        })
    });
    members.count()
}

/// Blocks every outage that a promise could never allow, so that apply does not wait for ever.
pub(in crate::plan) fn block_what_is_never_allowed(
    desired: &DesiredFleet,
    observed: &ObservedFleet,
    sagas: &mut BTreeMap<InstanceId, Saga>,
    account: &mut Account,
) {
    for availability in &desired.availability {
        let size = size_of(availability, desired, observed, sagas);
        if availability.promise.may_be_down(size) > 0 {
            continue;
        }
        for id in &availability.members {
            let Some(saga) = sagas.remove(id) else {
                continue;
            };
            if saga.has_outage() {
                account
                    .blocked
                    .insert(id.clone(), blocked(saga, availability, size));
            } else {
                sagas.insert(id.clone(), saga);
            }
        }
    }
}

fn blocked(saga: Saga, availability: &Availability, size: usize) -> Blocked {
    let why = format!(
        "the change stops it, and availability {} allows none of its {size} machines to be down ({})",
        availability.name, availability.promise
    );
    let way_out = "promise less, or let the promise cover more machines";
    saga.block("availability", why, way_out)
}
