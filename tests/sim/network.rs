//! ModifyInstanceNetworkSpec and AllocatePublicIpAddress.

use crate::harness::{House, story};
use serde_json::{Value, json};

const ONE: &str = "instances: [{InstanceId: i-1, InstanceType: ecs.g7.large}]";
const PREPAID: &str = "instances:
- {InstanceId: i-1, InstanceType: ecs.g7.large, InstanceChargeType: PrePaid,
   InternetChargeType: PayByBandwidth, ExpiredTime: '2026-02-01T00:00Z'}";

async fn modify(house: &House, params: &[(&str, &str)]) -> String {
    let mut all = vec![("InstanceId", "i-1")];
    all.extend(params);
    let answer = house.ecs("ModifyInstanceNetworkSpec", &all).await;
    answer.code().to_owned()
}

#[test]
fn bandwidth_alone_brings_no_address_to_pay_as_you_go() {
    story(ONE, |house| async move {
        assert_eq!(
            modify(&house, &[("InternetMaxBandwidthOut", "5")]).await,
            "OK"
        );
        let truth = house.truth("i-1");
        assert_eq!(truth["InternetMaxBandwidthOut"], 5);
        assert_eq!(truth["PublicIpAddress"], json!(null));
        for _ in 0..2 {
            let answer = house
                .ecs("AllocatePublicIpAddress", &[("InstanceId", "i-1")])
                .await;
            assert_eq!(answer.body["IpAddress"], "198.18.0.1");
        }
        house.wait(300).await;
        assert_eq!(
            modify(&house, &[("InternetMaxBandwidthOut", "0")]).await,
            "OK"
        );
        assert_eq!(house.truth("i-1")["PublicIpAddress"], json!(null));
        let answer = house
            .ecs("AllocatePublicIpAddress", &[("InstanceId", "i-1")])
            .await;
        assert_eq!(answer.code(), "AllocateIpInvalidInstanceBandwidth");
    });
}

#[test]
fn an_address_can_come_in_the_same_call() {
    story(ONE, |house| async move {
        let none = modify(&house, &[("AllocatePublicIp", "true")]).await;
        assert_eq!(none, "InvalidParam.AllocatePublicIp");
        let params = [
            ("InternetMaxBandwidthOut", "5"),
            ("AllocatePublicIp", "true"),
        ];
        assert_eq!(modify(&house, &params).await, "OK");
        assert_eq!(house.truth("i-1")["PublicIpAddress"], "198.18.0.1");
        assert_eq!(
            modify(&house, &[("InternetMaxBandwidthOut", "6")]).await,
            "LastRequestProcessing"
        );
        house.wait(5).await;
        assert_eq!(
            modify(&house, &[("InternetMaxBandwidthOut", "6")]).await,
            "Throttling"
        );
    });
}

#[test]
fn ranges_follow_both_billing_methods() {
    story(ONE, |house| async move {
        let range = "InvalidInternetMaxBandwidthOut.ValueNotSupported";
        for (params, code) in [
            (&[("InternetMaxBandwidthOut", "101")][..], range),
            (&[("InternetMaxBandwidthOut", "-1")], range),
            (
                &[
                    ("InternetMaxBandwidthOut", "5"),
                    ("InternetMaxBandwidthIn", "11"),
                ],
                "InvalidInternetMaxBandwidthIn.ValueNotSupported",
            ),
            (
                &[("NetworkChargeType", "PayByLuck")],
                "InvalidInternetChargeType.ValueNotSupported",
            ),
            (&[("NetworkChargeType", "PayByBandwidth")], "OK"),
        ] {
            assert_eq!(modify(&house, params).await, code, "{params:?}");
        }
        assert_eq!(house.truth("i-1")["InternetChargeType"], "PayByBandwidth");
    });
}

#[test]
fn a_subscription_orders_bandwidth_and_gets_an_address_with_it() {
    story(PREPAID, |house| async move {
        let params = [("InstanceId", "i-1"), ("InternetMaxBandwidthOut", "150")];
        let answer = house.ecs("ModifyInstanceNetworkSpec", &params).await;
        assert!(answer.body["OrderId"].is_string());
        assert_eq!(house.truth("i-1")["InternetMaxBandwidthOut"], 0);
        assert_eq!(modify(&house, &params[1..]).await, "LastOrderProcessing");
        house.wait(8).await;
        let truth = house.truth("i-1");
        assert_eq!(truth["InternetMaxBandwidthOut"], 150);
        assert_eq!(truth["PublicIpAddress"], "198.18.0.1");
    });
}

#[test]
fn an_eip_takes_bandwidth_out_of_the_instances_hands() {
    let scenario = "instances: [{InstanceId: i-1, InstanceType: ecs.g7.large,
        EipAddress: {IpAddress: 203.0.113.5, AllocationId: eip-1}}]";
    story(scenario, |house| async move {
        let code = modify(&house, &[("InternetMaxBandwidthOut", "5")]).await;
        assert_eq!(code, "InvalidInstance.EipNotSupport");
    });
}

