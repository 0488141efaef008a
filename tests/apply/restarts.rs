//! Machines that take a restart for what was ordered: found down, or stopped and started by somebody meanwhile.

use respec::sim::Faults;
use serde_json::json;

use crate::house::story;
use crate::orders::{SUBSCRIPTION, larger};

const FOUND_DOWN: &str = "instances: [{InstanceId: i-1, InstanceType: ecs.g7.large, Status: Stopped, \
                          InstanceChargeType: PrePaid, ExpiredTime: 2026-06-01T16:00Z}]";

/// A machine that is to run on another type, whatever it was found as.
fn larger_and_up(payment: &str, prepaid_upgrade: &str) -> String {
    format!(
        "instances: {{one: {{id: i-1, payment: {payment}, change: {{prepaid_upgrade: {prepaid_upgrade}}}, \
         spec: {{instance_type: ecs.g7.xlarge, power: running}}}}}}"
    )
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
