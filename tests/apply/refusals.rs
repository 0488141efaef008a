//! Whom a refusal speaks for: what one machine was told spares whoever would be told the same, and nobody else.

use std::time::Duration;

use respec::apply::MachineEnd;
use respec::event::EventKind;
use respec::saga::{Halt, SagaOutcome};
use respec::sim::Faults;
use serde_json::{Value, json};

use crate::house::{Told, story};

/// One after the other: `grow` alone, then all that go down, then orders made in service, then bandwidths, each by id.
const MANIFEST: &str = "
defaults: {payment: auto, rollout: {max_unavailable: 100%, max_failures: 100}}
instances:
  grow: {id: i-pay-a, spec: {instance_type: ecs.g7.xlarge}}
  grow-in-i: {id: i-pay-b, spec: {instance_type: ecs.g7.xlarge}}
  grow-more: {id: i-pay-c, spec: {instance_type: ecs.g7.2xlarge}}
  grow-more-in-i: {id: i-pay-d, spec: {instance_type: ecs.g7.2xlarge}}
  shrink: {id: i-pay-e, spec: {instance_type: ecs.g7.large}}
  downgrade: {id: i-sub-a, spec: {instance_type: ecs.g7.large}}
  downgrade-too: {id: i-sub-b, spec: {instance_type: ecs.g7.large}}
  upgrade: {id: i-sub-c, spec: {instance_type: ecs.g7.xlarge}}
  upgrade-unpaid: {id: i-sub-d, payment: await, spec: {instance_type: ecs.g7.xlarge}}
  upgrade-unpaid-too: {id: i-sub-e, payment: await, spec: {instance_type: ecs.g7.xlarge}}
  widen: {id: i-net-a, spec: {internet: {max_bandwidth_out: 20}}}
  widen-too: {id: i-net-b, spec: {internet: {max_bandwidth_out: 20}}}
  widen-paid: {id: i-net-c, spec: {internet: {max_bandwidth_out: 20}}}
  widen-paid-too: {id: i-net-d, spec: {internet: {max_bandwidth_out: 20}}}
  widen-unpaid: {id: i-net-e, payment: await, spec: {internet: {max_bandwidth_out: 20}}}
  narrow: {id: i-net-f, spec: {internet: {max_bandwidth_out: 5}}}
";

/// Struck machine, operation and code; then everybody who is left alone because of that.
const SPARED: &str = "
i-pay-a ModifyInstanceSpec QuotaExceed.ElasticQuota: grow-in-i grow-more
i-pay-a ModifyInstanceSpec OperationDenied.NoStock: upgrade upgrade-unpaid upgrade-unpaid-too
i-pay-a ModifyInstanceSpec InvalidAccountStatus.NotEnoughBalance: grow-in-i grow-more grow-more-in-i shrink
i-pay-a ModifyInstanceSpec Forbidden.RAM: grow-in-i grow-more grow-more-in-i shrink
i-pay-a StopInstances Forbidden.RAM: grow-in-i grow-more grow-more-in-i shrink downgrade downgrade-too upgrade upgrade-unpaid upgrade-unpaid-too
i-sub-a ModifyPrepayInstanceSpec InstanceDowngrade.QuotaExceed: narrow downgrade-too
i-sub-a ModifyPrepayInstanceSpec NoPermission.Refund: narrow downgrade-too
i-sub-a ModifyPrepayInstanceSpec QuotaExceed.RufundVcpu: downgrade-too
i-sub-a ModifyPrepayInstanceSpec QuotaExceed.DiskCapacity:
i-sub-a ModifyPrepayInstanceSpec InvalidUser.PassRoleForbidden:
i-sub-a ModifyPrepayInstanceSpec OperationDenied: downgrade-too upgrade upgrade-unpaid upgrade-unpaid-too
i-sub-a ModifyPrepayInstanceSpec BillingMethodNotFound: downgrade-too upgrade upgrade-unpaid upgrade-unpaid-too
i-sub-d ModifyPrepayInstanceSpec NoPermission.Price: widen-unpaid upgrade-unpaid-too
i-net-a ModifyInstanceNetworkSpec QuotaExceeded.InternetBandwidth:
i-net-c ModifyInstanceNetworkSpec InvalidPayMethod.SyncPaymentNotSupport: widen-paid-too
i-net-c ModifyInstanceNetworkSpec InvalidAccountStatus.NotEnoughBalance: widen-paid-too
";

