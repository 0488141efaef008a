//! One fleet going through its change, as wildly as the brakes allow.
//!
//! What is checked here is told in other words than the brakes use: sets of machines and moments.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use jiff::Timestamp;
use respec::model::{Approval, Crowd, InstanceId, OnFailure, Opening, Spread};
use respec::saga::{Brakes, Hold, Keeping, Lift};

use crate::fleet::{Case, members, start};

/// Rounds after the picks are used up: time passes, gates are approved, everybody is let through.
const ROUNDS_MAX: usize = 2_000;

/// How one machine stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Standing {
    Untouched,
    Begun,
    Down,
    Done,
    Failed,
}

/// Everything that happened, as a journal would keep it.
#[derive(Debug, Clone)]
enum Happened {
    Ended(InstanceId, Standing),
    Batch(Crowd, u32, Timestamp),
    Approved(Crowd, u32),
}

pub(crate) struct TryOut<'a> {
    case: &'a Case,
    brakes: Brakes,
    pub(crate) standing: BTreeMap<InstanceId, Standing>,
    strangers: BTreeSet<InstanceId>,
    journal: Vec<Happened>,
    ended_at: BTreeMap<(Crowd, u32), Timestamp>,
    approved: BTreeSet<(Crowd, u32)>,
    now: Timestamp,
}

impl<'a> TryOut<'a> {
    pub(crate) fn new(case: &'a Case) -> Self {
        let machines = case.terms.machines.keys();
        let mut try_out = Self {
            brakes: Brakes::new(case.terms.clone(), Keeping::Hours, start()),
            case,
            standing: machines
                .map(|id| (id.clone(), Standing::Untouched))
                .collect(),
            strangers: case.found_down.clone(),
            journal: Vec::new(),
            ended_at: BTreeMap::new(),
            approved: BTreeSet::new(),
            now: start(),
        };
        for id in &case.found_down {
            try_out.brakes.went_down(id);
        }
        try_out
    }

    /// What holds a machine in the end.
    pub(crate) fn why_not(&self, id: &InstanceId) -> Option<Hold> {
        self.brakes.may_begin(id).err()
    }

    /// The picks first, then everybody who is left.
    pub(crate) fn run(&mut self) {
        for pick in &self.case.picks.clone() {
            self.happen(usize::from(*pick));
            self.a_new_program_answers_the_same();
        }
        for stranger in std::mem::take(&mut self.strangers) {
            if self.standing[&stranger] != Standing::Down {
                self.brakes.came_up(&stranger);
            }
        }
        for _ in 0..ROUNDS_MAX {
            if !self.everybody_moves() {
                return;
            }
        }
        panic!("it never comes to an end: {:?}", self.standing);
    }

    /// Machine number `pick` moves if it may; some picks let time pass or somebody approve.
    fn happen(&mut self, pick: usize) {
        let n = self.standing.len();
        match pick % (n + 2) {
            at if at < n => {
                let id = self.standing.keys().nth(at).unwrap().clone();
                self.step(&id);
            }
            at if at == n => self.pass(Duration::from_secs(60 * (1 + pick as u64 % 40))),
            _ => {
                self.approve();
            }
        }
    }

    /// Whether anybody could move, now or later.
    fn everybody_moves(&mut self) -> bool {
        let ids: Vec<InstanceId> = self.standing.keys().cloned().collect();
        let moved: Vec<bool> = ids.iter().map(|id| self.step(id)).collect();
        if moved.contains(&true) {
            return true;
        }
        self.nobody_is_held_by_nothing();
        if self.approve() {
            return true;
        }
        match self.next_lift() {
            Some(at) => {
                self.pass(at.duration_since(self.now).unsigned_abs());
                true
            }
            None => false,
        }
    }

