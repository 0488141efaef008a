//! What a run's machines and groups are to the screen, as the plan has them.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::{Crowd, InstanceId, Unit, Window};
use crate::plan::Saga;
use crate::saga::{Terms, takes_out_of_service};

/// A machine of the plan.
#[derive(Debug, Clone)]
pub(super) struct Seat {
    pub(super) crowd: Crowd,
    /// What must be finished before it.
    pub(super) after: BTreeSet<Unit>,
    /// The verb of each step, and whether that takes the machine out of service.
    steps: Vec<(&'static str, bool)>,
    /// The same of its way back.
    back: Vec<(&'static str, bool)>,
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
        self.steps.get(self.next).is_some_and(|(_, leaves)| *leaves)
    }

    /// What its next step does.
    pub(super) fn next_verb(&self) -> Option<&'static str> {
        self.steps.get(self.next).map(|(verb, _)| *verb)
    }

    /// Whether its next step is one on the way back into service.
    pub(super) fn returns_next(&self) -> bool {
        matches!(self.next_verb(), Some("health" | "after_start"))
    }
}

fn steps_of(saga: &Saga) -> Vec<(&'static str, bool)> {
    let steps = (0..).zip(&saga.steps);
    steps
        .map(|(at, step)| (step.action.verb(), takes_out_of_service(saga, at)))
        .collect()
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
