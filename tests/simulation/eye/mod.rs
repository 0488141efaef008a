//! What the harness sees while a history is played: entries, calls, and who is down.

mod calls;
mod intents;

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;
use std::time::Duration;

use respec::clock::Clock;
use respec::model::{InstanceId, RunId};
use respec::plan::SavedPlan;
use respec::saga::{Direction, Entry, Kind, StepEvent, StepRef};
use respec::sim::{Status, World};

use crate::hooks::Balancer;
use crate::rollouts::Watch;

/// A broken law.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Violation {
    pub(crate) law: &'static str,
    pub(crate) what: String,
}

/// Everything that was seen, and every law that was seen broken.
pub(crate) struct Eye {
    clock: Rc<dyn Clock>,
    /// Machines that somebody else had a hand in: what became of them is not ours alone.
    pub(crate) touched: RefCell<BTreeSet<InstanceId>>,
    /// When the first interrupt of this attempt came, and the second.
    asked: Cell<Option<Duration>>,
    insisted: Cell<Option<Duration>>,
    /// The token of each change, as it was announced first.
    tokens: RefCell<BTreeMap<(RunId, StepRef, u64), String>>,
    /// When each token was sent first.
    sent: RefCell<BTreeMap<String, Duration>>,
    /// Whether there is a log: most histories are played for their violations alone.
    keeps_log: bool,
    pub(crate) log: RefCell<Vec<String>>,
    pub(crate) violations: RefCell<Vec<Violation>>,
    /// Entries of the present run that were acknowledged.
    pub(crate) entries: RefCell<Vec<Entry>>,
    /// When each entry was made, by the one true clock.
    times: RefCell<BTreeMap<u64, Duration>>,
    pub(crate) plan: RefCell<Option<SavedPlan>>,
    pub(crate) journal_lost: Cell<bool>,
    pub(crate) n_changes_sent: Cell<u64>,
    /// Batches, gates, windows and zones.
    pub(crate) rollouts: Watch,
    /// Who is in service.
    pub(crate) balancer: Balancer,
    /// What a person was told of orders that nobody can tell.
    pub(crate) told: RefCell<String>,
    /// The last entry of the program before this one.
    pub(crate) began_here: Cell<u64>,
}

impl Eye {
    pub(crate) fn new(
        clock: Rc<dyn Clock>,
        rollouts: Watch,
        balancer: Balancer,
        keeps_log: bool,
    ) -> Self {
        Self {
            clock,
            keeps_log,
            rollouts,
            balancer,
            touched: RefCell::default(),
            asked: Cell::default(),
            insisted: Cell::default(),
            tokens: RefCell::default(),
            sent: RefCell::default(),
            log: RefCell::default(),
            violations: RefCell::default(),
            entries: RefCell::default(),
            times: RefCell::default(),
            plan: RefCell::default(),
            journal_lost: Cell::default(),
            n_changes_sent: Cell::default(),
            told: RefCell::default(),
            began_here: Cell::default(),
        }
    }

    /// A new program begins.
    pub(crate) fn begin_attempt(&self) {
        self.journal_lost.set(false);
        self.asked.set(None);
        self.insisted.set(None);
        self.rollouts.ahead.set(false);
    }

    /// A program goes on with these entries. Some may have been written by one that died before it knew.
    pub(crate) fn take_up(&self, entries: &[Entry]) {
        for entry in entries {
            if !self.times.borrow().contains_key(&entry.seq) {
                self.forget_refused(entry);
                if let Kind::Begun { instance, .. } = &entry.kind {
                    self.rollouts.begun_unseen(instance);
                }
                let now = self.clock.elapsed();
                self.times.borrow_mut().insert(entry.seq, now);
            }
        }
        self.entries.replace(entries.to_vec());
    }

    /// The first interrupt was heard; or nothing is to be begun in this attempt at all.
    pub(crate) fn asked(&self) {
        self.asked.set(Some(self.clock.elapsed()));
    }

    /// The second interrupt was heard.
    pub(crate) fn insisted(&self) {
        self.insisted.set(Some(self.clock.elapsed()));
    }

    fn is_after(&self, moment: &Cell<Option<Duration>>) -> bool {
        moment.get().is_some_and(|at| self.clock.elapsed() > at)
    }

    /// A person is told.
    pub(crate) fn told(&self, what: String) {
        *self.told.borrow_mut() += &what;
        self.log(|| format!("-- told: {what}"));
    }

    pub(crate) fn log(&self, line: impl FnOnce() -> String) {
        if self.keeps_log {
            self.log.borrow_mut().push(line());
        }
    }

    pub(crate) fn object(&self, law: &'static str, what: String) {
        self.log(|| format!("!! {law}: {what}"));
        self.violations.borrow_mut().push(Violation { law, what });
    }

    /// I10: nobody goes down while as many of its crowd are down as may be.
    pub(crate) fn look_at(&self, world: &World) {
        let down: BTreeSet<String> = world
            .statuses()
            .filter(|(_, status)| *status != Status::Running)
            .map(|(id, _)| id.to_owned())
            .collect();
        for id in self.touched.borrow().iter() {
            self.rollouts.touched(id.as_str());
        }
        for what in self.rollouts.look_at(&down) {
            self.object("I10", what);
        }
    }

    /// Takes entries that are about to be written.
    pub(crate) fn judge_entries(&self, entries: &[Entry]) {
        for entry in entries {
            self.log(|| format!("  {} {}", entry.seq, said(&entry.kind)));
            let early = {
                let entries = self.entries.borrow();
                self.rollouts.judge(entry, &entries, self.clock.elapsed())
            };
            if let Some(what) = early {
                self.object("I10", what);
            }
            if let Kind::Step {
                at,
                event: StepEvent::Intent { token, .. },
            } = &entry.kind
            {
                self.judge_intent(entry, at, token.as_ref());
            }
            self.forget_refused(entry);
            let now = self.clock.elapsed();
            self.times.borrow_mut().insert(entry.seq, now);
            self.entries.borrow_mut().push(entry.clone());
        }
    }
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
