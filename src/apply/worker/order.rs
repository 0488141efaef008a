//! Orders that exist: whether they are paid, and what follows from it. Nothing here makes one.

use std::time::Duration;

use jiff::Timestamp;

use crate::apply::desks::Standing;
use crate::apply::mail::End;
use crate::apply::timing::{ABNORMAL_AFTER, PAYMENT_POLL, SHOW_WITHIN, poll_after};
use crate::model::{ObservedInstance, OrderId, PaymentStatus};
use crate::plan::Action;
use crate::saga::{Direction, FailureCause, StepEvent, StepRef};

use super::Worker;
use super::doubt::Sending;

/// An order and the step that made it.
pub(super) struct Placed {
    pub(super) id: OrderId,
    /// Position of that step.
    pub(super) step: u16,
    /// It was not made before.
    pub(super) since: Timestamp,
}

/// How it stands with an order that is to be paid from the balance.
pub(super) enum OwnPayment {
    /// It is not paid yet, and still may be.
    Awaited,
    /// There is none, or it is paid, or nobody can tell.
    NotAwaited,
    /// It never will be.
    Ends(Box<End>),
}

impl Worker {
    /// An order left for a person: followed until it is paid and its change shows, or cancelled.
    pub(super) async fn await_payment(&self, patience: Duration) -> End {
        let begun = self.tools.clock.elapsed();
        let order = self.order_before();
        loop {
            if let Some(end) = self.payment_ends_it(order.as_ref()).await {
                return end;
            }
            let waited = self.tools.clock.elapsed() - begun;
            if waited >= patience {
                return End::Paused;
            }
            self.waiting("its order is not paid yet".to_owned());
            let pause = poll_after(waited).max(PAYMENT_POLL);
            // The last look comes when the patience ends, not when the next one would be due.
            let left = patience - waited;
            self.tools.clock.sleep(pause.min(left)).await;
        }
    }

    /// One look at the order; at the machine, where the books cannot be read.
    async fn payment_ends_it(&self, order: Option<&Placed>) -> Option<End> {
        let Some(order) = order else {
            return self.change_shows().await;
        };
        match self.standing(order).await {
            Ok(standing) => match standing.payment {
                PaymentStatus::Paid => Some(self.once_paid(order).await),
                PaymentStatus::Cancelled => Some(self.cancelled(order)),
                // What may be paid by our own call any moment is followed to its end.
                PaymentStatus::Unpaid if self.was_paid_by_call() => None,
                PaymentStatus::Unpaid => self.too_dear(order, &standing),
                PaymentStatus::Other(_) => self.change_shows().await,
            },
            Err(error) => {
                self.waiting(format!("its order cannot be read: {error}"));
                self.change_shows().await
            }
        }
    }

    /// An order that costs more than the plan allows is not waited for: a person decides.
    pub(super) fn too_dear(&self, order: &Placed, standing: &Standing) -> Option<End> {
        let cap = self.saga.steps[usize::from(order.step)].price.cap()?;
        let price = standing.price.as_ref()?;
        if price.compare(cap).is_ok_and(std::cmp::Ordering::is_le) {
            return None;
        }
        let id = &order.id;
        let message = format!(
            "order {id} costs {price}, and the plan allows {cap}: run `respec orders cancel {id}` and plan \
             again, or pay it nevertheless; then apply goes on"
        );
        Some(self.failed(FailureCause::TooDear, message))
    }

    /// The newest order of the steps before this one.
    pub(super) fn order_before(&self) -> Option<Placed> {
        let steps = self.state.steps.range(..self.at.step).rev();
        let mut orders = steps.filter_map(|(step, state)| {
            Some(Placed {
                id: state.order.clone()?,
                step: *step,
                since: state.first_sent?,
            })
        });
        orders.next()
    }

    /// What the books say of an order; written down when it is news.
    pub(super) async fn standing(
        &self,
        order: &Placed,
    ) -> Result<Standing, crate::cloud::CloudError> {
        let standing = self.books.standing(&order.id, order.since).await?;
        let known = self.state.step(order.step).booked;
        let news = (standing.payment.clone(), standing.amount.clone());
        if known.as_ref() != Some(&news) && self.told.borrow().as_ref() != Some(&news) {
            self.told.replace(Some(news));
            let at = StepRef {
                step: order.step,
                direction: Direction::Forward,
                ..self.at.clone()
            };
            let event = StepEvent::Booked {
                order_id: order.id.clone(),
                payment: standing.payment.clone(),
                amount: standing.amount.clone(),
            };
            self.note_at(at, event).await;
        }
        Ok(standing)
    }

