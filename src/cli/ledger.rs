//! The account's books beside our state: which orders are ours, which are in our way.

use std::collections::BTreeSet;
use std::time::Duration;

use crate::cloud::{Billing as _, OrderQuery};
use crate::model::{
    DesiredFleet, InstanceId, InstanceName, Order, OrderDetail, OrderId, OrderOwner, PaymentStatus,
};
use crate::report::orders_text::OrderRow;
use crate::saga::OrderRecord;
use crate::store::Contents;

use super::context::Context;
use super::failure::Failure;

/// How far back orders are listed.
const LISTED_FOR: Duration = Duration::from_secs(90 * 24 * 3600);

/// The cloud's clock may be ahead of ours by so much.
const SKEW: Duration = Duration::from_secs(15 * 60);

/// Most unpaid orders of others that are looked into; each costs a call.
const FOREIGN_MAX: usize = 200;

/// What is needed to tell orders apart.
pub struct Ledger<'a> {
    /// Cloud and clock.
    pub context: &'a Context,
    /// The machines that are ours.
    pub fleet: &'a DesiredFleet,
    /// What is recorded, if anything is.
    pub contents: Option<&'a Contents>,
}

/// Looks at an order until it is paid or cancelled: so an answer that was lost is settled too. None when
/// it is neither after so many looks.
pub async fn settled(
    context: &Context,
    id: &OrderId,
    (looks, apart): (usize, Duration),
) -> Option<Order> {
    for _ in 0..looks {
        let detail = context.cloud.order_detail(id).await;
        if let Ok(OrderDetail { order, .. }) = detail
            && is_settled(&order.payment)
        {
            return Some(order);
        }
        context.clock.sleep(apart).await;
    }
    None
}

/// Whether nothing more will become of an order.
#[must_use]
pub fn is_settled(payment: &PaymentStatus) -> bool {
    match payment {
        PaymentStatus::Paid | PaymentStatus::Cancelled => true,
        PaymentStatus::Unpaid | PaymentStatus::Other(_) => false,
    }
}

impl Ledger<'_> {
    /// Our orders, and unpaid ones of others for our machines; newest first.
    ///
    /// # Errors
    /// [`Failure`] when the books cannot be read.
    pub async fn rows(&self) -> Result<Vec<OrderRow>, Failure> {
        let mut rows = Vec::new();
        let mut looked_into = 0;
        for order in self.orders().await? {
            if let Some(record) = self.record(&order.id) {
                rows.push(self.row(order, vec![record.instance.clone()]));
            } else if order.payment == PaymentStatus::Unpaid && looked_into < FOREIGN_MAX {
                looked_into += 1;
                let detail = self.detail(&order.id).await?;
                if self.is_about_us(&detail) {
                    rows.push(self.row(order, detail.instances));
                }
            }
        }
        Ok(rows)
    }

    /// Every order of the account of the last time, newest first.
    async fn orders(&self) -> Result<Vec<Order>, Failure> {
        let now = self.context.clock.wall();
        let query = OrderQuery {
            created_from: now - LISTED_FOR,
            created_until: now + SKEW,
            payment: None,
            kind: None,
        };
        let found = self.context.cloud.query_orders(&query).await;
        found.map_err(|error| Failure::cloud("read the account's orders", &error))
    }

    /// One order.
    ///
    /// # Errors
    /// [`Failure`] when it cannot be read or is not there.
    pub async fn one(&self, id: &OrderId) -> Result<(OrderRow, OrderDetail), Failure> {
        let detail = self.detail(id).await?;
        let row = self.row(detail.order.clone(), detail.instances.clone());
        Ok((row, detail))
    }

    /// These orders, each once, which may all be dealt with; what may not is said before anything is sent.
    ///
    /// # Errors
    /// [`Failure`] when one cannot be read, or as `may` says.
    pub async fn each(
        &self,
        ids: &[OrderId],
        may: fn(&OrderRow) -> Result<(), Failure>,
    ) -> Result<Vec<OrderRow>, Failure> {
        let mut rows = Vec::new();
        for id in ids.iter().collect::<BTreeSet<_>>() {
            let (row, _) = self.one(id).await?;
            may(&row)?;
            rows.push(row);
        }
        Ok(rows)
    }

    async fn detail(&self, id: &OrderId) -> Result<OrderDetail, Failure> {
        let detail = self.context.cloud.order_detail(id).await;
        detail.map_err(|error| Failure::cloud(&format!("read order {id}"), &error))
    }

    fn record(&self, id: &OrderId) -> Option<&OrderRecord> {
        self.contents?.orders.get(id)
    }

    /// Whether an order is about a machine of the manifest.
    fn is_about_us(&self, detail: &OrderDetail) -> bool {
        let ours = |id: &InstanceId| self.fleet.instances.contains_key(id);
        detail.instances.iter().any(ours)
    }

    fn row(&self, order: Order, machines: Vec<InstanceId>) -> OrderRow {
        let record = self.record(&order.id);
        let owner = match record {
            Some(_) => OrderOwner::Ours,
            None => OrderOwner::Foreign,
        };
        let run = record.map(|record| record.run.clone());
        let name = |id: &InstanceId| -> Option<InstanceName> {
            self.fleet.instances.get(id).map(|m| m.name.clone())
        };
        OrderRow {
            machines: machines
                .into_iter()
                .map(|id| (id.clone(), name(&id)))
                .collect(),
            order,
            owner,
            run,
        }
    }
}
