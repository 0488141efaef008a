//! Limits: how wide bandwidth may be, what types carry, how many vCPUs there may be.

use serde::Deserialize;

use crate::aliyun::lenient::{self, Unreadable, required};
use crate::aliyun::query::preflight::{VCPUS_MAX, VCPUS_USED};
use crate::model::{Mbps, NetworkBilling, TypeName, TypeShape, VcpuQuota, Widest};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Limitation {
    bandwidths: Option<Bandwidths>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Bandwidths {
    #[serde(deserialize_with = "lenient::nullable")]
    bandwidth: Vec<Bandwidth>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Bandwidth {
    #[serde(default, deserialize_with = "lenient::text")]
    internet_charge_type: Option<String>,
    #[serde(default, deserialize_with = "lenient::integer")]
    max: Option<i64>,
}

/// The most outbound bandwidth for each way of paying; ways nobody knows are left out.
pub(in crate::aliyun) fn widest(body: &[u8]) -> Result<Widest, Unreadable> {
    let limitation: Limitation = lenient::read(body)?;
    let listed = required(limitation.bandwidths, "Bandwidths")?.bandwidth;
    let known = [NetworkBilling::PayByBandwidth, NetworkBilling::PayByTraffic];
    let of = |row: Bandwidth| {
        let word = row.internet_charge_type?;
        let charge_type = known.into_iter().find(|known| known.as_str() == word)?;
        Some((charge_type, Mbps::try_from(row.max?).ok()?))
    };
    Ok(listed.into_iter().filter_map(of).collect())
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct TypeList {
    instance_types: Option<InstanceTypes>,
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
    #[serde(default, deserialize_with = "lenient::integer")]
    eni_quantity: Option<i64>,
    #[serde(default, deserialize_with = "lenient::integer")]
    eni_private_ip_address_quantity: Option<i64>,
    #[serde(default, deserialize_with = "lenient::integer")]
    eni_ipv6_address_quantity: Option<i64>,
    #[serde(default, deserialize_with = "lenient::integer")]
    disk_quantity: Option<i64>,
    #[serde(default, deserialize_with = "lenient::text")]
    nvme_support: Option<String>,
    #[serde(default, deserialize_with = "lenient::text")]
    instance_family_level: Option<String>,
}

/// What each type of a page carries. A type without a usable name cannot be planned with.
pub(in crate::aliyun) fn shapes(body: &[u8]) -> Result<Vec<(TypeName, TypeShape)>, Unreadable> {
    let list: TypeList = lenient::read(body)?;
    let types = required(list.instance_types, "InstanceTypes")?.instance_type;
    Ok(types.into_iter().filter_map(shape).collect())
}

fn shape(from: InstanceType) -> Option<(TypeName, TypeShape)> {
    let count = |number: Option<i64>| number.and_then(|number| u32::try_from(number).ok());
    let name = TypeName::new(from.instance_type_id?).ok()?;
    let shape = TypeShape {
        vcpus: count(from.cpu_core_count),
        interfaces: count(from.eni_quantity),
        ipv4_per_interface: count(from.eni_private_ip_address_quantity),
        ipv6_per_interface: count(from.eni_ipv6_address_quantity),
        disks: count(from.disk_quantity),
        nvme: from.nvme_support,
        level: from.instance_family_level,
    };
    Some((name, shape))
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Attributes {
    account_attribute_items: Option<Items>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Items {
    #[serde(deserialize_with = "lenient::nullable")]
    account_attribute_item: Vec<Item>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Item {
    #[serde(default, deserialize_with = "lenient::text")]
    attribute_name: Option<String>,
    #[serde(default, deserialize_with = "lenient::nullable")]
    attribute_values: Values,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Values {
    #[serde(deserialize_with = "lenient::nullable")]
    value_item: Vec<Value>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Value {
    #[serde(default, deserialize_with = "lenient::integer")]
    value: Option<i64>,
    #[serde(default, deserialize_with = "lenient::text")]
    zone_id: Option<String>,
}

/// The vCPUs of a region; none where the account has no figure for it as a whole.
pub(in crate::aliyun) fn vcpu_quota(body: &[u8]) -> Result<Option<VcpuQuota>, Unreadable> {
    let attributes: Attributes = lenient::read(body)?;
    let items = required(attributes.account_attribute_items, "AccountAttributeItems")?;
    let figure = |name: &str| {
        let mut items = items.account_attribute_item.iter();
        let item = items.find(|item| item.attribute_name.as_deref() == Some(name))?;
        let mut values = item.attribute_values.value_item.iter();
        let whole = values.find(|value| value.zone_id.is_none())?;
        u64::try_from(whole.value?).ok()
    };
    Ok(figure(VCPUS_MAX)
        .zip(figure(VCPUS_USED))
        .map(|(max, used)| VcpuQuota { max, used }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bandwidth_is_read_by_the_way_it_is_paid_for() {
        let body = br#"{"Bandwidths":{"Bandwidth":[
            {"InternetChargeType":"PayByTraffic","Min":0,"Max":"80","Unit":"Mbps"},
            {"InternetChargeType":"PayByStars","Max":7},
            {"InternetChargeType":"PayByBandwidth","Min":0,"Max":120}]}}"#;
        let widest = widest(body).unwrap();
        assert_eq!(widest[&NetworkBilling::PayByTraffic], 80);
        assert_eq!(widest[&NetworkBilling::PayByBandwidth], 120);
        assert_eq!(widest.len(), 2);
        assert!(super::widest(br#"{"RequestId":"R"}"#).is_err());
    }

    #[test]
    fn a_shape_holds_what_was_said_and_no_more() {
        let body = br#"{"InstanceTypes":{"InstanceType":[{"InstanceTypeId":"ecs.g7.large",
            "CpuCoreCount":"2","EniQuantity":3,"NvmeSupport":"required"},{"CpuCoreCount":1}]}}"#;
        let read = shapes(body).unwrap();
        assert_eq!(read.len(), 1);
        let shape = &read[0].1;
        assert_eq!((shape.vcpus, shape.interfaces), (Some(2), Some(3)));
        assert_eq!(
            (shape.disks, shape.nvme.as_deref()),
            (None, Some("required"))
        );
    }

    #[test]
    fn a_quota_is_known_when_both_figures_speak_of_the_whole_region() {
        let item = |name: &str, value: &str| {
            format!(r#"{{"AttributeName":"{name}","AttributeValues":{{"ValueItem":[{value}]}}}}"#)
        };
        let body = |max: &str, used: &str| {
            let items = [item(VCPUS_MAX, max), item(VCPUS_USED, used)].join(",");
            format!(r#"{{"AccountAttributeItems":{{"AccountAttributeItem":[{items}]}}}}"#)
        };
        let read = |max, used| vcpu_quota(body(max, used).as_bytes()).unwrap();
        let whole = read(r#"{"Value":"500"}"#, r#"{"Value":"132","ZoneId":""}"#);
        assert_eq!(
            whole,
            Some(VcpuQuota {
                max: 500,
                used: 132
            })
        );
        assert_eq!(
            read(r#"{"Value":"500","ZoneId":"z-1"}"#, r#"{"Value":"1"}"#),
            None
        );
    }
}
