//! What happens to the world: power, specs, addresses and money, once a rule has said yes.
//!
//! Nothing is checked here. Every effect takes the moment it happens at, because some were due
//! before anybody asked.

use std::time::Duration;

use jiff::ToSpan as _;

use crate::sim::machine::described::{ChargeType, Described, Lock, Status, StoppedMode};
use crate::sim::machine::network::Network;
use crate::sim::time::{Now, to_the_minute};

use super::agenda::Due;
use super::orders::{Change, Reboot};
use super::{NO_END, World};

/// How a machine is brought down.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Force {
    /// The guest shuts down by itself.
    Gentle,
    /// As if the power was cut.
    PowerCut,
}

/// How long a power cut takes: nothing is shut down, but the host still has to let go.
const POWER_CUT: Duration = Duration::from_secs(3);

/// How long a start or stop takes that a fault script made hang: longer than any client waits.
const HANG: Duration = Duration::from_secs(30 * 60);

impl World {
    /// Brings every transition to its end that was due by `now`, in the order they were due.
    pub(crate) fn advance(&mut self, now: Now) {
        let now = Now {
            wall: now.wall,
            elapsed: now.elapsed.max(self.now.elapsed),
        };
        while let Some((at, due)) = self.agenda.take_due(now) {
            self.fall_due(at, due);
        }
        self.now = now;
    }

    fn fall_due(&mut self, at: Duration, due: Due) {
        match due {
            Due::PowerSettles { instance, turn } => self.settle_power(&instance, turn, at),
            Due::OrderApplies { order } => self.apply_order(&order, at),
            Due::Reboot { instance } => {
                if self.status_of(&instance) == Some(Status::Running) {
                    self.begin_reboot(&instance, at);
                }
            }
            Due::UpgradeBegins { order } => self.begin_upgrade(&order, at),
            Due::UpgradeEnds { instance } => self.end_upgrade(&instance, at),
            Due::OwnerReleases { instance, turn } => self.release_by_owner(&instance, turn),
            Due::Released { instance, on } => self.release_on_time(&instance, &on),
            Due::Expires { instance, on } => self.expire(&instance, &on, at),
            Due::OrderLapses { order } => self.lapse(&order),
        }
    }

    /// Running to Stopping; Stopped once the delay is over.
    pub(crate) fn begin_stop(&mut self, id: &str, mode: StoppedMode, force: Force, at: Duration) {
        let delay = match force {
            Force::Gentle => self.power_delay(self.settings.delays.stop.0),
            Force::PowerCut => POWER_CUT,
        };
        self.begin_power(id, Status::Stopping, delay, at);
        self.edit(id, at, |machine| machine.stopped_mode = mode);
    }

    /// Stopped to Starting; the guest boots on the configured type (R4, R12).
    pub(crate) fn begin_start(&mut self, id: &str, at: Duration) {
        self.reclaim_capacity(id);
        let delay = self.power_delay(self.settings.delays.start.0);
        self.begin_power(id, Status::Starting, delay, at);
        self.edit(id, at, |machine| {
            machine.stopped_mode = StoppedMode::NotApplicable;
        });
        self.boot(id);
    }

    /// Running to Starting and back.
    pub(crate) fn begin_reboot(&mut self, id: &str, at: Duration) {
        let delay = self.power_delay(self.settings.delays.start.0);
        self.begin_power(id, Status::Starting, delay, at);
        self.boot(id);
    }

    fn begin_power(&mut self, id: &str, through: Status, delay: Duration, at: Duration) {
        let Some(instance) = self.instances.get_mut(id) else {
            return;
        };
        instance.power_turn += 1;
        let due = Due::PowerSettles {
            instance: id.to_owned(),
            turn: instance.power_turn,
        };
        self.agenda.note(at + delay, due);
        self.edit(id, at, |machine| machine.status = through);
    }

    fn power_delay(&self, usual: Duration) -> Duration {
        if self.mischief.power_hangs {
            return HANG;
        }
        usual
    }

    fn boot(&mut self, id: &str) {
        let Some(instance) = self.instances.get_mut(id) else {
            return;
        };
        instance.online_changes = 0;
        let was = std::mem::replace(
            &mut instance.effective_type,
            instance.truth.instance_type.clone(),
        );
        self.bring_guest_up(id, &was);
    }

    fn settle_power(&mut self, id: &str, turn: u64, at: Duration) {
        let settled = match self.instances.get(id) {
            Some(instance) if instance.power_turn == turn => instance.truth.status,
            Some(_) | None => return,
        };
        match settled {
            Status::Stopping => self.settle_stop(id, at),
            Status::Starting | Status::Pending => {
                self.edit(id, at, |machine| machine.status = Status::Running);
            }
            Status::Running | Status::Stopped => {}
        }
    }

