//! A run as it stands: every group, who is under way in it, and why the others wait.
//!
//! Kept from the plan and the events alone. The same brakes that the run obeys say here what holds whom,
//! so that the screen never gives another reason than the run has.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use jiff::Timestamp;

use crate::event::{Event, EventKind, StepView, Subject};
use crate::figures::Service;
use crate::model::{Crowd, InstanceId, InstanceStatus, ObservedFleet, Unit, later};
use crate::plan::SavedPlan;
use crate::saga::{
    Brakes, Direction, Halt, Hold, Keeping, Phase, RunState, SagaOutcome, Terms, in_force,
    is_out_of_service,
};

use super::seats::{Seat, Share, shares};

/// A run as it stands.
#[derive(Debug, Clone)]
pub struct Board {
    pub(super) seats: BTreeMap<InstanceId, Seat>,
    pub(super) shares: BTreeMap<Crowd, Share>,
    /// Every machine that takes a place in its group's limit, with its group.
    counted: BTreeMap<InstanceId, Crowd>,
    brakes: Brakes,
    service: Service,
    /// Machines whose turn it is and whose change begins only later.
    cooling: BTreeSet<InstanceId>,
    /// The calendar and the clock of the run at the last event.
    last: (Timestamp, Duration),
}

impl Board {
    /// The board of a run that begins now. `speed` says how many times faster than the calendar
    /// durations pass.
    #[must_use]
    pub fn of(
        plan: &SavedPlan,
        observed: &ObservedFleet,
        keeping: Keeping,
        (now, speed): (Timestamp, u32),
    ) -> Self {
        let terms = Terms::of(plan, observed).hurried(speed);
        let counted = terms.machines.iter().filter(|(_, machine)| machine.counts);
        let counted = counted.map(|(id, machine)| (id.clone(), machine.crowd.clone()));
        let seats = plan.sagas.iter();
        let mut board = Self {
            seats: seats
                .map(|(id, saga)| (id.clone(), Seat::of(saga)))
                .collect(),
            shares: shares(&terms),
            counted: counted.collect(),
            brakes: Brakes::new(terms, keeping, now),
            service: Service::default(),
            cooling: BTreeSet::new(),
            last: (now, Duration::ZERO),
        };
        for seat in board.seats.values() {
            if let Some(share) = board.shares.get_mut(&seat.crowd) {
                share.unfinished += 1;
                share.size += 1;
            }
        }
        let seen = observed.instances.iter();
        let down = seen.filter(|(_, seen)| seen.status != InstanceStatus::Running);
        for (id, _) in down {
            board.goes_out(id);
        }
        board
    }

    /// The run goes on where an earlier program left it.
    #[must_use]
    pub fn taking_up(mut self, plan: &SavedPlan, state: &RunState) -> Self {
        for (id, saga_state) in &state.sagas {
            let chain = plan.sagas.get(id).map(|saga| in_force(saga, saga_state));
            if chain.is_some_and(|chain| is_out_of_service(&chain, saga_state)) {
                self.goes_out(id);
            }
            let Some(seat) = self.seats.get_mut(id) else {
                continue;
            };
            if saga_state.turned.is_some() {
                seat.turn_back();
            }
            let done = (0..).take_while(|at| saga_state.phase(*at) == Phase::Succeeded);
            seat.next = done.count();
        }
        for id in &state.failures {
            self.brakes.failed(id);
        }
        let milestones = &state.milestones;
        for ((crowd, batch), at) in &milestones.ended {
            self.brakes.batch_ended(crowd, *batch, *at);
        }
        for (crowd, batch) in milestones.opened.keys() {
            self.brakes.approved(crowd, *batch);
        }
        for (crowd, batch) in milestones.checked.keys() {
            self.brakes.checked(crowd, *batch);
        }
        self
    }

    /// Takes the next event.
    pub fn take(&mut self, event: &Event) {
        self.last = (event.at, event.elapsed);
        self.service.take(event);
        match &event.kind {
            EventKind::StepStarted { subject, step, .. } => {
                // One that rested goes on without being begun anew.
                self.goes_on(&subject.instance);
                self.comes_to(subject, step.step.saturating_sub(1));
                self.settle(&subject.instance);
            }
            EventKind::StepFailed { subject, .. } => self.settle(&subject.instance),
            EventKind::StepFinished { subject, step, .. } => self.step_finished(subject, step),
            EventKind::Postponed { subject, .. } => {
                self.cooling.insert(subject.instance.clone());
            }
            EventKind::Begun { subject } => {
                self.cooling.remove(&subject.instance);
                self.goes_on(&subject.instance);
            }
            EventKind::TakenUp {
                subject,
                outcome,
                halt,
                ..
            } => {
                if outcome.is_some() || halt.is_some() {
                    self.ends(&subject.instance);
                }
            }
            EventKind::Closed {
                subject, outcome, ..
            } => {
                self.settle(&subject.instance);
                self.rests(subject, *outcome == SagaOutcome::Undone, event.at);
            }
            EventKind::Halted { subject, halt, .. } => {
                self.rests(subject, *halt != Halt::Paused, event.at);
            }
            EventKind::TurnedBack { subject, .. } => self.turns_back(&subject.instance),
            EventKind::LeftAlone { subject, .. } => self.ends(&subject.instance),
            EventKind::BatchBegan { crowd, batch, .. } if *batch > 1 => {
                self.brakes.approved(crowd, batch - 1);
                self.brakes.checked(crowd, batch - 1);
            }
            EventKind::BatchEnded { crowd, batch, .. } => {
                self.brakes.batch_ended(crowd, *batch, event.at);
            }
            EventKind::GateOpened { crowd, batch, .. } => self.brakes.approved(crowd, *batch),
            EventKind::Held {
                hold:
                    Hold::Check {
                        crowd,
                        after,
                        seen: Some(seen),
                    },
            } => self.brakes.check_failed(crowd, *after, seen),
            EventKind::RunStarted { .. }
            | EventKind::Waiting { .. }
            | EventKind::OrderMade { .. }
            | EventKind::OrderBooked { .. }
            | EventKind::BatchBegan { .. }
            | EventKind::HoursWaived { .. }
            | EventKind::Held { .. }
            | EventKind::Paused { .. }
            | EventKind::Interrupted { .. }
            | EventKind::RunFinished { .. } => {}
        }
    }

