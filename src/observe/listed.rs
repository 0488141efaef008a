//! Machines that are known by id, a hundred in a call.

use std::collections::{BTreeMap, BTreeSet};

use futures_util::future::try_join_all;
use jiff::Timestamp;

use crate::cloud::{Cloud, CloudError, IDS_PER_CALL_MAX, InstanceQuery};
use crate::model::{AccountId, InstanceId, ObservedFleet, RegionId};

/// Reads of one moment that may be under way together; more only meets the throttle.
const READS_AT_ONCE: usize = 10;

/// Looks at these machines, grouped by region.
///
/// A machine that is asked for and not in the answer does not exist, or is not visible to these credentials.
///
/// # Errors
/// [`CloudError`] of the first read that failed for good.
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
    let mut instances = BTreeMap::new();
    for batch in queries.chunks(READS_AT_ONCE) {
        let pages = try_join_all(batch.iter().map(|query| cloud.describe_instances(query))).await?;
        for seen in pages.into_iter().flat_map(|page| page.instances) {
            instances.insert(seen.id.clone(), seen);
        }
    }
    Ok(ObservedFleet {
        account,
        taken_at,
        instances,
    })
}
