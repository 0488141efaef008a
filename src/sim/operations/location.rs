//! DescribeEndpoints of the location service: where a product answers. Here everything answers here.

use serde_json::json;

use crate::sim::operations::{Call, regions};
use crate::sim::protocol::reply::{Fields, Refusal};
use crate::sim::world::World;

pub(crate) fn endpoints(world: &mut World, call: &Call<'_>) -> Result<Fields, Refusal> {
    let region = call.params.required("Id")?;
    let service = call.params.required("ServiceCode")?;
    regions::exists(world, region)?;
    let endpoint = json!({
        "Endpoint": call.host,
        "Id": region,
        "Namespace": "",
        // So spelled by the vendor.
        "SerivceCode": service,
        "Type": call.params.get("Type").unwrap_or("openAPI"),
        "Protocols": { "Protocols": ["HTTP"] },
    });
    Ok(Fields::from_iter([
        ("Success".to_owned(), true.into()),
        ("Endpoints".to_owned(), json!({ "Endpoint": [endpoint] })),
    ]))
}
