//! The modify calls: one token, one change, and no second send before the first is understood.

use std::time::Duration;

use crate::apply::desks::Wait;
use crate::apply::mail::{ASKED_TO_STOP, End};
use crate::apply::timing::{COOL_DOWN, ORDER_AGAIN_FOR, POLL, RETRY, SHOW_WITHIN, SURPRISES_MAX};
use crate::apply::token::{call_text, client_token, request_digest};
use crate::cloud::{CloudError, ErrorKind, ModifyReply, Outcome};
use crate::model::{ClientToken, InstanceStatus, ModifyCall, ObservedInstance};
use crate::plan::{Action, Goal};
use crate::planted::{self, Fault};
use crate::saga::{FailureCause, Mode, StepEvent};

use super::Worker;
use super::doubt::{Move, Sending};
use super::order::OwnPayment;

impl Worker {
    /// Look → ask → settle → verify, for one of the three modify calls in either direction.
    pub(super) async fn modify(&self, call: &ModifyCall) -> End {
        let mut sending = self.sending();
        loop {
            let seen = match self.look_patiently().await {
                Ok(seen) => seen,
                Err(end) => return self.order_of_the_gone(call, &mut sending, end).await,
            };
            match self.own_payment(&sending, &seen).await {
                OwnPayment::Ends(end) => return *end,
                OwnPayment::Awaited if self.step().after.is_shown_by(&seen) => {
                    self.tools.clock.sleep(POLL).await;
                    continue;
                }
                OwnPayment::Awaited => {}
                // What is paid is gone from the balance.
                OwnPayment::NotAwaited if sending.accepted.is_some() => sending.promise = None,
                OwnPayment::NotAwaited => {}
            }
            match self.next_move(call, &mut sending, &seen) {
                Move::End(end) => return *end,
                Move::Trace => {
                    if let Some(end) = self.find_order(call, &mut sending, &seen).await {
                        return end;
                    }
                }
                Move::Wait(duration) => self.tools.clock.sleep(duration).await,
                Move::Send => {
                    if let Some(end) = self.clear_and_send(call, &mut sending, &seen).await {
                        return end;
                    }
                }
            }
        }
    }

    /// Sends it, once it is known that no order is there for it and that a new one may be made. `Some` is the end of
    /// the task.
    async fn clear_and_send(
        &self,
        call: &ModifyCall,
        sending: &mut Sending,
        seen: &ObservedInstance,
    ) -> Option<End> {
        let token = self.token(call, sending);
        // A program before this one may have announced that it goes on with an order, and no more.
        if sending.first_here.is_none() {
            match self.order_there(call).await {
                Err(end) if !sending.in_doubt => return Some(end),
                // What may be its own order does not stop it: the token tells.
                Ok(None) | Err(_) => {}
                Ok(Some(order)) => return self.take_up(call, &token, sending, order).await,
            }
        }
        // What this program has not sent yet may make the order only now, whoever announced it.
        if sending.last_here.is_none() {
            // What was refused gives back what was set aside for it, before that is asked for again.
            sending.promise = None;
            match self.clear_order(seen).await {
                Ok(promise) => sending.promise = promise,
                Err(end) => return self.not_cleared(end, sending),
            }
        }
        // That may have taken its time.
        let first = sending.first;
        if first.is_some_and(|first| !self.may_be_sent_again(call, sending, first)) {
            return None;
        }
        self.send(call, &token, sending).await
    }

    /// Nothing is to be ordered. What was announced before may have been, all the same: it is looked for.
    fn not_cleared(&self, end: End, sending: &mut Sending) -> Option<End> {
        match end {
            End::Failed { failure, .. } if sending.in_doubt => {
                let why = &failure.message;
                self.waiting(format!("its order is not asked for again: {why}"));
                sending.refusal = Some(failure);
                None
            }
            end => Some(end),
        }
    }

    /// The token of this step's call, the same however often and by whomever it is sent.
    fn token(&self, call: &ModifyCall, sending: &Sending) -> ClientToken {
        let again = planted::is(Fault::NewTokenPerRetry) && sending.first.is_some();
        let recovered = planted::is(Fault::NewTokenAtRecovery) && self.known().first_sent.is_some();
        let other = u64::from(again || recovered) * 1_000;
        let number = self.state.change_number + other;
        client_token(&self.lineage, &self.saga.instance, number, call)
    }

