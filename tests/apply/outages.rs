//! What goes wrong while a machine is down, and that it comes up again.

use std::time::Duration;

use respec::event::EventKind;
use respec::saga::Mode;
use respec::sim::{Fault, FaultPlan, Faults};
use serde_json::json;

use crate::house::{House, begins, finishes, story};

const ONE: &str = "instances: [{InstanceId: i-1, InstanceType: ecs.g7.large}]";
const ONE_LARGER: &str = "instances: {one: {id: i-1, spec: {instance_type: ecs.g7.xlarge}}}";

#[test]
fn a_refused_change_restarts_the_machine_and_spares_the_others_before_their_stop() {
    let ids: Vec<String> = (1..=6).map(|n| format!("i-{n}")).collect();
    let machines: Vec<_> = ids
        .iter()
        .map(|id| json!({"InstanceId": id, "InstanceType": "ecs.g7.large", "ZoneId": "cn-hangzhou-h"}))
        .collect();
    let cloud = json!({ "instances": machines }).to_string();
    let manifest = "groups: {web: {ids: [i-1, i-2, i-3, i-4, i-5, i-6], \
                    spec: {instance_type: ecs.g7.xlarge}, \
                    rollout: {max_unavailable: 50%, max_failures: 200, batches: [100%]}}}";
    let faults = FaultPlan {
        stock_gone: 1.0,
        most: 1,
        ..FaultPlan::default()
    };
    story(manifest, &cloud, Faults::seeded(1, faults), async |house| {
        let told = house.apply().await;
        assert_eq!(told.outcome.exit_code, 3);
        assert_eq!(told.outcome.left_alone.len(), 3, "{:?}", told.outcome);
        let stops = house.calls("StopInstances");
        assert_eq!(stops.len(), 1, "{stops:?}");
        for id in &ids {
            let machine = house.truth(id);
            assert_eq!(machine["Status"], "Running", "{id}");
            assert_eq!(machine["ConfiguredType"], "ecs.g7.large", "{id}");
        }
    });
}

#[test]
fn a_cool_down_met_after_the_stop_starts_the_machine_and_comes_back_in_a_new_outage() {
    story(ONE_LARGER, ONE, Faults::None, async |house| {
        let by_hand = json!({"InstanceId": "i-1", "InternetMaxBandwidthOut": 5});
        assert!(house.rig.by_hand("modify", &by_hand));
        let told = house.apply().await;
        assert_eq!(told.outcome.exit_code, 0, "{:?}", told.outcome);
        assert_eq!(house.calls("StopInstances").len(), 2);
        assert_eq!(house.calls("StartInstances").len(), 2);
        let put_back = told.when(|kind| matches!(kind, EventKind::Closed { .. }));
        assert!(put_back < 120.0, "it was held down through the cool-down");
        let postponed = told.when(|kind| matches!(kind, EventKind::Postponed { .. }));
        assert!(
            (put_back..put_back + 5.0).contains(&postponed),
            "{postponed}"
        );
        assert_eq!(house.truth("i-1")["EffectiveType"], "ecs.g7.xlarge");
    });
}

/// The third list of the apply is read while the machine is down.
#[test]
fn a_list_that_lacks_a_machine_is_no_proof_that_it_is_gone() {
    let missing = |nth| ("DescribeInstances".to_owned(), nth, Fault::Unlisted);
    let faults = Faults::listed((3..=5).map(missing));
    story(ONE_LARGER, ONE, faults, async |house| {
        let told = house.apply().await;
        assert_eq!(told.outcome.exit_code, 0, "{:?}", told.outcome);
        assert_eq!(house.calls("StopInstances").len(), 1);
        assert_eq!(house.truth("i-1")["Status"], "Running");
        assert_eq!(house.truth("i-1")["EffectiveType"], "ecs.g7.xlarge");
    });
}

/// R52: a subscription is told of its cool-down in the words for the call rate, and does not stay down to tell them apart.
#[test]
fn a_downgrade_throttled_after_its_stop_starts_the_machine_and_comes_back_in_a_new_outage() {
    let cloud = "instances: [{InstanceId: i-1, InstanceType: ecs.g7.xlarge, \
                 InstanceChargeType: PrePaid, ExpiredTime: 2026-06-01T16:00Z}]";
    let smaller = "instances: {one: {id: i-1, spec: {instance_type: ecs.g7.large}}}";
    story(smaller, cloud, Faults::None, async |house| {
        let by_hand = json!({"InstanceId": "i-1", "InternetMaxBandwidthOut": 5});
        assert!(house.rig.by_hand("modify", &by_hand));
        let told = house.apply().await;
        assert_eq!(told.outcome.exit_code, 0, "{:?}", told.outcome);
        let switches = house.calls_in_order(&["StopInstances", "StartInstances"]);
        let switches: Vec<&str> = switches
            .iter()
            .filter_map(|l| l.split(' ').nth(1))
            .collect();
        let (stop, start) = ("StopInstances", "StartInstances");
        assert_eq!(switches, [stop, start, stop, start]);
        let put_back = told.when(|kind| matches!(kind, EventKind::Closed { .. }));
        assert!(put_back < 150.0, "it was held down through it: {put_back}");
        assert_eq!(house.orders().len(), 1);
        assert_eq!(house.truth("i-1")["EffectiveType"], "ecs.g7.large");
    });
}

