//! One shared reading of the account's books: many orders, few calls.
//!
//! While several orders wait to be paid, one list of what is unpaid answers for all of them, and only an
//! order that is missing there is asked about alone.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;
use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::Mutex;

use crate::apply::timing::{BOOKS_FRESH, BOOKS_SKEW, UPGRADES_SINCE};
use crate::clock::Clock;
use crate::cloud::{Billing, CloudError, OrderQuery};
use crate::model::{Money, Order, OrderDetail, OrderId, OrderKind, PaymentStatus};

/// Where an order stands, and what it costs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::apply) struct Standing {
    pub(in crate::apply) payment: PaymentStatus,
    /// What is to be paid.
    pub(in crate::apply) amount: Option<Money>,
    /// The same before tax, as quotes are.
    pub(in crate::apply) price: Option<Money>,
}

impl Standing {
    pub(in crate::apply) fn of(order: &Order) -> Self {
        Self {
            payment: order.payment.clone(),
            amount: order.payable.clone().or_else(|| order.amount.clone()),
            price: order.amount.clone(),
        }
    }
}

/// The unpaid orders as they were read last.
#[derive(Default)]
struct Reading {
    taken_at: Option<Duration>,
    unpaid: BTreeMap<OrderId, Standing>,
}

/// Where workers ask about orders.
#[derive(Clone)]
pub(in crate::apply) struct Books {
    billing: Rc<dyn Billing>,
    clock: Rc<dyn Clock>,
    /// Orders that somebody waits for, and since when they may exist.
    watched: Rc<RefCell<BTreeMap<OrderId, Timestamp>>>,
    reading: Rc<Mutex<Reading>>,
    /// What never changes about an order: its machines and what they are to become.
    details: Rc<RefCell<BTreeMap<OrderId, OrderDetail>>>,
}

impl Books {
    pub(in crate::apply) fn open(billing: &Rc<dyn Billing>, clock: &Rc<dyn Clock>) -> Self {
        Self {
            billing: billing.clone(),
            clock: clock.clone(),
            watched: Rc::default(),
            reading: Rc::default(),
            details: Rc::default(),
        }
    }

    /// Where an order stands that was made at this moment or later. That it is unpaid may be news of
    /// [`BOOKS_FRESH`] ago; that it is not is always news of now.
    pub(in crate::apply) async fn standing(
        &self,
        order: &OrderId,
        since: Timestamp,
    ) -> Result<Standing, CloudError> {
        self.watched.borrow_mut().insert(order.clone(), since);
        if self.watched.borrow().len() > 1
            && let Some(standing) = self.among_the_unpaid(order).await?
        {
            return Ok(standing);
        }
        let detail = self.billing.order_detail(order).await?;
        let standing = Standing::of(&detail.order);
        if standing.payment != PaymentStatus::Unpaid {
            self.watched.borrow_mut().remove(order);
        }
        Ok(standing)
    }

    async fn among_the_unpaid(&self, order: &OrderId) -> Result<Option<Standing>, CloudError> {
        // Whoever comes while the list is read waits for it, and is answered by it.
        let mut reading = self.reading.lock().await;
        let now = self.clock.elapsed();
        if reading.taken_at.is_none_or(|at| now >= at + BOOKS_FRESH) {
            let found = self.billing.query_orders(&self.unpaid_query()).await?;
            let by_id = |order: Order| (order.id.clone(), Standing::of(&order));
            reading.unpaid = found.into_iter().map(by_id).collect();
            reading.taken_at = Some(now);
        }
        Ok(reading.unpaid.get(order).cloned())
    }

    fn unpaid_query(&self) -> OrderQuery {
        let now = self.clock.wall();
        let earliest = self.watched.borrow().values().min().copied();
        OrderQuery {
            created_from: earliest.unwrap_or(now) - BOOKS_SKEW,
            created_until: now + BOOKS_SKEW,
            payment: Some(PaymentStatus::Unpaid),
            kind: None,
        }
    }

    /// Every order that was made in this time, with its machines. What is dated by the cloud is looked
    /// for a little earlier and later than our clock says.
    pub(in crate::apply) async fn made_between(
        &self,
        from: Timestamp,
        until: Timestamp,
    ) -> Result<Vec<OrderDetail>, CloudError> {
        let query = OrderQuery {
            created_from: from - BOOKS_SKEW,
            created_until: until + BOOKS_SKEW,
            payment: None,
            kind: None,
        };
        let mut found = Vec::new();
        for order in self.billing.query_orders(&query).await? {
            let detail = self.detail(&order.id).await?;
            found.push(OrderDetail { order, ..detail });
        }
        Ok(found)
    }

    /// Every order for temporary bandwidth that may still be of use, with its machines (R30).
    pub(in crate::apply) async fn upgrades(&self) -> Result<Vec<OrderDetail>, CloudError> {
        let now = self.clock.wall();
        let query = OrderQuery {
            created_from: now - UPGRADES_SINCE,
            created_until: now + BOOKS_SKEW,
            payment: None,
            kind: Some(OrderKind::TempUpgrade),
        };
        let mut found = Vec::new();
        for order in self.billing.query_orders(&query).await? {
            let detail = self.detail(&order.id).await?;
            found.push(OrderDetail { order, ..detail });
        }
        Ok(found)
    }

    /// One order as it stands now.
    pub(in crate::apply) async fn now(&self, order: &OrderId) -> Result<OrderDetail, CloudError> {
        self.billing.order_detail(order).await
    }

    async fn detail(&self, order: &OrderId) -> Result<OrderDetail, CloudError> {
        if let Some(known) = self.details.borrow().get(order) {
            return Ok(known.clone());
        }
        let detail = self.billing.order_detail(order).await?;
        self.details
            .borrow_mut()
            .insert(order.clone(), detail.clone());
        Ok(detail)
    }
}
