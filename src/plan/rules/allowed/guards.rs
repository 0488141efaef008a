//! May this machine be stopped? The owner's and other owners' say.

use std::time::Duration;

use crate::model::{Owner, Share};
use crate::plan::nouns::{Blocked, Case};

use super::targets;

/// Tags by which a scaling group or a Kubernetes node pool marks its machines.
const OWNER_TAGS: [(&str, Owner, &str); 3] = [
    (
        "acs:autoscaling:scalingGroupId",
        Owner::Ess,
        "a scaling group",
    ),
    ("ack.aliyun.com", Owner::Ack, "an ACK cluster"),
    (
        "ack.alibabacloud.com/nodepool-id",
        Owner::Ack,
        "an ACK node pool",
    ),
];

/// `protect`: the manifest names machines that no plan may stop.
pub(in crate::plan::rules) fn is_not_protected(case: &Case<'_>) -> Result<(), Blocked> {
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
pub(in crate::plan::rules) fn is_not_managed_elsewhere(case: &Case<'_>) -> Result<(), Blocked> {
    let mut strangers =
        owners(case).filter(|(_, owner, _)| !case.desired.allow_managed.contains(owner));
    let Some((tag, owner, what)) = strangers.next() else {
        return Ok(());
    };
    let way_out = format!(
        "change it through its owner, or accept that with `allow_managed: [{}]`",
        owner.as_str()
    );
    Err(case.block(
        "managed",
        format!("it belongs to {what} (tag `{tag}`), which may release a machine that is down"),
        &way_out,
    ))
}

/// Who else looks after this machine: the tag that says so, who, and what to call it.
pub(in crate::plan::rules) fn owners(
    case: &Case<'_>,
) -> impl Iterator<Item = (&'static str, Owner, &'static str)> {
    let tags = &case.seen.tags;
    OWNER_TAGS
        .into_iter()
        .filter(|(tag, _, _)| tags.contains_key(*tag))
}

/// A spot machine that is stopped and should come up again may never do so, unless the cloud has its new type to give.
pub(in crate::plan::rules) fn is_not_spot(case: &Case<'_>) -> Result<(), Blocked> {
    if !case.seen.spot || targets::is_listed(case) {
        return Ok(());
    }
    let why = match targets::wanted(case) {
        Some(to) => format!(
            "it is a spot machine, and the cloud does not say that it has {to} for it when it should start again"
        ),
        None => "it is a spot machine, and its capacity may be gone when it should start again"
            .to_owned(),
    };
    Err(case.block(
        "spot",
        why,
        "replace it by a new machine of the wanted type",
    ))
}

/// `max_unavailable: 0` forbids every outage, so the plan says it instead of hanging in apply.
pub(in crate::plan::rules) fn group_allows_an_outage(case: &Case<'_>) -> Result<(), Blocked> {
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
pub(in crate::plan::rules) fn outage_is_short_enough(
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
