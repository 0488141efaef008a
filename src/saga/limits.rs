//! How many at once, and how many failures: may this machine be begun, may it be taken down?

use std::collections::{BTreeMap, BTreeSet};

use crate::model::{Crowd, InstanceId, Rollout};
use crate::planted::{self, Fault};

/// What the limits say about one machine now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Permit {
    /// Go on.
    Granted,
    /// Not now: so many of the crowd are down already.
    NotNow {
        /// Who shares the limit.
        crowd: Crowd,
        /// How many are down.
        down: usize,
        /// How many may be.
        limit: usize,
    },
    /// No more in this run: too many failures.
    Refused {
        /// Who shares the limit.
        crowd: Crowd,
        /// How many failed.
        failures: usize,
        /// How many are tolerated.
        tolerated: usize,
    },
}

#[derive(Debug, Clone, Default)]
struct Count {
    size: usize,
    rollout: Rollout,
    down: BTreeSet<InstanceId>,
    failed: BTreeSet<InstanceId>,
}

/// The limits of every crowd with what counts against them.
#[derive(Debug, Clone, Default)]
pub struct Limits {
    crowds: BTreeMap<Crowd, Count>,
    of: BTreeMap<InstanceId, Crowd>,
}

impl Limits {
    /// Adds a machine that is meant to run to its crowd. Machines meant to be stopped are not added:
    /// they take no place and count nowhere.
    pub fn add(&mut self, instance: InstanceId, crowd: Crowd, rollout: Rollout) {
        let count = self.crowds.entry(crowd.clone()).or_default();
        count.size += 1;
        count.rollout = rollout;
        self.of.insert(instance, crowd);
    }

    /// The machine is down, whoever stopped it.
    pub fn went_down(&mut self, instance: &InstanceId) {
        if let Some(count) = self.count_of(instance) {
            count.down.insert(instance.clone());
        }
    }

    /// The machine is up again; whether that frees a place.
    pub fn came_up(&mut self, instance: &InstanceId) -> bool {
        self.count_of(instance)
            .is_some_and(|count| count.down.remove(instance))
    }

    /// Its change failed.
    pub fn failed(&mut self, instance: &InstanceId) {
        if let Some(count) = self.count_of(instance) {
            count.failed.insert(instance.clone());
        }
    }

    /// No failure until now counts any more.
    pub fn forgive(&mut self) {
        for count in self.crowds.values_mut() {
            count.failed.clear();
        }
    }

    /// May its change begin?
    #[must_use]
    pub fn may_begin(&self, instance: &InstanceId) -> Permit {
        let Some((crowd, count)) = self.crowd_of(instance) else {
            return Permit::Granted;
        };
        let tolerated = count.rollout.max_failures.of(count.size);
        if count.failed.len() > tolerated && !planted::is(Fault::FailuresUncounted) {
            return Permit::Refused {
                crowd: crowd.clone(),
                failures: count.failed.len(),
                tolerated,
            };
        }
        Permit::Granted
    }

    /// May it be taken down? A machine that is down already may.
    #[must_use]
    pub fn may_take_down(&self, instance: &InstanceId) -> Permit {
        let Some((crowd, count)) = self.crowd_of(instance) else {
            return Permit::Granted;
        };
        match self.may_begin(instance) {
            Permit::Granted => {}
            refused @ (Permit::NotNow { .. } | Permit::Refused { .. }) => return refused,
        }
        let extra = usize::from(planted::is(Fault::LimitOffByOne));
        let limit = count.rollout.max_unavailable.of(count.size) + extra;
        if count.down.len() >= limit && !count.down.contains(instance) {
            return Permit::NotNow {
                crowd: crowd.clone(),
                down: count.down.len(),
                limit,
            };
        }
        Permit::Granted
    }

    fn crowd_of(&self, instance: &InstanceId) -> Option<(&Crowd, &Count)> {
        let crowd = self.of.get(instance)?;
        Some((crowd, self.crowds.get(crowd)?))
    }

    fn count_of(&mut self, instance: &InstanceId) -> Option<&mut Count> {
        self.crowds.get_mut(self.of.get(instance)?)
    }
}
