//! Faults written into the scenario: any code, at any call, on either side of the effect.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::rc::Rc;

use crate::harness::{House, story};
use respec::guide::errors;
use respec::sim::{Scenario, World};
use respec::wire::WireError;

const STOP: [(&str, &str); 1] = [("InstanceId", "i-1")];

/// Two machines and these faults.
fn with(faults: &str) -> String {
    format!(
        "faults:\n{faults}\ninstances:\n- {{InstanceId: i-1, InstanceType: ecs.g7.large}}\n\
         - {{InstanceId: i-2, InstanceType: ecs.g7.large}}\n"
    )
}

/// Makes one call and tells how it ended: `403 Code`, `unanswered` or `not sent`.
async fn outcome(house: &House, action: &str, params: &[(&str, &str)]) -> String {
    match house.try_ecs(action, params).await {
        Ok(answer) => format!("{} {}", answer.status, answer.code()),
        Err(WireError::NotSent(_)) => "not sent".to_owned(),
        Err(WireError::Unanswered(_)) => "unanswered".to_owned(),
    }
}

/// Tells a story that ends in a value.
fn told<T: 'static>(scenario: &str, tell: impl AsyncFnOnce(House) -> T + 'static) -> T {
    let ending = Rc::new(RefCell::new(None));
    let kept = Rc::clone(&ending);
    story(scenario, |house| async move {
        let told = tell(house).await;
        *kept.borrow_mut() = Some(told);
    });
    ending.take().unwrap()
}

#[test]
fn each_when_leaves_client_and_machine_as_its_name_says() {
    for (when, seen, status) in [
        (
            "before, code: OperationConflict",
            "409 OperationConflict",
            "Running",
        ),
        ("after, code: InternalError", "500 InternalError", "Stopped"),
        ("no_answer_before", "unanswered", "Running"),
        ("no_answer_after", "unanswered", "Stopped"),
        ("not_sent", "not sent", "Running"),
    ] {
        let scenario = with(&format!("- {{operation: StopInstance, when: {when}}}"));
        let found = told(&scenario, async |house| {
            let seen = outcome(&house, "StopInstance", &STOP).await;
            house.wait(60).await;
            (
                seen,
                house.truth("i-1")["Status"].as_str().unwrap().to_owned(),
            )
        });
        assert_eq!(found, (seen.to_owned(), status.to_owned()), "{when}");
    }
}

#[test]
fn every_code_of_the_guide_can_be_answered_by_its_own_operation() {
    for facts in errors::all() {
        let code = facts.code.replace('*', "InstanceId");
        for action in facts
            .operations
            .iter()
            .chain(&["StopInstance"])
            .take(facts.operations.len().max(1))
        {
            let fault = format!(
                "- {{operation: {action}, code: {code}, status: {}}}",
                facts.http
            );
            let seen = told(&with(&fault), async |house| {
                outcome(&house, action, &STOP).await
            });
            assert_eq!(seen, format!("{} {code}", facts.http), "{action}");
        }
    }
}

#[test]
fn a_code_without_a_status_takes_the_one_the_guide_knows_for_the_operation() {
    let scenario = with("- {code: Throttling}\n");
    let seen = told(&scenario, async |house| {
        let modify = outcome(&house, "ModifyInstanceSpec", &STOP).await;
        (modify, house.ecs("StopInstance", &STOP).await.body)
    });
    assert_eq!(seen.0, "400 Throttling");
    let meaning = errors::find(Some("StopInstance"), "Throttling")[0].meaning;
    assert_eq!(seen.1["Message"], meaning);
    let own =
        with("- {code: Made.Up, status: 418, message: No coffee here., retry_after_ms: 1500}");
    story(&own, |house| async move {
        let query = crate::harness::signed(house.common("DescribeRegions"), "simulated-secret");
        let request = crate::harness::request("/", query, Vec::new());
        let reply = respec::wire::Wire::send(&house.wire, request)
            .await
            .unwrap();
        assert_eq!(reply.status, 418);
        assert!(
            reply
                .headers
                .contains(&("x-acs-retry-after".to_owned(), "1500".to_owned()))
        );
        assert!(
            String::from_utf8(reply.body)
                .unwrap()
                .contains("No coffee here.")
        );
    });
}