/// The fleet as it is found, in a cloud that strikes one machine with this code whenever it is asked for.
fn cloud(instance: &str, operation: &str, code: &str) -> String {
    let pay = |id: &str, size: &str, zone: &str| {
        json!({"InstanceId": id, "InstanceType": format!("ecs.g7.{size}"),
               "ZoneId": format!("cn-hangzhou-{zone}")})
    };
    let with = |mut machine: Value, more: Value| {
        let more = more.as_object().unwrap().clone();
        machine.as_object_mut().unwrap().extend(more);
        machine
    };
    let sub = |id: &str, size: &str| {
        let term = json!({"InstanceChargeType": "PrePaid", "ExpiredTime": "2026-06-01T16:00Z"});
        with(pay(id, size, "h"), term)
    };
    let wide = |machine: Value, n: u32, out: u32| {
        let address = json!({"IpAddress": [format!("198.18.0.{n}")]});
        let network = json!({"InternetChargeType": "PayByBandwidth",
                             "InternetMaxBandwidthOut": out, "PublicIpAddress": address});
        with(machine, network)
    };
    let instances = [
        pay("i-pay-a", "large", "h"),
        pay("i-pay-b", "large", "i"),
        pay("i-pay-c", "large", "h"),
        pay("i-pay-d", "large", "i"),
        pay("i-pay-e", "xlarge", "h"),
        sub("i-sub-a", "xlarge"),
        sub("i-sub-b", "xlarge"),
        sub("i-sub-c", "large"),
        sub("i-sub-d", "large"),
        sub("i-sub-e", "large"),
        wide(pay("i-net-a", "large", "h"), 1, 5),
        wide(pay("i-net-b", "large", "h"), 2, 5),
        wide(sub("i-net-c", "large"), 3, 5),
        wide(sub("i-net-d", "large"), 4, 5),
        wide(sub("i-net-e", "large"), 5, 5),
        wide(sub("i-net-f", "large"), 6, 20),
    ];
    let fault = json!({"instance": instance, "operation": operation, "code": code});
    json!({"instances": instances, "faults": [fault]}).to_string()
}

/// An apply in which one machine is struck, and only one is under way at a time.
fn struck(instance: &str, operation: &str, code: &str) -> Told {
    let mut told = None;
    let cloud = cloud(instance, operation, code);
    story(MANIFEST, &cloud, Faults::None, async |mut house| {
        house.options.parallelism = 1;
        told = Some(house.apply().await);
    });
    told.unwrap()
}

/// Who was left alone, by id.
fn left_alone(told: &Told) -> String {
    let names = told.outcome.left_alone.values();
    let names: Vec<String> = names.map(|left| format!(" {}", left.name)).collect();
    names.concat()
}

/// Everybody who was begun, and is neither as wanted nor waits for somebody to pay.
fn not_done(told: &Told) -> Vec<String> {
    let machines = told.outcome.machines.iter();
    let fell_short = machines.filter(|(_, (_, end))| match end {
        MachineEnd::Closed { outcome, .. } => *outcome != SagaOutcome::Done,
        MachineEnd::Halted { halt, .. } => *halt != Halt::Paused,
        MachineEnd::Rests { .. } | MachineEnd::Open => true,
    });
    fell_short.map(|(id, _)| id.to_string()).collect()
}

#[test]
fn a_refusal_spares_whoever_would_be_told_the_same_and_nobody_else() {
    let mut lines = String::from("\n");
    for row in SPARED.lines().filter(|row| !row.is_empty()) {
        let (case, _) = row.split_once(':').unwrap();
        let [instance, operation, code] = case.split(' ').collect::<Vec<_>>()[..] else {
            panic!("not a row: {row}");
        };
        let told = struck(instance, operation, code);
        assert_eq!(told.outcome.exit_code, 3, "{row}");
        assert_eq!(not_done(&told), [instance], "{row}: {:?}", told.outcome);
        assert!(told.end_of(instance).contains("Undone"), "{row}");
        lines.push_str(&format!("{case}:{}\n", left_alone(&told)));
    }
    assert_eq!(lines, SPARED);
}

