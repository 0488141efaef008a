//! Starts, stops and reboots.

use crate::harness::story;
use serde_json::json;

const TWO: &str = "instances:
- {InstanceId: i-1, InstanceType: ecs.g7.large}
- {InstanceId: i-2, InstanceType: ecs.g7.large, Status: Stopped}";

#[test]
fn a_stop_passes_through_stopping_and_shows_late() {
    story(TWO, |house| async move {
        assert_eq!(
            house
                .ecs("StopInstance", &[("InstanceId", "i-1")])
                .await
                .code(),
            "OK"
        );
        assert_eq!(house.truth("i-1")["Status"], "Stopping");
        assert_eq!(house.shown("i-1").await["Status"], "Running");
        house.wait(2).await;
        assert_eq!(house.shown("i-1").await["Status"], "Stopping");
        house.wait(15).await;
        let shown = house.shown("i-1").await;
        assert_eq!(shown["Status"], "Stopped");
        assert_eq!(shown["StoppedMode"], "KeepCharging");
    });
}

#[test]
fn only_the_right_state_moves() {
    story(TWO, |house| async move {
        for (action, id) in [
            ("StartInstance", "i-1"),
            ("StopInstance", "i-2"),
            ("RebootInstance", "i-2"),
        ] {
            let answer = house.ecs(action, &[("InstanceId", id)]).await;
            assert_eq!(
                (answer.status, answer.code()),
                (403, "IncorrectInstanceStatus")
            );
        }
        let dry = house
            .ecs("StopInstance", &[("InstanceId", "i-1"), ("DryRun", "True")])
            .await;
        assert_eq!(dry.code(), "DryRunOperation");
        assert_eq!(house.truth("i-1")["Status"], "Running");
    });
}

#[test]
fn all_together_touches_none_when_one_cannot() {
    story(TWO, |house| async move {
        let both = [("InstanceId.1", "i-1"), ("InstanceId.2", "i-2")];
        assert_eq!(
            house.ecs("StopInstances", &both).await.code(),
            "IncorrectInstanceStatus"
        );
        assert_eq!(house.truth("i-1")["Status"], "Running");
    });
}

#[test]
fn success_first_tells_each_machine_apart() {
    story(TWO, |house| async move {
        let both = [
            ("InstanceId.1", "i-1"),
            ("InstanceId.2", "i-2"),
            ("InstanceId.3", "i-3"),
            ("BatchOptimization", "SuccessFirst"),
        ];
        let answer = house.ecs("StopInstances", &both).await;
        let entries = &answer.body["InstanceResponses"]["InstanceResponse"];
        let codes: Vec<_> = (0..3).map(|at| entries[at]["Code"].clone()).collect();
        assert_eq!(
            codes,
            [
                "200",
                "IncorrectInstanceStatus",
                "InvalidInstanceId.NotFound"
            ]
        );
        assert_eq!(entries[0]["PreviousStatus"], "Running");
        assert_eq!(entries[0]["CurrentStatus"], "Stopping");
        let mut dry = both.to_vec();
        dry.push(("DryRun", "true"));
        assert_eq!(
            house.ecs("StopInstances", &dry).await.code(),
            "DRYRUN.SUCCESS"
        );
    });
}

#[test]
fn stopping_without_charge_gives_the_address_back() {
    let scenario = "catalogue:
- {type: ecs.g7.large, vcpus: 2, memory_gib: 8, price_hour: 0.5, stock: {cn-hangzhou-h: 0}}
instances:
- {InstanceId: i-1, InstanceType: ecs.g7.large, InternetMaxBandwidthOut: 5,
   PublicIpAddress: {IpAddress: [203.0.113.9]}}
- {InstanceId: i-2, InstanceType: ecs.g7.large, InstanceChargeType: PrePaid}";
    story(scenario, |house| async move {
        for id in ["i-1", "i-2"] {
            let params = [("InstanceId", id), ("StoppedMode", "StopCharging")];
            assert_eq!(house.ecs("StopInstance", &params).await.code(), "OK");
        }
        house.wait(20).await;
        assert_eq!(house.truth("i-1")["PublicIpAddress"], json!(null));
        // A subscription does not qualify and goes on being charged.
        assert_eq!(house.truth("i-2")["StoppedMode"], "KeepCharging");
        // Its place was the only one, and somebody else may take it.
        assert_eq!(
            house
                .ecs("StartInstance", &[("InstanceId", "i-1")])
                .await
                .code(),
            "OK"
        );
        house.wait(20).await;
        assert_eq!(house.truth("i-1")["PublicIpAddress"], "198.18.0.1");
    });
}

#[test]
fn a_security_lock_forbids_a_start_but_not_a_stop() {
    story(TWO, |house| async move {
        for id in ["i-1", "i-2"] {
            house.by_hand("lock", &json!({ "InstanceId": id }));
        }
        let start = house.ecs("StartInstance", &[("InstanceId", "i-2")]).await;
        assert_eq!(
            (start.status, start.code()),
            (403, "InstanceLockedForSecurity")
        );
        assert_eq!(
            house
                .ecs("StopInstance", &[("InstanceId", "i-1")])
                .await
                .code(),
            "OK"
        );
    });
}
