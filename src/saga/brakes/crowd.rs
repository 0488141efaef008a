//! One crowd of a run: how far its batches are, who failed, how its window stands.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use jiff::Timestamp;

use crate::model::{
    Approval, Course, Crowd, InstanceId, OnFailure, Opening, Rollout, ZoneId, later,
};
use crate::planted::{self, Fault};

use super::hold::Hold;

/// What a gate's check showed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Looked {
    /// It is as it should be; nobody looks again.
    Good,
    /// It is not.
    Bad(String),
}

/// A crowd, with everything that happened to it.
#[derive(Debug, Clone)]
pub(super) struct CrowdState {
    pub(super) rollout: Rollout,
    pub(super) course: Course,
    /// The batch of each machine that is in one, counted from 1.
    batches: BTreeMap<InstanceId, u32>,
    /// Machines to which nothing more happens.
    ended: BTreeSet<InstanceId>,
    /// How many machines of each batch have not ended.
    unfinished: BTreeMap<u32, usize>,
    /// The first batch that is not recorded as ended.
    open: u32,
    pub(super) failed: BTreeSet<InstanceId>,
    /// How many of its machines are down, by zone.
    pub(super) down: BTreeMap<ZoneId, usize>,
    /// When each batch ended, as it is recorded, or a machine of it came to rest later.
    ended_at: BTreeMap<u32, Timestamp>,
    /// Batches behind which somebody opened the gate.
    pub(super) approved: BTreeSet<u32>,
    /// What the gates behind each batch showed when they were looked at last.
    pub(super) checked: BTreeMap<u32, Looked>,
    /// The longest outage that was measured.
    pub(super) slowest: Duration,
    /// How its window stands, if it has one.
    pub(super) opening: Option<Opening>,
    /// When it opens again after it has shut.
    pub(super) reopens: Option<Timestamp>,
    /// From when until when that is so.
    stands: Option<(Timestamp, Timestamp)>,
}

impl CrowdState {
    pub(super) fn new(rollout: Rollout, course: Course) -> Self {
        let numbered = || (1..).zip(&course.batches);
        let unfinished = numbered().map(|(number, batch)| (number, batch.len()));
        let unfinished = unfinished.collect();
        let batches = numbered()
            .flat_map(|(number, batch)| batch.iter().map(move |id| (id.clone(), number)))
            .collect();
        Self {
            rollout,
            course,
            batches,
            ended: BTreeSet::new(),
            unfinished,
            open: 1,
            failed: BTreeSet::new(),
            down: BTreeMap::new(),
            ended_at: BTreeMap::new(),
            approved: BTreeSet::new(),
            checked: BTreeMap::new(),
            slowest: Duration::ZERO,
            opening: None,
            reopens: None,
            stands: None,
        }
    }

    /// Windows are asked only when they may have changed: the calendar is slow.
    pub(super) fn look_at_window(&mut self, now: Timestamp) {
        let Some(window) = &self.rollout.window else {
            return;
        };
        if self
            .stands
            .is_some_and(|(from, until)| (from..until).contains(&now))
        {
            return;
        }
        let opening = window.at(now);
        let (until, reopens) = match opening {
            Opening::Open { last_start, closes } => (last_start, window.at(closes).opens()),
            Opening::Shut { opens } => (opens.unwrap_or(Timestamp::MAX), opens),
        };
        self.reopens = reopens;
        self.opening = Some(opening);
        self.stands = Some((now, until));
    }

    /// How many batches there are, and how many machines are in one.
    pub(super) fn extent(&self, batch: u32) -> (u32, usize) {
        let all = u32::try_from(self.course.batches.len()).unwrap_or(u32::MAX);
        (all, self.unfinished.get(&batch).copied().unwrap_or(0))
    }

    pub(super) fn batch_of(&self, instance: &InstanceId) -> Option<u32> {
        self.batches.get(instance).copied()
    }

    /// Nothing more happens to the machine.
    pub(super) fn end(&mut self, instance: &InstanceId) {
        if self.ended.insert(instance.clone()) {
            self.recount(instance, |n| n.saturating_sub(1));
        }
    }

    /// It came to rest: nothing waits for less than the last of its batch.
    pub(super) fn rest(&mut self, instance: &InstanceId, at: Timestamp) {
        if let Some(batch) = self.batches.get(instance) {
            self.quiet_since(*batch, at);
        }
    }

