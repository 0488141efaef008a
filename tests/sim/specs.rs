//! ModifyInstanceSpec: types and bandwidth of pay-as-you-go machines.

use crate::harness::{House, story};

const ONE: &str = "instances: [{InstanceId: i-1, InstanceType: ecs.g7.large}]";

async fn to_type(house: &House, target: &str) -> String {
    let params = [("InstanceId", "i-1"), ("InstanceType", target)];
    house
        .ecs("ModifyInstanceSpec", &params)
        .await
        .code()
        .to_owned()
}

#[test]
fn a_new_type_is_recorded_at_once_and_boots_with_the_next_start() {
    story(ONE, |house| async move {
        assert_eq!(
            to_type(&house, "ecs.g7.xlarge").await,
            "InvalidInstanceStatus.NotStopped"
        );
        house.bring_down("i-1").await;
        assert_eq!(to_type(&house, "ecs.g7.xlarge").await, "OK");
        let truth = house.truth("i-1");
        assert_eq!(truth["ConfiguredType"], "ecs.g7.xlarge");
        assert_eq!(truth["EffectiveType"], "ecs.g7.large");
        assert_eq!(house.shown("i-1").await["InstanceType"], "ecs.g7.large");
        house.wait(4).await;
        let shown = house.shown("i-1").await;
        assert_eq!(shown["InstanceType"], "ecs.g7.xlarge");
        assert_eq!(
            (shown["Cpu"].as_u64(), shown["Memory"].as_u64()),
            (Some(4), Some(16384))
        );
        house.ecs("StartInstance", &[("InstanceId", "i-1")]).await;
        assert_eq!(house.truth("i-1")["EffectiveType"], "ecs.g7.xlarge");
    });
}

#[test]
fn a_changed_machine_rests_for_five_minutes() {
    story(ONE, |house| async move {
        house.bring_down("i-1").await;
        assert_eq!(to_type(&house, "ecs.g7.xlarge").await, "OK");
        house.wait(290).await;
        assert_eq!(to_type(&house, "ecs.g7.large").await, "Throttling");
        house.wait(10).await;
        assert_eq!(to_type(&house, "ecs.g7.large").await, "OK");
    });
}

#[test]
fn the_same_token_changes_once() {
    story(ONE, |house| async move {
        house.bring_down("i-1").await;
        let params = [
            ("InstanceId", "i-1"),
            ("InstanceType", "ecs.g7.xlarge"),
            ("ClientToken", "t-1"),
        ];
        for _ in 0..2 {
            assert_eq!(house.ecs("ModifyInstanceSpec", &params).await.code(), "OK");
        }
        let other = [params[0], ("InstanceType", "ecs.c7.large"), params[2]];
        let answer = house.ecs("ModifyInstanceSpec", &other).await;
        assert_eq!(
            (answer.status, answer.code()),
            (400, "IdempotenceParamNotMatch")
        );
        // Half an hour later the token is forgotten, and the same request is a new one.
        house.wait(31 * 60).await;
        let again = house.ecs("ModifyInstanceSpec", &params).await;
        assert_eq!(again.code(), "InvalidInstanceType.ValueNotSupported");
        let long = "x".repeat(65);
        let long = [params[0], params[1], ("ClientToken", long.as_str())];
        let answer = house.ecs("ModifyInstanceSpec", &long).await;
        assert_eq!(answer.code(), "InvalidClientToken.ValueNotSupported");
    });
}

#[test]
fn type_and_bandwidth_never_go_together() {
    story(ONE, |house| async move {
        house.bring_down("i-1").await;
        let both = [
            ("InstanceId", "i-1"),
            ("InstanceType", "ecs.g7.xlarge"),
            ("InternetMaxBandwidthOut", "5"),
        ];
        let answer = house.ecs("ModifyInstanceSpec", &both).await;
        assert_eq!(answer.code(), "InvalidParameter.Mismatch");
        let neither = house.ecs("ModifyInstanceSpec", &both[..1]).await;
        assert_eq!(neither.code(), "MissingParameter");
        let dry = [both[0], both[1], ("DryRun", "true")];
        assert_eq!(
            house.ecs("ModifyInstanceSpec", &dry).await.code(),
            "DryRunOperation"
        );
        assert_eq!(house.truth("i-1")["ConfiguredType"], "ecs.g7.large");
    });
}

