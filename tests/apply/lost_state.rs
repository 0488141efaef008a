//! The state is lost, and what was begun is found all the same: in the account's books.

use std::time::Duration;

use respec::sim::Faults;
use serde_json::json;

use crate::house::story;

const SUBSCRIPTION: &str = "instances: [{InstanceId: i-1, InstanceType: ecs.g7.large, \
                            InstanceChargeType: PrePaid, ExpiredTime: 2026-06-01T16:00Z}]";

fn larger(payment: &str, change: &str) -> String {
    format!(
        "instances: {{one: {{id: i-1, payment: {payment}, spec: {{instance_type: ecs.g7.xlarge}}, change: {change}}}}}"
    )
}

#[test]
fn the_start_that_a_paid_upgrade_is_owed_is_found_in_the_books() {
    for payment in ["auto", "await"] {
        let manifest = larger(payment, "{prepaid_upgrade: online}");
        story(&manifest, SUBSCRIPTION, Faults::None, async |mut house| {
            house.wait_payment = Duration::from_secs(1800);
            // Its last start is told to the minute, and what was paid in that minute may have come before it.
            house.wait(300).await;
            house.apply_and_die_after(5).await;
            house.lose_the_store();
            house.wait(120).await;
            let order = house.orders()[0]["OrderId"].clone();
            house.rig.by_hand("pay", &json!({ "OrderId": order }));
            house.wait(600).await;
            let owed = house.truth("i-1");
            assert_eq!(owed["ConfiguredType"], "ecs.g7.xlarge");
            assert_eq!(owed["EffectiveType"], "ecs.g7.large", "nobody started it");
            assert!(!house.is_as_wanted().await, "the start is forgotten");

            let told = house.apply().await;
            assert_eq!(told.outcome.exit_code, 0, "{:?}", told.outcome);
            assert_eq!(house.truth("i-1")["EffectiveType"], "ecs.g7.xlarge");
            assert_eq!(house.orders().len(), 1, "it was ordered again");

            // It was started since, whoever remembers that.
            house.lose_the_store();
            assert!(house.is_as_wanted().await);
        });
    }
}

#[test]
fn a_machine_that_was_down_when_its_order_was_paid_is_owed_nothing() {
    let manifest = larger("auto", "{prepaid_upgrade: offline}");
    story(&manifest, SUBSCRIPTION, Faults::None, async |mut house| {
        assert_eq!(house.apply().await.outcome.exit_code, 0);
        house.lose_the_store();
        assert!(house.is_as_wanted().await, "it would be stopped once more");
    });
}

#[test]
fn an_upgrade_of_bandwidth_alone_asks_for_no_start() {
    let wider = "instances: {one: {id: i-1, payment: auto, spec: {instance_type: ecs.g7.large, \
                 internet: {max_bandwidth_out: 50}}}}";
    let cloud = "instances: [{InstanceId: i-1, InstanceType: ecs.g7.large, InstanceChargeType: PrePaid, \
                 ExpiredTime: 2026-06-01T16:00Z, InternetChargeType: PayByBandwidth, \
                 InternetMaxBandwidthOut: 5, PublicIpAddress: {IpAddress: [203.0.113.9]}}]";
    story(wider, cloud, Faults::None, async |mut house| {
        assert_eq!(house.apply().await.outcome.exit_code, 0);
        assert_eq!(house.orders().len(), 1);
        house.lose_the_store();
        assert!(house.is_as_wanted().await);
    });
}

#[test]
fn what_is_on_record_is_not_looked_for() {
    let manifest = larger("auto", "{prepaid_upgrade: online}");
    story(&manifest, SUBSCRIPTION, Faults::None, async |house| {
        assert_eq!(house.apply().await.outcome.exit_code, 0);
        let before = house.calls("QueryOrders").len();
        assert!(house.is_as_wanted().await);
        assert_eq!(house.calls("QueryOrders").len(), before);
    });
}

#[test]
fn a_type_that_somebody_else_gave_it_is_looked_for_whatever_is_on_record() {
    let machine = |name: &str| {
        format!(
            "instances: {{one: {{id: i-1, payment: auto, change: {{prepaid_upgrade: online}}, \
             spec: {{instance_type: {name}, internet: {{max_bandwidth_out: 50}}}}}}}}"
        )
    };
    let cloud = "instances: [{InstanceId: i-1, InstanceType: ecs.g7.large, InstanceChargeType: PrePaid, \
                 ExpiredTime: 2026-06-01T16:00Z, InternetChargeType: PayByBandwidth, \
                 InternetMaxBandwidthOut: 5, PublicIpAddress: {IpAddress: [203.0.113.9]}}]";
    story(
        &machine("ecs.g7.large"),
        cloud,
        Faults::None,
        async |mut house| {
            assert_eq!(house.apply().await.outcome.exit_code, 0);
            house.wait(600).await;
            house.order_by_hand("i-1", "ecs.g7.xlarge").await;
            let order = house.orders()[1]["OrderId"].clone();
            house.rig.by_hand("pay", &json!({ "OrderId": order }));
            house.wait(600).await;
            assert_eq!(house.truth("i-1")["ConfiguredType"], "ecs.g7.xlarge");

            house.want(&machine("ecs.g7.xlarge"));
            assert!(!house.is_as_wanted().await, "its start is forgotten");
            assert_eq!(house.apply().await.outcome.exit_code, 0);
            assert_eq!(house.truth("i-1")["EffectiveType"], "ecs.g7.xlarge");
            assert!(house.is_as_wanted().await, "it would be stopped once more");
        },
    );
}