    /// R70: stopped without charge, the place and the static address are given back.
    fn settle_stop(&mut self, id: &str, at: Duration) {
        self.edit(id, at, |machine| machine.status = Status::Stopped);
        self.watch_stopped(id, at);
        let Some(instance) = self.instances.get(id) else {
            return;
        };
        if instance.truth.stopped_mode != StoppedMode::StopCharging {
            return;
        }
        let machine = instance.truth.clone();
        self.catalogue
            .give_back(&machine.instance_type, &machine.zone_id);
        self.edit(id, at, |machine| {
            machine.public_ip_address.ip_address.clear();
        });
    }

    /// The counterpart of R70: a start takes a place again, and a new address where one is due.
    fn reclaim_capacity(&mut self, id: &str) {
        let Some(instance) = self.instances.get(id) else {
            return;
        };
        if instance.holds_capacity() {
            return;
        }
        let machine = instance.truth.clone();
        self.catalogue
            .take(&machine.instance_type, &machine.zone_id);
        if machine.internet_max_bandwidth_out > 0 && !instance.has_eip() {
            self.allocate_address(id, self.now.elapsed);
        }
    }

    /// R4: the type is recorded at once and boots with the next start; R52: the cool-down begins.
    pub(crate) fn set_type(&mut self, id: &str, to: &str, hidden_for: Duration, at: Duration) {
        let Some(instance) = self.instances.get_mut(id) else {
            return;
        };
        if instance.holds_capacity() {
            let (from, zone) = (&instance.truth.instance_type, &instance.truth.zone_id);
            self.catalogue.give_back(from, zone);
            self.catalogue.take(to, zone);
        }
        instance.changed_at = Some(at);
        let mut changed = Described::clone(&instance.truth);
        to.clone_into(&mut changed.instance_type);
        self.fill_in_type(&mut changed);
        if let Some(instance) = self.instances.get_mut(id) {
            instance.change(at, hidden_for, |machine| *machine = changed);
        }
    }

    /// R8, R32: bandwidth changes at once; R33: on a VPC instance, none left means no address left.
    pub(crate) fn set_network(&mut self, id: &str, network: Network, at: Duration) {
        let Some(instance) = self.instances.get_mut(id) else {
            return;
        };
        instance.changed_at = Some(at);
        let releases = instance.is_vpc() && network.out == 0;
        self.edit(id, at, |machine| {
            machine.internet_charge_type = network.charge;
            machine.internet_max_bandwidth_out = network.out;
            machine.internet_max_bandwidth_in = network.inbound;
            if releases {
                machine.public_ip_address.ip_address.clear();
            }
        });
    }

    /// Gives a machine its one static address; a second call finds the first one.
    pub(crate) fn allocate_address(&mut self, id: &str, at: Duration) -> Option<String> {
        let held = &self.instances.get(id)?.truth.public_ip_address.ip_address;
        if let Some(address) = held.first() {
            return Some(address.clone());
        }
        self.addresses_given = self.addresses_given.wrapping_add(1);
        // The benchmark network 198.18.0.0/15 of RFC 2544 belongs to nobody.
        let [_, high, middle, low] = self.addresses_given.to_be_bytes();
        let address = format!("198.{}.{middle}.{low}", 18 + (high & 1));
        self.edit(id, at, |machine| {
            machine.public_ip_address.ip_address.push(address.clone());
        });
        Some(address)
    }

    /// The money is there: the change follows within seconds (R11).
    pub(crate) fn order_paid(&mut self, order: &str, at: Duration) {
        self.orders.mark_paid(order, self.now.wall);
        let due = Due::OrderApplies {
            order: order.to_owned(),
        };
        self.agenda
            .note(at + self.settings.delays.prepaid_modify.0, due);
    }

    fn apply_order(&mut self, id: &str, at: Duration) {
        let Some(order) = self.orders.get(id).cloned() else {
            return;
        };
        self.orders.mark_applied(id, at);
        match order.change {
            Change::Type { to, reboot, way } => {
                self.count_online_change(&order.instance);
                self.move_house(&order.instance, &to, &way, at);
                self.set_type(&order.instance, &to, self.settings.delays.lag.0, at);
                self.reboot_after(&order.instance, reboot, at);
            }
            Change::Network(network) => {
                self.set_network(&order.instance, network, at);
                self.address_for_subscription(&order.instance, at);
            }
            Change::Charge { to, hours } => {
                for part in order.parts() {
                    self.begin_charge(&part.instance, to, hours, at);
                }
            }
            Change::Upgrade { from, .. } => {
                let order = order.id;
                self.agenda
                    .note_on_calendar(from, Due::UpgradeBegins { order });
            }
        }
    }

