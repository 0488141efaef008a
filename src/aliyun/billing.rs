//! The billing port's methods. An account's books are kept on one of two sites; the wrong one says so, or shows
//! nothing, and is not asked again once that is known.

use std::collections::BTreeMap;

use async_trait::async_trait;
use jiff::Timestamp;
use secrecy::ExposeSecret as _;

use super::client::{Aliyun, Call};
use super::lenient::{Unreadable, required};
use super::operation::{self, Operation};
use super::refusal;
use super::reply::{self, OrderPage};
use super::sign::Parameters;
use super::site::{AccountSite, Counts, Heard};
use crate::cloud::{Balance, Billing, CloudError, ORDERS_MAX, ORDERS_PER_PAGE, OrderQuery, Payer};
use crate::model::{Order, OrderDetail, OrderId, RequestId};

/// How often a list that changed while it was read is read anew.
const READINGS_MAX: usize = 4;

/// Windows that one question is cut into at most, each read as a list of its own.
const WINDOWS_MAX: usize = 64;

#[async_trait(?Send)]
impl Billing for Aliyun {
    async fn query_orders(&self, query: &OrderQuery) -> Result<Vec<Order>, CloudError> {
        let mut found = ByAge::new();
        let mut windows = vec![query.clone()];
        for _ in 0..WINDOWS_MAX {
            let Some(window) = windows.pop() else {
                return Ok(found.into_values().rev().collect());
            };
            match self.read_window(&window).await? {
                Some(orders) => found.extend(orders),
                None => windows.extend(halves(&window)),
            }
        }
        Err(incomplete("there are more orders than are read at once"))
    }

    async fn order_detail(&self, order: &OrderId) -> Result<OrderDetail, CloudError> {
        let operation = &operation::GET_ORDER_DETAIL;
        let is_guessed = matches!(self.site(), AccountSite::Guessed(_));
        let read = |body: &[u8]| {
            if is_guessed && !reply::has_orders(body)? {
                return Ok(None);
            }
            reply::order_detail(body, order).map(Some)
        };
        let detail = self
            .ask_books(operation, about(order), read, of_detail)
            .await?;
        required(detail, "Order").map_err(|why| refusal::unreadable(operation, &why))
    }

    async fn cancel_order(&self, order: &OrderId) -> Result<RequestId, CloudError> {
        let operation = &operation::CANCEL_ORDER;
        self.ask_books(operation, about(order), reply::done, |_| Heard::Own)
            .await
    }

    async fn account_balance(&self) -> Result<Balance, CloudError> {
        let operation = &operation::QUERY_ACCOUNT_BALANCE;
        self.ask_books(operation, Parameters::new(), reply::balance, of_balance)
            .await
    }

    async fn pay_order(&self, order: &OrderId, payer: &Payer) -> Result<RequestId, CloudError> {
        let mut parameters = about(order);
        let mut add = |name: &str, value: &str| {
            parameters.insert(name.to_owned(), value.to_owned());
        };
        add("BuyerId", &payer.buyer_id);
        add("PayerId", &payer.payer_id);
        add("PaySubmitUid", &payer.pay_submit_uid);
        add("Token", payer.token.expose_secret());
        let operation = &operation::PAY_ORDER;
        self.ask_books(operation, parameters, reply::done, |_| Heard::Own)
            .await
    }
}

/// What became of reading all pages of a list once.
enum Reading {
    /// It was read to its end.
    Whole(ByAge),
    /// Its pages do not fit together: an order that leaves the list moves the ones behind it to earlier
    /// pages, where nobody looks any more.
    Moved,
    /// It has more than [`ORDERS_MAX`].
    TooLong,
}

/// Orders by age, so that equal lists are in equal order.
type ByAge = BTreeMap<(Timestamp, OrderId), Order>;

impl Aliyun {
    /// Every order of one window; none when there are more than are read at once.
    async fn read_window(&self, query: &OrderQuery) -> Result<Option<ByAge>, CloudError> {
        for _ in 0..READINGS_MAX {
            match self.read_pages(query).await? {
                Reading::Whole(orders) => return Ok(Some(orders)),
                Reading::TooLong => return Ok(None),
                Reading::Moved => {}
            }
        }
        Err(incomplete(
            "the list of orders keeps changing while it is read",
        ))
    }

