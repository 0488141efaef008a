//! What becomes of a subscription at its end.

use serde_json::{Value, json};

use crate::sim::operations::Call;
use crate::sim::operations::reading::listing::{self, Listing};
use crate::sim::protocol::reply::{Fields, Refusal};
use crate::sim::rules::{common, prepay};
use crate::sim::scenario::{PeriodUnit, Renewal, RenewalStatus};
use crate::sim::world::World;

const LISTING: Listing = Listing {
    filters: &[("RenewalStatus", "/RenewalStatus")],
    ..Listing::plain("InstanceRenewAttributes", "InstanceRenewAttribute")
};

/// DescribeInstanceAutoRenewAttribute: of the subscriptions named, or of all with one status.
pub(crate) fn describe(world: &mut World, call: &Call<'_>) -> Result<Fields, Refusal> {
    if call.params.get("InstanceId").is_none() && call.params.get("RenewalStatus").is_none() {
        return Err(Refusal::missing("InstanceId"));
    }
    let mut entries = Vec::new();
    for machine in listing::machines(world, call)? {
        let id = machine.instance_id.as_str();
        if common::exists(world, id, None)?.is_prepaid() {
            let renewal = world.renewals.get(id).cloned().unwrap_or_default();
            entries.push((id.to_owned(), entry(id, &renewal)));
        }
    }
    LISTING.page(call.params, entries)
}

fn entry(id: &str, renewal: &Renewal) -> Value {
    let mut entry = json!(renewal);
    entry["InstanceId"] = id.into();
    entry["AutoRenewEnabled"] = (renewal.renewal_status == RenewalStatus::AutoRenewal).into();
    entry["EnableExpectedRenewDay"] = false.into();
    entry
}

/// ModifyInstanceAutoRenewAttribute: subscriptions only, all of them or none.
pub(crate) fn modify(world: &mut World, call: &Call<'_>) -> Result<Fields, Refusal> {
    call.params.required("RegionId")?;
    call.params.required("InstanceId")?;
    let ids = listing::named(call.params)?.unwrap_or_default();
    let renewal = wanted(call)?;
    for id in &ids {
        prepay::is_subscription(common::exists(world, id, call.params.get("RegionId"))?)?;
    }
    for id in ids {
        world.renewals.insert(id, renewal.clone());
    }
    Ok(Fields::new())
}

/// RenewalStatus wins over the older AutoRenew.
fn wanted(call: &Call<'_>) -> Result<Renewal, Refusal> {
    let params = call.params;
    let status = match (params.get("RenewalStatus"), params.flag("AutoRenew")?) {
        (Some("AutoRenewal"), _) | (None, Some(true)) => RenewalStatus::AutoRenewal,
        (Some("Normal"), _) | (None, Some(false)) => RenewalStatus::Normal,
        (Some("NotRenewal"), _) => RenewalStatus::NotRenewal,
        (Some(_), _) => return Err(Refusal::invalid("RenewalStatus", "has an unknown value")),
        (None, None) => return Err(Refusal::missing("RenewalStatus")),
    };
    if status != RenewalStatus::AutoRenewal {
        return Ok(Renewal {
            renewal_status: status,
            ..Renewal::default()
        });
    }
    let unit = params.get("PeriodUnit").unwrap_or("Month");
    let unit = PeriodUnit::parse(unit);
    let unit = unit.ok_or_else(|| Refusal::invalid("PeriodUnit", "has an unknown value"))?;
    let duration = params.integer("Duration")?;
    let duration = duration.ok_or_else(|| Refusal::missing("Duration"))?;
    if !durations(unit).contains(&duration) {
        return Err(Refusal::invalid("Duration", "is not a length that is sold"));
    }
    Ok(Renewal {
        renewal_status: status,
        duration,
        period_unit: unit,
    })
}

/// The lengths of a renewal that are sold (the SDK's field text).
fn durations(unit: PeriodUnit) -> &'static [i64] {
    match unit {
        PeriodUnit::Week => &[1, 2, 3],
        PeriodUnit::Month => &[1, 2, 3, 6, 12, 24, 36, 48, 60],
        PeriodUnit::Year => &[1, 2, 3, 4, 5],
    }
}