    pub(super) fn goals(&self) -> (Goal, Goal) {
        let step = self.step();
        if self.is_undo() {
            let back = Goal {
                status: None,
                ..step.before.clone()
            };
            (
                Goal {
                    status: step.before.status.clone(),
                    ..step.after.clone()
                },
                back,
            )
        } else {
            (step.before.clone(), step.after.clone())
        }
    }

    fn next_move(&self, call: &ModifyCall, sending: &mut Sending, seen: &ObservedInstance) -> Move {
        let (before, after) = self.goals();
        let shown = after.is_shown_by(seen);
        // The effect of a call whose order is not known proves nothing about the order: ask again.
        let order_unknown = call.makes_order() && sending.in_doubt && sending.accepted.is_none();
        if shown && (!order_unknown || planted::is(Fault::OrderDropped)) {
            if let Some(accepted) = sending.accepted {
                self.took(Wait::Change, self.tools.clock.elapsed() - accepted);
            }
            return Move::end(End::Succeeded {
                found: sending.first.is_none(),
                seen: Some(seen.clone()),
            });
        }
        if let Some(accepted) = sending.accepted {
            return self.while_accepted(accepted, seen);
        }
        match (sending.first, sending.last) {
            (Some(first), Some(last)) => self.while_in_doubt(call, sending, seen, (first, last)),
            (Some(_) | None, _) if self.is_called_off(call, sending) => {
                Move::end(self.failed(FailureCause::Interrupted, ASKED_TO_STOP))
            }
            (Some(_) | None, _) => self.before_sending(sending, &before, seen),
        }
    }

    /// Whether an order that was refused until now, for certain, is not to be made any more: it is as if nobody had
    /// ever asked for it.
    fn is_called_off(&self, call: &ModifyCall, sending: &Sending) -> bool {
        let was_put_off = sending.put_off_since.is_some();
        was_put_off && call.makes_order() && self.mode.get() == Mode::PutBack
    }

    /// Accepted: it only has to show, or for an order left unpaid, not even that.
    fn while_accepted(&self, accepted: Duration, seen: &ObservedInstance) -> Move {
        if self.step().is_finished_by_its_answer() && !self.is_undo() {
            return Move::end(End::Succeeded {
                found: false,
                seen: Some(seen.clone()),
            });
        }
        if self.tools.clock.elapsed() - accepted > SHOW_WITHIN {
            let message = format!(
                "accepted, but it does not show after {} s",
                SHOW_WITHIN.as_secs()
            );
            return Move::end(self.failed(FailureCause::Unknown, message));
        }
        self.waiting("the change to show".to_owned());
        Move::Wait(self.pause(Wait::Change, self.tools.clock.elapsed() - accepted))
    }

    fn before_sending(
        &self,
        sending: &mut Sending,
        before: &Goal,
        seen: &ObservedInstance,
    ) -> Move {
        let Some((field, value)) = before.first_difference(seen) else {
            return Move::Send;
        };
        sending.surprises += 1;
        if sending.surprises > SURPRISES_MAX {
            let message = format!("{field} is {value}, which the plan does not expect");
            return Move::end(self.failed(FailureCause::Surprised, message));
        }
        Move::Wait(POLL)
    }

    /// One send. `Some` is the end of the task.
    async fn send(
        &self,
        call: &ModifyCall,
        token: &ClientToken,
        sending: &mut Sending,
    ) -> Option<End> {
        let request = request_digest(&self.saga.region, &self.saga.instance, &call_text(call));
        let intent = StepEvent::Intent {
            token: Some(token.clone()).filter(|_| !planted::is(Fault::TokenNotJournaled)),
            request,
            pays: None,
        };
        if !planted::is(Fault::IntentAfterCall)
            && let Err(end) = self.record(intent.clone()).await
        {
            return Some(end);
        }
        let cloud = &self.tools.cloud;
        let at = self.tools.clock.wall();
        let here = self.tools.clock.elapsed();
        if sending.first.is_none() {
            (sending.first, sending.first_here) = (Some(at), Some(here));
        }
        let answer = cloud
            .modify(&self.saga.region, &self.saga.instance, call, token)
            .await;
        sending.last = Some(self.tools.clock.wall());
        sending.last_here = Some(self.tools.clock.elapsed());
        if planted::is(Fault::IntentAfterCall) {
            self.note(intent).await;
        }
        match answer {
            Ok(reply) => {
                self.accepted(sending, reply).await;
                None
            }
            Err(error) => self.answered_with(error, call, sending).await,
        }
    }

