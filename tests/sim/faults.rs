//! What goes wrong on purpose, and that it goes wrong the same way twice.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

use crate::harness::{House, story, story_with};
use respec::sim::{Fault, FaultPlan, Faults};
use respec::wire::WireError;
use serde_json::{Value, json};

const ONE: &str = "instances: [{InstanceId: i-1, InstanceType: ecs.g7.large}]";
const STOP: [(&str, &str); 1] = [("InstanceId", "i-1")];

/// Stops the machine while one thing goes wrong, and tells how the call and the machine ended.
fn stop_under(fault: Fault) -> (String, String) {
    let ending = Rc::new(RefCell::new(None));
    let told = Rc::clone(&ending);
    story_with(ONE, Faults::at_calls([(0, fault)]), |house| async move {
        let outcome = match house.try_ecs("StopInstance", &STOP).await {
            Ok(answer) => answer.code().to_owned(),
            Err(WireError::NotSent(_)) => "not sent".to_owned(),
            Err(WireError::Unanswered(_)) => "unanswered".to_owned(),
        };
        house.wait(60).await;
        let status = house.truth("i-1")["Status"].as_str().unwrap().to_owned();
        *told.borrow_mut() = Some((outcome, status));
    });
    ending.take().unwrap()
}

#[test]
fn each_fault_leaves_the_world_as_its_name_says() {
    for (fault, outcome, status) in [
        (Fault::NotSent, "not sent", "Running"),
        (Fault::LostBefore, "unanswered", "Running"),
        (Fault::LostAfter, "unanswered", "Stopped"),
        (Fault::Late(Duration::from_secs(5)), "unanswered", "Stopped"),
        (Fault::InternalBefore, "InternalError", "Running"),
        (Fault::InternalAfter, "InternalError", "Stopped"),
        (Fault::Unavailable, "ServiceUnavailable", "Running"),
        (
            Fault::Throttled(Duration::from_secs(3)),
            "Throttling.User",
            "Running",
        ),
        (Fault::PowerHangs, "OK", "Stopping"),
    ] {
        let expected = (outcome.to_owned(), status.to_owned());
        assert_eq!(stop_under(fault), expected, "{fault:?}");
    }
}

#[test]
fn a_late_effect_comes_after_the_client_has_given_up() {
    let late = Fault::Late(Duration::from_secs(60));
    story_with(ONE, Faults::at_calls([(0, late)]), |house| async move {
        assert!(house.try_ecs("StopInstance", &STOP).await.is_err());
        house.wait(59).await;
        assert_eq!(house.truth("i-1")["Status"], "Running");
        house.wait(2).await;
        assert_eq!(house.truth("i-1")["Status"], "Stopping");
    });
}

#[test]
fn a_stop_that_hangs_ends_with_a_power_cut() {
    story_with(
        ONE,
        Faults::at_calls([(0, Fault::PowerHangs)]),
        |house| async move {
            house.ecs("StopInstance", &STOP).await;
            house.wait(600).await;
            assert_eq!(house.truth("i-1")["Status"], "Stopping");
            let cut = [STOP[0], ("ForceStop", "true")];
            assert_eq!(house.ecs("StopInstance", &cut).await.code(), "OK");
            house.wait(5).await;
            assert_eq!(house.truth("i-1")["Status"], "Stopped");
        },
    );
}

#[test]
fn stock_can_be_gone_once_the_machine_is_down() {
    story_with(
        ONE,
        Faults::at_calls([(1, Fault::StockGone)]),
        |house| async move {
            house.bring_down("i-1").await;
            let params = [STOP[0], ("InstanceType", "ecs.g7.xlarge")];
            for _ in 0..2 {
                let answer = house.ecs("ModifyInstanceSpec", &params).await;
                assert_eq!(answer.code(), "OperationDenied.NoStock");
            }
        },
    );
}

#[test]
fn a_stale_read_shows_what_was() {
    let stale = Fault::Stale(Duration::from_secs(20));
    story_with(ONE, Faults::at_calls([(1, stale)]), |house| async move {
        house.bring_down("i-1").await;
        assert_eq!(house.shown("i-1").await["Status"], "Running");
        assert_eq!(house.shown("i-1").await["Status"], "Stopped");
    });
}

#[test]
fn a_list_without_machines_is_one_list() {
    let faults = Faults::at_calls([(0, Fault::Unlisted)]);
    story_with(ONE, faults, |house| async move {
        assert_eq!(house.shown("i-1").await, Value::Null);
        assert_eq!(house.shown("i-1").await["Status"], "Running");
    });
}

#[test]
fn a_client_that_is_dropped_does_not_stop_the_server() {
    story(ONE, |house| async move {
        {
            let call = house.try_ecs("StopInstance", &STOP);
            let soon = tokio::time::timeout(Duration::from_millis(10), call).await;
            assert!(soon.is_err());
        }
        house.wait(1).await;
        assert_eq!(house.truth("i-1")["Status"], "Stopping");
    });
}

#[test]
fn a_world_that_cannot_be_saved_gives_no_answer() {
    story(ONE, |house| async move {
        let saves = Rc::new(RefCell::new(0));
        let counted = Rc::clone(&saves);
        let hook: respec::sim::MutationHook = Rc::new(move |_world| {
            *counted.borrow_mut() += 1;
            Err("disk full".to_owned())
        });
        let house = house.with_hook(hook);
        assert_eq!(house.shown("i-1").await["Status"], "Running");
        let unanswered = Err(WireError::Unanswered("disk full".to_owned()));
        assert_eq!(house.try_ecs("StopInstance", &STOP).await, unanswered);
        assert_eq!(
            house.ecs("StopInstance", &STOP).await.code(),
            "IncorrectInstanceStatus"
        );
        assert_eq!(*saves.borrow(), 1, "neither reads nor refusals are saved");
    });
}

/// Stops and starts a machine a few times, whatever happens, and returns the transcript.
fn busy_run(seed: u64) -> String {
    let transcript = Rc::new(RefCell::new(String::new()));
    let written = Rc::clone(&transcript);
    let faults = Faults::seeded(seed, FaultPlan::even(0.04, 30));
    story_with(ONE, faults, |house: House| async move {
        for round in 0..30 {
            let token = json!(round).to_string();
            let params = [
                STOP[0],
                ("InternetMaxBandwidthOut", "5"),
                ("ClientToken", &token),
            ];
            for (action, params) in [
                ("StopInstance", &STOP[..]),
                ("DescribeInstances", &[]),
                ("ModifyInstanceNetworkSpec", &params),
                ("StartInstance", &STOP),
            ] {
                let _any = house.try_ecs(action, params).await;
                house.wait(17).await;
            }
        }
        *written.borrow_mut() = house.wire.transcript();
    });
    transcript.take()
}

#[test]
fn equal_seeds_give_equal_transcripts() {
    let first = busy_run(11);
    assert_eq!(first, busy_run(11));
    assert_ne!(first, busy_run(12));
    assert_eq!(first.lines().count(), 120);
    assert!(
        first.starts_with("+00:00:00.000 StopInstance i-1 - "),
        "{first}"
    );
    assert!(!first.contains('…'), "a call never ended:\n{first}");
}
