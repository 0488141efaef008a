//! Before an order is made: is it still no dearer than planned, and is the money there?

use std::time::Duration;

use crate::apply::desks::{NoPromise, Promise};
use crate::apply::mail::End;
use crate::apply::scope::Scope;
use crate::apply::timing::PROMISE_WITHIN;
use crate::model::{BalanceCheck, Money, ObservedInstance};
use crate::plan::order_question;
use crate::saga::FailureCause;

use super::Worker;

impl Worker {
    /// Asks price and balance again, as the step needs it. What comes back keeps the money set aside.
    ///
    /// # Errors
    /// The end of the task: nothing was ordered, and nothing is to be.
    pub(super) async fn clear_order(
        &self,
        seen: &ObservedInstance,
    ) -> Result<Option<Promise>, End> {
        if self.is_undo() || !self.step().is_paid_order() {
            return Ok(None);
        }
        let price = self.price_now(seen).await?;
        let is_checked = self.limits.balance == BalanceCheck::Check;
        match price {
            Some(price) if is_checked && self.step().pays_by_itself() => {
                self.set_aside(&price).await.map(Some)
            }
            Some(_) | None => Ok(None),
        }
    }

    /// What the order costs now. An order that is paid by a person may be made without knowing: it is
    /// looked at again before anybody pays it.
    async fn price_now(&self, seen: &ObservedInstance) -> Result<Option<Money>, End> {
        let (Some(cap), Some(question)) =
            (self.step().price.cap(), order_question(seen, self.step()))
        else {
            return Ok(None);
        };
        let reply = match self.tools.prices.upgrade_price(&seen.id, &question).await {
            Ok(reply) => reply,
            Err(error) if self.step().pays_by_itself() => return Err(self.refused(&error)),
            Err(error) => {
                self.waiting(format!("its price cannot be asked again: {error}"));
                return Ok(None);
            }
        };
        let image = reply.marketplace_image;
        let price = image.map_or(Ok(reply.price.clone()), |image| reply.price.plus(&image));
        match price {
            Ok(price) if price.compare(cap).is_ok_and(std::cmp::Ordering::is_le) => Ok(Some(price)),
            Ok(price) => {
                let message = format!(
                    "its order costs {price} now, and the plan allows {cap}: nothing was ordered; plan again"
                );
                Err(self.failed(FailureCause::Refused, message))
            }
            Err(error) => Err(self.failed(FailureCause::Refused, error.to_string())),
        }
    }

    async fn set_aside(&self, price: &Money) -> Result<Promise, End> {
        // Nobody is waited for while the machine is held down.
        let patience = if self.is_held_down() {
            Duration::ZERO
        } else {
            PROMISE_WITHIN
        };
        match self
            .till
            .promise(&self.saga.instance, price, patience)
            .await
        {
            Ok(promise) => Ok(promise),
            Err(NoPromise::Unreadable(error)) => Err(self.refused(&error)),
            Err(NoPromise::Short { available }) => {
                let message = format!(
                    "its order costs {price}, and of the balance {available} is left: nothing was ordered; \
                     add money, or write `payment: await`, then plan again"
                );
                Err(self.failed_for(Scope::PaidOrders, message))
            }
        }
    }
}
