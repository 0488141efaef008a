//! What refers to others by name: `after` and `protect`.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::{Group, GroupName, InstanceId, InstanceName, Unit};

use super::codes;
use super::cycle::{Wait, cycles};
use super::mark::At;
use super::merge::Manifest;
use super::notes::{Draft, Notes, quoted};
use super::resolve::Resolved;

/// Waits of a cycle that are written out; a longer one is told by its beginning.
const CYCLE_WAITS_MAX: usize = 12;

/// Fills in `after` and `protect`.
pub(super) fn refer(manifest: &Manifest, resolved: &mut Resolved, notes: &mut Notes) {
    let names = Names {
        groups: &resolved.groups,
        ids: &resolved.ids,
        written: written(manifest),
        unanswered: unanswered(manifest),
    };
    let waits = waits(manifest, &names, notes);
    refuse_cycles(&waits, &names, notes);
    for wait in &waits {
        for id in names.machines(&wait.waiter) {
            if let Some(instance) = resolved.instances.get_mut(id) {
                instance.after.insert(wait.target.clone());
            }
        }
    }
    for name in &manifest.protect {
        let Some(unit) = names.find(name, notes) else {
            continue;
        };
        for id in names.machines(&unit) {
            if let Some(instance) = resolved.instances.get_mut(id) {
                instance.protect = true;
            }
        }
    }
}

/// Names of entries, the ones whose machine is not known included.
fn written(manifest: &Manifest) -> BTreeSet<&str> {
    let entries = manifest.instances.iter();
    entries.map(|entry| entry.name.value.as_str()).collect()
}

fn unanswered(manifest: &Manifest) -> BTreeSet<&str> {
    let groups = manifest.groups.iter();
    let open = groups.filter(|entry| !entry.value.select.is_unwritten());
    let open = open.filter(|entry| entry.value.found_in.is_none());
    open.map(|entry| entry.name.value.as_str()).collect()
}

/// Every `after` whose name is known.
fn waits(manifest: &Manifest, names: &Names<'_>, notes: &mut Notes) -> Vec<Wait> {
    let mut waits = Vec::new();
    let mut add = |waiter: Unit, after: &[At<String>]| {
        for name in after {
            if let Some(target) = names.find(name, notes) {
                waits.push(Wait {
                    waiter: waiter.clone(),
                    target,
                    mark: name.mark,
                });
            }
        }
    };
    for entry in &manifest.groups {
        add(Unit::Group(entry.name.value.clone()), &entry.value.after);
    }
    for entry in &manifest.instances {
        if let Some(id) = entry.value.id.value() {
            add(Unit::Instance(id), &entry.value.after);
        }
    }
    waits
}

/// Everything that has a name.
struct Names<'m> {
    groups: &'m BTreeMap<GroupName, Group>,
    ids: &'m BTreeMap<InstanceName, InstanceId>,
    written: BTreeSet<&'m str>,
    /// Groups whose members are not known yet.
    unanswered: BTreeSet<&'m str>,
}

impl Names<'_> {
    /// The unit of this name; an unknown name is a finding, a broken one has its own.
    fn find(&self, name: &At<String>, notes: &mut Notes) -> Option<Unit> {
        let text = name.value.as_str();
        if let Some((group, _)) = self.group(text) {
            return Some(Unit::Group(group.clone()));
        }
        if let Some(id) = self.instance(text).or_else(|| self.member(text)) {
            return Some(Unit::Instance(id.clone()));
        }
        if !self.written.contains(text) && !self.may_be_selected(text) {
            let draft = self.unknown(name, notes);
            notes.add(draft);
        }
        None
    }

    fn group(&self, text: &str) -> Option<(&GroupName, &Group)> {
        self.groups.get_key_value(&GroupName::new(text).ok()?)
    }

    fn instance(&self, text: &str) -> Option<&InstanceId> {
        self.ids.get(&InstanceName::new(text).ok()?)
    }

    /// The machine behind `group/i-…`.
    fn member(&self, text: &str) -> Option<&InstanceId> {
        let (group, id) = text.split_once('/')?;
        let (_, group) = self.group(group)?;
        group.members.get(&InstanceId::new(id).ok()?)
    }

    /// Whether it names a member of a group whose selector waits for its answer.
    fn may_be_selected(&self, text: &str) -> bool {
        let group = text.split_once('/').map(|(group, _)| group);
        group.is_some_and(|group| self.unanswered.contains(group))
    }

    fn unknown(&self, name: &At<String>, notes: &mut Notes) -> Draft {
        let message = format!("nothing is called {}", quoted(&name.value));
        let draft = Draft::new(codes::UNKNOWN_NAME, name.mark, message).label("unknown name");
        let groups = self.groups.keys().map(GroupName::as_str);
        let known = groups.chain(self.ids.keys().map(InstanceName::as_str));
        match notes.nearest(&name.value, known) {
            Some(near) => draft.suggest("a similar name exists", near),
            None => draft.help("write the name of a group or of an instance"),
        }
    }

    fn machines<'u>(&'u self, unit: &'u Unit) -> impl Iterator<Item = &'u InstanceId> {
        let (one, group) = match unit {
            Unit::Instance(id) => (Some(id), None),
            Unit::Group(name) => (None, self.groups.get(name)),
        };
        let members = group.into_iter().flat_map(|group| &group.members);
        one.into_iter().chain(members)
    }
}

fn refuse_cycles(waits: &[Wait], names: &Names<'_>, notes: &mut Notes) {
    let groups = names.groups.iter();
    let groups = groups.map(|(name, group)| (Unit::Group(name.clone()), &group.members));
    let cycles = cycles(waits, groups);
    if cycles.is_empty() {
        return;
    }
    let calls: BTreeMap<&InstanceId, &InstanceName> =
        names.ids.iter().map(|(name, id)| (id, name)).collect();
    for cycle in cycles {
        let cycle: Vec<&Wait> = cycle.iter().map(|index| &waits[*index]).collect();
        notes.add(cycle_finding(&cycle, &calls));
    }
}

fn cycle_finding(cycle: &[&Wait], calls: &BTreeMap<&InstanceId, &InstanceName>) -> Draft {
    let call = |unit: &Unit| match unit {
        Unit::Group(name) => name.to_string(),
        Unit::Instance(id) => calls.get(id).map_or(id.to_string(), ToString::to_string),
    };
    let shown = cycle.iter().take(CYCLE_WAITS_MAX);
    let mut steps: Vec<String> = shown
        .map(|wait| {
            format!(
                "`{}` waits for `{}`",
                call(&wait.waiter),
                call(&wait.target)
            )
        })
        .collect();
    if cycle.len() > CYCLE_WAITS_MAX {
        steps.push(format!("and {} more", cycle.len() - CYCLE_WAITS_MAX));
    }
    let first = cycle.first().expect("a cycle has at least one wait");
    let message = format!("nothing can begin: {}", steps.join(", "));
    let draft = Draft::new(codes::CYCLE, first.mark, message).label("part of the cycle");
    match cycle.get(1) {
        None => draft,
        Some(second) => draft.other(second.mark, "and so is this"),
    }
}
