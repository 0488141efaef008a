//! A call that was never answered: what is known of it, what may still be sent, and how it is cleared up.

use std::time::Duration;

use jiff::Timestamp;

use crate::apply::age::since;
use crate::apply::desks::Promise;
use crate::apply::mail::End;
use crate::apply::timing::{HORIZON, PROOF_GAP, RESEND_TAKEN_UP_WITHIN, RESEND_WITHIN};
use crate::cloud::CloudError;
use crate::model::{ModifyCall, ObservedInstance, OrderId};
use crate::planted::{self, Fault};
use crate::saga::{Failure, FailureCause, Mode, Phase, StepEvent};

use super::Worker;
use super::failing::failure_with;
use super::trace::Trace;

/// What is known of one call while it is carried.
pub(super) struct Sending {
    /// May have been sent first at this time.
    pub(super) first: Option<Timestamp>,
    /// May have been sent last at this time.
    pub(super) last: Option<Timestamp>,
    /// The same by elapsed time, where it was this program.
    pub(super) first_here: Option<Duration>,
    /// The same by elapsed time, where it was this program.
    pub(super) last_here: Option<Duration>,
    /// Whether some send was never answered.
    pub(super) in_doubt: bool,
    /// Accepted at this elapsed time.
    pub(super) accepted: Option<Duration>,
    /// The order it made.
    pub(super) order: Option<OrderId>,
    /// The money that is set aside for it.
    pub(super) promise: Option<Promise>,
    /// A refusal that came after a send without answer: it proves nothing about that one.
    pub(super) refusal: Option<Failure>,
    /// What the last send was told, when it was not accepted.
    pub(super) told: Option<CloudError>,
    /// Looks that showed neither before nor after.
    pub(super) surprises: u32,
    /// When the call was put off first, by a refusal that passes.
    pub(super) put_off_since: Option<Duration>,
    /// When a read first showed no effect after the horizon.
    pub(super) no_effect_since: Option<Duration>,
}

/// What to do after a look.
pub(super) enum Move {
    End(Box<End>),
    Send,
    Wait(Duration),
    /// Look for the order that it may have made.
    Trace,
}

impl Move {
    pub(super) fn end(end: End) -> Self {
        Self::End(Box::new(end))
    }
}

impl Worker {
    /// What is known of the step's call from before.
    pub(super) fn sending(&self) -> Sending {
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
        // A step that goes on with an order which is there sends nothing, whatever it announced.
        let sends = self.is_undo() || self.step().adopts.is_none();
        let begun = begun.filter(|_| sends || answered);
        Sending {
            first: begun,
            last: begun.and(known.last_sent),
            first_here: None,
            last_here: None,
            in_doubt: begun.is_some() && !answered,
            accepted: answered.then(|| self.tools.clock.elapsed()),
            order: known.order,
            promise: None,
            refusal: None,
            told: None,
            surprises: 0,
            put_off_since: None,
            no_effect_since: None,
        }
    }

    /// Perhaps it was done: send again while the token is surely remembered, later only read.
    pub(super) fn while_in_doubt(
        &self,
        call: &ModifyCall,
        sending: &mut Sending,
        seen: &ObservedInstance,
        (first, last): (Timestamp, Timestamp),
    ) -> Move {
        // Its effect may be that of an order of somebody else: asked again, the same would be bought twice.
        if self.shows_an_order(call, sending, seen) {
            return Move::Trace;
        }
        if self.may_be_sent_again(call, sending, first) {
            return Move::Send;
        }
        let horizon = HORIZON.saturating_sub(self.sent_last_ago(sending, last));
        if !horizon.is_zero() && !planted::is(Fault::NoHorizon) {
            self.waiting(format!(
                "an unanswered call may take effect for another {} s",
                horizon.as_secs()
            ));
            return Move::Wait(horizon);
        }
        if call.makes_order() {
            return Move::Trace;
        }
        match self.had_no_effect(call, sending, "two reads prove that it had no effect") {
            Some(end) => Move::end(end),
            None => Move::Wait(PROOF_GAP),
        }
    }

