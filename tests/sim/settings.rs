//! What a scenario can choose, and what it can say about a machine that DescribeInstances does not show.

use crate::harness::{Answer, House, signed, story};
use respec::sim::Scenario;
use serde_json::Value;

const PREPAY: &str = "ModifyPrepayInstanceSpec";

async fn to_type(house: &House, action: &str, id: &str, target: &str) -> String {
    let params = [("InstanceId", id), ("InstanceType", target)];
    house.ecs(action, &params).await.code().to_owned()
}

#[test]
fn async_is_taken_and_changes_nothing_about_the_answer() {
    let scenario = "instances: [{InstanceId: i-1, InstanceType: ecs.g7.large, Status: Stopped}]";
    story(scenario, |house| async move {
        let params = [
            ("InstanceId", "i-1"),
            ("InstanceType", "ecs.g7.xlarge"),
            ("Async", "True"),
        ];
        assert_eq!(house.ecs("ModifyInstanceSpec", &params).await.code(), "OK");
        house.wait(4).await;
        assert_eq!(house.shown("i-1").await["InstanceType"], "ecs.g7.xlarge");
    });
}

#[test]
fn a_guest_that_is_not_prepared_does_not_come_up_on_another_kind_of_machine() {
    let scenario = "cool_down: 0s
particulars: {i-1: {guest: unprepared}, i-2: {guest: unprepared}}
instances:
- {InstanceId: i-1, InstanceType: ecs.g7.large, Status: Stopped}
- {InstanceId: i-2, InstanceType: ecs.g7.large, Status: Stopped, OSType: windows}
- {InstanceId: i-3, InstanceType: ecs.g7.large, Status: Stopped}
";
    story(scenario, |house| async move {
        let guest = |id: &str| house.truth(id)["Guest"].clone();
        let lost = Value::from("does not come up");
        for (id, target, ending) in [
            ("i-1", "ecs.g7.xlarge", Value::Null),
            ("i-1", "ecs.g8i.large", lost.clone()),
            ("i-1", "ecs.g8i.xlarge", lost.clone()),
            ("i-1", "ecs.g6.large", Value::Null),
            ("i-2", "ecs.g6.large", lost),
            ("i-3", "ecs.g8i.large", Value::Null),
        ] {
            assert_eq!(
                to_type(&house, "ModifyInstanceSpec", id, target).await,
                "OK"
            );
            house.wait(10).await;
            house.ecs("StartInstance", &[("InstanceId", id)]).await;
            house.wait(30).await;
            assert_eq!(house.truth(id)["Status"], "Running");
            assert_eq!(guest(id), ending, "{id} as {target}");
            house.bring_down(id).await;
        }
    });
}

#[test]
fn a_downgrade_freezes_the_machine_where_the_scenario_says_so() {
    let scenario = "cool_down: 0s
choices: {freeze_after_downgrade: true}
instances: [{InstanceId: i-1, InstanceType: ecs.g7.xlarge, InstanceChargeType: PrePaid, Status: Stopped}]";
    story(scenario, |house| async move {
        assert_eq!(to_type(&house, PREPAY, "i-1", "ecs.g7.large").await, "OK");
        house.wait(60).await;
        let up = [("InstanceId", "i-1"), ("InstanceType", "ecs.g7.xlarge")];
        let wider = [("InstanceId", "i-1"), ("InternetMaxBandwidthOut", "5")];
        for (action, params) in [(PREPAY, &up), ("ModifyInstanceNetworkSpec", &wider)] {
            let answer = house.ecs(action, params).await;
            assert_eq!((answer.status, answer.code()), (400, "OperationDenied"));
        }
    });
}

