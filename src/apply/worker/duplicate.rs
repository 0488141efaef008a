//! No second order: what is there already is gone on with.
//!
//! A plan may name an order that somebody made and nobody paid; and bandwidth for a while is never bought
//! before the account's orders were searched for it, since no look at the machine would show it (R30).

use crate::apply::mail::End;
use crate::apply::token::{call_text, request_digest};
use crate::model::{
    AskedFor, ClientToken, ModifyCall, NetworkChange, OrderDetail, OrderId, PaymentStatus,
};
use crate::saga::{FailureCause, StepEvent};

use super::Worker;
use super::doubt::Sending;

impl Worker {
    /// The order that is gone on with instead of making one.
    ///
    /// # Errors
    /// The end of the task: nothing was ordered, and nothing is to be.
    pub(super) async fn order_there(&self, call: &ModifyCall) -> Result<Option<OrderId>, End> {
        if self.is_undo() {
            return Ok(None);
        }
        if let Some(named) = &self.step().adopts {
            return self.named_order(named).await.map(Some);
        }
        match call {
            ModifyCall::Network(NetworkChange {
                temporary: Some(_), ..
            }) => self.bought_already(call).await,
            ModifyCall::Network(_) | ModifyCall::Prepay(_) | ModifyCall::Spec(_) => Ok(None),
        }
    }

    /// The order that the plan names, as long as it still stands.
    async fn named_order(&self, named: &OrderId) -> Result<OrderId, End> {
        let detail = self.books.now(named).await;
        let detail = detail.map_err(|error| self.refused(&error))?;
        match detail.order.payment {
            PaymentStatus::Unpaid | PaymentStatus::Paid => Ok(named.clone()),
            PaymentStatus::Cancelled | PaymentStatus::Other(_) => {
                let stands = detail.order.payment;
                let message = format!(
                    "order {named}, which the plan goes on with, is {stands} now: nothing was ordered; \
                     plan again"
                );
                Err(self.failed(FailureCause::Surprised, message))
            }
        }
    }

    /// R30: an upgrade for the same time, whoever bought it. One that may be it and does not say so
    /// stops the purchase.
    async fn bought_already(&self, call: &ModifyCall) -> Result<Option<OrderId>, End> {
        let found = self.books.upgrades().await;
        let found = found.map_err(|error| self.refused(&error))?;
        let asked = AskedFor {
            instance: &self.saga.instance,
            call,
            is_now: None,
            was: None,
        };
        let stands = |detail: &&OrderDetail| detail.order.payment != PaymentStatus::Cancelled;
        let mut like = found
            .iter()
            .filter(stands)
            .filter(|detail| asked.may_be(detail));
        let Some(first) = like.next() else {
            return Ok(None);
        };
        let id = first.order.id.clone();
        if asked.is_surely(first) {
            return Ok(Some(id));
        }
        let message = format!(
            "order {id} may be this very upgrade: nothing was ordered; look at it with `respec orders show {id}`"
        );
        Err(self.failed(FailureCause::Surprised, message))
    }

    /// Goes on with an order as if our call had made it; the call is not sent. `Some` is the end of the
    /// task.
    pub(super) async fn take_up(
        &self,
        call: &ModifyCall,
        token: &ClientToken,
        sending: &mut Sending,
        order: OrderId,
    ) -> Option<End> {
        let request = request_digest(&self.saga.region, &self.saga.instance, &call_text(call));
        let intent = StepEvent::Intent {
            token: Some(token.clone()),
            request,
            pays: None,
        };
        if let Err(end) = self.record(intent).await {
            return Some(end);
        }
        let now = self.tools.clock.wall();
        sending.first = Some(now);
        sending.last = Some(now);
        let here = self.tools.clock.elapsed();
        (sending.first_here, sending.last_here) = (Some(here), Some(here));
        self.adopt(sending, order).await;
        None
    }
}
