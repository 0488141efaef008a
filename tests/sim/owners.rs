//! What happens to machines without anybody asking: owners release them, and their time runs out.

use crate::harness::story;
use serde_json::{Value, json};

const GROUPS: &str = "scaling_groups:
- {owner: ess, id: asg-1, releases_after: 60s}
- {owner: ack, id: np-1, releases_after: 5m}
instances:
- {InstanceId: i-ess, InstanceType: ecs.g7.large,
   Tags: {Tag: [{TagKey: 'acs:autoscaling:scalingGroupId', TagValue: asg-1}]}}
- {InstanceId: i-ack, InstanceType: ecs.g7.large,
   Tags: {Tag: [{TagKey: ack.alibabacloud.com/nodepool-id, TagValue: np-1}]}}
- {InstanceId: i-free, InstanceType: ecs.g7.large,
   Tags: {Tag: [{TagKey: 'acs:autoscaling:scalingGroupId', TagValue: asg-9}]}}
";

#[test]
fn a_scaling_group_releases_a_member_that_stays_stopped() {
    story(GROUPS, |house| async move {
        for id in ["i-ess", "i-ack", "i-free"] {
            house.ecs("StopInstance", &[("InstanceId", id)]).await;
        }
        house.wait(70).await;
        assert_eq!(house.truth("i-ess")["Status"], "Stopped");
        house.wait(10).await;
        assert_eq!(house.truth("i-ess"), Value::Null);
        assert_eq!(house.shown("i-ess").await, Value::Null);
        assert_eq!(house.truth("i-ack")["Status"], "Stopped");
        house.wait(300).await;
        assert_eq!(house.truth("i-ack"), Value::Null);
        assert_eq!(house.truth("i-free")["Status"], "Stopped");
    });
}

#[test]
fn a_member_that_runs_again_in_time_is_kept() {
    story(GROUPS, |house| async move {
        house.bring_down("i-ess").await;
        house.wait(20).await;
        house.ecs("StartInstance", &[("InstanceId", "i-ess")]).await;
        house.wait(600).await;
        assert_eq!(house.truth("i-ess")["Status"], "Running");
        // A later stop is another stop, with a moment of its own.
        house.bring_down("i-ess").await;
        house.wait(40).await;
        assert_eq!(house.truth("i-ess")["Status"], "Stopped");
        house.wait(60).await;
        assert_eq!(house.truth("i-ess"), Value::Null);
    });
}

#[test]
fn a_machine_is_gone_at_its_auto_release_time_and_a_spot_machine_is_reclaimed_then() {
    let scenario = "instances:
- {InstanceId: i-1, InstanceType: ecs.g7.large, AutoReleaseTime: 2026-01-01T00:10Z}
- {InstanceId: i-2, InstanceType: ecs.g7.large, SpotStrategy: SpotAsPriceGo,
   AutoReleaseTime: 2026-01-01T00:20Z}
- {InstanceId: i-3, InstanceType: ecs.g7.large}
";
    story(scenario, |house| async move {
        let mut left = Vec::new();
        for _ in 0..3 {
            let world = house.settled_truth();
            left.push(world["instances"].as_array().unwrap().len());
            house.wait(601).await;
        }
        assert_eq!(left, [3, 2, 1]);
    });
}

#[test]
fn a_subscription_that_is_not_renewed_stops_behind_a_financial_lock() {
    let scenario = "instances:
- {InstanceId: i-1, InstanceType: ecs.g7.large, InstanceChargeType: PrePaid,
   ExpiredTime: 2026-01-01T01:00Z}
- {InstanceId: i-2, InstanceType: ecs.g7.large, ExpiredTime: 2026-01-01T01:00Z}
";
    story(scenario, |house| async move {
        house.wait(3601).await;
        assert_eq!(house.truth("i-1")["Status"], "Stopping");
        house.wait(20).await;
        let truth = house.truth("i-1");
        assert_eq!(truth["Status"], "Stopped");
        assert_eq!(truth["Locks"][0]["LockReason"], "financial");
        let start = house.ecs("StartInstance", &[("InstanceId", "i-1")]).await;
        assert_eq!((start.status, start.code()), (403, "InstanceExpired"));
        assert_eq!(house.truth("i-2")["Status"], "Running");
    });
}

#[test]
fn an_unpaid_order_lapses_where_the_scenario_says_so() {
    let scenario = "choices: {unpaid_orders_lapse_after: 30m}
instances: [{InstanceId: i-1, InstanceType: ecs.g7.large, InstanceChargeType: PrePaid}]";
    story(scenario, |house| async move {
        let params = [
            ("InstanceId", "i-1"),
            ("InstanceType", "ecs.g7.xlarge"),
            ("AutoPay", "false"),
        ];
        let order = |answer: &Value| answer["OrderId"].as_str().unwrap().to_owned();
        let first = house.ecs("ModifyPrepayInstanceSpec", &params).await;
        house.wait(29 * 60).await;
        let again = house.ecs("ModifyPrepayInstanceSpec", &params).await;
        assert_eq!(again.code(), "InvalidInstance.UnpaidOrder");
        house.wait(61).await;
        let detail = [("OrderId", &*order(&first.body))];
        let detail = house.bss("GetOrderDetail", &detail).await;
        let status = &detail.body["Data"]["OrderList"]["Order"][0]["PaymentStatus"];
        assert_eq!(status, "Cancelled");
        // The way is free; an order that was paid does not lapse.
        let second = house.ecs("ModifyPrepayInstanceSpec", &params).await;
        house.by_hand("pay", &json!({ "OrderId": order(&second.body) }));
        house.wait(3600).await;
        assert_eq!(house.truth("i-1")["ConfiguredType"], "ecs.g7.xlarge");
    });
}

#[test]
fn a_subscription_that_renews_itself_pays_and_runs_on_until_the_money_is_gone() {
    let scenario = "balance: {available: 500}
renewals: {i-1: {RenewalStatus: AutoRenewal, Duration: 1, PeriodUnit: Month}}
instances:
- {InstanceId: i-1, InstanceType: ecs.g7.large, InstanceChargeType: PrePaid,
   ExpiredTime: 2026-01-01T01:00Z}
";
    story(scenario, |house| async move {
        let ends = async || house.shown("i-1").await["ExpiredTime"].clone();
        house.wait(3600 + 60).await;
        assert_eq!(ends().await, "2026-01-31T01:00Z");
        // 30 days at 0.52 an hour.
        assert_eq!(house.settled_truth()["balance"]["available"], 125.6);
        house.wait(30 * 24 * 3600).await;
        assert_eq!(ends().await, "2026-01-31T01:00Z");
        assert_eq!(house.truth("i-1")["Status"], "Stopped");
    });
}