#[test]
fn a_machine_that_was_changed_a_moment_ago_is_told_with_the_time_at_which_it_begins() {
    story(ONE_LARGER, ONE, Faults::None, async |mut house| {
        assert_eq!(house.apply().await.outcome.exit_code, 0);
        house.want("instances: {one: {id: i-1, spec: {instance_type: ecs.g7.2xlarge}}}");
        let told = house.apply().await;
        assert_eq!(told.outcome.exit_code, 0, "{:?}", told.outcome);
        let postponed = told.when(|kind| matches!(kind, EventKind::Postponed { .. }));
        let begun = told.when(|kind| matches!(kind, EventKind::Begun { .. }));
        assert!(begun - postponed > 200.0, "{postponed} {begun}");
    });
}

#[test]
fn a_shutdown_that_hangs_is_a_failed_step_and_the_machine_is_started_once_it_is_down() {
    let manifest = "instances: {one: {id: i-1, spec: {instance_type: ecs.g7.xlarge}, \
                    change: {stop_within: 1m}}}";
    let faults = FaultPlan {
        power_hangs: 1.0,
        most: 1,
        ..FaultPlan::default()
    };
    story(manifest, ONE, Faults::seeded(1, faults), async |house| {
        let told = house.apply().await;
        assert_eq!(told.outcome.exit_code, 3);
        assert!(
            told.end_of("i-1").contains("Undone"),
            "{}",
            told.end_of("i-1")
        );
        let failed = told.when(|kind| matches!(kind, EventKind::StepFailed { .. }));
        assert!((60.0..90.0).contains(&failed), "{failed}");
        let started = told.when(|kind| begins(kind, "start"));
        assert!(started > 1_790.0, "{started}");
        assert!(house.calls("ModifyInstanceSpec").is_empty());
        assert_eq!(house.truth("i-1")["Status"], "Running");
    });
}

#[test]
fn a_machine_that_was_stopped_by_a_program_that_died_is_not_taken_for_somebody_elses() {
    story(ONE_LARGER, ONE, Faults::None, async |house| {
        house.apply_and_die_after(8).await;
        house.wait(60).await;
        assert_eq!(house.truth("i-1")["Status"], "Stopped");
        let told = house.apply().await;
        assert_eq!(told.outcome.exit_code, 0, "{:?}", told.outcome);
        assert_eq!(house.calls("StopInstances").len(), 1);
        assert_eq!(house.truth("i-1")["EffectiveType"], "ecs.g7.xlarge");
    });
}

/// The run is given up while its stop is lost; the stop arrives when the machine is put back, and takes long.
#[test]
fn a_machine_that_a_late_stop_takes_down_for_long_is_left_to_a_person_by_name() {
    let cloud = format!("{ONE}\ndelays: {{stop: 50m}}");
    let late = Fault::Late(Duration::from_secs(60));
    let faults = Faults::listed([("StopInstances".to_owned(), 1, late)]);
    story(ONE_LARGER, &cloud, faults, async |mut house| {
        house.apply_and_die_after(5).await;
        house.options.mode = Mode::PutBack;
        let told = house.apply().await;
        assert_eq!(told.outcome.exit_code, 8, "{:?}", told.outcome);
        assert_eq!(told.outcome.obligations.len(), 1);
        let end = told.end_of("i-1");
        let why = "i-1 is still Stopping after 2400 s";
        assert!(end.contains("Stuck") && end.contains(why), "{end}");
        let waits = |kind: &EventKind| matches!(kind, EventKind::Waiting { reason, .. } if reason.contains("it is Stopping"));
        assert!(told.events.iter().any(|event| waits(&event.kind)));

        house.wait(20 * 60).await;
        let told = house.apply().await;
        assert!(told.outcome.obligations.is_empty(), "{:?}", told.outcome);
        assert_eq!(house.truth("i-1")["Status"], "Running");
        assert_eq!(house.truth("i-1")["ConfiguredType"], "ecs.g7.large");
    });
}

