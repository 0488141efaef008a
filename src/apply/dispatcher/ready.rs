//! What may start now: which begun machine goes on how, and which new one is begun.

use std::time::Duration;

use crate::apply::Approvals;
use crate::apply::mail::ASKED_TO_STOP;
use crate::apply::outcome::LeftAlone;
use crate::apply::worker::Errand;
use crate::event::EventKind;
use crate::model::{Crowd, InstanceId};
use crate::plan::Saga;
use crate::saga::{
    Direction, Failure, FailureCause, Hold, Kind, Mode, StepEvent, StepRef, Task, is_owed_a_return,
    next_task,
};

use super::crowd::asks;
use super::queue::Asks;
use super::turns::{Delay, Turn, is_in_doubt};
use super::{Dispatcher, LookedAgain, UnderWay, Work};

/// Who opens gates in a rehearsal.
const NOBODY: &str = "the rehearsal";

/// Machines whose turn comes within the next moments, where stops are paced: worth a look along the way.
const TURNS_SOON: usize = 20;

/// So often a machine is tried again of which something was to be written that cannot follow: once for each
/// thing that may still be owed to it, a start, its service and an end.
const ASTRAY_MAX: u32 = 3;

/// By so little the time may be off that machines are begun by.
const A_MOMENT: Duration = Duration::from_secs(1);

/// How a walk through a line goes on.
enum Line {
    /// With the next machine.
    GoesOn,
    /// Not at all: everybody behind is held, too. So many of them may come next when that is lifted.
    Ends(usize),
}

