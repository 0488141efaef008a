//! Subscriptions: which way a change goes, what it costs, and when it may be made (R10 to R18, R42 to R47).

use jiff::Timestamp;

use crate::sim::machine::described::Status;
use crate::sim::money::Money;
use crate::sim::protocol::reply::Refusal;
use crate::sim::protocol::request::Params;
use crate::sim::scenario::OnlineChange;
use crate::sim::time::{Now, read_minute};
use crate::sim::world::World;
use crate::sim::world::instance::Instance;
use crate::sim::world::orders::{OrderKind, Reboot};

/// R10: ModifyPrepayInstanceSpec is for subscriptions.
pub(crate) fn is_subscription(instance: &Instance) -> Result<(), Refusal> {
    if instance.is_prepaid() {
        return Ok(());
    }
    Err(Refusal::new(
        400,
        "InvalidBillingMethod.ValueNotSupported",
        "Only a subscription can be changed with this operation.",
    ))
}

/// R15: the direction of a change is the direction of its price.
pub(crate) fn direction(from: Money, to: Money) -> OrderKind {
    if to < from {
        OrderKind::Downgrade
    } else {
        OrderKind::Upgrade
    }
}

/// R15: OperatorType may be left out; sent, it must name the direction the price gives.
pub(crate) fn direction_is_as_said(params: &Params, actual: OrderKind) -> Result<(), Refusal> {
    let fits = match (params.get("OperatorType"), actual) {
        (None, _) | (Some("downgrade"), OrderKind::Downgrade) => true,
        (Some("upgrade"), OrderKind::Upgrade | OrderKind::TempUpgrade) => true,
        (Some(_), _) => false,
    };
    if fits {
        return Ok(());
    }
    Err(Refusal::new(
        400,
        "InvalidInstanceType.ValueNotSupported",
        "OperatorType does not name the direction in which the price goes.",
    ))
}

/// R12: an upgrade needs Running or Stopped; R13: a downgrade needs Stopped.
pub(crate) fn state_allows(instance: &Instance, direction: OrderKind) -> Result<(), Refusal> {
    match (direction, instance.truth.status) {
        (_, Status::Stopped) => Ok(()),
        (OrderKind::Upgrade | OrderKind::TempUpgrade, Status::Running) => Ok(()),
        (OrderKind::Convert | OrderKind::Refund, Status::Running) => Ok(()),
        (OrderKind::Downgrade, Status::Running) => Err(Refusal::new(
            400,
            "InvalidStatus.NotStopped",
            "The instance must be Stopped for a downgrade.",
        )),
        (_, Status::Pending | Status::Starting | Status::Stopping) => Err(Refusal::new(
            403,
            "IncorrectInstanceStatus",
            "The instance must be Running or Stopped.",
        )),
    }
}

/// R21: what may forbid a change without a stop or a reboot.
pub(crate) fn may_change_online(world: &World, instance: &Instance) -> Result<(), Refusal> {
    if instance.truth.status != Status::Running {
        return Ok(());
    }
    let most = world.settings.choices.online_changes;
    let (status, code) = match instance.particulars().online_change {
        OnlineChange::CpuTopology => (400, "InvalidOperation.OnlineModificationUnsupported"),
        OnlineChange::OperatingSystem => (403, "InvalidOperation.OSTypeNotSupported"),
        OnlineChange::RebootFirst => (403, "InvalidOperation.RebootingRequired"),
        OnlineChange::TooMany => (403, "InvalidOperation.MaxModifyOnlineNumberExceeded"),
        OnlineChange::Allowed if most.is_some_and(|most| instance.online_changes >= most) => {
            (403, "InvalidOperation.MaxModifyOnlineNumberExceeded")
        }
        OnlineChange::Allowed => return Ok(()),
    };
    Err(Refusal::new(
        status,
        code,
        "The instance cannot be changed while it runs.",
    ))
}

/// What a change costs: the difference of the hourly prices for what is left of the term, at least a
/// hundredth; a refund when it is below zero (R47).
pub(crate) fn amount(from: Money, to: Money, term_hours: i64) -> Money {
    match direction(from, to) {
        OrderKind::Downgrade => Money::ZERO - (from - to).for_hours(term_hours),
        OrderKind::Upgrade | OrderKind::TempUpgrade | OrderKind::Convert | OrderKind::Refund => {
            (to - from).for_hours(term_hours).max(Money::LEAST)
        }
    }
}

/// Whole hours until the subscription ends.
pub(crate) fn term_hours(instance: &Instance, now: Now) -> i64 {
    let left = instance.expiry().map(|end| end.duration_since(now.wall));
    left.map_or(0, |left| left.as_hours().max(0))
}

/// R16 and R17: whether and when the service itself reboots the machine afterwards.
pub(crate) fn reboot(params: &Params, wall: Timestamp) -> Result<Reboot, Refusal> {
    let when_finished = params.flag("RebootWhenFinished")? == Some(true);
    let Some(text) = params.get("RebootTime") else {
        return Ok(if when_finished {
            Reboot::WhenFinished
        } else {
            Reboot::Never
        });
    };
    let Some(moment) = read_minute(text) else {
        return Err(Refusal::new(
            400,
            "InvalidRebootTime.MalFormed",
            "RebootTime is not of the form yyyy-MM-ddTHH:mmZ.",
        ));
    };
    if moment < wall {
        return Err(no_such_reboot("RebootTime lies in the past."));
    }
    Ok(Reboot::At(moment))
}

/// R17: behind the end of the subscription there is nothing left to reboot.
pub(crate) fn reboots_in_time(instance: &Instance, reboot: Reboot) -> Result<(), Refusal> {
    let end = instance.expiry().unwrap_or(Timestamp::MAX);
    match reboot {
        Reboot::At(moment) if moment > end => Err(no_such_reboot(
            "RebootTime lies behind the end of the subscription.",
        )),
        Reboot::At(_) | Reboot::Never | Reboot::WhenFinished => Ok(()),
    }
}

fn no_such_reboot(why: &str) -> Refusal {
    Refusal::new(400, "InvalidRebootTime.ValueNotSupported", why)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn money(amount: f64) -> Money {
        Money::from_decimal(amount).unwrap()
    }

    #[test]
    fn an_upgrade_costs_the_difference_and_a_downgrade_pays_it_back() {
        assert_eq!(amount(money(1.0), money(1.5), 100), money(50.0));
        assert_eq!(amount(money(1.5), money(1.0), 100), money(-50.0));
        assert_eq!(amount(money(1.0), money(1.0), 100), Money::LEAST);
        assert_eq!(amount(money(1.0), money(1.5), 0), Money::LEAST);
    }
}
