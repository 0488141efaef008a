//! The planner's questions, put to the cloud: each about one machine or type that stands for all like it.

use std::collections::BTreeMap;

use futures_util::future::try_join_all;

use super::listed::READS_AT_ONCE;
use crate::cloud::{
    Cloud, CloudError, ErrorKind, ModificationQuery, OperationType, TYPES_PER_CALL_MAX,
};
use crate::model::{
    Answer, InstanceId, LimitQuestions, Limits, OfferKey, RegionId, Shift, Targets, TypeName,
    TypeShape,
};

/// Asks what machines can become.
///
/// # Errors
/// [`CloudError`] when the credentials are refused or the cloud is out of reach.
pub async fn ask(
    cloud: &dyn Cloud,
    questions: &BTreeMap<OfferKey, InstanceId>,
) -> Result<Vec<(OfferKey, InstanceId, Answer<Targets>)>, CloudError> {
    let questions: Vec<_> = questions.iter().collect();
    let mut answers = Vec::with_capacity(questions.len());
    for batch in questions.chunks(READS_AT_ONCE) {
        let asked = batch.iter().map(|(key, instance)| async move {
            let targets = answer(targets(cloud, key, instance).await)?;
            Ok::<_, CloudError>(((*key).clone(), (*instance).clone(), targets))
        });
        answers.extend(try_join_all(asked).await?);
    }
    Ok(answers)
}

async fn targets(
    cloud: &dyn Cloud,
    key: &OfferKey,
    instance: &InstanceId,
) -> Result<Targets, CloudError> {
    let query = ModificationQuery {
        region: key.region.clone(),
        instance: instance.clone(),
        operation: match key.shift {
            Shift::Upgrade => OperationType::Upgrade,
            Shift::Downgrade => OperationType::Downgrade,
        },
        migrate_across_zone: key.migrate_across_zone,
    };
    let mut targets = Targets::new();
    for offer in cloud.describe_modification(&query).await? {
        let zones = targets.entry(offer.instance_type).or_default();
        zones.insert(offer.zone, offer.in_stock);
    }
    Ok(targets)
}

/// Asks for limits.
///
/// # Errors
/// [`CloudError`] when the credentials are refused or the cloud is out of reach.
pub async fn ask_limits(
    cloud: &dyn Cloud,
    questions: &LimitQuestions,
) -> Result<Limits, CloudError> {
    let mut limits = Limits::default();
    let keys: Vec<_> = questions.bandwidth.iter().collect();
    for batch in keys.chunks(READS_AT_ONCE) {
        let asked = batch.iter().map(|key| async move {
            let widest = answer(cloud.bandwidth_limitation(key).await)?;
            Ok::<_, CloudError>(((*key).clone(), widest))
        });
        limits.bandwidth.extend(try_join_all(asked).await?);
    }
    let types: Vec<_> = questions.types.iter().collect();
    for page in types.chunks(TYPES_PER_CALL_MAX) {
        limits.types.extend(shapes(cloud, page).await?);
    }
    for region in &questions.vcpus {
        let quota = answer(cloud.vcpu_quota(region).await)?;
        let quota = quota.and_then(|quota| quota.ok_or_else(|| no_quota(region)));
        limits.vcpus.insert(region.clone(), quota);
    }
    Ok(limits)
}

async fn shapes(
    cloud: &dyn Cloud,
    page: &[(&TypeName, &RegionId)],
) -> Result<Vec<(TypeName, Answer<TypeShape>)>, CloudError> {
    let Some((_, region)) = page.first() else {
        return Ok(Vec::new());
    };
    let names: Vec<TypeName> = page.iter().map(|(name, _)| (*name).clone()).collect();
    let found = answer(cloud.type_shapes(region, &names).await)?;
    let shape_of = |name: &TypeName| match &found {
        Err(why) => Err(why.clone()),
        Ok(found) => found
            .iter()
            .find(|(found, _)| found == name)
            .map(|(_, shape)| shape.clone())
            .ok_or_else(|| format!("DescribeInstanceTypes: does not know {name}")),
    };
    Ok(names
        .iter()
        .map(|name| (name.clone(), shape_of(name)))
        .collect())
}

fn no_quota(region: &RegionId) -> String {
    format!("DescribeAccountAttributes: has no figure for vCPUs in {region}")
}

/// What cannot be asked at all is an error; what is not answered is an answer of its own.
fn answer<T>(result: Result<T, CloudError>) -> Result<Answer<T>, CloudError> {
    match result {
        Ok(answer) => Ok(Ok(answer)),
        Err(error) if matches!(error.kind, ErrorKind::Credentials | ErrorKind::NotSent) => {
            Err(error)
        }
        Err(error) => Ok(Err(in_words(&error))),
    }
}

fn in_words(error: &CloudError) -> String {
    match &error.request_id {
        Some(request) => format!("{error}, request {request}"),
        None => error.to_string(),
    }
}
