//! What may a machine become? The cloud says so, zone by zone, when it is asked (R15, R60, R63).

use std::collections::BTreeMap;

use crate::model::{BillingMethod, Listing, OfferKey, Shift, TypeName, ZoneId};
use crate::plan::nouns::{Blocked, Case};

use super::fits;

/// Machines that one question is asked about when none of them can become what is wanted: what keeps
/// the first one may be its own affair.
const ASKED_ABOUT_MAX: usize = 3;

/// The next question about this machine's target, if one is left.
pub(in crate::plan) fn open_question(case: &Case<'_>) -> Option<OfferKey> {
    let to = wanted(case)?;
    let keys: Vec<OfferKey> = shifts(case)
        .iter()
        .map(|shift| question(case, *shift))
        .collect();
    for key in &keys {
        match listing(case, key, to) {
            Listing::Unasked => return Some(key.clone()),
            Listing::Listed(_) => return None,
            Listing::NotListed | Listing::Unanswered(_) => {}
        }
    }
    keys.into_iter().find(|key| {
        let asked = case.input.offers.asked_about(key);
        let unanswered = matches!(listing(case, key, to), Listing::Unanswered(_));
        !unanswered && !asked.contains(&&case.seen.id) && asked.len() < ASKED_ABOUT_MAX
    })
}

/// R60, R63: a pay-as-you-go machine becomes only what is listed. An answer that never came forbids nothing.
pub(in crate::plan::rules) fn is_offered(case: &Case<'_>, to: &TypeName) -> Result<(), Blocked> {
    let key = question(case, Shift::Upgrade);
    match listing(case, &key, to) {
        Listing::Listed(zones) => here_and_in_stock(case, to, zones),
        Listing::NotListed if fits::is_lowered_first(case, to) => Ok(()),
        Listing::NotListed => Err(not_offered(case, &key, to)),
        Listing::Unasked | Listing::Unanswered(_) => Ok(()),
    }
}

/// R15: the vendor tells the direction, by price. A target it lists in neither direction is R60.
pub(in crate::plan::rules) fn direction(case: &Case<'_>, to: &TypeName) -> Result<Shift, Blocked> {
    let mut unanswered = None;
    for shift in shifts(case) {
        match listing(case, &question(case, *shift), to) {
            Listing::Listed(zones) => {
                return here_and_in_stock(case, to, zones).map(|()| *shift);
            }
            Listing::NotListed => {}
            Listing::Unasked => unanswered = Some(String::new()),
            Listing::Unanswered(why) => unanswered = Some(format!(": {why}")),
        }
    }
    let Some(why) = unanswered else {
        let blocked = if fits::is_lowered_first(case, to) {
            not_told_yet(case, to)
        } else {
            not_offered(case, &question(case, Shift::Upgrade), to)
        };
        return Err(blocked);
    };
    Err(case.block(
        "R15",
        format!("whether this is an upgrade or a downgrade could not be learned{why}"),
        "plan again when DescribeResourcesModification answers",
    ))
}

/// The type this machine should become, if it should become another one.
pub(in crate::plan) fn wanted<'a>(case: &Case<'a>) -> Option<&'a TypeName> {
    let to = case.desired.spec.instance_type.as_ref()?;
    (*to != case.seen.instance_type).then_some(to)
}

/// Whether the cloud lists the target for this machine's zone and has it in stock.
pub(in crate::plan::rules) fn is_listed(case: &Case<'_>) -> bool {
    wanted(case).is_some_and(|to| {
        shifts(case).iter().any(|shift| {
            let listing = listing(case, &question(case, *shift), to);
            matches!(listing, Listing::Listed(zones) if zones.get(&case.seen.zone) == Some(&true))
        })
    })
}

/// Whether the target had to be left out of the list for a bandwidth that is lowered beforehand.
pub(in crate::plan::rules) fn is_listed_once_lowered(case: &Case<'_>) -> bool {
    wanted(case).is_some_and(|to| {
        let listing = listing(case, &question(case, Shift::Upgrade), to);
        listing == Listing::NotListed && fits::is_lowered_first(case, to)
    })
}

fn shifts(case: &Case<'_>) -> &'static [Shift] {
    match case.seen.billing {
        BillingMethod::PostPaid => &[Shift::Upgrade],
        BillingMethod::PrePaid => &[Shift::Upgrade, Shift::Downgrade],
    }
}

fn question(case: &Case<'_>, shift: Shift) -> OfferKey {
    OfferKey {
        region: case.seen.region.clone(),
        zone: case.seen.zone.clone(),
        from: case.seen.instance_type.clone(),
        billing: case.seen.billing,
        migrate_across_zone: case.desired.change.migrate_across_zone == Some(true),
        shift,
    }
}

fn listing<'a>(case: &Case<'a>, key: &OfferKey, to: &TypeName) -> Listing<'a> {
    case.input.offers.listing(key, &case.seen.id, to)
}

/// R63: what is listed may be sold out in this zone, or sold in other zones only.
fn here_and_in_stock(
    case: &Case<'_>,
    to: &TypeName,
    zones: &BTreeMap<ZoneId, bool>,
) -> Result<(), Blocked> {
    let zone = &case.seen.zone;
    match zones.get(zone) {
        Some(true) => Ok(()),
        Some(false) => Err(case.block(
            "R63",
            format!("{to} is out of stock in {zone}"),
            "choose another type, or plan again later",
        )),
        None => Err(case.block(
            "R60",
            format!("{to} is not offered in {zone}"),
            "choose a type that DescribeResourcesModification lists for this zone",
        )),
    }
}

/// R15, R28: what takes less than its bandwidth is listed once that is lowered, and only then as an upgrade or not.
fn not_told_yet(case: &Case<'_>, to: &TypeName) -> Blocked {
    let out = case.seen.max_bandwidth_out;
    case.block(
        "R15",
        format!(
            "{to} takes less than its {out} Mbit/s, and whether it is an upgrade or a downgrade is told only once \
             they fit"
        ),
        "lower `max_bandwidth_out` in an apply of its own, and change the type in the next",
    )
}

fn not_offered(case: &Case<'_>, key: &OfferKey, to: &TypeName) -> Blocked {
    let from = &case.seen.instance_type;
    let asked = case.input.offers.asked_about(key);
    let others = if asked.contains(&&case.seen.id) {
        String::new()
    } else {
        let asked: Vec<&str> = asked.iter().map(|id| id.as_str()).collect();
        format!(" (asked about {}, which are like it)", asked.join(", "))
    };
    case.block(
        "R60",
        format!("the cloud offers no way from {from} to {to} here{others}"),
        "choose a type that DescribeResourcesModification lists for this machine",
    )
}