/// A larger type, and an owner who has the power cut where a shutdown does not end.
const FORCED: &str = "instances: {one: {id: i-1, spec: {instance_type: ecs.g7.xlarge}, \
                      change: {force_stop_after: 1m}}}";

/// It is refused for a minute before it is begun: cut off by then, the machine would be down at once.
#[test]
fn a_shutdown_is_not_forced_before_it_was_given_its_time() {
    let cloud = format!(
        "{ONE}\ndelays: {{stop: 40s}}\n\
         faults: [{{operation: StopInstances, calls: [1, 2, 3, 4], code: IncorrectInstanceStatus}}]"
    );
    story(FORCED, &cloud, Faults::None, async |house| {
        let told = house.apply().await;
        assert_eq!(told.outcome.exit_code, 0, "{:?}", told.outcome);
        let stops = house.calls("StopInstances");
        assert_eq!(stops.len(), 5, "{stops:?}");
        let stopped = told.when(|kind| finishes(kind, "stop"));
        assert!(stopped > 95.0, "its power was cut: {stopped}");
    });
}

#[test]
fn a_forced_stop_that_is_refused_is_tried_again() {
    let cloud = format!(
        "{ONE}\ndelays: {{stop: 10m}}\n\
         faults: [{{operation: StopInstances, call: 2, code: IncorrectInstanceStatus}}]"
    );
    story(FORCED, &cloud, Faults::None, async |house| {
        let told = house.apply().await;
        assert_eq!(told.outcome.exit_code, 0, "{:?}", told.outcome);
        let stops = house.calls("StopInstances");
        assert_eq!(stops.len(), 3, "{stops:?}");
        let stopped = told.when(|kind| finishes(kind, "stop"));
        assert!((60.0..120.0).contains(&stopped), "{stopped}");
        assert_eq!(house.truth("i-1")["EffectiveType"], "ecs.g7.xlarge");
    });
}

#[test]
fn a_stop_is_sent_as_soon_as_its_machine_can_be_looked_at_again() {
    let blind: Vec<u32> = (2..=23).collect();
    let cloud = format!(
        "{ONE}\nfaults: [{{operation: DescribeInstances, calls: {blind:?}, code: Forbidden.RAM}}]"
    );
    story(ONE_LARGER, &cloud, Faults::None, async |house| {
        let told = house.apply().await;
        assert_eq!(told.outcome.exit_code, 0, "{:?}", told.outcome);
        let begun = told.when(|kind| begins(kind, "stop"));
        assert!(begun > 300.0, "{begun}");
        assert_eq!(house.calls("StopInstances").len(), 1);
        assert_eq!(house.truth("i-1")["EffectiveType"], "ecs.g7.xlarge");
    });
}

#[test]
fn a_start_that_is_refused_on_the_new_type_is_changed_back_and_started() {
    let lock = json!({"InstanceId": "i-1"});
    story(ONE_LARGER, ONE, Faults::None, async |house| {
        let told = house
            .apply_hearing(|event, _| {
                // A lock refuses the start; it goes when the start has been given up.
                if finishes(&event.kind, "modify") && house.calls("StartInstances").is_empty() {
                    assert!(house.rig.by_hand("lock", &lock));
                }
                if matches!(event.kind, EventKind::StepFailed { .. }) {
                    assert!(house.rig.by_hand("unlock", &lock));
                }
            })
            .await;
        assert_eq!(told.outcome.exit_code, 3, "{:?}", told.outcome);
        assert!(
            told.end_of("i-1").contains("Undone"),
            "{}",
            told.end_of("i-1")
        );
        let machine = house.truth("i-1");
        assert_eq!(machine["Status"], "Running");
        assert_eq!(machine["EffectiveType"], "ecs.g7.large");
        assert_eq!(house.calls("ModifyInstanceSpec").len(), 2);
        assert!(told.downtime() > Duration::from_secs(300));
    });
}

const TO_BE_GIVEN_UP: &str = "instances: [{InstanceId: i-1, InstanceType: ecs.g7.large, InternetMaxBandwidthOut: 20, \
                              InternetChargeType: PayByTraffic, PublicIpAddress: {IpAddress: [198.18.0.1]}}]";
const STOPPED_WITHOUT_CHARGE: &str = "instances: {one: {id: i-1, spec: {instance_type: ecs.g7.xlarge, power: stopped, \
                                      stopped_mode: StopCharging, internet: {public_ip: false}}}}";

