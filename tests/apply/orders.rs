//! Orders: one for each change, whoever pays it and whatever becomes of its answer.

use std::time::Duration;

use respec::sim::Faults;
use serde_json::json;

use crate::house::story;

const SUBSCRIPTION: &str = "instances: [{InstanceId: i-1, InstanceType: ecs.g7.large, \
                            InstanceChargeType: PrePaid, ExpiredTime: 2026-06-01T16:00Z}]";

fn larger(payment: &str) -> String {
    format!(
        "instances: {{one: {{id: i-1, payment: {payment}, spec: {{instance_type: ecs.g7.xlarge}}}}}}"
    )
}

/// The machine, and a cloud that strikes the first order in this way.
fn first_order(when: &str) -> String {
    format!(
        "{SUBSCRIPTION}\nfaults: [{{operation: ModifyPrepayInstanceSpec, call: 1, when: {when}}}]"
    )
}

#[test]
fn an_order_whose_answer_was_lost_is_one_order_after_a_quick_resume() {
    story(
        &larger("auto"),
        &first_order("no_answer_after"),
        Faults::None,
        async |house| {
            house.apply_and_die_after(5).await;
            assert_eq!(house.orders().len(), 1);
            house.wait(5 * 60).await;
            let told = house.apply().await;
            assert_eq!(told.outcome.exit_code, 0, "{:?}", told.outcome);
            assert_eq!(house.orders().len(), 1);
            assert_eq!(told.outcome.orders.len(), 1);
            assert_eq!(house.truth("i-1")["EffectiveType"], "ecs.g7.xlarge");
        },
    );
}

#[test]
fn an_order_whose_answer_was_lost_long_ago_is_left_to_a_person_by_name() {
    story(
        &larger("auto"),
        &first_order("no_answer_after"),
        Faults::None,
        async |house| {
            house.apply_and_die_after(5).await;
            house.wait(2 * 3600).await;
            let told = house.apply().await;
            assert_eq!(told.outcome.exit_code, 8);
            assert_eq!(house.orders().len(), 1, "it was ordered again");
            let end = told.end_of("i-1");
            for part in [
                "Unknown",
                "i-1",
                "ecs.g7.xlarge",
                "between 2026-01-01T00:00:",
                "and 2026-01-01T02:0",
            ] {
                assert!(end.contains(part), "{part} is missing: {end}");
            }
            assert_eq!(house.truth("i-1")["Status"], "Running");
        },
    );
}

#[test]
fn an_order_left_to_a_person_pauses_the_run_until_it_is_paid() {
    story(
        &larger("await"),
        SUBSCRIPTION,
        Faults::None,
        async |house| {
            let told = house.apply().await;
            assert_eq!(told.outcome.exit_code, 7);
            assert!(told.outcome.open);
            assert_eq!(house.truth("i-1")["Status"], "Running");
            assert!(
                house.calls("StopInstances").is_empty(),
                "an unpaid order costs no downtime"
            );
            let order = house.orders()[0]["OrderId"].clone();
            assert_eq!(
                house.apply().await.outcome.exit_code,
                7,
                "it is still not paid"
            );
            assert!(house.rig.by_hand("pay", &json!({ "OrderId": order })));
            house.wait(60).await;
            let told = house.apply().await;
            assert_eq!(told.outcome.exit_code, 0, "{:?}", told.outcome);
            assert_eq!(house.orders().len(), 1);
            assert_eq!(house.truth("i-1")["EffectiveType"], "ecs.g7.xlarge");
        },
    );
}

#[test]
fn a_run_that_may_wait_goes_on_as_soon_as_the_order_is_paid() {
    story(
        &larger("await"),
        SUBSCRIPTION,
        Faults::None,
        async |mut house| {
            house.wait_payment = Duration::from_secs(1800);
            let pay = async {
                house.wait(600).await;
                let order = house.orders()[0]["OrderId"].clone();
                assert!(house.rig.by_hand("pay", &json!({ "OrderId": order })));
            };
            let (told, ()) = tokio::join!(house.apply(), pay);
            assert_eq!(told.outcome.exit_code, 0, "{:?}", told.outcome);
            assert!(told.downtime() < Duration::from_secs(120));
        },
    );
}
