//! Orders: one for each change, whoever pays it and whatever becomes of its answer.

use std::collections::BTreeSet;
use std::time::Duration;

use respec::event::EventKind;
use respec::saga::Mode;
use respec::sim::Faults;
use serde_json::json;

use crate::house::story;

const SUBSCRIPTION: &str = "instances: [{InstanceId: i-1, InstanceType: ecs.g7.large, \
                            InstanceChargeType: PrePaid, ExpiredTime: 2026-06-01T16:00Z}]";

const FOUND_DOWN: &str = "instances: [{InstanceId: i-1, InstanceType: ecs.g7.large, Status: Stopped, \
                          InstanceChargeType: PrePaid, ExpiredTime: 2026-06-01T16:00Z}]";

/// A machine that is to run on another type, whatever it was found as.
fn larger_and_up(payment: &str, prepaid_upgrade: &str) -> String {
    format!(
        "instances: {{one: {{id: i-1, payment: {payment}, change: {{prepaid_upgrade: {prepaid_upgrade}}}, \
         spec: {{instance_type: ecs.g7.xlarge, power: running}}}}}}"
    )
}

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
fn an_order_whose_answer_was_lost_long_ago_is_found_in_the_books_and_adopted() {
    for payment in ["auto", "await"] {
        story(
            &larger(payment),
            &first_order("no_answer_after"),
            Faults::None,
            async |house| {
                house.apply_and_die_after(5).await;
                house.wait(2 * 3600).await;
                let told = house.apply().await;
                assert_eq!(house.orders().len(), 1, "it was ordered again");
                assert_eq!(
                    house.calls("ModifyPrepayInstanceSpec").len(),
                    1,
                    "a token so old may be forgotten"
                );
                let exit = if payment == "auto" { 0 } else { 7 };
                assert_eq!(told.outcome.exit_code, exit, "{:?}", told.outcome);
                assert_eq!(told.outcome.orders.len(), 1);
            },
        );
    }
}

/// A cloud where the account is on one site, and the other one's books refuse or are empty.
fn billed(site: &str, other_is_empty: bool, cloud: &str) -> String {
    format!("site: {site}\nchoices: {{other_site_is_empty: {other_is_empty}}}\n{cloud}")
}

