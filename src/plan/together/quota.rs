//! The vCPU quota (R64), which no machine can be judged by alone: what all changes of a region add.

use std::collections::BTreeMap;

use crate::model::{BillingMethod, InstanceId, RegionId};
use crate::plan::nouns::{Account, PlanInput, Planned, Saga};

/// Blocks the machines that no longer fit, in the order of their ids.
///
/// What other machines give back is not counted on: nobody knows which change comes first.
pub(in crate::plan) fn keep_within(input: &PlanInput<'_>, planned: &mut Planned) {
    let mut added: BTreeMap<RegionId, u64> = BTreeMap::new();
    let mut too_many: Vec<(InstanceId, String)> = Vec::new();
    for (id, saga) in &planned.sagas {
        let adds = adds(saga);
        let Some(Ok(quota)) = input.limits.vcpus.get(&saga.region) else {
            continue;
        };
        let sum = added.entry(saga.region.clone()).or_default();
        let left = quota.max.saturating_sub(quota.used.saturating_add(*sum));
        if adds == 0 || adds <= left {
            *sum = sum.saturating_add(adds);
            continue;
        }
        let region = &saga.region;
        let before = if *sum == 0 {
            String::new()
        } else {
            format!(", {sum} more are taken by changes before it")
        };
        too_many.push((
            id.clone(),
            format!(
                "it adds {adds} vCPUs, and {left} are left: {} of {} are in use in {region}{before}",
                quota.used, quota.max
            ),
        ));
    }
    let Account { blocked, .. } = &mut planned.account;
    for (id, why) in too_many {
        if let Some(saga) = planned.sagas.remove(&id) {
            let way_out = "raise the quota in the console, or leave some of these changes out";
            blocked.insert(id, saga.block("R64", why, way_out));
        }
    }
}

/// The most vCPUs this change adds to what is in use. Only pay-as-you-go machines count (R64), spot machines among them.
pub(super) fn adds(saga: &Saga) -> u64 {
    match saga.billing {
        BillingMethod::PostPaid => saga.adds_vcpus.map_or(0, u64::from),
        BillingMethod::PrePaid => 0,
    }
}
