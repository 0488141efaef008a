//! What was looked into before anything is touched, told for the fleet as a whole.
//!
//! A rule that stands in a machine's way is told with that machine; here stands what was asked and
//! found good, what is worth a look for a region as a whole, and what could not be asked.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::{Answer, Funds, Mbps, ModifyCall, NetworkBilling, RegionId, TypeName, ZoneId};
use crate::plan::nouns::{Action, Check, PlanInput, Planned, Saga, Verdict};

use super::quota;

/// Types, zones and orders that are named; more are counted.
const NAMED_MAX: usize = 3;

/// R53: the regional sums as they were last published, Mbit/s. By traffic it is a matter of shaping,
/// not of refusal.
const SUM_BY_BANDWIDTH_MAX: u64 = 50_000;
const SUM_BY_TRAFFIC_MAX: u64 = 5_000;

/// Everything there is to say, in the order in which a reader would ask.
pub(in crate::plan) fn checks(input: &PlanInput<'_>, planned: &Planned) -> Vec<Check> {
    let mut checks = Vec::new();
    // Where nothing changes there is nothing to praise.
    if !planned.sagas.is_empty() {
        checks.extend(targets(input, planned));
        checks.extend(bandwidth(input));
        checks.extend(attachments(input, planned));
        checks.extend(vcpus(input, planned));
        checks.extend(arrears(input));
        checks.extend(unpaid_orders(input, planned));
    }
    checks.extend(regional_sums(input, planned));
    checks.extend(unknown(input));
    checks
}

fn targets(input: &PlanInput<'_>, planned: &Planned) -> Option<Check> {
    if input.offers.is_empty() {
        return None;
    }
    let mut targets: BTreeMap<&TypeName, BTreeSet<&ZoneId>> = BTreeMap::new();
    for saga in planned.sagas.values() {
        if let Some(to) = saga.target_type() {
            targets.entry(to).or_default().insert(&saga.zone);
        }
    }
    let listed = targets
        .iter()
        .filter(|(to, _)| input.offers.lists(to))
        .map(|(to, zones)| format!("{to} in {}", some(zones)));
    let listed: Vec<String> = listed.collect();
    if listed.is_empty() {
        return None;
    }
    let words = match listed.len() {
        0..=NAMED_MAX => listed.join(", "),
        n => format!("{n} types, each in the zones of its machines"),
    };
    Some(Check::new(
        "targets",
        Verdict::Good,
        format!("offered and in stock: {words}"),
    ))
}

fn some(zones: &BTreeSet<&ZoneId>) -> String {
    let named: Vec<&str> = zones.iter().map(|zone| zone.as_str()).collect();
    match named.as_slice() {
        [last] => (*last).to_owned(),
        [first @ .., last] if named.len() <= NAMED_MAX => {
            format!("{} and {last}", first.join(", "))
        }
        all => format!("{} zones", all.len()),
    }
}

fn bandwidth(input: &PlanInput<'_>) -> Option<Check> {
    let answered = input.limits.bandwidth.iter();
    let answered = answered.filter(|(_, answer)| answer.is_ok());
    let types: BTreeSet<&TypeName> = answered.map(|(key, _)| &key.instance_type).collect();
    let words = match types.len() {
        0 => return None,
        1 => "outbound is within what the type takes".to_owned(),
        n => format!("outbound is within what the {n} types take"),
    };
    Some(Check::new("bandwidth", Verdict::Good, words))
}

fn attachments(input: &PlanInput<'_>, planned: &Planned) -> Option<Check> {
    let targets = planned.sagas.values().filter_map(Saga::target_type);
    let known: BTreeSet<&TypeName> = targets
        .filter(|to| input.limits.shape(to).is_some())
        .collect();
    (!known.is_empty()).then(|| {
        Check::new(
            "attachments",
            Verdict::Good,
            "interfaces and addresses fit the new types",
        )
    })
}

/// R64: what is in use, and what the plan adds at most.
fn vcpus(input: &PlanInput<'_>, planned: &Planned) -> Vec<Check> {
    let mut checks = Vec::new();
    for (region, answer) in &input.limits.vcpus {
        let Ok(vcpus) = answer else { continue };
        let sagas = planned.sagas.values().filter(|saga| saga.region == *region);
        let adds: u64 = sagas.map(quota::adds).sum();
        let adds = match adds {
            0 => "none more".to_owned(),
            adds => format!("at most {adds} more"),
        };
        let words = format!("{region}: {} of {} in use, {adds}", vcpus.used, vcpus.max);
        checks.push(Check::new("vCPUs", Verdict::Good, words));
    }
    checks
}

