//! Ctrl-C, once and twice.

use respec::apply::Interrupt;
use respec::event::EventKind;
use respec::sim::Faults;

use crate::house::{House, Told, begins, story};

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

/// A subscription that wants more, and a cloud where this befalls its order.
fn subscription(fault: &str) -> (String, String) {
    let manifest =
        "instances: {one: {id: i-1, payment: auto, spec: {instance_type: ecs.g7.xlarge}}}";
    let cloud = format!(
        "instances: [{{InstanceId: i-1, InstanceType: ecs.g7.large, InstanceChargeType: PrePaid}}]\n\
         faults: [{{operation: ModifyPrepayInstanceSpec, {fault}}}]"
    );
    (manifest.to_owned(), cloud)
}

/// Applies, and presses Ctrl-C when this is waited for.
async fn interrupted_while(house: &House, waits_for: &str) -> Told {
    house
        .apply_hearing(|event, keyboard| {
            if let EventKind::Waiting { reason, .. } = &event.kind
                && reason.contains(waits_for)
            {
                keyboard.send(Interrupt::Ask { exit_code: 130 }).unwrap();
            }
        })
        .await
}

/// Four tries are one call to whoever waits for its answer.
#[test]
fn an_order_that_was_not_answered_is_looked_for_after_an_interrupt_and_not_made() {
    let (manifest, cloud) = subscription("calls: [1, 2, 3, 4], when: no_answer_before");
    story(&manifest, &cloud, Faults::None, async |house| {
        let told = interrupted_while(&house, "was not answered").await;
        assert_eq!(told.outcome.exit_code, 130, "{:?}", told.outcome);
        let end = told.end_of("i-1");
        // Nothing failed: it is begun anew, and keeps nobody else from it.
        assert!(end.contains("PutBack"), "{end}");
        assert!(end.contains("two readings of the account"), "{end}");
        assert_eq!(house.calls("ModifyPrepayInstanceSpec").len(), 4);
        assert_eq!(house.orders().len(), 0);
        assert_eq!(house.apply().await.outcome.exit_code, 0);
        assert_eq!(house.orders().len(), 1);
    });
}

#[test]
fn an_order_that_was_refused_for_now_is_as_if_never_asked_for_after_an_interrupt() {
    let (manifest, cloud) = subscription("call: 1, code: IncorrectInstanceStatus");
    story(&manifest, &cloud, Faults::None, async |house| {
        let told = interrupted_while(&house, "refused for now").await;
        assert_eq!(told.outcome.exit_code, 130, "{:?}", told.outcome);
        assert!(told.outcome.open);
        let end = told.end_of("i-1");
        assert!(end.contains("PutBack"), "{end}");
        let took = told.events.last().unwrap().elapsed - told.events[0].elapsed;
        assert!(took.as_secs() < 60, "nothing is in doubt: {took:?}");
        assert_eq!(house.calls("ModifyPrepayInstanceSpec").len(), 1);
        assert_eq!(house.orders().len(), 0);
        assert_eq!(house.apply().await.outcome.exit_code, 0);
        assert_eq!(house.orders().len(), 1);
        assert_eq!(house.truth("i-1")["EffectiveType"], "ecs.g7.xlarge");
    });
}