#[test]
fn downgrades_are_counted_over_the_account_and_anew_each_month() {
    let scenario = "choices: {downgrades_per_month: 1}
instances:
- {InstanceId: i-1, InstanceType: ecs.g7.xlarge, InstanceChargeType: PrePaid, Status: Stopped}
- {InstanceId: i-2, InstanceType: ecs.g7.xlarge, InstanceChargeType: PrePaid, Status: Stopped}
";
    story(scenario, |house| async move {
        assert_eq!(to_type(&house, PREPAY, "i-1", "ecs.g7.large").await, "OK");
        let code = "InstanceDowngrade.QuotaExceed";
        assert_eq!(to_type(&house, PREPAY, "i-2", "ecs.g7.large").await, code);
        house.wait(31 * 24 * 3600).await;
        assert_eq!(to_type(&house, PREPAY, "i-2", "ecs.g7.large").await, "OK");
    });
}

#[test]
fn an_order_the_balance_does_not_cover_may_be_cancelled_by_itself() {
    let scenario = "balance: {available: 0}
low_balance: cancelled_order
instances: [{InstanceId: i-1, InstanceType: ecs.g7.large, InstanceChargeType: PrePaid}]";
    story(scenario, |house| async move {
        let params = [("InstanceId", "i-1"), ("InstanceType", "ecs.g7.xlarge")];
        for _ in 0..2 {
            let answer = house.ecs(PREPAY, &params).await;
            assert_eq!(answer.code(), "OK", "nothing is in the way of the second");
            let order = answer.body["OrderId"].as_str().unwrap().to_owned();
            let detail = house.bss("GetOrderDetail", &[("OrderId", &order)]).await;
            let shown = &detail.body["Data"]["OrderList"]["Order"][0];
            assert_eq!(shown["PaymentStatus"], "Cancelled");
        }
        house.wait(60).await;
        assert_eq!(house.truth("i-1")["ConfiguredType"], "ecs.g7.large");
    });
}

#[test]
fn an_account_that_is_not_charged_at_once_leaves_the_type_to_be_paid() {
    let scenario = "choices: {charged_at_once: false}
instances: [{InstanceId: i-1, InstanceType: ecs.g7.large, InstanceChargeType: PrePaid}]";
    story(scenario, |house| async move {
        assert_eq!(to_type(&house, PREPAY, "i-1", "ecs.g7.xlarge").await, "OK");
        let world = house.settled_truth();
        assert_eq!(world["orders"][0]["Payment"], "Unpaid");
    });
}

#[test]
fn upgrades_without_a_reboot_are_counted_until_one() {
    let scenario = "cool_down: 0s
choices: {online_changes: 1}
instances: [{InstanceId: i-1, InstanceType: ecs.g7.large, InstanceChargeType: PrePaid}]";
    story(scenario, |house| async move {
        assert_eq!(to_type(&house, PREPAY, "i-1", "ecs.g7.xlarge").await, "OK");
        house.wait(30).await;
        let code = "InvalidOperation.MaxModifyOnlineNumberExceeded";
        assert_eq!(to_type(&house, PREPAY, "i-1", "ecs.g7.2xlarge").await, code);
        house.ecs("RebootInstance", &[("InstanceId", "i-1")]).await;
        house.wait(60).await;
        assert_eq!(to_type(&house, PREPAY, "i-1", "ecs.g7.2xlarge").await, "OK");
    });
}

#[test]
fn a_stop_without_a_mode_does_as_the_account_is_set_up() {
    let scenario = "choices: {stop_charging_by_default: true}
instances:
- {InstanceId: i-1, InstanceType: ecs.g7.large, InternetMaxBandwidthOut: 5,
   PublicIpAddress: {IpAddress: [198.51.100.7]}}
- {InstanceId: i-2, InstanceType: ecs.g7.large, InstanceChargeType: PrePaid}
";
    story(scenario, |house| async move {
        for (id, mode) in [("i-1", "StopCharging"), ("i-2", "KeepCharging")] {
            house.bring_down(id).await;
            assert_eq!(house.truth(id)["StoppedMode"], mode, "{id}");
        }
        assert_eq!(house.truth("i-1")["PublicIpAddress"], Value::Null);
    });
}