impl Dispatcher<'_> {
    /// Goes on with everything that may go on, begins everything that may begin.
    pub(super) async fn start_what_may_start(&mut self) {
        self.brakes.at(self.tools.clock.wall());
        // Each round but the last begins a machine, leaves one alone, ends a batch or opens a gate.
        loop {
            while let Some(instance) = self.idle.pop_first() {
                self.go_on(&instance).await;
            }
            self.end_batches().await;
            let begins = self.mode != Mode::PutBack && self.journal_lost.is_none();
            if !begins || !self.reconsider {
                return;
            }
            self.reconsider = false;
            self.begin_what_may_begin().await;
            self.open_gates_of_a_rehearsal().await;
            self.look_at_gates();
        }
    }

    /// One begun machine, as far as it goes without waiting.
    async fn go_on(&mut self, instance: &InstanceId) {
        loop {
            let Some(saga) = self.sagas.get(instance).cloned() else {
                return;
            };
            let Some(state) = self.state.sagas.get(instance) else {
                return;
            };
            if state.closed.is_some() || self.is_astray(instance) {
                return;
            }
            match next_task(&saga, state, self.mode_now()) {
                Task::Do(step) => match self.may_do(&saga, step) {
                    Turn::Now => return self.dispatch(instance, step, Errand::Do),
                    // Nobody waits for a window out of service, or where that is not known.
                    Turn::Later(Delay::Held(hold))
                        if is_owed_a_return(&saga, state) || is_in_doubt(&saga, state, step) =>
                    {
                        let cause = FailureCause::Interrupted;
                        self.give_up(instance, step, cause, hold.to_string()).await;
                    }
                    Turn::Later(delay) => return self.put_off(instance, delay),
                    Turn::Never(why) => self.spare(instance, step, why).await,
                    Turn::Barred(hold) => self.spare(instance, step, hold.to_string()).await,
                },
                Task::TakeBack(step) => return self.dispatch(instance, step, Errand::TakeBack),
                Task::GiveUp(step, cause) => {
                    self.give_up(instance, step, cause, ASKED_TO_STOP.to_owned())
                        .await;
                }
                Task::TurnBack => self.turn_back(instance).await,
                Task::Watch(sent) => return self.dispatch(instance, 0, Errand::Watch(sent)),
                Task::Close(outcome) => match self.seen.remove(instance) {
                    Some(seen)
                        if state.shows_its_work(&saga, &seen)
                            && self.taken_for_granted(&saga, outcome).is_shown_by(&seen) =>
                    {
                        self.close_saga(instance, Some(seen)).await;
                    }
                    Some(_) | None => return self.dispatch(instance, 0, Errand::Look),
                },
                Task::Halt(halt) => return self.halt(instance, halt).await,
                Task::Rest => return,
            }
        }
    }

    /// Nothing more can be done for it in this apply; the next one begins with what the journal says.
    fn is_astray(&self, instance: &InstanceId) -> bool {
        let n = self.astray.get(instance);
        n.is_some_and(|n| *n > ASTRAY_MAX)
    }

    fn put_off(&mut self, instance: &InstanceId, delay: Delay) {
        if let Delay::Held(hold) = delay {
            self.note_hold(hold);
        }
        let crowd = self.sagas[instance].crowd();
        let waiting = self.waiting_for_a_place.entry(crowd).or_default();
        waiting.insert(instance.clone());
    }

    /// A journal that takes no more is like an interrupt: only starts go on.
    fn mode_now(&self) -> Mode {
        if self.journal_lost.is_some() {
            Mode::PutBack
        } else {
            self.mode
        }
    }

    pub(super) async fn spare(&mut self, instance: &InstanceId, step: u16, why: String) {
        self.give_up(instance, step, FailureCause::Spared, why)
            .await;
    }

    async fn give_up(
        &mut self,
        instance: &InstanceId,
        step: u16,
        cause: FailureCause,
        why: String,
    ) {
        let failure = Failure {
            cause,
            message: why,
            code: None,
            request_id: None,
        };
        let at = StepRef {
            instance: instance.clone(),
            step,
            direction: Direction::Forward,
        };
        self.append(vec![Kind::Step {
            at,
            event: StepEvent::Failed { failure },
        }])
        .await;
    }

    async fn begin_what_may_begin(&mut self) {
        self.waits.holds.clear();
        self.ask_again_for_places().await;
        let mut next = Vec::new();
        let mut walk = self.queue.walk();
        while let Some((line, place)) = walk.next() {
            if self.all_hands_are_busy() {
                break;
            }
            match self.begin_if_may(&place.2).await {
                Line::GoesOn => walk.go_on(&self.queue, line, &place),
                Line::Ends(n) => {
                    let first = self.queue.first_from(&line, &place, n);
                    next.extend(first.map(|id| (self.sagas[id].region.clone(), id.clone())));
                }
            }
        }
        self.desk.sights.borrow_mut().next = next;
    }

    /// Whether as many machines are at work as may be. Who only waits, in service, may do so for hours.
    fn all_hands_are_busy(&self) -> bool {
        let most = self.options.parallelism;
        let works = |task: &&UnderWay| task.work != Work::WaitsInService;
        self.active.len() >= most && self.active.values().filter(works).count() >= most
    }

    /// Those that were begun before and wait for a place come first.
    async fn ask_again_for_places(&mut self) {
        let waiting = std::mem::take(&mut self.waiting_for_a_place);
        for (crowd, mut machines) in waiting {
            while let Some(instance) = machines.pop_first() {
                self.go_on(&instance).await;
                let full = self.waits.holds.iter().any(|hold| is_full(hold, &crowd));
                if full && !machines.is_empty() {
                    let rest = self.waiting_for_a_place.entry(crowd.clone()).or_default();
                    rest.append(&mut machines);
                }
            }
        }
    }

    async fn begin_if_may(&mut self, instance: &InstanceId) -> Line {
        let saga = self.sagas[instance].clone();
        let begins_with_order = saga.steps[0].is_paid_order();
        if self.mode == Mode::OrdersOnly && !begins_with_order {
            return Line::GoesOn;
        }
        // Those before it took a moment, and one that sleeps meanwhile wakes up in other hours.
        let now = self.tools.clock.wall();
        if self.brakes.are_off(now) >= A_MOMENT {
            self.brakes.at(now);
        }
        match self.turn_of(&saga) {
            // Time lifts that soon. Some behind it may want another kind of change; they have a shorter way.
            Turn::Now if !self.may_go_down_now(&saga) => return Line::Ends(TURNS_SOON),
            Turn::Now => {
                self.begin(&saga).await;
                self.go_on(instance).await;
            }
            Turn::Later(Delay::Held(hold)) => {
                let all = hold.holds_all_behind();
                let next = hold.places();
                self.note_hold(hold);
                if all {
                    return Line::Ends(next);
                }
            }
            Turn::Later(Delay::Behind(_) | Delay::Cooling) => {}
            Turn::Never(reason) => {
                // Nothing will happen to it in this run: its batch does not wait for it.
                self.brakes.ended(instance);
                self.leave_alone(&saga, reason);
            }
            Turn::Barred(hold) => self.leave_alone(&saga, hold.to_string()),
        }
        Line::GoesOn
    }

    /// Whether what follows its stop could be asked for in time; whoever is not taken down first need not wait.
    fn may_go_down_now(&mut self, saga: &Saga) -> bool {
        let now = self.tools.clock.elapsed();
        asks(saga) == Asks::ToBegin || self.pace.has_turn(saga, self.tools.cloud.as_ref(), now)
    }

    async fn begin(&mut self, saga: &Saga) {
        let id = &saga.instance;
        self.queue.leave(id);
        self.looked_again = LookedAgain::No;
        self.tell_of_batch(id);
        let before = self.state.sagas.get(id).map(|state| state.change_number);
        let counted = self.job.change_numbers.get(id).copied();
        let change_number = before.max(counted).unwrap_or(0) + 1;
        self.append(vec![Kind::Begun {
            instance: id.clone(),
            change_number,
            was_running: saga.was_running,
        }])
        .await;
    }

    /// Says so when a machine is the first of its batch in this apply.
    fn tell_of_batch(&mut self, instance: &InstanceId) {
        let crowd = self.sagas[instance].crowd();
        let Some(batch) = self.brakes.batch_of(instance) else {
            return;
        };
        let (of, machines) = self.brakes.extent(&crowd, batch);
        if of > 1 && self.waits.told_batches.insert((crowd.clone(), batch)) {
            self.emit(EventKind::BatchBegan {
                crowd,
                batch,
                of,
                machines,
            });
        }
    }

    pub(super) fn leave_alone(&mut self, saga: &Saga, reason: String) {
        self.emit_left_alone(saga, &reason);
        self.queue.leave(&saga.instance);
        self.left_alone.insert(
            saga.instance.clone(),
            LeftAlone {
                name: saga.name.clone(),
                reason,
            },
        );
        // Others may wait for it.
        self.reconsider = true;
    }

    /// Writes down which batches have ended: what comes behind them may begin.
    async fn end_batches(&mut self) {
        while self.journal_lost.is_none() {
            let over = self.brakes.batches_to_end();
            if over.is_empty() {
                return;
            }
            let kinds = over.into_iter();
            let kinds = kinds.map(|(crowd, batch)| Kind::BatchEnded { crowd, batch });
            self.append(kinds.collect()).await;
            self.reconsider = true;
        }
    }

    /// In a rehearsal nobody is there to approve: the gate is passed, and that is written down.
    async fn open_gates_of_a_rehearsal(&mut self) {
        if self.options.approvals == Approvals::Awaited {
            return;
        }
        let gates: Vec<(Crowd, u32)> = self
            .waits
            .holds
            .iter()
            .filter_map(Hold::approval_gate)
            .collect();
        for (crowd, batch) in gates {
            let who = NOBODY.to_owned();
            self.append(vec![Kind::Approved { crowd, batch, who }])
                .await;
            self.reconsider = true;
        }
    }
}

/// Whether nobody else of the crowd can be taken down.
fn is_full(hold: &Hold, crowd: &Crowd) -> bool {
    matches!(hold, Hold::Unavailable { crowd: full, .. } if full == crowd)
}