#[test]
fn faults_count_the_calls_that_fit_them() {
    let scenario = with(
        "- {operation: DescribeInstances, call: 2, code: ServiceUnavailable}
- {operation: DescribeInstances, calls: [2, 4], code: InternalError}
- {instance: i-2, times: 1, code: Throttling.User}",
    );
    let seen = told(&scenario, async |house| {
        let mut seen = Vec::new();
        for _ in 0..4 {
            seen.push(outcome(&house, "DescribeInstances", &[]).await);
        }
        for id in ["i-1", "i-2", "i-2"] {
            seen.push(outcome(&house, "StopInstance", &[("InstanceId", id)]).await);
        }
        let both = [("InstanceId.1", "i-1"), ("InstanceId.2", "i-2")];
        seen.push(outcome(&house, "StartInstances", &both).await);
        seen
    });
    assert_eq!(
        seen,
        [
            "200 OK",
            "503 ServiceUnavailable",
            "200 OK",
            "500 InternalError",
            "200 OK",
            "400 Throttling.User",
            "200 OK",
            "403 IncorrectInstanceStatus"
        ]
    );
}

/// Which of 400 reads fail.
fn failures(seed: u64) -> BTreeSet<usize> {
    let fault = "- {operation: DescribeInstances, share: 0.05, code: InternalError}";
    let scenario = format!("fault_seed: {seed}\n{}", with(fault));
    told(&scenario, async |house| {
        let mut failed = BTreeSet::new();
        for number in 0..400 {
            if outcome(&house, "DescribeInstances", &[]).await != "200 OK" {
                failed.insert(number);
            }
        }
        failed
    })
}

#[test]
fn a_share_is_drawn_from_the_seed() {
    let first = failures(7);
    assert_eq!(first, failures(7));
    assert_ne!(first, failures(8));
    assert!((10..=32).contains(&first.len()), "{first:?}");
}

#[test]
fn a_fault_that_cannot_strike_is_refused_with_its_place() {
    for (fault, why) in [
        (
            "{operation: StopInstanse, code: InternalError}",
            "faults[0]: operation: there is no",
        ),
        (
            "{instance: i-9, code: InternalError}",
            "faults[0]: instance: there is no i-9",
        ),
        ("{code: Made.Up}", "faults[0]: code: Made.Up is not known"),
        ("{when: before}", "faults[0]: code: is needed"),
        (
            "{when: not_sent, code: InternalError}",
            "faults[0]: code: nothing is answered here",
        ),
        (
            "{when: no_answer_after, status: 500}",
            "faults[0]: status: nothing is answered here",
        ),
        (
            "{code: InternalError, call: 0}",
            "faults[0]: call: the first one is 1",
        ),
        (
            "{code: InternalError, call: 1, calls: [2]}",
            "faults[0]: calls: goes without call",
        ),
        (
            "{code: InternalError, call: 1, share: 0.1}",
            "faults[0]: share: goes without",
        ),
        (
            "{code: InternalError, share: 1.5}",
            "faults[0]: share: must lie between",
        ),
        (
            "{code: InternalError, times: 0}",
            "faults[0]: times: must be above 0",
        ),
        (
            "{code: InternalError, status: 200}",
            "faults[0]: status: must lie between",
        ),
        ("{code: 'Missing*'}", "faults[0]: code: must be letters"),
        ("{code: InternalError, wehn: after}", "wehn"),
    ] {
        let error = Scenario::read(&with(&format!("- {fault}"))).unwrap_err();
        let mut text = error.to_string();
        if let Some(source) = std::error::Error::source(&error) {
            text = format!("{text}: {source}");
        }
        assert!(text.contains(why), "{fault}: {text}");
    }
    let error = Scenario::read("throttle: {Describe: {calls: 1, per: 1s}}").unwrap_err();
    assert!(
        error
            .to_string()
            .contains("throttle.Describe: no such operation")
    );
}

#[test]
fn a_saved_world_and_a_log_of_deeds_go_on_where_the_faults_had_come_to() {
    let scenario = with("- {operation: StopInstance, call: 3, code: InternalError}");
    story(&scenario, |house| async move {
        let mut copy = World::load(&house.world.lock().unwrap().save()).unwrap();
        let mut keep = || {
            copy.repeat(&house.world.lock().unwrap().last_deed().unwrap())
                .unwrap();
        };
        house.ecs("StopInstance", &STOP).await;
        keep();
        assert_eq!(
            outcome(&house, "StopInstance", &STOP).await,
            "403 IncorrectInstanceStatus"
        );
        house.ecs("StopInstances", &[("InstanceId.1", "i-2")]).await;
        keep();
        // Both go on with the third call.
        let saved = house.world.lock().unwrap().save();
        for world in [copy, World::load(&saved).unwrap()] {
            *house.world.lock().unwrap() = world;
            assert_eq!(
                outcome(&house, "StopInstance", &STOP).await,
                "500 InternalError"
            );
        }
    });
}
