//! Facts about regions, instance types and whoever calls.

use serde::Deserialize;

use super::named;
use crate::aliyun::lenient::{self, Unreadable, required};
use crate::cloud::{InstanceTypeFacts, RegionFacts};
use crate::model::{AccountId, RegionId, TypeName};

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
