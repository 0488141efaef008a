//! Selectors meet the cloud: who is meant, and whether that is who was expected.

use std::collections::BTreeMap;

use crate::model::{DesiredFleet, GroupName, InstanceId, ObservedFleet, RegionId};

use super::codes;
use super::mark::{At, Slot};
use super::merge::Manifest;
use super::notes::{Draft, Notes};

/// The machines that each selector means, and where they are.
pub(super) type Chosen = BTreeMap<GroupName, BTreeMap<InstanceId, RegionId>>;

/// Whether the fleet depends on what machines look like.
pub(super) fn has_selectors(fleet: &DesiredFleet) -> bool {
    let selects = fleet.groups.values().any(|group| group.select.is_some());
    selects || !fleet.availability.is_empty()
}

/// Answers every selector.
pub(super) fn choose(fleet: &DesiredFleet, observed: &ObservedFleet) -> Chosen {
    let mut chosen = Chosen::new();
    for (name, group) in &fleet.groups {
        let Some(select) = &group.select else {
            continue;
        };
        let fits = observed
            .instances
            .values()
            .filter(|seen| select.regions.contains(&seen.region) && select.selector.chooses(seen));
        let found = fits.map(|seen| (seen.id.clone(), seen.region.clone()));
        chosen.insert(name.clone(), found.collect());
    }
    chosen
}

/// Puts the answers where the selectors stand, as if they had been listed there.
pub(super) fn answer(manifest: &mut Manifest, chosen: &Chosen, notes: &mut Notes) {
    for entry in &mut manifest.groups {
        let Some(select) = entry.value.select.get() else {
            continue;
        };
        let found = chosen.get(&entry.name.value).cloned().unwrap_or_default();
        if let Some(draft) = unexpected(&entry.name.value, found.len(), select) {
            notes.add(draft);
        }
        let mark = select.mark;
        let ids = found.keys();
        let value = ids
            .map(|id| At {
                value: id.clone(),
                mark,
            })
            .collect();
        entry.value.ids = Slot::Written(At { value, mark });
        entry.value.found_in = Some(found);
    }
}

fn unexpected(
    group: &GroupName,
    found: usize,
    select: &At<super::schema::SelectKeys>,
) -> Option<Draft> {
    match select.value.expect {
        Some(expected) if expected as usize != found => {
            let message =
                format!("group `{group}` selects {found} machines, {expected} are expected");
            let draft = Draft::new(codes::UNEXPECTED_COUNT, select.mark, message);
            Some(
                draft
                    .label("this selector")
                    .help("look at who joined or left, then correct the selector or `expect`"),
            )
        }
        None if found == 0 => {
            let message = format!("group `{group}` selects no machine");
            let draft = Draft::new(codes::EMPTY_SELECTION, select.mark, message);
            Some(
                draft
                    .label("nobody fits")
                    .help("check region, tags and names; `expect` makes this an error"),
            )
        }
        Some(_) | None => None,
    }
}

/// Fills in which machines of the manifest each availability is about.
pub(super) fn keep_promises(fleet: &mut DesiredFleet, observed: &ObservedFleet) {
    for availability in &mut fleet.availability {
        let named = fleet.instances.keys();
        let seen = named.filter_map(|id| observed.instances.get(id));
        let meant = seen.filter(|seen| availability.select.chooses(seen));
        availability.members = meant.map(|seen| seen.id.clone()).collect();
    }
}