    /// When time lifts the first hold.
    fn next_lift(&self) -> Option<Timestamp> {
        let holds = self
            .standing
            .keys()
            .filter_map(|id| match self.standing[id] {
                Standing::Untouched => self.brakes.may_begin(id).err(),
                Standing::Begun => self.brakes.may_take_down(id).err(),
                Standing::Down | Standing::Done | Standing::Failed => None,
            });
        let lifts = holds.filter_map(|hold| match hold.lift() {
            Lift::At(at) => Some(at),
            Lift::Others | Lift::Person | Lift::Nothing => None,
        });
        lifts.min()
    }

    /// One machine takes its next step, if it may.
    fn step(&mut self, id: &InstanceId) -> bool {
        let next = match self.standing[id] {
            Standing::Untouched if self.brakes.may_begin(id).is_ok() => {
                self.check_beginning(id);
                Standing::Begun
            }
            Standing::Begun if self.brakes.may_take_down(id).is_ok() => {
                self.brakes.went_down(id);
                self.check_outage(id);
                Standing::Down
            }
            Standing::Down => self.finish(id),
            Standing::Untouched | Standing::Begun | Standing::Done | Standing::Failed => {
                return false;
            }
        };
        self.standing.insert(id.clone(), next);
        self.end_batches();
        true
    }

    fn finish(&mut self, id: &InstanceId) -> Standing {
        if !self.strangers.contains(id) {
            self.brakes.came_up(id);
        }
        self.brakes.ended(id);
        let end = if self.case.failing.contains(id) {
            self.brakes.failed(id);
            Standing::Failed
        } else {
            Standing::Done
        };
        self.journal.push(Happened::Ended(id.clone(), end));
        end
    }

    fn end_batches(&mut self) {
        for (crowd, batch) in self.brakes.batches_to_end() {
            self.brakes.batch_ended(&crowd, batch, self.now);
            self.journal
                .push(Happened::Batch(crowd.clone(), batch, self.now));
            self.ended_at.insert((crowd, batch), self.now);
        }
    }

    fn pass(&mut self, time: Duration) {
        self.now += time;
        self.brakes.at(self.now);
        self.end_batches();
    }

    /// Somebody approves every gate that waits for it.
    fn approve(&mut self) -> bool {
        let untouched = self.with(|standing| standing == Standing::Untouched);
        let mut asked = BTreeSet::new();
        for id in untouched {
            if let Err(Hold::Approval { crowd, after }) = self.brakes.may_begin(&id) {
                asked.insert((crowd, after));
            }
        }
        for (crowd, after) in &asked {
            self.brakes.approved(crowd, *after);
            self.journal.push(Happened::Approved(crowd.clone(), *after));
        }
        let any = !asked.is_empty();
        self.approved.extend(asked);
        any
    }

    fn with(&self, wanted: impl Fn(Standing) -> bool) -> Vec<InstanceId> {
        let found = self
            .standing
            .iter()
            .filter(|(_, standing)| wanted(**standing));
        found.map(|(id, _)| id.clone()).collect()
    }

    fn check_beginning(&self, id: &InstanceId) {
        let crowd = &self.case.terms.machines[id].crowd;
        let (rollout, course) = &self.case.terms.crowds[crowd];
        let failed = self.with(|standing| standing == Standing::Failed);
        let failed = failed
            .iter()
            .filter(|id| self.case.terms.machines[*id].crowd == *crowd);
        if rollout.on_failure != OnFailure::Continue {
            let tolerated = rollout.max_failures.of(course.size);
            assert!(
                failed.count() <= tolerated,
                "{id} begins after one failure too many"
            );
        }
        for freeze in &self.case.terms.freezes {
            assert!(!freeze.holds_at(self.now), "{id} begins in a freeze");
        }
        if let Some(window) = &rollout.window {
            let open = matches!(window.at(self.now), Opening::Open { .. });
            assert!(open, "{id} begins outside its window");
        }
        let own = course
            .batches
            .iter()
            .position(|batch| batch.contains(id))
            .unwrap();
        for (before, batch) in course.batches[..own].iter().enumerate() {
            let ended =
                |id: &InstanceId| matches!(self.standing[id], Standing::Done | Standing::Failed);
            assert!(
                batch.iter().all(ended),
                "{id} begins before batch {before} ended"
            );
            let number = u32::try_from(before).unwrap() + 1;
            let ended_at = self.ended_at[&(crowd.clone(), number)];
            for gate in rollout.gates_after(number) {
                let asked = gate.approval == Approval::Person;
                let answered = self.approved.contains(&(crowd.clone(), number));
                assert!(
                    !asked || answered,
                    "{id} begins behind a gate nobody opened"
                );
                let waited = self.now.duration_since(ended_at).unsigned_abs();
                assert!(
                    waited >= gate.wait.unwrap_or_default(),
                    "{id} does not wait"
                );
            }
        }
    }

