//! Every key that a manifest may hold stands in its page.

use std::collections::BTreeSet;

use serde_json::Value;

/// The names of all properties below here.
fn keys(schema: &Value, found: &mut BTreeSet<String>) {
    match schema {
        Value::Object(fields) => {
            for (name, value) in fields {
                if name == "properties" {
                    found.extend(
                        value
                            .as_object()
                            .into_iter()
                            .flatten()
                            .map(|(key, _)| key.clone()),
                    );
                }
                keys(value, found);
            }
        }
        Value::Array(all) => all.iter().for_each(|one| keys(one, found)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

#[test]
fn the_page_of_manifests_has_every_key() {
    let schema = include_str!("../../docs/manifest.schema.json");
    let schema: Value = serde_json::from_str(schema).unwrap();
    let mut all = BTreeSet::new();
    keys(&schema, &mut all);
    assert!(all.len() > 40, "{all:?}");
    let page = include_str!("../../docs/manifest.md");
    let is_there = |key: &str| {
        page.contains(&format!("`{key}`"))
            || page.contains(&format!("{key}:"))
            || page.contains(&format!(".{key}`"))
    };
    let missing: Vec<_> = all.iter().filter(|key| !is_there(key)).collect();
    assert!(
        missing.is_empty(),
        "docs/manifest.md does not have {missing:?}"
    );
}
