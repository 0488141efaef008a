//! The account's books beside our state: which orders are ours, which are in our way.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use crate::cloud::{Billing as _, CloudError, OrderQuery};
use crate::model::{
    DesiredFleet, Digest, InstanceId, InstanceName, Order, OrderDetail, OrderId, OrderOwner,
    PaymentStatus,
};
use crate::plan::SavedPlan;
use crate::report::orders::OrderRow;
use crate::saga::OrderRecord;
use crate::store::{Contents, PeekedPlan, Store, StoreError};

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

/// Orders that are recorded as ours, and that runs of ours went on with, or may have, although somebody else made them
/// (R45).
#[derive(Debug, Default)]
pub struct Theirs {
    /// The plan of the run says so.
    taken_up: BTreeSet<OrderId>,
    /// Only the plan of the run could tell, and why it cannot be read now.
    untold: BTreeMap<OrderId, String>,
}

impl Theirs {
    /// Whether it may have been made by somebody else.
    #[must_use]
    pub fn may_be(&self, id: &OrderId) -> bool {
        self.taken_up.contains(id) || self.untold.contains_key(id)
    }

    /// A line for each of these of which nobody can tell who made it.
    #[must_use]
    pub fn doubts(&self, rows: &[OrderRow]) -> Vec<String> {
        let line = |row: &OrderRow| {
            let id = &row.order.id;
            let why = self.untold.get(id)?;
            Some(format!(
                "somebody else may have made order {id}: only its run's plan could tell, and that cannot be read now ({why})"
            ))
        };
        rows.iter().filter_map(line).collect()
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

/// The order's number is all that is asked with: where a parameter is wrong, there is no such order.
fn unread(id: &OrderId, error: &CloudError) -> Failure {
    let mut failure = Failure::cloud(&format!("read order {id}"), error);
    let code = error.code.as_deref().unwrap_or_default();
    if code.to_ascii_lowercase().starts_with("invalidparameter") {
        let ours = "`respec orders list` shows our orders";
        let others = "those of others are in the console under Expenses > Orders";
        failure.hints = vec![
            format!("{ours}; {others}"),
            "nothing was changed".to_owned(),
        ];
    }
    failure
}

/// Whether nothing more will become of an order.
#[must_use]
pub fn is_settled(payment: &PaymentStatus) -> bool {
    match payment {
        PaymentStatus::Paid | PaymentStatus::Cancelled => true,
        PaymentStatus::Unpaid | PaymentStatus::Other(_) => false,
    }
}

/// Those of these orders that are recorded and whose end is not, by the plan of the run that recorded them.
fn waiting<'a>(contents: &'a Contents, ids: &[OrderId]) -> BTreeMap<&'a Digest, Vec<&'a OrderId>> {
    let mut waiting: BTreeMap<&Digest, Vec<&OrderId>> = BTreeMap::new();
    let wanted = |order: &&OrderRecord| ids.contains(&order.order_id);
    for order in contents.orders.values().filter(wanted) {
        let is_over = order.payment.as_ref().is_some_and(is_settled);
        if let Some(run) = contents.run(&order.run).filter(|_| !is_over) {
            let orders = waiting.entry(&run.plan_id).or_default();
            orders.push(&order.order_id);
        }
    }
    waiting
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

    /// Those of these orders that are recorded and that somebody else made, or of which nobody can tell now who did. Whoever
    /// holds the state is waited for, for so long, and not once more for each plan.
    ///
    /// # Errors
    /// [`Failure`] when the state cannot be read.
    pub async fn theirs(&self, ids: &[OrderId], patience: Duration) -> Result<Theirs, Failure> {
        let (mut theirs, mut patience) = (Theirs::default(), patience);
        let Some(contents) = self.contents else {
            return Ok(theirs);
        };
        for (plan, orders) in waiting(contents, ids) {
            match self.plan(plan, &mut patience).await? {
                Ok(plan) => {
                    let taken_up = plan.taken_up().map(|(_, order)| order.clone());
                    theirs.taken_up.extend(taken_up);
                }
                Err(why) => {
                    let untold = orders.into_iter().map(|id| (id.clone(), why.clone()));
                    theirs.untold.extend(untold);
                }
            }
        }
        Ok(theirs)
    }

    /// A plan that was kept, or why it cannot be read now. Where somebody held the state all that time, none is left.
    async fn plan(
        &self,
        id: &Digest,
        patience: &mut Duration,
    ) -> Result<Result<SavedPlan, String>, Failure> {
        let dir = self.context.store_dir(&self.fleet.fleet);
        let kept = Store::peek_plan(&dir, id, *patience).await;
        let kept = kept.map_err(|error| Failure::store("read a plan", &error))?;
        Ok(match kept {
            PeekedPlan::Whole(bytes) => SavedPlan::open(&bytes).map_err(|error| error.to_string()),
            PeekedPlan::Unread(held @ StoreError::Locked { .. }) => {
                *patience = Duration::ZERO;
                Err(format!("{held}; wait for it: --lock-timeout 10m"))
            }
            PeekedPlan::Unread(why) => Err(why.to_string()),
        })
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
        detail.map_err(|error| unread(id, &error))
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