    /// Whether a call in doubt may be sent again. Should it never have arrived, one that makes an order makes it only
    /// now: never where nothing new is begun, and what this program has not sent yet only in open hours.
    pub(super) fn may_be_sent_again(
        &self,
        call: &ModifyCall,
        sending: &Sending,
        first: Timestamp,
    ) -> bool {
        let in_hours = sending.last_here.is_some() || self.hours_are_open;
        let may_order = in_hours && self.mode.get() != Mode::PutBack;
        sending.refusal.is_none()
            && (may_order || !call.makes_order())
            && self.token_lives(sending, first)
    }

    /// Whether nothing but the hours, or somebody who asked to stop, kept a call from being sent again.
    fn was_let_be(&self, call: &ModifyCall, sending: &Sending) -> bool {
        let first = sending
            .first
            .filter(|first| self.token_lives(sending, *first));
        first.is_some_and(|first| !self.may_be_sent_again(call, sending, first))
    }

    /// Whether what the order in doubt asks for shows already.
    fn shows_an_order(
        &self,
        call: &ModifyCall,
        sending: &Sending,
        seen: &ObservedInstance,
    ) -> bool {
        let (_, after) = self.goals();
        call.makes_order() && sending.in_doubt && after.is_shown_by(seen)
    }

    /// Whether the cloud surely remembers the token, whatever became of the clocks.
    fn token_lives(&self, sending: &Sending, first: Timestamp) -> bool {
        let clock = self.tools.clock.as_ref();
        if planted::is(Fault::OldTokenSentAgain) {
            return true;
        }
        match sending.first_here {
            Some(here) => {
                let age = clock.elapsed().saturating_sub(here);
                age.max(since(first, clock.wall())) < RESEND_WITHIN
            }
            None => self.began.at_most(first, clock) < RESEND_TAKEN_UP_WITHIN,
        }
    }

    /// How long ago, at least, the last send was.
    fn sent_last_ago(&self, sending: &Sending, last: Timestamp) -> Duration {
        let clock = self.tools.clock.as_ref();
        match sending.last_here {
            Some(here) => clock.elapsed().saturating_sub(here),
            None => self.began.at_least(last, clock),
        }
    }

    /// Between which times of the cloud's calendar the call was sent. The cloud took it, so that our calendar was
    /// right by fifteen minutes when it was signed; stamps may be from before it was set.
    fn sent_between(
        &self,
        sending: &Sending,
        first: Timestamp,
        last: Timestamp,
    ) -> (Timestamp, Timestamp) {
        let (now, elapsed) = (self.tools.clock.wall(), self.tools.clock.elapsed());
        let moment = |here: Duration| now.checked_sub(elapsed.saturating_sub(here)).unwrap_or(now);
        let from = sending
            .first_here
            .map_or(first, |here| moment(here).min(first));
        let until = sending
            .last_here
            .map_or(last, |here| moment(here).max(last));
        (from, until)
    }

    /// A second read without effect, some time after the first, is proof.
    fn had_no_effect(&self, call: &ModifyCall, sending: &mut Sending, proof: &str) -> Option<End> {
        let elapsed = self.tools.clock.elapsed();
        let no_effect = *sending.no_effect_since.get_or_insert(elapsed);
        if elapsed - no_effect < PROOF_GAP {
            return None;
        }
        let told = sending.told.as_ref();
        // Nothing failed where it could have been asked for again, and was not: it is begun again when it may be.
        let cause = if self.was_let_be(call, sending) {
            FailureCause::Interrupted
        } else {
            FailureCause::NoEffect
        };
        let failure = sending
            .refusal
            .clone()
            .unwrap_or_else(|| failure_with(cause, &format!("never answered, and {proof}"), told));
        Some(End::Failed {
            failure,
            scope: None,
        })
    }

