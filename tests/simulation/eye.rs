//! What the harness sees while a history is played: entries, calls, and who is down.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet};

use respec::model::{Crowd, DesiredFleet, InstanceId, InstanceStatus, ObservedFleet, Power};
use respec::plan::{Action, SavedPlan, Undo};
use respec::saga::{Direction, Entry, Halt, Kind, SagaOutcome, StepEvent, StepRef};
use respec::sim::World;

use crate::rollouts::Watch;

/// A broken law.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Violation {
    pub(crate) law: &'static str,
    pub(crate) what: String,
}

/// Machines that share limits, as the manifest has them.
pub(crate) struct Neighbours {
    members: BTreeSet<String>,
    down_max: usize,
    failures_max: usize,
}

/// Everything that was seen, and every law that was seen broken.
#[derive(Default)]
pub(crate) struct Eye {
    pub(crate) log: RefCell<Vec<String>>,
    pub(crate) violations: RefCell<Vec<Violation>>,
    /// Entries of the present run that were acknowledged.
    pub(crate) entries: RefCell<Vec<Entry>>,
    pub(crate) plan: RefCell<Option<SavedPlan>>,
    pub(crate) journal_lost: Cell<bool>,
    pub(crate) n_changes_sent: Cell<u64>,
    /// Batches, gates, windows and zones.
    pub(crate) rollouts: Watch,
    crowds: RefCell<Vec<Neighbours>>,
    down: RefCell<BTreeSet<String>>,
}

impl Eye {
    /// An eye on a history of this manifest.
    pub(crate) fn over(manifest: &str) -> Self {
        Self {
            rollouts: Watch::over(manifest),
            ..Self::default()
        }
    }

    pub(crate) fn log(&self, line: String) {
        self.log.borrow_mut().push(line);
    }

    pub(crate) fn object(&self, law: &'static str, what: String) {
        self.log(format!("!! {law}: {what}"));
        self.violations.borrow_mut().push(Violation { law, what });
    }

    /// Notes who shares limits with whom, as the fleet is found when an attempt begins.
    pub(crate) fn count_crowds(&self, desired: &DesiredFleet, found: &ObservedFleet) {
        let mut crowds: BTreeMap<Crowd, Neighbours> = BTreeMap::new();
        for (id, machine) in &desired.instances {
            let down = found
                .instances
                .get(id)
                .is_some_and(|s| s.status == InstanceStatus::Stopped);
            let ours = self
                .plan
                .borrow()
                .as_ref()
                .is_some_and(|plan| plan.sagas.get(id).is_some_and(|saga| saga.was_running));
            let kept_down = machine.spec.power.is_none() && down && !ours;
            if machine.spec.power == Some(Power::Stopped) || kept_down {
                continue;
            }
            let neighbours = crowds.entry(machine.crowd()).or_insert_with(|| Neighbours {
                members: BTreeSet::new(),
                down_max: 0,
                failures_max: 0,
            });
            neighbours.members.insert(id.to_string());
            let rollout = desired.rollout_of(machine);
            neighbours.down_max = rollout.max_unavailable.of(neighbours.members.len());
            neighbours.failures_max = rollout.max_failures.of(neighbours.members.len());
        }
        *self.crowds.borrow_mut() = crowds.into_values().collect();
    }

    /// I10: nobody goes down while as many of its crowd are down as may be.
    pub(crate) fn look_at(&self, world: &World) {
        let truth = world.truth();
        let machines = truth["instances"].as_array().unwrap();
        let down: BTreeSet<String> = machines
            .iter()
            .filter(|machine| machine["Status"] != "Running")
            .map(|machine| machine["InstanceId"].as_str().unwrap().to_owned())
            .collect();
        let before = self.down.replace(down.clone());
        let fell = down.difference(&before).cloned().collect();
        if let Some(what) = self.rollouts.look_at(machines, &fell) {
            self.object("I10", what);
        }
        for crowd in self.crowds.borrow().iter() {
            let ours: Vec<&String> = crowd.members.intersection(&down).collect();
            let goes_down = ours.iter().any(|id| !before.contains(*id));
            if goes_down && ours.len() > crowd.down_max {
                let what = format!("{ours:?} are down, {} may be", crowd.down_max);
                self.object("I10", what);
            }
        }
    }

    /// Takes entries that are about to be written.
    pub(crate) fn judge_entries(&self, entries: &[Entry]) {
        for entry in entries {
            self.log(format!("  {} {}", entry.seq, said(&entry.kind)));
            let early = {
                let (entries, plan) = (self.entries.borrow(), self.plan.borrow());
                self.rollouts.judge(entry, &entries, plan.as_ref())
            };
            if let Some(what) = early {
                self.object("I10", what);
            }
            if let Kind::Step {
                at,
                event: StepEvent::Intent { .. },
            } = &entry.kind
            {
                self.judge_intent(entry, at);
            }
            self.entries.borrow_mut().push(entry.clone());
        }
    }