#[test]
fn a_classic_machine_stops_for_its_first_bandwidth() {
    let scenario = "instances: [{InstanceId: i-1, InstanceType: ecs.g7.large,
        InstanceNetworkType: classic}]";
    for call in ["ModifyInstanceNetworkSpec", "ModifyInstanceSpec"] {
        story(scenario, |house| async move {
            let first = [("InstanceId", "i-1"), ("InternetMaxBandwidthOut", "5")];
            let running = house.ecs(call, &first).await;
            assert_eq!(running.code(), "InvalidInstanceStatus.NotStopped", "{call}");
            assert_eq!(house.truth("i-1")["InternetMaxBandwidthOut"], 0);
            house.bring_down("i-1").await;
            assert_eq!(house.ecs(call, &first).await.code(), "OK", "{call}");
            assert_eq!(house.truth("i-1")["InternetMaxBandwidthOut"], 5);
        });
    }
}

/// A temporary upgrade to 50 Mbit/s.
fn span<'a>(from: &'a str, until: &'a str) -> [(&'a str, &'a str); 3] {
    [
        ("InternetMaxBandwidthOut", "50"),
        ("StartTime", from),
        ("EndTime", until),
    ]
}

#[test]
fn a_temporary_upgrade_is_told_which_of_its_times_is_wrong_and_why() {
    let (start, end) = (
        "InvalidStartTime.ValueNotSupported",
        "InvalidEndTime.ValueNotSupported",
    );
    story(PREPAID, |house| async move {
        for (from, until, code) in [
            // Out of the permitted range: over already, or not written to the minute.
            ("2025-12-31T23:00Z", "2026-01-01T05Z", start),
            ("2026-01-02", "2026-01-03T00Z", start),
            // The end may not come before the beginning, nor within three hours of it.
            ("2026-01-02T06:00Z", "2026-01-02T05Z", start),
            ("2026-01-02T06:00Z", "2026-01-02T06Z", end),
            ("2026-01-02T06:01Z", "2026-01-02T09Z", end),
            ("2026-01-02T06:00Z", "2026-01-02T09:30Z", end),
            // The subscription ends with January.
            (
                "2026-02-01T00:01Z",
                "2026-02-02T00Z",
                "InvalidStartTime.BeyondLifeCycle",
            ),
            (
                "2026-01-31T00:00Z",
                "2026-02-01T01Z",
                "InvalidEndTime.BeyondLifeCycle",
            ),
        ] {
            let told = modify(&house, &span(from, until)).await;
            assert_eq!(told, code, "{from} to {until}");
        }
        let truth = house.settled_truth();
        assert_eq!(truth["orders"], json!([]));
        assert_eq!(truth["instances"][0]["InternetMaxBandwidthOut"], 0);
    });
}

#[test]
fn a_temporary_upgrade_falls_back_by_itself() {
    story(PREPAID, |house| async move {
        for (from, until, code) in [
            (
                "2026-01-01T01:00Z",
                "2026-01-01T02Z",
                "InvalidEndTime.ValueNotSupported",
            ),
            (
                "2026-01-01T01:00Z",
                "2026-02-02T02Z",
                "InvalidEndTime.BeyondLifeCycle",
            ),
            ("2026-01-01T01:00Z", "2026-01-01T05Z", "OK"),
        ] {
            assert_eq!(modify(&house, &span(from, until)).await, code, "{until}");
        }
        house.wait(3600 + 10).await;
        assert_eq!(house.truth("i-1")["InternetMaxBandwidthOut"], 50);
        let permanent = modify(&house, &[("InternetMaxBandwidthOut", "60")]).await;
        assert_eq!(permanent, "InvalidAction.WithActiveElasticUpgrade");
        house.wait(4 * 3600).await;
        let truth = house.truth("i-1");
        assert_eq!(truth["InternetMaxBandwidthOut"], 0);
        assert_eq!(truth["PublicIpAddress"], json!(null));
    });
}

#[test]
fn no_bandwidth_left_means_no_address_left_in_a_vpc_and_on_the_classic_network_it_stays() {
    let scenario = "instances:
- {InstanceId: i-1, InstanceType: ecs.g7.large, InternetMaxBandwidthOut: 5,
   PublicIpAddress: {IpAddress: [198.51.100.7]}}
- {InstanceId: i-2, InstanceType: ecs.g7.large, InternetMaxBandwidthOut: 5,
   InstanceNetworkType: classic, PublicIpAddress: {IpAddress: [198.51.100.8]}}
";
    story(scenario, |house| async move {
        for (id, left) in [("i-1", Value::Null), ("i-2", "198.51.100.8".into())] {
            let params = [("InstanceId", id), ("InternetMaxBandwidthOut", "0")];
            let answer = house.ecs("ModifyInstanceNetworkSpec", &params).await;
            assert_eq!(answer.code(), "OK");
            assert_eq!(house.truth(id)["PublicIpAddress"], left);
        }
    });
}
