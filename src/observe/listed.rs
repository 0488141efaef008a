//! Machines that are known by id, a hundred in a call.

use std::collections::{BTreeMap, BTreeSet};

use futures_util::future::try_join_all;
use jiff::Timestamp;

use crate::cloud::{Cloud, CloudError, IDS_PER_CALL_MAX, InstanceQuery};
use crate::model::{AccountId, InstanceId, ObservedFleet, RegionId};

/// Reads of one moment that may be under way together; more only meets the throttle.
pub(super) const READS_AT_ONCE: usize = 10;

/// Looks at these machines, grouped by region.
///
/// A machine that is asked for and not in the answer does not exist.
///
/// # Errors
/// [`CloudError`] of the first read that failed for good, and of kind `Denied` when machines are missing
/// because these credentials may not look at any.
pub async fn observe(
    cloud: &dyn Cloud,
    account: AccountId,
    taken_at: Timestamp,
    wanted: &BTreeMap<RegionId, BTreeSet<InstanceId>>,
) -> Result<ObservedFleet, CloudError> {
    let mut queries = Vec::new();
    for (region, ids) in wanted {
        let ids: Vec<InstanceId> = ids.iter().cloned().collect();
        for page in ids.chunks(IDS_PER_CALL_MAX) {
            queries.push(InstanceQuery::Ids {
                region: region.clone(),
                ids: page.to_vec(),
            });
        }
    }
    let (mut instances, mut unreadable) = (BTreeMap::new(), BTreeMap::new());
    for batch in queries.chunks(READS_AT_ONCE) {
        let pages = try_join_all(batch.iter().map(|query| cloud.describe_instances(query))).await?;
        for page in pages {
            instances.extend(
                page.instances
                    .into_iter()
                    .map(|seen| (seen.id.clone(), seen)),
            );
            unreadable.extend(page.unreadable);
        }
    }
    let fleet = ObservedFleet {
        account,
        taken_at,
        instances,
        unreadable,
    };
    is_not_blind(cloud, &fleet, wanted).await?;
    Ok(fleet)
}

/// Without the permission to look the cloud shows an empty list and no refusal: where
/// machines are missing, it is asked for the permission itself.
async fn is_not_blind(
    cloud: &dyn Cloud,
    fleet: &ObservedFleet,
    wanted: &BTreeMap<RegionId, BTreeSet<InstanceId>>,
) -> Result<(), CloudError> {
    let is_there =
        |id: &InstanceId| fleet.instances.contains_key(id) || fleet.unreadable.contains_key(id);
    for (region, ids) in wanted {
        if ids.iter().all(is_there) {
            continue;
        }
        may_look(cloud, region).await?;
    }
    Ok(())
}

/// Refuses to take an empty answer for an empty region.
pub(super) async fn may_look(cloud: &dyn Cloud, region: &RegionId) -> Result<(), CloudError> {
    cloud.may_look(region).await?.believes_a_list()
}
