//! Waiting and resting: what holds machines back, until when it is waited for, and what is left waiting
//! when the program ends.
//!
//! What time lifts soon enough is waited for. What takes longer, or a person, ends the apply and leaves
//! the run open: the next apply goes on in the same batch.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;
use std::time::Duration;

use jiff::Timestamp;
use tokio::task::JoinSet;

use crate::apply::outcome::Rests;
use crate::apply::timing::{LOOK_AGAIN_WITHIN, NAP_MAX};
use crate::event::EventKind;
use crate::model::InstanceId;
use crate::saga::{Halt, Hold, Lift, Mode};

use super::turns::{Delay, Turn};
use super::{Dispatcher, LookedAgain};

impl Dispatcher<'_> {
    /// Something holds a machine back. Whatever only time or a person lifts is told, once.
    pub(super) fn note_hold(&mut self, hold: Hold) {
        if self.waits.holds.contains(&hold) {
            return;
        }
        if hold.outlasts_others() && self.waits.told_holds.insert(same_wait(&hold)) {
            self.emit(EventKind::Held { hold: hold.clone() });
        }
        self.waits.holds.push(hold);
    }

    /// When something may have changed although nobody did anything: a cool-down has passed, a gate or
    /// a window opens, the next may be taken down.
    pub(super) fn next_timer(&self) -> Option<Duration> {
        if self.mode == Mode::PutBack || self.journal_lost.is_some() {
            return None;
        }
        let now = self.tools.clock.elapsed();
        let cooled = self
            .not_before
            .iter()
            .filter(|(id, at)| **at > now && !self.active.contains_key(*id))
            .filter(|(id, _)| !self.left_alone.contains_key(*id) && self.may_be_begun(id))
            .map(|(_, at)| *at);
        let lifted = self
            .waits
            .holds
            .iter()
            .filter_map(|hold| self.lifted_in(hold));
        cooled
            .chain(self.next_look(now))
            .chain(self.pace.next_turn(now))
            .chain(lifted.map(|wait| now + wait.min(NAP_MAX)))
            .min()
    }

    /// How long until time lifts a hold; none when it does not, or takes longer than anybody waits.
    fn lifted_in(&self, hold: &Hold) -> Option<Duration> {
        let Lift::At(at) = hold.lift() else {
            return None;
        };
        let wait = left_until(at, self.tools.clock.wall());
        let wait = wait.saturating_mul(self.tools.clock.speed());
        (wait <= self.options.wait_gates).then_some(wait)
    }

    /// Before anybody is given up because others are down, those are looked at again: they may have come
    /// up. Whether there was anything to look at.
    pub(super) async fn look_again(&mut self) -> bool {
        let others = |hold: &Hold| hold.lift() == Lift::Others;
        let is_due = self.looked_again == LookedAgain::No && self.mode == Mode::GoOn;
        if !is_due || self.found_down.is_empty() || !self.waits.holds.iter().any(others) {
            return false;
        }
        self.looked_again = LookedAgain::Yes;
        let mut looks = JoinSet::new();
        for id in &self.found_down {
            if let Some(seen) = self.job.observed.instances.get(id) {
                let (desk, region, id) = (self.desk.clone(), seen.region.clone(), id.clone());
                looks.spawn_local(async move { desk.look(&region, &id).await });
            }
        }
        let clock = self.tools.clock.clone();
        let mut seen = Vec::new();
        let mut too_long = std::pin::pin!(clock.sleep(LOOK_AGAIN_WITHIN));
        loop {
            tokio::select! { biased;
                look = looks.join_next() => match look {
                    Some(Ok(Ok(Some(machine)))) => seen.push(Rc::new(machine)),
                    Some(_) => {}
                    None => break,
                },
                () = &mut too_long => break,
            }
        }
        self.take_notice(seen);
        self.reconsider = true;
        true
    }

    /// Nothing is under way and nothing may begin: what still waits for a time, a person or a payment
    /// is left for the next apply; what waits for something that does not come is left alone.
    pub(super) fn sort_out_the_rest(&mut self) {
        let delays = self.delays_of_the_rest();
        let resting = self.who_rests(&delays);
        for (id, delay) in delays {
            let saga = self.sagas[&id].clone();
            if resting.contains(&id) {
                let rests = Rests {
                    name: saga.name.clone(),
                    reason: self.told(&delay),
                };
                self.waits.rests.insert(id, rests);
            } else if !self.state.sagas.contains_key(&id) || self.may_be_begun(&id) {
                let reason = match &delay {
                    Delay::Held(hold) => hold.to_string(),
                    Delay::Behind(_) | Delay::Cooling => {
                        "what it waits for did not finish".to_owned()
                    }
                };
                self.leave_alone(&saga, reason);
            }
        }
        self.tell_pauses();
    }

    fn told(&self, delay: &Delay) -> String {
        match delay {
            Delay::Held(hold) => hold.to_string(),
            Delay::Behind(other) => format!("it waits for {}", self.sagas[other].name),
            Delay::Cooling => "its cool-down".to_owned(),
        }
    }

    /// What each machine waits for that could still do something in this run.
    fn delays_of_the_rest(&mut self) -> BTreeMap<InstanceId, Delay> {
        let in_line: Vec<InstanceId> = self.queue.all().cloned().collect();
        let mut delays = BTreeMap::new();
        for id in in_line {
            let saga = self.sagas[&id].clone();
            match self.turn_of(&saga) {
                Turn::Later(delay) => {
                    delays.insert(id, delay);
                }
                Turn::Now => {
                    delays.insert(id, Delay::Cooling);
                }
                Turn::Never(reason) => self.leave_alone(&saga, reason),
                Turn::Barred(hold) => self.leave_alone(&saga, hold.to_string()),
            }
        }
        let begun: Vec<InstanceId> = self
            .waiting_for_a_place
            .values()
            .flatten()
            .cloned()
            .collect();
        for id in begun {
            if let Err(hold) = self.brakes.may_take_down(&id) {
                delays.insert(id, Delay::Held(hold));
            }
        }
        delays
    }

    /// Those that a time, a person or a payment holds, and all that wait for them.
    fn who_rests(&self, delays: &BTreeMap<InstanceId, Delay>) -> BTreeSet<InstanceId> {
        let halted = self.state.sagas.iter();
        let paused = halted.filter(|(_, state)| matches!(state.halted, Some((Halt::Paused, _))));
        let mut resting: BTreeSet<InstanceId> = paused.map(|(id, _)| id.clone()).collect();
        // Each round finds somebody, or is the last.
        loop {
            let open: BTreeSet<_> = resting.iter().filter_map(|id| self.batch_of(id)).collect();
            let waits = |id: &InstanceId, delay: &Delay| match delay {
                Delay::Held(Hold::Batch {
                    crowd, open: batch, ..
                }) => self.batch_of(id).is_some() && open.contains(&(crowd.clone(), *batch)),
                Delay::Held(hold) => hold.outlasts_others(),
                Delay::Behind(other) => resting.contains(other),
                Delay::Cooling => false,
            };
            let found: Vec<InstanceId> = delays
                .iter()
                .filter(|(id, delay)| !resting.contains(*id) && waits(id, delay))
                .map(|(id, _)| id.clone())
                .collect();
            if found.is_empty() {
                return resting;
            }
            resting.extend(found);
        }
    }

    fn batch_of(&self, id: &InstanceId) -> Option<(crate::model::Crowd, u32)> {
        let batch = self.brakes.batch_of(id)?;
        Some((self.sagas.get(id)?.crowd(), batch))
    }

    /// Says once, for each time or person, what the run waits for.
    fn tell_pauses(&mut self) {
        let holds = self
            .waits
            .holds
            .iter()
            .filter(|hold| hold.outlasts_others());
        let mut told = BTreeSet::new();
        let holds: Vec<Hold> = holds
            .filter(|hold| told.insert(same_wait(hold)))
            .cloned()
            .collect();
        for hold in &holds {
            self.emit(EventKind::Paused { hold: hold.clone() });
        }
        self.waits.pauses = holds;
    }
}

/// Holds that differ only in how long one machine needs are one to whoever waits.
fn same_wait(hold: &Hold) -> String {
    match hold {
        Hold::TooLate { crowd, closes, .. } => format!("{crowd} may change until {closes}"),
        Hold::Failures { .. }
        | Hold::Frozen { .. }
        | Hold::Window { .. }
        | Hold::Batch { .. }
        | Hold::Wait { .. }
        | Hold::Approval { .. }
        | Hold::Check { .. }
        | Hold::Unavailable { .. }
        | Hold::Spread { .. }
        | Hold::Availability { .. } => hold.to_string(),
    }
}

fn left_until(at: Timestamp, now: Timestamp) -> Duration {
    let left = at.duration_since(now);
    Duration::try_from(left).unwrap_or_default()
}