    /// All pages once.
    async fn read_pages(&self, query: &OrderQuery) -> Result<Reading, CloudError> {
        let operation = &operation::QUERY_ORDERS;
        let mut found = ByAge::new();
        let mut n_total = None;
        for page_num in 1..=ORDERS_MAX / ORDERS_PER_PAGE {
            let parameters = page_of(query, page_num);
            let page = self
                .ask_books(operation, parameters, reply::order_page, of_page)
                .await?;
            if page.n_total > u64::from(ORDERS_MAX) {
                return Ok(Reading::TooLong);
            }
            if *n_total.get_or_insert(page.n_total) != page.n_total {
                return Ok(Reading::Moved);
            }
            let is_last = page.orders.is_empty();
            let keyed = |order: Order| ((order.created_at, order.id.clone()), order);
            found.extend(page.orders.into_iter().map(keyed));
            if found.len() as u64 == page.n_total {
                return Ok(Reading::Whole(found));
            }
            if is_last {
                break;
            }
        }
        Ok(Reading::Moved)
    }

    /// Asks where the account's books are believed to be, and at the other site as well where that alone settles
    /// nothing. `told` says what an answer tells of whose books they are.
    async fn ask_books<T>(
        &self,
        operation: &'static Operation,
        parameters: Parameters,
        read: impl Fn(&[u8]) -> Result<T, Unreadable>,
        told: fn(&T) -> Heard,
    ) -> Result<T, CloudError> {
        let asked = self.site();
        let mut call = Call {
            operation,
            region: self.home(),
            parameters,
            site: asked.site(),
        };
        let here = self.call(&call, &read).await;
        let said = Heard::of(&here, told);
        if said == Heard::Own {
            self.learn(AccountSite::Proven(asked.site()));
        }
        // Somebody else may have learned it meanwhile.
        let is_proven = self.site() == AccountSite::Proven(asked.site());
        if is_proven || !said.leaves_it_open(operation.repeat) {
            return here;
        }
        call.site = asked.site().other();
        let there = self.call(&call, &read).await;
        let (now, counts) = asked.settled(said, Heard::of(&there, told));
        if now != asked {
            self.learn(now);
        }
        match counts {
            Counts::Here => here,
            Counts::There => there,
            Counts::Neither => there.map_err(unheard),
        }
    }
}

fn of_page(page: &OrderPage) -> Heard {
    if page.n_total == 0 && page.orders.is_empty() {
        Heard::NoOrder
    } else {
        Heard::Own
    }
}

fn of_detail(detail: &Option<OrderDetail>) -> Heard {
    match detail {
        Some(_) => Heard::Own,
        None => Heard::NoOrder,
    }
}

fn of_balance(balance: &Balance) -> Heard {
    if balance.available.is_zero() {
        Heard::NoMoney
    } else {
        Heard::Own
    }
}

/// The window in two parts, which both have the second in the middle: no order falls between them.
fn halves(window: &OrderQuery) -> [OrderQuery; 2] {
    let middle = window.created_from + window.created_until.duration_since(window.created_from) / 2;
    let (mut first, mut second) = (window.clone(), window.clone());
    first.created_until = middle;
    second.created_from = middle;
    [first, second]
}

/// One site shows nothing, and the other one could not be heard: that is not nothing.
fn unheard(error: CloudError) -> CloudError {
    CloudError {
        message: format!(
            "the site that was asked first shows nothing, and the books of the other one could not be read ({}); \
             ALIBABA_CLOUD_ACCOUNT_TYPE tells which one the account is on: Domestic or International",
            error.message
        ),
        ..error
    }
}

fn about(order: &OrderId) -> Parameters {
    Parameters::from([("OrderId".to_owned(), order.to_string())])
}

fn page_of(query: &OrderQuery, page_num: u32) -> Parameters {
    let second = |moment: Timestamp| moment.strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
    let mut parameters = Parameters::from([
        ("ProductCode".to_owned(), "ecs".to_owned()),
        ("CreateTimeStart".to_owned(), second(query.created_from)),
        ("CreateTimeEnd".to_owned(), second(query.created_until)),
        ("PageNum".to_owned(), page_num.to_string()),
        ("PageSize".to_owned(), ORDERS_PER_PAGE.to_string()),
    ]);
    if let Some(payment) = &query.payment {
        parameters.insert("PaymentStatus".to_owned(), payment.to_string());
    }
    if let Some(kind) = &query.kind {
        parameters.insert("OrderType".to_owned(), kind.to_string());
    }
    parameters
}

fn incomplete(why: &str) -> CloudError {
    refusal::unreadable(&operation::QUERY_ORDERS, &Unreadable(why.to_owned()))
}
