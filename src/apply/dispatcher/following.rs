//! What an event of a step means: outages, orders, cool-downs, and what displays are told.

use std::time::Duration;

use crate::event::{EventKind, StepView, Subject};
use crate::model::{InstanceId, ModifyCall, Moment, OrderId, PaymentStatus};
use crate::plan::{Action, Step, Undo};
use crate::saga::{Direction, Failure, FailureCause, Phase, StepEvent, StepRef};

use super::Dispatcher;
use super::telling::step_view;

impl Dispatcher<'_> {
    pub(super) fn follow_step(&mut self, at: &StepRef, event: &StepEvent) {
        let Some(saga) = self.sagas.get(&at.instance).cloned() else {
            return;
        };
        let step = &saga.steps[usize::from(at.step)];
        let starts = self.starts(at);
        let takes_down = at.direction == Direction::Forward && step.undo == Undo::By(Action::Start);
        let view = step_view(&saga, at);
        let subject = self.subject(&at.instance);
        match event {
            StepEvent::Launched { .. } | StepEvent::Intent { .. } => {
                if takes_down {
                    self.goes_down(&at.instance);
                }
                self.emit(EventKind::StepStarted {
                    subject,
                    step: view,
                    attempt: self.state.sagas[&at.instance].step(at.step).sends,
                });
            }
            StepEvent::Answered {
                order_id: Some(order_id),
                ..
            } => self.order_made(subject, order_id, step),
            StepEvent::Answered { order_id: None, .. } => {}
            StepEvent::Booked {
                order_id,
                payment,
                amount,
            } => {
                self.cools_down_from_a_late_payment(at, payment);
                self.emit(EventKind::OrderBooked {
                    subject,
                    order_id: order_id.clone(),
                    payment: payment.clone(),
                    amount: amount.clone(),
                });
            }
            StepEvent::Unanswered { reason } => {
                self.lost_now(at);
                let reason = format!("{} was not answered: {reason}", view.verb);
                self.emit(EventKind::Waiting { subject, reason });
            }
            StepEvent::Succeeded { found } => {
                if starts {
                    self.comes_up(&at.instance);
                }
                self.bear_witness(at, step);
                let took = self.since_begun(&at.instance);
                self.emit(EventKind::StepFinished {
                    subject,
                    step: view,
                    found: *found,
                    took,
                });
            }
            StepEvent::Tolerated { failure } => {
                self.emit(step_failed(subject, view, failure));
            }
            StepEvent::Failed { failure } => {
                if failure.cause == FailureCause::TimedOut {
                    self.lost_now(at);
                }
                if failure.cause.counts() {
                    self.brakes.failed(&at.instance);
                }
                self.emit(step_failed(subject, view, failure));
            }
        }
    }

    fn lost_now(&mut self, at: &StepRef) {
        let now = self.tools.clock.elapsed();
        self.witness.lost(&at.instance, now);
    }

    /// A step that succeeded. Only changes carry a token, and only they start a cool-down (R52).
    fn bear_witness(&mut self, at: &StepRef, step: &Step) {
        if self.state.sagas[&at.instance].step(at.step).token.is_some() {
            let now = self.tools.clock.elapsed();
            self.witness.changed(&at.instance, now);
        }
        let drains = step.action.moment() == Some(Moment::BeforeStop);
        if drains && at.direction == Direction::Forward {
            self.witness.drained(&at.instance);
        }
    }

    /// What was left unpaid takes effect with its payment, and begins its cool-down then (R52).
    fn cools_down_from_a_late_payment(&mut self, at: &StepRef, payment: &PaymentStatus) {
        let was_left = self.state.sagas[&at.instance].phase(at.step) == Phase::Succeeded;
        if was_left && *payment == PaymentStatus::Paid {
            let now = self.tools.clock.elapsed();
            self.witness.changed(&at.instance, now);
        }
    }

    fn order_made(&mut self, subject: Subject, order_id: &OrderId, step: &Step) {
        self.orders
            .insert(order_id.clone(), subject.instance.clone());
        self.known_orders.borrow_mut().insert(order_id.clone());
        self.emit(EventKind::OrderMade {
            subject,
            order_id: order_id.clone(),
            auto_pay: step.order_call().is_some_and(pays_itself),
        });
    }

    pub(super) fn goes_down(&mut self, instance: &InstanceId) {
        let now = self.tools.clock.elapsed();
        let outage = self.outage.entry(instance.clone()).or_default();
        outage.0.get_or_insert(now);
    }

    pub(super) fn comes_up(&mut self, instance: &InstanceId) {
        self.found_down.remove(instance);
        let now = self.tools.clock.elapsed();
        self.up_since.insert(instance.clone(), now);
        let outage = self.outage.entry(instance.clone()).or_default();
        if let Some(since) = outage.0.take() {
            let took = now.saturating_sub(since);
            outage.1 += took;
            let by_the_calendar = took / self.tools.clock.speed();
            self.brakes.took(instance, by_the_calendar);
        }
    }

    pub(super) fn downtime(&self, instance: &InstanceId) -> Duration {
        self.outage
            .get(instance)
            .map_or(Duration::ZERO, |(_, total)| *total)
    }

    pub(super) fn since_begun(&self, instance: &InstanceId) -> Duration {
        let now = self.tools.clock.elapsed();
        self.step_begun
            .get(instance)
            .map_or(Duration::ZERO, |at| now.saturating_sub(*at))
    }
}

fn step_failed(subject: Subject, step: StepView, failure: &Failure) -> EventKind {
    EventKind::StepFailed {
        subject,
        step,
        cause: failure.cause,
        message: failure.message.clone(),
        code: failure.code.clone(),
        request_id: failure.request_id.clone(),
    }
}

fn pays_itself(call: &ModifyCall) -> bool {
    match call {
        ModifyCall::Spec(_) => false,
        ModifyCall::Prepay(change) => change.auto_pay,
        ModifyCall::Network(change) => change.auto_pay == Some(true),
    }
}
