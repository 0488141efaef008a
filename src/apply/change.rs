//! The modify calls: one token, one change, and no second send before the first is understood.

use std::time::Duration;

use jiff::Timestamp;

use crate::cloud::{CloudError, ErrorKind, ModifyReply, Outcome};
use crate::model::{ClientToken, InstanceStatus, ModifyCall, ObservedInstance};
use crate::plan::Goal;
use crate::saga::{Failure, FailureCause, Phase, StepEvent};

use super::timing::{
    COOL_DOWN, HORIZON, POLL, PROOF_GAP, RESEND_WITHIN, RETRY, SHOW_WITHIN, SURPRISES_MAX,
    poll_after,
};
use super::token::{client_token, request_digest};
use super::worker::{End, Worker, failure_with};

/// What is known of one call while it is carried.
struct Sending {
    /// May have been sent first at this time.
    first: Option<Timestamp>,
    /// May have been sent last at this time.
    last: Option<Timestamp>,
    /// Whether some send was never answered.
    in_doubt: bool,
    /// Accepted at this elapsed time.
    accepted: Option<Duration>,
    /// A refusal that came after a send without answer: it proves nothing about that one.
    refusal: Option<Failure>,
    /// What the last send was told, when it was not accepted.
    told: Option<CloudError>,
    /// Looks that showed neither before nor after.
    surprises: u32,
    /// When the call was put off first, by a refusal that passes.
    put_off_since: Option<Duration>,
    /// When a read first showed no effect after the horizon.
    no_effect_since: Option<Duration>,
}

/// What to do after a look.
enum Move {
    End(Box<End>),
    Send,
    Wait(Duration),
}

impl Move {
    fn end(end: End) -> Self {
        Self::End(Box::new(end))
    }
}

impl Worker {
    /// Look → ask → settle → verify, for one of the three modify calls in either direction.
    pub(super) async fn modify(&self, call: &ModifyCall) -> End {
        let token = client_token(
            &self.lineage,
            &self.saga.instance,
            self.state.change_number,
            call,
        );
        let mut sending = self.sending();
        loop {
            let seen = match self.look_patiently().await {
                Ok(seen) => seen,
                Err(end) => return end,
            };
            match self.next_move(call, &mut sending, &seen) {
                Move::End(end) => return *end,
                Move::Wait(duration) => self.tools.clock.sleep(duration).await,
                Move::Send => {
                    if let Some(end) = self.send(call, &token, &mut sending).await {
                        return end;
                    }
                }
            }
        }
    }

    fn sending(&self) -> Sending {
        let known = self.known();
        // An order whose id is known was accepted, whatever became of later answers.
        let answered =
            matches!(known.phase, Phase::Answered | Phase::UndoAnswered) || known.order.is_some();
        let begun = match known.phase {
            Phase::Sent | Phase::Answered | Phase::UndoSent | Phase::UndoAnswered => {
                known.first_sent
            }
            Phase::Waiting
            | Phase::Succeeded
            | Phase::Failed
            | Phase::Undone
            | Phase::UndoFailed => None,
        };
        Sending {
            first: begun,
            last: begun.and(known.last_sent),
            in_doubt: begun.is_some() && !answered,
            accepted: answered.then(|| self.tools.clock.elapsed()),
            refusal: None,
            told: None,
            surprises: 0,
            put_off_since: None,
            no_effect_since: None,
        }
    }