    /// It is so late on the run's clock; the calendar went as far.
    pub fn at(&mut self, elapsed: Duration) {
        self.brakes.at(self.now(elapsed));
    }

    /// The calendar at a time of the run's clock.
    pub(super) fn now(&self, elapsed: Duration) -> Timestamp {
        later(self.last.0, elapsed.saturating_sub(self.last.1))
    }

    /// The batch of its group that a machine belongs to.
    pub(super) fn batch_of(&self, instance: &InstanceId) -> Option<u32> {
        self.brakes.batch_of(instance)
    }

    /// What holds a machine back, when its next step takes it out of service or is its first; none if it
    /// only is not its turn yet.
    pub(super) fn hold(&self, instance: &InstanceId) -> Option<Hold> {
        let permission = if self.leaves_next(instance) {
            self.brakes.may_take_down(instance)
        } else {
            self.brakes.may_begin(instance)
        };
        permission.err()
    }

    /// Whether it is its turn, and too early for a change of it.
    pub(super) fn is_cooling(&self, instance: &InstanceId) -> bool {
        self.cooling.contains(instance)
    }

    /// Whether the machine's next step takes it out of service, for which it needs a place.
    pub(super) fn leaves_next(&self, instance: &InstanceId) -> bool {
        let seat = self.seats.get(instance);
        seat.is_some_and(Seat::leaves_next)
    }

    /// What the machine's next step does.
    pub(super) fn next_verb(&self, instance: &InstanceId) -> Option<&'static str> {
        self.seats.get(instance)?.next_verb()
    }

    /// What a machine stands behind (`after`), as long as that is not finished.
    pub(super) fn stands_behind(&self, instance: &InstanceId) -> Option<&Unit> {
        let seat = self.seats.get(instance)?;
        let mut after = seat.after.iter();
        after.find(|unit| match unit {
            Unit::Instance(id) => self.seats.get(id).is_some_and(|other| !other.over),
            Unit::Group(name) => {
                let share = self.shares.get(&Crowd::Group(name.clone()));
                share.is_some_and(|share| share.unfinished > 0)
            }
        })
    }

    fn step_finished(&mut self, subject: &Subject, step: &StepView) {
        let is_forward = step.direction == Direction::Forward;
        if is_forward {
            self.comes_to(subject, step.step);
        }
        let seat = self.seats.get(&subject.instance);
        let goes_on = is_forward && seat.is_some_and(Seat::returns_next);
        // One that was started is not back while its health check is still to come.
        if !goes_on {
            self.settle(&subject.instance);
        }
    }

    fn rests(&mut self, subject: &Subject, failed: bool, at: Timestamp) {
        self.ends(&subject.instance);
        self.brakes.rested(&subject.instance, at);
        if failed {
            self.brakes.failed(&subject.instance);
        }
    }

    fn turns_back(&mut self, instance: &InstanceId) {
        if let Some(seat) = self.seats.get_mut(instance) {
            seat.turn_back();
        }
    }

    fn comes_to(&mut self, subject: &Subject, step: u16) {
        if let Some(seat) = self.seats.get_mut(&subject.instance) {
            seat.next = usize::from(step);
        }
    }

    fn settle(&mut self, instance: &InstanceId) {
        if self.service.is_out(instance) {
            self.goes_out(instance);
        } else {
            self.comes_back(instance);
        }
    }

    fn goes_out(&mut self, instance: &InstanceId) {
        self.brakes.went_down(instance);
        if let Some(share) = self.share_of(instance) {
            share.out.insert(instance.clone());
        }
    }

    fn comes_back(&mut self, instance: &InstanceId) {
        self.brakes.came_up(instance);
        if let Some(share) = self.share_of(instance) {
            share.out.remove(instance);
        }
    }

    fn share_of(&mut self, instance: &InstanceId) -> Option<&mut Share> {
        self.shares.get_mut(self.counted.get(instance)?)
    }

    fn ends(&mut self, instance: &InstanceId) {
        self.brakes.ended(instance);
        self.count(instance, Life::Over);
    }

    fn goes_on(&mut self, instance: &InstanceId) {
        self.brakes.goes_on(instance);
        self.count(instance, Life::GoesOn);
    }

    fn count(&mut self, instance: &InstanceId, life: Life) {
        let Some(seat) = self.seats.get_mut(instance) else {
            return;
        };
        let is_over = life == Life::Over;
        if seat.over == is_over {
            return;
        }
        seat.over = is_over;
        if let Some(share) = self.shares.get_mut(&seat.crowd) {
            share.unfinished = match life {
                Life::Over => share.unfinished.saturating_sub(1),
                Life::GoesOn => share.unfinished + 1,
            };
        }
    }
}

/// Whether anything still happens to a machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Life {
    Over,
    GoesOn,
}
