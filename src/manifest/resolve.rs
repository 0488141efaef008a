//! Groups, defaults and references become machines: the nearest level wins, key by key.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::{
    ChangeOptions, DesiredInstance, DesiredSpec, Group, GroupName, InstanceId, InstanceName, Owner,
    Payment, RegionId, Rollout,
};

use super::codes;
use super::mark::{At, Mark, Slot};
use super::merge::Manifest;
use super::notes::{Draft, Notes};
use super::rules;
use super::schema::{Entry, GroupEntry, InstanceEntry, Layer, RolloutKeys};

/// Machines and groups; the machines do not know yet what they wait for.
pub(super) struct Resolved {
    pub(super) instances: BTreeMap<InstanceId, DesiredInstance>,
    pub(super) groups: BTreeMap<GroupName, Group>,
    /// The limits of machines outside any group.
    pub(super) ungrouped: Rollout,
    /// The machine of each own name that has one.
    pub(super) ids: BTreeMap<InstanceName, InstanceId>,
}

/// A group with everything laid over each other that its members share.
struct Template<'m> {
    entry: &'m Entry<GroupName, GroupEntry>,
    layer: Layer,
}

/// What a machine shares with others of the same layer.
struct Shared {
    region: Slot<RegionId>,
    spec: DesiredSpec,
    change: ChangeOptions,
    payment: Payment,
    allow_managed: BTreeSet<Owner>,
}

impl Shared {
    fn of(layer: &Layer) -> Self {
        Self {
            region: layer.region.clone(),
            spec: layer.spec.desired(),
            change: layer.change.options(),
            payment: layer.payment.value().unwrap_or(Payment::Await),
            allow_managed: layer.allow_managed.value().unwrap_or_default(),
        }
    }
}

struct Resolver<'m> {
    manifest: &'m Manifest,
    notes: &'m mut Notes,
    /// What holds where neither group nor instance says anything.
    outermost: Layer,
    /// The entry under `instances` of each machine that has one.
    entries: BTreeMap<&'m InstanceId, &'m Entry<InstanceName, InstanceEntry>>,
    /// The group of each machine that is in one, and where it is listed.
    homes: BTreeMap<&'m InstanceId, (&'m GroupName, Mark)>,
    instances: BTreeMap<InstanceId, DesiredInstance>,
}

/// Resolves everything but `after` and `protect`.
pub(super) fn resolve(manifest: &Manifest, notes: &mut Notes) -> Resolved {
    let mut outermost = manifest
        .defaults
        .as_ref()
        .map(|defaults| defaults.layer.clone())
        .unwrap_or_default();
    outermost.region = manifest.region.clone();
    outermost.allow_managed = manifest.allow_managed.clone();
    let mut resolver = Resolver {
        manifest,
        notes,
        outermost,
        entries: BTreeMap::new(),
        homes: BTreeMap::new(),
        instances: BTreeMap::new(),
    };
    resolver.index_entries();
    let groups = resolver.groups();
    resolver.ungrouped();
    resolver.finish(groups)
}

impl<'m> Resolver<'m> {
    /// Which entry speaks for which machine; a machine has one name.
    fn index_entries(&mut self) {
        for entry in &self.manifest.instances {
            let Some(id) = entry.value.id.get() else {
                continue;
            };
            let Some(first) = self.entries.insert(&id.value, entry) else {
                continue;
            };
            self.entries.insert(&id.value, first);
            let message = format!(
                "{} has two names, `{}` and `{}`",
                id.value, first.name.value, entry.name.value
            );
            let draft = Draft::new(codes::ID_TWICE, id.mark, message)
                .label(format!("as `{}` here", entry.name.value));
            self.notes.add(match first.value.id.get() {
                None => draft,
                Some(id) => draft.other(id.mark, format!("as `{}` here", first.name.value)),
            });
        }
    }

    fn groups(&mut self) -> BTreeMap<GroupName, Group> {
        let manifest = self.manifest;
        let mut groups = BTreeMap::new();
        for entry in &manifest.groups {
            let template = Template {
                entry,
                layer: entry.value.layer.over(&self.outermost),
            };
            let members = self.members(&template);
            let rollout = self.rollout(&entry.value.rollout);
            groups.insert(entry.name.value.clone(), Group { members, rollout });
        }
        groups
    }

    /// Resolves the members of one group and returns them.
    fn members(&mut self, template: &Template<'m>) -> BTreeSet<InstanceId> {
        let group = &template.entry.name;
        rules::check(&template.layer, self.notes);
        let ids = &template.entry.value.ids;
        let listed = ids.get().map(|at| at.value.as_slice()).unwrap_or_default();
        if listed.is_empty() && (ids.is_unwritten() || ids.get().is_some()) {
            self.notes.add(empty_group(group));
        }
        let shared = Shared::of(&template.layer);
        let mut members = BTreeSet::new();
        for id in listed {
            if !self.moves_in(id, &group.value) {
                continue;
            }
            members.insert(id.value.clone());
            match self.entries.get(&id.value).copied() {
                Some(entry) => self.refined(entry, template),
                None => self.plain(id, group, &shared),
            }
        }
        members
    }

