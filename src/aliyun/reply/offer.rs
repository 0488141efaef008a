//! What can be had, where, and who asks (ecs-api 2.6, 2.8, 2.12, 2.18).

use serde::Deserialize;

use super::named;
use crate::aliyun::lenient::{self, Unreadable, required};
use crate::cloud::{InstanceTypeFacts, Offer, RegionFacts};
use crate::model::{AccountId, RegionId, TypeName, ZoneId};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Modification {
    // A machine that can become nothing has no zones at all.
    #[serde(default, deserialize_with = "lenient::nullable")]
    available_zones: AvailableZones,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct AvailableZones {
    #[serde(deserialize_with = "lenient::nullable")]
    available_zone: Vec<AvailableZone>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct AvailableZone {
    #[serde(default, deserialize_with = "lenient::text")]
    zone_id: Option<String>,
    #[serde(default, deserialize_with = "lenient::nullable")]
    available_resources: AvailableResources,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct AvailableResources {
    #[serde(deserialize_with = "lenient::nullable")]
    available_resource: Vec<AvailableResource>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct AvailableResource {
    #[serde(default, rename = "Type", deserialize_with = "lenient::text")]
    kind: Option<String>,
    #[serde(default, deserialize_with = "lenient::nullable")]
    supported_resources: SupportedResources,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct SupportedResources {
    #[serde(deserialize_with = "lenient::nullable")]
    supported_resource: Vec<SupportedResource>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct SupportedResource {
    #[serde(default, deserialize_with = "lenient::text")]
    value: Option<String>,
    #[serde(default, deserialize_with = "lenient::text")]
    status: Option<String>,
    #[serde(default, deserialize_with = "lenient::text")]
    status_category: Option<String>,
}

/// What a machine can become, zone by zone.
pub(in crate::aliyun) fn offers(body: &[u8]) -> Result<Vec<Offer>, Unreadable> {
    let modification: Modification = lenient::read(body)?;
    let mut offers = Vec::new();
    for zone in modification.available_zones.available_zone {
        let zone_id = named("ZoneId", zone.zone_id, ZoneId::new)?;
        offers.extend(
            zone.available_resources
                .available_resource
                .into_iter()
                .filter(AvailableResource::is_instance_type)
                .flat_map(|resource| resource.supported_resources.supported_resource)
                .filter_map(|resource| offer(&zone_id, resource)),
        );
    }
    Ok(offers)
}

impl AvailableResource {
    fn is_instance_type(&self) -> bool {
        self.kind
            .as_deref()
            .is_none_or(|kind| kind == "InstanceType")
    }
}

/// A type whose name does not have the form cannot be asked for, so it is no offer.
fn offer(zone: &ZoneId, from: SupportedResource) -> Option<Offer> {
    let in_stock = from.status.as_deref() == Some("Available")
        && from.status_category.as_deref() != Some("WithoutStock");
    Some(Offer {
        zone: zone.clone(),
        instance_type: TypeName::new(from.value?).ok()?,
        in_stock,
    })
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct RegionList {
    regions: Option<Regions>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Regions {
    region: Vec<Region>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Region {
    #[serde(default, deserialize_with = "lenient::text")]
    region_id: Option<String>,
    #[serde(default, deserialize_with = "lenient::text")]
    region_endpoint: Option<String>,
}

/// The regions, with their hosts.
pub(in crate::aliyun) fn regions(body: &[u8]) -> Result<Vec<RegionFacts>, Unreadable> {
    let list: RegionList = lenient::read(body)?;
    required(list.regions, "Regions")?
        .region
        .into_iter()
        .map(|region| {
            Ok(RegionFacts {
                region: named("RegionId", region.region_id, RegionId::new)?,
                endpoint: region.region_endpoint.unwrap_or_default(),
            })
        })
        .collect()
}

/// A page of instance types.
pub(in crate::aliyun) struct TypePage {
    pub(in crate::aliyun) types: Vec<InstanceTypeFacts>,
    pub(in crate::aliyun) next_token: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct TypeList {
    instance_types: Option<InstanceTypes>,
    #[serde(default, deserialize_with = "lenient::text")]
    next_token: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct InstanceTypes {
    instance_type: Vec<InstanceType>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct InstanceType {
    #[serde(default, deserialize_with = "lenient::text")]
    instance_type_id: Option<String>,
    #[serde(default, deserialize_with = "lenient::integer")]
    cpu_core_count: Option<i64>,
    #[serde(default, deserialize_with = "lenient::decimal")]
    memory_size: Option<f64>,
}

/// One page of `DescribeInstanceTypes`.
pub(in crate::aliyun) fn type_page(body: &[u8]) -> Result<TypePage, Unreadable> {
    let list: TypeList = lenient::read(body)?;
    let types = required(list.instance_types, "InstanceTypes")?.instance_type;
    Ok(TypePage {
        types: types.into_iter().filter_map(facts).collect(),
        next_token: list.next_token,
    })
}

/// A type without a usable name or size cannot be planned with, so it is left out.
fn facts(from: InstanceType) -> Option<InstanceTypeFacts> {
    Some(InstanceTypeFacts {
        instance_type: TypeName::new(from.instance_type_id?).ok()?,
        vcpus: u32::try_from(from.cpu_core_count?).ok()?,
        memory_gib: from.memory_size?,
    })
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct CallerIdentity {
    #[serde(default, deserialize_with = "lenient::text")]
    account_id: Option<String>,
}

/// Whose credentials these are.
pub(in crate::aliyun) fn account(body: &[u8]) -> Result<AccountId, Unreadable> {
    let caller: CallerIdentity = lenient::read(body)?;
    named("AccountId", caller.account_id, AccountId::new)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_offer_is_in_stock_only_when_both_words_say_so() {
        let body = br#"{"AvailableZones":{"AvailableZone":[{"ZoneId":"z-1","AvailableResources":
            {"AvailableResource":[{"Type":"InstanceType","SupportedResources":{"SupportedResource":[
              {"Value":"ecs.g7.large","Status":"Available","StatusCategory":"WithStock"},
              {"Value":"ecs.g7.xlarge","Status":"Available","StatusCategory":"ClosedWithStock"},
              {"Value":"ecs.g8i.large","Status":"Available","StatusCategory":"WithoutStock"},
              {"Value":"ecs.g6.large","Status":"SoldOut","StatusCategory":"WithoutStock"},
              {"Value":"mystery","Status":"Available"}]}},
             {"Type":"SystemDisk","SupportedResources":{"SupportedResource":[{"Value":"ecs.not"}]}}]}}]}}"#;
        let seen: Vec<(String, bool)> = offers(body)
            .unwrap()
            .into_iter()
            .map(|offer| (offer.instance_type.to_string(), offer.in_stock))
            .collect();
        let expected = [
            ("ecs.g7.large", true),
            ("ecs.g7.xlarge", true),
            ("ecs.g8i.large", false),
            ("ecs.g6.large", false),
        ];
        assert_eq!(seen, expected.map(|(name, stock)| (name.to_owned(), stock)));
        assert!(offers(br#"{"RequestId":"R"}"#).unwrap().is_empty());
    }

    #[test]
    fn types_regions_and_the_account_are_read() {
        let page = type_page(
            br#"{"InstanceTypes":{"InstanceType":[
            {"InstanceTypeId":"ecs.t6.small","CpuCoreCount":1,"MemorySize":0.5}]},"NextToken":"n"}"#,
        )
        .unwrap();
        assert_eq!(page.types[0].memory_gib, 0.5);
        assert_eq!(page.next_token.as_deref(), Some("n"));
        let list = regions(br#"{"Regions":{"Region":[{"RegionId":"cn-beijing"}]}}"#).unwrap();
        assert_eq!(list[0].region.as_str(), "cn-beijing");
        assert_eq!(account(br#"{"AccountId":123}"#).unwrap().as_str(), "123");
    }
}
