//! A person in the console: changes made by hand, past the API and most of its checks.

use serde::Deserialize;
use serde_json::{Value, json};

use crate::sim::machine::described::{ChargeType, InternetCharge, Status, StoppedMode};
use crate::sim::machine::network::{Network, inbound_for};
use crate::sim::money::Money;
use crate::sim::operations::billing::payment::Unpayable;
use crate::sim::time::Now;
use crate::sim::world::World;
use crate::sim::world::effects::Force;
use crate::sim::world::orders::Payment;

/// What a hand in the console does.
#[derive(Debug, Clone, PartialEq)]
pub enum ByHand {
    /// Starts a stopped machine.
    Start(One),
    /// Stops a running machine.
    Stop(One),
    /// Changes a machine at once, whatever its state.
    Modify(Edit),
    /// Pays an order.
    Pay(OneOrder),
    /// Cancels an unpaid order, or voids an abnormal one.
    Cancel(OneOrder),
    /// Voids an abnormal order.
    Void(OneOrder),
    /// Puts money on the account.
    Deposit(Sum),
    /// Releases a machine for good.
    Delete(One),
    /// Locks a machine.
    Lock(LockAs),
    /// Takes all locks off a machine.
    Unlock(One),
}

/// One machine.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct One {
    /// The machine's id.
    pub instance_id: String,
}

/// One order.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct OneOrder {
    /// The order's id.
    pub order_id: String,
}

/// An amount of money.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct Sum {
    /// In the account's currency; below zero, it is taken from the account.
    pub amount: Money,
}

/// What to change of one machine; what is not named stays.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct Edit {
    instance_id: String,
    instance_type: Option<String>,
    internet_max_bandwidth_out: Option<i64>,
    internet_charge_type: Option<InternetCharge>,
    instance_charge_type: Option<ChargeType>,
}

/// A lock and its reason.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct LockAs {
    instance_id: String,
    /// `security` unless another reason is named.
    #[serde(default = "security")]
    lock_reason: String,
}

fn security() -> String {
    "security".to_owned()
}

/// Why the console shakes its head.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ConsoleError {
    /// There is no such verb.
    #[error("no verb {0}: start, stop, modify, pay, cancel, void, deposit, delete, lock, unlock")]
    NoSuchVerb(String),
    /// The body is not what the verb takes.
    #[error("read the body: {0}")]
    Unreadable(String),
    /// There is no such machine or order.
    #[error("find {0}: not there")]
    NotThere(String),
    /// It is there, but not in a state for this.
    #[error("{0}")]
    Refused(&'static str),
}

impl ByHand {
    /// Reads a verb of `POST /_console/<verb>` with its JSON body.
    ///
    /// # Errors
    /// [`ConsoleError`] for an unknown verb or a body that does not fit it.
    pub fn read(verb: &str, body: &[u8]) -> Result<Self, ConsoleError> {
        match verb {
            "start" => decode(body).map(Self::Start),
            "stop" => decode(body).map(Self::Stop),
            "modify" => decode(body).map(Self::Modify),
            "pay" => decode(body).map(Self::Pay),
            "cancel" => decode(body).map(Self::Cancel),
            "void" => decode(body).map(Self::Void),
            "deposit" => decode(body).map(Self::Deposit),
            "delete" => decode(body).map(Self::Delete),
            "lock" => decode(body).map(Self::Lock),
            "unlock" => decode(body).map(Self::Unlock),
            other => Err(ConsoleError::NoSuchVerb(other.to_owned())),
        }
    }
}

fn decode<'de, T: Deserialize<'de>>(body: &'de [u8]) -> Result<T, ConsoleError> {
    serde_json::from_slice(body).map_err(|error| ConsoleError::Unreadable(error.to_string()))
}