    /// Whether this group is the first to list the machine.
    fn moves_in(&mut self, id: &'m At<InstanceId>, group: &'m GroupName) -> bool {
        let Some((home, first)) = self.homes.get(&id.value).copied() else {
            self.homes.insert(&id.value, (group, id.mark));
            return true;
        };
        self.notes.add(if home == group {
            let message = format!("{} is listed twice in group `{group}`", id.value);
            Draft::new(codes::LISTED_TWICE, id.mark, message)
                .label("again here")
                .other(first, "first listed here")
        } else {
            let message = format!("{} is in two groups, `{home}` and `{group}`", id.value);
            Draft::new(codes::TWO_GROUPS, id.mark, message)
                .label(format!("in `{group}` here"))
                .other(first, format!("in `{home}` here"))
        });
        false
    }

    /// A member that nothing is said about but its group's words.
    fn plain(&mut self, id: &At<InstanceId>, group: &At<GroupName>, shared: &Shared) {
        if shared.region.is_unwritten() {
            // Said once for the whole group: the very same finding is kept only once.
            self.no_region(group.mark, &group.value);
        }
        let group = &group.value;
        let name = InstanceName::new(format!("{group}/{}", id.value));
        // Both parts are well-formed; together they may be too long for a name.
        let name = match name {
            Ok(name) => name,
            Err(error) => {
                let message = format!("`{group}/…` cannot name this member");
                let draft = Draft::new(codes::MALFORMED, id.mark, message).label(error.why);
                self.notes.add(draft);
                return;
            }
        };
        self.put(
            &At {
                value: &id.value,
                mark: id.mark,
            },
            name,
            Some(group),
            shared,
        );
    }

    /// A member with an entry of its own.
    fn refined(&mut self, entry: &Entry<InstanceName, InstanceEntry>, template: &Template<'m>) {
        let layer = entry.value.layer.over(&template.layer);
        let group = &template.entry.name.value;
        self.named(entry, &layer, Some(group));
    }

    fn ungrouped(&mut self) {
        let alone: Vec<_> = self
            .entries
            .iter()
            .filter(|(id, _)| !self.homes.contains_key(*id))
            .map(|(_, entry)| *entry)
            .collect();
        for entry in alone {
            let layer = entry.value.layer.over(&self.outermost);
            self.named(entry, &layer, None);
        }
    }

    fn named(
        &mut self,
        entry: &Entry<InstanceName, InstanceEntry>,
        layer: &Layer,
        group: Option<&GroupName>,
    ) {
        rules::check(layer, self.notes);
        let Some(id) = entry.value.id.get() else {
            return;
        };
        let shared = Shared::of(layer);
        if shared.region.is_unwritten() {
            self.no_region(entry.name.mark, &entry.name.value);
        }
        let mark = entry.name.mark;
        let name = entry.name.value.clone();
        self.put(
            &At {
                value: &id.value,
                mark,
            },
            name,
            group,
            &shared,
        );
    }

    fn put(
        &mut self,
        id: &At<&InstanceId>,
        name: InstanceName,
        group: Option<&GroupName>,
        shared: &Shared,
    ) {
        let Some(region) = shared.region.value() else {
            return;
        };
        let instance = DesiredInstance {
            name,
            group: group.cloned(),
            region,
            spec: shared.spec.clone(),
            change: shared.change.clone(),
            payment: shared.payment,
            protect: false,
            allow_managed: shared.allow_managed.clone(),
            after: BTreeSet::new(),
            place: self.notes.place(id.mark),
        };
        self.instances.insert(id.value.clone(), instance);
    }

    /// A machine without a region is no machine.
    fn no_region(&mut self, mark: Mark, name: &dyn std::fmt::Display) {
        self.notes.add(
            Draft::new(codes::NO_REGION, mark, format!("`{name}` has no region"))
                .label("where is it?")
                .help("write `region: cn-hangzhou` here or at the top of the manifest"),
        );
    }

    fn rollout(&self, keys: &RolloutKeys) -> Rollout {
        match &self.manifest.defaults {
            None => keys.rollout(),
            Some(defaults) => keys.over(&defaults.rollout).rollout(),
        }
    }

    fn finish(self, groups: BTreeMap<GroupName, Group>) -> Resolved {
        let nothing = self.manifest.instances.is_empty() && self.manifest.groups.is_empty();
        if nothing && !self.notes.has_errors() {
            let mark = self.manifest.mark;
            let draft = Draft::new(codes::NO_INSTANCES, mark, "the manifest names no machine");
            self.notes
                .add(draft.help("list machines under `instances`, or the `ids` of a group"));
        }
        let ungrouped = self.rollout(&RolloutKeys::default());
        let ids = self.entries.into_iter();
        let ids = ids.map(|(id, entry)| (entry.name.value.clone(), id.clone()));
        Resolved {
            ids: ids.collect(),
            instances: self.instances,
            groups,
            ungrouped,
        }
    }
}

fn empty_group(group: &At<GroupName>) -> Draft {
    let message = format!("group `{}` has no members", group.value);
    Draft::new(codes::EMPTY_GROUP, group.mark, message)
        .label("empty")
        .help("list its machines, as in `ids: [i-bp67acfmxazb4p0001]`, or remove it")
}