    /// It is followed to its end even when the answer could not be written down: nothing more is sent.
    async fn accepted(&self, sending: &mut Sending, reply: ModifyReply) {
        sending.accepted = Some(self.tools.clock.elapsed());
        sending.in_doubt = false;
        if self.needs_it_down() {
            self.is_down_for_sure();
        }
        sending.order.clone_from(&reply.order_id);
        let event = StepEvent::Answered {
            request_id: Some(reply.request_id),
            order_id: reply.order_id,
        };
        self.note(event).await;
    }

    /// R2: the type of a pay-as-you-go machine changes only while it is Stopped.
    fn needs_it_down(&self) -> bool {
        let step = self.step();
        let is_spec = matches!(step.action, Action::Modify(ModifyCall::Spec(_)));
        is_spec && step.before.status == Some(InstanceStatus::Stopped) && !self.is_undo()
    }

    async fn answered_with(
        &self,
        error: CloudError,
        call: &ModifyCall,
        sending: &mut Sending,
    ) -> Option<End> {
        sending.told = Some(error.clone());
        if error.kind == ErrorKind::TokenMismatch {
            return self.token_was_used(&error, call, sending);
        }
        // Nobody is held down to find out which of the two it is.
        let may_cool_down = error.also == Some(ErrorKind::CoolingDown) && self.is_held_down();
        if error.kind == ErrorKind::CoolingDown || may_cool_down {
            return self.cooling_down(&error, sending).await;
        }
        if error.passes() && self.may_try_again(error.kind, sending) {
            self.not_done(sending);
            self.waiting(format!("refused for now: {error}"));
            let wait = error.retry_after.unwrap_or(RETRY);
            self.tools.clock.sleep(wait).await;
            return None;
        }
        if error.outcome() == Outcome::Unknown && !planted::is(Fault::TimeoutTakenAsFailure) {
            sending.in_doubt = true;
            let reason = format!("{}: {}", call.operation(), error.message);
            self.note(StepEvent::Unanswered { reason }).await;
            self.tools.clock.sleep(RETRY).await;
            return None;
        }
        self.definite(&error, sending)
    }

    /// Somebody used this token for something else. Whether an order came of it, the books tell.
    fn token_was_used(
        &self,
        error: &CloudError,
        call: &ModifyCall,
        sending: &mut Sending,
    ) -> Option<End> {
        let end = self.refused_as(FailureCause::Unknown, error);
        match end {
            End::Failed { failure, .. } if call.makes_order() => {
                sending.in_doubt = true;
                sending.refusal = Some(failure);
                None
            }
            end => Some(end),
        }
    }

    /// A definite refusal ends the step, unless an earlier send was never answered: then that one
    /// may still be on its way.
    fn definite(&self, error: &CloudError, sending: &mut Sending) -> Option<End> {
        let end = self.refused(error);
        if !sending.in_doubt {
            return Some(end);
        }
        if let End::Failed { failure, .. } = end {
            sending.refusal = Some(failure);
        }
        None
    }

    /// R52. No cool-down is waited out while we hold the machine down: it is started, and comes back later.
    async fn cooling_down(&self, error: &CloudError, sending: &mut Sending) -> Option<End> {
        if self.is_held_down() && !sending.in_doubt {
            return Some(self.refused_as(FailureCause::CoolingDown, error));
        }
        let now = self.tools.clock.elapsed();
        let since = *sending.put_off_since.get_or_insert(now);
        if now - since > COOL_DOWN {
            return self.definite(error, sending);
        }
        self.not_done(sending);
        self.waiting("the cool-down of an earlier change".to_owned());
        self.tools.clock.sleep(RETRY).await;
        None
    }

    /// Nothing of this send happened; without an earlier doubt the step is as if never sent.
    fn not_done(&self, sending: &mut Sending) {
        if !sending.in_doubt {
            (sending.first, sending.last) = (None, None);
            (sending.first_here, sending.last_here) = (None, None);
        }
        sending.surprises = 0;
    }

    fn may_try_again(&self, kind: ErrorKind, sending: &mut Sending) -> bool {
        let now = self.tools.clock.elapsed();
        let since = *sending.put_off_since.get_or_insert(now);
        now - since < self.patience_with(kind)
    }

    /// How long a refusal that passes is met with another try. An order that could not be made may never be: nobody
    /// is kept down for it.
    fn patience_with(&self, kind: ErrorKind) -> Duration {
        if kind != ErrorKind::NotOrdered {
            COOL_DOWN
        } else if self.is_held_down() {
            Duration::ZERO
        } else {
            ORDER_AGAIN_FOR
        }
    }
}
