//! `DescribeInstances`.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde::Deserialize;

use super::attached::{Hibernation, Interfaces};
use super::named;
use crate::aliyun::lenient::{self, Unreadable, required};
use crate::cloud::InstancePage;
use crate::model::{
    BillingMethod, Eip, InstanceId, InstanceStatus, Mbps, NetworkBilling, NetworkKind,
    ObservedInstance, Particulars, RegionId, StoppedMode, TypeName, ZoneId,
};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Page<'a> {
    // Never defaulted: a page without it would look like a fleet that vanished.
    #[serde(borrow)]
    instances: Option<Instances<'a>>,
    #[serde(default, deserialize_with = "lenient::text")]
    next_token: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Instances<'a> {
    #[serde(borrow)]
    instance: Vec<Instance<'a>>,
}

/// What is only looked at is not copied: a page holds a hundred of these.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Instance<'a> {
    #[serde(default, deserialize_with = "lenient::text")]
    instance_id: Option<String>,
    #[serde(default, deserialize_with = "lenient::text")]
    instance_name: Option<String>,
    #[serde(default, deserialize_with = "lenient::text")]
    region_id: Option<String>,
    #[serde(default, deserialize_with = "lenient::text")]
    zone_id: Option<String>,
    #[serde(borrow, default, deserialize_with = "lenient::word")]
    status: Option<Cow<'a, str>>,
    #[serde(default, deserialize_with = "lenient::text")]
    instance_type: Option<String>,
    #[serde(default, deserialize_with = "lenient::text")]
    image_id: Option<String>,
    #[serde(default, deserialize_with = "lenient::integer")]
    cpu: Option<i64>,
    #[serde(default, deserialize_with = "lenient::integer")]
    memory: Option<i64>,
    #[serde(borrow, default, deserialize_with = "lenient::word")]
    instance_charge_type: Option<Cow<'a, str>>,
    #[serde(borrow, default, deserialize_with = "lenient::word")]
    instance_network_type: Option<Cow<'a, str>>,
    #[serde(borrow, default, deserialize_with = "lenient::word")]
    internet_charge_type: Option<Cow<'a, str>>,
    #[serde(default, deserialize_with = "lenient::integer")]
    internet_max_bandwidth_out: Option<i64>,
    #[serde(default, deserialize_with = "lenient::integer")]
    internet_max_bandwidth_in: Option<i64>,
    #[serde(default, deserialize_with = "lenient::nullable")]
    public_ip_address: Addresses,
    #[serde(default, deserialize_with = "lenient::nullable")]
    vpc_attributes: VpcAttributes,
    #[serde(default, deserialize_with = "lenient::nullable")]
    inner_ip_address: Addresses,
    #[serde(default, deserialize_with = "lenient::nullable")]
    eip_address: EipAddress,
    #[serde(borrow, default, deserialize_with = "lenient::word")]
    expired_time: Option<Cow<'a, str>>,
    #[serde(borrow, default, deserialize_with = "lenient::word")]
    start_time: Option<Cow<'a, str>>,
    #[serde(default, deserialize_with = "lenient::nullable")]
    operation_locks: OperationLocks,
    #[serde(borrow, default, deserialize_with = "lenient::word")]
    stopped_mode: Option<Cow<'a, str>>,
    #[serde(default, deserialize_with = "lenient::integer")]
    local_storage_amount: Option<i64>,
    #[serde(default, deserialize_with = "lenient::nullable")]
    dedicated_host_attribute: DedicatedHost,
    #[serde(borrow, default, deserialize_with = "lenient::word")]
    spot_strategy: Option<Cow<'a, str>>,
    #[serde(default, deserialize_with = "lenient::nullable")]
    tags: Tags,
    #[serde(borrow, default, rename = "OSType", deserialize_with = "lenient::word")]
    os_type: Option<Cow<'a, str>>,
    #[serde(borrow, default, deserialize_with = "lenient::word")]
    auto_release_time: Option<Cow<'a, str>>,
    #[serde(default, deserialize_with = "lenient::nullable")]
    hibernation_options: Hibernation,
    #[serde(default, deserialize_with = "lenient::flag_if_told")]
    io_optimized: Option<bool>,
    #[serde(default, deserialize_with = "lenient::nullable")]
    network_interfaces: Interfaces,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Addresses {
    #[serde(deserialize_with = "lenient::nullable")]
    ip_address: Vec<String>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct VpcAttributes {
    #[serde(deserialize_with = "lenient::nullable")]
    private_ip_address: Addresses,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct EipAddress {
    #[serde(deserialize_with = "lenient::text")]
    allocation_id: Option<String>,
    #[serde(deserialize_with = "lenient::text")]
    ip_address: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct OperationLocks {
    #[serde(deserialize_with = "lenient::nullable")]
    lock_reason: Vec<Lock>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Lock {
    #[serde(default, deserialize_with = "lenient::text")]
    lock_reason: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct DedicatedHost {
    #[serde(deserialize_with = "lenient::text")]
    dedicated_host_id: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Tags {
    #[serde(deserialize_with = "lenient::nullable")]
    tag: Vec<Tag>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Tag {
    #[serde(default)]
    tag_key: String,
    #[serde(default, deserialize_with = "lenient::nullable")]
    tag_value: String,
}

/// A page of instances. One that cannot be read does not hide the others; one that cannot even be
/// named could be any of them.
pub(in crate::aliyun) fn instance_page(body: &[u8]) -> Result<InstancePage, Unreadable> {
    let page: Page = lenient::read(body)?;
    let found = required(page.instances, "Instances")?;
    let (mut instances, mut unreadable) = (Vec::new(), Vec::new());
    let mut seen = BTreeSet::new();
    for instance in found.instance {
        let id = named("InstanceId", instance.instance_id.clone(), InstanceId::new)?;
        if !seen.insert(id.clone()) {
            return Err(Unreadable(format!("{id} is described twice")));
        }
        match read_instance(id.clone(), instance) {
            Ok(seen) => instances.push(seen),
            Err(Unreadable(why)) => unreadable.push((id, why)),
        }
    }
    Ok(InstancePage {
        instances,
        unreadable,
        next_token: page.next_token,
    })
}

fn read_instance(id: InstanceId, from: Instance<'_>) -> Result<ObservedInstance, Unreadable> {
    let billing = billing(from.instance_charge_type.as_deref())?;
    let inside = from.vpc_attributes.private_ip_address.first();
    let inside = inside.or(from.inner_ip_address.first());
    Ok(ObservedInstance {
        id,
        name: from.instance_name.unwrap_or_default(),
        region: named("RegionId", from.region_id, RegionId::new)?,
        zone: named("ZoneId", from.zone_id, ZoneId::new)?,
        status: InstanceStatus::from(required(from.status, "Status")?.into_owned()),
        instance_type: named("InstanceType", from.instance_type, TypeName::new)?,
        image: from.image_id,
        vcpus: count(from.cpu),
        memory_mib: from
            .memory
            .and_then(|mib| u64::try_from(mib).ok())
            .unwrap_or(0),
        billing,
        network: network(from.instance_network_type.as_deref())?,
        charge_type: charge_type(from.internet_charge_type.as_deref()),
        max_bandwidth_out: bandwidth_out(from.internet_max_bandwidth_out)?,
        raised: None,
        max_bandwidth_in: from
            .internet_max_bandwidth_in
            .and_then(|mbps| Mbps::try_from(mbps).ok()),
        public_ip: from.public_ip_address.first(),
        eip: from.eip_address.bound(),
        expires_at: expiry(billing, from.expired_time.as_deref())?,
        locks: from.operation_locks.reasons(),
        stopped_mode: stopped_mode(from.stopped_mode.as_deref()),
        local_disks: count(from.local_storage_amount),
        dedicated_host: from.dedicated_host_attribute.dedicated_host_id,
        spot: is_spot(from.spot_strategy.as_deref()),
        tags: from.tags.into_map(),
        particulars: Particulars {
            windows: from
                .os_type
                .is_some_and(|word| word.eq_ignore_ascii_case("windows")),
            hibernates: from.hibernation_options.is_configured(),
            io_optimized: from.io_optimized,
            // A time that is no time is none: it is worth a note at most.
            auto_release_at: from.auto_release_time.and_then(|time| time.parse().ok()),
            started_at: from.start_time.and_then(|time| time.parse().ok()),
            // It becomes part of addresses and arguments, so nothing else is taken for one.
            private_ip: inside.filter(|text| text.parse::<std::net::IpAddr>().is_ok()),
            ..from.network_interfaces.counted()
        },
    })
}

/// Which calls may change a machine hangs on this: a word nobody knows is no guess.
fn billing(word: Option<&str>) -> Result<BillingMethod, Unreadable> {
    match required(word, "InstanceChargeType")? {
        "PrePaid" => Ok(BillingMethod::PrePaid),
        "PostPaid" => Ok(BillingMethod::PostPaid),
        word => Err(Unreadable(format!(
            "InstanceChargeType `{word}` is not known"
        ))),
    }
}

/// Classic is retired, so a machine that does not say is in a VPC.
fn network(word: Option<&str>) -> Result<NetworkKind, Unreadable> {
    match word {
        None | Some("vpc") => Ok(NetworkKind::Vpc),
        Some("classic") => Ok(NetworkKind::Classic),
        Some(word) => Err(Unreadable(format!(
            "InstanceNetworkType `{word}` is not known"
        ))),
    }
}

fn charge_type(word: Option<&str>) -> Option<NetworkBilling> {
    [NetworkBilling::PayByBandwidth, NetworkBilling::PayByTraffic]
        .into_iter()
        .find(|billing| Some(billing.as_str()) == word)
}

/// `-1` stands for none in very old records.
fn bandwidth_out(mbps: Option<i64>) -> Result<Mbps, Unreadable> {
    let mbps = required(mbps, "InternetMaxBandwidthOut")?.max(0);
    Mbps::try_from(mbps).map_err(|_| Unreadable("InternetMaxBandwidthOut is too large".to_owned()))
}

/// `Not-applicable`, and whatever else is no mode, is none.
fn stopped_mode(word: Option<&str>) -> Option<StoppedMode> {
    [StoppedMode::KeepCharging, StoppedMode::StopCharging]
        .into_iter()
        .find(|mode| Some(mode.as_str()) == word)
}

/// Pay-as-you-go machines have an expiry too, far away and without meaning.
fn expiry(billing: BillingMethod, time: Option<&str>) -> Result<Option<Timestamp>, Unreadable> {
    match (billing, time) {
        (BillingMethod::PostPaid, _) | (BillingMethod::PrePaid, None) => Ok(None),
        (BillingMethod::PrePaid, Some(time)) => time
            .parse()
            .map(Some)
            .map_err(|_| Unreadable("ExpiredTime is not a time".to_owned())),
    }
}

fn is_spot(strategy: Option<&str>) -> bool {
    strategy.is_some_and(|strategy| !strategy.eq_ignore_ascii_case("NoSpot"))
}

fn count(number: Option<i64>) -> u32 {
    number.and_then(|n| u32::try_from(n).ok()).unwrap_or(0)
}

impl Addresses {
    fn first(self) -> Option<String> {
        self.ip_address
            .into_iter()
            .find(|address| !address.is_empty())
    }
}

impl EipAddress {
    /// Without an allocation there is no EIP, whatever else the object says.
    fn bound(self) -> Option<Eip> {
        self.allocation_id.map(|allocation_id| Eip {
            allocation_id,
            address: self.ip_address.unwrap_or_default(),
        })
    }
}

impl OperationLocks {
    fn reasons(self) -> Vec<String> {
        self.lock_reason
            .into_iter()
            .filter_map(|lock| lock.lock_reason)
            .map(|reason| reason.to_lowercase())
            .collect()
    }
}

impl Tags {
    fn into_map(self) -> BTreeMap<String, String> {
        self.tag
            .into_iter()
            .map(|tag| (tag.tag_key, tag.tag_value))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The least that must be there.
    const LEAST: &str = r#""InstanceId":"i-1","RegionId":"cn-hangzhou","ZoneId":"cn-hangzhou-h",
        "Status":"Running","InstanceType":"ecs.g7.large","InternetMaxBandwidthOut":5"#;

    fn one(fields: &str) -> Result<ObservedInstance, Unreadable> {
        let body = format!(r#"{{"Instances":{{"Instance":[{{{fields}}}]}},"NextToken":""}}"#);
        let page = instance_page(body.as_bytes())?;
        assert_eq!(page.next_token, None);
        match page.unreadable.into_iter().next() {
            Some((id, why)) => Err(Unreadable(format!("{id}: {why}"))),
            None => Ok(page.instances.into_iter().next().unwrap()),
        }
    }

    #[test]
    fn a_bare_machine_is_read_with_every_extra_absent() {
        let seen = one(&format!(r#"{LEAST},"InstanceChargeType":"PostPaid""#)).unwrap();
        assert_eq!(seen.network, NetworkKind::Vpc);
        assert_eq!(seen.public_ip, None);
        assert_eq!(seen.eip, None);
        assert!(seen.locks.is_empty() && seen.tags.is_empty() && !seen.spot);
    }

    #[test]
    fn old_samples_quote_everything_and_are_read_all_the_same() {
        let seen = one(
            r#""InstanceId":"i-1","RegionId":"cn-hangzhou","ZoneId":"cn-hangzhou-h","Status":"Mending",
            "InstanceType":"ecs.g7.large","InstanceChargeType":"PrePaid","InternetMaxBandwidthOut":"5",
            "InternetMaxBandwidthIn":"-1","Cpu":"2","Memory":"8192","ExpiredTime":"2030-01-02T16:00Z",
            "StoppedMode":"Not-applicable","EipAddress":{"AllocationId":"","IpAddress":""},
            "InternetChargeType":"PayByTraffic","InstanceNetworkType":"classic","SpotStrategy":"NoSpot",
            "PublicIpAddress":{"IpAddress":["1.2.3.4"]},"Tags":null,
            "OperationLocks":{"LockReason":[{"LockReason":"Recycling","LockMsg":""}]}"#,
        )
        .unwrap();
        assert_eq!(seen.status, InstanceStatus::Other("Mending".to_owned()));
        assert_eq!((seen.vcpus, seen.memory_mib), (2, 8192));
        assert_eq!((seen.max_bandwidth_out, seen.max_bandwidth_in), (5, None));
        assert_eq!(seen.charge_type, Some(NetworkBilling::PayByTraffic));
        assert_eq!(seen.expires_at.unwrap().to_string(), "2030-01-02T16:00:00Z");
        assert_eq!(seen.locks, ["recycling"]);
        assert_eq!(seen.public_ip.as_deref(), Some("1.2.3.4"));
        assert_eq!((seen.eip, seen.stopped_mode), (None, None));
    }

    #[test]
    fn input_and_output_are_told_or_not_and_hide_no_machine() {
        for (told, read) in [
            ("", None),
            (r#","IoOptimized":true"#, Some(true)),
            (r#","IoOptimized":false"#, Some(false)),
            (r#","IoOptimized":"True""#, Some(true)),
            (r#","IoOptimized":"optimized""#, None),
            (r#","IoOptimized":null"#, None),
            (r#","IoOptimized":[1]"#, None),
        ] {
            let seen = one(&format!(r#"{LEAST},"InstanceChargeType":"PostPaid"{told}"#)).unwrap();
            assert_eq!(seen.particulars.io_optimized, read, "{told}");
        }
    }

    #[test]
    fn pay_as_you_go_has_no_expiry_whatever_the_cloud_says() {
        let fields = r#","InstanceChargeType":"PostPaid","ExpiredTime":"2099-12-31T15:59Z""#;
        assert_eq!(one(&format!("{LEAST}{fields}")).unwrap().expires_at, None);
    }

    #[test]
    fn what_decides_must_be_there_and_the_error_names_the_machine() {
        assert_eq!(
            one(LEAST).unwrap_err().to_string(),
            "i-1: InstanceChargeType is missing"
        );
        assert!(instance_page(br#"{"RequestId":"R"}"#).is_err());
        assert!(instance_page(br#"{"Instances":{}}"#).is_err());
        let twice = format!(
            r#"{{"Instances":{{"Instance":[{{{LEAST},"InstanceChargeType":"PostPaid"}},
            {{{LEAST},"InstanceChargeType":"PrePaid"}}]}}}}"#
        );
        let error = instance_page(twice.as_bytes()).unwrap_err();
        assert_eq!(error.to_string(), "i-1 is described twice");
    }
}