#[test]
fn an_order_is_found_where_the_books_are_asked_that_show_nothing_too() {
    for payment in ["auto", "await"] {
        let cloud = billed("international", true, &first_order("no_answer_after"));
        story(&larger(payment), &cloud, Faults::None, async |house| {
            house.apply_and_die_after(5).await;
            assert_eq!(house.orders().len(), 1);
            house.wait(2 * 3600).await;
            let told = house.apply().await;
            assert_eq!(house.orders().len(), 1, "it was ordered again");
            let exit = if payment == "auto" { 0 } else { 7 };
            assert_eq!(told.outcome.exit_code, exit, "{:?}", told.outcome);
            assert_eq!(told.outcome.orders.len(), 1);
        });
    }
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
fn a_request_that_never_arrived_is_proven_to_have_ordered_nothing() {
    let cloud = first_order("no_answer_before");
    story(&larger("auto"), &cloud, Faults::None, async |house| {
        house.apply_and_die_after(5).await;
        house.wait(2 * 3600).await;
        let told = house.apply().await;
        assert_eq!(told.outcome.exit_code, 3, "{:?}", told.outcome);
        assert!(!told.outcome.open);
        assert!(told.end_of("i-1").contains("Undone"));
        assert_eq!(house.orders().len(), 0);
        assert_eq!(house.apply().await.outcome.exit_code, 0);
        assert_eq!(house.orders().len(), 1);
    });
}

#[test]
fn an_order_in_doubt_is_looked_for_and_never_made_by_whoever_gives_its_run_up() {
    for payment in ["auto", "await"] {
        for (when, n_orders) in [("no_answer_before", 0), ("no_answer_after", 1)] {
            let cloud = first_order(when);
            story(&larger(payment), &cloud, Faults::None, async |mut house| {
                house.apply_and_die_after(5).await;
                house.wait(60).await;
                house.options.mode = Mode::PutBack;
                let told = house.apply().await;
                assert_eq!(told.outcome.exit_code, 3, "{when}: {:?}", told.outcome);
                assert_eq!(house.calls("ModifyPrepayInstanceSpec").len(), 1, "{when}");
                assert_eq!(house.orders().len(), n_orders, "{when}");
                assert_eq!(told.outcome.orders.len(), n_orders, "{when}");
                assert_eq!(house.truth("i-1")["Status"], "Running");
            });
        }
    }
}

#[test]
fn an_order_in_doubt_is_looked_for_and_never_made_in_a_freeze() {
    let freeze = "from: '2026-01-01T00:05', to: '2026-01-01T06:00', time_zone: UTC";
    let manifest = format!(
        "{}\nfreezes: [{{{freeze}, reason: sales}}]",
        larger("await")
    );
    for (when, n_orders, exit) in [("no_answer_before", 0, 3), ("no_answer_after", 1, 7)] {
        let cloud = first_order(when);
        story(&manifest, &cloud, Faults::None, async |house| {
            house.apply_and_die_after(5).await;
            house.wait(6 * 60).await;
            let told = house.apply().await;
            assert_eq!(told.outcome.exit_code, exit, "{when}: {:?}", told.outcome);
            assert_eq!(house.calls("ModifyPrepayInstanceSpec").len(), 1, "{when}");
            assert_eq!(house.orders().len(), n_orders, "{when}");
            // Behind the freeze it is made, unless it is there.
            house.wait(6 * 3600).await;
            assert_eq!(house.apply().await.outcome.exit_code, 7, "{when}");
            assert_eq!(house.orders().len(), 1, "{when}");
        });
    }
}

#[test]
fn an_order_that_never_arrived_is_made_by_a_quick_resume_once_price_and_balance_were_asked_again() {
    let cloud = first_order("no_answer_before");
    story(&larger("auto"), &cloud, Faults::None, async |house| {
        house.apply_and_die_after(5).await;
        house.wait(60).await;
        let told = house.apply().await;
        assert_eq!(told.outcome.exit_code, 0, "{:?}", told.outcome);
        assert_eq!(house.orders().len(), 1);
        let asked = [
            "DescribeInstanceModificationPrice",
            "QueryAccountBalance",
            "ModifyPrepayInstanceSpec",
        ];
        let calls = house.calls_in_order(&asked);
        let last = calls[calls.len() - asked.len()..].iter();
        let last: Vec<_> = last.filter_map(|line| line.split(' ').nth(1)).collect();
        assert_eq!(last, asked, "{calls:?}");
    });
}

#[test]
fn an_order_that_never_arrived_is_not_made_by_a_quick_resume_whose_money_is_gone() {
    let cloud = first_order("no_answer_before");
    story(&larger("auto"), &cloud, Faults::None, async |house| {
        house.apply_and_die_after(5).await;
        let all = house.rig.truth()["balance"]["available"].as_f64().unwrap();
        assert!(house.rig.by_hand("deposit", &json!({ "Amount": -all })));
        let told = house.apply().await;
        assert_eq!(told.outcome.exit_code, 3, "{:?}", told.outcome);
        let end = told.end_of("i-1");
        assert!(end.contains("Undone"), "{end}");
        assert!(end.contains("nothing was ordered; add money"), "{end}");
        assert_eq!(house.orders().len(), 0, "nobody could have paid it");
        assert_eq!(house.calls("ModifyPrepayInstanceSpec").len(), 1);
    });
}

#[test]
fn an_order_that_cannot_be_told_from_another_is_left_to_a_person_by_name() {
    story(
        &larger("await"),
        &first_order("no_answer_after"),
        Faults::None,
        async |house| {
            house.apply_and_die_after(5).await;
            let first = house.orders()[0]["OrderId"].clone();
            // Somebody cancels it in the console, and orders the same thing by hand.
            assert!(house.rig.by_hand("cancel", &json!({ "OrderId": first })));
            house.order_by_hand("i-1", "ecs.g7.xlarge").await;
            house.wait(2 * 3600).await;
            let told = house.apply().await;
            assert_eq!(told.outcome.exit_code, 8);
            assert_eq!(house.orders().len(), 2, "it was ordered again");
            let end = told.end_of("i-1");
            for part in [
                "Unknown",
                "i-1",
                "ecs.g7.xlarge",
                "any of 210000000000001, 210000000000002",
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
fn an_order_in_doubt_stays_in_doubt_when_the_next_try_could_not_be_made() {
    // The second try speaks for itself alone: the first one made the order, and paid it.
    let cloud = format!(
        "{SUBSCRIPTION}\nfaults:\n- {{operation: ModifyPrepayInstanceSpec, call: 1, when: no_answer_after}}\n\
         - {{operation: ModifyPrepayInstanceSpec, code: OrderCreationFailed}}"
    );
    story(&larger("auto"), &cloud, Faults::None, async |house| {
        let told = house.apply().await;
        assert_eq!(told.outcome.exit_code, 0, "{:?}", told.outcome);
        assert_eq!(house.orders().len(), 1, "it was ordered again");
        assert_eq!(told.outcome.orders.len(), 1);
        assert_eq!(house.truth("i-1")["EffectiveType"], "ecs.g7.xlarge");
    });
}

/// Started before its order was paid or behind it, it looks the same: nobody can tell.
#[test]
fn a_machine_that_somebody_started_before_its_order_was_in_force_takes_another_restart() {
    let days = [("online", true), ("offline", true), ("offline", false)];
    for (prepaid_upgrade, starts_first) in days {
        let manifest = larger_and_up("await", prepaid_upgrade);
        story(&manifest, FOUND_DOWN, Faults::None, async |house| {
            assert_eq!(house.apply().await.outcome.exit_code, 7);
            assert_eq!(house.truth("i-1")["Status"], "Stopped");
            let order = json!({ "OrderId": house.orders()[0]["OrderId"] });
            let machine = json!({"InstanceId": "i-1"});
            let deeds = [("start", &machine), ("pay", &order)];
            let turns = if starts_first { [0, 1] } else { [1, 0] };
            for (verb, body) in turns.map(|nth: usize| deeds[nth]) {
                assert!(house.rig.by_hand(verb, body), "{verb}");
                house.wait(120).await;
            }

            let told = house.apply().await;
            assert_eq!(told.outcome.exit_code, 3, "{:?}", told.outcome);
            assert!(!told.outcome.open, "nothing of the run is left to do");
            let end = told.end_of("i-1");
            let why = "somebody started it before its change was known to be in force: it takes \
                       another restart, which the next plan has";
            assert!(end.contains("Differs") && end.contains(why), "{end}");
            let guest = if starts_first {
                "ecs.g7.large"
            } else {
                "ecs.g7.xlarge"
            };
            assert_eq!(house.truth("i-1")["EffectiveType"], guest);
            assert!(house.calls("StopInstances").is_empty());

            let told = house.apply().await;
            assert_eq!(told.outcome.exit_code, 0, "{:?}", told.outcome);
            let machine = house.truth("i-1");
            assert_eq!(machine["Status"], "Running");
            assert_eq!(machine["EffectiveType"], "ecs.g7.xlarge");
            assert_eq!(house.calls("StopInstances").len(), 1);
            assert_eq!(house.orders().len(), 1);
            assert!(house.is_as_wanted().await, "it would be restarted again");
        });
    }
}

#[test]
fn a_machine_that_was_found_down_is_started_on_what_was_paid_for_it() {
    for prepaid_upgrade in ["online", "offline"] {
        let manifest = larger_and_up("await", prepaid_upgrade);
        story(&manifest, FOUND_DOWN, Faults::None, async |house| {
            assert_eq!(house.apply().await.outcome.exit_code, 7);
            let order = json!({ "OrderId": house.orders()[0]["OrderId"] });
            assert!(house.rig.by_hand("pay", &order));
            house.wait(120).await;
            let told = house.apply().await;
            assert_eq!(told.outcome.exit_code, 0, "{:?}", told.outcome);
            assert_eq!(house.truth("i-1")["EffectiveType"], "ecs.g7.xlarge");
            assert!(house.is_as_wanted().await);
        });
    }
}

#[test]
fn a_start_of_ours_that_nobody_saw_the_end_of_puts_in_force_what_was_paid_before_it() {
    let slow = format!("{FOUND_DOWN}\ndelays: {{start: 50m}}");
    let manifest = larger_and_up("auto", "online");
    story(&manifest, &slow, Faults::None, async |house| {
        let told = house.apply().await;
        assert_eq!(told.outcome.exit_code, 8, "{:?}", told.outcome);
        let end = told.end_of("i-1");
        let why = "still Starting after 2400 s";
        assert!(end.contains("Held") && end.contains(why), "{end}");
        house.wait(20 * 60).await;
        let told = house.apply().await;
        assert_eq!(told.outcome.exit_code, 0, "{:?}", told.outcome);
        assert_eq!(house.truth("i-1")["EffectiveType"], "ecs.g7.xlarge");
        assert_eq!(house.calls("StartInstances").len(), 1);
        assert!(house.calls("StopInstances").is_empty());
        assert!(house.is_as_wanted().await);
    });
}

#[test]
fn a_machine_that_somebody_stopped_before_its_restart_is_left_to_them_with_what_was_paid() {
    story(
        &larger("await"),
        SUBSCRIPTION,
        Faults::None,
        async |house| {
            assert_eq!(house.apply().await.outcome.exit_code, 7);
            let machine = json!({"InstanceId": "i-1"});
            assert!(house.rig.by_hand("stop", &machine));
            let order = json!({ "OrderId": house.orders()[0]["OrderId"] });
            assert!(house.rig.by_hand("pay", &order));
            house.wait(120).await;

            let told = house.apply().await;
            assert_eq!(told.outcome.exit_code, 3, "{:?}", told.outcome);
            assert!(!told.outcome.open, "nothing of the run is left to do");
            let end = told.end_of("i-1");
            let why = "somebody has stopped it since the plan was made; what was ordered takes \
                       effect when it is started";
            assert!(end.contains("LeftAlone") && end.contains(why), "{end}");
            assert_eq!(house.truth("i-1")["Status"], "Stopped");
            assert!(house.calls("StartInstances").is_empty());

            house.wait(120).await;
            assert!(house.rig.by_hand("start", &machine));
            house.wait(120).await;
            assert_eq!(house.truth("i-1")["EffectiveType"], "ecs.g7.xlarge");
            assert!(
                house.is_as_wanted().await,
                "it would be restarted once more"
            );
        },
    );
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
