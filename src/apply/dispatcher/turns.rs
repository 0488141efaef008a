//! Whose turn it is: may this machine be begun, may this step be done, and if not, what is waited for.

use std::time::Duration;

use crate::apply::outcome::STOPPED_SINCE;
use crate::apply::scope::Scope;
use crate::apply::timing::{BEGINNINGS_MAX, COOL_DOWN, HORIZON};
use crate::event::EventKind;
use crate::model::{InstanceId, InstanceStatus, Moment, later};
use crate::plan::{Action, Node, Saga};
use crate::planted::{self, Fault};
use crate::saga::{
    Direction, Halt, Hold, Lift, Mode, Phase, SagaOutcome, SagaState, StepRef, takes_out_of_service,
};

use super::Dispatcher;
use super::crowd::asks;
use super::queue::Asks;

/// Why a machine that was changed less than five minutes ago is not begun.
const JUST_CHANGED: &str = "it was changed less than five minutes before (R52)";

/// Why one is not begun whose last start nobody saw the end of.
const LATE_START: &str = "a start of it that was never answered may still arrive";

/// Whether a machine may be begun, or one of its steps.
#[derive(Debug, Clone)]
pub(super) enum Turn {
    /// Yes.
    Now,
    /// Not now.
    Later(Delay),
    /// Not in this apply, because of somebody else; the reason.
    Never(String),
    /// Not in this apply: the brakes hold, and nothing lifts that.
    Barred(Hold),
}

/// What is waited for.
#[derive(Debug, Clone)]
pub(super) enum Delay {
    /// The brakes hold.
    Held(Hold),
    /// This machine comes first.
    Behind(InstanceId),
    /// The machine's own cool-down (R52).
    Cooling,
}

impl Turn {
    fn of(permission: Result<(), Hold>) -> Self {
        match permission {
            Ok(()) => Self::Now,
            Err(hold) if hold.lift() == Lift::Nothing => Self::Barred(hold),
            Err(hold) => Self::Later(Delay::Held(hold)),
        }
    }

    /// The same for an order that is made ahead of its machine's turn.
    fn of_an_order_ahead(self) -> Self {
        match self {
            Self::Later(Delay::Held(hold)) if !hold.holds_orders() => Self::Now,
            turn @ (Self::Now | Self::Later(_) | Self::Never(_) | Self::Barred(_)) => turn,
        }
    }
}

