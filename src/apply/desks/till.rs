//! The balance, shared by all who pay from it: what was promised to one order is not there for the next.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;
use std::time::Duration;

use tokio::sync::Mutex;

use crate::apply::timing::PROMISE_POLL;
use crate::clock::Clock;
use crate::cloud::{Billing, CloudError};
use crate::model::{InstanceId, Money};

type Promised = Rc<RefCell<BTreeMap<InstanceId, Money>>>;

/// Where workers ask whether an order can be paid.
#[derive(Clone)]
pub(in crate::apply) struct Till {
    billing: Rc<dyn Billing>,
    clock: Rc<dyn Clock>,
    promised: Promised,
    turn: Rc<Mutex<()>>,
}

/// Money set aside for the order of one machine, until this is dropped: then the order is paid and gone
/// from the balance, or it was not made.
pub(in crate::apply) struct Promise {
    promised: Promised,
    instance: InstanceId,
}

impl Drop for Promise {
    fn drop(&mut self) {
        self.promised.borrow_mut().remove(&self.instance);
    }
}

/// Why nothing was set aside.
pub(in crate::apply) enum NoPromise {
    /// The balance is too small.
    Short {
        /// What there is.
        available: Money,
    },
    /// The balance could not be read.
    Unreadable(CloudError),
}

/// Whether a price fits into what is left.
enum Fit {
    Fits,
    /// Not beside what is promised to others, who may turn out not to need it.
    NotYet,
    Never,
}

impl Till {
    pub(in crate::apply) fn open(billing: &Rc<dyn Billing>, clock: &Rc<dyn Clock>) -> Self {
        Self {
            billing: billing.clone(),
            clock: clock.clone(),
            promised: Rc::default(),
            turn: Rc::default(),
        }
    }

    /// Reads the balance and sets the price of one order aside; waits this long for money that is
    /// promised to others.
    pub(in crate::apply) async fn promise(
        &self,
        instance: &InstanceId,
        price: &Money,
        patience: Duration,
    ) -> Result<Promise, NoPromise> {
        let begun = self.clock.elapsed();
        loop {
            // One at a time: between reading and setting aside nobody else may count on the same money.
            let turn = self.turn.lock().await;
            let balance = self.billing.account_balance().await;
            let available = balance.map_err(NoPromise::Unreadable)?.available;
            match self.fit(&available, price) {
                Fit::Fits => {
                    let mut promised = self.promised.borrow_mut();
                    promised.insert(instance.clone(), price.clone());
                    return Ok(Promise {
                        promised: self.promised.clone(),
                        instance: instance.clone(),
                    });
                }
                Fit::NotYet if self.clock.elapsed() - begun < patience => {}
                Fit::NotYet | Fit::Never => return Err(NoPromise::Short { available }),
            }
            drop(turn);
            self.clock.sleep(PROMISE_POLL).await;
        }
    }

    fn fit(&self, available: &Money, price: &Money) -> Fit {
        let promised = self.promised.borrow();
        let covers = |sum: Result<Money, _>| {
            sum.and_then(|sum| available.compare(&sum))
                .is_ok_and(std::cmp::Ordering::is_ge)
        };
        let all = promised
            .values()
            .try_fold(price.clone(), |sum, other| sum.plus(other));
        if covers(all) {
            Fit::Fits
        } else if !promised.is_empty() && covers(Ok(price.clone())) {
            Fit::NotYet
        } else {
            Fit::Never
        }
    }
}
