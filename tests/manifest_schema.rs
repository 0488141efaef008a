//! The schema of manifests knows what the decoder knows, no more and no less.

use std::collections::BTreeSet;

use respec::manifest::{Source, manifest_schema, read};
use respec::model::Finding;
use serde_json::{Value, json};

/// A key and a word nobody knows.
const STRANGER: &str = "a_key_nobody_knows";

/// How to get from the whole manifest to a part of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step<'a> {
    Key(&'a str),
    Entry,
    AnyName,
}

/// A manifest that is empty but for the way to one place, and what stands there.
fn document(way: &[Step<'_>], innermost: Value) -> Value {
    way.iter().rev().fold(innermost, |inner, step| match step {
        Step::Key(name) => json!({ *name: inner }),
        Step::Entry => json!([inner]),
        Step::AnyName => json!({ "any": inner }),
    })
}

fn findings(document: &Value) -> Vec<Finding> {
    let source = Source {
        name: "fleet.yaml".to_owned(),
        bytes: document.to_string().into_bytes(),
    };
    read(&[source]).findings
}

/// What is told as known behind `known here: `.
fn known(text: &str) -> Option<BTreeSet<String>> {
    let list = text.strip_prefix("known here: ")?;
    let words = list
        .split(", ")
        .map(|word| word.trim_matches('`').to_owned());
    Some(words.collect())
}

/// The keys the decoder says it would have taken there.
fn keys_of_the_decoder(way: &[Step<'_>]) -> BTreeSet<String> {
    let document = document(way, json!({ STRANGER: 1 }));
    let findings = findings(&document);
    let about = |finding: &&Finding| finding.code == "RS0007" && finding.message.contains(STRANGER);
    let found = findings.iter().find(about);
    let help = found.and_then(|finding| finding.help.as_deref());
    help.and_then(known)
        .unwrap_or_else(|| panic!("{document}: {findings:#?}"))
}

/// The words the decoder says it would have taken there; none where it takes other things than words.
fn words_of_the_decoder(way: &[Step<'_>]) -> Option<BTreeSet<String>> {
    let findings = findings(&document(way, json!(STRANGER)));
    let about = |finding: &&Finding| finding.code == "RS0017";
    known(&findings.iter().find(about)?.label)
}

fn resolve<'s>(root: &'s Value, schema: &'s Value) -> &'s Value {
    let Some(name) = schema["$ref"].as_str() else {
        return schema;
    };
    let found = root.pointer(name.trim_start_matches('#'));
    found.unwrap_or_else(|| panic!("{name} is not defined"))
}

/// What a walk met: mappings with named keys, and keys that take one word.
#[derive(Default)]
struct Met {
    mappings: usize,
    words: usize,
}

fn compare<'s>(root: &'s Value, schema: &'s Value, way: &mut Vec<Step<'s>>, met: &mut Met) {
    let schema = resolve(root, schema);
    for part in schema["anyOf"].as_array().into_iter().flatten() {
        // A text among other things is told by the form, not by a list of words.
        if part["enum"].is_null() {
            compare(root, part, way, met);
        }
    }
    if let Some(words) = schema["enum"].as_array() {
        let ours: BTreeSet<String> = words
            .iter()
            .filter_map(Value::as_str)
            .map(str::to_owned)
            .collect();
        assert_eq!(Some(ours), words_of_the_decoder(way), "at {way:?}");
        met.words += 1;
    }
    if let Some(keys) = schema["properties"].as_object() {
        let ours: BTreeSet<String> = keys.keys().cloned().collect();
        assert_eq!(ours, keys_of_the_decoder(way), "at {way:?}");
        assert_eq!(schema["additionalProperties"], false, "at {way:?}");
        met.mappings += 1;
        for (key, value) in keys {
            assert!(
                !resolve(root, value)["description"].is_null() || key == "version",
                "{key} at {way:?} says nothing"
            );
            way.push(Step::Key(key));
            compare(root, value, way, met);
            way.pop();
        }
    } else if schema["additionalProperties"].is_object() {
        way.push(Step::AnyName);
        compare(root, &schema["additionalProperties"], way, met);
        way.pop();
    }
    if schema["items"].is_object() {
        way.push(Step::Entry);
        compare(root, &schema["items"], way, met);
        way.pop();
    }
}

#[test]
fn schema_and_decoder_know_the_same_keys_and_words_everywhere() {
    let schema: Value = serde_json::from_str(manifest_schema()).expect("the schema is JSON");
    let mut met = Met::default();
    compare(&schema, &schema, &mut Vec::new(), &mut met);
    assert!(met.mappings >= 30, "only {} mappings", met.mappings);
    assert!(met.words >= 12, "only {} lists of words", met.words);
}

#[test]
fn every_definition_is_used() {
    let text = manifest_schema();
    let schema: Value = serde_json::from_str(text).expect("the schema is JSON");
    for name in schema["$defs"]
        .as_object()
        .expect("there are definitions")
        .keys()
    {
        assert!(text.contains(&format!("\"#/$defs/{name}\"")), "{name}");
    }
}