impl Dispatcher<'_> {
    /// Whether a step of a begun machine may be done.
    ///
    /// What takes the machine down needs a place in its crowd, and no refusal that spoke for it. Whatever
    /// is new needs an open window, but for what ends an outage that has begun.
    pub(super) fn may_do(&self, saga: &Saga, step: u16) -> Turn {
        let at = &saga.steps[usize::from(step)];
        let state = &self.state.sagas[&saga.instance];
        // A way back leads to a good state: it has its place since it was found not to be good, and no
        // hour and no failure, its own least of all, holds it up.
        if state.turned.is_some() {
            return Turn::Now;
        }
        // One that may not have arrived would take the machine down now: the hours hold for it as for a new one.
        if is_in_doubt(saga, state, step) {
            return Turn::of(self.brakes.may_go_on(&saga.instance));
        }
        if state.phase(step) != Phase::Waiting || crate::saga::holds_down(saga, state) {
            return Turn::Now;
        }
        match at.action {
            Action::Stop { .. } => self.may_stop(saga, step),
            // What comes before a stop may be done when the stop may.
            Action::RunHook {
                moment: Moment::BeforeStop,
                ..
            } => self.may_stop(saga, step),
            Action::Modify(_) | Action::AllocatePublicIp => self.may_change(saga, step),
            Action::Start
            | Action::AwaitOrder
            | Action::PayOrder
            | Action::CoolDown
            | Action::AskOffer(_)
            | Action::AwaitHealth(_)
            | Action::RunHook {
                moment: Moment::AfterStart,
                ..
            } => Turn::Now,
        }
    }

    fn may_stop(&self, saga: &Saga, step: u16) -> Turn {
        let refused = self.refusal_that_covers(saga);
        if let Some(why) = refused.filter(|_| self.still_asks(saga, step)) {
            return Turn::Never(why);
        }
        // One that is meant to be stopped takes no place.
        if takes_out_of_service(saga, step) {
            Turn::of(self.brakes.may_take_down(&saga.instance))
        } else {
            Turn::of(self.brakes.may_begin(&saga.instance))
        }
    }

    /// What was begun is finished, whoever failed since; only hours hold it.
    fn may_change(&self, saga: &Saga, step: u16) -> Turn {
        let makes_order = saga.steps[usize::from(step)].is_paid_order();
        let turn = match self.brakes.may_go_on(&saga.instance) {
            // Begun for an order ahead of its batch, which may never come: then it is not waited for.
            Err(Hold::Batch { .. }) => Turn::of(self.brakes.may_begin(&saga.instance)),
            permission => Turn::of(permission),
        };
        if self.mode == Mode::OrdersOnly && makes_order {
            turn.of_an_order_ahead()
        } else {
            turn
        }
    }

    /// Whether what a worker is about to announce is still allowed; others went on meanwhile.
    pub(super) fn is_still_permitted(&self, at: &StepRef) -> bool {
        match at.direction {
            Direction::Undo => true,
            Direction::Forward => {
                let saga = &self.sagas[&at.instance];
                !self.comes_too_late(saga, at)
                    && matches!(self.may_do(saga, at.step), Turn::Now)
                    && (!self.is_taken_up(saga, at) || self.may_order_in_this_hour(saga))
            }
        }
    }

    /// After an interrupt nothing new is sent but starts; a worker may have looked just before it. A call that makes an
    /// order is new as often as it is sent: it may be the first to arrive.
    fn comes_too_late(&self, saga: &Saga, at: &StepRef) -> bool {
        let is_new = self.state.sagas[&at.instance].is_new(at.step) || orders(saga, at.step);
        let action = &saga.steps[usize::from(at.step)].action;
        let brings_back = *action == Action::Start || action.moment() == Some(Moment::AfterStart);
        self.mode == Mode::PutBack && is_new && !brings_back
    }

    /// Whether it would order what was announced before, and by this worker not yet.
    fn is_taken_up(&self, saga: &Saga, at: &StepRef) -> bool {
        let task = self.active.get(&at.instance);
        let announced_here = task.is_some_and(|task| task.has_announced);
        let is_new = self.state.sagas[&at.instance].is_new(at.step);
        orders(saga, at.step) && !is_new && !announced_here
    }

    /// Whether the hours let an order be made for this machine, which has been begun. Whose turn it is was asked when
    /// the order was announced first.
    pub(super) fn may_order_in_this_hour(&self, saga: &Saga) -> bool {
        let hold = self.brakes.may_go_on(&saga.instance).err();
        let Some(hold) = hold.filter(Hold::is_about_hours) else {
            return true;
        };
        // What ends an outage that has begun waits for no hour, and what is ordered ahead for no window. A program whose
        // journal took no more may have ended it.
        let is_down = crate::saga::holds_down(saga, &self.state.sagas[&saga.instance]);
        is_down && !self.desk.sights.borrow().shows_up(&saga.instance)
            || self.mode == Mode::OrdersOnly && !hold.holds_orders()
    }

    /// Whether the machine still needs anything behind this step that could be refused: not when it is changed already
    /// and only stopped for good. Who is to be started again may stay down.
    fn still_asks(&self, saga: &Saga, step: u16) -> bool {
        let state = &self.state.sagas[&saga.instance];
        let mut changes = (0..)
            .zip(&saga.steps)
            .filter(|(_, step)| matches!(step.action, Action::Modify(_)))
            .peekable();
        let mut behind = saga.steps[usize::from(step)..].iter();
        behind.any(|step| step.action == Action::Start)
            || changes.peek().is_none()
            || changes.any(|(at, _)| state.phase(at) != Phase::Succeeded)
    }

    /// What another machine was told that holds for what is still to be done to this one.
    fn refusal_that_covers(&self, saga: &Saga) -> Option<String> {
        let state = self.state.sagas.get(&saga.instance);
        let is_open = |at| state.is_none_or(|state| state.phase(at) != Phase::Succeeded);
        let covers = |scope: &Scope| {
            let mut steps = (0..).zip(&saga.steps);
            steps.any(|(at, step)| is_open(at) && scope.covers(saga, step))
        };
        let (_, message) = self.scopes.iter().find(|(scope, _)| covers(scope))?;
        Some(format!(
            "another machine was refused what this one needs: {message}"
        ))
    }

    /// Not begun yet, or put back without having failed.
    pub(super) fn may_be_begun(&self, instance: &InstanceId) -> bool {
        match self.state.sagas.get(instance) {
            None => true,
            Some(state) => {
                matches!(state.closed, Some((SagaOutcome::PutBack, _)))
                    && state.begun < BEGINNINGS_MAX
            }
        }
    }

    /// Whether a machine may be begun.
    pub(super) fn turn_of(&mut self, saga: &Saga) -> Turn {
        let permission = self.permission(saga);
        match &permission {
            // The whole line is held: nothing else about this machine matters.
            Turn::Later(Delay::Held(hold)) if hold.holds_all_behind() => return permission,
            Turn::Now | Turn::Later(_) | Turn::Never(_) | Turn::Barred(_) => {}
        }
        match self.what_comes_first(&saga.instance) {
            Turn::Now => {}
            other @ (Turn::Later(_) | Turn::Never(_) | Turn::Barred(_)) => return other,
        }
        if let Some(why) = self.refusal_that_covers(saga) {
            return Turn::Never(why);
        }
        if self.was_stopped_since(saga) {
            return Turn::Never(STOPPED_SINCE.to_owned());
        }
        if self.is_cooling(saga) {
            return Turn::Later(Delay::Cooling);
        }
        permission
    }

    /// What the brakes say. Orders made ahead wait for no batch and no window.
    fn permission(&self, saga: &Saga) -> Turn {
        let permission = match asks(saga) {
            Asks::ToGoDown => self.brakes.may_take_down(&saga.instance),
            Asks::ToBegin => self.brakes.may_begin(&saga.instance),
        };
        let turn = Turn::of(permission);
        if self.mode == Mode::OrdersOnly && saga.steps[0].is_paid_order() {
            turn.of_an_order_ahead()
        } else {
            turn
        }
    }

    /// A run may rest for days. Whoever stopped a machine meanwhile that nobody wrote to be running wants it down, and
    /// a change would end with its start. One that is stopped later is met by its own first stop.
    fn was_stopped_since(&self, saga: &Saga) -> bool {
        let id = &saga.instance;
        let wanted = self.job.plan.desired.instances.get(id);
        let is_as_found = wanted.is_some_and(|wanted| wanted.spec.keeps_power());
        let seen = self.job.observed.instances.get(id);
        let is_down = seen.is_some_and(|seen| seen.status == InstanceStatus::Stopped);
        // One that was begun before may be down because of us, or have been a moment ago.
        let was_begun = self.state.sagas.contains_key(id);
        saga.was_running && is_as_found && is_down && !was_begun
    }

    /// Whether it is too early for this machine, for a reason that is known beforehand; told once.
    fn is_cooling(&mut self, saga: &Saga) -> bool {
        let (id, now) = (&saga.instance, self.tools.clock.elapsed());
        if let Some(at) = self.not_before.get(id).copied() {
            if at > now && self.waits.untold.remove(id) {
                self.emit_postponed(id, at - now, JUST_CHANGED);
            }
            return at > now;
        }
        let (cooling, late) = (self.cool_down_left(saga), self.late_start_left(saga));
        let (left, why) = if late > cooling {
            (late, LATE_START)
        } else {
            (cooling, JUST_CHANGED)
        };
        self.not_before.insert(id.clone(), now + left);
        if !left.is_zero() {
            self.emit_postponed(id, left, why);
        }
        !left.is_zero()
    }

    /// The cloud says that a machine was changed a moment ago; should it be begun anew, then not before this.
    pub(super) fn cools_down(&mut self, instance: &InstanceId) {
        let until = self.tools.clock.elapsed() + COOL_DOWN;
        self.not_before.insert(instance.clone(), until);
        self.waits.untold.insert(instance.clone());
    }

    fn emit_postponed(&mut self, instance: &InstanceId, left: Duration, why: &str) {
        let clock = &self.tools.clock;
        let until = later(clock.wall(), left / clock.speed());
        self.emit(EventKind::Postponed {
            subject: self.subject(instance),
            until,
            reason: why.to_owned(),
        });
    }

    /// R52: the machine was changed less than five minutes ago, by us.
    fn cool_down_left(&self, saga: &Saga) -> Duration {
        let mut steps = saga.steps.iter();
        let changes = steps.any(|step| matches!(step.action, Action::Modify(_)));
        let waits = changes && !planted::is(Fault::CoolDownIgnored);
        let record = self.job.applied.instances.get(&saga.instance);
        let Some(changed_at) = record.and_then(|r| r.changed_at).filter(|_| waits) else {
            return Duration::ZERO;
        };
        let gone = self.tools.clock.wall().duration_since(changed_at);
        COOL_DOWN.saturating_sub(gone.unsigned_abs())
    }

    /// A start whose answer was lost, of this run or of one before, may still arrive: in the midst of the next outage.
    fn late_start_left(&self, saga: &Saga) -> Duration {
        let state = self.state.sagas.get(&saga.instance);
        let sent = state.and_then(|state| state.lost_start);
        let record = self.job.applied.instances.get(&saga.instance);
        let recorded = record.and_then(|record| record.late_start);
        sent.max(recorded).map_or(Duration::ZERO, |sent| {
            HORIZON.saturating_sub(self.began.at_least(sent, self.tools.clock.as_ref()))
        })
    }

    /// Whether everything that must come first is finished. The graph says what that is.
    fn what_comes_first(&mut self, instance: &InstanceId) -> Turn {
        let first = Node::Step(instance.clone(), 0);
        let needs: Vec<Node> = self.graph.needs(&first).into_iter().cloned().collect();
        for need in needs {
            let turn = match &need {
                Node::Step(other, _) => self.one(other),
                Node::Finished(_) => self.group(&need),
            };
            match turn {
                Turn::Now => {}
                other @ (Turn::Later(_) | Turn::Never(_) | Turn::Barred(_)) => return other,
            }
        }
        Turn::Now
    }

    /// A group is finished when every machine of it is; that is remembered, for others wait for it too.
    fn group(&mut self, finished: &Node) -> Turn {
        if self.finished.contains(finished) {
            return Turn::Now;
        }
        for last_step in self.graph.needs(finished) {
            let Node::Step(member, _) = last_step else {
                continue;
            };
            match self.one(member) {
                Turn::Now => {}
                other @ (Turn::Later(_) | Turn::Never(_) | Turn::Barred(_)) => return other,
            }
        }
        self.finished.insert(finished.clone());
        Turn::Now
    }

    fn one(&self, id: &InstanceId) -> Turn {
        if !self.sagas.contains_key(id) {
            return Turn::Now;
        }
        let name = &self.sagas[id].name;
        if self.left_alone.contains_key(id) {
            return Turn::Never(format!("it waits for {name}, which was left alone"));
        }
        let later = || Turn::Later(Delay::Behind(id.clone()));
        match self.state.sagas.get(id) {
            None => later(),
            Some(state) => match (&state.closed, &state.halted) {
                (Some((SagaOutcome::Done, _)), _) => Turn::Now,
                (Some((SagaOutcome::PutBack, _)), _) if self.may_be_begun(id) => later(),
                (Some(_), _) => Turn::Never(format!("it waits for {name}, which is not done")),
                (None, Some((Halt::Paused, _)) | None) => later(),
                (None, Some(_)) => {
                    Turn::Never(format!("it waits for {name}, which needs a person"))
                }
            },
        }
    }
}

/// Whether the call of this step makes an order. One that goes on with an order which is there sends nothing.
fn orders(saga: &Saga, step: u16) -> bool {
    let step = &saga.steps[usize::from(step)];
    step.order_call().is_some() && step.adopts.is_none()
}

/// Whether a step that takes its machine out of service was sent, and nobody knows whether it arrived.
pub(super) fn is_in_doubt(saga: &Saga, state: &SagaState, step: u16) -> bool {
    state.phase(step) == Phase::Sent && takes_out_of_service(saga, step)
}
