//! What the manifest wants of the power switch, apart from any change.

use crate::model::{BillingMethod, NetworkKind, StoppedMode};
use crate::plan::account::Blocked;
use crate::plan::input::Case;
use crate::plan::step::Because;

/// The mode a wanted stop uses: the manifest's, else the one that gives nothing up.
pub(in crate::plan) fn stopped_mode(case: &Case<'_>) -> StoppedMode {
    case.desired
        .spec
        .stopped_mode
        .unwrap_or(StoppedMode::KeepCharging)
}

/// Why it is stopped.
pub(in crate::plan) fn why_stopped(case: &Case<'_>) -> Vec<Because> {
    let billing = match stopped_mode(case) {
        StoppedMode::KeepCharging => "billing goes on while it is down (KeepCharging)",
        StoppedMode::StopCharging => "capacity is given up while it is down (StopCharging)",
    };
    vec![
        Because::new("power", "the manifest wants it stopped"),
        Because::new("R70", billing),
    ]
}

/// R70: StopCharging gives the static address up, which needs consent like any other way of losing it.
pub(in crate::plan) fn keeps_its_address(case: &Case<'_>) -> Result<(), Blocked> {
    let stops = case.is_up() && !case.ends_up();
    let loses = stopped_mode(case) == StoppedMode::StopCharging
        && case.seen.billing == BillingMethod::PostPaid
        && case.seen.network == NetworkKind::Vpc;
    match &case.seen.public_ip {
        Some(address) if stops && loses && case.desired.spec.internet.public_ip != Some(false) => {
            Err(case.block(
                "R70",
                format!("StopCharging would give up its static address {address}"),
                "write `public_ip: false` to consent, or use KeepCharging",
            ))
        }
        Some(_) | None => Ok(()),
    }
}

/// A machine that is already down keeps the mode it went down with.
pub(in crate::plan) fn mode_can_change(case: &Case<'_>) -> Result<(), Blocked> {
    match (case.desired.spec.stopped_mode, case.seen.stopped_mode) {
        (Some(want), Some(is)) if want != is && !case.is_up() && !case.ends_up() => Err(case
            .block(
                "R70",
                format!(
                    "it went down with {}, and a machine that is down cannot change that",
                    is.as_str()
                ),
                "start it first, then let the plan stop it again",
            )),
        (Some(_) | None, _) => Ok(()),
    }
}
