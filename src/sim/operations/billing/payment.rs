//! Placing an order: who pays, from what, and what becomes of it.

use crate::sim::money::Money;
use crate::sim::protocol::reply::{Fields, Refusal};
use crate::sim::protocol::request::Params;
use crate::sim::rules::{Caller, account};
use crate::sim::scenario::LowBalance;
use crate::sim::world::World;
use crate::sim::world::orders::{Change, Order, OrderKind, Part, Payment};

/// Whether an order is paid from the balance at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum AutoPay {
    Yes,
    No,
}

impl AutoPay {
    /// R42: unless told otherwise, orders are paid at once.
    pub(crate) fn read(params: &Params) -> Result<Self, Refusal> {
        match params.flag("AutoPay")? {
            Some(true) | None => Ok(Self::Yes),
            Some(false) => Ok(Self::No),
        }
    }
}

/// An order before it is placed.
pub(crate) struct Wanted {
    pub(crate) kind: OrderKind,
    pub(crate) amount: Money,
    /// The other machines of an order for several, with their share of the amount.
    pub(crate) others: Vec<(String, Money)>,
    pub(crate) change: Change,
}

/// Why an order cannot be paid.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unpayable {
    /// The balance does not cover it.
    Uncovered,
    /// It can only be voided (R42).
    Abnormal,
    /// It is paid or cancelled.
    Closed,
}

impl World {
    /// Places an order and answers with its id; what was paid is carried out by itself.
    pub(crate) fn place_order(
        &mut self,
        instance: &str,
        wanted: Wanted,
        auto_pay: AutoPay,
        caller: Caller,
    ) -> Result<Fields, Refusal> {
        let payment = self.payment_of(wanted.amount, auto_pay, caller)?;
        let order = Order {
            id: self.orders.next_id(),
            instance: instance.to_owned(),
            was: self.config_of(instance),
            others: self.parts_of(wanted.others),
            kind: wanted.kind,
            payment,
            amount: wanted.amount,
            created: self.now.wall,
            paid: None,
            applied: None,
            change: wanted.change,
        };
        let id = order.id.clone();
        self.orders.add(order);
        self.foresee_lapse(&id, self.now);
        if payment == Payment::Paid {
            self.take_money(&id);
        }
        Ok(Fields::from_iter([("OrderId".to_owned(), id.into())]))
    }

    fn parts_of(&self, others: Vec<(String, Money)>) -> Vec<Part> {
        let parts = others.into_iter().map(|(instance, amount)| Part {
            was: self.config_of(&instance),
            instance,
            amount,
        });
        parts.collect()
    }

    /// What a machine is like, as orders tell it.
    fn config_of(&self, id: &str) -> String {
        let machine = self.instances.get(id).map(|instance| &instance.truth);
        machine.map_or_else(String::new, |machine| {
            let (name, out) = (&machine.instance_type, machine.internet_max_bandwidth_out);
            format!("InstanceType:{name};InternetMaxBandwidthOut:{out}")
        })
    }

    /// Pays an order that waits for it, as a person would.
    pub(crate) fn pay(&mut self, id: &str) -> Result<(), Unpayable> {
        let order = self.orders.get(id).ok_or(Unpayable::Closed)?;
        match order.payment {
            Payment::Unpaid if order.amount <= self.balance.available => {
                self.take_money(id);
                Ok(())
            }
            Payment::Unpaid => Err(Unpayable::Uncovered),
            Payment::Abnormal => Err(Unpayable::Abnormal),
            Payment::Paid | Payment::Cancelled => Err(Unpayable::Closed),
        }
    }

    /// R42 and R43: what the first state of an order is.
    fn payment_of(
        &self,
        amount: Money,
        auto_pay: AutoPay,
        caller: Caller,
    ) -> Result<Payment, Refusal> {
        let free = amount <= Money::ZERO;
        match auto_pay {
            AutoPay::No => return Ok(Payment::Unpaid),
            AutoPay::Yes if free => return Ok(Payment::Paid),
            AutoPay::Yes if !self.settings.choices.charged_at_once => {
                return unpayable_at_once(caller);
            }
            AutoPay::Yes if amount <= self.balance.available => return Ok(Payment::Paid),
            AutoPay::Yes => {}
        }
        match (self.settings.low_balance, caller) {
            (LowBalance::NotEnoughBalance, Caller::Network) => Err(not_enough_balance()),
            (LowBalance::CancelledOrder, _) => Ok(Payment::Cancelled),
            (LowBalance::NotEnoughBalance | LowBalance::AbnormalOrder, _) => Ok(Payment::Abnormal),
        }
    }

    /// Takes the money of an order from the balance; a refund is put there (R47).
    pub(crate) fn take_money(&mut self, order: &str) {
        let amount = self
            .orders
            .get(order)
            .map_or(Money::ZERO, |order| order.amount);
        self.balance.available = self.balance.available - amount;
        self.order_paid(order, self.now.elapsed);
    }
}

/// R50: only one call documents a code for it; the order of the other is left to be paid.
fn unpayable_at_once(caller: Caller) -> Result<Payment, Refusal> {
    match caller {
        Caller::Network => Err(account::cannot_pay_at_once()),
        Caller::Prepay | Caller::Spec => Ok(Payment::Unpaid),
    }
}

fn not_enough_balance() -> Refusal {
    Refusal::new(
        403,
        "InvalidAccountStatus.NotEnoughBalance",
        "The balance of the account does not cover this change.",
    )
}
