//! What a run's machines and groups are to the screen, as the plan has them.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::{Crowd, InstanceId, Unit, Window};
use crate::plan::{Saga, Step};
use crate::saga::{Terms, is_a_return, takes_out_of_service};

/// What the screen knows of a step.
#[derive(Debug, Clone)]
struct Glimpse {
    verb: &'static str,
    /// Whether it takes the machine out of service.
    leaves: bool,
    /// Whether it is one on the way back into service.
    returns: bool,
}

/// A machine of the plan.
#[derive(Debug, Clone)]
pub(super) struct Seat {
    pub(super) crowd: Crowd,
    /// What must be finished before it.
    pub(super) after: BTreeSet<Unit>,
    /// Its steps.
    steps: Vec<Glimpse>,
    /// Those of its way back.
    back: Vec<Glimpse>,
    /// The step it is at, counted from 0.
    pub(super) next: usize,
    /// Whether nothing more happens to it.
    pub(super) over: bool,
}

impl Seat {
    pub(super) fn of(saga: &Saga) -> Self {
        let back = saga.turned_back();
        Self {
            crowd: saga.crowd(),
            after: saga.after.clone(),
            steps: steps_of(saga),
            back: back.as_ref().map(steps_of).unwrap_or_default(),
            next: 0,
            over: false,
        }
    }

    /// From here on its steps are those of its way back.
    pub(super) fn turn_back(&mut self) {
        self.steps.clone_from(&self.back);
        self.next = 0;
    }

    /// Whether its next step takes it out of service.
    pub(super) fn leaves_next(&self) -> bool {
        self.steps.get(self.next).is_some_and(|step| step.leaves)
    }

    /// What its next step does.
    pub(super) fn next_verb(&self) -> Option<&'static str> {
        self.steps.get(self.next).map(|step| step.verb)
    }

    /// Whether its next step is one on the way back into service.
    pub(super) fn returns_next(&self) -> bool {
        self.steps.get(self.next).is_some_and(|step| step.returns)
    }
}

fn steps_of(saga: &Saga) -> Vec<Glimpse> {
    let glimpse = |(at, step): (u16, &Step)| Glimpse {
        verb: step.action.verb(),
        leaves: takes_out_of_service(saga, at),
        returns: is_a_return(step),
    };
    (0..).zip(&saga.steps).map(glimpse).collect()
}

/// A group, or the ungrouped machines of a region.
#[derive(Debug, Clone)]
pub(super) struct Share {
    /// How many may be down at once.
    pub(super) limit: usize,
    /// How many batches there are.
    pub(super) batches: usize,
    /// Its window, in whose zone times are told.
    pub(super) window: Option<Window>,
    /// Its machines that are out of service, whoever took them out.
    pub(super) out: BTreeSet<InstanceId>,
    /// Machines of the plan to which something still happens.
    pub(super) unfinished: usize,
    /// Machines of the plan.
    pub(super) size: usize,
}

/// Every group of the run, with its limits.
pub(super) fn shares(terms: &Terms) -> BTreeMap<Crowd, Share> {
    let crowds = terms.crowds.iter();
    let shares = crowds.map(|(crowd, (rollout, course))| {
        let limit = rollout.max_unavailable.of(course.size).min(course.size);
        let share = Share {
            limit,
            batches: course.batches.len(),
            window: rollout.window.clone(),
            out: BTreeSet::new(),
            unfinished: 0,
            size: 0,
        };
        (crowd.clone(), share)
    });
    shares.collect()
}
