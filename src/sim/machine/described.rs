//! An instance with the very field names of DescribeInstances.
//!
//! Scenarios are written in this shape, answers are made of it, and the world keeps it as the truth;
//! so a machine copied from a real answer is a machine of a scenario.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::idle::Idle;

/// The five states of the API.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[expect(missing_docs, reason = "the vendor's own words")]
pub enum Status {
    Pending,
    Starting,
    Running,
    Stopping,
    Stopped,
}

impl Status {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "Pending",
            Self::Starting => "Starting",
            Self::Running => "Running",
            Self::Stopping => "Stopping",
            Self::Stopped => "Stopped",
        }
    }
}

/// How the machine is paid for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub(crate) enum ChargeType {
    PrePaid,
    PostPaid,
}

/// How public traffic is paid for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub(crate) enum InternetCharge {
    PayByBandwidth,
    PayByTraffic,
}

impl InternetCharge {
    pub(crate) fn parse(text: &str) -> Option<Self> {
        match text {
            "PayByBandwidth" => Some(Self::PayByBandwidth),
            "PayByTraffic" => Some(Self::PayByTraffic),
            _ => None,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum NetworkType {
    Vpc,
    Classic,
}

/// What a stopped machine costs (R70).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub(crate) enum StoppedMode {
    KeepCharging,
    StopCharging,
    #[serde(rename = "Not-applicable")]
    NotApplicable,
}

/// One machine as DescribeInstances shows it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct Described {
    pub(crate) instance_id: String,
    #[serde(default)]
    pub(crate) instance_name: String,
    #[serde(default)]
    pub(crate) description: String,
    #[serde(default)]
    pub(crate) host_name: String,
    #[serde(default)]
    pub(crate) region_id: String,
    #[serde(default)]
    pub(crate) zone_id: String,
    #[serde(default = "running")]
    pub(crate) status: Status,
    pub(crate) instance_type: String,
    #[serde(default)]
    pub(crate) instance_type_family: String,
    /// vCPUs; taken from the catalogue.
    #[serde(default)]
    pub(crate) cpu: u32,
    /// Memory in MiB; taken from the catalogue.
    #[serde(default)]
    pub(crate) memory: i64,
    #[serde(rename = "OSType", default = "linux")]
    pub(crate) os_type: String,
    #[serde(rename = "OSName", default)]
    pub(crate) os_name: String,
    #[serde(default = "image")]
    pub(crate) image_id: String,
    #[serde(default = "yes")]
    pub(crate) io_optimized: bool,
    #[serde(rename = "GPUAmount", default)]
    pub(crate) gpu_amount: u32,
    #[serde(rename = "GPUSpec", default)]
    pub(crate) gpu_spec: String,
    #[serde(default)]
    pub(crate) local_storage_amount: u32,
    #[serde(default)]
    pub(crate) local_storage_capacity: u64,
    #[serde(default = "post_paid")]
    pub(crate) instance_charge_type: ChargeType,
    #[serde(default = "no_spot")]
    pub(crate) spot_strategy: String,
    #[serde(default)]
    pub(crate) spot_duration: u32,
    #[serde(default = "by_traffic")]
    pub(crate) internet_charge_type: InternetCharge,
    #[serde(default)]
    pub(crate) internet_max_bandwidth_out: i64,
    /// Absent, it follows the outbound bandwidth (R29).
    #[serde(default)]
    pub(crate) internet_max_bandwidth_in: i64,
    #[serde(default = "vpc")]
    pub(crate) instance_network_type: NetworkType,
    #[serde(default)]
    pub(crate) public_ip_address: Addresses,
    #[serde(default)]
    pub(crate) inner_ip_address: Addresses,
    #[serde(default)]
    pub(crate) eip_address: Eip,
    #[serde(default)]
    pub(crate) vpc_attributes: VpcAttributes,
    #[serde(default)]
    pub(crate) network_interfaces: NetworkInterfaces,
    #[serde(default)]
    pub(crate) security_group_ids: SecurityGroupIds,
    #[serde(default)]
    pub(crate) tags: Tags,
    #[serde(default)]
    pub(crate) resource_group_id: String,
    #[serde(default)]
    pub(crate) key_pair_name: String,
    #[serde(default)]
    pub(crate) creation_time: String,
    #[serde(default)]
    pub(crate) start_time: String,
    #[serde(default)]
    pub(crate) expired_time: String,
    #[serde(default)]
    pub(crate) auto_release_time: String,
    #[serde(default = "not_applicable")]
    pub(crate) stopped_mode: StoppedMode,
    #[serde(default)]
    pub(crate) operation_locks: OperationLocks,
    #[serde(default)]
    pub(crate) dedicated_host_attribute: DedicatedHost,
    #[serde(default)]
    pub(crate) dedicated_instance_attribute: DedicatedInstance,
    #[serde(default)]
    pub(crate) deletion_protection: bool,
    #[serde(default)]
    pub(crate) recyclable: bool,
    #[serde(default)]
    pub(crate) hibernation_options: Hibernation,
    #[serde(default)]
    pub(crate) credit_specification: String,
    #[serde(default)]
    pub(crate) cluster_id: String,
    #[serde(default)]
    pub(crate) deployment_set_id: String,
    #[serde(default)]
    pub(crate) hpc_cluster_id: String,
    #[serde(default)]
    pub(crate) sale_cycle: String,
    #[serde(default)]
    pub(crate) serial_number: String,
    #[serde(default)]
    pub(crate) spot_interruption_behavior: String,
    #[serde(default)]
    pub(crate) vlan_id: String,
    #[serde(rename = "OSNameEn", default)]
    pub(crate) os_name_en: String,
    #[serde(rename = "ISP", default)]
    pub(crate) isp: String,
    #[serde(rename = "EnableNVS", default)]
    pub(crate) enable_nvs: bool,
    #[serde(default)]
    pub(crate) spot_price_limit: f64,
    #[serde(default = "yes")]
    pub(crate) device_available: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) deployment_set_group_no: Option<i64>,
    #[serde(default)]
    pub(crate) rdma_ip_address: Addresses,
    #[serde(default, skip_serializing_if = "Idle::is_absent")]
    pub(crate) additional_info: Idle,
    #[serde(default, skip_serializing_if = "Idle::is_absent")]
    pub(crate) clock_options: Idle,
    #[serde(default, skip_serializing_if = "Idle::is_absent")]
    pub(crate) cpu_options: Idle,
    #[serde(default, skip_serializing_if = "Idle::is_absent")]
    pub(crate) ecs_capacity_reservation_attr: Idle,
    #[serde(default, skip_serializing_if = "Idle::is_absent")]
    pub(crate) image_options: Idle,
    #[serde(default, skip_serializing_if = "Idle::is_absent")]
    pub(crate) metadata_options: Idle,
    #[serde(default, skip_serializing_if = "Idle::is_absent")]
    pub(crate) private_dns_name_options: Idle,
    #[serde(default, skip_serializing_if = "Idle::is_absent")]
    pub(crate) security_options: Idle,
}