/// R41: what it can pay is below nothing. Some accounts may owe for a while, so that this blocks nobody.
fn arrears(input: &PlanInput<'_>) -> Option<Check> {
    let Funds::Known(available) = &input.books.funds else {
        return None;
    };
    available.is_refund().then(|| {
        let words = format!(
            "the account has {available}: until what is overdue is paid, the cloud may refuse every change, also one \
             that a machine was stopped for (R41)"
        );
        Check::new("balance", Verdict::Heed, words)
    })
}

/// R45: by one text a single unpaid order holds up every change of network in the account, whosever it is. Known are
/// those that were looked for because a subscription changes.
fn unpaid_orders(input: &PlanInput<'_>, planned: &Planned) -> Option<Check> {
    let mut steps = planned.sagas.values().flat_map(|saga| &saga.steps);
    // Whoever goes on with an order asks for no change of its own.
    let changes_network = steps.any(|step| {
        matches!(step.action, Action::Modify(ModifyCall::Network(_))) && step.adopts.is_none()
    });
    let unpaid = input.books.unpaid.values();
    let orders: BTreeSet<&str> = unpaid
        .map(|unpaid| unpaid.detail.order.id.as_str())
        .collect();
    let orders: Vec<&str> = orders.into_iter().collect();
    let which = match orders.as_slice() {
        [] => return None,
        [one] => format!("order {one} is not paid: until it is"),
        some if some.len() <= NAMED_MAX => {
            format!("orders {} are not paid: until they are", some.join(", "))
        }
        many => format!("{} orders are not paid: until they are", many.len()),
    };
    let words = format!(
        "{which}, or cancelled, the cloud may refuse every change of network in the account (R45)"
    );
    changes_network.then(|| Check::new("orders", Verdict::Heed, words))
}

/// R53: the sums of what this fleet will have; machines outside of it are not seen.
fn regional_sums(input: &PlanInput<'_>, planned: &Planned) -> Vec<Check> {
    let mut sums: BTreeMap<(&RegionId, NetworkBilling), u64> = BTreeMap::new();
    for (id, seen) in &input.observed.instances {
        let saga = planned.sagas.get(id);
        let (charge_type, out) = ends_with(saga, seen.charge_type, seen.max_bandwidth_out);
        if let Some(charge_type) = charge_type {
            *sums.entry((&seen.region, charge_type)).or_default() += u64::from(out);
        }
    }
    let over = sums
        .into_iter()
        .filter(|((_, charge_type), sum)| *sum > sum_max(*charge_type));
    over.map(|((region, charge_type), sum)| {
        let (how, max) = (charge_type.as_str(), sum_max(charge_type));
        let words = format!(
            "{region}: this fleet comes to {sum} Mbit/s with {how}; the account's sum there was once held to {max} (R53)"
        );
        Check::new("bandwidth", Verdict::Heed, words)
    })
    .collect()
}

fn sum_max(charge_type: NetworkBilling) -> u64 {
    match charge_type {
        NetworkBilling::PayByBandwidth => SUM_BY_BANDWIDTH_MAX,
        NetworkBilling::PayByTraffic => SUM_BY_TRAFFIC_MAX,
    }
}

/// The most it has at any time: before the change or behind it.
fn ends_with(
    saga: Option<&Saga>,
    charge_type: Option<NetworkBilling>,
    out: Mbps,
) -> (Option<NetworkBilling>, Mbps) {
    let goals = saga.into_iter().flat_map(|saga| &saga.steps);
    goals.fold((charge_type, out), |(charge_type, out), step| {
        (
            step.after.charge_type.or(charge_type),
            out.max(step.after.max_bandwidth_out.unwrap_or(0)),
        )
    })
}

/// What the cloud left unanswered, each reason once.
fn unknown(input: &PlanInput<'_>) -> Vec<Check> {
    let limits = input.limits;
    let bandwidth = limits.bandwidth.values().filter_map(failure);
    let types = limits.types.values().filter_map(failure);
    let vcpus = limits.vcpus.values().filter_map(failure);
    let reasons = [
        ("targets", input.offers.unanswered()),
        ("bandwidth", bandwidth.collect()),
        ("attachments", types.collect()),
        ("vCPUs", vcpus.collect()),
    ];
    reasons
        .into_iter()
        .flat_map(|(about, reasons)| reasons.into_iter().map(move |why| (about, why)))
        .map(|(about, why)| {
            Check::new(
                about,
                Verdict::Unknown,
                format!("could not be checked: {why}"),
            )
        })
        .collect()
}

fn failure<T>(answer: &Answer<T>) -> Option<&str> {
    answer.as_ref().err().map(String::as_str)
}
