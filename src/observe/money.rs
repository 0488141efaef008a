//! What things cost, what the account has, and which orders are open.
//!
//! Unlike the look at the fleet, none of this stops a plan: what could not be learned is known as
//! unknown, with the reason.

use std::collections::{BTreeMap, BTreeSet};

use futures_util::future::join_all;
use jiff::{SignedDuration, Timestamp};

use crate::cloud::{Billing, IDS_PER_CALL_MAX, OrderQuery, PriceReply, Prices};
use crate::model::{
    AutoRenew, Books, Funds, InstanceId, MoneyQuestions, NoQuote, Order, OrderDetail, OrderId,
    OrderKind, OrderOwner, PaymentStatus, PriceKey, Pricing, Quote, RegionId, UnpaidOrder,
    UpgradeOrder,
};

/// Questions about money that may be under way together; more only meets the throttle.
const QUESTIONS_AT_ONCE: usize = 10;

/// How far back orders are looked for. How long an unpaid one stays payable is not published; a quarter of a
/// year is far longer than any was seen to, and few buy bandwidth for an event that far away.
const ORDERS_SINCE: SignedDuration = SignedDuration::from_hours(90 * 24);

/// How far the cloud's clock may be ahead; an order of this very second counts as well.
const CLOCKS_APART_MAX: SignedDuration = SignedDuration::from_mins(15);

/// Orders of one sort that are looked into; each costs a call, and an account has few.
const ORDERS_MAX: usize = 100;

/// Whom to ask about money, and what is known beforehand.
pub struct MoneyDesk<'a> {
    /// Prices and renewals.
    pub prices: &'a dyn Prices,
    /// Orders and the balance.
    pub billing: &'a dyn Billing,
    /// The present moment, from which open orders are looked for backwards.
    pub now: Timestamp,
    /// Orders that the state knows as its own.
    pub ours: BTreeSet<OrderId>,
}

impl MoneyDesk<'_> {
    /// Asks everything. Orders that wait to be paid are looked for even when prices are not asked.
    pub async fn learn(&self, questions: &MoneyQuestions, pricing: Pricing) -> Books {
        let mut books = Books {
            pricing,
            ..Books::default()
        };
        if !questions.subscriptions.is_empty() {
            self.learn_unpaid(&mut books).await;
        }
        if !questions.upgradable.is_empty() {
            self.learn_upgrades(&mut books).await;
        }
        if let Some(since) = questions.unrecorded.values().min() {
            self.learn_paid(*since, questions, &mut books).await;
        }
        match pricing {
            Pricing::Skipped => {}
            Pricing::Asked => {
                books.quotes = quotes(self.prices, &questions.prices).await;
                books.renewals = renewals(self.prices, &questions.subscriptions).await;
                if questions.balance {
                    books.funds = funds(self.billing).await;
                }
            }
        }
        books
    }
}

/// Asks each price, about one machine that stands for all like it.
async fn quotes(
    prices: &dyn Prices,
    questions: &BTreeMap<PriceKey, InstanceId>,
) -> BTreeMap<PriceKey, Result<Quote, NoQuote>> {
    let mut answers = BTreeMap::new();
    let questions: Vec<(&PriceKey, &InstanceId)> = questions.iter().collect();
    for batch in questions.chunks(QUESTIONS_AT_ONCE) {
        let asked = batch.iter().map(|(key, about)| ask(prices, key, about));
        let replies = join_all(asked).await;
        answers.extend(batch.iter().map(|(key, _)| (*key).clone()).zip(replies));
    }
    answers
}

async fn ask(prices: &dyn Prices, key: &PriceKey, about: &InstanceId) -> Result<Quote, NoQuote> {
    let (reply, about) = match key {
        PriceKey::Upgrade(upgrade) => {
            let reply = prices.upgrade_price(about, upgrade).await;
            (reply, Some(about.clone()))
        }
        PriceKey::Shape(shape) => (prices.shape_price(shape).await, None),
    };
    match reply {
        Ok(PriceReply {
            price,
            marketplace_image,
        }) => Ok(Quote {
            price,
            marketplace_image,
            about,
        }),
        Err(error) => Err(NoQuote {
            why: error.to_string(),
            code: error.code,
        }),
    }
}

/// What the account can pay at once.
async fn funds(billing: &dyn Billing) -> Funds {
    match billing.account_balance().await {
        Ok(balance) => Funds::Known(balance.available),
        Err(error) => Funds::Unknown(error.to_string()),
    }
}