    fn goals(&self) -> (Goal, Goal) {
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
        if shown && !order_unknown {
            return Move::end(End::Succeeded {
                found: sending.first.is_none(),
                seen: Some(seen.clone()),
            });
        }
        if let Some(accepted) = sending.accepted {
            return self.while_accepted(accepted, seen);
        }
        match (sending.first, sending.last) {
            (Some(first), Some(last)) => self.while_in_doubt(call, sending, first, last, shown),
            (Some(_) | None, _) => self.before_sending(sending, &before, seen),
        }
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
        Move::Wait(poll_after(self.tools.clock.elapsed() - accepted))
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

    /// Perhaps it was done: send again while the token is surely remembered, later only read.
    fn while_in_doubt(
        &self,
        call: &ModifyCall,
        sending: &mut Sending,
        first: Timestamp,
        last: Timestamp,
        shown: bool,
    ) -> Move {
        let now = self.tools.clock.wall();
        if sending.refusal.is_none() && since(first, now) < RESEND_WITHIN {
            return Move::Send;
        }
        let horizon = HORIZON.saturating_sub(since(last, now));
        if !horizon.is_zero() {
            self.waiting(format!(
                "an unanswered call may take effect for another {} s",
                horizon.as_secs()
            ));
            return Move::Wait(horizon);
        }
        if call.makes_order() {
            let told = sending.told.as_ref();
            return Move::end(self.order_unknown(first, last, shown, told));
        }
        let elapsed = self.tools.clock.elapsed();
        let no_effect = *sending.no_effect_since.get_or_insert(elapsed);
        if elapsed - no_effect < PROOF_GAP {
            return Move::Wait(PROOF_GAP);
        }
        let told = sending.told.as_ref();
        let failure = sending.refusal.clone().unwrap_or_else(|| {
            let message = "never answered, and two reads prove that it had no effect";
            failure_with(FailureCause::NoEffect, message, told)
        });
        Move::end(End::Failed {
            failure,
            scope: None,
        })
    }

    /// Until orders can be asked for, only a person can tell whether one was made.
    fn order_unknown(
        &self,
        first: Timestamp,
        last: Timestamp,
        shown: bool,
        told: Option<&CloudError>,
    ) -> End {
        let effect = if shown {
            "its change shows"
        } else {
            "its change does not show"
        };
        let target = self
            .saga
            .target_type()
            .map_or_else(|| "its network".to_owned(), ToString::to_string);
        let instance = &self.saga.instance;
        let message = format!(
            "an order that makes {instance} {target} may exist, no answer told its id, and {effect}; \
             look in the console's orders between {first} and {last}"
        );
        End::Failed {
            failure: failure_with(FailureCause::Unknown, &message, told),
            scope: None,
        }
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
            token: Some(token.clone()),
            request,
        };
        if let Err(end) = self.record(intent).await {
            return Some(end);
        }
        let cloud = &self.tools.cloud;
        let at = self.tools.clock.wall();
        sending.first.get_or_insert(at);
        let answer = cloud
            .modify(&self.saga.region, &self.saga.instance, call, token)
            .await;
        sending.last = Some(self.tools.clock.wall());
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
        let event = StepEvent::Answered {
            request_id: Some(reply.request_id),
            order_id: reply.order_id,
        };
        self.note(event).await;
    }

    async fn answered_with(
        &self,
        error: CloudError,
        call: &ModifyCall,
        sending: &mut Sending,
    ) -> Option<End> {
        sending.told = Some(error.clone());
        if error.kind == ErrorKind::TokenMismatch {
            return Some(self.refused_as(FailureCause::Unknown, &error));
        }
        if error.kind == ErrorKind::CoolingDown {
            return self.cooling_down(&error, sending).await;
        }
        if error.passes() && self.may_try_again(sending) {
            self.not_done(sending);
            self.waiting(format!("refused for now: {error}"));
            let wait = error.retry_after.unwrap_or(RETRY);
            self.tools.clock.sleep(wait).await;
            return None;
        }
        if error.outcome() == Outcome::Unknown {
            sending.in_doubt = true;
            let reason = format!("{}: {}", call.operation(), error.message);
            self.note(StepEvent::Unanswered { reason }).await;
            self.tools.clock.sleep(RETRY).await;
            return None;
        }
        self.definite(&error, sending)
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
        let held_down = self.step().before.status == Some(InstanceStatus::Stopped)
            && self.state.was_running
            && !self.is_undo();
        if held_down && !sending.in_doubt {
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
            sending.first = None;
            sending.last = None;
        }
        sending.surprises = 0;
    }

    fn may_try_again(&self, sending: &mut Sending) -> bool {
        let now = self.tools.clock.elapsed();
        let since = *sending.put_off_since.get_or_insert(now);
        now - since < COOL_DOWN
    }
}

fn since(then: Timestamp, now: Timestamp) -> Duration {
    Duration::try_from(now.duration_since(then)).unwrap_or(Duration::ZERO)
}

fn call_text(call: &ModifyCall) -> String {
    crate::model::canonical_json(&(call.operation(), call))
}