    /// Right after this machine went down.
    fn check_outage(&self, id: &InstanceId) {
        let terms = &self.case.terms;
        let is_down = |id: &InstanceId| {
            let ours = self.standing[id] == Standing::Down;
            ours || self.strangers.contains(id)
        };
        let others_down = |members: Vec<&InstanceId>| {
            members
                .into_iter()
                .filter(|other| *other != id && is_down(other))
                .count()
        };
        // One that was down before takes no place anew.
        if self.strangers.contains(id) {
            return;
        }
        let crowd = &terms.machines[id].crowd;
        let (rollout, course) = &terms.crowds[crowd];
        let neighbours = members(terms).remove(crowd).unwrap();
        let limit = rollout.max_unavailable.of(course.size);
        assert!(
            others_down(neighbours.clone()) < limit,
            "{id} is one too many of {crowd}"
        );
        if rollout.spread == Spread::Zone {
            let zone = |id: &InstanceId| terms.machines[id].zone.clone();
            let down = neighbours.into_iter().filter(|other| is_down(other));
            assert!(
                down.into_iter().all(|other| zone(other) == zone(id)),
                "{id} is elsewhere"
            );
        }
        for promise in terms
            .promises
            .iter()
            .filter(|promise| promise.members.contains(id))
        {
            let down = others_down(promise.members.iter().collect());
            assert!(down < promise.allowed, "{id} breaks {}", promise.name);
        }
    }

    /// Nobody is down and nobody moves: then it is the hour, a gate, or failures.
    fn nobody_is_held_by_nothing(&self) {
        for id in self.with(|s| matches!(s, Standing::Untouched | Standing::Begun)) {
            let hold = match self.standing[&id] {
                Standing::Untouched => self.brakes.may_begin(&id),
                _ => self.brakes.may_take_down(&id),
            };
            let hold = hold.expect_err("nobody who may move stands still");
            if hold.lift() == Lift::Others {
                // Whom it waits for is held itself, but by something that will be lifted or never is.
                assert!(
                    matches!(hold, Hold::Batch { .. }),
                    "{id} is held while nobody is down: {hold}"
                );
            }
        }
    }

    /// A program that reads the journal knows what this one knows.
    fn a_new_program_answers_the_same(&self) {
        let mut fresh = Brakes::new(self.case.terms.clone(), Keeping::Hours, self.now);
        for happened in &self.journal {
            match happened {
                Happened::Ended(id, end) => {
                    fresh.ended(id);
                    if *end == Standing::Failed {
                        fresh.failed(id);
                    }
                }
                Happened::Batch(crowd, batch, at) => fresh.batch_ended(crowd, *batch, *at),
                Happened::Approved(crowd, batch) => fresh.approved(crowd, *batch),
            }
        }
        let down = self.with(|standing| standing == Standing::Down);
        for id in down.iter().chain(&self.strangers) {
            fresh.went_down(id);
        }
        for id in self.standing.keys() {
            assert_eq!(fresh.may_begin(id), self.brakes.may_begin(id));
            assert_eq!(fresh.may_take_down(id), self.brakes.may_take_down(id));
        }
    }
}
