//! A typed call, written as the parameters of its operation.
//!
//! `RegionId` goes with every call, also where the operation does not declare it: it does no harm and
//! central hosts need it. Booleans are in lower case. Lists take the form their operation wants.

pub(super) mod preflight;

use super::operation::{self, Operation};
use super::sign::Parameters;
use crate::cloud::{InstanceQuery, ModificationQuery, OperationType, PowerCall, PowerVerb};
use crate::model::{
    ClientToken, InstanceId, ModifyCall, NetworkChange, PrepayChange, RegionId, SpecChange,
    StoppedMode, TemporaryBandwidth,
};

/// Instances and types on one page; the most either operation gives.
const PAGE_SIZE: &str = "100";

/// The parameters of a call that has none of its own.
pub(super) fn bare(region: &RegionId) -> Parameters {
    Parameters::from([pair("RegionId", region.as_str())])
}

/// `DescribeInstances`.
pub(super) fn describe_instances(query: &InstanceQuery) -> Parameters {
    // Left to itself the operation answers ten, whatever number of ids is asked for.
    match query {
        InstanceQuery::Ids { region, ids } => with(
            bare(region),
            [
                pair("InstanceIds", json_list(ids)),
                pair("MaxResults", PAGE_SIZE),
            ],
        ),
        InstanceQuery::All { region, next_token } => with(
            paged(region),
            next_token.iter().map(|token| pair("NextToken", token)),
        ),
    }
}

/// `DescribeInstanceTypes`, one page.
pub(super) fn describe_instance_types(region: &RegionId, next_token: Option<&str>) -> Parameters {
    with(
        paged(region),
        next_token.map(|token| pair("NextToken", token)),
    )
}

/// `DescribeResourcesModification` for an instance's type.
pub(super) fn describe_modification(query: &ModificationQuery) -> Parameters {
    let operation_type = match query.operation {
        OperationType::Upgrade => "Upgrade",
        OperationType::Downgrade => "Downgrade",
    };
    with(
        bare(&query.region),
        [
            pair("ResourceId", query.instance.as_str()),
            pair("DestinationResource", "InstanceType"),
            pair("OperationType", operation_type),
            pair("MigrateAcrossZone", query.migrate_across_zone.to_string()),
        ],
    )
}

/// A modify call under its client token.
pub(super) fn modify(
    region: &RegionId,
    instance: &InstanceId,
    call: &ModifyCall,
    token: &ClientToken,
) -> Parameters {
    let about = with(one(region, instance), [pair("ClientToken", token.as_str())]);
    match call {
        ModifyCall::Spec(change) => with(about, spec(change)),
        ModifyCall::Prepay(change) => with(about, prepay(change)),
        ModifyCall::Network(change) => with(about, network(change)),
    }
}

fn spec(change: &SpecChange) -> impl Iterator<Item = (String, String)> {
    [
        Some(pair("InstanceType", change.instance_type.as_str())),
        change
            .allow_migrate_across_zone
            .map(|allow| pair("AllowMigrateAcrossZone", allow.to_string())),
        system_disk(change.system_disk_category.as_deref()),
    ]
    .into_iter()
    .flatten()
}

fn prepay(change: &PrepayChange) -> impl Iterator<Item = (String, String)> {
    [
        Some(pair("InstanceType", change.instance_type.as_str())),
        // Always stated: the default would pay (R42).
        Some(pair("AutoPay", change.auto_pay.to_string())),
        change
            .migrate_across_zone
            .map(|migrate| pair("MigrateAcrossZone", migrate.to_string())),
        system_disk(change.system_disk_category.as_deref()),
    ]
    .into_iter()
    .flatten()
}

fn network(change: &NetworkChange) -> impl Iterator<Item = (String, String)> {
    [
        change
            .charge_type
            .map(|billing| pair("NetworkChargeType", billing.as_str())),
        change
            .max_bandwidth_out
            .map(|mbps| pair("InternetMaxBandwidthOut", mbps.to_string())),
        change
            .max_bandwidth_in
            .map(|mbps| pair("InternetMaxBandwidthIn", mbps.to_string())),
        // Asking for no address is what leaving it out means (R25).
        change
            .allocate_public_ip
            .filter(|wanted| *wanted)
            .map(|wanted| pair("AllocatePublicIp", wanted.to_string())),
        change.auto_pay.map(|pay| pair("AutoPay", pay.to_string())),
    ]
    .into_iter()
    .flatten()
    .chain(change.temporary.iter().flat_map(span))
}

