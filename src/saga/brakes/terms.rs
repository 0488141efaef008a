//! What a plan binds a run to.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use crate::model::{Course, Crowd, Freeze, InstanceId, ObservedFleet, Rollout, ZoneId};
use crate::plan::{Saga, SavedPlan, is_meant_to_run, size_of};

/// One machine, as far as the brakes look at it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Machine {
    /// Who it shares its limits with.
    pub crowd: Crowd,
    /// Its zone.
    pub zone: ZoneId,
    /// How long its change is expected to keep it down.
    pub needs: Duration,
    /// Whether it is meant to run. If not, only window and freezes hold it.
    pub counts: bool,
}

/// An availability with its machines that are meant to run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Promised {
    /// Its name.
    pub name: String,
    /// How many of them may be down.
    pub allowed: usize,
    /// The machines.
    pub members: BTreeSet<InstanceId>,
}

/// What binds a run.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Terms {
    /// Limits and batches of each crowd.
    pub crowds: BTreeMap<Crowd, (Rollout, Course)>,
    /// Every machine of the manifest that is there.
    pub machines: BTreeMap<InstanceId, Machine>,
    /// Promises over several groups.
    pub promises: Vec<Promised>,
    /// Spans in which nothing begins.
    pub freezes: Vec<Freeze>,
}

impl Terms {
    /// The terms of a plan, for the fleet as it is now.
    #[must_use]
    pub fn of(plan: &SavedPlan, observed: &ObservedFleet) -> Self {
        let mut terms = Self {
            freezes: plan.desired.freezes.clone(),
            ..Self::default()
        };
        for (id, wish) in &plan.desired.instances {
            let Some(seen) = observed.instances.get(id) else {
                continue;
            };
            let saga = plan.sagas.get(id);
            let machine = Machine {
                crowd: wish.crowd(),
                zone: seen.zone.clone(),
                needs: saga.map_or(Duration::ZERO, Saga::absence),
                counts: is_meant_to_run(wish, seen, saga),
            };
            terms.add(id, machine, plan);
        }
        terms.promise(plan, observed);
        terms
    }

    fn add(&mut self, id: &InstanceId, machine: Machine, plan: &SavedPlan) {
        let crowd = &machine.crowd;
        if !self.crowds.contains_key(crowd) {
            let rollout = plan.desired.rollout_of_crowd(crowd).clone();
            let course = plan.courses.iter().find(|course| course.crowd == *crowd);
            let course = course.cloned().unwrap_or_else(|| Course {
                crowd: crowd.clone(),
                size: 0,
                batches: Vec::new(),
            });
            self.crowds.insert(crowd.clone(), (rollout, course));
        }
        self.machines.insert(id.clone(), machine);
    }

    fn promise(&mut self, plan: &SavedPlan, observed: &ObservedFleet) {
        for availability in &plan.desired.availability {
            let size = size_of(availability, &plan.desired, observed, &plan.sagas);
            let counts = |id: &&InstanceId| self.machines.get(*id).is_some_and(|m| m.counts);
            let members = availability.members.iter().filter(counts).cloned();
            self.promises.push(Promised {
                name: availability.name.clone(),
                allowed: availability.promise.may_be_down(size),
                members: members.collect(),
            });
        }
    }
}
