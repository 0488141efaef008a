//! Orders: what a subscription change costs, and where its payment stands.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::sim::machine::described::ChargeType;
use crate::sim::machine::network::Network;
use crate::sim::money::Money;

/// Where an order stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Payment {
    /// Waits for somebody to pay it in the console.
    Unpaid,
    /// Can be voided but never paid; shows as Unpaid (R42).
    Abnormal,
    Paid,
    Cancelled,
}

/// The vendor's order types used here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum OrderKind {
    Upgrade,
    Downgrade,
    TempUpgrade,
    /// Pay-as-you-go becomes a subscription.
    Convert,
    /// A subscription becomes pay-as-you-go.
    Refund,
}

/// What an order changes once it is paid.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Change {
    Type {
        to: String,
        reboot: Reboot,
        #[serde(default, skip_serializing_if = "Way::is_plain")]
        way: Way,
    },
    Network(Network),
    /// More bandwidth for a while (R30).
    Upgrade {
        out: i64,
        from: Timestamp,
        until: Timestamp,
    },
    /// Another way of paying; a subscription lasts so many hours.
    Charge {
        to: ChargeType,
        hours: i64,
    },
}

/// How a machine gets to its new type.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Way {
    /// To another cluster, if need be (R68).
    pub(crate) migrate: Migrate,
    /// The category its system disk gets (R69).
    pub(crate) system_disk: Option<String>,
}

/// R68: whether a machine may be moved to another cluster.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Migrate {
    #[default]
    No,
    Yes,
}

impl Way {
    pub(crate) fn is_plain(&self) -> bool {
        *self == Self::default()
    }
}

/// What follows a type change by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Reboot {
    Never,
    /// R16.
    WhenFinished,
    /// R17.
    At(Timestamp),
}

impl OrderKind {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Upgrade => "Upgrade",
            Self::Downgrade => "Downgrade",
            Self::TempUpgrade => "TempUpgrade",
            Self::Convert => "Convert",
            Self::Refund => "Refund",
        }
    }
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Order {
    pub(crate) id: String,
    pub(crate) instance: String,
    /// What the machine was like before.
    #[serde(default)]
    pub(crate) was: String,
    /// The other machines of an order for several.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) others: Vec<Part>,
    pub(crate) kind: OrderKind,
    pub(crate) payment: Payment,
    /// Below zero for a refund (R47).
    pub(crate) amount: Money,
    pub(crate) created: Timestamp,
    pub(crate) paid: Option<Timestamp>,
    /// When the change took hold.
    pub(crate) applied: Option<Duration>,
    pub(crate) change: Change,
}

/// What an order has to do with one machine.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Part {
    pub(crate) instance: String,
    pub(crate) amount: Money,
    pub(crate) was: String,
}

impl Order {
    /// The order machine by machine; the amounts add up to the order's.
    pub(crate) fn parts(&self) -> Vec<Part> {
        let others = self.others.iter();
        let amount = others.fold(self.amount, |left, part| left - part.amount);
        let first = Part {
            instance: self.instance.clone(),
            amount,
            was: self.was.clone(),
        };
        std::iter::once(first)
            .chain(self.others.iter().cloned())
            .collect()
    }

    fn instances(&self) -> impl Iterator<Item = &String> {
        let others = self.others.iter().map(|part| &part.instance);
        std::iter::once(&self.instance).chain(others)
    }
}

/// What keeps an instance from being changed again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Blocking {
    /// R45.
    Unpaid,
    /// R46: paid, but the change is still to come.
    Processing,
}

/// All orders by id, and the one open order of each instance.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Orders {
    all: BTreeMap<String, Order>,
    open: BTreeMap<String, String>,
}

/// Order ids are long decimal numbers; these start where no small number can be mistaken for one.
const FIRST_ID: usize = 210_000_000_000_001;

impl Orders {
    /// The id the next order will have.
    pub(crate) fn next_id(&self) -> String {
        (FIRST_ID + self.all.len()).to_string()
    }

    pub(crate) fn add(&mut self, order: Order) {
        for instance in order.instances() {
            self.open.insert(instance.clone(), order.id.clone());
        }
        self.all.insert(order.id.clone(), order);
    }

    pub(crate) fn get(&self, id: &str) -> Option<&Order> {
        self.all.get(id)
    }

    pub(crate) fn all(&self) -> impl DoubleEndedIterator<Item = &Order> {
        self.all.values()
    }

    /// What the open order of an instance, if it has one, stands in the way with.
    pub(crate) fn blocking(&self, instance: &str) -> Option<Blocking> {
        let order = self.all.get(self.open.get(instance)?)?;
        match order.payment {
            Payment::Unpaid | Payment::Abnormal => Some(Blocking::Unpaid),
            Payment::Paid => Some(Blocking::Processing),
            Payment::Cancelled => None,
        }
    }

    /// Whether an order of any machine waits to be paid.
    pub(crate) fn any_unpaid(&self) -> bool {
        self.open
            .keys()
            .any(|instance| self.blocking(instance) == Some(Blocking::Unpaid))
    }

    pub(crate) fn mark_paid(&mut self, id: &str, at: Timestamp) {
        if let Some(order) = self.all.get_mut(id) {
            order.payment = Payment::Paid;
            order.paid = Some(at);
        }
    }

    pub(crate) fn mark_cancelled(&mut self, id: &str) {
        if let Some(order) = self.all.get_mut(id) {
            order.payment = Payment::Cancelled;
            for instance in order.instances() {
                self.open.remove(instance);
            }
        }
    }

    /// The change took hold; the instance is free for the next order.
    pub(crate) fn mark_applied(&mut self, id: &str, at: Duration) {
        if let Some(order) = self.all.get_mut(id) {
            order.applied = Some(at);
            for instance in order.instances() {
                self.open.remove(instance);
            }
        }
    }
}
