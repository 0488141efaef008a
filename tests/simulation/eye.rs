//! What the harness sees while a history is played: entries, calls, and who is down.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;
use std::time::Duration;

use respec::clock::Clock;
use respec::model::{ClientToken, InstanceId, RunId};
use respec::plan::{Action, SavedPlan, Step, Undo};
use respec::saga::{Direction, Entry, FailureCause, Halt, Kind, SagaOutcome, StepEvent, StepRef};
use respec::sim::{Status, World};

/// The cool-down of a machine (R52).
const COOL_DOWN_SECS: u64 = 300;

/// Oldest token that may be sent: half an hour is what the cloud is assumed to remember.
const TOKEN_AGE_MAX: Duration = Duration::from_secs(30 * 60);

use crate::chains;
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
    /// The last entry of the program before this one.
    pub(crate) began_here: Cell<u64>,
}

impl Eye {
    pub(crate) fn new(clock: Rc<dyn Clock>, rollouts: Watch) -> Self {
        Self {
            clock,
            rollouts,
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
            began_here: Cell::default(),
        }
    }

    /// A new program begins.
    pub(crate) fn begin_attempt(&self) {
        self.journal_lost.set(false);
        self.asked.set(None);
        self.insisted.set(None);
    }

    /// The first interrupt was heard.
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

    pub(crate) fn log(&self, line: String) {
        self.log.borrow_mut().push(line);
    }

    pub(crate) fn object(&self, law: &'static str, what: String) {
        self.log(format!("!! {law}: {what}"));
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
            self.log(format!("  {} {}", entry.seq, said(&entry.kind)));
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
                self.judge_newness(entry, at);
                self.judge_token(entry, at, token.as_ref().map(ClientToken::as_str));
                self.judge_cool_down(entry, at);
                self.judge_undo_order(entry, at);
                self.judge_intent(entry, at);
            }
            self.forget_refused(entry);
            let now = self.clock.elapsed();
            self.times.borrow_mut().insert(entry.seq, now);
            self.entries.borrow_mut().push(entry.clone());
        }
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

    /// I7: after the first interrupt no step is begun that is not a start.
    fn judge_newness(&self, entry: &Entry, at: &StepRef) {
        let is_new = !self.was_announced(entry, at);
        let starts = self
            .step_at(&entry.run, at)
            .is_some_and(|step| step.action == Action::Start);
        let forward = at.direction == Direction::Forward;
        if self.is_after(&self.asked) && is_new && forward && !starts {
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

    fn change_number(&self, now: &Entry, id: &InstanceId) -> u64 {
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
                }
                Kind::Step { at: other, event } if other.instance == at.instance => {
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
        if let Some(later) = standing.range(at.step + 1..).find(is_change) {
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
    fn judge_intent(&self, entry: &Entry, at: &StepRef) {
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

    /// I6: what is about to be sent was announced, durably, for this machine of this plan.
    pub(crate) fn judge_call(&self, action: &str, instance: &str, token: Option<&str>) {
        self.n_changes_sent.set(self.n_changes_sent.get() + 1);
        if self.is_after(&self.insisted) {
            let what = format!("{action} of {instance} after the second interrupt");
            self.object("I7", what);
        }
        self.judge_age(instance, token);
        let late = self
            .rollouts
            .judge_call(action, instance, &self.entries.borrow());
        if let Some(what) = late {
            self.object("I10", what);
        }
        if self.journal_lost.get() && action.starts_with("Start") {
            return; // The one call that needs no journal.
        }
        let entries = self.entries.borrow();
        let last = entries.iter().rev().find_map(|entry| match &entry.kind {
            Kind::Step { at, event } if at.instance.as_str() == instance => {
                Some((&entry.run, at, event))
            }
            _ => None,
        });
        let plan = self.plan.borrow();
        let announced = match (last, plan.as_ref()) {
            (Some((run, at, StepEvent::Intent { token: said, .. })), Some(plan)) => {
                let said = said.as_ref().map(ClientToken::as_str);
                let step = chains::step(plan, &entries, run, at);
                step.and_then(|step| announced(&step, at))
                    .filter(|_| said == token)
            }
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

impl Eye {
    /// A call that is known to have had no effect may be made again, as late as one likes.
    fn forget_refused(&self, entry: &Entry) {
        let Kind::Step {
            at,
            event: StepEvent::Failed { failure },
        } = &entry.kind
        else {
            return;
        };
        if failure.cause == FailureCause::Unknown {
            return;
        }
        let number = self.change_number(entry, &at.instance);
        let key = (entry.run.clone(), at.clone(), number);
        if let Some(token) = self.tokens.borrow().get(&key) {
            self.sent.borrow_mut().remove(token);
        }
    }

    /// I1: a token is sent only while the cloud surely remembers it.
    fn judge_age(&self, instance: &str, token: Option<&str>) {
        let Some(token) = token else { return };
        let now = self.clock.elapsed();
        let mut sent = self.sent.borrow_mut();
        let first = *sent.entry(token.to_owned()).or_insert(now);
        if now - first > TOKEN_AGE_MAX {
            let what = format!(
                "a token of {instance} is sent {:?} after the first time",
                now - first
            );
            self.object("I1", what);
        }
    }
}

fn is_intent(kind: &Kind, wanted: &StepRef) -> bool {
    matches!(kind, Kind::Step { at, event: StepEvent::Intent { .. } } if at == wanted)
}

/// The operation that a step's intent speaks of.
fn announced(step: &Step, at: &StepRef) -> Option<String> {
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
        Action::PayOrder => "PayOrder",
        Action::AwaitOrder
        | Action::CoolDown
        | Action::AskOffer(_)
        | Action::RunHook { .. }
        | Action::AwaitHealth(_) => return None,
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