    /// I10: nobody is stopped for a change once more of its crowd have failed than is tolerated.
    fn judge_intent(&self, entry: &Entry, at: &StepRef) {
        let plan = self.plan.borrow();
        let Some(saga) = plan.as_ref().and_then(|plan| plan.sagas.get(&at.instance)) else {
            return self.object(
                "I6",
                format!("an intent for {}, which is not planned", at.instance),
            );
        };
        let step = &saga.steps[usize::from(at.step)];
        let stops = step.undo == Undo::By(Action::Start) && at.direction == Direction::Forward;
        let again = self
            .entries
            .borrow()
            .iter()
            .any(|earlier| earlier.run == entry.run && is_intent(&earlier.kind, at));
        if !stops || again {
            return;
        }
        for crowd in self.crowds.borrow().iter() {
            if !crowd.members.contains(at.instance.as_str()) {
                continue;
            }
            let failed = self.failed(entry);
            let failed: Vec<_> = failed
                .iter()
                .filter(|id| crowd.members.contains(id.as_str()))
                .collect();
            if failed.len() > crowd.failures_max {
                let what = format!("{} is stopped after {failed:?} failed", at.instance);
                self.object("I10", what);
            }
        }
    }

    fn failed(&self, now: &Entry) -> BTreeSet<InstanceId> {
        let (mut failed, mut held) = (BTreeSet::new(), BTreeSet::new());
        for entry in self
            .entries
            .borrow()
            .iter()
            .filter(|entry| entry.run == now.run)
        {
            match &entry.kind {
                Kind::Closed {
                    instance,
                    outcome: SagaOutcome::Undone,
                    ..
                } => {
                    failed.insert(instance.clone());
                }
                Kind::Halted { instance, halt, .. } if *halt != Halt::Paused => {
                    held.insert(instance.clone());
                    failed.insert(instance.clone());
                }
                // Whoever goes on with what was held has seen what failed.
                Kind::Reopened { instance } if held.contains(instance) => failed.clear(),
                _ => {}
            }
        }
        failed
    }

    /// I6: what is about to be sent was announced, durably, for this machine of this plan.
    pub(crate) fn judge_call(&self, action: &str, instance: &str) {
        self.n_changes_sent.set(self.n_changes_sent.get() + 1);
        if self.journal_lost.get() && action.starts_with("Start") {
            return; // The one call that needs no journal.
        }
        let entries = self.entries.borrow();
        let last = entries.iter().rev().find_map(|entry| match &entry.kind {
            Kind::Step { at, event } if at.instance.as_str() == instance => Some((at, event)),
            _ => None,
        });
        let plan = self.plan.borrow();
        let announced = match (last, plan.as_ref()) {
            (Some((at, StepEvent::Intent { .. })), Some(plan)) => announced(plan, at),
            _ => None,
        };
        if announced
            .as_deref()
            .is_none_or(|name| !action.starts_with(name))
        {
            let what = format!("{action} of {instance} was announced as {announced:?}");
            drop(plan);
            drop(entries);
            self.object("I6", what);
        }
    }
}

fn is_intent(kind: &Kind, wanted: &StepRef) -> bool {
    matches!(kind, Kind::Step { at, event: StepEvent::Intent { .. } } if at == wanted)
}

/// The operation that a step's intent speaks of.
fn announced(plan: &SavedPlan, at: &StepRef) -> Option<String> {
    let step = plan
        .sagas
        .get(&at.instance)?
        .steps
        .get(usize::from(at.step))?;
    let action = match (at.direction, &step.undo) {
        (Direction::Forward, _) => &step.action,
        (Direction::Undo, Undo::By(action)) => action,
        (Direction::Undo, Undo::Nothing | Undo::Never { .. }) => return None,
    };
    let name = match action {
        Action::Stop { .. } => "StopInstance",
        Action::Start => "StartInstance",
        Action::Modify(call) => call.operation(),
        Action::AllocatePublicIp => "AllocatePublicIpAddress",
        Action::AwaitOrder | Action::CoolDown | Action::RunHook { .. } | Action::AwaitHealth(_) => {
            return None;
        }
    };
    Some(name.to_owned())
}

/// An entry in a line, without what differs from machine to machine.
fn said(kind: &Kind) -> String {
    match kind {
        Kind::Step { at, event } => {
            let way = match at.direction {
                Direction::Forward => "",
                Direction::Undo => " back",
            };
            let event = match event {
                StepEvent::Intent { token, .. } => {
                    let token = token.as_ref().map_or("-", |token| &token.as_str()[..12]);
                    format!("Intent {token}")
                }
                other => format!("{other:?}"),
            };
            format!("{} step {}{way} {event}", at.instance, at.step + 1)
        }
        Kind::Closed {
            instance,
            outcome,
            note,
            ..
        } => format!("{instance} Closed {outcome:?} {note}"),
        other => format!("{other:?}"),
    }
}
