//! Plan files that were damaged, edited, or made elsewhere.

use std::fs;

use serde_json::{Value, json};

use crate::desk::{CLOUD, Desk, MANIFEST};

/// Bytes of the good plan between two that are damaged.
const DAMAGED_EVERY: usize = 701;

const PLAN: &[&str] = &[
    "plan",
    "-out",
    "good.plan",
    "--simulate",
    "fleet.cloud.yaml",
];

const APPLY: &[&str] = &["apply", "bad.plan", "--simulate", "fleet.cloud.yaml"];

/// Fields that somebody edits, as JSON pointers, and what they write.
fn edits() -> Vec<(&'static str, Value)> {
    vec![
        ("/plan/format_version", json!(99)),
        ("/plan/format_version", json!("1")),
        ("/plan/format_version", json!(null)),
        ("/plan/account", json!("999")),
        ("/plan/expires_at", json!("2099-01-01T00:00:00Z")),
        ("/plan/stamp/lineage", json!("another")),
        ("/plan/sagas", json!({})),
        ("/plan/sagas/i-1", json!([])),
        ("/plan/desired", json!(null)),
        ("/plan/desired/fleet", json!("../shop")),
        ("/plan_id", json!("0".repeat(64))),
        ("/seal", json!("0".repeat(64))),
        ("/seal", json!(null)),
    ]
}

fn good(desk: &Desk) -> String {
    let said = desk.run(PLAN, &[]);
    assert_eq!(said.code, Some(0), "{}", said.stderr);
    fs::read_to_string(desk.folder.join("good.plan")).unwrap()
}

fn refuse(desk: &mut Desk, what: &str, bytes: &[u8]) {
    desk.put("bad.plan", bytes);
    let said = desk.run(APPLY, &[]);
    desk.refused(what, 4, &said);
    assert!(desk.is_untouched(), "{what}");
}

#[test]
fn a_damaged_plan_is_refused_whichever_byte_it_is() {
    let desk = Desk::new("plans-damaged");
    let plan = good(&desk).into_bytes();
    for at in (0..plan.len()).step_by(DAMAGED_EVERY) {
        let mut damaged = plan.clone();
        damaged[at] ^= 1;
        desk.put("bad.plan", &damaged);
        let said = desk.run(APPLY, &[]);
        assert_eq!(said.code, Some(4), "byte {at}: {}", said.stderr);
        assert!(
            said.stderr.contains("bad.plan"),
            "byte {at}: {}",
            said.stderr
        );
        desk.put("bad.plan", &plan[..at]);
        let said = desk.run(APPLY, &[]);
        assert_eq!(said.code, Some(4), "{at} bytes: {}", said.stderr);
        assert!(desk.is_untouched());
    }
}

#[test]
fn an_edited_plan_is_refused() {
    let mut desk = Desk::new("plans");
    let plan: Value = serde_json::from_str(&good(&desk)).unwrap();
    for (place, value) in edits() {
        let mut edited = plan.clone();
        let what = format!("{place} is {value}");
        *edited
            .pointer_mut(place)
            .unwrap_or_else(|| panic!("no {place} in a plan")) = value;
        refuse(&mut desk, &what, &serde_json::to_vec(&edited).unwrap());
    }
    for (what, bytes) in [
        ("nothing", &b""[..]),
        ("null", b"null"),
        ("a list", b"[]"),
        ("no plan", b"{}"),
        ("YAML", MANIFEST.as_bytes()),
        ("not UTF-8", b"{\"plan_id\": \"\xff\"}"),
        ("open brackets", "[".repeat(100_000).as_bytes()),
        ("an escape", b"{\"\x1b[31m\": 1}"),
    ] {
        refuse(&mut desk, what, bytes);
    }
    let twice = format!("{}{}", good(&desk), good(&desk));
    refuse(&mut desk, "two plans in one file", twice.as_bytes());
    desk.page_is("plans", 22);
}

#[test]
fn a_plan_for_another_cloud_is_refused() {
    let mut desk = Desk::new("plans-elsewhere");
    let plan = good(&desk);
    let elsewhere = [
        ("another account", "1234567890123456", "6543210987654321"),
        (
            "another type was found",
            "web-2, InstanceType: ecs.g7.large",
            "web-2, InstanceType: ecs.c7.large",
        ),
        (
            "one machine is stopped",
            "web-2, InstanceType",
            "web-2, Status: Stopped, InstanceType",
        ),
        (
            "one machine is gone",
            "i-2, InstanceName",
            "i-9, InstanceName",
        ),
        ("it is three days later", "2026-11-22T02", "2026-11-25T02"),
    ];
    for (what, here, there) in elsewhere {
        assert!(CLOUD.contains(here), "{here}");
        desk.put("fleet.cloud.yaml", CLOUD.replacen(here, there, 1));
        refuse(&mut desk, what, plan.as_bytes());
    }
    desk.page_is("plans-elsewhere", 5);
}