/// When a temporary upgrade begins, to the minute, and when it ends, to the hour: the two forms the
/// vendor wants (R30).
pub(super) fn span(upgrade: &TemporaryBandwidth) -> [(String, String); 2] {
    let start = upgrade.start.strftime("%Y-%m-%dT%H:%MZ");
    let end = upgrade.end.strftime("%Y-%m-%dT%HZ");
    [
        pair("StartTime", start.to_string()),
        pair("EndTime", end.to_string()),
    ]
}

fn system_disk(category: Option<&str>) -> Option<(String, String)> {
    category.map(|category| pair("SystemDisk.Category", category))
}

/// A batched power call: each machine on its own (SuccessFirst), or one bad id would stop them all.
pub(super) fn power(call: &PowerCall) -> (&'static Operation, Parameters) {
    let ids = call
        .instances
        .iter()
        .zip(1..)
        .map(|(id, n)| pair(&format!("InstanceId.{n}"), id.as_str()));
    let batch = [pair("BatchOptimization", "SuccessFirst")];
    let operation = match call.verb {
        PowerVerb::Start => &operation::START_INSTANCES,
        PowerVerb::Stop(_) | PowerVerb::ForceStop(_) => &operation::STOP_INSTANCES,
        PowerVerb::Reboot => &operation::REBOOT_INSTANCES,
    };
    let parameters = with(with(bare(&call.region), ids), batch);
    (operation, with(parameters, manner(call.verb)))
}

/// A power call for one machine.
pub(super) fn power_one(
    region: &RegionId,
    instance: &InstanceId,
    verb: PowerVerb,
) -> (&'static Operation, Parameters) {
    let operation = match verb {
        PowerVerb::Start => &operation::START_INSTANCE,
        PowerVerb::Stop(_) | PowerVerb::ForceStop(_) => &operation::STOP_INSTANCE,
        PowerVerb::Reboot => &operation::REBOOT_INSTANCE,
    };
    (operation, with(one(region, instance), manner(verb)))
}

/// How to stop. The mode is always stated: the account's default may give up the address (R70).
fn manner(verb: PowerVerb) -> impl Iterator<Item = (String, String)> {
    let (mode, force): (Option<StoppedMode>, bool) = match verb {
        PowerVerb::Start | PowerVerb::Reboot => (None, false),
        PowerVerb::Stop(mode) => (Some(mode), false),
        PowerVerb::ForceStop(mode) => (Some(mode), true),
    };
    [
        mode.map(|mode| pair("StoppedMode", mode.as_str())),
        force.then(|| pair("ForceStop", "true")),
    ]
    .into_iter()
    .flatten()
}

/// The parameters of a call about one machine.
pub(super) fn one(region: &RegionId, instance: &InstanceId) -> Parameters {
    with(bare(region), [pair("InstanceId", instance.as_str())])
}

fn paged(region: &RegionId) -> Parameters {
    with(bare(region), [pair("MaxResults", PAGE_SIZE)])
}

fn with(
    mut parameters: Parameters,
    more: impl IntoIterator<Item = (String, String)>,
) -> Parameters {
    parameters.extend(more);
    parameters
}

fn pair(name: &str, value: impl Into<String>) -> (String, String) {
    (name.to_owned(), value.into())
}

