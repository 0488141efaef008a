//! Which instances a DescribeInstances asks for: all its filters at once (section 2.4).

use std::collections::BTreeSet;

use crate::sim::described::Described;
use crate::sim::reply::Refusal;
use crate::sim::request::Params;

/// Most ids in one filter, and most tags.
const IDS_MAX: usize = 100;
const TAGS_MAX: usize = 20;

/// Filters of the real operation that are not known here: refused, for ignoring one would show too much.
const UNKNOWN: [&str; 9] = [
    "EipAddresses",
    "Filter.1.Key",
    "InnerIpAddresses",
    "IoOptimized",
    "LockReason",
    "PrivateIpAddresses",
    "PublicIpAddresses",
    "RdmaIpAddresses",
    "DeviceAvailable",
];

type Field = fn(&Described) -> String;

/// Filters that compare one field.
const EQUALITIES: [(&str, Field); 11] = [
    ("ZoneId", |i| i.zone_id.clone()),
    ("InstanceType", |i| i.instance_type.clone()),
    ("InstanceTypeFamily", |i| i.instance_type_family.clone()),
    ("Status", |i| i.status.as_str().to_owned()),
    ("InstanceChargeType", |i| word(&i.instance_charge_type)),
    ("InternetChargeType", |i| word(&i.internet_charge_type)),
    ("InstanceNetworkType", |i| word(&i.instance_network_type)),
    ("VpcId", |i| i.vpc_attributes.vpc_id.clone()),
    ("VSwitchId", |i| i.vpc_attributes.v_switch_id.clone()),
    ("ImageId", |i| i.image_id.clone()),
    ("ResourceGroupId", |i| i.resource_group_id.clone()),
];

/// The filters of one request.
pub(crate) struct Filter<'a> {
    pub(crate) region: &'a str,
    /// The only ids that can match; an empty list matches nothing.
    pub(crate) ids: Option<BTreeSet<String>>,
    equal: Vec<(Field, &'a str)>,
    name: Option<&'a str>,
    security_group: Option<&'a str>,
    key_pair: Option<&'a str>,
    tags: Vec<(&'a str, Option<&'a str>)>,
}

impl<'a> Filter<'a> {
    pub(crate) fn read(region: &'a str, params: &'a Params) -> Result<Self, Refusal> {
        if let Some(unknown) = UNKNOWN.iter().find(|name| params.get(name).is_some()) {
            return Err(Refusal::invalid(unknown, "is a filter not known here"));
        }
        let ids = params.json_list("InstanceIds", IDS_MAX)?;
        let equal = EQUALITIES.into_iter();
        let equal = equal.filter_map(|(name, field)| Some((field, params.get(name)?)));
        Ok(Self {
            region,
            ids: ids.map(BTreeSet::from_iter),
            equal: equal.collect(),
            name: params.get("InstanceName"),
            security_group: params.get("SecurityGroupId"),
            key_pair: params.get("KeyPairName"),
            tags: read_tags(params)?,
        })
    }

    pub(crate) fn matches(&self, instance: &Described) -> bool {
        let has_tag = |(key, value): &(&str, Option<&str>)| {
            let mut tags = instance.tags.tag.iter();
            tags.any(|tag| tag.tag_key == *key && value.is_none_or(|v| v == tag.tag_value))
        };
        let in_group = |group: &str| {
            let groups = &instance.security_group_ids.security_group_id;
            groups.iter().any(|held| held == group)
        };
        instance.region_id == self.region
            && self
                .equal
                .iter()
                .all(|(field, value)| field(instance) == *value)
            && self
                .name
                .is_none_or(|p| matches_pattern(p, &instance.instance_name))
            && self.security_group.is_none_or(in_group)
            && self
                .key_pair
                .is_none_or(|pair| pair == instance.key_pair_name)
            && self.tags.iter().all(has_tag)
    }
}

fn read_tags(params: &Params) -> Result<Vec<(&str, Option<&str>)>, Refusal> {
    let mut tags = Vec::new();
    for index in 1..=TAGS_MAX + 1 {
        let Some(key) = params.get(&format!("Tag.{index}.Key")) else {
            break;
        };
        if index > TAGS_MAX {
            return Err(Refusal::new(400, "InvalidTagCount", "Too many tags."));
        }
        tags.push((key, params.get(&format!("Tag.{index}.Value"))));
    }
    Ok(tags)
}

/// The vendor's word for a value of one of our own enums.
fn word(value: &impl serde::Serialize) -> String {
    let word = serde_json::to_value(value).ok();
    let word = word.as_ref().and_then(serde_json::Value::as_str);
    word.unwrap_or_default().to_owned()
}

/// Whether a name matches a pattern in which `*` stands for anything.
fn matches_pattern(pattern: &str, name: &str) -> bool {
    let Some((head, rest)) = pattern.split_once('*') else {
        return pattern == name;
    };
    let Some(mut left) = name.strip_prefix(head) else {
        return false;
    };
    let mut pieces = rest.split('*').peekable();
    while let Some(piece) = pieces.next() {
        if pieces.peek().is_none() {
            return left.ends_with(piece);
        }
        let Some(at) = left.find(piece) else {
            return false;
        };
        left = &left[at + piece.len()..];
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_stands_for_anything() {
        for (pattern, name, fits) in [
            ("web-*", "web-1", true),
            ("web-*", "api-1", false),
            ("*-1", "web-1", true),
            ("w*b*1", "web-b-1", true),
            ("web", "web-1", false),
            ("*", "", true),
            ("a*a", "a", false),
        ] {
            assert_eq!(matches_pattern(pattern, name), fits, "{pattern} {name}");
        }
    }
}
