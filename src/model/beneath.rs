//! Looking beneath a temporary upgrade (R30).
//!
//! While one is in force the cloud shows the higher figure and has no word for the one beneath. Whoever
//! compares must look beneath it, or the plan would order the end of the event as a downgrade.

use jiff::{SignedDuration, Timestamp};

use super::applied::{AppliedFleet, ManagedFields};
use super::books::Books;
use super::observed::{ObservedFleet, ObservedInstance};
use super::order::PaymentStatus;
use super::spec::{Field, Mbps};
use super::temporary::{Raised, Upgrade};

/// How long after its end an upgrade may still show: bandwidth falls back by itself, nobody says how soon.
const FALLS_BACK_WITHIN: SignedDuration = SignedDuration::from_hours(1);

/// An upgrade as far as it can show.
struct Shown {
    start: Timestamp,
    end: Timestamp,
    /// What it shows, Mbit/s.
    to: Mbps,
    /// What is beneath it, Mbit/s.
    base: Mbps,
}

impl ObservedInstance {
    /// The machine counts as what it is for good.
    fn look_beneath(&mut self, upgrade: &Shown, now: Timestamp) {
        let fell_back = now.duration_since(upgrade.end) >= FALLS_BACK_WITHIN;
        let shows = self.max_bandwidth_out == upgrade.to && upgrade.to != upgrade.base;
        if !shows || now < upgrade.start || fell_back {
            return;
        }
        self.max_bandwidth_out = upgrade.base;
        if upgrade.base == 0 {
            // R30: the address came with the upgrade and goes with it.
            self.public_ip = None;
        }
        self.raised = Some(Raised {
            to: upgrade.to,
            until: upgrade.end,
        });
    }
}

impl ObservedInstance {
    /// Looks beneath an upgrade that is recorded, where it shows. What is recorded beside it of the
    /// bandwidth for good is newer than the upgrade.
    pub fn look_beneath_upgrade(
        &mut self,
        bought: &Upgrade,
        fields: &ManagedFields,
        now: Timestamp,
    ) {
        let recorded = fields.get(&Field::MaxBandwidthOut);
        let base = recorded.and_then(|out| out.parse().ok());
        let upgrade = Shown {
            start: bought.what.start,
            end: bought.what.end,
            to: bought.what.max_bandwidth_out,
            base: base.unwrap_or(bought.base),
        };
        self.look_beneath(&upgrade, now);
    }
}

impl AppliedFleet {
    /// Looks beneath the upgrades that are recorded here, where they show.
    pub fn look_beneath_upgrades(&self, observed: &mut ObservedFleet, now: Timestamp) {
        for (id, record) in &self.instances {
            if let (Some(bought), Some(seen)) = (&record.temporary, observed.instances.get_mut(id))
            {
                seen.look_beneath_upgrade(bought, &record.fields, now);
            }
        }
    }
}

impl Books {
    /// Looks beneath the upgrades that are known from their orders, where they show and say all of it.
    pub fn look_beneath_upgrades(&self, observed: &mut ObservedFleet, now: Timestamp) {
        for (id, orders) in &self.upgrades {
            let Some(seen) = observed.instances.get_mut(id) else {
                continue;
            };
            for order in orders
                .iter()
                .filter(|order| order.payment == PaymentStatus::Paid)
            {
                if let (Some(start), Some(end), Some(to), Some(base)) =
                    (order.start, order.end, order.max_bandwidth_out, order.base)
                {
                    let upgrade = Shown {
                        start,
                        end,
                        to,
                        base,
                    };
                    seen.look_beneath(&upgrade, now);
                }
            }
        }
    }
}
