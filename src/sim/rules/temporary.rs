//! Temporary bandwidth upgrades of subscriptions (R30).

use jiff::{SignedDuration, Timestamp};

use crate::sim::machine::described::InternetCharge;
use crate::sim::machine::network::Network;
use crate::sim::protocol::reply::Refusal;
use crate::sim::protocol::request::Params;
use crate::sim::time::{Now, read_hour, read_minute};
use crate::sim::world::instance::Instance;

/// From when until when an upgrade is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Span {
    pub(crate) from: Timestamp,
    pub(crate) until: Timestamp,
}

/// Shortest temporary upgrade.
const LEAST: SignedDuration = SignedDuration::from_hours(3);

impl Span {
    pub(crate) fn hours(self) -> i64 {
        self.until.duration_since(self.from).as_hours()
    }
}

/// StartTime to the minute and EndTime to the hour; one without the other is refused
/// (open point 12).
pub(crate) fn read(params: &Params) -> Result<Option<Span>, Refusal> {
    let (from, until) = match (params.get("StartTime"), params.get("EndTime")) {
        (None, None) => return Ok(None),
        (Some(from), Some(until)) => (read_minute(from), read_hour(until)),
        (Some(from), None) => (read_minute(from), None),
        (None, Some(_)) => (None, None),
    };
    let from = from.ok_or_else(|| bad("InvalidStartTime.ValueNotSupported", "StartTime"))?;
    let until = until.ok_or_else(|| bad("InvalidEndTime.ValueNotSupported", "EndTime"))?;
    if until < from {
        return Err(bad("InvalidStartTime.ValueNotSupported", "StartTime"));
    }
    if until.duration_since(from) < LEAST {
        return Err(bad("InvalidEndTime.ValueNotSupported", "EndTime"));
    }
    Ok(Some(Span { from, until }))
}

/// R30: only a subscription that pays by bandwidth can be upgraded for a while.
pub(crate) fn is_offered(instance: &Instance, wanted: Network) -> Result<(), Refusal> {
    if instance.is_prepaid() && wanted.charge == InternetCharge::PayByBandwidth {
        return Ok(());
    }
    Err(Refusal::new(
        400,
        "ChargeTypeViolation",
        "Temporary upgrades are for subscriptions that pay by bandwidth.",
    ))
}

/// R30: more than now, still to come, and inside the life of the instance.
pub(crate) fn fits(
    instance: &Instance,
    span: Span,
    wanted: Network,
    now: Now,
) -> Result<(), Refusal> {
    if wanted.out < instance.truth.internet_max_bandwidth_out {
        return Err(bad("InvalidBandwidth.ValueNotSupported", "bandwidth"));
    }
    let end = instance.expiry().unwrap_or(Timestamp::MAX);
    if span.from < now.wall {
        return Err(bad("InvalidStartTime.ValueNotSupported", "StartTime"));
    }
    if span.from > end {
        return Err(bad("InvalidStartTime.BeyondLifeCycle", "StartTime"));
    }
    if span.until > end {
        return Err(bad("InvalidEndTime.BeyondLifeCycle", "EndTime"));
    }
    Ok(())
}

fn bad(code: &str, what: &str) -> Refusal {
    Refusal::new(
        400,
        code,
        format!("The {what} of the temporary upgrade does not fit."),
    )
}
