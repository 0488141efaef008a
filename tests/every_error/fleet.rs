//! A small fleet that gives every changing call a reason: both ways to pay, types and bandwidths.

use respec::guide::errors::ErrorFacts;
use serde_json::{Value, json};

const MANIFEST: &str = "
version: 1
fleet: errors
region: cn-hangzhou
defaults: {payment: auto, rollout: {max_unavailable: 100%, max_failures: 100}}
instances:
  pay-up: {id: i-pay-up, spec: {instance_type: ecs.g7.xlarge}}
  pay-down: {id: i-pay-down, spec: {instance_type: ecs.g7.large}}
  pay-rest: {id: i-pay-rest, spec: {instance_type: ecs.g7.xlarge}}
  pay-net: {id: i-pay-net, spec: {internet: {max_bandwidth_out: 20}}}
  pay-address: {id: i-pay-address, spec: {internet: {public_ip: true}}}
  pay-both: {id: i-pay-both, spec: {instance_type: ecs.g7.xlarge, internet: {max_bandwidth_out: 20}}}
  sub-up: {id: i-sub-up, spec: {instance_type: ecs.g7.xlarge}}
  sub-down: {id: i-sub-down, spec: {instance_type: ecs.g7.large}}
  sub-net: {id: i-sub-net, spec: {internet: {max_bandwidth_out: 20}}}
";

const INSTANCES: &str = "
- {InstanceId: i-pay-up, InstanceType: ecs.g7.large}
- {InstanceId: i-pay-down, InstanceType: ecs.g7.xlarge}
- {InstanceId: i-pay-rest, InstanceType: ecs.g7.large, Status: Stopped}
- {InstanceId: i-pay-net, InstanceType: ecs.g7.large, InternetChargeType: PayByTraffic, InternetMaxBandwidthOut: 5, PublicIpAddress: {IpAddress: [198.18.0.1]}}
- {InstanceId: i-pay-address, InstanceType: ecs.g7.large, InternetChargeType: PayByTraffic, InternetMaxBandwidthOut: 5}
- {InstanceId: i-pay-both, InstanceType: ecs.g7.large, InternetChargeType: PayByTraffic, InternetMaxBandwidthOut: 5, PublicIpAddress: {IpAddress: [198.18.0.2]}}
- {InstanceId: i-sub-up, InstanceType: ecs.g7.large, InstanceChargeType: PrePaid}
- {InstanceId: i-sub-down, InstanceType: ecs.g7.xlarge, InstanceChargeType: PrePaid}
- {InstanceId: i-sub-net, InstanceType: ecs.g7.large, InstanceChargeType: PrePaid, InternetChargeType: PayByBandwidth, InternetMaxBandwidthOut: 5, PublicIpAddress: {IpAddress: [198.18.0.3]}}
";

/// The machine that has two changes, so that one of them may stay when the other fails.
pub(crate) const WITH_TWO_CHANGES: &str = "i-pay-both";

/// Operations that a code of any call is tried on: one of each sort.
pub(crate) const CALLED: [&str; 5] = [
    "DescribeInstances",
    "StopInstances",
    "StartInstances",
    "ModifyPrepayInstanceSpec",
    "AllocatePublicIpAddress",
];

/// Machines that are in every fleet, struck or not: one of each way to pay, a type and a bandwidth.
const BYSTANDERS: [&str; 2] = ["i-pay-both", "i-sub-net"];

/// The first look that is spoiled: the ones before it are planning's, and those of machines on their way.
const FIRST_LOOK: u64 = 4;

/// More looks than an apply takes while it is told nothing.
const LOOKS_MAX: u64 = 2000;

/// The machines that an error of this operation strikes; none where it strikes whoever is asked about.
pub(crate) fn victims(operation: &str) -> &'static [&'static str] {
    match operation {
        "StopInstances" | "StartInstances" => &["i-pay-up", "i-sub-down"],
        "ModifyInstanceSpec" => &["i-pay-up", "i-pay-down", "i-pay-rest"],
        "ModifyPrepayInstanceSpec" => &["i-sub-up", "i-sub-down"],
        "ModifyInstanceNetworkSpec" => &["i-pay-net", "i-sub-net"],
        "AllocatePublicIpAddress" => &["i-pay-address"],
        _ => &[],
    }
}

/// Whether a machine is in the fleet that this operation is tried on.
fn is_member(operation: &str, id: &str) -> bool {
    let struck = match victims(operation) {
        [] => &["i-pay-up", "i-sub-down"],
        some => some,
    };
    struck.contains(&id) || BYSTANDERS.contains(&id)
}

/// What is wanted of the fleet that this operation is tried on.
pub(crate) fn manifest(operation: &str) -> String {
    let id_of = |line: &str| Some(line.split_once("{id: ")?.1.split_once(',')?.0.to_owned());
    let lines = MANIFEST
        .lines()
        .filter(|line| id_of(line).is_none_or(|id| is_member(operation, &id)));
    lines.collect::<Vec<_>>().join("\n")
}

/// How often an error is answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Often {
    /// Once to each victim.
    Once,
    /// For as long as the first apply goes on.
    Lasting,
}

/// The cloud that answers so.
pub(crate) fn cloud(facts: &ErrorFacts, operation: &str, often: Often) -> String {
    let mut instances: Vec<Value> = serde_yaml::from_str(INSTANCES).unwrap();
    instances.retain(|one| is_member(operation, one["InstanceId"].as_str().unwrap()));
    let fault = json!({
        "operation": operation,
        "code": spelled(facts.code),
        "status": facts.http,
        "message": facts.meaning,
    });
    let with = |more: Value| {
        let mut fault = fault.as_object().unwrap().clone();
        fault.extend(more.as_object().unwrap().clone());
        fault
    };
    let faults: Vec<_> = match (victims(operation), often) {
        ([], Often::Once) => vec![with(json!({"call": FIRST_LOOK}))],
        ([], Often::Lasting) => vec![with(
            json!({"calls": (FIRST_LOOK..LOOKS_MAX).collect::<Vec<_>>()}),
        )],
        (ids, Often::Once) => ids
            .iter()
            .map(|id| with(json!({"instance": id, "times": 1})))
            .collect(),
        (ids, Often::Lasting) => ids.iter().map(|id| with(json!({"instance": id}))).collect(),
    };
    json!({"instances": instances, "faults": faults}).to_string()
}

/// A code of the family, where the guide has only its beginning.
fn spelled(code: &str) -> String {
    match code {
        "Throttling.*" => "Throttling.User".to_owned(),
        "Missing*" => "MissingInstanceId".to_owned(),
        other => other.replace('*', "Particular"),
    }
}