#[test]
fn leaving_the_retired_series_changes_addresses_disks_and_input_output() {
    let scenario = "catalogue:
- {type: ecs.t1.small, vcpus: 1, memory_gib: 1, price_hour: 0.1, Generation: ecs-1}
particulars:
  i-1: {disks: [{DiskId: d-1, Type: system, Category: cloud, Device: /dev/xvda}]}
instances:
- {InstanceId: i-1, InstanceType: ecs.t1.small, Status: Stopped, IoOptimized: false,
   InstanceNetworkType: classic, InnerIpAddress: {IpAddress: [10.1.1.1]}}
- {InstanceId: i-2, InstanceType: ecs.g7.large, Status: Stopped}
";
    story(scenario, |house| async move {
        let params = [
            ("InstanceId", "i-1"),
            ("InstanceType", "ecs.g7.large"),
            ("AllowMigrateAcrossZone", "true"),
            ("SystemDisk.Category", "cloud_ssd"),
        ];
        assert_eq!(house.ecs("ModifyInstanceSpec", &params).await.code(), "OK");
        house.wait(10).await;
        let shown = house.shown("i-1").await;
        assert_eq!(shown["IoOptimized"], true);
        assert_ne!(shown["InnerIpAddress"]["IpAddress"][0], "10.1.1.1");
        let saved: Value = serde_json::from_slice(&house.world.lock().unwrap().save()).unwrap();
        let disk = &saved["instances"]["i-1"]["particulars"]["disks"][0];
        assert_eq!(
            (&disk["Device"], &disk["Category"]),
            (&"/dev/vda".into(), &"cloud_ssd".into())
        );
        let disks = house.ecs("DescribeDisks", &[("InstanceId", "i-1")]).await;
        assert_eq!(disks.body["Disks"]["Disk"][0]["Device"], "/dev/vda");
        // In a VPC the private address stays.
        let before = house.shown("i-2").await["VpcAttributes"].clone();
        let params = [
            ("InstanceId", "i-2"),
            ("InstanceType", "ecs.g7.xlarge"),
            params[2],
        ];
        assert_eq!(house.ecs("ModifyInstanceSpec", &params).await.code(), "OK");
        house.wait(10).await;
        assert_eq!(house.shown("i-2").await["VpcAttributes"], before);
    });
}

#[test]
fn a_system_disk_changes_with_a_retired_type_or_with_input_and_output_and_with_nothing_else() {
    let scenario = "catalogue:
- {type: ecs.s2.large, vcpus: 2, memory_gib: 4, price_hour: 0.1, Generation: ecs-1}
particulars:
  i-1: {disks: [{DiskId: d-1, Type: system, Category: cloud_efficiency, Device: /dev/vda}]}
  i-2: {disks: [{DiskId: d-2, Type: system, Category: cloud, Device: /dev/xvda}]}
  i-3: {disks: [{DiskId: d-3, Type: system, Category: cloud_efficiency, Device: /dev/vda}]}
instances:
- {InstanceId: i-1, InstanceType: ecs.s2.large, Status: Stopped}
- {InstanceId: i-2, InstanceType: ecs.g7.large, Status: Stopped, IoOptimized: false}
- {InstanceId: i-3, InstanceType: ecs.g7.large, Status: Stopped}
";
    story(scenario, |house| async move {
        for (id, answer) in [
            ("i-1", "OK"),
            ("i-2", "OK"),
            ("i-3", "InvalidParam.SystemDiskCategory"),
        ] {
            let params = [
                ("InstanceId", id),
                ("InstanceType", "ecs.g7.xlarge"),
                ("SystemDisk.Category", "cloud_ssd"),
            ];
            let told = house.ecs("ModifyInstanceSpec", &params).await;
            assert_eq!(told.code(), answer, "{id}");
        }
        house.wait(10).await;
        assert_eq!(house.shown("i-2").await["IoOptimized"], true);
        let saved: Value = serde_json::from_slice(&house.world.lock().unwrap().save()).unwrap();
        for (id, category) in [
            ("i-1", "cloud_ssd"),
            ("i-2", "cloud_ssd"),
            ("i-3", "cloud_efficiency"),
        ] {
            let disk = &saved["instances"][id]["particulars"]["disks"][0];
            let (device, category) = (Value::from("/dev/vda"), Value::from(category));
            assert_eq!((&disk["Device"], &disk["Category"]), (&device, &category));
        }
    });
}

