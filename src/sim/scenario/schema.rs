//! The JSON Schema of scenarios, for editors and for those who write scenarios by program.
//!
//! It is derived from the very types a scenario is decoded into; only the two that read themselves
//! from text or numbers are described here.

use std::borrow::Cow;

use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde_json::Value;

use crate::sim::money::Money;
use crate::sim::scenario::Scenario;
use crate::sim::time::Span;

/// The schema of a scenario, in the 2020-12 draft.
#[must_use]
pub fn scenario_schema() -> Value {
    let generator = SchemaSettings::draft2020_12().into_generator();
    let mut schema = generator.into_root_schema_for::<Scenario>();
    schema.insert("title".to_owned(), "respec scenario".into());
    schema.to_value()
}

impl JsonSchema for Money {
    fn schema_name() -> Cow<'static, str> {
        "Money".into()
    }

    fn json_schema(_generator: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "An amount in the account's currency.",
            "type": "number",
        })
    }
}

impl JsonSchema for Span {
    fn schema_name() -> Cow<'static, str> {
        "Span".into()
    }

    fn json_schema(_generator: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "A duration up to a year.",
            "type": "string",
            "examples": ["15s", "5m", "100ms", "2h"],
        })
    }
}
