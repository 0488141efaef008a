//! Orders that exist: whether they are paid, and what follows from it. Nothing here makes one.

use jiff::Timestamp;

use crate::model::{ObservedInstance, OrderId, PaymentStatus};
use crate::saga::{Direction, FailureCause, StepEvent, StepRef};

use super::books::Standing;
use super::doubt::Sending;
use super::timing::{ABNORMAL_AFTER, PAYMENT_POLL, SHOW_WITHIN, poll_after};
use super::worker::{End, Worker};

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
    pub(super) async fn await_payment(&self) -> End {
        let begun = self.tools.clock.elapsed();
        let order = self.order_before();
        loop {
            if let Some(end) = self.payment_ends_it(order.as_ref()).await {
                return end;
            }
            let waited = self.tools.clock.elapsed() - begun;
            if waited >= self.limits.wait_payment {
                return End::Paused;
            }
            self.waiting("its order is not paid yet".to_owned());
            let pause = poll_after(waited).max(PAYMENT_POLL);
            // The last look comes when the patience ends, not when the next one would be due.
            let left = self.limits.wait_payment - waited;
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
                PaymentStatus::Paid => Some(self.until_it_shows(order).await),
                PaymentStatus::Cancelled => Some(self.cancelled(order)),
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
    fn too_dear(&self, order: &Placed, standing: &Standing) -> Option<End> {
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
    fn order_before(&self) -> Option<Placed> {
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

    /// How it stands with an order that is to be paid from the balance.
    pub(super) async fn own_payment(&self, sending: &Sending) -> OwnPayment {
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
        self.step()
            .after
            .is_shown_by(&seen)
            .then(|| End::Succeeded {
                found: true,
                seen: Some(seen),
            })
    }
}
