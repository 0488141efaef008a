//! Machines that a run still owes a start, and that are not there any more.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use crate::apply::Obligation;
use crate::cli::context::Context;
use crate::cli::failure::Failure;
use crate::model::{InstanceId, ObservedFleet, RegionId};
use crate::observe::observe;
use crate::plan::SavedPlan;

/// How it stands where giving up was cut off.
pub(super) const STAYS_OPEN: &str = "the run stays open";

/// So many lists must lack a machine before it is called gone.
const LISTS: u32 = 4;

/// So long one behind the other, in sum for longer than a read may be behind.
const APART: Duration = Duration::from_secs(12);

/// The machines that nothing can be owed to any more: list after list has them not, and looking is allowed.
///
/// # Errors
/// [`Failure`] when the cloud cannot be asked; the run stays open.
pub(super) async fn gone_for_good<'a>(
    context: &Context,
    plan: &SavedPlan,
    owed: &'a [Obligation],
) -> Result<Vec<&'a Obligation>, Failure> {
    let mut gone: Vec<&Obligation> = owed.iter().collect();
    for list in 0..LISTS {
        if gone.is_empty() {
            break;
        }
        if list > 0 {
            context.clock.sleep(APART).await;
        }
        let seen = look_for(context, plan, &gone).await?;
        gone.retain(|owed| {
            let id = &owed.instance;
            !seen.instances.contains_key(id) && !seen.unreadable.contains_key(id)
        });
    }
    Ok(gone)
}

async fn look_for(
    context: &Context,
    plan: &SavedPlan,
    owed: &[&Obligation],
) -> Result<ObservedFleet, Failure> {
    let mut wanted: BTreeMap<RegionId, BTreeSet<InstanceId>> = BTreeMap::new();
    for id in owed.iter().map(|owed| &owed.instance) {
        if let Some(saga) = plan.sagas.get(id) {
            let ids = wanted.entry(saga.region.clone()).or_default();
            ids.insert(id.clone());
        }
    }
    let now = context.clock.wall();
    observe(context.cloud.as_ref(), plan.account.clone(), now, &wanted)
        .await
        .map_err(|error| Failure::refused("look at the fleet", &error, STAYS_OPEN))
}

/// What becomes of each.
pub(super) fn farewell(gone: &[&Obligation]) -> String {
    let line = |owed: &&Obligation| {
        format!(
            "{} ({}) is not there any more: take it out of the manifest, and find out who released it\n",
            owed.name, owed.instance
        )
    };
    gone.iter().map(line).collect()
}
