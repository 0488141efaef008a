//! Which instances a DescribeInstances asks for: all its filters at once.

use std::collections::BTreeSet;

use jiff::Timestamp;

use crate::sim::machine::described::Described;
use crate::sim::protocol::reply::Refusal;
use crate::sim::protocol::request::Params;
use crate::sim::time::read_minute;

/// Most ids in one filter, and most tags.
const IDS_MAX: usize = 100;
const TAGS_MAX: usize = 20;

/// Filters of the real operation that are not known here: refused, for ignoring one would show too much.
const UNKNOWN: [&str; 5] = [
    "DeviceAvailable",
    "Filter.2.Key",
    "HpcClusterId",
    "HttpEndpoint",
    "RdmaIpAddresses",
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

type Addresses = fn(&Described) -> Vec<&str>;

/// Filters that list addresses as JSON; a machine that has one of them matches.
const ADDRESSES: [(&str, Addresses); 4] = [
    ("PublicIpAddresses", |i| {
        texts(&i.public_ip_address.ip_address)
    }),
    ("InnerIpAddresses", |i| {
        texts(&i.inner_ip_address.ip_address)
    }),
    ("PrivateIpAddresses", |i| {
        texts(&i.vpc_attributes.private_ip_address.ip_address)
    }),
    ("EipAddresses", |i| vec![&i.eip_address.ip_address]),
];

/// Filters whose values are words of the vendor's, and how an unknown word is refused.
const WORDS: [(&str, &[&str], (u16, &str)); 4] = [
    (
        "Status",
        &["Pending", "Starting", "Running", "Stopping", "Stopped"],
        (404, "InvalidStatus.NotFound"),
    ),
    (
        "InstanceChargeType",
        &["PrePaid", "PostPaid"],
        (404, "InvalidInstanceChargeType.NotFound"),
    ),
    (
        "InternetChargeType",
        &["PayByBandwidth", "PayByTraffic"],
        (404, "InvalidInternetChargeType.ValueNotSupported"),
    ),
    (
        "InstanceNetworkType",
        &["vpc", "classic"],
        (404, "InvalidNetworkType.NotFound"),
    ),
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
    io_optimized: Option<bool>,
    lock: Option<&'a str>,
    addresses: Vec<(Addresses, Vec<String>)>,
    created_since: Option<Timestamp>,
    tags: Vec<(&'a str, Option<&'a str>)>,
}

impl<'a> Filter<'a> {
    pub(crate) fn read(region: &'a str, params: &'a Params) -> Result<Self, Refusal> {
        if let Some(unknown) = UNKNOWN.iter().find(|name| params.get(name).is_some()) {
            return Err(Refusal::invalid(unknown, "is a filter not known here"));
        }
        check_words(params)?;
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
            io_optimized: params.flag("IoOptimized")?,
            lock: params.get("LockReason"),
            addresses: read_addresses(params)?,
            created_since: read_creation(params)?,
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
            && self
                .io_optimized
                .is_none_or(|it| it == instance.io_optimized)
            && self.lock.is_none_or(|reason| is_locked(instance, reason))
            && self
                .addresses
                .iter()
                .all(|(held, wanted)| held(instance).iter().any(|a| wanted.iter().any(|w| w == a)))
            && self.created_since.is_none_or(|since| {
                read_minute(&instance.creation_time).is_some_and(|created| created >= since)
            })
            && self.tags.iter().all(has_tag)
    }
}

fn texts(addresses: &[String]) -> Vec<&str> {
    addresses.iter().map(String::as_str).collect()
}

/// Reasons are spelled in different cases by different texts.
fn is_locked(instance: &Described, reason: &str) -> bool {
    let mut locks = instance.operation_locks.lock_reason.iter();
    locks.any(|lock| lock.lock_reason.eq_ignore_ascii_case(reason))
}

fn check_words(params: &Params) -> Result<(), Refusal> {
    for (name, known, (status, code)) in WORDS {
        if params.get(name).is_some_and(|word| !known.contains(&word)) {
            return Err(Refusal::new(
                status,
                code,
                format!("{name} has an unknown value."),
            ));
        }
    }
    Ok(())
}

fn read_addresses(params: &Params) -> Result<Vec<(Addresses, Vec<String>)>, Refusal> {
    let mut filters = Vec::new();
    for (name, held) in ADDRESSES {
        if let Some(wanted) = params.json_list(name, IDS_MAX)? {
            filters.push((held, wanted));
        }
    }
    Ok(filters)
}

/// `Filter.1`: the one that is known asks for machines made since a moment.
fn read_creation(params: &Params) -> Result<Option<Timestamp>, Refusal> {
    match params.get("Filter.1.Key") {
        None => Ok(None),
        Some("CreationStartTime") => {
            let since = params.required("Filter.1.Value")?;
            let since = read_minute(since);
            let unread = || Refusal::invalid("Filter.1.Value", "is not yyyy-MM-ddTHH:mmZ");
            since.ok_or_else(unread).map(Some)
        }
        Some(_) => Err(Refusal::invalid(
            "Filter.1.Key",
            "is a filter not known here",
        )),
    }
}

fn read_tags(params: &Params) -> Result<Vec<(&str, Option<&str>)>, Refusal> {
    let mut tags = Vec::new();
    for index in 1..=TAGS_MAX + 1 {
        let Some(key) = params.get(&format!("Tag.{index}.Key")) else {
            if params.get(&format!("Tag.{index}.Value")).is_some() {
                let message = "A tag's value is asked for without its key.";
                return Err(Refusal::new(400, "InvalidTag.Mismatch", message));
            }
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
