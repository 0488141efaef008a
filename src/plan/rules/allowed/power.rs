//! What the manifest wants of the power switch, apart from any change.

use crate::model::{BillingMethod, Mbps, NetworkKind, StoppedMode};
use crate::plan::nouns::{Because, Blocked, Case};

/// The mode a wanted stop uses: the manifest's, else the one that gives nothing up.
pub(in crate::plan::rules) fn stopped_mode(case: &Case<'_>) -> StoppedMode {
    case.desired
        .spec
        .stopped_mode
        .unwrap_or(StoppedMode::KeepCharging)
}

/// Why it is stopped.
pub(in crate::plan::rules) fn why_stopped(case: &Case<'_>) -> Vec<Because> {
    let billing = match stopped_mode(case) {
        StoppedMode::KeepCharging => "billing goes on while it is down (KeepCharging)",
        StoppedMode::StopCharging => "capacity is given up while it is down (StopCharging)",
    };
    let mut because = vec![
        Because::new("power", "the manifest wants it stopped"),
        Because::new("R70", billing),
    ];
    if let Some(address) = case
        .seen
        .public_ip
        .as_ref()
        .filter(|_| gives_its_place_up(case))
    {
        let why = format!("its static address {address} goes with the capacity, for good");
        because.push(Because::new("R70", why));
    }
    because
}

/// Whether it is stopped without charge in the end, having given up its place and its static address (R70).
pub(in crate::plan::rules) fn gives_its_place_up(case: &Case<'_>) -> bool {
    let mode = if case.is_up() {
        Some(stopped_mode(case))
    } else {
        case.seen.stopped_mode
    };
    !case.ends_up() && mode == Some(StoppedMode::StopCharging)
}

/// R70: only a pay-as-you-go machine in a VPC, without local disks, can be stopped without charge.
pub(in crate::plan) fn mode_is_possible(case: &Case<'_>) -> Result<(), Blocked> {
    let possible = case.seen.billing == BillingMethod::PostPaid
        && case.seen.network == NetworkKind::Vpc
        && case.seen.local_disks == 0;
    if possible || !case.is_up() || !gives_its_place_up(case) {
        return Ok(());
    }
    Err(case.block(
        "R70",
        "StopCharging is for pay-as-you-go machines in a VPC without local disks",
        "leave `stopped_mode` out, or write KeepCharging",
    ))
}

/// R70: StopCharging gives the static address up, which needs consent like any other way of losing it.
pub(in crate::plan) fn keeps_its_address(case: &Case<'_>) -> Result<(), Blocked> {
    match &case.seen.public_ip {
        Some(address)
            if gives_its_place_up(case) && case.desired.spec.internet.public_ip != Some(false) =>
        {
            Err(case.block(
                "R70",
                format!("StopCharging would give up its static address {address}"),
                "write `public_ip: false` to consent, or use KeepCharging",
            ))
        }
        Some(_) | None => Ok(()),
    }
}

/// R70: an address is wanted where the machine will have no place to bind it to.
pub(in crate::plan::rules) fn has_a_place_for_an_address(case: &Case<'_>) -> Result<(), Blocked> {
    if gives_its_place_up(case) && case.desired.spec.internet.public_ip == Some(true) {
        return Err(case.block(
            "R70",
            "a machine stopped with StopCharging has no static address",
            "leave `public_ip` out, or use KeepCharging",
        ));
    }
    Ok(())
}

/// R70: a machine that gave its place up is given a new address when it starts.
pub(in crate::plan::rules) fn start_brings_an_address(case: &Case<'_>) -> bool {
    case.seen.stopped_mode == Some(StoppedMode::StopCharging)
        && case.ends_up()
        && case.seen.eip.is_none()
        && case.seen.public_ip.is_none()
        && case.seen.max_bandwidth_out > 0
        && out_after(case) > 0
}

/// The start alone brings the address that the manifest asks for.
pub(in crate::plan::rules) fn brings_the_wanted_address(case: &Case<'_>) -> bool {
    case.desired.spec.internet.public_ip == Some(true) && start_brings_an_address(case)
}

/// The stop alone takes the address that the manifest gives up, and the bandwidth may stay.
pub(in crate::plan::rules) fn takes_the_unwanted_address(case: &Case<'_>) -> bool {
    case.desired.spec.internet.public_ip == Some(false)
        && gives_its_place_up(case)
        && out_after(case) > 0
}

/// R70: an address would come with the start although the manifest wants none.
pub(in crate::plan) fn starts_without_an_address(case: &Case<'_>) -> Result<(), Blocked> {
    if start_brings_an_address(case) && case.desired.spec.internet.public_ip == Some(false) {
        return Err(case.block(
            "R70",
            "it gave its address up when it was stopped, and its start brings one back",
            "set `max_bandwidth_out: 0` as well, or leave `public_ip` out",
        ));
    }
    Ok(())
}

fn out_after(case: &Case<'_>) -> Mbps {
    let wish = case.desired.spec.internet.max_bandwidth_out;
    wish.unwrap_or(case.seen.max_bandwidth_out)
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