impl Described {
    /// The VPC it is in; empty on the classic network, or where the scenario names none.
    pub(crate) fn vpc(&self) -> &str {
        &self.vpc_attributes.vpc_id
    }

    /// The value of a tag.
    pub(crate) fn tag(&self, key: &str) -> Option<&str> {
        let found = self.tags.tag.iter().find(|tag| tag.tag_key == key);
        found.map(|tag| tag.tag_value.as_str())
    }
}

/// A list of addresses, nested as the vendor nests it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(crate) struct Addresses {
    #[serde(default)]
    pub(crate) ip_address: Vec<String>,
}

/// An elastic address; all empty when there is none.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "PascalCase", deny_unknown_fields, default)]
pub(crate) struct Eip {
    pub(crate) allocation_id: String,
    pub(crate) ip_address: String,
    pub(crate) internet_charge_type: String,
    pub(crate) is_support_unassociate: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) bandwidth: Option<u32>,
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "PascalCase", deny_unknown_fields, default)]
pub(crate) struct VpcAttributes {
    pub(crate) vpc_id: String,
    pub(crate) v_switch_id: String,
    pub(crate) nat_ip_address: String,
    pub(crate) private_ip_address: Addresses,
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "PascalCase", deny_unknown_fields, default)]
pub(crate) struct NetworkInterfaces {
    pub(crate) network_interface: Vec<NetworkInterface>,
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "PascalCase", deny_unknown_fields, default)]
pub(crate) struct NetworkInterface {
    pub(crate) network_interface_id: String,
    pub(crate) primary_ip_address: String,
    pub(crate) mac_address: String,
    pub(crate) r#type: String,
    pub(crate) private_ip_sets: PrivateIpSets,
    pub(crate) ipv6_sets: Ipv6Sets,
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "PascalCase", deny_unknown_fields, default)]
pub(crate) struct PrivateIpSets {
    pub(crate) private_ip_set: Vec<PrivateIpSet>,
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "PascalCase", deny_unknown_fields, default)]
pub(crate) struct PrivateIpSet {
    pub(crate) private_ip_address: String,
    pub(crate) primary: bool,
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "PascalCase", deny_unknown_fields, default)]
pub(crate) struct Ipv6Sets {
    pub(crate) ipv6_set: Vec<Ipv6Set>,
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "PascalCase", deny_unknown_fields, default)]
pub(crate) struct Ipv6Set {
    pub(crate) ipv6_address: String,
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "PascalCase", deny_unknown_fields, default)]
pub(crate) struct SecurityGroupIds {
    pub(crate) security_group_id: Vec<String>,
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "PascalCase", deny_unknown_fields, default)]
pub(crate) struct Tags {
    pub(crate) tag: Vec<Tag>,
}

/// Tags are `TagKey` and `TagValue` in answers, `Key` and `Value` in requests.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(crate) struct Tag {
    pub(crate) tag_key: String,
    #[serde(default)]
    pub(crate) tag_value: String,
}

/// The field and its items share the name `LockReason`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "PascalCase", deny_unknown_fields, default)]
pub(crate) struct OperationLocks {
    pub(crate) lock_reason: Vec<Lock>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(crate) struct Lock {
    pub(crate) lock_reason: String,
    #[serde(default)]
    pub(crate) lock_msg: String,
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "PascalCase", deny_unknown_fields, default)]
pub(crate) struct DedicatedHost {
    pub(crate) dedicated_host_id: String,
    pub(crate) dedicated_host_name: String,
    pub(crate) dedicated_host_cluster_id: String,
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "PascalCase", deny_unknown_fields, default)]
pub(crate) struct DedicatedInstance {
    pub(crate) affinity: String,
    pub(crate) tenancy: String,
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "PascalCase", deny_unknown_fields, default)]
pub(crate) struct Hibernation {
    pub(crate) configured: bool,
}

fn running() -> Status {
    Status::Running
}
fn post_paid() -> ChargeType {
    ChargeType::PostPaid
}
fn by_traffic() -> InternetCharge {
    InternetCharge::PayByTraffic
}
fn vpc() -> NetworkType {
    NetworkType::Vpc
}
fn not_applicable() -> StoppedMode {
    StoppedMode::NotApplicable
}
fn yes() -> bool {
    true
}
fn linux() -> String {
    "linux".to_owned()
}
fn image() -> String {
    "aliyun_3_x64_20G_alibase_20250117.vhd".to_owned()
}
fn no_spot() -> String {
    "NoSpot".to_owned()
}
