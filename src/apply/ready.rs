//! What may start now: which begun machine goes on how, and which new one is begun.

use crate::model::{InstanceId, Moment};
use crate::plan::{Action, Node, Saga};
use crate::saga::{
    Direction, Failure, FailureCause, Halt, Kind, Mode, Permit, Phase, SagaOutcome, StepEvent,
    StepRef, Task, next_task, takes_out_of_service,
};

use super::dispatcher::Dispatcher;
use super::outcome::LeftAlone;
use super::timing::{BEGINNINGS_MAX, COOL_DOWN};
use super::worker::Errand;

/// Whether a machine may be begun.
enum Turn {
    Now,
    Later,
    Never(String),
}

impl Dispatcher<'_> {
    /// Goes on with everything that may go on, begins everything that may begin.
    pub(super) async fn start_what_may_start(&mut self) {
        while let Some(instance) = self.idle.pop_first() {
            self.go_on(&instance).await;
        }
        if self.mode != Mode::PutBack && self.journal_lost.is_none() && self.reconsider {
            self.reconsider = false;
            self.begin_what_may_begin().await;
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
            if state.closed.is_some() {
                return;
            }
            match next_task(&saga, state, self.mode_now()) {
                Task::Do(step) => match self.may_do(&saga, step) {
                    Turn::Now => return self.dispatch(instance, step, Errand::Do),
                    Turn::Later => {
                        self.waiting_for_a_place.insert(instance.clone());
                        return;
                    }
                    Turn::Never(why) => {
                        self.give_up(instance, step, FailureCause::Spared, why)
                            .await;
                    }
                },
                Task::TakeBack(step) => return self.dispatch(instance, step, Errand::TakeBack),
                Task::GiveUp(step, cause) => {
                    self.give_up(instance, step, cause, "somebody asked to stop".to_owned())
                        .await;
                }
                Task::Watch(sent) => return self.dispatch(instance, 0, Errand::Watch(sent)),
                Task::Close(_) => match self.seen.remove(instance) {
                    Some(seen) if state.shows_its_work(&saga, &seen) => {
                        self.close_saga(instance, Some(seen)).await;
                    }
                    Some(_) | None => return self.dispatch(instance, 0, Errand::Look),
                },
                Task::Halt(halt) => return self.halt(instance, halt).await,
                Task::Rest => return,
            }
        }
    }

    /// A journal that takes no more is like an interrupt: only starts go on.
    fn mode_now(&self) -> Mode {
        if self.journal_lost.is_some() {
            Mode::PutBack
        } else {
            self.mode
        }
    }

    /// A step that takes the machine down needs a place in its crowd, and no refusal that spoke for it.
    fn may_do(&self, saga: &Saga, step: u16) -> Turn {
        let at = &saga.steps[usize::from(step)];
        let phase = self.state.sagas[&saga.instance].phase(step);
        let ends_service = matches!(at.action, Action::Stop { .. })
            || at.action.moment() == Some(Moment::BeforeStop);
        let takes_down = ends_service && phase == Phase::Waiting;
        if !takes_down {
            return Turn::Now;
        }
        if let Some(why) = self
            .refusal_that_covers(saga)
            .filter(|_| self.still_asks(saga))
        {
            return Turn::Never(why);
        }
        if !takes_out_of_service(saga, step) {
            return Turn::Now; // It is meant to be stopped, and takes no place.
        }
        turn(self.limits.may_take_down(&saga.instance))
    }

    /// Whether what a worker is about to announce is still allowed; others went on meanwhile.
    pub(super) fn is_still_permitted(&self, at: &StepRef) -> bool {
        match at.direction {
            Direction::Undo => true,
            Direction::Forward => {
                let saga = &self.sagas[&at.instance];
                !self.comes_too_late(saga, at) && matches!(self.may_do(saga, at.step), Turn::Now)
            }
        }
    }

    /// After an interrupt nothing new is sent but starts; a worker may have looked just before it.
    fn comes_too_late(&self, saga: &Saga, at: &StepRef) -> bool {
        let is_new = self.state.sagas[&at.instance].phase(at.step) == Phase::Waiting;
        let action = &saga.steps[usize::from(at.step)].action;
        let brings_back = *action == Action::Start || action.moment() == Some(Moment::AfterStart);
        self.mode == Mode::PutBack && is_new && !brings_back
    }

    /// Whether the machine still needs anything that could be refused: not when it is changed already
    /// and only its restart is left.
    fn still_asks(&self, saga: &Saga) -> bool {
        let state = &self.state.sagas[&saga.instance];
        let mut changes = (0..)
            .zip(&saga.steps)
            .filter(|(_, step)| matches!(step.action, Action::Modify(_)))
            .peekable();
        changes.peek().is_none() || changes.any(|(at, _)| state.phase(at) != Phase::Succeeded)
    }

    fn refusal_that_covers(&self, saga: &Saga) -> Option<String> {
        let (_, message) = self.scopes.iter().find(|(scope, _)| scope.covers(saga))?;
        Some(format!(
            "another machine was refused what this one needs: {message}"
        ))
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
        let waiting = std::mem::take(&mut self.waiting_for_a_place);
        for instance in waiting {
            self.go_on(&instance).await;
        }
        for instance in self.queue.clone() {
            if self.active.len() >= self.options.parallelism {
                return;
            }
            if !self.may_be_begun(&instance) || self.left_alone.contains_key(&instance) {
                continue;
            }
            let saga = self.sagas[&instance].clone();
            let begins_with_order = saga.steps[0].order_call().is_some();
            if self.mode == Mode::OrdersOnly && !begins_with_order {
                continue;
            }
            match self.turn_of(&saga) {
                Turn::Later => {}
                Turn::Now => {
                    self.begin(&saga).await;
                    self.go_on(&instance).await;
                }
                Turn::Never(reason) => self.leave_alone(&saga, reason),
            }
        }
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

    fn turn_of(&mut self, saga: &Saga) -> Turn {
        match self.what_comes_first(&saga.instance) {
            Turn::Now => {}
            other @ (Turn::Later | Turn::Never(_)) => return other,
        }
        if let Some(why) = self.refusal_that_covers(saga) {
            return Turn::Never(why);
        }
        if self.is_cooling(saga) {
            return Turn::Later;
        }
        let first_takes_down = takes_out_of_service(saga, 0);
        if first_takes_down {
            turn(self.limits.may_take_down(&saga.instance))
        } else {
            turn(self.limits.may_begin(&saga.instance))
        }
    }

    /// R52, known beforehand: the machine was changed less than five minutes ago, by us.
    fn is_cooling(&mut self, saga: &Saga) -> bool {
        let now = self.tools.clock.elapsed();
        if let Some(at) = self.not_before.get(&saga.instance) {
            return *at > now;
        }
        let changes = saga
            .steps
            .iter()
            .any(|step| matches!(step.action, Action::Modify(_)));
        let record = self.job.applied.instances.get(&saga.instance);
        let Some(changed_at) = record.and_then(|r| r.changed_at).filter(|_| changes) else {
            return false;
        };
        let gone = self
            .tools
            .clock
            .wall()
            .duration_since(changed_at)
            .unsigned_abs();
        let left = COOL_DOWN.saturating_sub(gone);
        self.not_before.insert(saga.instance.clone(), now + left);
        !left.is_zero()
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
                other @ (Turn::Later | Turn::Never(_)) => return other,
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
                other @ (Turn::Later | Turn::Never(_)) => return other,
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
        match self.state.sagas.get(id) {
            None => Turn::Later,
            Some(state) => match (&state.closed, &state.halted) {
                (Some((SagaOutcome::Done, _)), _) => Turn::Now,
                (Some((SagaOutcome::PutBack, _)), _) if self.may_be_begun(id) => Turn::Later,
                (Some(_), _) => Turn::Never(format!("it waits for {name}, which is not done")),
                (None, Some((Halt::Paused, _))) => {
                    Turn::Never(format!("it waits for {name}, whose order is not paid"))
                }
                (None, Some(_)) => {
                    Turn::Never(format!("it waits for {name}, which needs a person"))
                }
                (None, None) => Turn::Later,
            },
        }
    }

    async fn begin(&mut self, saga: &Saga) {
        let id = &saga.instance;
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

    pub(super) fn leave_alone(&mut self, saga: &Saga, reason: String) {
        self.emit_left_alone(saga, &reason);
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
}

fn turn(permit: Permit) -> Turn {
    match permit {
        Permit::Granted => Turn::Now,
        Permit::NotNow { .. } => Turn::Later,
        Permit::Refused {
            crowd,
            failures,
            tolerated,
        } => Turn::Never(format!(
            "{failures} of {crowd} failed, {tolerated} are tolerated (max_failures)"
        )),
    }
}
