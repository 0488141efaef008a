//! Orders whose answer was lost: looked for in the books, adopted, and never made twice.

use respec::saga::Mode;
use respec::sim::Faults;
use serde_json::json;

use crate::house::story;
use crate::orders::{SUBSCRIPTION, billed, larger};

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
