//! What only the cloud can tell about a manifest: findings that point into it all the same.

use crate::model::{AccountId, DesiredFleet, Finding, InstanceId, Place, RegionId, Selection};

use super::codes::{self, Code};

/// The manifest names one account, the credentials belong to another.
///
/// Checked before anything else is asked, so that a wrong profile changes nothing.
#[must_use]
pub fn wrong_account(fleet: &DesiredFleet, caller: &AccountId) -> Option<Finding> {
    let wanted = fleet.account.as_ref().filter(|wanted| *wanted != caller)?;
    Some(finding(
        codes::WRONG_ACCOUNT,
        &fleet.account_place,
        format!("the fleet belongs to account {wanted}, these credentials to {caller}"),
        "not the account of these credentials",
        "use the profile of that account, or mend `account`",
    ))
}

/// A machine that nobody has ever seen: most likely a typing mistake.
#[must_use]
pub fn unknown_machine(fleet: &DesiredFleet, id: &InstanceId) -> Option<Finding> {
    let machine = fleet.instances.get(id)?;
    Some(finding(
        codes::UNKNOWN_MACHINE,
        &machine.place,
        format!("there is no machine {id} in {}", machine.region),
        "not in this account and region",
        "check the id and the region, or take it out of the manifest",
    ))
}

/// A machine that a selector names by its id and nobody has ever seen.
#[must_use]
pub fn unknown_selected(select: &Selection, id: &InstanceId) -> Finding {
    let regions: Vec<&str> = select.regions.iter().map(RegionId::as_str).collect();
    finding(
        codes::UNKNOWN_MACHINE,
        &select.place,
        format!("there is no machine {id} in {}", regions.join(", ")),
        "not in this account and region",
        "check the id and the region, or take it out of the selector",
    )
}

fn finding(code: Code, place: &Place, message: String, label: &str, help: &str) -> Finding {
    Finding {
        code: code.id.to_owned(),
        severity: code.severity,
        message,
        place: place.clone(),
        label: label.to_owned(),
        other: None,
        suggestion: None,
        help: Some(help.to_owned()),
    }
}
