//! DescribeRegions, and which regions there are.

use std::collections::BTreeSet;

use serde_json::json;

use crate::sim::operations::Call;
use crate::sim::protocol::reply::{Fields, Refusal};
use crate::sim::world::World;

/// Regions that exist whatever the scenario holds, with their names in Chinese and in English.
const REGIONS: [(&str, &str, &str); 10] = [
    ("ap-southeast-1", "新加坡", "Singapore"),
    ("cn-beijing", "华北2（北京）", "China (Beijing)"),
    ("cn-chengdu", "西南1（成都）", "China (Chengdu)"),
    ("cn-hangzhou", "华东1（杭州）", "China (Hangzhou)"),
    ("cn-hongkong", "中国香港", "China (Hong Kong)"),
    ("cn-qingdao", "华北1（青岛）", "China (Qingdao)"),
    ("cn-shanghai", "华东2（上海）", "China (Shanghai)"),
    ("cn-shenzhen", "华南1（深圳）", "China (Shenzhen)"),
    ("eu-central-1", "德国（法兰克福）", "Germany (Frankfurt)"),
    ("us-west-1", "美国（硅谷）", "US (Silicon Valley)"),
];

pub(crate) fn run(world: &mut World, call: &Call<'_>) -> Result<Fields, Refusal> {
    let own = world.instances.values().map(|i| i.truth.region_id.as_str());
    let language = call.params.get("AcceptLanguage");
    let all: BTreeSet<&str> = REGIONS
        .iter()
        .map(|(id, _, _)| *id)
        .chain([world.settings.region.as_str()])
        .chain(own)
        .collect();
    // The endpoint is this very address, so that nobody is led to the real cloud.
    let regions: Vec<_> = all
        .into_iter()
        .map(|id| {
            json!({"RegionId": id, "RegionEndpoint": call.host, "LocalName": local_name(id, language), "Status": "available"})
        })
        .collect();
    Ok(Fields::from_iter([(
        "Regions".to_owned(),
        json!({ "Region": regions }),
    )]))
}

/// The vendor's default language is Chinese; every other one is answered in English here.
fn local_name<'a>(id: &'a str, language: Option<&str>) -> &'a str {
    let known = REGIONS.iter().find(|(known, _, _)| *known == id);
    match (known, language) {
        (None, _) => id,
        (Some((_, chinese, _)), None | Some("zh-CN")) => chinese,
        (Some((_, _, english)), Some(_)) => english,
    }
}

/// The region a call names; one that is not there is not found.
pub(crate) fn required<'a>(world: &World, call: &'a Call<'_>) -> Result<&'a str, Refusal> {
    let region = call.params.required("RegionId")?;
    exists(world, region)?;
    Ok(region)
}

/// A region that is not there is not found.
pub(crate) fn exists(world: &World, region: &str) -> Result<(), Refusal> {
    let known = REGIONS.iter().any(|(id, _, _)| *id == region) || world.settings.region == region;
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
