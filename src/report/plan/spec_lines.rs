//! A machine's change as lines of its spec: before against after, written as the manifest writes it.

use serde_yaml::{Mapping, Value};
use similar::{ChangeTag, TextDiff};

use crate::diff::FieldChange;
use crate::model::Field;
use crate::report::words::terminal;

/// One line of a spec, and what becomes of it.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum SpecLine {
    /// It stays; as written, with its indent.
    Same(String),
    /// It goes.
    Less(String),
    /// It is new.
    More(String),
    /// Its value changes: the line as it was, and the new value.
    Other(String, String),
}

/// The managed fields that change, as the manifest would write them: before against after.
pub(super) fn spec_diff(changes: &[FieldChange]) -> Vec<SpecLine> {
    let before = spec_text(
        changes
            .iter()
            .map(|change| (change.field, change.from.as_str())),
    );
    let after = spec_text(
        changes
            .iter()
            .map(|change| (change.field, change.to.as_str())),
    );
    let diff = TextDiff::from_lines(&before, &after);
    let mut lines: Vec<SpecLine> = Vec::new();
    for change in diff.iter_all_changes() {
        let line = change.value().trim_end().to_owned();
        match change.tag() {
            ChangeTag::Equal => lines.push(SpecLine::Same(line)),
            ChangeTag::Delete => lines.push(SpecLine::Less(line)),
            ChangeTag::Insert => insert(&mut lines, line),
        }
    }
    lines
}

/// A new line either replaces the one with its key that just went, or stands for itself.
fn insert(lines: &mut Vec<SpecLine>, line: String) {
    let key = |line: &str| line.split_once(": ").map(|(key, _)| key.to_owned());
    let replaced = lines.iter_mut().find(
        |old| matches!(old, SpecLine::Less(text) if key(text).is_some() && key(text) == key(&line)),
    );
    match (replaced, line.split_once(": ")) {
        (Some(old), Some((_, value))) => {
            if let SpecLine::Less(text) = old {
                *old = SpecLine::Other(text.clone(), value.to_owned());
            }
        }
        (Some(_) | None, _) => lines.push(SpecLine::More(line)),
    }
}

fn spec_text<'a>(fields: impl Iterator<Item = (Field, &'a str)>) -> String {
    let mut spec = Mapping::new();
    for (field, text) in fields.filter(|(_, text)| !matches!(*text, "none" | "unknown")) {
        let value = spec_value(field, text);
        match field.path().split_once('.') {
            None => {
                spec.insert(field.path().into(), value);
            }
            Some((section, key)) => {
                let section = spec.entry(section.into());
                let section = section.or_insert_with(|| Mapping::new().into());
                if let Value::Mapping(section) = section {
                    section.insert(key.into(), value);
                }
            }
        }
    }
    if spec.is_empty() {
        return String::new();
    }
    serde_yaml::to_string(&spec).expect("a mapping of plain values can be written as YAML")
}

/// Numbers and truth values without quotes, as people write them.
fn spec_value(field: Field, text: &str) -> Value {
    let plain = match field {
        Field::MaxBandwidthOut | Field::MaxBandwidthIn => text.parse().ok().map(|n: u32| n.into()),
        Field::PublicIp => text.parse().ok().map(Value::Bool),
        Field::InstanceType
        | Field::ChargeType
        | Field::Power
        | Field::StoppedMode
        | Field::TemporaryBandwidth => None,
    };
    plain.unwrap_or_else(|| terminal(text).into_owned().into())
}

/// A change in a few words: `instance_type ecs.g6.large → ecs.g7.xlarge`.
pub(super) fn in_brief(changes: &[FieldChange]) -> String {
    let one = |change: &FieldChange| {
        let (from, to) = (terminal(&change.from), terminal(&change.to));
        format!("{} {from} → {to}", change.field)
    };
    changes.iter().map(one).collect::<Vec<_>>().join(", ")
}
