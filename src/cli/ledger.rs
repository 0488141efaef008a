//! The account's books beside our state: which orders are ours, which are in our way.

use std::collections::BTreeSet;
use std::time::Duration;

use crate::cloud::{Billing as _, OrderQuery};
use crate::model::{
    DesiredFleet, Digest, InstanceId, InstanceName, Order, OrderDetail, OrderId, OrderOwner,
    PaymentStatus,
};
use crate::plan::SavedPlan;
use crate::report::orders::OrderRow;
use crate::saga::OrderRecord;
use crate::store::{Contents, Store, StoreError};

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

/// What the books have that is ours, or in our way.
#[derive(Default)]
pub struct Listed {
    /// Newest first.
    pub rows: Vec<OrderRow>,
    /// Unpaid orders of others that could not be read.
    pub unread: Vec<OrderId>,
    /// Unpaid orders of others, the oldest ones, that were not looked into.
    pub passed_over: usize,
}

impl Listed {
    /// What the rows do not show.
    #[must_use]
    pub fn gaps(&self) -> String {
        let unread = self.unread.iter();
        let mut text: String = unread
            .map(|id| format!("warning: order {id} of somebody else cannot be read\n"))
            .collect();
        if self.passed_over > 0 {
            text.push_str(&format!(
                "warning: {} older unpaid orders of others were not looked into\n",
                self.passed_over
            ));
        }
        text
    }
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
    pub async fn list(&self) -> Result<Listed, Failure> {
        let mut listed = Listed::default();
        let mut looked_into = 0;
        for order in self.orders().await? {
            if let Some(record) = self.record(&order.id) {
                let machines = vec![record.instance.clone()];
                listed.rows.push(self.row(order, machines));
                continue;
            }
            if order.payment != PaymentStatus::Unpaid {
                continue;
            }
            if looked_into == FOREIGN_MAX {
                listed.passed_over += 1;
                continue;
            }
            looked_into += 1;
            match self.detail(&order.id).await {
                Ok(detail) if self.is_about_us(&detail) => {
                    listed.rows.push(self.row(order, detail.instances));
                }
                Ok(_) => {}
                Err(_) => listed.unread.push(order.id),
            }
        }
        Ok(listed)
    }

    /// Orders that somebody else made and that runs of ours have gone on with (R45), as far as their plans are kept.
    ///
    /// # Errors
    /// [`Failure`] when the state cannot be read.
    pub async fn taken_up(&self) -> Result<BTreeSet<OrderId>, Failure> {
        let Some(contents) = self.contents else {
            return Ok(BTreeSet::new());
        };
        let waiting = contents.orders.values().filter(|order| {
            let payment = order.payment.as_ref();
            payment.is_none_or(|payment| !is_settled(payment))
        });
        let runs = waiting.filter_map(|order| contents.run(&order.run));
        let plans: BTreeSet<&Digest> = runs.map(|run| &run.plan_id).collect();
        let dir = self.context.store_dir(&self.fleet.fleet);
        let mut orders = BTreeSet::new();
        for plan in plans {
            let kept = match Store::peek_plan(&dir, plan).await {
                Err(StoreError::Damaged { .. }) => None,
                kept => kept.map_err(|error| Failure::store("read a plan", &error))?,
            };
            let plan = kept.and_then(|bytes| SavedPlan::open(&bytes).ok());
            let theirs = plan.iter().flat_map(SavedPlan::taken_up);
            orders.extend(theirs.map(|(_, order)| order.clone()));
        }
        Ok(orders)
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

    /// What is recorded of an order, if it is ours.
    #[must_use]
    pub fn record(&self, id: &OrderId) -> Option<&OrderRecord> {
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
