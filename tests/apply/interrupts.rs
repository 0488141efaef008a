//! Ctrl-C, once and twice.

use respec::apply::Interrupt;
use respec::sim::Faults;

use crate::house::{begins, story};

const ONE: &str = "instances: [{InstanceId: i-1, InstanceType: ecs.g7.large}]";
const ONE_LARGER: &str = "instances: {one: {id: i-1, spec: {instance_type: ecs.g7.xlarge}}}";

#[test]
fn an_interrupt_during_a_stop_brings_the_machine_up_and_the_next_apply_finishes() {
    story(ONE_LARGER, ONE, Faults::None, async |house| {
        let told = house
            .apply_hearing(|event, keyboard| {
                if begins(&event.kind, "stop") {
                    keyboard.send(Interrupt::Ask { exit_code: 130 }).unwrap();
                }
            })
            .await;
        assert_eq!(told.outcome.exit_code, 130);
        assert!(told.outcome.open, "{:?}", told.outcome);
        assert!(told.outcome.obligations.is_empty());
        assert_eq!(house.truth("i-1")["Status"], "Running");
        assert_eq!(house.truth("i-1")["ConfiguredType"], "ecs.g7.large");
        let told = house.apply().await;
        assert_eq!(told.outcome.exit_code, 0, "{:?}", told.outcome);
        assert_eq!(house.truth("i-1")["EffectiveType"], "ecs.g7.xlarge");
    });
}

#[test]
fn a_second_interrupt_leaves_at_once_and_says_what_is_owed() {
    story(ONE_LARGER, ONE, Faults::None, async |house| {
        let told = house
            .apply_hearing(|event, keyboard| {
                if begins(&event.kind, "stop") {
                    keyboard.send(Interrupt::Ask { exit_code: 130 }).unwrap();
                    keyboard.send(Interrupt::Insist { exit_code: 130 }).unwrap();
                }
            })
            .await;
        assert_eq!(told.outcome.exit_code, 130);
        assert_eq!(told.outcome.obligations.len(), 1);
        house.wait(3600).await;
        let told = house.apply().await;
        assert_eq!(told.outcome.exit_code, 0, "{:?}", told.outcome);
        assert_eq!(house.truth("i-1")["Status"], "Running");
    });
}