/// R41: what needs no stop is not begun either, since it would be refused as well.
#[test]
fn an_overdue_bill_speaks_for_everybody() {
    let told = struck("i-pay-a", "ModifyInstanceSpec", "Account.Arrearage");
    assert_eq!(told.outcome.exit_code, 3, "{:?}", told.outcome);
    let begun = told.outcome.machines.keys();
    let begun: Vec<String> = begun.map(ToString::to_string).collect();
    assert_eq!(begun, ["i-pay-a"]);
    assert_eq!(told.outcome.left_alone.len(), 15);
    for left in told.outcome.left_alone.values() {
        assert_eq!(
            left.reason,
            "another machine was refused what this one needs: ModifyInstanceSpec: The account owes money, and until \
             it is paid nothing may be changed (R41)."
        );
    }
}

/// All at once, whatever becomes of the others.
const ALL_AT_ONCE: &str =
    "defaults: {rollout: {max_unavailable: 100%, max_failures: 100, batches: [100%]}}";

/// The right to start machines is gone by the time that the first has to come up.
#[test]
fn a_start_that_is_not_allowed_spares_whoever_has_paid_and_runs() {
    let manifest = format!(
        "{ALL_AT_ONCE}
instances:
  grow: {{id: i-1, spec: {{instance_type: ecs.g7.xlarge}}}}
  upgrade: {{id: i-2, payment: await, spec: {{instance_type: ecs.g7.xlarge}}}}
"
    );
    let cloud = "
instances:
- {InstanceId: i-1, InstanceType: ecs.g7.large}
- {InstanceId: i-2, InstanceType: ecs.g7.large, InstanceChargeType: PrePaid, ExpiredTime: 2026-06-01T16:00Z}
faults: [{instance: i-1, operation: StartInstances, code: Forbidden.RAM}]
";
    story(&manifest, cloud, Faults::None, async |mut house| {
        house.wait_payment = Duration::from_secs(1800);
        let mut is_paid = false;
        let told = house
            .apply_hearing(|event, _| {
                if !is_paid && matches!(event.kind, EventKind::StepFailed { .. }) {
                    is_paid = true;
                    let order = json!({ "OrderId": house.orders()[0]["OrderId"] });
                    assert!(house.rig.by_hand("pay", &order));
                }
            })
            .await;
        assert_eq!(told.outcome.exit_code, 8, "{:?}", told.outcome);
        let end = told.end_of("i-2");
        let why = "another machine was refused what this one needs: StartInstances";
        assert!(end.contains("Held") && end.contains(why), "{end}");
        assert_eq!(house.truth("i-2")["Status"], "Running");
        assert_eq!(house.calls("StopInstances").len(), 1, "of i-1");
    });
}

/// Found out on the way back of the first, whose type is sold out: the second wants another one.
#[test]
fn a_start_that_is_not_allowed_on_the_way_back_spares_whoever_runs() {
    let manifest = format!(
        "{ALL_AT_ONCE}
instances:
  grow: {{id: i-1, spec: {{instance_type: ecs.g7.xlarge}}}}
  grow-more: {{id: i-2, spec: {{instance_type: ecs.g7.2xlarge}}}}
"
    );
    let cloud = "
instances:
- {InstanceId: i-1, InstanceType: ecs.g7.large}
- {InstanceId: i-2, InstanceType: ecs.g7.large}
faults:
- {instance: i-1, operation: ModifyInstanceSpec, code: OperationDenied.NoStock}
- {instance: i-1, operation: StartInstances, code: Forbidden.RAM}
";
    story(&manifest, cloud, Faults::None, async |mut house| {
        house.options.parallelism = 1;
        let told = house.apply().await;
        assert_eq!(told.outcome.exit_code, 8, "{:?}", told.outcome);
        let end = told.end_of("i-1");
        assert!(end.contains("Stuck"), "{end}");
        assert_eq!(left_alone(&told), " grow-more");
        assert_eq!(house.truth("i-2")["Status"], "Running");
        assert_eq!(house.calls("StopInstances").len(), 1, "of i-1");
    });
}
