//! What a plan binds a run to.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use crate::model::{
    Course, Crowd, DesiredInstance, Freeze, InstanceId, ObservedFleet, ObservedInstance, Rollout,
    ZoneId,
};
use crate::plan::{Saga, SavedPlan, is_meant_to_run, size_of, was_meant_to_run};

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
    /// Every machine of the manifest that is there, and those that were when they were planned: one list may lack them.
    /// The change of one that is really gone fails in its turn.
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
            let saga = plan.sagas.get(id);
            let machine = match (observed.instances.get(id), saga) {
                (Some(seen), saga) => as_seen(wish, seen, saga),
                (None, Some(saga)) => unseen(wish, saga),
                (None, None) => continue,
            };
            terms.know(&machine.crowd, plan);
            terms.machines.insert(id.clone(), machine);
        }
        terms.promise(plan, observed);
        terms
    }

    /// The same where durations pass so many times faster than the calendar.
    #[must_use]
    pub fn hurried(mut self, speed: u32) -> Self {
        for machine in self.machines.values_mut() {
            machine.needs /= speed;
        }
        for (rollout, _) in self.crowds.values_mut() {
            for gate in &mut rollout.gates {
                gate.wait = gate.wait.map(|wait| wait / speed);
            }
        }
        self
    }

    fn know(&mut self, crowd: &Crowd, plan: &SavedPlan) {
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

fn as_seen(wish: &DesiredInstance, seen: &ObservedInstance, saga: Option<&Saga>) -> Machine {
    Machine {
        crowd: wish.crowd(),
        zone: seen.zone.clone(),
        needs: saga.map_or(Duration::ZERO, Saga::absence),
        counts: is_meant_to_run(wish, seen, saga),
    }
}

/// As it was when it was planned.
fn unseen(wish: &DesiredInstance, saga: &Saga) -> Machine {
    Machine {
        crowd: wish.crowd(),
        zone: saga.zone.clone(),
        needs: saga.absence(),
        counts: was_meant_to_run(wish, saga),
    }
}
