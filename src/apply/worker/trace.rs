//! An answer that was lost may have made an order: it is looked for in the account's books.
//!
//! Found by time, machine and what it makes of it. Found is adopted, so that nothing is ordered twice;
//! not found, twice, after nothing can arrive any more, proves that there is none.

use jiff::Timestamp;

use crate::apply::timing::HORIZON;
use crate::cloud::CloudError;
use crate::model::{AskedFor, ModifyCall, ObservedInstance, OrderId};

use super::Worker;

/// What the books know of a call whose answer was lost.
pub(super) enum Trace {
    /// This order is its.
    Found(OrderId),
    /// It made none.
    Nothing,
    /// It cannot be told which of these.
    Several(Vec<OrderId>),
    /// The books cannot be read.
    Unreadable(CloudError),
}

impl Worker {
    /// Looks for the order of a call that may have been sent from `first` to `last`; the machine itself
    /// need not be there any more.
    pub(super) async fn trace(
        &self,
        call: &ModifyCall,
        seen: Option<&ObservedInstance>,
        (first, last): (Timestamp, Timestamp),
    ) -> Trace {
        let found = match self.books.made_between(first, last + HORIZON).await {
            Ok(found) => found,
            Err(error) => return Trace::Unreadable(error),
        };
        let wanted = AskedFor {
            instance: &self.saga.instance,
            call,
            is_now: seen.map(|seen| &seen.instance_type),
            was: self.step().before.instance_type.as_ref(),
        };
        let strangers = found
            .into_iter()
            .filter(|detail| !self.known_orders.borrow().contains(&detail.order.id));
        let mut ids: Vec<OrderId> = strangers
            .filter(|detail| wanted.may_be(detail))
            .map(|detail| detail.order.id)
            .collect();
        match (ids.pop(), ids.is_empty()) {
            (None, _) => Trace::Nothing,
            (Some(id), true) => Trace::Found(id),
            (Some(id), false) => {
                ids.push(id);
                ids.sort();
                Trace::Several(ids)
            }
        }
    }
}