/// What StopCharging gives up does not come back: a refused change must not have cost it.
#[test]
fn a_refused_change_leaves_the_address_of_a_machine_that_would_be_stopped_without_charge() {
    let faults = FaultPlan {
        stock_gone: 1.0,
        most: 1,
        ..FaultPlan::default()
    };
    let faults = Faults::seeded(1, faults);
    story(
        STOPPED_WITHOUT_CHARGE,
        TO_BE_GIVEN_UP,
        faults,
        async |house| {
            let told = house.apply().await;
            let machine = house.truth("i-1");
            assert_eq!(machine["Status"], "Running", "{:?}", told.outcome);
            assert_eq!(machine["ConfiguredType"], "ecs.g7.large");
            let address = machine["PublicIpAddress"].to_string();
            assert!(address.contains("198.18.0.1"), "{address}");
        },
    );
}

#[test]
fn a_machine_is_stopped_without_charge_once_its_type_is_changed() {
    story(
        STOPPED_WITHOUT_CHARGE,
        TO_BE_GIVEN_UP,
        Faults::None,
        async |house| {
            let told = house.apply().await;
            assert_eq!(told.outcome.exit_code, 0, "{:?}", told.outcome);
            let machine = house.truth("i-1");
            assert_eq!(machine["Status"], "Stopped");
            assert_eq!(machine["StoppedMode"], "StopCharging");
            assert_eq!(machine["ConfiguredType"], "ecs.g7.xlarge");
            assert_eq!(house.calls("StopInstances").len(), 2);
            let again = house.apply().await;
            assert_eq!(again.outcome.exit_code, 0, "{:?}", again.outcome);
            assert_eq!(house.calls("StopInstances").len(), 2);
        },
    );
}

/// A machine of a type that is not sold any more: there is no way back to it.
const RETIRED: &str = "catalogue: [{type: ecs.s2.large, vcpus: 2, memory_gib: 4, price_hour: 0.3, Generation: ecs-1}]\n\
                       instances: [{InstanceId: i-1, InstanceType: ecs.s2.large, IoOptimized: false}]";

/// An apply in which the machine is locked for as long as its start is tried: it is held, and down.
async fn is_held_down(house: &House) {
    let lock = json!({"InstanceId": "i-1"});
    let told = house
        .apply_hearing(|event, _| {
            if finishes(&event.kind, "modify") {
                assert!(house.rig.by_hand("lock", &lock));
            }
            if matches!(event.kind, EventKind::StepFailed { .. }) {
                assert!(house.rig.by_hand("unlock", &lock));
            }
        })
        .await;
    assert_eq!(told.outcome.exit_code, 8, "{:?}", told.outcome);
    let end = told.end_of("i-1");
    assert!(end.contains("Held"), "{end}");
    let machine = house.truth("i-1");
    assert_eq!(machine["Status"], "Stopped");
    assert_eq!(machine["ConfiguredType"], "ecs.g7.xlarge");
}

#[test]
fn a_start_that_is_refused_behind_a_retired_type_is_held_and_tried_again_by_the_next_apply() {
    story(ONE_LARGER, RETIRED, Faults::None, async |house| {
        is_held_down(&house).await;
        let told = house.apply().await;
        assert_eq!(told.outcome.exit_code, 0, "{:?}", told.outcome);
        let machine = house.truth("i-1");
        assert_eq!(machine["Status"], "Running");
        assert_eq!(machine["EffectiveType"], "ecs.g7.xlarge");
        // Nobody asked for the old type, which the cloud would have refused.
        assert_eq!(house.calls("ModifyInstanceSpec").len(), 1);
    });
}

/// Whether its start is to be sent yet, or somebody has started it by then, nothing is owed to it in the end.
#[test]
fn a_machine_that_is_held_while_it_is_down_is_up_once_its_run_is_settled() {
    for by_hand in [false, true] {
        story(ONE_LARGER, RETIRED, Faults::None, async |mut house| {
            is_held_down(&house).await;
            let tried = house.calls("StartInstances").len();
            if by_hand {
                let machine = json!({"InstanceId": "i-1"});
                assert!(house.rig.by_hand("start", &machine));
                house.wait(120).await;
            }
            house.options.mode = Mode::PutBack;
            let told = house.apply().await;
            assert_eq!(told.outcome.exit_code, 0, "{:?}", told.outcome);
            assert!(told.outcome.obligations.is_empty(), "{:?}", told.outcome);
            assert!(!told.outcome.open, "nothing of the run is left to do");
            let machine = house.truth("i-1");
            assert_eq!(machine["Status"], "Running");
            assert_eq!(machine["EffectiveType"], "ecs.g7.xlarge");
            let sent = house.calls("StartInstances").len() - tried;
            assert_eq!(sent, usize::from(!by_hand));
            assert_eq!(house.calls("ModifyInstanceSpec").len(), 1);
        });
    }
}
