//! May the machine have this bandwidth and this address? What the vendor allows and what needs consent.

use crate::model::{BillingMethod, DesiredInternet, Mbps, NetworkBilling, NetworkKind, TypeName};
use crate::plan::nouns::{Blocked, Case};

use super::fits;

/// The values the machine will have: what is written, else what is there.
pub(in crate::plan::rules) struct Target {
    pub(in crate::plan::rules) charge_type: Option<NetworkBilling>,
    pub(in crate::plan::rules) out: Mbps,
    pub(in crate::plan::rules) address: Option<bool>,
}

/// Whether it loses the static address it has.
pub(in crate::plan::rules) fn gives_address_up(case: &Case<'_>, address: Option<bool>) -> bool {
    case.seen.public_ip.is_some() && address == Some(false)
}

/// R27: with an elastic address bound, public bandwidth is the address's business.
pub(in crate::plan::rules) fn has_no_eip(case: &Case<'_>) -> Result<(), Blocked> {
    let Some(eip) = &case.seen.eip else {
        return Ok(());
    };
    Err(case.block(
        "R27",
        format!("the elastic address {} is bound to it", eip.address),
        "change the bandwidth of the elastic address, or unbind it",
    ))
}

/// R28: the ceiling depends on network billing and billing method, and on the type it ends with.
pub(in crate::plan::rules) fn outbound_is_in_range(
    case: &Case<'_>,
    target: &Target,
) -> Result<(), Blocked> {
    let ends_as = case.desired.spec.instance_type.as_ref();
    let ends_as = ends_as.unwrap_or(&case.seen.instance_type);
    outbound_is_in_range_of(case, target, ends_as)
}

/// The same with this type.
pub(in crate::plan::rules) fn outbound_is_in_range_of(
    case: &Case<'_>,
    target: &Target,
    with: &TypeName,
) -> Result<(), Blocked> {
    // Where the cloud does not say how traffic is paid for, the wider range holds.
    let charge_type = target.charge_type.unwrap_or(NetworkBilling::PayByBandwidth);
    if let Some(max) = fits::widest(case, with, charge_type) {
        return within_the_answer(case, target, with, (charge_type, max));
    }
    let max = charge_type.bandwidth_out_max(case.seen.billing);
    if target.out <= max {
        return Ok(());
    }
    Err(case.block(
        "R28",
        format!(
            "{} Mbit/s is above {max}, the most for {} on a {} machine",
            target.out,
            charge_type.as_str(),
            case.seen.billing.as_str()
        ),
        "lower `max_bandwidth_out`",
    ))
}

/// What the cloud says of this type wins over what is written about all types.
fn within_the_answer(
    case: &Case<'_>,
    target: &Target,
    with: &TypeName,
    (charge_type, max): (NetworkBilling, Mbps),
) -> Result<(), Blocked> {
    if target.out <= max {
        return Ok(());
    }
    let (out, how) = (target.out, charge_type.as_str());
    Err(case.block(
        "R28",
        format!("{out} Mbit/s is above {max}, the most that {with} takes with {how}"),
        "lower `max_bandwidth_out`, or choose a type that takes more",
    ))
}

/// R29: the most inbound beside so much outbound; what it is set to when outbound alone is stated.
pub(in crate::plan::rules) fn inbound_most(out: Mbps) -> Mbps {
    out.max(10)
}

/// R29: inbound is 1 to 10 while outbound is at most 10, else 1 to outbound.
pub(in crate::plan::rules) fn inbound_is_in_range(
    case: &Case<'_>,
    wish: &DesiredInternet,
    target: &Target,
) -> Result<(), Blocked> {
    let Some(inbound) = wish.max_bandwidth_in else {
        return Ok(());
    };
    let max = inbound_most(target.out);
    if (1..=max).contains(&inbound) {
        return Ok(());
    }
    Err(case.block(
        "R29",
        format!("inbound {inbound} Mbit/s is not within 1 to {max}"),
        "leave `max_bandwidth_in` out, or set it within the range",
    ))
}

/// An address needs bandwidth, and bandwidth of a subscription machine brings an address (R24).
pub(in crate::plan::rules) fn address_fits_bandwidth(
    case: &Case<'_>,
    wish: &DesiredInternet,
    target: &Target,
) -> Result<(), Blocked> {
    let has = case.seen.public_ip.is_some();
    address_can_be_given_up(case, wish)?;
    match (wish.public_ip, target.out) {
        (Some(true), 0) => Err(case.block(
            "R33",
            "a public address needs outbound bandwidth above 0",
            "set `max_bandwidth_out`, or write `public_ip: false`",
        )),
        (Some(false), 1..) if has => Err(case.block(
            "R33",
            "its address can only be given up together with its bandwidth",
            "set `max_bandwidth_out: 0` as well",
        )),
        (Some(false), 1..)
            if case.seen.max_bandwidth_out == 0 && case.seen.billing == BillingMethod::PrePaid =>
        {
            Err(case.block(
                "R24",
                "a subscription machine whose bandwidth leaves 0 is given an address",
                "write `public_ip: true`, or leave the bandwidth at 0",
            ))
        }
        (Some(_) | None, _) => Ok(()),
    }
}

/// R33: only a VPC machine whose bandwidth goes to 0 loses its address.
fn address_can_be_given_up(case: &Case<'_>, wish: &DesiredInternet) -> Result<(), Blocked> {
    if wish.public_ip != Some(false) || case.seen.public_ip.is_none() {
        return Ok(());
    }
    let why = match (case.seen.network, case.seen.max_bandwidth_out) {
        (NetworkKind::Vpc, 1..) => return Ok(()),
        (NetworkKind::Vpc, 0) => "its bandwidth is 0 already, and it kept its address",
        (NetworkKind::Classic, _) => "in the classic network a machine keeps its address",
    };
    Err(case.block(
        "R33",
        why,
        "leave `public_ip` out, or release the address in the console",
    ))
}

/// R33: outbound 0 releases the static address of a VPC machine, for good.
pub(in crate::plan::rules) fn address_is_given_up_with_consent(
    case: &Case<'_>,
    wish: &DesiredInternet,
    target: &Target,
) -> Result<(), Blocked> {
    match &case.seen.public_ip {
        Some(address) if target.address == Some(false) && wish.public_ip != Some(false) => {
            Err(case.block(
                "R33",
                format!("outbound 0 would give up its static address {address} for good"),
                "write `public_ip: false` to consent",
            ))
        }
        Some(_) | None => Ok(()),
    }
}
