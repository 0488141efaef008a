//! The vendor's rules that hold whatever the cloud looks like, and what contradicts itself.
//!
//! Each rule looks at one machine's keys after all levels are laid over each other. A plan knows
//! more (billing method, the type's own limits) and refuses more.

use crate::model::{BillingMethod, Mbps, NetworkBilling, Power, TemporaryBandwidth};

use super::codes;
use super::mark::At;
use super::notes::{Draft, Notes};
use super::schema::{ChangeKeys, Layer, SpecKeys};

/// Outbound bandwidth up to which inbound has a ceiling of its own, in Mbit/s; and that ceiling (R29).
const INBOUND_FLOOR: Mbps = 10;

/// Checks one machine, or a group as the template of its members.
pub(super) fn check(layer: &Layer, notes: &mut Notes) {
    let SpecKeys {
        max_bandwidth_out,
        max_bandwidth_in,
        ..
    } = &layer.spec;
    if let Some(out) = max_bandwidth_out.get() {
        outbound_range(&layer.spec, out, notes);
        address_needs_bandwidth(&layer.spec, out, notes);
    }
    if let Some(inbound) = max_bandwidth_in.get() {
        inbound_range(&layer.spec, inbound, notes);
    }
    if let Some(temporary) = layer.temporary.get() {
        temporary_is_sold(&layer.spec, temporary, notes);
    }
    stopped_mode_needs_stopped(&layer.spec, notes);
    force_stop_comes_in_time(&layer.change, notes);
}

/// The largest outbound bandwidth that some billing method allows (R28).
fn outbound_max(charge_type: Option<NetworkBilling>) -> Mbps {
    let of = |billing: NetworkBilling| {
        let prepaid = billing.bandwidth_out_max(BillingMethod::PrePaid);
        prepaid.max(billing.bandwidth_out_max(BillingMethod::PostPaid))
    };
    charge_type.map_or_else(
        || of(NetworkBilling::PayByBandwidth).max(of(NetworkBilling::PayByTraffic)),
        of,
    )
}

/// R28: outbound bandwidth has a ceiling for each way to pay for traffic.
fn outbound_range(spec: &SpecKeys, out: &At<Mbps>, notes: &mut Notes) {
    let charge_type = spec.charge_type.get();
    let max = outbound_max(charge_type.map(|at| at.value));
    if out.value <= max {
        return;
    }
    let message = format!("outbound bandwidth of {} Mbit/s is out of range", out.value);
    let draft =
        Draft::new(codes::BANDWIDTH_OUT, out.mark, message).label(format!("at most {max} (R28)"));
    notes.add(match charge_type {
        None => draft,
        Some(at) => draft.other(at.mark, format!("with {}", at.value.as_str())),
    });
}

/// R29: inbound reaches from 1 to the outbound bandwidth, or to 10 where that is smaller.
fn inbound_range(spec: &SpecKeys, inbound: &At<Mbps>, notes: &mut Notes) {
    let out = spec.max_bandwidth_out.get();
    let known_out = out.map_or_else(|| outbound_max(spec.charge_type.value()), |at| at.value);
    let max = known_out.max(INBOUND_FLOOR);
    if (1..=max).contains(&inbound.value) {
        return;
    }
    let message = format!(
        "inbound bandwidth of {} Mbit/s is out of range",
        inbound.value
    );
    let draft = Draft::new(codes::BANDWIDTH_IN, inbound.mark, message)
        .label(format!("from 1 to {max} (R29)"));
    notes.add(match out {
        None => draft,
        Some(at) => draft.other(at.mark, "with this outbound bandwidth"),
    });
}

/// R33: an outbound bandwidth of 0 releases the static public address.
fn address_needs_bandwidth(spec: &SpecKeys, out: &At<Mbps>, notes: &mut Notes) {
    if let Some(address) = spec.public_ip.get()
        && address.value
        && out.value == 0
    {
        notes.add(
            Draft::new(
                codes::ADDRESS_WITHOUT_BANDWIDTH,
                address.mark,
                "a public address needs outbound bandwidth",
            )
            .label("asks for an address")
            .other(out.mark, "leaves none (R33)")
            .help("write `public_ip: false` to give the address up, or a bandwidth of at least 1"),
        );
    }
}

/// R30: more than for good, and only where bandwidth itself is paid for.
fn temporary_is_sold(spec: &SpecKeys, temporary: &At<TemporaryBandwidth>, notes: &mut Notes) {
    let wanted = temporary.value.max_bandwidth_out;
    let draft = |message: &str| Draft::new(codes::TEMPORARY, temporary.mark, message);
    if let Some(out) = spec
        .max_bandwidth_out
        .get()
        .filter(|out| out.value >= wanted)
    {
        notes.add(
            draft("temporary bandwidth that is no more than the permanent one")
                .label(format!("{wanted} Mbit/s for a while"))
                .other(out.mark, "as much or more for good"),
        );
    }
    let by_traffic = |at: &&At<NetworkBilling>| at.value == NetworkBilling::PayByTraffic;
    if let Some(charge_type) = spec.charge_type.get().filter(by_traffic) {
        notes.add(
            draft("temporary bandwidth where traffic is paid for by volume")
                .label("only sold to machines that pay by bandwidth (R30)")
                .other(charge_type.mark, "pays by traffic"),
        );
    }
}

/// `stopped_mode` speaks about a machine that is meant to be stopped.
fn stopped_mode_needs_stopped(spec: &SpecKeys, notes: &mut Notes) {
    let Some(mode) = spec.stopped_mode.get() else {
        return;
    };
    let draft = Draft::new(
        codes::STOPPED_MODE,
        mode.mark,
        "`stopped_mode` without `power: stopped`",
    )
    .label("has no effect");
    match spec.power.get() {
        Some(power) => match power.value {
            Power::Stopped => {}
            Power::Running | Power::Keep => {
                notes.add(draft.other(power.mark, "not meant to be stopped"));
            }
        },
        None if spec.power.is_unwritten() => {
            notes.add(draft.help("write `power: stopped` beside it, or leave it out"));
        }
        None => {}
    }
}

/// A shutdown has failed after `stop_within`; a forced stop must come before.
fn force_stop_comes_in_time(change: &ChangeKeys, notes: &mut Notes) {
    let stop_within = change.options().stop_within;
    if let Some(force) = change.force_stop_after.get()
        && force.value >= stop_within
    {
        let message = "the forced stop comes too late to happen";
        let draft = Draft::new(codes::NEVER_FORCED, force.mark, message);
        let seconds = stop_within.as_secs();
        notes.add(
            draft
                .label(format!("a shutdown counts as failed after {seconds}s"))
                .help("make it shorter than `stop_within`"),
        );
    }
}