    /// R16, R17: a reboot that was asked for along with the change.
    fn reboot_after(&mut self, id: &str, reboot: Reboot, at: Duration) {
        let instance = id.to_owned();
        match reboot {
            Reboot::Never => {}
            Reboot::WhenFinished => self.fall_due(at, Due::Reboot { instance }),
            Reboot::At(moment) => self
                .agenda
                .note_on_calendar(moment, Due::Reboot { instance }),
        }
    }

    /// R24: a subscription whose bandwidth leaves zero is given an address by itself.
    fn address_for_subscription(&mut self, id: &str, at: Duration) {
        let due = self.instances.get(id).is_some_and(|instance| {
            instance.truth.internet_max_bandwidth_out > 0 && !instance.has_eip()
        });
        if due {
            self.allocate_address(id, at);
        }
    }

    /// R30: more bandwidth for a while, and an address where there was none.
    fn begin_upgrade(&mut self, order: &str, at: Duration) {
        let Some((id, change)) = self
            .orders
            .get(order)
            .map(|o| (o.instance.clone(), &o.change))
        else {
            return;
        };
        let Change::Upgrade { out, until, .. } = *change else {
            return;
        };
        let Some(instance) = self.instances.get_mut(&id) else {
            return;
        };
        instance.bandwidth_before_upgrade = Some(instance.truth.internet_max_bandwidth_out);
        self.edit(&id, at, |machine| machine.internet_max_bandwidth_out = out);
        self.address_for_subscription(&id, at);
        self.agenda
            .note_on_calendar(until, Due::UpgradeEnds { instance: id });
    }

    fn end_upgrade(&mut self, id: &str, at: Duration) {
        let Some(instance) = self.instances.get_mut(id) else {
            return;
        };
        let Some(base) = instance.bandwidth_before_upgrade.take() else {
            return;
        };
        self.edit(id, at, |machine| {
            machine.internet_max_bandwidth_out = base;
            if base == 0 {
                machine.public_ip_address.ip_address.clear();
            }
        });
    }

    /// An order for another way of paying takes hold; a subscription begins with its whole term.
    fn begin_charge(&mut self, id: &str, to: ChargeType, hours: i64, at: Duration) {
        self.set_charge_type(id, to, at);
        let ends = match to {
            ChargeType::PostPaid => NO_END.to_owned(),
            ChargeType::PrePaid => {
                let wall = self.now.wall;
                to_the_minute(wall.saturating_add(hours.hours()).unwrap_or(wall))
            }
        };
        self.edit(id, at, |machine| machine.expired_time = ends);
        self.foresee_end(id);
    }

    /// A machine is gone for good, and its place is free.
    pub(crate) fn release(&mut self, id: &str) {
        let Some(instance) = self.instances.remove(id) else {
            return;
        };
        self.renewals.remove(id);
        if instance.holds_capacity() {
            let machine = &instance.truth;
            self.catalogue
                .give_back(&machine.instance_type, &machine.zone_id);
        }
    }

    /// Switches how a machine is paid for, at once.
    pub(crate) fn set_charge_type(&mut self, id: &str, to: ChargeType, at: Duration) {
        self.edit(id, at, |machine| machine.instance_charge_type = to);
    }

    /// Puts a lock on a machine, as security and arrears do.
    pub(crate) fn lock(&mut self, id: &str, reason: &str, at: Duration) {
        let lock = Lock {
            lock_reason: reason.to_owned(),
            lock_msg: String::new(),
        };
        self.edit(id, at, |machine| {
            machine.operation_locks.lock_reason.push(lock);
        });
    }

    /// Takes all locks off a machine.
    pub(crate) fn unlock(&mut self, id: &str, at: Duration) {
        self.edit(id, at, |machine| {
            machine.operation_locks.lock_reason.clear();
        });
    }

    pub(crate) fn status_of(&self, id: &str) -> Option<Status> {
        self.instances.get(id).map(|instance| instance.truth.status)
    }

    /// Changes one machine; readers see it after the lag.
    pub(crate) fn edit(&mut self, id: &str, at: Duration, edit: impl FnOnce(&mut Described)) {
        let lag = self.settings.delays.lag.0;
        if let Some(instance) = self.instances.get_mut(id) {
            // The start time is the guest's: it moves when a machine comes up.
            let was = instance.truth.status;
            let wall = self.now.wall;
            let mut came_up = false;
            instance.change(at, lag, |machine| {
                edit(machine);
                if was != Status::Running && machine.status == Status::Running {
                    machine.start_time = to_the_minute(wall);
                    came_up = true;
                }
            });
            if came_up {
                instance.up_since = Some(at);
            }
        }
    }
}
