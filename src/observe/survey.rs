//! One look over several regions: some of them whole, because selectors ask for it.

use std::collections::{BTreeMap, BTreeSet};

use futures_util::future::try_join_all;
use jiff::Timestamp;

use crate::cloud::{Cloud, CloudError, ErrorKind, InstancePage, InstanceQuery};
use crate::model::{AccountId, InstanceId, ObservedFleet, RegionId};

use super::listed::{may_look, observe};

/// Pages of one region that are read; each holds 100 machines, so this is beyond any account's quota.
const PAGES_MAX: usize = 2_000;

/// What to look at.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Survey {
    /// Regions of which every machine is wanted.
    pub whole: BTreeSet<RegionId>,
    /// Machines that are wanted by id. In a region that is read whole they cost no further call.
    pub listed: BTreeMap<RegionId, BTreeSet<InstanceId>>,
}

/// Looks.
///
/// # Errors
/// [`CloudError`] of the first read that failed for good, or of a region without an end.
pub async fn survey(
    cloud: &dyn Cloud,
    account: AccountId,
    taken_at: Timestamp,
    wanted: &Survey,
) -> Result<ObservedFleet, CloudError> {
    let listed = wanted.listed.iter();
    let apart = listed
        .filter(|(region, _)| !wanted.whole.contains(region))
        .map(|(region, ids)| (region.clone(), ids.clone()))
        .collect();
    let mut observed = observe(cloud, account, taken_at, &apart).await?;
    let regions = wanted.whole.iter().map(|region| whole(cloud, region));
    for page in try_join_all(regions).await? {
        let seen = page.instances.into_iter();
        observed
            .instances
            .extend(seen.map(|seen| (seen.id.clone(), seen)));
        observed.unreadable.extend(page.unreadable);
    }
    Ok(observed)
}

/// Every machine of a region, page after page, as one page.
async fn whole(cloud: &dyn Cloud, region: &RegionId) -> Result<InstancePage, CloudError> {
    let mut all = InstancePage::default();
    let mut tokens = BTreeSet::new();
    for _ in 0..PAGES_MAX {
        let query = InstanceQuery::All {
            region: region.clone(),
            next_token: all.next_token.take(),
        };
        let page = cloud.describe_instances(&query).await?;
        all.instances.extend(page.instances);
        all.unreadable.extend(page.unreadable);
        let Some(token) = page.next_token else {
            if all.instances.is_empty() {
                may_look(cloud, region).await?;
            }
            return Ok(all);
        };
        // A token that comes twice would lead round in a circle.
        if !tokens.insert(token.clone()) {
            let why = format!("the pages of {region} repeat themselves: a NextToken came twice");
            return Err(endless(ErrorKind::Fault, why));
        }
        all.next_token = Some(token);
    }
    let why = format!("{region} has more than {PAGES_MAX} pages of machines");
    Err(endless(ErrorKind::Unlisted, why))
}

fn endless(kind: ErrorKind, message: String) -> CloudError {
    CloudError {
        operation: "DescribeInstances",
        kind,
        also: None,
        reach: kind.reach(),
        code: None,
        message,
        request_id: None,
        retry_after: None,
    }
}
