//! Which steps a journal speaks of: the way forth of a machine, or the way back of one that turned.
//!
//! Read off the entries once more, by code that shares nothing with the saga.

use std::borrow::Cow;
use std::collections::BTreeSet;

use respec::model::{InstanceId, RunId};
use respec::plan::{Saga, SavedPlan, Step};
use respec::saga::{Direction, Entry, Halt, Kind, StepEvent, StepRef};

/// Where a machine stands between its two chains.
#[derive(Debug, Default)]
struct Way {
    back: bool,
    /// How often it changed from one chain to the other.
    turns: usize,
    announced: BTreeSet<u16>,
    /// Announced steps of the way back that have succeeded and were not taken back.
    standing: BTreeSet<u16>,
    rests: Option<Halt>,
}

impl Way {
    fn take(&mut self, kind: &Kind) {
        match kind {
            Kind::Begun { .. } => *self = Self::default(),
            Kind::TurnedBack { .. } => self.turn(true),
            Kind::Halted { halt, .. } => self.rests = Some(*halt),
            Kind::Reopened { .. } => {
                let held = self.rests.take() == Some(Halt::Held);
                if held && self.back && self.standing.is_empty() {
                    self.turn(false);
                }
            }
            Kind::Step { at, event } => self.take_step(at, event),
            _ => {}
        }
    }

    fn turn(&mut self, back: bool) {
        *self = Self {
            back,
            turns: self.turns + 1,
            ..Self::default()
        };
    }

    fn take_step(&mut self, at: &StepRef, event: &StepEvent) {
        match (at.direction, event) {
            (Direction::Forward, StepEvent::Intent { .. } | StepEvent::Launched { .. }) => {
                self.announced.insert(at.step);
            }
            (Direction::Forward, StepEvent::Succeeded { .. } | StepEvent::Tolerated { .. }) => {
                self.standing
                    .extend(self.announced.contains(&at.step).then_some(at.step));
            }
            (Direction::Undo, StepEvent::Succeeded { .. }) => {
                self.standing.remove(&at.step);
            }
            (_, _) => {}
        }
    }
}

fn way(entries: &[Entry], run: &RunId, id: &InstanceId) -> Way {
    let mut way = Way::default();
    let ours = entries.iter().filter(|entry| entry.run == *run);
    for entry in ours.filter(|entry| entry.kind.instance() == Some(id)) {
        way.take(&entry.kind);
    }
    way
}

/// Whether, after these entries, the machine is on its way back.
pub(crate) fn is_back(entries: &[Entry], run: &RunId, id: &InstanceId) -> bool {
    way(entries, run, id).back
}

/// How often the machine has changed from one chain to the other.
pub(crate) fn turns(entries: &[Entry], run: &RunId, id: &InstanceId) -> usize {
    way(entries, run, id).turns
}

/// The chain that the next entry about this machine speaks of.
pub(crate) fn chain<'p>(
    plan: &'p SavedPlan,
    entries: &[Entry],
    run: &RunId,
    id: &InstanceId,
) -> Option<Cow<'p, Saga>> {
    let saga = plan.sagas.get(id)?;
    if is_back(entries, run, id) {
        saga.turned_back().map(Cow::Owned)
    } else {
        Some(Cow::Borrowed(saga))
    }
}

/// The step that an entry after these speaks of.
pub(crate) fn step(plan: &SavedPlan, entries: &[Entry], run: &RunId, at: &StepRef) -> Option<Step> {
    let saga = chain(plan, entries, run, &at.instance)?;
    saga.steps.get(usize::from(at.step)).cloned()
}
