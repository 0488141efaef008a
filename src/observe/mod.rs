//! What is there: the fleet as the cloud shows it, read page by page.
//!
//! In: which machines are wanted, and a cloud. Out: an [`ObservedFleet`], and the answers to the
//! planner's questions. Reads only; ids are asked for by the hundred, so 1,000 machines cost 10 calls, and
//! one read of a region answers every selector.

mod listed;
mod survey;

use std::collections::BTreeMap;

use futures_util::future::try_join_all;

use crate::cloud::{Cloud, CloudError, ModificationQuery, OperationType};
use crate::model::{InstanceId, OfferKey, Shift, Targets};

pub use listed::observe;
pub use survey::{Survey, survey};

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
