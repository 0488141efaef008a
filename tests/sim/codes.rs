//! Every code of the three modify calls, held against their documents.
//!
//! Each world in which a rule is broken, and each in which something was done a moment ago, is met by every
//! request of every call. What is answered must stand in the guide for that very call, and every code of the
//! rules must have been heard.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::sync::LazyLock;

use crate::harness::{Answer, House, story};
use crate::rules::{
    BROKEN, DOWN, FIVE, FIXED_PAID, NETWORK, PAID, PAID_STOPPED, PREPAY, SPEC, STOPPED, UP,
    scenario_of,
};
use respec::guide::errors;
use serde_json::json;

/// An operation, and its parameters beside `InstanceId=i-1`.
type Request = (&'static str, &'static str);

/// What an operation answered: status and code.
type Heard = (&'static str, u16, String);

const CALLS: [&str; 3] = [SPEC, PREPAY, NETWORK];
const CHARGE: &str = "ModifyInstanceChargeType";

/// Answers that the pages of the calls do not list, and the source that does.
const BEYOND_THE_PAGES: &[(&str, u16, &str)] = &[
    // R65: a page of 2025 on locked machines names this call among those that answer so.
    (PREPAY, 403, "InstanceLockedForSecurity"),
];

/// Requests that break a rule of their own only in some worlds, or none of those with a number.
const MORE: &[Request] = &[
    (SPEC, ""),
    (SPEC, "InstanceId=i-9 InstanceType=ecs.g7.xlarge"),
    (SPEC, "InternetMaxBandwidthOut=5 ClientToken=t"),
    (SPEC, "Temporary.StartTime=2026-01-02T00:00:00Z"),
    (SPEC, "Temporary.EndTime=2026-01-03T00:00:00Z"),
    (SPEC, "Temporary.StartTime=soon Temporary.EndTime=later"),
    (SPEC, "InstanceType=ecs.g7.xlarge Disk.1.Category=stone"),
    (PREPAY, ""),
    (PREPAY, "InstanceId=i-9 InstanceType=ecs.g7.xlarge"),
    (PREPAY, "InstanceType=ecs.g7.xlarge ClientToken=t"),
    (NETWORK, "InstanceId=i-9 InternetMaxBandwidthOut=5"),
    (NETWORK, "InternetMaxBandwidthOut=much"),
    (NETWORK, "InternetMaxBandwidthOut=5 ClientToken=t"),
    (
        NETWORK,
        "InternetMaxBandwidthOut=0 StartTime=2026-01-02T00:00Z EndTime=2026-01-03T00Z",
    ),
    (
        NETWORK,
        "InternetMaxBandwidthOut=5 StartTime=2026-12-31T00:00Z EndTime=2027-01-02T00Z",
    ),
    (
        NETWORK,
        "InternetMaxBandwidthOut=5 StartTime=2027-02-01T00:00Z EndTime=2027-02-02T00Z",
    ),
];

/// A world in which nothing is left to boot from, which is no rule of its own.
const WITHOUT_A_SYSTEM_DISK: (&str, &str) = ("particulars: {i-1: {disks: [{DiskId: d-2}]}}", PAID);

/// Something that was just done.
struct Before {
    scenario: &'static str,
    machine: &'static str,
    request: Request,
    secs: u64,
}

const fn before(
    scenario: &'static str,
    machine: &'static str,
    request: Request,
    secs: u64,
) -> Before {
    Before {
        scenario,
        machine,
        request,
        secs,
    }
}

#[rustfmt::skip]
const DONE: &[Before] = &[
    // Orders that wait to be paid or carried out, of a subscription and of a machine that is to become one.
    before("", PAID, (PREPAY, "InstanceType=ecs.g7.xlarge AutoPay=false"), 0),
    before("", PAID, (PREPAY, UP), 0),
    before("", "", (CHARGE, "InstanceIds=[\"i-1\"] Period=1 AutoPay=false"), 0),
    before("", "", (CHARGE, "InstanceIds=[\"i-1\"] Period=1"), 0),
    before("choices: {unpaid_order_blocks_account: true}", "", (PREPAY, "InstanceId=i-2 InstanceType=ecs.g7.xlarge AutoPay=false"), 0),
    // A change that is carried out, one that was, and one whose token comes again.
    before("", STOPPED, (SPEC, UP), 0),
    before("", STOPPED, (SPEC, UP), 5),
    before("", STOPPED, (SPEC, "InstanceType=ecs.g7.xlarge ClientToken=t"), 0),
    // A temporary upgrade in force, and a downgrade that freezes.
    before("", FIXED_PAID, (NETWORK, "InternetMaxBandwidthOut=5 StartTime=2026-01-01T00:01Z EndTime=2026-01-01T04Z"), 70),
    before("choices: {freeze_after_downgrade: true}", PAID_STOPPED, (PREPAY, DOWN), 400),
];

/// Every modify request there is here.
fn requests() -> BTreeSet<Request> {
    let broken = BROKEN.iter().map(|case| case.call);
    let broken = broken.filter(|(action, _)| CALLS.contains(action));
    broken.chain(MORE.iter().copied()).collect()
}

async fn ask(house: &House, (action, text): Request) -> Answer {
    let pairs = text.split_whitespace();
    let pairs = pairs.map(|pair| pair.split_once('=').unwrap());
    let mut params: Vec<(&str, &str)> = pairs.collect();
    if params.iter().all(|(name, _)| *name != "InstanceId") {
        params.push(("InstanceId", "i-1"));
    }
    house.ecs(action, &params).await
}

/// Meets a world with every request, each as if it were the first.
fn meet(scenario: &str, done: Option<&Before>, heard: &RefCell<BTreeSet<Heard>>) {
    let scenario = format!("delays: {{answer: 0s}}\n{scenario}");
    story(&scenario, |house| async move {
        if let Some(done) = done {
            let answer = ask(&house, done.request).await;
            assert_eq!(answer.code(), "OK", "{:?}: {answer:?}", done.request);
            house.wait(done.secs).await;
        }
        let found = house.world.lock().unwrap().clone();
        for request in requests() {
            let answer = ask(&house, request).await;
            let told = (request.0, answer.status, answer.code().to_owned());
            heard.borrow_mut().insert(told);
            *house.world.lock().unwrap() = found.clone();
        }
    });
}

/// What every call answers to every request in every world.
static HEARD: LazyLock<BTreeSet<Heard>> = LazyLock::new(|| {
    let heard = RefCell::default();
    let broken = BROKEN.iter().map(|case| (case.scenario, case.machine));
    let worlds: BTreeSet<(&str, &str)> = broken.chain([WITHOUT_A_SYSTEM_DISK]).collect();
    for (scenario, machine) in worlds {
        meet(&scenario_of(scenario, machine), None, &heard);
    }
    let other = "- {InstanceId: i-2, InstanceType: ecs.g7.large, InstanceChargeType: PrePaid}\n";
    for done in DONE {
        let scenario = scenario_of(done.scenario, done.machine) + other;
        meet(&scenario, Some(done), &heard);
    }
    heard.into_inner()
});

/// Whether the guide has an answer for an operation: in a row that names it, or in one of any call.
fn is_documented(operation: &str, status: u16, code: &str) -> bool {
    let spelled: Vec<_> = errors::all().filter(|row| row.code == code).collect();
    let rows = if spelled.is_empty() {
        errors::find(Some(operation), code)
    } else {
        spelled
    };
    rows.iter().any(|row| {
        let of_it = row.operations.is_empty() || row.operations.contains(&operation);
        of_it && row.http == status
    })
}

#[test]
fn a_modify_call_answers_nothing_that_is_not_in_its_documents() {
    let strange: Vec<_> = HEARD
        .iter()
        .filter(|(_, status, _)| *status != 200)
        .filter(|(call, status, code)| !is_documented(call, *status, code))
        .map(|(call, status, code)| (*call, *status, code.as_str()))
        .collect();
    assert_eq!(strange, BEYOND_THE_PAGES);
}

/// The text of the rules and of the three calls.
fn sources() -> String {
    let sim = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/sim");
    let rules = fs::read_dir(sim.join("rules")).unwrap();
    let rules = rules.map(|file| file.unwrap().path());
    let calls = ["spec", "prepay", "network"];
    let calls = calls.map(|name| sim.join(format!("operations/changing/{name}.rs")));
    let paths = rules.chain(calls);
    paths
        .map(|path| fs::read_to_string(path).unwrap())
        .collect()
}

#[test]
fn every_code_of_the_rules_is_answered_by_one_of_the_calls() {
    let sources = sources();
    let of_a_call = |row: &&errors::ErrorFacts| row.operations.iter().any(|op| CALLS.contains(op));
    let codes: BTreeSet<&str> = errors::all()
        .filter(of_a_call)
        .map(|row| row.code)
        .filter(|code| sources.contains(&format!("\"{code}\"")))
        .collect();
    assert!(codes.len() > 60, "the sources are read wrongly");
    let heard: BTreeSet<&str> = HEARD.iter().map(|(_, _, code)| code.as_str()).collect();
    let unheard: Vec<_> = codes.difference(&heard).collect();
    assert!(unheard.is_empty(), "nothing is answered with {unheard:?}");
}

#[test]
fn the_call_that_makes_no_orders_has_no_code_for_those_of_others() {
    story(&scenario_of("", ""), |house| async move {
        let order = (CHARGE, "InstanceIds=[\"i-1\"] Period=1 AutoPay=false");
        let order = ask(&house, order).await.body["OrderId"].clone();
        for (call, expected) in [
            (SPEC, (403, "InvalidStatus.ValueNotSupported")),
            (NETWORK, (403, "OperationDenied.UnpaidOrder")),
        ] {
            let answer = ask(&house, (call, FIVE)).await;
            assert_eq!((answer.status, answer.code()), expected, "{call}");
        }
        house.by_hand("pay", &json!({ "OrderId": order }));
        for (call, expected) in [
            (SPEC, (403, "InvalidStatus.ValueNotSupported")),
            (NETWORK, (400, "LastOrderProcessing")),
        ] {
            let answer = ask(&house, (call, FIVE)).await;
            assert_eq!((answer.status, answer.code()), expected, "{call}");
        }
        house.wait(10).await;
        assert_eq!(house.truth("i-1")["InstanceChargeType"], "PrePaid");
        let late = ask(&house, (SPEC, FIVE)).await;
        assert_eq!((late.status, late.code()), (403, "ChargeTypeViolation"));
    });
}

#[test]
fn a_token_that_stands_for_another_request_is_refused_as_each_call_documents_it() {
    story(&scenario_of("", STOPPED), |house| async move {
        let first = (SPEC, "InstanceType=ecs.g7.xlarge ClientToken=t");
        assert_eq!(ask(&house, first).await.code(), "OK");
        let (own, general) = ("IdempotenceParamNotMatch", "IdempotentParameterMismatch");
        for (call, text, code) in [
            (SPEC, "InternetMaxBandwidthOut=5 ClientToken=t", own),
            (PREPAY, "InstanceType=ecs.g7.large ClientToken=t", own),
            (NETWORK, "InternetMaxBandwidthOut=5 ClientToken=t", general),
        ] {
            let answer = ask(&house, (call, text)).await;
            assert_eq!((answer.status, answer.code()), (400, code), "{call}");
        }
        assert_eq!(house.truth("i-1")["ConfiguredType"], "ecs.g7.xlarge");
        assert_eq!(house.truth("i-1")["InternetMaxBandwidthOut"], 0);
    });
}
