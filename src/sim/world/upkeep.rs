//! What the world does by itself: services release machines, time runs out, orders lapse.
//!
//! Nobody asks for any of it, and no rule is asked either; it stands on the agenda from the moment it
//! can be foreseen, and is looked at again when it falls due.

use std::time::Duration;

use jiff::SignedDuration;

use crate::sim::machine::described::{Status, StoppedMode};
use crate::sim::machine::network::Network;
use crate::sim::money::Money;
use crate::sim::scenario::{RenewalStatus, ScalingGroup};
use crate::sim::time::{Now, read_minute, to_the_minute};

use super::World;
use super::agenda::Due;
use super::effects::Force;
use super::instance::Instance;
use super::orders::Payment;

impl World {
    /// Notes what will happen to the machines of a scenario if nobody does anything.
    pub(crate) fn foresee(&mut self) {
        let ids: Vec<String> = self.instances.keys().cloned().collect();
        for id in ids {
            self.foresee_end(&id);
            self.watch_stopped(&id, Duration::ZERO);
        }
    }

    /// Notes the ends that are written on a machine. One that lies in the past is part of the scenario:
    /// such a machine stands as it is described.
    pub(crate) fn foresee_end(&mut self, id: &str) {
        let Some(instance) = self.instances.get(id) else {
            return;
        };
        let machine = &instance.truth;
        let instance_id = || id.to_owned();
        let on = machine.auto_release_time.clone();
        let release = read_minute(&on).map(|at| (at, on));
        let on = machine.expired_time.clone();
        let expiry = read_minute(&on).filter(|at| *at > self.now.wall);
        let expiry = expiry.filter(|_| instance.is_prepaid()).map(|at| (at, on));
        if let Some((at, on)) = release {
            let instance = instance_id();
            self.agenda
                .note_on_calendar(at, Due::Released { instance, on });
        }
        if let Some((at, on)) = expiry {
            let instance = instance_id();
            self.agenda
                .note_on_calendar(at, Due::Expires { instance, on });
        }
    }

    /// A member of a scaling group that is stopped will be released, unless it runs again by then.
    pub(crate) fn watch_stopped(&mut self, id: &str, at: Duration) {
        let Some(instance) = self.instances.get(id) else {
            return;
        };
        let stopped = instance.truth.status == Status::Stopped && !instance.is_prepaid();
        let groups = &self.settings.scaling_groups;
        let member = |group: &&ScalingGroup| {
            instance.truth.tag(group.owner.tag_key()) == Some(group.id.as_str())
        };
        let Some(group) = groups.iter().find(member).filter(|_| stopped) else {
            return;
        };
        let due = Due::OwnerReleases {
            instance: id.to_owned(),
            turn: instance.power_turn,
        };
        self.agenda.note(at + group.releases_after.0, due);
    }

    /// The health check of its owner finds a machine that has not run since it was stopped.
    pub(crate) fn release_by_owner(&mut self, id: &str, turn: u64) {
        let instance = self.instances.get(id);
        let untouched = instance.is_some_and(|instance| {
            instance.power_turn == turn && instance.truth.status == Status::Stopped
        });
        if untouched {
            self.release(id);
        }
    }

    /// AutoReleaseTime, unless it was changed meanwhile.
    pub(crate) fn release_on_time(&mut self, id: &str, on: &str) {
        let instance = self.instances.get(id);
        if instance.is_some_and(|instance| instance.truth.auto_release_time == on) {
            self.release(id);
        }
    }

    /// A subscription that was not renewed stops, and is locked until somebody pays (R14, R65).
    pub(crate) fn expire(&mut self, id: &str, on: &str, at: Duration) {
        let Some(instance) = self.instances.get(id) else {
            return;
        };
        if !instance.is_prepaid() || instance.truth.expired_time != on {
            return;
        }
        if self.renew(id, at) {
            return;
        }
        let Some(instance) = self.instances.get(id) else {
            return;
        };
        if matches!(instance.truth.status, Status::Running | Status::Starting) {
            self.begin_stop(id, StoppedMode::KeepCharging, Force::Gentle, at);
        }
        self.lock(id, "financial", at);
    }

    /// Renews a subscription that renews itself, from the balance; `false` where it does not, or where
    /// the balance does not cover the next term.
    fn renew(&mut self, id: &str, at: Duration) -> bool {
        let Some(instance) = self.instances.get(id) else {
            return false;
        };
        let renewal = self.renewals.get(id);
        let renewal = renewal.filter(|it| it.renewal_status == RenewalStatus::AutoRenewal);
        let hours = renewal.map_or(0, |it| it.duration.saturating_mul(it.period_unit.hours()));
        let fee = self.hourly_price(instance).for_hours(hours);
        let end = instance.expiry();
        let end = end.and_then(|end| end.checked_add(SignedDuration::from_hours(hours)).ok());
        let Some(end) = end.filter(|_| hours > 0 && fee <= self.balance.available) else {
            return false;
        };
        self.balance.available = self.balance.available - fee;
        self.edit(id, at, |machine| machine.expired_time = to_the_minute(end));
        self.foresee_end(id);
        true
    }

    /// What an hour of a machine costs, its fixed bandwidth included.
    fn hourly_price(&self, instance: &Instance) -> Money {
        let machine = &instance.truth;
        self.catalogue.price_hour(&machine.instance_type) + Network::of(machine).price_hour()
    }

    /// Gives an order up that nobody has paid.
    pub(crate) fn lapse(&mut self, order: &str) {
        let payment = self.orders.get(order).map(|order| order.payment);
        if matches!(payment, Some(Payment::Unpaid | Payment::Abnormal)) {
            self.orders.mark_cancelled(order);
        }
    }

    /// Notes that an order lapses, where the scenario says that they do.
    pub(crate) fn foresee_lapse(&mut self, order: &str, now: Now) {
        let Some(after) = self.settings.choices.unpaid_orders_lapse_after else {
            return;
        };
        let due = Due::OrderLapses {
            order: order.to_owned(),
        };
        self.agenda.note(now.elapsed + after.0, due);
    }
}
