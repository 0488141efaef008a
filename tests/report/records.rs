//! Drift, state and history.

use std::collections::BTreeMap;

use respec::diff::{DriftItem, Vanished, drift};
use respec::model::{
    AppliedFleet, AppliedInstance, ClientToken, Digest, Field, GroupName, InstanceName, Lineage,
    OrderId, RegionId, RequestId, RunId, Stamp,
};
use respec::report::drift::drift_text;
use respec::report::state::{state_list, state_show};
use respec::report::{Style, history, json};
use respec::saga::{
    Direction, Entry, Failure, FailureCause, Halt, Kind, RunRecord, StepEvent, StepRef,
};

use crate::snapshot::same;
use crate::world::{World, id, machine, now, shop};

fn record(name: &str, fields: &[(Field, &str)]) -> AppliedInstance {
    AppliedInstance {
        name: InstanceName::new(name).unwrap(),
        group: name
            .split_once('/')
            .map(|(group, _)| GroupName::new(group).unwrap()),
        region: RegionId::new("cn-hangzhou").unwrap(),
        fields: fields.iter().map(|(f, v)| (*f, (*v).to_owned())).collect(),
        change_number: 3,
        changed_at: Some(now()),
        temporary: None,
        restart_due: None,
        late_start: None,
        recorded_at: now(),
    }
}

fn applied() -> AppliedFleet {
    let world = World::new();
    AppliedFleet {
        stamp: Stamp {
            lineage: Lineage::of(&world.observed.account, &world.desired.fleet),
            serial: 12,
        },
        instances: BTreeMap::from([
            (
                id("i-bp1"),
                record(
                    "web/i-bp1",
                    &[
                        (Field::InstanceType, "ecs.g7.large"),
                        (Field::MaxBandwidthOut, "5"),
                    ],
                ),
            ),
            (id("i-bp2"), record("db-1", &[(Field::Power, "running")])),
            (
                id("i-bp3"),
                record("gone", &[(Field::InstanceType, "ecs.g6.large")]),
            ),
        ]),
    }
}

fn drifted() -> (Vec<DriftItem>, Vec<Vanished>) {
    let mut world = World::new();
    for name in ["i-bp1", "i-bp2"] {
        world.observed.instances.insert(id(name), machine(name));
    }
    drift(&applied(), &world.observed)
}

#[test]
fn drift_says_what_moved_and_what_vanished() {
    let (items, vanished) = drifted();
    same("drift", &drift_text(&items, &vanished, 3, &Style::plain()));
    same("drift-json", &json::drift(&items, &vanished));
    same("drift-none", &drift_text(&[], &[], 3, &Style::plain()));
}

#[test]
fn state_lists_name_id_and_type() {
    let fleet = applied();
    same("state-list", &state_list(&fleet));
    same("state-json", &json::state(&fleet));
    let id = id("i-bp1");
    same(
        "state-show",
        &state_show(&id, &fleet.instances[&id], &Style::plain()),
    );
}

fn runs() -> Vec<RunRecord> {
    let run = |name: &str, closed| RunRecord {
        run: RunId::new(name).unwrap(),
        plan_id: Digest::of_text("plan"),
        intent: Digest::of_text("intent"),
        who: "ci@runner-7\u{1b}[2J".to_owned(),
        command: "respec apply prod.plan".to_owned(),
        opened_at: now(),
        first_seq: 1,
        closed,
    };
    let later = "2026-11-21T08:06:52Z".parse().unwrap();
    vec![
        run("20261121-0800-7f2c", Some((later, 0))),
        run("20261121-0900-1b2c", Some((later, 8))),
        run("20261121-1000-99aa", None),
    ]
}

fn entries() -> Vec<Entry> {
    let plan = shop().plan();
    let (instance, other) = (id("i-bp2db00000000000001"), id("i-bp67acfmxazb4p0001"));
    assert!(plan.sagas.contains_key(&instance) && plan.sagas.contains_key(&other));
    let begun = |instance: &respec::model::InstanceId| Kind::Begun {
        instance: instance.clone(),
        change_number: 3,
        was_running: true,
    };
    let at = |instance: &respec::model::InstanceId, step, event| Kind::Step {
        at: StepRef {
            instance: instance.clone(),
            step,
            direction: Direction::Forward,
        },
        event,
    };
    let intent = || StepEvent::Intent {
        token: Some(ClientToken::new("token").unwrap()),
        request: Digest::of_text("request"),
        pays: None,
    };
    let answered = |order: Option<&str>| StepEvent::Answered {
        request_id: Some(RequestId::new("4C8F5B3E-02B1").unwrap()),
        order_id: order.map(|order| OrderId::new(order).unwrap()),
    };
    let failed = StepEvent::Failed {
        failure: Failure {
            cause: FailureCause::Refused,
            message: "ModifyInstanceSpec: the type is out of stock in cn-hangzhou-h".to_owned(),
            code: Some("OperationDenied.NoStock".to_owned()),
            request_id: Some(RequestId::new("4C8F5B3E-02B1").unwrap()),
        },
    };
    let opened = Kind::RunOpened {
        plan_id: plan.id(),
        intent: plan.intent(),
        who: "ci@runner-7".to_owned(),
        command: "respec apply".to_owned(),
    };
    let kinds = vec![
        opened,
        begun(&other),
        at(&other, 0, intent()),
        at(&other, 0, answered(None)),
        at(&other, 0, StepEvent::Succeeded { found: false }),
        at(&other, 1, intent()),
        at(&other, 1, failed),
        begun(&instance),
        at(&instance, 0, intent()),
        at(&instance, 0, answered(Some("210000000012345"))),
        at(&instance, 0, StepEvent::Succeeded { found: false }),
        Kind::Halted {
            instance: instance.clone(),
            halt: Halt::Paused,
            note: "order 210000000012345 is not paid yet".to_owned(),
        },
    ];
    let run = RunId::new("20261121-0900-1b2c").unwrap();
    (1..)
        .zip(kinds)
        .map(|(seq, kind)| Entry {
            seq,
            at: now(),
            run: run.clone(),
            kind,
        })
        .collect()
}

#[test]
fn history_tells_runs_and_one_run_as_a_tree() {
    let runs = runs();
    same("history", &history::history(&runs, &Style::plain()));
    same("history-json", &json::history(&runs));
    let sagas = shop().plan().sagas;
    let text = history::run(&runs[1], &entries(), &sagas, &Style::plain()).unwrap();
    same("history-run", &text);
    let bare = history::run(&runs[2], &entries(), &BTreeMap::new(), &Style::plain()).unwrap();
    assert!(bare.contains("step 1"), "{bare}");
}

#[test]
fn a_damaged_journal_is_an_error_and_no_tree() {
    let mut entries = entries();
    entries.remove(1);
    assert!(history::run(&runs()[1], &entries, &BTreeMap::new(), &Style::plain()).is_err());
}
