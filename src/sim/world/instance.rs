//! One machine: what is true of it now, what readers are still shown, and what its guest runs on.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::sim::machine::card::Card;
use crate::sim::machine::described::{ChargeType, Described, NetworkType, Status, StoppedMode};
use crate::sim::scenario::Particulars;
use crate::sim::time::Now;

/// A machine of the world.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Instance {
    /// What is true, the configured type included.
    pub(crate) truth: Card,
    /// The type the guest really runs on: the configured one as of the last start (R4, R12, R72).
    pub(crate) effective_type: String,
    /// When the last change of the specs took hold (R52).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) changed_at: Option<Duration>,
    /// When it came up last; a machine that ran from the beginning never did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) up_since: Option<Duration>,
    /// Counts power calls, so that what an older one left on the agenda is ignored.
    #[serde(default)]
    pub(crate) power_turn: u64,
    /// Whether an EIP blocks a type change of this machine (R59).
    #[serde(default)]
    pub(crate) eip_blocks_type_change: bool,
    /// A temporary bandwidth upgrade in force, with the bandwidth to fall back to (R30, R31).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) bandwidth_before_upgrade: Option<i64>,
    /// What DescribeInstances does not show.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) particulars: Option<Box<Particulars>>,
    /// Upgrades since the last boot (R21).
    #[serde(default, skip_serializing_if = "is_zero")]
    pub(crate) online_changes: u32,
    /// The type whose drivers an unprepared guest has, once it did not come up on another (R22).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) lost_since: Option<String>,
    /// What is still shown, oldest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    earlier: Vec<Earlier>,
}

/// A state that was overtaken, shown until a moment of the elapsed clock.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Earlier {
    until: Duration,
    state: Card,
}

/// Oldest state a stale read may show; instances remember what they showed for as long.
pub(crate) const STALE_MAX: Duration = Duration::from_secs(30);

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes references")]
fn is_zero(count: &u32) -> bool {
    *count == 0
}

impl Instance {
    pub(crate) fn new(truth: Described) -> Self {
        Self {
            effective_type: truth.instance_type.clone(),
            truth: Card::new(truth),
            changed_at: None,
            up_since: None,
            power_turn: 0,
            eip_blocks_type_change: false,
            bandwidth_before_upgrade: None,
            particulars: None,
            online_changes: 0,
            lost_since: None,
            earlier: Vec::new(),
        }
    }

    /// What the scenario says beside what is shown; nothing special for most machines.
    pub(crate) fn particulars(&self) -> &Particulars {
        static NOTHING: Particulars = Particulars::nothing();
        self.particulars.as_deref().unwrap_or(&NOTHING)
    }

    /// What DescribeInstances shows at a moment: reads lag behind writes.
    pub(crate) fn shown(&self, at: Duration) -> &Described {
        self.card(at)
    }

    /// The same with its words.
    pub(crate) fn card(&self, at: Duration) -> &Card {
        let stale = self.earlier.iter().find(|earlier| earlier.until > at);
        stale.map_or(&self.truth, |earlier| &earlier.state)
    }

    /// Changes the truth at `at`; readers see it `hidden_for` later, and never before an earlier change.
    pub(crate) fn change(
        &mut self,
        at: Duration,
        hidden_for: Duration,
        edit: impl FnOnce(&mut Described),
    ) {
        self.earlier
            .retain(|earlier| earlier.until + STALE_MAX > at);
        let previous = self.earlier.last().map_or(at, |earlier| earlier.until);
        let until = previous.max(at + hidden_for);
        let truth = self.truth.changed(edit);
        let state = std::mem::replace(&mut self.truth, truth);
        self.earlier.push(Earlier { until, state });
    }

    /// R14: a subscription past its end; pay-as-you-go machines have no end.
    fn has_expired(&self, now: Now) -> bool {
        self.is_prepaid() && self.expiry().is_some_and(|end| end <= now.wall)
    }

    /// Neither expired (R14) nor locked for money (R65).
    pub(crate) fn is_paid_for(&self, now: Now) -> bool {
        !self.has_expired(now) && !self.is_locked("financial")
    }

    /// When the subscription ends.
    pub(crate) fn expiry(&self) -> Option<jiff::Timestamp> {
        crate::sim::time::read_minute(&self.truth.expired_time)
    }

    pub(crate) fn is_prepaid(&self) -> bool {
        self.truth.instance_charge_type == ChargeType::PrePaid
    }

    pub(crate) fn is_vpc(&self) -> bool {
        self.truth.instance_network_type == NetworkType::Vpc
    }

    pub(crate) fn has_eip(&self) -> bool {
        !self.truth.eip_address.ip_address.is_empty()
    }

    /// Whether a lock of this reason is on; the sources spell reasons in different cases.
    pub(crate) fn is_locked(&self, reason: &str) -> bool {
        let locks = &self.truth.operation_locks.lock_reason;
        locks
            .iter()
            .any(|lock| lock.lock_reason.eq_ignore_ascii_case(reason))
    }

    /// R70: a machine stopped without charge has given its place in the data centre back.
    pub(crate) fn holds_capacity(&self) -> bool {
        let released = self.truth.stopped_mode == StoppedMode::StopCharging;
        !(self.truth.status == Status::Stopped && released)
    }
}
