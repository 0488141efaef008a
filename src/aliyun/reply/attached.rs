//! What is attached to a machine, as `DescribeInstances` lists it (ecs-api 2.4).

use serde::Deserialize;
use serde::de::IgnoredAny;

use crate::aliyun::lenient;
use crate::model::Particulars;

#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct Hibernation {
    #[serde(deserialize_with = "lenient::flag")]
    configured: Option<bool>,
}

impl Hibernation {
    pub(super) fn is_configured(&self) -> bool {
        self.configured == Some(true)
    }
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct Interfaces {
    #[serde(deserialize_with = "lenient::nullable")]
    network_interface: Vec<Interface>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Interface {
    #[serde(deserialize_with = "lenient::nullable")]
    private_ip_sets: Ipv4Sets,
    #[serde(deserialize_with = "lenient::nullable")]
    ipv6_sets: Ipv6Sets,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Ipv4Sets {
    #[serde(deserialize_with = "lenient::nullable")]
    private_ip_set: Vec<IgnoredAny>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Ipv6Sets {
    #[serde(deserialize_with = "lenient::nullable")]
    ipv6_set: Vec<IgnoredAny>,
}

impl Interfaces {
    /// How many there are, and the most addresses on one of them; the rest is for others to say.
    pub(super) fn counted(&self) -> Particulars {
        let most = |count: fn(&Interface) -> usize| {
            let most = self.network_interface.iter().map(count).max();
            number(most.unwrap_or(0))
        };
        Particulars {
            interfaces: number(self.network_interface.len()),
            ipv4_most: most(|interface| interface.private_ip_sets.private_ip_set.len()),
            ipv6_most: most(|interface| interface.ipv6_sets.ipv6_set.len()),
            ..Particulars::default()
        }
    }
}

fn number(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn interfaces_are_counted_and_addresses_where_they_are_most() {
        let interfaces: Interfaces = serde_json::from_str(
            r#"{"NetworkInterface":[
              {"PrivateIpSets":{"PrivateIpSet":[{"Primary":true},{}]},"Ipv6Sets":{"Ipv6Set":[]}},
              {"PrivateIpSets":{"PrivateIpSet":[{}]},"Ipv6Sets":{"Ipv6Set":[{}]}},
              {"PrivateIpSets":null}]}"#,
        )
        .unwrap();
        let seen = interfaces.counted();
        assert_eq!((seen.interfaces, seen.ipv4_most, seen.ipv6_most), (3, 2, 1));
    }
}
