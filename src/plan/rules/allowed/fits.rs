//! Does the new type carry what the machine has? Bandwidth, interfaces, addresses (R28, R61, R66).

use crate::model::{BandwidthKey, BillingMethod, Mbps, NetworkBilling, TypeName, TypeShape};
use crate::plan::nouns::{Blocked, Case};

/// R28: the most outbound bandwidth this machine may have as that type, as the cloud says; none where
/// that is not known.
pub(in crate::plan::rules) fn widest(
    case: &Case<'_>,
    of: &TypeName,
    charge_type: NetworkBilling,
) -> Option<Mbps> {
    case.input.limits.widest(&key(case, of), charge_type)
}

/// What to ask about bandwidth; none when the machine wants none and has none to bring to another type.
pub(in crate::plan) fn bandwidth_question(case: &Case<'_>) -> Option<BandwidthKey> {
    let wish = &case.desired.spec;
    let ends_as = wish.instance_type.as_ref();
    let ends_as = ends_as.unwrap_or(&case.seen.instance_type);
    let internet = &wish.internet;
    let becomes_another = *ends_as != case.seen.instance_type;
    let brings = becomes_another && case.seen.max_bandwidth_out > 0;
    let moves = becomes_another
        || internet
            .max_bandwidth_out
            .is_some_and(|out| out != case.seen.max_bandwidth_out)
        || internet
            .charge_type
            .is_some_and(|c| Some(c) != case.seen.charge_type);
    (brings || (moves && out_after(case) > 0)).then(|| key(case, ends_as))
}

/// R28: a type change keeps the bandwidth, so the new type must allow what the machine will have.
pub(in crate::plan::rules) fn bandwidth_fits(
    case: &Case<'_>,
    to: &TypeName,
) -> Result<(), Blocked> {
    let out = out_after(case);
    let Some(max) = widest(case, to, charge_type(case)).filter(|max| out > *max) else {
        return Ok(());
    };
    Err(case.block(
        "R28",
        format!("its outbound bandwidth of {out} Mbit/s is above {max}, the most that {to} takes"),
        "lower `max_bandwidth_out` along with the type, or choose another type",
    ))
}

/// Whether its bandwidth is too wide for the new type now, and is lowered before the type changes.
pub(in crate::plan::rules) fn is_lowered_first(case: &Case<'_>, to: &TypeName) -> bool {
    let max = widest(case, to, charge_type(case));
    max.is_some_and(|max| case.seen.max_bandwidth_out > max && out_after(case) <= max)
}

/// Whether the new type is known to take the bandwidth as it is, so that it may be lowered afterwards.
pub(in crate::plan::rules) fn takes_it_as_it_is(case: &Case<'_>, to: &TypeName) -> bool {
    let charge_type = case.seen.charge_type;
    let max = widest(
        case,
        to,
        charge_type.unwrap_or(NetworkBilling::PayByBandwidth),
    );
    max.is_some_and(|max| case.seen.max_bandwidth_out <= max)
}

/// R61: interfaces and addresses must not be more than the new type carries.
pub(in crate::plan::rules) fn attachments_fit(
    case: &Case<'_>,
    to: &TypeName,
) -> Result<(), Blocked> {
    let Some(shape) = case.input.limits.shape(to) else {
        return Ok(());
    };
    let has = &case.seen.particulars;
    let counts = [
        (has.interfaces, shape.interfaces, "network interfaces"),
        (
            has.ipv4_most,
            shape.ipv4_per_interface,
            "private IPv4 addresses on one interface",
        ),
        (
            has.ipv6_most,
            shape.ipv6_per_interface,
            "IPv6 addresses on one interface",
        ),
    ];
    for (has, carries, what) in counts {
        if let Some(carries) = carries.filter(|carries| has > *carries) {
            return Err(case.block(
                "R61",
                format!("it has {has} {what}, and {to} carries {carries}"),
                "take away what is too much, or choose a type that carries it",
            ));
        }
    }
    Ok(())
}

/// R66: a subscription that is set up to hibernate keeps its type.
pub(in crate::plan::rules) fn does_not_hibernate(case: &Case<'_>) -> Result<(), Blocked> {
    if case.seen.particulars.hibernates && case.seen.billing == BillingMethod::PrePaid {
        return Err(case.block(
            "R66",
            "it is set up to hibernate, which rules a change of type out",
            "leave its type alone, or build it anew without hibernation",
        ));
    }
    Ok(())
}

/// What is known of the type it has and of the one it is to have.
pub(in crate::plan::rules) fn shapes<'a>(
    case: &Case<'a>,
    to: &TypeName,
) -> Option<(&'a TypeShape, &'a TypeShape)> {
    let limits = case.input.limits;
    limits.shape(&case.seen.instance_type).zip(limits.shape(to))
}

fn key(case: &Case<'_>, of: &TypeName) -> BandwidthKey {
    BandwidthKey {
        region: case.seen.region.clone(),
        instance_type: of.clone(),
        billing: case.seen.billing,
    }
}

/// How traffic will be paid for; where the cloud does not say, the way with the wider range.
fn charge_type(case: &Case<'_>) -> NetworkBilling {
    let wish = case.desired.spec.internet.charge_type;
    let charge_type = wish.or(case.seen.charge_type);
    charge_type.unwrap_or(NetworkBilling::PayByBandwidth)
}

fn out_after(case: &Case<'_>) -> Mbps {
    let wish = case.desired.spec.internet.max_bandwidth_out;
    wish.unwrap_or(case.seen.max_bandwidth_out)
}