/// `["i-1","i-2"]`: the one operation that wants its ids as JSON.
fn json_list(ids: &[InstanceId]) -> String {
    let ids: Vec<&str> = ids.iter().map(InstanceId::as_str).collect();
    serde_json::Value::from(ids).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{NetworkBilling, TypeName};

    fn region() -> RegionId {
        RegionId::new("cn-hangzhou").unwrap()
    }

    fn id(n: u32) -> InstanceId {
        InstanceId::new(format!("i-{n}")).unwrap()
    }

    fn shown(parameters: &Parameters) -> String {
        let pairs: Vec<String> = parameters.iter().map(|(n, v)| format!("{n}={v}")).collect();
        pairs.join(" ")
    }

    #[test]
    fn ids_go_as_json_to_describe_and_numbered_to_the_power_calls() {
        let query = InstanceQuery::Ids {
            region: region(),
            ids: vec![id(1), id(2)],
        };
        assert_eq!(
            shown(&describe_instances(&query)),
            r#"InstanceIds=["i-1","i-2"] MaxResults=100 RegionId=cn-hangzhou"#
        );
        let (operation, parameters) = power(&PowerCall {
            region: region(),
            verb: PowerVerb::ForceStop(StoppedMode::KeepCharging),
            instances: vec![id(1), id(2)],
        });
        assert_eq!(operation.name, "StopInstances");
        assert_eq!(
            shown(&parameters),
            "BatchOptimization=SuccessFirst ForceStop=true InstanceId.1=i-1 InstanceId.2=i-2 \
             RegionId=cn-hangzhou StoppedMode=KeepCharging"
        );
    }

    #[test]
    fn an_order_making_call_always_says_whether_to_pay() {
        let call = ModifyCall::Prepay(PrepayChange {
            instance_type: TypeName::new("ecs.g7.large").unwrap(),
            auto_pay: false,
            migrate_across_zone: None,
            system_disk_category: None,
        });
        let token = ClientToken::new("t").unwrap();
        assert_eq!(
            shown(&modify(&region(), &id(1), &call, &token)),
            "AutoPay=false ClientToken=t InstanceId=i-1 InstanceType=ecs.g7.large RegionId=cn-hangzhou"
        );
    }

    #[test]
    fn an_address_is_asked_for_or_not_mentioned() {
        let change = |allocate| {
            ModifyCall::Network(NetworkChange {
                charge_type: Some(NetworkBilling::PayByTraffic),
                max_bandwidth_out: Some(50),
                allocate_public_ip: allocate,
                ..NetworkChange::default()
            })
        };
        let token = ClientToken::new("t").unwrap();
        let of = |allocate| shown(&modify(&region(), &id(1), &change(allocate), &token));
        assert!(of(Some(true)).contains("AllocatePublicIp=true"));
        assert!(!of(Some(false)).contains("AllocatePublicIp"));
        assert!(!of(None).contains("AutoPay"));
    }

    #[test]
    fn an_upgrade_for_a_while_says_when_to_the_minute_and_to_the_hour() {
        let change = ModifyCall::Network(NetworkChange {
            max_bandwidth_out: Some(100),
            auto_pay: Some(true),
            temporary: Some(TemporaryBandwidth {
                max_bandwidth_out: 100,
                start: "2026-12-01T22:40:00Z".parse().unwrap(),
                end: "2026-12-02T22:00:00Z".parse().unwrap(),
            }),
            ..NetworkChange::default()
        });
        let token = ClientToken::new("t").unwrap();
        assert_eq!(
            shown(&modify(&region(), &id(1), &change, &token)),
            "AutoPay=true ClientToken=t EndTime=2026-12-02T22Z InstanceId=i-1 \
             InternetMaxBandwidthOut=100 RegionId=cn-hangzhou StartTime=2026-12-01T22:40Z"
        );
    }

    #[test]
    fn a_single_reboot_and_a_single_stop_state_what_they_must() {
        let (operation, parameters) = power_one(
            &region(),
            &id(1),
            PowerVerb::Stop(StoppedMode::StopCharging),
        );
        assert_eq!(operation.name, "StopInstance");
        assert_eq!(
            shown(&parameters),
            "InstanceId=i-1 RegionId=cn-hangzhou StoppedMode=StopCharging"
        );
        let (operation, parameters) = power_one(&region(), &id(1), PowerVerb::Reboot);
        assert_eq!(operation.name, "RebootInstance");
        assert_eq!(shown(&parameters), "InstanceId=i-1 RegionId=cn-hangzhou");
    }
}
