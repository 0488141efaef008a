//! Machines that are known by id, a hundred in a call.

use std::collections::{BTreeMap, BTreeSet};

use futures_util::future::try_join_all;
use jiff::Timestamp;

use crate::cloud::{Cloud, CloudError, IDS_PER_CALL_MAX, InstanceQuery};
use crate::model::{AccountId, InstanceId, ObservedFleet, RegionId};

/// Reads of one moment that may be under way together; more only meets the throttle.
pub(super) const READS_AT_ONCE: usize = 10;

/// So often a list that lacks machines is read anew: one that has them all is believed at once.
const READ_AGAIN: usize = 2;

/// Which machines are asked for, and where they are.
type Wanted = BTreeMap<RegionId, BTreeSet<InstanceId>>;

/// Looks at these machines, grouped by region.
///
/// A machine that is asked for and not in the answer does not exist: three lists lack it.
///
/// # Errors
/// [`CloudError`] of the first read that failed for good, and of kind `Denied` when machines are missing
/// because these credentials may not look at any.
pub async fn observe(
    cloud: &dyn Cloud,
    account: AccountId,
    taken_at: Timestamp,
    wanted: &Wanted,
) -> Result<ObservedFleet, CloudError> {
    let mut fleet = ObservedFleet {
        account,
        taken_at,
        instances: BTreeMap::new(),
        unreadable: BTreeMap::new(),
    };
    read(cloud, wanted, &mut fleet).await?;
    for _ in 0..READ_AGAIN {
        let missing = missing(&fleet, wanted);
        if missing.is_empty() {
            return Ok(fleet);
        }
        read(cloud, &missing, &mut fleet).await?;
    }
    // Without the permission to look the cloud shows an empty list and no refusal.
    for region in missing(&fleet, wanted).keys() {
        may_look(cloud, region).await?;
    }
    Ok(fleet)
}

async fn read(
    cloud: &dyn Cloud,
    wanted: &Wanted,
    fleet: &mut ObservedFleet,
) -> Result<(), CloudError> {
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
    for batch in queries.chunks(READS_AT_ONCE) {
        let pages = try_join_all(batch.iter().map(|query| cloud.describe_instances(query))).await?;
        for page in pages {
            let seen = page.instances.into_iter();
            fleet
                .instances
                .extend(seen.map(|seen| (seen.id.clone(), seen)));
            fleet.unreadable.extend(page.unreadable);
        }
    }
    Ok(())
}

/// Who was asked for and is in no answer.
fn missing(fleet: &ObservedFleet, wanted: &Wanted) -> Wanted {
    let is_there =
        |id: &InstanceId| fleet.instances.contains_key(id) || fleet.unreadable.contains_key(id);
    let regions = wanted.iter().map(|(region, ids)| {
        let ids = ids.iter().filter(|id| !is_there(id)).cloned();
        (region.clone(), ids.collect::<BTreeSet<_>>())
    });
    regions.filter(|(_, ids)| !ids.is_empty()).collect()
}

/// Refuses to take an empty answer for an empty region.
pub(super) async fn may_look(cloud: &dyn Cloud, region: &RegionId) -> Result<(), CloudError> {
    cloud.may_look(region).await?.believes_a_list()
}
