//! The schema of scenarios knows what the decoder knows, no more and no less.

use std::collections::BTreeSet;

use respec::sim::{Scenario, ScenarioError, operations, scenario_schema};
use serde_json::{Value, json};

/// A key nobody knows.
const STRANGER: &str = "a_key_nobody_knows";

/// How to get from the whole scenario to a part of it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Step<'a> {
    Key(&'a str),
    Entry,
    AnyName,
}

/// A document that is empty but for the way to one object, and the stranger in it.
fn document(way: &[Step<'_>]) -> Value {
    let innermost = json!({ STRANGER: 1 });
    way.iter().rev().fold(innermost, |inner, step| match step {
        Step::Key(name) => json!({ *name: inner }),
        Step::Entry => json!([inner]),
        Step::AnyName => json!({ "any": inner }),
    })
}

/// The keys the decoder says it would have taken there.
fn decoder_knows(way: &[Step<'_>]) -> BTreeSet<String> {
    let text = document(way).to_string();
    let Err(ScenarioError::Shape(error)) = Scenario::read(&text) else {
        panic!("{text} was taken");
    };
    let told = error.whole();
    let (_, expected) = told
        .split_once(&format!("unknown field `{STRANGER}`"))
        .unwrap_or_else(|| panic!("{text}: {told}"));
    expected
        .split('`')
        .skip(1)
        .step_by(2)
        .map(str::to_owned)
        .collect()
}

/// Follows a reference, or the one part of a choice that is not null.
fn resolve<'s>(root: &'s Value, schema: &'s Value) -> &'s Value {
    if let Some(name) = schema["$ref"].as_str() {
        let pointer = name.trim_start_matches('#');
        return root.pointer(pointer).unwrap();
    }
    let parts = schema["anyOf"].as_array().into_iter().flatten();
    let mut real = parts.filter(|part| part["type"] != "null");
    real.next().map_or(schema, |part| resolve(root, part))
}

/// Visits every object with named keys below a schema; returns how many there were.
fn compare<'s>(root: &'s Value, schema: &'s Value, way: &mut Vec<Step<'s>>) -> usize {
    let schema = resolve(root, schema);
    let mut n = 0;
    if let Some(keys) = schema["properties"].as_object() {
        let known: BTreeSet<String> = keys.keys().cloned().collect();
        assert_eq!(known, decoder_knows(way), "at {}", document(way));
        assert_eq!(
            schema["additionalProperties"],
            false,
            "at {}",
            document(way)
        );
        n += 1;
        for (key, value) in keys {
            way.push(Step::Key(key));
            n += compare(root, value, way);
            way.pop();
        }
    } else if schema["additionalProperties"].is_object() {
        way.push(Step::AnyName);
        n += compare(root, &schema["additionalProperties"], way);
        way.pop();
    }
    if schema["items"].is_object() {
        way.push(Step::Entry);
        n += compare(root, &schema["items"], way);
        way.pop();
    }
    n
}

#[test]
fn schema_and_decoder_know_the_same_keys_everywhere() {
    let schema = scenario_schema();
    let n = compare(&schema, &schema, &mut Vec::new());
    assert!(n >= 25, "only {n} objects were visited");
}

/// The file editors read; `RESPEC_BLESS=1` writes it anew.
#[expect(clippy::disallowed_methods, reason = "a test reads its own switch")]
#[test]
fn the_schema_in_the_docs_is_the_one_that_is_printed() {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/scenario.schema.json");
    let printed = format!("{:#}\n", scenario_schema());
    if std::env::var_os("RESPEC_BLESS").is_some() {
        std::fs::write(&path, &printed).unwrap();
    }
    let kept = std::fs::read_to_string(&path).unwrap();
    assert!(kept == printed, "RESPEC_BLESS=1 writes it anew");
}

/// Every operation stands in the manual's table, and nothing else does.
#[test]
fn the_manual_lists_the_operations() {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/simulator.md");
    let manual = std::fs::read_to_string(&path).unwrap();
    let table = manual
        .split("| product | reads | changes |")
        .nth(1)
        .unwrap();
    let table = table.split("\n\n").next().unwrap();
    let (mut reads, mut changes) = (BTreeSet::new(), BTreeSet::new());
    for row in table.lines().skip(2) {
        let cells: Vec<&str> = row.split('|').map(str::trim).collect();
        for (cell, told) in [(cells[2], &mut reads), (cells[3], &mut changes)] {
            told.extend(cell.split(", ").filter(|name| !name.is_empty()));
        }
    }
    let of = |kind: &str| {
        let all = operations().filter(|operation| operation.kind == kind);
        all.map(|operation| operation.name).collect::<BTreeSet<_>>()
    };
    assert_eq!((reads, changes), (of("read"), of("change")));
}
