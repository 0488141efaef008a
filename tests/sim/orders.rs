//! ModifyPrepayInstanceSpec and the money it takes.

use crate::harness::{Answer, House, story};
use serde_json::{Value, json};

const UP: (&str, &str) = ("InstanceType", "ecs.g7.xlarge");
const DOWN: (&str, &str) = ("InstanceType", "ecs.g7.large");

/// One subscription with 100 hours to go, so 99 whole ones once the call has arrived; the step between
/// the two types is 0.52 an hour.
fn scenario(instance_type: &str, extra: &str) -> String {
    format!(
        "{extra}\ninstances:\n- {{InstanceId: i-1, InstanceType: {instance_type}, \
         InstanceChargeType: PrePaid, ExpiredTime: '2026-01-05T04:00Z'}}"
    )
}

async fn modify(house: &House, params: &[(&str, &str)]) -> Answer {
    let mut all = vec![("InstanceId", "i-1")];
    all.extend(params);
    house.ecs("ModifyPrepayInstanceSpec", &all).await
}

fn order(house: &House) -> Value {
    house.settled_truth()["orders"][0].clone()
}

#[test]
fn an_upgrade_is_paid_at_once_and_waits_for_a_reboot() {
    story(
        &scenario("ecs.g7.large", "balance: {available: 100}"),
        |house| async move {
            let answer = modify(&house, &[UP]).await;
            assert!(answer.body["OrderId"].is_string(), "{answer:?}");
            let truth = house.settled_truth();
            assert_eq!(truth["balance"]["available"], 48.52);
            assert_eq!(house.truth("i-1")["ConfiguredType"], "ecs.g7.large");
            house.wait(8).await;
            assert_eq!(house.truth("i-1")["ConfiguredType"], "ecs.g7.xlarge");
            assert_eq!(house.truth("i-1")["EffectiveType"], "ecs.g7.large");
            house.ecs("RebootInstance", &[("InstanceId", "i-1")]).await;
            assert_eq!(house.truth("i-1")["EffectiveType"], "ecs.g7.xlarge");
        },
    );
}

#[test]
fn reboot_when_finished_saves_the_second_call() {
    story(&scenario("ecs.g7.large", ""), |house| async move {
        modify(&house, &[UP, ("RebootWhenFinished", "true")]).await;
        house.wait(9).await;
        let truth = house.truth("i-1");
        assert_eq!(
            (&truth["Status"], &truth["EffectiveType"]),
            (&json!("Starting"), &json!(UP.1))
        );
    });
}

#[test]
fn an_unpaid_order_waits_for_the_console() {
    story(&scenario("ecs.g7.large", ""), |house| async move {
        let answer = modify(&house, &[UP, ("AutoPay", "False"), ("ClientToken", "t")]).await;
        house.wait(60).await;
        assert_eq!(order(&house)["Payment"], "Unpaid");
        let again = modify(&house, &[UP]).await;
        assert_eq!(
            (again.status, again.code()),
            (400, "InvalidInstance.UnpaidOrder")
        );
        let network = [("InstanceId", "i-1"), ("InternetMaxBandwidthOut", "5")];
        let network = house.ecs("ModifyInstanceNetworkSpec", &network).await;
        assert_eq!(
            (network.status, network.code()),
            (403, "OperationDenied.UnpaidOrder")
        );
        // The same token still finds the same order.
        let replay = modify(&house, &[UP, ("AutoPay", "False"), ("ClientToken", "t")]).await;
        assert_eq!(replay.body["OrderId"], answer.body["OrderId"]);
        house.by_hand("pay", &json!({ "OrderId": answer.body["OrderId"] }));
        house.wait(8).await;
        assert_eq!(house.truth("i-1")["ConfiguredType"], UP.1);
        assert_eq!(modify(&house, &[DOWN]).await.code(), "Throttling");
    });
}

#[test]
fn a_cancelled_order_changes_nothing_and_blocks_nothing() {
    story(&scenario("ecs.g7.large", ""), |house| async move {
        let answer = modify(&house, &[UP, ("AutoPay", "false")]).await;
        house.by_hand("cancel", &json!({ "OrderId": answer.body["OrderId"] }));
        assert_eq!(order(&house)["Payment"], "Cancelled");
        assert_eq!(modify(&house, &[UP]).await.code(), "OK");
    });
}

