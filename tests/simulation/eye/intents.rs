//! What is announced: each intent is held against the plan, and against what was announced before it.

use std::collections::BTreeSet;

use respec::model::{ClientToken, InstanceId, RunId};
use respec::plan::{Action, Step, Undo};
use respec::saga::{Direction, Entry, Halt, Kind, SagaOutcome, StepEvent, StepRef};

use super::Eye;
use crate::chains;

/// The cool-down of a machine (R52).
const COOL_DOWN_SECS: u64 = 300;

impl Eye {
    pub(super) fn judge_intent(&self, entry: &Entry, at: &StepRef, token: Option<&ClientToken>) {
        self.judge_newness(entry, at);
        self.judge_token(entry, at, token.map(ClientToken::as_str));
        self.judge_cool_down(entry, at);
        self.judge_undo_order(entry, at);
        self.judge_stop(entry, at);
    }

    fn step_at(&self, run: &RunId, at: &StepRef) -> Option<Step> {
        chains::step(
            self.plan.borrow().as_ref()?,
            &self.entries.borrow(),
            run,
            at,
        )
    }

    /// Whether this very step was announced before, in the chain that is in force now.
    fn was_announced(&self, now: &Entry, at: &StepRef) -> bool {
        let entries = self.entries.borrow();
        let turns = chains::turns(&entries, &now.run, &at.instance);
        let known = |(nth, earlier): (usize, &Entry)| {
            earlier.run == now.run
                && is_intent(&earlier.kind, at)
                && chains::turns(&entries[..nth], &now.run, &at.instance) == turns
        };
        entries.iter().enumerate().any(known)
    }

    /// I7: after the first interrupt no step is begun that is not a start, and no order is asked for that was announced
    /// before; where only orders are made, nobody is stopped.
    fn judge_newness(&self, entry: &Entry, at: &StepRef) {
        let step = self.step_at(&entry.run, at);
        let step = step.as_ref();
        let starts = step.is_some_and(|step| step.action == Action::Start);
        let stops = step.is_some_and(|step| step.undo == Undo::By(Action::Start));
        // One that was announced may never have arrived. Whoever goes on with an order that is there sends nothing.
        let sends = |step: &&Step| step.adopts.is_none();
        let orders = step.filter(sends).and_then(Step::order_call).is_some();
        let is_new = !self.was_announced(entry, at);
        let forward = at.direction == Direction::Forward;
        if self.rollouts.ahead.get() && is_new && forward && stops {
            let what = format!(
                "{} is stopped where only orders were asked for",
                at.instance
            );
            self.object("I7", what);
        }
        if self.is_after(&self.asked) && (is_new || orders) && forward && !starts {
            let what = format!(
                "{} step {} is begun after an interrupt",
                at.instance,
                at.step + 1
            );
            self.object("I7", what);
        }
    }

    /// I1: a change is announced with its token, and never with a second one.
    fn judge_token(&self, entry: &Entry, at: &StepRef, token: Option<&str>) {
        let action = self
            .step_at(&entry.run, at)
            .map(|step| match (at.direction, step.undo) {
                (Direction::Undo, Undo::By(action)) => action,
                (Direction::Forward | Direction::Undo, _) => step.action,
            });
        match (action, token) {
            (Some(Action::Modify(_)), Some(token)) => {
                let number = self.change_number(entry, &at.instance);
                let key = (entry.run.clone(), at.clone(), number);
                let mut tokens = self.tokens.borrow_mut();
                let first = tokens
                    .entry(key)
                    .or_insert_with(|| token.to_owned())
                    .clone();
                if first != token {
                    self.object("I1", format!("{} has a second token", at.instance));
                }
            }
            (Some(Action::Modify(_)), None) => {
                self.object(
                    "I6",
                    format!("the token of {} is not recorded", at.instance),
                );
            }
            (_, _) => {}
        }
    }

    pub(super) fn change_number(&self, now: &Entry, id: &InstanceId) -> u64 {
        let entries = self.entries.borrow();
        let begun = entries.iter().rev().find_map(|entry| match &entry.kind {
            Kind::Begun {
                instance,
                change_number,
                ..
            }
            | Kind::TurnedBack {
                instance,
                change_number,
            } if instance == id && entry.run == now.run => Some(*change_number),
            _ => None,
        });
        begun.unwrap_or_default()
    }