    /// Looks for the order of an unanswered call in the account's books. `Some` is the end of the task.
    pub(super) async fn find_order(
        &self,
        call: &ModifyCall,
        sending: &mut Sending,
        seen: &ObservedInstance,
    ) -> Option<End> {
        let (first, last) = self.sent_between(sending, sending.first?, sending.last?);
        let (_, after) = self.goals();
        let shown = after.is_shown_by(seen);
        let told = sending.told.clone();
        let doubt = |why: String| Some(self.order_unknown((first, last), &why, told.as_ref()));
        match self.trace(call, Some(seen), (first, last)).await {
            Trace::Found(order) => {
                self.adopt(sending, order).await;
                None
            }
            // The books lag behind.
            Trace::Nothing if shown && self.sent_last_ago(sending, sending.last?) < HORIZON => {
                self.waiting("its change shows, and its order not yet".to_owned());
                self.tools.clock.sleep(PROOF_GAP).await;
                None
            }
            Trace::Nothing if shown => doubt("its change shows, but no order for it".to_owned()),
            Trace::Nothing => {
                let proof = "two readings of the account's orders show none of it";
                let end = self.had_no_effect(call, sending, proof);
                if end.is_none() {
                    self.tools.clock.sleep(PROOF_GAP).await;
                }
                end
            }
            Trace::Several(orders) => {
                let orders: Vec<String> = orders.iter().map(ToString::to_string).collect();
                doubt(format!("it may be any of {}", orders.join(", ")))
            }
            Trace::Unreadable(error) => doubt(format!("the orders cannot be read: {error}")),
        }
    }

    /// The machine cannot be looked at any more. The order that a lost answer may have told of outlives it, and
    /// is looked for all the same: after nothing can arrive any more, twice.
    pub(super) async fn order_of_the_gone(
        &self,
        call: &ModifyCall,
        sending: &mut Sending,
        end: End,
    ) -> End {
        let (Some(first), Some(last)) = (sending.first, sending.last) else {
            return end;
        };
        if !call.makes_order() || !sending.in_doubt {
            return end;
        }
        let left = HORIZON.saturating_sub(self.sent_last_ago(sending, last));
        let (first, last) = self.sent_between(sending, first, last);
        for wait in [left, PROOF_GAP] {
            self.tools.clock.sleep(wait).await;
            let why = match self.trace(call, None, (first, last)).await {
                Trace::Nothing => continue,
                Trace::Found(order) => {
                    self.adopt(sending, order).await;
                    return end;
                }
                Trace::Several(_) => "several may be it".to_owned(),
                Trace::Unreadable(error) => format!("the orders cannot be read: {error}"),
            };
            return self.order_unknown((first, last), &why, sending.told.as_ref());
        }
        end
    }

    /// From here on it is as if the answer had come.
    pub(super) async fn adopt(&self, sending: &mut Sending, order: OrderId) {
        sending.accepted = Some(self.tools.clock.elapsed());
        sending.in_doubt = false;
        sending.order = Some(order.clone());
        self.waiting(format!("its order was found in the account: {order}"));
        self.note(StepEvent::Answered {
            request_id: None,
            order_id: Some(order),
        })
        .await;
    }

    /// Neither found nor known not to exist: a person has to look.
    fn order_unknown(
        &self,
        (first, last): (Timestamp, Timestamp),
        why: &str,
        told: Option<&CloudError>,
    ) -> End {
        let target = self
            .saga
            .target_type()
            .map_or_else(|| "its network".to_owned(), ToString::to_string);
        let instance = &self.saga.instance;
        let message = format!(
            "an order that makes {instance} {target} may exist, no answer told its id: {why}; look among \
             the orders made between {first} and {last}, then apply again"
        );
        End::Failed {
            failure: failure_with(FailureCause::Unknown, &message, told),
            scope: None,
        }
    }
}