    /// The same from the order alone, as it stands at this moment.
    pub(super) async fn standing_now(
        &self,
        order: &Placed,
    ) -> Result<Standing, crate::cloud::CloudError> {
        let detail = self.books.now(&order.id).await?;
        Ok(Standing::of(&detail.order))
    }

    fn was_paid_by_call(&self) -> bool {
        self.step().action == Action::PayOrder && self.known().first_sent.is_some()
    }

    /// How it stands with an order that is to be paid from the balance.
    pub(super) async fn own_payment(
        &self,
        sending: &Sending,
        seen: &ObservedInstance,
    ) -> OwnPayment {
        let (Some(accepted), Some(order)) = (sending.accepted, self.own_order(sending)) else {
            return OwnPayment::NotAwaited;
        };
        // Where the books cannot be read, the machine alone tells.
        let Ok(standing) = self.standing(&order).await else {
            return OwnPayment::NotAwaited;
        };
        let waited = self.tools.clock.elapsed() - accepted;
        match standing.payment {
            PaymentStatus::Cancelled => OwnPayment::Ends(Box::new(self.cancelled(&order))),
            PaymentStatus::Unpaid if waited > ABNORMAL_AFTER => {
                OwnPayment::Ends(Box::new(self.abnormal(&order)))
            }
            PaymentStatus::Unpaid => OwnPayment::Awaited,
            // Nothing else shows that it was bought.
            PaymentStatus::Paid if self.step().after.temporary.is_some() => {
                OwnPayment::Ends(Box::new(End::Succeeded {
                    found: false,
                    seen: Some(seen.clone()),
                }))
            }
            PaymentStatus::Paid | PaymentStatus::Other(_) => OwnPayment::NotAwaited,
        }
    }

    fn own_order(&self, sending: &Sending) -> Option<Placed> {
        if self.is_undo() || !self.step().pays_by_itself() {
            return None;
        }
        Some(Placed {
            id: sending.order.clone()?,
            step: self.at.step,
            since: sending.first?,
        })
    }

    /// R42.
    fn abnormal(&self, order: &Placed) -> End {
        let id = &order.id;
        let message = format!(
            "order {id} was to be paid from the balance and is not: as a rule the balance was too small, \
             and such an order can only be voided. Run `respec orders cancel {id}`, add money or write \
             `payment: await`, then apply again"
        );
        self.failed(FailureCause::Abnormal, message)
    }

    fn cancelled(&self, order: &Placed) -> End {
        let message = format!("order {} was cancelled before it was paid", order.id);
        self.failed(FailureCause::Cancelled, message)
    }

    /// What was bought for a while shows when its time comes; everything else is waited for.
    async fn once_paid(&self, order: &Placed) -> End {
        if self.step().after.temporary.is_none() {
            return self.until_it_shows(order).await;
        }
        End::Succeeded {
            found: true,
            seen: None,
        }
    }

    /// Paid: the change follows by itself, within seconds as a rule (R11).
    async fn until_it_shows(&self, order: &Placed) -> End {
        let begun = self.tools.clock.elapsed();
        loop {
            if let Some(end) = self.change_shows().await {
                return end;
            }
            let waited = self.tools.clock.elapsed() - begun;
            if waited > SHOW_WITHIN {
                let message = format!(
                    "order {} is paid, but its change does not show after {} s",
                    order.id,
                    SHOW_WITHIN.as_secs()
                );
                return self.failed(FailureCause::Unknown, message);
            }
            self.waiting("its order is paid; the change to show".to_owned());
            self.tools.clock.sleep(poll_after(waited)).await;
        }
    }

    async fn change_shows(&self) -> Option<End> {
        let seen: ObservedInstance = match self.look_patiently().await {
            Ok(seen) => seen,
            Err(end) => return Some(end),
        };
        let shows = self.step().after.is_shown_by(&seen);
        shows.then_some(End::Succeeded {
            found: true,
            seen: Some(seen),
        })
    }
}