    /// I6: what was done last is taken back first.
    fn judge_undo_order(&self, now: &Entry, at: &StepRef) {
        if at.direction == Direction::Forward {
            return;
        }
        let mut standing = BTreeSet::new();
        // Which step was announced after which: one that is done once more is the last again.
        let mut announced = Vec::new();
        for entry in self
            .entries
            .borrow()
            .iter()
            .filter(|entry| entry.run == now.run)
        {
            match &entry.kind {
                Kind::Begun { instance, .. } | Kind::TurnedBack { instance, .. }
                    if *instance == at.instance =>
                {
                    standing.clear();
                    announced.clear();
                }
                Kind::Step { at: other, event } if other.instance == at.instance => {
                    let forward = other.direction == Direction::Forward;
                    if forward && matches!(event, StepEvent::Intent { .. }) {
                        announced.retain(|step| *step != other.step);
                        announced.push(other.step);
                    }
                    if matches!(event, StepEvent::Succeeded { .. }) {
                        match other.direction {
                            Direction::Forward => standing.insert(other.step),
                            Direction::Undo => standing.remove(&other.step),
                        };
                    }
                }
                _ => {}
            }
        }
        let is_change = |step: &&u16| {
            let other = StepRef {
                step: **step,
                ..at.clone()
            };
            self.step_at(&now.run, &other)
                .is_some_and(|step| matches!(step.undo, Undo::By(Action::Modify(_))))
        };
        let mut since = announced.iter().rev().take_while(|step| **step != at.step);
        let is_later = |step: &u16| since.any(|later| later == step);
        let mut later = standing.iter().filter(is_change).copied();
        if let Some(later) = later.find(is_later) {
            let what = format!(
                "step {} of {} is taken back before step {}",
                at.step + 1,
                at.instance,
                later + 1
            );
            self.object("I6", what);
        }
    }

    /// R52: the second change of a machine in one run is not asked for while it cools down.
    fn judge_cool_down(&self, entry: &Entry, at: &StepRef) {
        let (entries, plan) = (self.entries.borrow(), self.plan.borrow());
        let Some(plan) = plan.as_ref() else { return };
        let changes = |before: &[Entry], at: &StepRef| {
            let step = chains::step(plan, before, &entry.run, at);
            step.is_some_and(|step| matches!(step.action, Action::Modify(_)))
        };
        if at.direction == Direction::Undo || !changes(&entries, at) {
            return;
        }
        let turns = chains::turns(&entries, &entry.run, &at.instance);
        let mut earlier = entries.iter().enumerate().rev();
        let earlier = earlier.find(|(nth, earlier)| match &earlier.kind {
            Kind::Step {
                at: other,
                event: StepEvent::Succeeded { found: false },
            } if other.instance == at.instance => {
                let before = &entries[..*nth];
                let another = other.step != at.step
                    || chains::turns(before, &entry.run, &at.instance) != turns;
                another && earlier.run == entry.run && changes(before, other)
            }
            _ => false,
        });
        let earlier = earlier.map(|(_, earlier)| earlier);
        let Some(earlier) = earlier else { return };
        let times = self.times.borrow();
        let then = times.get(&earlier.seq).copied();
        let gone = self.clock.elapsed() - then.unwrap_or_default();
        let gone = gone.as_secs();
        let same_clock = self.began_here.get() < earlier.seq;
        if same_clock && gone < COOL_DOWN_SECS {
            let what = format!("{} is changed again after {gone} s", at.instance);
            self.object("I6", what);
        }
    }

    /// I10: nobody is stopped for a change once more of its crowd have failed than is tolerated.
    fn judge_stop(&self, entry: &Entry, at: &StepRef) {
        let Some(step) = self.step_at(&entry.run, at) else {
            return self.object(
                "I6",
                format!("an intent for {}, which is not planned", at.instance),
            );
        };
        let stops = step.undo == Undo::By(Action::Start) && at.direction == Direction::Forward;
        // Whoever is put back has failed himself, and goes back however many have.
        let back = chains::is_back(&self.entries.borrow(), &entry.run, &at.instance);
        if !stops || back || self.was_announced(entry, at) {
            return;
        }
        let Some((members, most)) = self.rollouts.failures_max(&at.instance) else {
            return;
        };
        let mut failed = self.failed(entry);
        failed.retain(|id| members.contains(id.as_str()));
        if failed.len() > most {
            let what = format!("{} is stopped after {failed:?} failed", at.instance);
            self.object("I10", what);
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
}

fn is_intent(kind: &Kind, wanted: &StepRef) -> bool {
    matches!(kind, Kind::Step { at, event: StepEvent::Intent { .. } } if at == wanted)
}
