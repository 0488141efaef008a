//! May this machine be changed at all, as it was found?

use crate::model::{BillingMethod, InstanceStatus};
use crate::plan::nouns::{Blocked, Case, FoundStopped};

/// R23: a change needs a machine that is Running or Stopped, not one on its way.
pub(in crate::plan) fn is_at_rest(case: &Case<'_>) -> Result<(), Blocked> {
    match &case.seen.status {
        InstanceStatus::Running | InstanceStatus::Stopped => Ok(()),
        InstanceStatus::Pending | InstanceStatus::Starting | InstanceStatus::Stopping => Err(case
            .block(
                "R23",
                format!("it is {} at this moment", case.seen.status),
                "plan again when it has settled",
            )),
        InstanceStatus::Other(word) => Err(case.block(
            "R23",
            format!("its status `{word}` is not known to this version"),
            "bring it to Running or Stopped in the console, then plan again",
        )),
    }
}

/// R65: a locked machine takes no change and may not even start again.
pub(in crate::plan) fn is_not_locked(case: &Case<'_>) -> Result<(), Blocked> {
    let Some(lock) = case.seen.locks.first() else {
        return Ok(());
    };
    let way_out = match lock.as_str() {
        "security" => "clear the security event in the console, then plan again",
        "financial" => "settle the overdue bill or renew the subscription, then plan again",
        _ => "find out in the console why it is locked, then plan again",
    };
    Err(case.block("R65", format!("it is locked (`{lock}`)"), way_out))
}

/// R14: an expired subscription cannot change.
pub(in crate::plan) fn is_not_expired(case: &Case<'_>) -> Result<(), Blocked> {
    match case.seen.expires_at {
        Some(end) if case.seen.billing == BillingMethod::PrePaid && end <= case.input.now => {
            Err(case.block(
                "R14",
                format!("its subscription ended at {end}"),
                "renew the subscription, then plan again",
            ))
        }
        Some(_) | None => Ok(()),
    }
}

/// A machine that somebody stopped, we do not know why, is not touched before somebody says so.
pub(in crate::plan) fn is_not_stopped_by_a_stranger(case: &Case<'_>) -> Result<(), Blocked> {
    if case.is_stopped_by_a_stranger() && case.input.found_stopped == FoundStopped::Block {
        return Err(case.block(
            "found-stopped",
            "it was found Stopped, and neither the manifest nor the state says why",
            "write `power: stopped` or `power: running`, or pass -accept-stopped",
        ));
    }
    Ok(())
}