#[test]
fn a_downgrade_stops_first_and_is_refunded() {
    story(
        &scenario("ecs.g7.xlarge", "balance: {available: 0}"),
        |house| async move {
            let running = modify(&house, &[DOWN]).await;
            assert_eq!(
                (running.status, running.code()),
                (400, "InvalidStatus.NotStopped")
            );
            house.bring_down("i-1").await;
            let wrong = modify(&house, &[DOWN, ("OperatorType", "upgrade")]).await;
            assert_eq!(wrong.code(), "InvalidInstanceType.ValueNotSupported");
            // AutoPay counts for upgrades only.
            let answer = modify(&house, &[DOWN, ("AutoPay", "false")]).await;
            assert!(answer.body["OrderId"].is_string());
            assert_eq!(order(&house)["OrderType"], "Downgrade");
            assert_eq!(order(&house)["Payment"], "Paid");
            assert_eq!(house.settled_truth()["balance"]["available"], 51.48);
        },
    );
}

#[test]
fn too_little_money_makes_an_order_nobody_can_pay() {
    story(
        &scenario("ecs.g7.large", "balance: {available: 1}"),
        |house| async move {
            let answer = modify(&house, &[UP]).await;
            assert_eq!(answer.code(), "OK");
            assert_eq!(order(&house)["Payment"], "Abnormal");
            assert_eq!(
                modify(&house, &[UP]).await.code(),
                "InvalidInstance.UnpaidOrder"
            );
            house.by_hand("cancel", &json!({ "OrderId": answer.body["OrderId"] }));
        },
    );
}

#[test]
fn the_network_call_may_say_that_money_is_short() {
    let extra = "low_balance: not_enough_balance\nbalance: {available: 0}";
    story(&scenario("ecs.g7.large", extra), |house| async move {
        let params = [
            ("InstanceId", "i-1"),
            ("InternetMaxBandwidthOut", "5"),
            ("NetworkChargeType", "PayByBandwidth"),
        ];
        let answer = house.ecs("ModifyInstanceNetworkSpec", &params).await;
        assert_eq!(
            (answer.status, answer.code()),
            (403, "InvalidAccountStatus.NotEnoughBalance")
        );
        assert_eq!(order(&house), Value::Null);
    });
}

#[test]
fn billing_knows_the_order_and_cancels_it() {
    story(
        &scenario("ecs.g7.large", "balance: {available: 1234.5}"),
        |house| async move {
            let price = house
                .ecs(
                    "DescribeInstanceModificationPrice",
                    &[("InstanceId", "i-1"), UP],
                )
                .await;
            assert_eq!(price.body["PriceInfo"]["Price"]["TradePrice"], 51.48);
            let id = modify(&house, &[UP, ("AutoPay", "false")]).await.body["OrderId"].clone();
            let id = ("OrderId", id.as_str().unwrap());
            let unpaid = [("PaymentStatus", "Unpaid"), ("ProductCode", "ecs")];
            let listed = house.bss("QueryOrders", &unpaid).await;
            assert_eq!(listed.body["Data"]["TotalCount"], 1);
            let detail = house.bss("GetOrderDetail", &[id]).await;
            let order = &detail.body["Data"]["OrderList"]["Order"][0];
            assert_eq!(order["PaymentStatus"], "Unpaid");
            assert_eq!(order["InstanceIDs"], "[\"i-1\"]");
            assert_eq!(order["PretaxAmount"], "51.48");
            assert_eq!(house.bss("CancelOrder", &[id]).await.body["Success"], true);
            assert_eq!(
                house.bss("CancelOrder", &[id]).await.code(),
                "InvalidParameter"
            );
            let balance = house.bss("QueryAccountBalance", &[]).await;
            assert_eq!(balance.body["Data"]["AvailableAmount"], "1234.50");
            // The default window is the last hour.
            house.wait(2 * 3600).await;
            assert_eq!(
                house.bss("QueryOrders", &[]).await.body["Data"]["TotalCount"],
                0
            );
            let wide = [("CreateTimeStart", "2025-12-31T00:00:00Z")];
            assert_eq!(
                house.bss("QueryOrders", &wide).await.body["Data"]["TotalCount"],
                1
            );
        },
    );
}

#[test]
fn an_ended_subscription_is_renewed_first() {
    story(&scenario("ecs.g7.large", ""), |house| async move {
        house.wait(5 * 24 * 3600).await;
        assert_eq!(
            modify(&house, &[UP]).await.code(),
            "InvalidInstance.PreInstanceExpired"
        );
    });
}

#[test]
fn pay_as_you_go_is_not_ordered() {
    let scenario = "instances: [{InstanceId: i-1, InstanceType: ecs.g7.large}]";
    story(scenario, |house| async move {
        assert_eq!(
            modify(&house, &[UP]).await.code(),
            "InvalidBillingMethod.ValueNotSupported"
        );
    });
}
