//! Selectors meet the cloud: who is meant, and whether that is who was expected.

use std::collections::BTreeMap;

use crate::model::{
    Availability, DesiredFleet, DesiredInstance, GroupName, InstanceId, ObservedFleet, RegionId,
};

use super::codes;
use super::mark::{At, Mark, Slot};
use super::merge::Manifest;
use super::notes::{Draft, Notes, quoted};

/// Answers to the selectors of a manifest.
pub(super) struct Chosen<'o> {
    /// The machines that each group's selector means, and where they are.
    groups: BTreeMap<GroupName, BTreeMap<InstanceId, RegionId>>,
    /// Who was seen; nobody was where others stand in for the machines.
    observed: Option<&'o ObservedFleet>,
}

/// Whether the fleet depends on what machines look like.
pub(super) fn has_selectors(fleet: &DesiredFleet) -> bool {
    let selects = fleet.groups.values().any(|group| group.select.is_some());
    selects || !fleet.availability.is_empty()
}

/// Answers every selector.
pub(super) fn choose<'o>(fleet: &DesiredFleet, observed: &'o ObservedFleet) -> Chosen<'o> {
    let mut groups = BTreeMap::new();
    for (name, group) in &fleet.groups {
        let Some(select) = &group.select else {
            continue;
        };
        let fits = observed
            .instances
            .values()
            .filter(|seen| select.regions.contains(&seen.region) && select.selector.chooses(seen));
        let found = fits.map(|seen| (seen.id.clone(), seen.region.clone()));
        groups.insert(name.clone(), found.collect());
    }
    Chosen {
        groups,
        observed: Some(observed),
    }
}

/// One made-up machine for each region that a selector looks into.
pub(super) fn stand_ins(fleet: &DesiredFleet) -> Chosen<'static> {
    let mut groups: BTreeMap<GroupName, BTreeMap<InstanceId, RegionId>> = BTreeMap::new();
    let selects = fleet.groups.iter();
    let selects = selects.filter_map(|(name, group)| Some((name, group.select.as_ref()?)));
    let places = selects.flat_map(|(name, select)| select.regions.iter().map(move |at| (name, at)));
    for (n, (name, region)) in places.enumerate() {
        if let Ok(id) = InstanceId::new(format!("i-stand-in-{n}")) {
            let found = groups.entry(name.clone()).or_default();
            found.insert(id, region.clone());
        }
    }
    Chosen {
        groups,
        observed: None,
    }
}

/// Puts the answers where the selectors stand, as if they had been listed there.
pub(super) fn answer(manifest: &mut Manifest, chosen: &Chosen<'_>, notes: &mut Notes) {
    for entry in &mut manifest.groups {
        let Some(select) = entry.value.select.get() else {
            continue;
        };
        let found = chosen.groups.get(&entry.name.value).cloned();
        let found = found.unwrap_or_default();
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
pub(super) fn keep_promises(
    promises: &mut [At<Availability>],
    instances: &BTreeMap<InstanceId, DesiredInstance>,
    chosen: &Chosen<'_>,
    notes: &mut Notes,
) {
    let Some(observed) = chosen.observed else {
        return;
    };
    for At { value, mark } in promises {
        let named = instances.keys();
        let seen = named.filter_map(|id| observed.instances.get(id));
        let meant = seen.filter(|seen| value.select.chooses(seen));
        value.members = meant.map(|seen| seen.id.clone()).collect();
        // Where something else is wrong, machines may be missing because of that.
        if value.members.is_empty() && !notes.has_errors() {
            notes.add(promised_to_nobody(&value.name, *mark));
        }
    }
}

fn promised_to_nobody(name: &str, mark: Mark) -> Draft {
    let message = format!("availability {} selects no machine", quoted(name));
    Draft::new(codes::EMPTY_SELECTION, mark, message)
        .label("nobody fits, so nobody is protected")
        .help("check tags, names, zones and types; it is about machines of this manifest only")
}
