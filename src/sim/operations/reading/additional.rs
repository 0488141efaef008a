//! DescribeInstances with `AdditionalAttributes`: fields that are shown only where they are asked for.

use serde_json::{Value, json};

use crate::sim::operations::Call;
use crate::sim::protocol::reply::{Body, Refusal};
use crate::sim::world::World;

use super::describe;

/// Most attributes in one call.
const ATTRIBUTES_MAX: usize = 20;

/// The field that comes with an attribute.
fn field_of(attribute: &str) -> Option<(&'static str, Value)> {
    let metadata = || {
        json!({
            "HttpEndpoint": "enabled",
            "HttpTokens": "optional",
            "HttpPutResponseHopLimit": 1,
            "InstanceMetadataTags": "disabled",
        })
    };
    match attribute {
        "META_OPTIONS" => Some(("MetadataOptions", metadata())),
        "LOGIN_AS_NON_ROOT" => Some(("ImageOptions", json!({ "LoginAsNonRoot": false }))),
        "CURRENT_OS_NVME_SUPPORTED" => {
            Some(("ImageOptions", json!({ "CurrentOSNVMeSupported": true })))
        }
        "DISK_HIGH_DENSITY_MODE" => {
            Some(("AdditionalInfo", json!({ "EnableHighDensityMode": false })))
        }
        _ => None,
    }
}

/// Written as it stands, unless a field is asked for that stands elsewhere.
pub(crate) fn instances(world: &World, call: &Call<'_>) -> Result<Body, Refusal> {
    let wanted = call.params.list("AdditionalAttributes", ATTRIBUTES_MAX)?;
    let shown = describe::instances(world, call)?;
    if wanted.is_empty() {
        return Ok(Body::written(&shown, shown.bytes()));
    }
    let mut page = serde_json::to_value(&shown).expect("a page holds nothing JSON cannot write");
    let list = page["Instances"]["Instance"].as_array_mut();
    for machine in list.into_iter().flatten() {
        for (name, usual) in wanted.iter().copied().filter_map(field_of) {
            join(&mut machine[name], usual);
        }
    }
    Ok(Body::written(&page, 0))
}

/// What the scenario says of a machine stays; only what it leaves open is filled in.
fn join(held: &mut Value, usual: Value) {
    match (held, usual) {
        (Value::Object(held), Value::Object(usual)) => {
            for (name, value) in usual {
                held.entry(name).or_insert(value);
            }
        }
        (held, usual) if held.is_null() => *held = usual,
        (_, _) => {}
    }
}
