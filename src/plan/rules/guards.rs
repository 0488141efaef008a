//! May this machine be stopped? The owner's and other owners' say.

use std::time::Duration;

use crate::model::Share;
use crate::plan::account::Blocked;
use crate::plan::input::Case;

/// Tags by which a scaling group or a Kubernetes node pool marks its machines.
const OWNER_TAGS: [(&str, &str); 3] = [
    ("acs:autoscaling:scalingGroupId", "a scaling group"),
    ("ack.aliyun.com", "an ACK cluster"),
    ("ack.alibabacloud.com/nodepool-id", "an ACK node pool"),
];

/// `protect`: the manifest names machines that no plan may stop.
pub(in crate::plan) fn is_not_protected(case: &Case<'_>) -> Result<(), Blocked> {
    if case.desired.protect {
        return Err(case.block(
            "protect",
            "the change stops it, and the manifest protects it",
            "take it out of `protect` in a commit of its own",
        ));
    }
    Ok(())
}

/// A machine that belongs to a scaling group or a cluster may be released by it while it is down.
pub(in crate::plan) fn is_not_managed_elsewhere(case: &Case<'_>) -> Result<(), Blocked> {
    let owner = OWNER_TAGS
        .iter()
        .find(|(tag, _)| case.seen.tags.contains_key(*tag));
    let Some((tag, owner)) = owner else {
        return Ok(());
    };
    Err(case.block(
        "managed",
        format!("it belongs to {owner} (tag `{tag}`), which may release a machine that is down"),
        "change it through its owner, or take it out of there first",
    ))
}

/// A spot machine that is stopped may never start again.
pub(in crate::plan) fn is_not_spot(case: &Case<'_>) -> Result<(), Blocked> {
    if case.seen.spot {
        return Err(case.block(
            "spot",
            "it is a spot machine, and its capacity may be gone when it should start again",
            "replace it by a new machine of the wanted type",
        ));
    }
    Ok(())
}

/// `max_unavailable: 0` forbids every outage, so the plan says it instead of hanging in apply.
pub(in crate::plan) fn group_allows_an_outage(case: &Case<'_>) -> Result<(), Blocked> {
    let limit = case.input.desired.rollout_of(case.desired).max_unavailable;
    if limit == Share::Count(0) || limit == Share::Percent(0) {
        return Err(case.block(
            "max_unavailable",
            "the change stops it, and its group allows no machine to be down",
            "raise `max_unavailable` to 1 or more",
        ));
    }
    Ok(())
}

/// `max_outage`: the longest time from stop to running that the owner allows.
pub(in crate::plan) fn outage_is_short_enough(
    case: &Case<'_>,
    expected: Duration,
) -> Result<(), Blocked> {
    let allowed = case.desired.change.max_outage;
    if expected <= allowed {
        return Ok(());
    }
    Err(case.block(
        "max_outage",
        format!(
            "it would be down for about {} s, and `max_outage` allows {} s",
            expected.as_secs(),
            allowed.as_secs()
        ),
        "raise `max_outage`, or leave this change out",
    ))
}