#[test]
fn what_cannot_be_bought_is_refused() {
    let scenario = "quota: {vcpus: 10}
catalogue:
- {type: ecs.gone.large, vcpus: 2, memory_gib: 8, price_hour: 1, stock: {cn-hangzhou-h: 0}}
- {type: ecs.far.large, vcpus: 2, memory_gib: 8, price_hour: 1, zones: [cn-hangzhou-i]}
- {type: ecs.thin.large, vcpus: 2, memory_gib: 8, price_hour: 1, bandwidth_max: 1}
instances:
- {InstanceId: i-1, InstanceType: ecs.g7.large, Status: Stopped, InternetMaxBandwidthOut: 5}
- {InstanceId: i-2, InstanceType: ecs.g7.xlarge}";
    story(scenario, |house| async move {
        for (target, code) in [
            ("ecs.none.large", "InvalidInstanceType.ValueUnauthorized"),
            ("ecs.g7.large", "InvalidInstanceType.ValueNotSupported"),
            ("ecs.far.large", "InvalidInstanceType.ValueNotSupported"),
            ("ecs.thin.large", "DependencyViolation.InstanceType"),
            ("ecs.gone.large", "OperationDenied.NoStock"),
            ("ecs.g7.2xlarge", "QuotaExceed.ElasticQuota"),
            ("ecs.g7.xlarge", "OK"),
        ] {
            assert_eq!(to_type(&house, target).await, code, "{target}");
        }
    });
}

#[test]
fn a_subscription_is_not_changed_this_way() {
    let scenario = "instances: [{InstanceId: i-1, InstanceType: ecs.g7.large, Status: Stopped,
        InstanceChargeType: PrePaid}]";
    story(scenario, |house| async move {
        assert_eq!(
            to_type(&house, "ecs.g7.xlarge").await,
            "ChargeTypeViolation"
        );
    });
}

#[test]
fn attachments_can_pin_the_type() {
    let scenario = "eip_blocks_type_change: [i-2]
instances:
- {InstanceId: i-1, InstanceType: ecs.g7.large, Status: Stopped, LocalStorageAmount: 1}
- {InstanceId: i-2, InstanceType: ecs.g7.large, Status: Stopped, EipAddress: {IpAddress: 203.0.113.5}}
- {InstanceId: i-3, InstanceType: ecs.g7.large, Status: Stopped, EipAddress: {IpAddress: 203.0.113.6}}
- {InstanceId: i-4, InstanceType: ecs.g7.large, Status: Stopped,
   DedicatedHostAttribute: {DedicatedHostId: dh-1}}";
    story(scenario, |house| async move {
        for (id, code) in [
            ("i-1", "CategoryViolation"),
            ("i-2", "InvalidInstance.EipNotSupport"),
            ("i-3", "OK"),
            ("i-4", "InvalidAction.NotSupport"),
        ] {
            let params = [("InstanceId", id), ("InstanceType", "ecs.g7.xlarge")];
            assert_eq!(
                house.ecs("ModifyInstanceSpec", &params).await.code(),
                code,
                "{id}"
            );
        }
    });
}

#[test]
fn bandwidth_changes_while_running() {
    story(ONE, |house| async move {
        let to = |out: &'static str| [("InstanceId", "i-1"), ("InternetMaxBandwidthOut", out)];
        let answer = house.ecs("ModifyInstanceSpec", &to("101")).await;
        assert_eq!(answer.code(), "InvalidParameter");
        assert_eq!(
            house.ecs("ModifyInstanceSpec", &to("40")).await.code(),
            "OK"
        );
        let truth = house.truth("i-1");
        assert_eq!(truth["InternetMaxBandwidthOut"], 40);
        assert_eq!(truth["InternetMaxBandwidthIn"], 40);
    });
}