#[test]
fn temporary_bandwidth_of_the_type_call_is_read_before_it_is_refused() {
    let scenario = "instances: [{InstanceId: i-1, InstanceType: ecs.g7.large}]";
    story(scenario, |house| async move {
        let full = [
            ("InstanceId", "i-1"),
            ("Temporary.InternetMaxBandwidthOut", "5"),
            ("Temporary.StartTime", "2026-01-02T00:00:00Z"),
            ("Temporary.EndTime", "2026-01-03T00:00:00Z"),
        ];
        let bad = [full[0], full[1], ("Temporary.StartTime", "soon"), full[3]];
        for (params, status, code) in [
            (&full[..2], 404, "MissingTemporary.StartTime"),
            (&full[..3], 404, "MissingTemporary.EndTime"),
            (&bad[..], 400, "InvalidTemporary.StartTime"),
            (&full[..], 400, "InvalidParameter"),
        ] {
            let answer = house.ecs("ModifyInstanceSpec", params).await;
            assert_eq!((answer.status, answer.code()), (status, code));
        }
    });
}

#[test]
fn what_a_scenario_says_about_nobody_is_refused_with_its_place() {
    let machine = "instances: [{InstanceId: i-1, InstanceType: ecs.g7.large}]";
    for (text, why) in [
        (
            "particulars: {i-9: {cloud_box: true}}",
            "particulars.i-9: no instance i-9",
        ),
        (
            "choices: {advanced_vpcs: [vpc-9]}",
            "choices.advanced_vpcs: no instance is in vpc-9",
        ),
        (
            "scaling_groups: [{id: a}, {id: a}]",
            "scaling_groups: a is used twice",
        ),
    ] {
        let error = Scenario::read(&format!("{text}\n{machine}"))
            .unwrap_err()
            .to_string();
        assert!(error.contains(why), "{error}");
    }
    let late = "instances: [{InstanceId: i-1, InstanceType: ecs.g7.large, AutoReleaseTime: soon}]";
    let error = Scenario::read(late).unwrap_err().to_string();
    assert!(
        error.contains("instances[0] (i-1): AutoReleaseTime: soon"),
        "{error}"
    );
}

#[test]
fn an_unpaid_order_may_block_the_network_of_the_whole_account() {
    let scenario = "choices: {unpaid_order_blocks_account: true}
instances:
- {InstanceId: i-1, InstanceType: ecs.g7.large, InstanceChargeType: PrePaid}
- {InstanceId: i-2, InstanceType: ecs.g7.large}
";
    story(scenario, |house| async move {
        let order = [
            ("InstanceId", "i-1"),
            ("InstanceType", "ecs.g7.xlarge"),
            ("AutoPay", "false"),
        ];
        let wider = [("InstanceId", "i-2"), ("InternetMaxBandwidthOut", "5")];
        assert_eq!(house.ecs(PREPAY, &order).await.code(), "OK");
        let answer = house.ecs("ModifyInstanceNetworkSpec", &wider).await;
        assert_eq!(
            (answer.status, answer.code()),
            (400, "InvalidInstance.UnPaidOrder")
        );
        let order = house.settled_truth()["orders"][0]["OrderId"].clone();
        house.by_hand("cancel", &serde_json::json!({ "OrderId": order }));
        let answer = house.ecs("ModifyInstanceNetworkSpec", &wider).await;
        assert_eq!(answer.code(), "OK");
    });
}

