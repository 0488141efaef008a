//! Parameters of a modify call that no document of that call knows.
//!
//! The three calls spell alike things differently (`AllowMigrateAcrossZone`, `MigrateAcrossZone`), and the real cloud
//! passes over what it does not know. So does this one; it counts them, so that whoever misspells one can see it.

use crate::guide::parameters;
use crate::sim::protocol::request::{Params, is_common};
use crate::sim::rules::Caller;

/// Every call takes these too, for whoever acts for another account.
const FOR_OTHERS: [&str; 4] = [
    "OwnerAccount",
    "OwnerId",
    "ResourceOwnerAccount",
    "ResourceOwnerId",
];

/// The names that were sent to a modify call and mean nothing to it; none for any other operation.
pub(crate) fn of<'p>(operation: &str, params: &'p Params) -> Vec<&'p str> {
    if Caller::of(operation).is_none() {
        return Vec::new();
    }
    let names = params.0.keys().map(String::as_str);
    let business = names.filter(|name| !is_common(name) && !FOR_OTHERS.contains(name));
    business
        .filter(|name| params.get(name).is_some())
        .filter(|name| parameters::find(operation, &as_listed(name)).is_none())
        .collect()
}

/// A name as the documents list it: `Disk.3.Category` is `Disk.N.Category`.
fn as_listed(name: &str) -> String {
    let is_number = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    let parts = name.split('.');
    let parts = parts.map(|part| if is_number(part) { "N" } else { part });
    parts.collect::<Vec<&str>>().join(".")
}
