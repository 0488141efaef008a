//! Orders: one for each change, whoever pays it.

use std::collections::BTreeSet;
use std::time::Duration;

use respec::event::EventKind;
use respec::sim::Faults;
use serde_json::json;

use crate::house::story;

pub(crate) const SUBSCRIPTION: &str = "instances: [{InstanceId: i-1, InstanceType: ecs.g7.large, \
                                       InstanceChargeType: PrePaid, ExpiredTime: 2026-06-01T16:00Z}]";

pub(crate) fn larger(payment: &str) -> String {
    format!(
        "instances: {{one: {{id: i-1, payment: {payment}, spec: {{instance_type: ecs.g7.xlarge}}}}}}"
    )
}

/// A cloud where the account is on one site, and the other one's books refuse or are empty.
pub(crate) fn billed(site: &str, other_is_empty: bool, cloud: &str) -> String {
    format!("site: {site}\nchoices: {{other_site_is_empty: {other_is_empty}}}\n{cloud}")
}

#[test]
fn an_order_is_made_and_followed_on_either_site_whatever_the_other_one_says() {
    for site in ["china", "international"] {
        for other_is_empty in [false, true] {
            let cloud = billed(site, other_is_empty, SUBSCRIPTION);
            story(&larger("auto"), &cloud, Faults::None, async |house| {
                let told = house.apply().await;
                assert_eq!(told.outcome.exit_code, 0, "{site}: {:?}", told.outcome);
                assert_eq!(house.orders().len(), 1);
                assert_eq!(house.truth("i-1")["EffectiveType"], "ecs.g7.xlarge");
                assert!(house.is_as_wanted().await, "{site}");
            });
        }
    }
}

#[test]
fn an_order_that_a_person_cancels_ends_the_change_with_nothing_done() {
    for is_running in [true, false] {
        story(
            &larger("await"),
            SUBSCRIPTION,
            Faults::None,
            async |mut house| {
                house.wait_payment = Duration::from_secs(1800);
                let cancel = async {
                    house.wait(300).await;
                    let order = house.orders()[0]["OrderId"].clone();
                    assert!(house.rig.by_hand("cancel", &json!({ "OrderId": order })));
                };
                let told = if is_running {
                    tokio::join!(house.apply(), cancel).0
                } else {
                    house.apply_and_die_after(60).await;
                    cancel.await;
                    house.apply().await
                };
                assert_eq!(told.outcome.exit_code, 3, "{:?}", told.outcome);
                assert!(!told.outcome.open);
                let end = told.end_of("i-1");
                assert!(end.contains("Declined"), "{end}");
                assert!(end.contains("was cancelled before it was paid"), "{end}");
                assert!(house.calls("StopInstances").is_empty());
                assert_eq!(house.truth("i-1")["ConfiguredType"], "ecs.g7.large");
                assert_eq!(house.orders().len(), 1);
            },
        );
    }
}

#[test]
fn an_order_that_a_person_pays_while_nothing_runs_is_gone_on_with() {
    story(
        &larger("await"),
        SUBSCRIPTION,
        Faults::None,
        async |mut house| {
            house.wait_payment = Duration::from_secs(1800);
            house.apply_and_die_after(60).await;
            let order = house.orders()[0]["OrderId"].clone();
            assert!(house.rig.by_hand("pay", &json!({ "OrderId": order })));
            house.wait(300).await;
            let told = house.apply().await;
            assert_eq!(told.outcome.exit_code, 0, "{:?}", told.outcome);
            assert_eq!(house.orders().len(), 1);
            assert_eq!(house.truth("i-1")["EffectiveType"], "ecs.g7.xlarge");
        },
    );
}

/// The balance covers nothing.
fn without_money() -> String {
    format!("{SUBSCRIPTION}\nbalance: {{available: 1}}")
}