/// Calls an operation in a region of its own choice.
async fn in_region(house: &House, region: &str, action: &str, params: &[(&str, &str)]) -> Answer {
    let mut all = house.common(action);
    all.retain(|(name, _)| name != "RegionId");
    let there = [("RegionId", region)];
    let named = there.iter().chain(params);
    let named = named.map(|(n, v)| ((*n).to_owned(), (*v).to_owned()));
    all.extend(named);
    house.send(signed(all, "simulated-secret")).await.unwrap()
}

/// The vCPU quota that the account is told, and how much of it is used.
async fn vcpus_told(house: &House, region: &str, zone: &str) -> [Value; 2] {
    let params = [
        ("AttributeName.1", "max-postpaid-instance-vcpu-count"),
        ("AttributeName.2", "used-postpaid-instance-vcpu-count"),
        ("ZoneId", zone),
    ];
    let answer = in_region(house, region, "DescribeAccountAttributes", &params).await;
    let items = &answer.body["AccountAttributeItems"]["AccountAttributeItem"];
    [0, 1].map(|at| items[at]["AttributeValues"]["ValueItem"][0]["Value"].clone())
}

#[test]
fn quotas_and_addresses_are_counted_in_each_region_by_itself() {
    let scenario = "cool_down: 0s
quota: {vcpus: 8, zone_vcpus: {cn-beijing-b: 3}}
choices: {public_addresses: 1}
instances:
- {InstanceId: i-1, InstanceType: ecs.g7.large, Status: Stopped}
- {InstanceId: i-2, InstanceType: ecs.g7.xlarge, InternetMaxBandwidthOut: 5,
   PublicIpAddress: {IpAddress: [198.51.100.7]}}
- {InstanceId: i-3, InstanceType: ecs.g7.large, Status: Stopped, RegionId: cn-beijing, ZoneId: cn-beijing-a}
- {InstanceId: i-4, InstanceType: ecs.g7.large, Status: Stopped, RegionId: cn-beijing, ZoneId: cn-beijing-b}
";
    let none_left = "InvalidOperation.PublicIpAddressNoStock";
    let quota = "QuotaExceed.ElasticQuota";
    story(scenario, |house| async move {
        for (region, id, code) in [
            ("cn-hangzhou", "i-1", none_left),
            ("cn-beijing", "i-3", "OK"),
            ("cn-beijing", "i-4", none_left),
        ] {
            let params = [
                ("InstanceId", id),
                ("InternetMaxBandwidthOut", "5"),
                ("AllocatePublicIp", "true"),
            ];
            let answer = in_region(&house, region, "ModifyInstanceNetworkSpec", &params).await;
            assert_eq!(answer.code(), code, "{id}");
        }
        for (region, id, target, code) in [
            ("cn-hangzhou", "i-1", "ecs.g7.2xlarge", quota),
            ("cn-hangzhou", "i-1", "ecs.g7.xlarge", "OK"),
            // There would be room in the region, and there is none in the zone.
            ("cn-beijing", "i-4", "ecs.g7.xlarge", quota),
            ("cn-beijing", "i-3", "ecs.g7.xlarge", "OK"),
            ("cn-beijing", "i-3", "ecs.g7.2xlarge", quota),
        ] {
            let params = [("InstanceId", id), ("InstanceType", target)];
            let answer = in_region(&house, region, "ModifyInstanceSpec", &params).await;
            assert_eq!(answer.code(), code, "{id} to {target}");
        }
        for (id, name) in [
            ("i-1", "ecs.g7.xlarge"),
            ("i-3", "ecs.g7.xlarge"),
            ("i-4", "ecs.g7.large"),
        ] {
            assert_eq!(house.truth(id)["ConfiguredType"], name, "{id}");
        }
        for (region, zone, told) in [
            ("cn-hangzhou", "", ["8", "8"]),
            ("cn-beijing", "", ["8", "6"]),
            ("cn-beijing", "cn-beijing-a", ["8", "6"]),
            ("cn-beijing", "cn-beijing-b", ["3", "2"]),
        ] {
            let seen = vcpus_told(&house, region, zone).await;
            assert_eq!(seen, told.map(Value::from), "{region} {zone}");
        }
    });
}