impl World {
    /// Does what a hand in the console does.
    ///
    /// # Errors
    /// [`ConsoleError`] when the machine or order is not there, or not in a state for it.
    pub fn by_hand(&mut self, deed: &ByHand, now: Now) -> Result<Value, ConsoleError> {
        self.advance(now);
        let at = self.now.elapsed;
        match deed {
            ByHand::Start(One { instance_id }) => {
                self.expect_status(instance_id, Status::Stopped)?;
                self.begin_start(instance_id, at);
            }
            ByHand::Stop(One { instance_id }) => {
                self.expect_status(instance_id, Status::Running)?;
                self.begin_stop(instance_id, StoppedMode::KeepCharging, Force::Gentle, at);
            }
            ByHand::Modify(edit) => self.modify_by_hand(edit)?,
            ByHand::Pay(OneOrder { order_id }) => self.pay_by_hand(order_id)?,
            ByHand::Cancel(OneOrder { order_id }) => self.cancel_by_hand(order_id)?,
            ByHand::Void(OneOrder { order_id }) => self.void_by_hand(order_id)?,
            ByHand::Deposit(Sum { amount }) => {
                self.balance.available = self.balance.available + *amount;
            }
            ByHand::Delete(One { instance_id }) => {
                self.expect_instance(instance_id)?;
                self.release(instance_id);
            }
            ByHand::Lock(LockAs {
                instance_id,
                lock_reason,
            }) => {
                self.expect_instance(instance_id)?;
                self.lock(instance_id, lock_reason, at);
            }
            ByHand::Unlock(One { instance_id }) => {
                self.expect_instance(instance_id)?;
                self.unlock(instance_id, at);
            }
        }
        Ok(json!({ "done": true }))
    }

    fn expect_instance(&self, id: &str) -> Result<Status, ConsoleError> {
        let status = self.status_of(id);
        status.ok_or_else(|| ConsoleError::NotThere(id.to_owned()))
    }

    fn expect_status(&self, id: &str, wanted: Status) -> Result<(), ConsoleError> {
        if self.expect_instance(id)? == wanted {
            return Ok(());
        }
        Err(ConsoleError::Refused("the machine is in another state"))
    }

    fn modify_by_hand(&mut self, edit: &Edit) -> Result<(), ConsoleError> {
        let id = edit.instance_id.as_str();
        let at = self.now.elapsed;
        self.expect_instance(id)?;
        if let Some(name) = &edit.instance_type {
            if self.catalogue.get(name).is_none() {
                return Err(ConsoleError::NotThere(name.clone()));
            }
            self.set_type(id, name, self.settings.delays.lag.0, at);
        }
        if let Some(network) = self.network_by_hand(edit) {
            self.set_network(id, network, at);
        }
        if let Some(charge) = edit.instance_charge_type {
            self.set_charge_type(id, charge, at);
        }
        Ok(())
    }

    fn network_by_hand(&self, edit: &Edit) -> Option<Network> {
        let held = Network::of(&self.instances.get(&edit.instance_id)?.truth);
        if edit.internet_max_bandwidth_out.is_none() && edit.internet_charge_type.is_none() {
            return None;
        }
        let out = edit
            .internet_max_bandwidth_out
            .unwrap_or(held.out)
            .clamp(0, 200);
        Some(Network {
            charge: edit.internet_charge_type.unwrap_or(held.charge),
            out,
            inbound: inbound_for(out),
        })
    }

    fn pay_by_hand(&mut self, id: &str) -> Result<(), ConsoleError> {
        self.order_by_hand(id)?;
        self.pay(id).map_err(|reason| {
            ConsoleError::Refused(match reason {
                Unpayable::Uncovered => "the balance does not cover the order",
                Unpayable::Abnormal => "the order can only be voided",
                Unpayable::Closed => "the order is closed",
            })
        })
    }

    fn cancel_by_hand(&mut self, id: &str) -> Result<(), ConsoleError> {
        match self.order_by_hand(id)? {
            Payment::Unpaid | Payment::Abnormal => {
                self.orders.mark_cancelled(id);
                Ok(())
            }
            Payment::Paid | Payment::Cancelled => Err(ConsoleError::Refused("the order is closed")),
        }
    }

    /// The console shows an abnormal order as such; the order service of the API does not.
    fn void_by_hand(&mut self, id: &str) -> Result<(), ConsoleError> {
        match self.order_by_hand(id)? {
            Payment::Abnormal => {
                self.orders.mark_cancelled(id);
                Ok(())
            }
            Payment::Unpaid | Payment::Paid | Payment::Cancelled => Err(ConsoleError::Refused(
                "only an abnormal order can be voided",
            )),
        }
    }

    fn order_by_hand(&self, id: &str) -> Result<Payment, ConsoleError> {
        let order = self.orders.get(id);
        let order = order.ok_or_else(|| ConsoleError::NotThere(id.to_owned()))?;
        Ok(order.payment)
    }
}
