//! What is there: the fleet as the cloud shows it, read page by page.
//!
//! In: which machines are wanted, and a cloud. Out: an [`ObservedFleet`], and the answers to the
//! planner's questions. Reads only; ids are asked for by the hundred, so 1,000 machines cost 10 calls.

mod money;

use std::collections::{BTreeMap, BTreeSet};

use futures_util::future::try_join_all;
use jiff::Timestamp;

use crate::cloud::{
    Cloud, CloudError, IDS_PER_CALL_MAX, InstanceQuery, ModificationQuery, OperationType,
};
use crate::model::{AccountId, InstanceId, ObservedFleet, OfferKey, RegionId, Shift, Targets};

pub use money::MoneyDesk;

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

/// Asks the planner's questions, each about one machine that stands for all like it.
///
/// # Errors
/// [`CloudError`] of the first question that failed for good.
pub async fn ask(
    cloud: &dyn Cloud,
    questions: &BTreeMap<OfferKey, InstanceId>,
) -> Result<Vec<(OfferKey, Targets)>, CloudError> {
    let asked = questions.iter().map(|(key, instance)| async move {
        let query = ModificationQuery {
            region: key.region.clone(),
            instance: instance.clone(),
            operation: match key.shift {
                Shift::Upgrade => OperationType::Upgrade,
                Shift::Downgrade => OperationType::Downgrade,
            },
            migrate_across_zone: false,
        };
        let mut targets = Targets::new();
        for offer in cloud.describe_modification(&query).await? {
            targets
                .entry(offer.instance_type)
                .or_default()
                .insert(offer.zone, offer.in_stock);
        }
        Ok((key.clone(), targets))
    });
    try_join_all(asked).await
}