/// What happens to these subscriptions when their term ends, as far as it could be learned.
async fn renewals(
    prices: &dyn Prices,
    subscriptions: &BTreeMap<RegionId, BTreeSet<InstanceId>>,
) -> BTreeMap<InstanceId, AutoRenew> {
    let mut found = BTreeMap::new();
    for (region, ids) in subscriptions {
        let ids: Vec<InstanceId> = ids.iter().cloned().collect();
        for page in ids.chunks(IDS_PER_CALL_MAX) {
            // Only shown, so that nothing hangs on an answer that does not come.
            found.extend(prices.auto_renewals(region, page).await.unwrap_or_default());
        }
    }
    found
}

/// Orders of one sort with their details, and why some may be missing.
#[derive(Default)]
struct Found {
    details: Vec<OrderDetail>,
    unread: Option<String>,
}

impl MoneyDesk<'_> {
    /// Orders that wait to be paid, by their machines.
    async fn learn_unpaid(&self, books: &mut Books) {
        let found = self.find(Some(PaymentStatus::Unpaid), None).await;
        for detail in found.details {
            let owner = self.owner(&detail);
            for id in &detail.instances {
                let detail = detail.clone();
                books
                    .unpaid
                    .insert(id.clone(), UnpaidOrder { detail, owner });
            }
        }
        books.unread_orders = found.unread;
    }

    /// Orders for temporary bandwidth, by their machines (R30).
    async fn learn_upgrades(&self, books: &mut Books) {
        let found = self.find(None, Some(OrderKind::TempUpgrade)).await;
        for detail in found.details {
            let order = UpgradeOrder::of(&detail, self.owner(&detail));
            if order.payment == PaymentStatus::Cancelled {
                continue;
            }
            for id in &detail.instances {
                let orders = books.upgrades.entry(id.clone()).or_default();
                orders.push(order.clone());
            }
        }
        books.unread_orders = books.unread_orders.take().or(found.unread);
    }

    /// Orders that were paid too late for the last start of their machine (R72): one list for all machines, and a look
    /// at those orders alone that were paid since the first of these starts.
    async fn learn_paid(&self, since: Timestamp, questions: &MoneyQuestions, books: &mut Books) {
        let may_matter = |order: &Order| {
            let upgrades = match &order.kind {
                OrderKind::Upgrade | OrderKind::IncreaseUpgrade => true,
                OrderKind::TempUpgrade | OrderKind::Downgrade | OrderKind::Refund => false,
                OrderKind::Other(_) => order.kind.may_change_a_machine(),
            };
            upgrades && order.paid_at.is_some_and(|at| at >= since)
        };
        let found = self
            .find_such(Some(PaymentStatus::Paid), None, may_matter)
            .await;
        for detail in found.details {
            for id in &detail.instances {
                if questions.unrecorded.contains_key(id) {
                    let orders = books.paid.entry(id.clone()).or_default();
                    orders.push(detail.clone());
                }
            }
        }
        books.unread_orders = books.unread_orders.take().or(found.unread);
    }

    fn owner(&self, detail: &OrderDetail) -> OrderOwner {
        if self.ours.contains(&detail.order.id) {
            OrderOwner::Ours
        } else {
            OrderOwner::Foreign
        }
    }

    async fn find(&self, payment: Option<PaymentStatus>, kind: Option<OrderKind>) -> Found {
        self.find_such(payment, kind, |_| true).await
    }

    /// Orders of these that matter; only those are looked into.
    async fn find_such(
        &self,
        payment: Option<PaymentStatus>,
        kind: Option<OrderKind>,
        matters: impl Fn(&Order) -> bool,
    ) -> Found {
        let (now, billing) = (self.now, self.billing);
        let query = OrderQuery {
            created_from: now.saturating_sub(ORDERS_SINCE).unwrap_or(now),
            created_until: now.saturating_add(CLOCKS_APART_MAX).unwrap_or(now),
            payment,
            kind,
        };
        let mut found = Found::default();
        let mut listed = match billing.query_orders(&query).await {
            Ok(listed) => listed,
            Err(error) => {
                found.unread = Some(error.to_string());
                return found;
            }
        };
        listed.retain(matters);
        if listed.len() > ORDERS_MAX {
            let n = listed.len();
            found.unread = Some(format!("of {n} orders only {ORDERS_MAX} were looked into"));
        }
        let listed: Vec<Order> = listed.into_iter().take(ORDERS_MAX).collect();
        for batch in listed.chunks(QUESTIONS_AT_ONCE) {
            let details = join_all(batch.iter().map(|order| billing.order_detail(&order.id))).await;
            for (order, detail) in batch.iter().zip(details) {
                let order = order.clone();
                match detail {
                    Ok(detail) => found.details.push(OrderDetail { order, ..detail }),
                    Err(error) => found.unread = Some(error.to_string()),
                }
            }
        }
        found
    }
}
