//! Paying an order by `PayOrder` (`payment: api`): at most one call for each order, whatever becomes of it.
//!
//! The call takes no token, so that only the order itself can tell whether it was paid. An intent is on
//! disk before it is sent; where there is one, of this step or of `orders pay`, nothing is ever sent again, and a
//! person pays from then on.

use crate::apply::desks::{NoPromise, Promise, Standing};
use crate::apply::mail::End;
use crate::apply::timing::{ABNORMAL_AFTER, PROMISE_WITHIN};
use crate::apply::token::request_digest;
use crate::cloud::Payer;
use crate::model::{BalanceCheck, Money, PaymentStatus};
use crate::saga::StepEvent;

use super::Worker;
use super::order::Placed;

impl Worker {
    /// Pays the order of the step before, unless that was tried already, and follows it as any other.
    pub(super) async fn pay_order(&self) -> End {
        let was_sent = self.known().first_sent.is_some();
        let paying = match &self.order_before() {
            Some(order) if !was_sent && !self.payments_sent.contains(&order.id) => {
                self.pay_once(order).await
            }
            Some(_) | None => Ok(None),
        };
        match paying {
            Err(end) => *end,
            // The money stays set aside until the payment shows.
            Ok(Some(_promise)) => {
                let patience = self.limits.wait_payment.max(ABNORMAL_AFTER);
                self.await_payment(patience).await
            }
            Ok(None) => self.await_payment(self.limits.wait_payment).await,
        }
    }

    /// Whether the order was paid, or perhaps was: then the money is set aside, if anybody counts it.
    async fn pay_once(&self, order: &Placed) -> Result<Option<Option<Promise>>, Box<End>> {
        // What cannot be read is read again by whoever waits.
        let Ok(standing) = self.standing_now(order).await else {
            return Ok(None);
        };
        if standing.payment != PaymentStatus::Unpaid {
            return Ok(None);
        }
        if let Some(end) = self.too_dear(order, &standing) {
            return Err(Box::new(end));
        }
        let Some(payer) = &self.tools.payer else {
            self.waiting("no payer is configured here; a person has to pay it".to_owned());
            return Ok(None);
        };
        let Some(promise) = self.set_payment_aside(order, &standing).await else {
            return Ok(None);
        };
        self.send_payment(order, payer).await?;
        Ok(Some(promise))
    }

    /// Sets the amount aside, where the balance is checked. None when it must not be paid.
    async fn set_payment_aside(
        &self,
        order: &Placed,
        standing: &Standing,
    ) -> Option<Option<Promise>> {
        // What is not known is not paid without a person.
        let amount: &Money = standing.amount.as_ref()?;
        standing.price.as_ref()?;
        self.saga.steps[usize::from(order.step)].price.cap()?;
        match self.limits.balance {
            BalanceCheck::Skip => return Some(None),
            BalanceCheck::Check => {}
        }
        let id = &order.id;
        match self
            .till
            .promise(&self.saga.instance, amount, PROMISE_WITHIN)
            .await
        {
            Ok(promise) => Some(Some(promise)),
            Err(NoPromise::Short { available }) => {
                self.waiting(format!(
                    "order {id} costs {amount} and {available} is there"
                ));
                None
            }
            Err(NoPromise::Unreadable(error)) => {
                self.waiting(format!("the balance cannot be read: {error}"));
                None
            }
        }
    }

    async fn send_payment(&self, order: &Placed, payer: &Payer) -> Result<(), Box<End>> {
        let request = request_digest(
            &self.saga.region,
            &self.saga.instance,
            &format!("PayOrder {}", order.id),
        );
        let intent = StepEvent::Intent {
            token: None,
            request,
            pays: Some(order.id.clone()),
        };
        self.record(intent).await.map_err(Box::new)?;
        let event = match self.tools.billing.pay_order(&order.id, payer).await {
            Ok(request_id) => StepEvent::Answered {
                request_id: Some(request_id),
                order_id: None,
            },
            Err(error) => {
                let id = &order.id;
                self.waiting(format!("PayOrder for {id}: {error}; it is not sent again"));
                StepEvent::Unanswered {
                    reason: format!("PayOrder: {}", error.message),
                }
            }
        };
        self.note(event).await;
        Ok(())
    }
}
