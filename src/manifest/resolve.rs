//! Groups, defaults and references become machines: the nearest level wins, key by key.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::{
    ChangeOptions, DesiredInstance, DesiredSpec, Group, GroupName, InstanceId, InstanceName, Owner,
    Payment, RegionId, Rollout, Selection, TemporaryBandwidth,
};

use super::codes;
use super::impossible;
use super::mark::{At, Mark, Slot};
use super::merge::Manifest;
use super::notes::{Draft, Notes};
use super::rules;
use super::schema::{Entry, GroupEntry, InstanceEntry, Layer, RolloutKeys, SelectKeys};

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
    rollout: RolloutKeys,
}

impl Template<'_> {
    /// Where a member was found, when the group has a selector; else where the group is.
    fn region_of(&self, id: &InstanceId, mark: Mark) -> Slot<RegionId> {
        let found = self.entry.value.found_in.as_ref();
        match found.and_then(|found| found.get(id)) {
            Some(region) => Slot::Written(At {
                value: region.clone(),
                mark,
            }),
            None => self.layer.region.clone(),
        }
    }
}

/// What a machine shares with others of the same layer.
struct Shared {
    spec: DesiredSpec,
    change: ChangeOptions,
    payment: Payment,
    temporary: Option<TemporaryBandwidth>,
    allow_managed: BTreeSet<Owner>,
}

impl Shared {
    fn of(layer: &Layer) -> Self {
        Self {
            spec: layer.spec.desired(),
            change: layer.change.options(),
            payment: layer.payment.value().unwrap_or(Payment::Await),
            temporary: layer.temporary.value(),
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
    /// Whether some selector waits for its answer: then nobody knows yet which group an entry belongs to.
    unanswered: bool,
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
        unanswered: manifest.groups.iter().any(is_unanswered),
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
                rollout: self.over_defaults(&entry.value.rollout),
            };
            impossible::check(&template.rollout, self.notes);
            impossible::check_type(&template.rollout, &template.layer, self.notes);
            let select = self.selection(&template);
            let members = self.members(&template);
            let group = Group {
                members,
                rollout: template.rollout.rollout(),
                select,
            };
            groups.insert(entry.name.value.clone(), group);
        }
        groups
    }

    fn selection(&mut self, template: &Template<'m>) -> Option<Selection> {
        let select = template.entry.value.select.get()?;
        impossible::check_selector(&select.value, &template.layer, self.notes);
        let SelectKeys {
            selector,
            regions,
            expect,
            ..
        } = &select.value;
        let mut regions: BTreeSet<RegionId> = regions.iter().map(|at| at.value.clone()).collect();
        if regions.is_empty() {
            regions.extend(template.layer.region.value());
        }
        if regions.is_empty() && template.layer.region.is_unwritten() {
            self.no_region(template.entry.name.mark, &template.entry.name.value);
        }
        Some(Selection {
            selector: selector.clone(),
            regions,
            expect: *expect,
            place: self.notes.place(select.mark),
        })
    }

    /// Resolves the members of one group and returns them.
    fn members(&mut self, template: &Template<'m>) -> BTreeSet<InstanceId> {
        let group = &template.entry.name;
        rules::check(&template.layer, self.notes);
        let ids = &template.entry.value.ids;
        let listed = ids.get().map(|at| at.value.as_slice()).unwrap_or_default();
        let told = ids.is_unwritten() || ids.get().is_some();
        if listed.is_empty() && told && template.entry.value.select.is_unwritten() {
            self.notes.add(empty_group(group));
        }
        let shared = Shared::of(&template.layer);
        let mut members = BTreeSet::new();
        for id in listed {
            if !self.moves_in(id, &group.value) {
                continue;
            }
            members.insert(id.value.clone());
            let region = template.region_of(&id.value, id.mark);
            match self.entries.get(&id.value).copied() {
                Some(entry) => self.refined(entry, template, region),
                None => self.plain(id, group, &shared, region),
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
    fn plain(
        &mut self,
        id: &At<InstanceId>,
        group: &At<GroupName>,
        shared: &Shared,
        region: Slot<RegionId>,
    ) {
        if region.is_unwritten() {
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
            region,
        );
    }

    /// A member with an entry of its own.
    fn refined(
        &mut self,
        entry: &Entry<InstanceName, InstanceEntry>,
        template: &Template<'m>,
        region: Slot<RegionId>,
    ) {
        let mut layer = entry.value.layer.over(&template.layer);
        if template.entry.value.found_in.is_some() {
            layer.region = region;
        }
        rules::check(&layer, self.notes);
        impossible::check_type(&template.rollout, &layer, self.notes);
        self.named(entry, &layer, Some(&template.entry.name.value));
    }

    fn ungrouped(&mut self) {
        let rollout = self.over_defaults(&RolloutKeys::default());
        let alone: Vec<_> = self
            .entries
            .iter()
            .filter(|(id, _)| !self.homes.contains_key(*id))
            .map(|(_, entry)| *entry)
            .collect();
        for entry in alone {
            let layer = entry.value.layer.over(&self.outermost);
            // What a group adds to it may still make it whole.
            if self.unanswered && layer.region.is_unwritten() {
                continue;
            }
            if !self.unanswered {
                rules::check(&layer, self.notes);
                impossible::check(&rollout, self.notes);
                impossible::check_type(&rollout, &layer, self.notes);
            }
            self.named(entry, &layer, None);
        }
    }

    fn named(
        &mut self,
        entry: &Entry<InstanceName, InstanceEntry>,
        layer: &Layer,
        group: Option<&GroupName>,
    ) {
        let Some(id) = entry.value.id.get() else {
            return;
        };
        let shared = Shared::of(layer);
        if layer.region.is_unwritten() {
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
            layer.region.clone(),
        );
    }

    fn put(
        &mut self,
        id: &At<&InstanceId>,
        name: InstanceName,
        group: Option<&GroupName>,
        shared: &Shared,
        region: Slot<RegionId>,
    ) {
        let Some(region) = region.value() else {
            return;
        };
        let instance = DesiredInstance {
            name,
            group: group.cloned(),
            region,
            spec: shared.spec.clone(),
            change: shared.change.clone(),
            payment: shared.payment,
            temporary: shared.temporary.clone(),
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

    fn over_defaults(&self, keys: &RolloutKeys) -> RolloutKeys {
        match &self.manifest.defaults {
            None => keys.clone(),
            Some(defaults) => keys.over(&defaults.rollout),
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
        let ungrouped = self.over_defaults(&RolloutKeys::default()).rollout();
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

fn is_unanswered(entry: &Entry<GroupName, GroupEntry>) -> bool {
    entry.value.select.get().is_some() && entry.value.found_in.is_none()
}

fn empty_group(group: &At<GroupName>) -> Draft {
    let message = format!("group `{}` has no members", group.value);
    Draft::new(codes::EMPTY_GROUP, group.mark, message)
        .label("empty")
        .help("list its machines, as in `ids: [i-bp67acfmxazb4p0001]`, or remove it")
}
