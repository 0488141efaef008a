//! What is worth knowing about a machine although it stops nothing.

use crate::model::{BillingMethod, ModifyCall, NetworkBilling, NetworkKind};
use crate::plan::nouns::{Action, Because, Case, Step};

use super::allowed::{bandwidth, guards, power, targets};
use super::changes::temporary;
use super::type_notes;

/// The notes about one machine and its chain of steps, which may be empty.
pub(in crate::plan) fn notes(case: &Case<'_>, steps: &[Step]) -> Vec<Because> {
    let all = [
        found_stopped(case),
        elastic_address(case, steps),
        inbound_follows(case, steps),
        traffic_has_no_price(case, steps),
        traffic_may_be_a_downgrade(case, steps),
        classic(case, steps),
        effect_at_next_start(case, steps),
        address_at_next_start(case, steps),
        address_comes_back(case),
        managed_elsewhere(case, steps),
        spot(case, steps),
        auto_release(case, steps),
    ];
    let of_type = targets::wanted(case)
        .filter(|_| changes_type(steps))
        .map(|to| type_notes::notes(case, to));
    all.into_iter()
        .flatten()
        .chain(refund(steps))
        .chain(temporary::notes(case))
        .chain(of_type.into_iter().flatten())
        .collect()
}

fn found_stopped(case: &Case<'_>) -> Option<Because> {
    case.is_stopped_by_a_stranger().then(|| {
        Because::new(
            "found-stopped",
            "found Stopped; write `power` to say whether it should be",
        )
    })
}

/// R59: documented as a hindrance, seen to be none for most VPC machines.
fn elastic_address(case: &Case<'_>, steps: &[Step]) -> Option<Because> {
    let eip = case.seen.eip.as_ref().filter(|_| changes_type(steps))?;
    Some(Because::new(
        "R59",
        format!(
            "the elastic address {} is bound; the cloud may refuse a change of type",
            eip.address
        ),
    ))
}

/// R29: an unwritten inbound ceiling is set by the cloud when outbound changes.
fn inbound_follows(case: &Case<'_>, steps: &[Step]) -> Option<Because> {
    let wish = &case.desired.spec.internet;
    let out = steps.iter().find_map(|step| step.after.max_bandwidth_out)?;
    let inbound = bandwidth::inbound_most(out);
    let moves = out > 0 && case.seen.max_bandwidth_in != Some(inbound);
    (wish.max_bandwidth_in.is_none() && moves)
        .then(|| Because::new("R29", format!("inbound follows outbound: {inbound} Mbit/s")))
}

/// R47 to R49: what a downgrade does not give back, and what it uses up.
fn refund(steps: &[Step]) -> Vec<Because> {
    if !steps.iter().any(|step| step.price.is_refund()) {
        return Vec::new();
    }
    vec![
        Because::new(
            "R47",
            "the difference goes back to the original payment method, used vouchers do not; the \
             credentials need permission to refund",
        ),
        Because::new(
            "R48",
            "a downgrade comes out of a monthly allowance, which cannot be read beforehand",
        ),
        Because::new(
            "R49",
            "after a downgrade the cloud may refuse further changes until the term ends",
        ),
    ]
}

/// R35: what traffic will cost by volume nobody can tell beforehand.
fn traffic_has_no_price(case: &Case<'_>, steps: &[Step]) -> Option<Because> {
    let becomes = |step: &Step| step.after.charge_type == Some(NetworkBilling::PayByTraffic);
    let was = case.seen.charge_type == Some(NetworkBilling::PayByTraffic);
    (!was && steps.iter().any(becomes)).then(|| {
        Because::new(
            "R35",
            "traffic is paid for by volume from then on, which no price here counts",
        )
    })
}

/// R34: by the console's rules of 2020 a subscription goes from a fixed bandwidth to traffic by a downgrade.
fn traffic_may_be_a_downgrade(case: &Case<'_>, steps: &[Step]) -> Option<Because> {
    let becomes = |step: &Step| step.after.charge_type == Some(NetworkBilling::PayByTraffic);
    let was_fixed = case.seen.charge_type == Some(NetworkBilling::PayByBandwidth);
    let is_order = case.seen.billing == BillingMethod::PrePaid;
    (is_order && was_fixed && steps.iter().any(becomes)).then(|| {
        Because::new(
            "R34",
            "the cloud may take this for a downgrade, which is carried out and refunded at once, whoever pays (R44)",
        )
    })
}

fn classic(case: &Case<'_>, steps: &[Step]) -> Option<Because> {
    (case.seen.network == NetworkKind::Classic && !steps.is_empty()).then(|| {
        Because::new(
            "R26",
            "it stands in the classic network, which the vendor has retired",
        )
    })
}

fn effect_at_next_start(case: &Case<'_>, steps: &[Step]) -> Option<Because> {
    let is_started = steps.iter().any(|step| step.action == Action::Start);
    (changes_type(steps) && !is_started && !case.ends_up())
        .then(|| Because::new("R4", "the new type takes effect when it is next started"))
}

/// R25: by the vendor's pages an address that is asked for by a call of its own is of no use before a start.
fn address_at_next_start(case: &Case<'_>, steps: &[Step]) -> Option<Because> {
    let asks = |step: &Step| step.action == Action::AllocatePublicIp;
    let behind = &steps[steps.iter().position(asks)?..];
    let is_started = behind.iter().any(|step| step.action == Action::Start);
    (!is_started && case.ends_up()).then(|| {
        Because::new(
            "R25",
            "its new address works from its next start or reboot on, and none is planned",
        )
    })
}

/// The counterpart of R70.
fn address_comes_back(case: &Case<'_>) -> Option<Because> {
    power::start_brings_an_address(case).then(|| {
        Because::new(
            "R70",
            "it gave its static address up when it was stopped; its start brings another one",
        )
    })
}

/// What `allow_managed` lets happen.
fn managed_elsewhere(case: &Case<'_>, steps: &[Step]) -> Option<Because> {
    let (tag, _, owner) = guards::owners(case).next().filter(|_| stops(steps))?;
    Some(Because::new(
        "managed",
        format!(
            "{owner} (tag `{tag}`) may release it while it is down; `allow_managed` accepts that"
        ),
    ))
}

fn spot(case: &Case<'_>, steps: &[Step]) -> Option<Because> {
    let why = if targets::is_listed(case) {
        "the cloud has its new type now; a spot machine may still not get it when it should start"
    } else {
        "a spot machine may find its capacity gone when it should start again"
    };
    (case.seen.spot && stops(steps)).then(|| Because::new("spot", why))
}

fn auto_release(case: &Case<'_>, steps: &[Step]) -> Option<Because> {
    let at = case.seen.particulars.auto_release_at?;
    (!steps.is_empty()).then(|| {
        Because::new(
            "auto-release",
            format!("the cloud will release it at {at}, as somebody has asked it to"),
        )
    })
}

fn stops(steps: &[Step]) -> bool {
    let mut actions = steps.iter().map(|step| &step.action);
    actions.any(|action| matches!(action, Action::Stop { .. }))
}

fn changes_type(steps: &[Step]) -> bool {
    steps.iter().any(|step| {
        matches!(
            &step.action,
            Action::Modify(ModifyCall::Spec(_) | ModifyCall::Prepay(_))
        )
    })
}
