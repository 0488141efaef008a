//! Several files as one: who says what about the fleet as a whole, and each name once.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::{
    Availability, BalanceCheck, Budget, FleetName, Freeze, GroupName, InstanceName, Owner, RegionId,
};

use super::account;
use super::codes;
use super::mark::{At, Mark, Slot};
use super::notes::{Draft, Notes, quoted};
use super::schema::{Defaults, Entry, File, GroupEntry, InstanceEntry};

/// All files of a run.
#[derive(Debug)]
pub(super) struct Manifest {
    pub(super) fleet: Slot<FleetName>,
    pub(super) account: Slot<account::Owner>,
    pub(super) region: Slot<RegionId>,
    pub(super) allow_managed: Slot<BTreeSet<Owner>>,
    pub(super) defaults: Option<Defaults>,
    pub(super) groups: Vec<Entry<GroupName, GroupEntry>>,
    pub(super) instances: Vec<Entry<InstanceName, InstanceEntry>>,
    pub(super) protect: Vec<At<String>>,
    pub(super) availability: Vec<At<Availability>>,
    pub(super) freezes: Vec<At<Freeze>>,
    pub(super) budget: Slot<Budget>,
    pub(super) balance: Slot<BalanceCheck>,
    /// Where the first file begins.
    pub(super) mark: Mark,
}

/// Puts the files together. A name defined twice keeps its first meaning.
pub(super) fn merge(files: Vec<File>, notes: &mut Notes) -> Option<Manifest> {
    let mut files = files.into_iter();
    let mut manifest = Manifest::of(files.next()?);
    for file in files {
        manifest.take(file, notes);
    }
    manifest.drop_second_names(notes);
    manifest.refuse_second_promises(notes);
    if manifest.fleet.is_unwritten() {
        notes.add(
            Draft::new(codes::MISSING_KEY, manifest.mark, "`fleet` is missing")
                .label("the manifest begins here")
                .help("name the fleet in one of the files, as in `fleet: shop-prod`"),
        );
    }
    Some(manifest)
}

impl Manifest {
    fn of(file: File) -> Self {
        Self {
            fleet: file.fleet,
            account: file.account,
            region: file.region,
            allow_managed: file.allow_managed,
            defaults: file.defaults,
            groups: file.groups,
            instances: file.instances,
            protect: file.protect,
            availability: file.availability,
            freezes: file.freezes,
            budget: file.budget,
            balance: file.balance,
            mark: file.mark,
        }
    }

    fn take(&mut self, file: File, notes: &mut Notes) {
        agree(
            &mut self.fleet,
            file.fleet,
            "fleet",
            ToString::to_string,
            notes,
        );
        agree(
            &mut self.account,
            file.account,
            "account",
            ToString::to_string,
            notes,
        );
        agree(
            &mut self.region,
            file.region,
            "region",
            ToString::to_string,
            notes,
        );
        agree(
            &mut self.allow_managed,
            file.allow_managed,
            "allow_managed",
            owners,
            notes,
        );
        agree(
            &mut self.budget,
            file.budget,
            "budget",
            ToString::to_string,
            notes,
        );
        agree(
            &mut self.balance,
            file.balance,
            "balance",
            ToString::to_string,
            notes,
        );
        match (&self.defaults, file.defaults) {
            (Some(first), Some(second)) => notes.add(defaults_twice(first.mark, second.mark)),
            (None, defaults) => self.defaults = defaults,
            (Some(_), None) => {}
        }
        self.groups.extend(file.groups);
        self.instances.extend(file.instances);
        self.protect.extend(file.protect);
        self.availability.extend(file.availability);
        self.freezes.extend(file.freezes);
    }

    /// Groups and instances share one set of names.
    fn drop_second_names(&mut self, notes: &mut Notes) {
        let mut first: BTreeMap<String, Mark> = BTreeMap::new();
        let mut is_first = |name: &str, mark: Mark| match first.get(name) {
            None => {
                first.insert(name.to_owned(), mark);
                true
            }
            Some(other) => {
                let message = format!("name `{name}` is defined twice");
                let draft = Draft::new(codes::NAME_TWICE, mark, message).label("again here");
                notes.add(draft.other(*other, "first defined here"));
                false
            }
        };
        self.groups
            .retain(|entry| is_first(entry.name.value.as_str(), entry.name.mark));
        self.instances
            .retain(|entry| is_first(entry.name.value.as_str(), entry.name.mark));
    }
}

impl Manifest {
    fn refuse_second_promises(&self, notes: &mut Notes) {
        let mut first: BTreeMap<&str, Mark> = BTreeMap::new();
        for at in &self.availability {
            let name = at.value.name.as_str();
            if let Some(other) = first.get(name) {
                let message = format!("availability {} is defined twice", quoted(name));
                let draft = Draft::new(codes::PROMISE_TWICE, at.mark, message).label("again here");
                notes.add(draft.other(*other, "first defined here"));
            } else {
                first.insert(name, at.mark);
            }
        }
    }
}

/// What the fleet as a whole has may be said in several files, in the same words.
fn agree<T: PartialEq>(
    said: &mut Slot<T>,
    also: Slot<T>,
    key: &str,
    shown: fn(&T) -> String,
    notes: &mut Notes,
) {
    if said.is_unwritten() {
        *said = also;
        return;
    }
    if let (Some(said), Some(also)) = (said.get(), also.get())
        && said.value != also.value
    {
        let message = format!(
            "`{key}` is `{}` here and `{}` there",
            shown(&also.value),
            shown(&said.value)
        );
        let draft = Draft::new(codes::DISAGREEMENT, also.mark, message).label("this file says");
        notes.add(draft.other(said.mark, "another file says"));
    }
}

fn owners(owners: &BTreeSet<Owner>) -> String {
    let names: Vec<&str> = owners.iter().map(|owner| owner.as_str()).collect();
    format!("[{}]", names.join(", "))
}

fn defaults_twice(first: Mark, second: Mark) -> Draft {
    Draft::new(codes::DEFAULTS_TWICE, second, "`defaults` in a second file")
        .label("again here")
        .other(first, "first written here")
        .help("they hold for all files, keep them in one")
}
