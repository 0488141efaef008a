//! The bill of a plan: what its steps cost together, for each machine, each group and all.
//!
//! A sum says what it could not add: an unknown price makes every sum it is in unknown, and amounts of
//! two currencies stay two amounts.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::model::{Currency, GroupName, InstanceId, Money};

use super::price::{Basis, Price, Running};
use super::step::{Action, Step};

/// An amount in each currency, and how many parts of it are not known.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sum {
    known: BTreeMap<Currency, Money>,
    /// Parts.
    pub parts: usize,
    /// Parts that are not known; while there is one, so is the sum.
    pub unknown: usize,
    /// Parts that are estimates, or quotes for a machine like this one.
    pub approximate: usize,
}

impl Sum {
    /// Adds a part.
    pub fn add(&mut self, part: Option<&Money>) {
        self.parts += 1;
        match part {
            None => self.unknown += 1,
            Some(money) => self.put(money),
        }
    }

    /// Adds a part that is not exact.
    pub fn add_about(&mut self, part: Option<&Money>) {
        self.approximate += usize::from(part.is_some());
        self.add(part);
    }

    /// Adds all parts of another sum.
    pub fn add_all(&mut self, other: &Self) {
        self.parts += other.parts;
        self.unknown += other.unknown;
        self.approximate += other.approximate;
        for money in other.known.values() {
            self.put(money);
        }
    }

    fn put(&mut self, money: &Money) {
        let currency = money.currency();
        let so_far = self.known.remove(currency);
        let sum = so_far.map_or_else(|| Ok(money.clone()), |sum| sum.plus(money));
        match sum {
            Ok(sum) => drop(self.known.insert(currency.clone(), sum)),
            // Beyond 28 digits nothing is known any more.
            Err(_) => self.unknown += 1,
        }
    }

    /// What is known of it, by currency: with unknown parts, less than the whole.
    pub fn known(&self) -> impl Iterator<Item = &Money> {
        self.known.values()
    }

    /// Whether nothing was added.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.parts == 0
    }

    /// The sum when it is one amount and all of it is known; `None` also for a sum of nothing.
    #[must_use]
    pub fn exact(&self) -> Option<&Money> {
        let mut amounts = self.known.values();
        match (amounts.next(), amounts.next(), self.unknown) {
            (Some(money), None, 0) => Some(money),
            (_, _, _) => None,
        }
    }
}

/// What some steps cost.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Costs {
    /// To be paid at once, for orders.
    pub now: Sum,
    /// What of that is paid without a person: from the balance at once, or by a call.
    pub by_itself: Sum,
    /// What comes back, estimated; above zero.
    pub refund: Sum,
    /// What the machines cost more by the month from then on, below zero when they cost less.
    pub monthly: Sum,
}

impl Costs {
    /// What one machine's steps cost.
    #[must_use]
    pub fn of(steps: &[Step]) -> Self {
        let mut costs = Self::default();
        let following = steps.iter().skip(1).map(Some).chain([None]);
        for (step, next) in steps.iter().zip(following) {
            costs.take(step, next);
        }
        costs
    }

    /// Adds what others cost.
    pub fn add(&mut self, other: &Self) {
        self.now.add_all(&other.now);
        self.by_itself.add_all(&other.by_itself);
        self.refund.add_all(&other.refund);
        self.monthly.add_all(&other.monthly);
    }

    /// Whether they cost nothing at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.now.is_empty() && self.refund.is_empty() && self.monthly.is_empty()
    }

    fn take(&mut self, step: &Step, next: Option<&Step>) {
        match &step.price {
            Price::NoOrder => {}
            Price::Unknown => self.order(step, next, |sum| sum.add(None)),
            Price::Quoted(quoted) => self.order(step, next, |sum| match quoted.basis {
                Basis::Asked => sum.add(Some(&quoted.cap)),
                Basis::Alike => sum.add_about(Some(&quoted.cap)),
            }),
            Price::Refund(estimate) => self.refund.add_about(estimate.as_ref()),
        }
        match &step.running {
            Running::Same => {}
            Running::Unknown => self.monthly.add(None),
            Running::Changes(rates) => self.monthly.add(rates.monthly_change().as_ref()),
        }
    }

    fn order(&mut self, step: &Step, next: Option<&Step>, add: impl Fn(&mut Sum)) {
        add(&mut self.now);
        let by_call = next.is_some_and(|next| next.action == Action::PayOrder);
        if step.pays_by_itself() || by_call {
            add(&mut self.by_itself);
        }
    }
}

/// A plan's costs, sorted.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bill {
    /// Of each machine whose change costs or saves anything.
    pub machines: BTreeMap<InstanceId, Costs>,
    /// Of each group.
    pub groups: BTreeMap<GroupName, Costs>,
    /// Of all.
    pub total: Costs,
}

impl Bill {
    /// Adds what one machine's change costs.
    pub fn add(&mut self, id: &InstanceId, group: Option<&GroupName>, steps: &[Step]) {
        let costs = Costs::of(steps);
        if costs.is_empty() {
            return;
        }
        if let Some(group) = group {
            self.groups.entry(group.clone()).or_default().add(&costs);
        }
        self.total.add(&costs);
        self.machines.insert(id.clone(), costs);
    }
}
