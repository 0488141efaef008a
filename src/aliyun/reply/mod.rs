//! A body, read as the reply of its operation.
//!
//! In: bytes that are no refusal. Out: a typed reply, or [`Unreadable`] with the field that is
//! missing or wrong. What the tool decides by must be there; what it only shows may be absent.

mod attached;
mod instance;
mod change;
mod offer;
mod facts;
mod order;
mod price;
mod limits;

use super::lenient::{self, Unreadable};

pub(super) use change::{address, modified, power_answers, request_id};
pub(super) use facts::{TypePage, account, regions, type_page};
pub(super) use instance::instance_page;
pub(super) use limits::{shapes, vcpu_quota, widest};
pub(super) use offer::offers;
pub(super) use order::{OrderPage, balance, done, has_orders, order_detail, order_page};
pub(super) use price::{auto_renewals, price};

/// Turns a model's complaint about a name into ours.
fn named<T>(
    field: &str,
    value: Option<String>,
    parse: impl FnOnce(String) -> Result<T, crate::model::InvalidId>,
) -> Result<T, Unreadable> {
    let text = lenient::required(value, field)?;
    parse(text).map_err(|error| Unreadable(format!("{field}: {error}")))
}
