//! The account's books: orders and the balance. They know money, not machines.

use async_trait::async_trait;
use jiff::Timestamp;
use secrecy::SecretString;

use super::error::CloudError;
use crate::model::{Money, Order, OrderDetail, OrderId, OrderKind, PaymentStatus, RequestId};

/// Orders on one page; larger pages may time out.
pub const ORDERS_PER_PAGE: u32 = 20;

/// Most orders of one list that are read by its pages: a hundred pages. A longer one is asked for in shorter windows.
pub const ORDERS_MAX: u32 = 2_000;

/// Which orders to list. The window is always stated: left to itself, the API answers for the last
/// hour only, which is how orders get overlooked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrderQuery {
    /// Made at this moment or later, to the second.
    pub created_from: Timestamp,
    /// Made at this moment or earlier, to the second.
    pub created_until: Timestamp,
    /// Only those that stand so.
    pub payment: Option<PaymentStatus>,
    /// Only those of this kind.
    pub kind: Option<OrderKind>,
}

/// What the account could pay at once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Balance {
    /// Cash and credit together (`AvailableAmount`).
    pub available: Money,
}

/// Who pays an order through the API. The vendor has not documented where these come from, so they
/// are passed on as configured.
#[derive(Debug, Clone)]
pub struct Payer {
    /// `BuyerId`.
    pub buyer_id: String,
    /// `PayerId`.
    pub payer_id: String,
    /// `PaySubmitUid`.
    pub pay_submit_uid: String,
    /// `Token`.
    pub token: SecretString,
}

/// The billing service, whose calls are about the account and never about a region.
#[async_trait(?Send)]
pub trait Billing {
    /// `QueryOrders` over every page: the orders for machines that were made within the window, newest first.
    ///
    /// # Errors
    /// [`CloudError`], also when there are far more than [`ORDERS_MAX`] or the list keeps changing while
    /// it is read: a list with gaps is never returned.
    async fn query_orders(&self, query: &OrderQuery) -> Result<Vec<Order>, CloudError>;

    /// `GetOrderDetail`.
    ///
    /// # Errors
    /// [`CloudError`].
    async fn order_detail(&self, order: &OrderId) -> Result<OrderDetail, CloudError>;

    /// `CancelOrder`, for orders that are not paid. An unknown outcome is settled by looking at the
    /// order.
    ///
    /// # Errors
    /// [`CloudError`]; a paid order is refused.
    async fn cancel_order(&self, order: &OrderId) -> Result<RequestId, CloudError>;

    /// `QueryAccountBalance`.
    ///
    /// # Errors
    /// [`CloudError`].
    async fn account_balance(&self) -> Result<Balance, CloudError>;

    /// `PayOrder`. Sent once: it takes no token, so after a lost answer only the order itself can
    /// tell whether it was paid.
    ///
    /// # Errors
    /// [`CloudError`]; look at [`CloudError::outcome`] before anything else.
    async fn pay_order(&self, order: &OrderId, payer: &Payer) -> Result<RequestId, CloudError>;
}