    fn quiet_since(&mut self, batch: u32, at: Timestamp) {
        let since = self.ended_at.entry(batch).or_insert(at);
        *since = at.max(*since);
    }

    /// Something happens to it after all.
    pub(super) fn go_on(&mut self, instance: &InstanceId) {
        if self.ended.remove(instance) {
            self.recount(instance, |n| n + 1);
        }
    }

    fn recount(&mut self, instance: &InstanceId, change: fn(usize) -> usize) {
        if let Some(batch) = self.batches.get(instance)
            && let Some(n) = self.unfinished.get_mut(batch)
        {
            *n = change(*n);
        }
    }

    /// The open batch, if all its machines have ended, and no more of them failed than is tolerated. One
    /// that a gate shuts off has not been open yet.
    pub(super) fn to_end(&self, crowd: &Crowd, now: Timestamp) -> Option<u32> {
        let over = self.unfinished.get(&self.open) == Some(&0) && self.tolerates(crowd).is_ok();
        let reached = || self.gates_are_open(crowd, self.open - 1, now).is_ok();
        (over && reached()).then_some(self.open)
    }

    /// It is recorded that the batch has ended.
    pub(super) fn batch_ended(&mut self, batch: u32, at: Timestamp) {
        self.quiet_since(batch, at);
        self.open = self.open.max(batch + 1);
    }

    /// No more failures than are tolerated.
    pub(super) fn tolerates(&self, crowd: &Crowd) -> Result<(), Hold> {
        match self.rollout.on_failure {
            OnFailure::Continue => return Ok(()),
            OnFailure::Stop | OnFailure::Revert => {}
        }
        let tolerated = self.rollout.max_failures.of(self.course.size);
        if self.failed.len() <= tolerated || planted::is(Fault::FailuresUncounted) {
            return Ok(());
        }
        Err(Hold::Failures {
            crowd: crowd.clone(),
            failures: self.failed.len(),
            tolerated,
        })
    }

    /// Every batch before its own has ended, and the gates behind them are open.
    pub(super) fn is_its_turn(
        &self,
        crowd: &Crowd,
        instance: &InstanceId,
        now: Timestamp,
    ) -> Result<(), Hold> {
        let Some(own) = self.batch_of(instance) else {
            return Ok(());
        };
        // One that was recorded as ended goes on when somebody goes on with what was held in it.
        let mut before = self.unfinished.range(..own);
        let unfinished = before.find(|(_, unfinished)| **unfinished > 0);
        let unfinished = unfinished.map(|(batch, unfinished)| (*batch, *unfinished));
        if planted::is(Fault::BatchesOverlap) {
            return Ok(());
        }
        if let Some((open, unfinished)) = unfinished.or((own > self.open).then_some((self.open, 0)))
        {
            return Err(Hold::Batch {
                crowd: crowd.clone(),
                open,
                unfinished,
            });
        }
        // The gates before were open when the batch before was: it could not have ended otherwise.
        self.gates_are_open(crowd, own - 1, now)
    }

    fn gates_are_open(&self, crowd: &Crowd, after: u32, now: Timestamp) -> Result<(), Hold> {
        if planted::is(Fault::GateOpen) {
            return Ok(());
        }
        for gate in self.rollout.gates_after(after) {
            if gate.approval == Approval::Person && !self.approved.contains(&after) {
                return Err(Hold::Approval {
                    crowd: crowd.clone(),
                    after,
                });
            }
            let ended = self.ended_at.get(&after).copied().unwrap_or(now);
            let until = later(ended, gate.wait.unwrap_or_default());
            if now < until {
                return Err(Hold::Wait {
                    crowd: crowd.clone(),
                    after,
                    until,
                });
            }
        }
        self.checks_have_passed(crowd, after)
    }

    /// Looked at last of all, right before the next batch begins.
    fn checks_have_passed(&self, crowd: &Crowd, after: u32) -> Result<(), Hold> {
        let looks = self
            .rollout
            .gates_after(after)
            .any(|gate| gate.check.is_some());
        let seen = match self.checked.get(&after) {
            Some(Looked::Good) => return Ok(()),
            Some(Looked::Bad(seen)) => Some(seen.clone()),
            None if looks => None,
            None => return Ok(()),
        };
        Err(Hold::Check {
            crowd: crowd.clone(),
            after,
            seen,
        })
    }
}
