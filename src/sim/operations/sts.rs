//! GetCallerIdentity: who the key belongs to (section 2.18).

use serde_json::json;

use crate::sim::operations::Call;
use crate::sim::reply::{Fields, Refusal};
use crate::sim::world::World;

pub(crate) fn run(world: &mut World, _call: &Call<'_>) -> Result<Fields, Refusal> {
    let account = &world.settings.account;
    Ok(Fields::from_iter([
        ("IdentityType".to_owned(), json!("Account")),
        ("AccountId".to_owned(), json!(account)),
        ("PrincipalId".to_owned(), json!(account)),
        ("UserId".to_owned(), json!(account)),
        ("Arn".to_owned(), json!(format!("acs:ram::{account}:root"))),
    ]))
}
