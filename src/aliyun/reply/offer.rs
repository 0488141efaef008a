//! `DescribeResourcesModification`: what a machine can become.

use serde::Deserialize;

use super::named;
use crate::aliyun::lenient::{self, Unreadable};
use crate::cloud::Offer;
use crate::model::{TypeName, ZoneId};

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
}
