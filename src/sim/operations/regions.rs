//! DescribeRegions, and which regions there are (section 2.12).

use std::collections::BTreeSet;

use serde_json::json;

use crate::sim::operations::Call;
use crate::sim::reply::{Fields, Refusal};
use crate::sim::world::World;

/// Regions that exist whatever the scenario holds.
const REGIONS: [&str; 10] = [
    "cn-beijing",
    "cn-chengdu",
    "cn-hangzhou",
    "cn-hongkong",
    "cn-qingdao",
    "cn-shanghai",
    "cn-shenzhen",
    "ap-southeast-1",
    "eu-central-1",
    "us-west-1",
];

pub(crate) fn run(world: &mut World, call: &Call<'_>) -> Result<Fields, Refusal> {
    let own = world.instances.values().map(|i| i.truth.region_id.as_str());
    let all: BTreeSet<&str> = REGIONS
        .into_iter()
        .chain([world.settings.region.as_str()])
        .chain(own)
        .collect();
    // The endpoint is this very address, so that nobody is led to the real cloud.
    let regions: Vec<_> = all
        .into_iter()
        .map(|id| {
            json!({"RegionId": id, "RegionEndpoint": call.host, "LocalName": id, "Status": "available"})
        })
        .collect();
    Ok(Fields::from_iter([(
        "Regions".to_owned(),
        json!({ "Region": regions }),
    )]))
}

/// The region a call names; one that is not there is not found.
pub(crate) fn required<'a>(world: &World, call: &'a Call<'_>) -> Result<&'a str, Refusal> {
    let region = call.params.required("RegionId")?;
    exists(world, region)?;
    Ok(region)
}

/// A region that is not there is not found.
pub(crate) fn exists(world: &World, region: &str) -> Result<(), Refusal> {
    let known = REGIONS.contains(&region) || world.settings.region == region;
    if known
        || world
            .instances
            .values()
            .any(|i| i.truth.region_id == region)
    {
        return Ok(());
    }
    Err(Refusal::new(
        404,
        "InvalidRegionId.NotFound",
        format!("There is no region {region}."),
    ))
}