#[test]
fn an_order_that_nobody_could_pay_is_called_abnormal_after_two_minutes() {
    for prepaid_upgrade in ["online", "offline"] {
        // Nobody asks the balance: what is to be paid from it ends up abnormal (R42).
        let manifest = format!(
            "balance: skip\ninstances: {{one: {{id: i-1, payment: auto, change: {{prepaid_upgrade: {prepaid_upgrade}}}, \
             spec: {{instance_type: ecs.g7.xlarge}}}}}}"
        );
        story(&manifest, &without_money(), Faults::None, async |house| {
            let told = house.apply().await;
            assert_eq!(told.outcome.exit_code, 8, "{:?}", told.outcome);
            let end = told.end_of("i-1");
            for part in ["Held", "210000000000001", "respec orders cancel", "voided"] {
                assert!(end.contains(part), "{part} is missing: {end}");
            }
            assert_eq!(house.truth("i-1")["Status"], "Running");
            // Asked again it says the same, and orders nothing.
            assert_eq!(house.apply().await.outcome.exit_code, 8);
            assert_eq!(house.orders().len(), 1);
            // Voided, it is over; with money, the next one goes through.
            let order = house.orders()[0]["OrderId"].clone();
            assert!(house.rig.by_hand("cancel", &json!({ "OrderId": order })));
            let told = house.apply().await;
            assert_eq!(told.outcome.exit_code, 3, "{:?}", told.outcome);
            assert!(told.end_of("i-1").contains("Declined"));
            assert_eq!(house.truth("i-1")["Status"], "Running");
            assert_eq!(house.truth("i-1")["ConfiguredType"], "ecs.g7.large");
        });
    }
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

/// R52: its second change waits out the cool-down that the payment has begun, and is asked for once.
#[test]
fn a_payment_that_comes_late_begins_a_cool_down_late() {
    let manifest = "instances: {one: {id: i-1, payment: await, \
                    spec: {instance_type: ecs.g7.xlarge, internet: {max_bandwidth_out: 30}}}}";
    let cloud = "instances: [{InstanceId: i-1, InstanceType: ecs.g7.large, InternetMaxBandwidthOut: 20, \
                 InternetChargeType: PayByTraffic, PublicIpAddress: {IpAddress: [198.18.0.1]}, \
                 InstanceChargeType: PrePaid, ExpiredTime: 2026-06-01T16:00Z}]";
    story(manifest, cloud, Faults::None, async |mut house| {
        house.wait_payment = Duration::from_secs(1800);
        let pay = async {
            for n in 0..2 {
                house.wait(900).await;
                let order = house.orders()[n]["OrderId"].clone();
                assert!(house.rig.by_hand("pay", &json!({ "OrderId": order })));
            }
        };
        let (told, ()) = tokio::join!(house.apply(), pay);
        assert_eq!(told.outcome.exit_code, 0, "{:?}", told.outcome);
        let asked = house.calls("ModifyInstanceNetworkSpec");
        assert_eq!(asked.len(), 1, "{asked:#?}");
    });
}

/// Page 004: "Order creation failed, … try it again later". There is none, so no machine waits for one out of service.
#[test]
fn an_order_that_cannot_be_made_does_not_keep_its_machine_down() {
    let cloud = "instances: [{InstanceId: i-1, InstanceType: ecs.g7.xlarge, \
                 InstanceChargeType: PrePaid, ExpiredTime: 2026-06-01T16:00Z}]\n\
                 faults: [{operation: ModifyPrepayInstanceSpec, code: OrderCreationFailed}]";
    let smaller = "instances: {one: {id: i-1, spec: {instance_type: ecs.g7.large}}}";
    story(smaller, cloud, Faults::None, async |house| {
        let told = house.apply().await;
        assert_eq!(told.outcome.exit_code, 3, "{:?}", told.outcome);
        assert!(!told.outcome.open);
        let end = told.end_of("i-1");
        assert!(
            end.contains("Undone") && end.contains("OrderCreationFailed"),
            "{end}"
        );
        assert!(
            told.downtime() < Duration::from_secs(120),
            "{:?}",
            told.downtime()
        );
        assert_eq!(house.calls("ModifyPrepayInstanceSpec").len(), 4);
        assert!(house.orders().is_empty());
        let machine = house.truth("i-1");
        assert_eq!(machine["Status"], "Running");
        assert_eq!(machine["ConfiguredType"], "ecs.g7.xlarge");
    });
}

#[test]
fn an_order_that_could_not_be_made_at_first_is_asked_for_again_and_is_one_order() {
    let cloud = format!(
        "{SUBSCRIPTION}\nfaults: [{{operation: ModifyPrepayInstanceSpec, calls: [1, 2, 3, 4], \
         code: OrderCreationFailed}}]"
    );
    story(&larger("auto"), &cloud, Faults::None, async |house| {
        let told = house.apply().await;
        assert_eq!(told.outcome.exit_code, 0, "{:?}", told.outcome);
        let calls = house.calls("ModifyPrepayInstanceSpec");
        let tokens: BTreeSet<&str> = calls.iter().filter_map(|l| l.split(' ').nth(3)).collect();
        assert_eq!((calls.len(), tokens.len()), (5, 1), "{calls:?}");
        assert_eq!(house.orders().len(), 1);
        assert_eq!(house.truth("i-1")["EffectiveType"], "ecs.g7.xlarge");
    });
}

#[test]
fn machines_that_wait_for_their_payments_take_nobodys_turn() {
    let manifest = "groups: {db: {ids: [i-1, i-2, i-3], payment: await, spec: {instance_type: ecs.g7.xlarge}, \
                    rollout: {batches: [100%], max_unavailable: 100%}}}";
    let cloud = "
instances:
- {InstanceId: i-1, InstanceType: ecs.g7.large, InstanceChargeType: PrePaid}
- {InstanceId: i-2, InstanceType: ecs.g7.large, InstanceChargeType: PrePaid}
- {InstanceId: i-3, InstanceType: ecs.g7.large}
";
    story(manifest, cloud, Faults::None, async |mut house| {
        house.wait_payment = Duration::from_secs(1800);
        house.options.parallelism = 1;
        let told = house.apply().await;
        assert_eq!(told.outcome.exit_code, 7, "{:?}", told.outcome);
        assert_eq!(house.orders().len(), 2);
        let soon = told.events[0].elapsed + Duration::from_secs(300);
        let late = told.events.iter().filter(|event| event.elapsed > soon);
        let is_news = |kind: &EventKind| {
            matches!(kind, EventKind::OrderMade { .. } | EventKind::Closed { .. })
        };
        let late = late.filter(|event| is_news(&event.kind)).count();
        assert_eq!(late, 0, "one waited for another's payment");
        assert_eq!(house.truth("i-3")["EffectiveType"], "ecs.g7.xlarge");
    });
}

/// One machine waits to be paid for hours, the other is in the midst of its outage.
#[test]
fn whoever_waits_for_a_payment_waits_no_longer_once_the_journal_takes_no_more() {
    let manifest = "groups: {db: {ids: [i-1, i-2], payment: await, spec: {instance_type: ecs.g7.xlarge}, \
                    rollout: {batches: [100%], max_unavailable: 100%}}}";
    let cloud = "
instances:
- {InstanceId: i-1, InstanceType: ecs.g7.large, InstanceChargeType: PrePaid}
- {InstanceId: i-2, InstanceType: ecs.g7.large}
";
    story(manifest, cloud, Faults::None, async |mut house| {
        house.wait_payment = Duration::from_secs(8 * 3600);
        let mut refused = false;
        let told = house
            .apply_hearing(|event, _| {
                if let EventKind::Waiting { reason, .. } = &event.kind
                    && reason.contains("not paid yet")
                    && !refused
                {
                    refused = true;
                    house.refuse_the_next_commit();
                }
            })
            .await;
        assert_eq!(told.outcome.exit_code, 8, "{:?}", told.outcome);
        assert!(told.outcome.journal_lost.is_some());
        let took = told.events.last().unwrap().elapsed - told.events[0].elapsed;
        assert!(took < Duration::from_secs(300), "{took:?}");
        assert_eq!(house.truth("i-2")["Status"], "Running");
        assert_eq!(house.truth("i-2")["ConfiguredType"], "ecs.g7.large");
        // The next apply knows the order, and makes no other.
        house.wait_payment = Duration::ZERO;
        assert_eq!(house.apply().await.outcome.exit_code, 7);
        assert_eq!(house.orders().len(), 1);
        assert_eq!(house.truth("i-2")["EffectiveType"], "ecs.g7.xlarge");
    });
}
