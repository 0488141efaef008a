//! Machines that should be there and are not: never seen by anybody, or gone since they were recorded.

use std::collections::BTreeSet;

use crate::diff::Vanished;
use crate::manifest::{unknown_machine, unknown_selected};
use crate::model::{DesiredFleet, Finding, GroupName, InstanceId};
use crate::plan::Members;
use crate::report::findings::Paint;
use crate::report::words::terminal;
use crate::store::Contents;

use super::choosing::Chosen;
use super::open_run::begun;
use crate::cli::failure::{Failure, Situation};

/// More than this share of the recorded machines gone means that something else is wrong.
const VANISHED_PERCENT_MAX: usize = 5;

/// Machines that are named where many are gone.
const NAMED_MAX: usize = 10;

/// An id that nobody has ever seen is a mistake in the manifest.
///
/// # Errors
/// [`Failure`] with a finding for each.
pub fn nobody_is_unknown(
    chosen: &Chosen,
    contents: Option<&Contents>,
    paint: Paint,
) -> Result<(), Failure> {
    // A machine that an open run has begun to change was there, too.
    let begun = begun(contents);
    let never_seen = |id: &InstanceId| {
        let applied = contents.map(|contents| &contents.applied.instances);
        let recorded = applied.is_some_and(|applied| applied.contains_key(id));
        !chosen.is_there(id) && !begun.contains(id) && !recorded
    };
    let fleet = &chosen.input.fleet;
    let listed = fleet.instances.keys().filter(|id| never_seen(id));
    let mut findings: Vec<Finding> = listed.filter_map(|id| unknown_machine(fleet, id)).collect();
    for select in fleet.groups.values().filter_map(|it| it.select.as_ref()) {
        let named = select.selector.ids.iter().filter(|id| never_seen(id));
        findings.extend(named.map(|id| unknown_selected(select, id)));
    }
    if findings.is_empty() {
        Ok(())
    } else {
        Err(chosen.input.refuse(&findings, paint))
    }
}

/// Who went by a selector at the last apply and was recorded, and is not there any more. Who only fits no longer is
/// there still, and where nobody looked, nobody knows.
#[must_use]
pub fn gone_members(chosen: &Chosen, contents: Option<&Contents>, before: &Members) -> Members {
    let mut gone = Members::new();
    let fleet = &chosen.input.fleet;
    for (name, members) in before {
        let group = fleet.groups.get(name);
        let Some(select) = group.and_then(|group| group.select.as_ref()) else {
            continue;
        };
        let was_here = |id: &InstanceId| {
            let record = contents.and_then(|contents| contents.applied.instances.get(id));
            record.is_some_and(|record| select.regions.contains(&record.region))
        };
        let is_gone = |id: &&InstanceId| {
            was_here(id) && !chosen.is_there(id) && !fleet.instances.contains_key(*id)
        };
        let released: BTreeSet<InstanceId> = members.iter().filter(is_gone).cloned().collect();
        if !released.is_empty() {
            gone.insert(name.clone(), released);
        }
    }
    gone
}

/// Machines do vanish, but not by the dozen: then it is the credentials or the region.
///
/// # Errors
/// [`Failure`] where too many are gone.
pub fn not_too_many_are_gone(
    chosen: &Chosen,
    contents: Option<&Contents>,
    gone: &Members,
) -> Result<(), Failure> {
    let Some(contents) = contents else {
        return Ok(());
    };
    let fleet = &chosen.input.fleet;
    let recorded = contents.applied.instances.keys();
    let listed: Vec<&InstanceId> = recorded
        .filter(|id| fleet.instances.contains_key(*id))
        .collect();
    let released: Vec<&InstanceId> = gone.values().flatten().collect();
    let missing = listed.iter().filter(|id| !chosen.is_there(id)).count() + released.len();
    let recorded = listed.len() + released.len();
    few_enough(missing, recorded, released.first().copied())
}

/// The same where only what is recorded was looked at: who counts is listed, or went by a selector at the last apply.
///
/// # Errors
/// [`Failure`] where too many have vanished.
pub fn not_too_many_vanished(
    vanished: &[Vanished],
    contents: &Contents,
    fleet: &DesiredFleet,
    before: &Members,
) -> Result<(), Failure> {
    let by_selector = |id: &InstanceId| {
        before.iter().any(|(name, members)| {
            let group = fleet.groups.get(name);
            members.contains(id) && group.is_some_and(|group| group.select.is_some())
        })
    };
    let counts = |id: &&InstanceId| fleet.instances.contains_key(*id) || by_selector(id);
    let recorded = contents.applied.instances.keys().filter(counts).count();
    let vanished = vanished.iter().map(|gone| &gone.instance);
    let missing: Vec<&InstanceId> = vanished.filter(counts).collect();
    let released = missing.iter().copied().find(|id| by_selector(id));
    few_enough(missing.len(), recorded, released)
}

fn few_enough(
    missing: usize,
    recorded: usize,
    released: Option<&InstanceId>,
) -> Result<(), Failure> {
    if missing <= 1 || missing * 100 <= recorded * VANISHED_PERCENT_MAX {
        return Ok(());
    }
    let message = format!("{missing} of {recorded} recorded machines are not there");
    let failure = Failure::new(Situation::Other, message)
        .hint("check credentials, region and endpoint; take released machines out of the manifest");
    Err(match released {
        None => failure,
        Some(one) => failure.hint(format!(
            "forget those that a selector found and somebody released, one by one: respec state rm {one}"
        )),
    })
}

/// The members before without those: what is gone neither stays as it is nor is anybody's to look after.
#[must_use]
pub fn still_there(mut before: Members, gone: &Members) -> Members {
    for (group, ids) in gone {
        if let Some(members) = before.get_mut(group) {
            members.retain(|id| !ids.contains(id));
        }
    }
    before
}

/// A line for each group that has lost machines.
#[must_use]
pub fn gone_in_words(gone: &Members) -> String {
    let line = |(group, ids): (&GroupName, &BTreeSet<InstanceId>)| {
        let named: Vec<&str> = ids.iter().take(NAMED_MAX).map(InstanceId::as_str).collect();
        let more = match ids.len() - named.len() {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        format!(
            "warning: group {group}: {} gone since the last apply ({}{more})\n",
            ids.len(),
            named.join(", ")
        )
    };
    gone.iter().map(line).collect()
}

/// A line for each machine that no selector can choose: in a region that one looks into, described in words that cannot be
/// read. The plan says the same of those that the manifest lists.
#[must_use]
pub fn unread_in_words(chosen: &Chosen) -> String {
    let fleet = &chosen.input.fleet;
    if fleet.groups.values().all(|group| group.select.is_none()) {
        return String::new();
    }
    let unread = chosen.observed.unreadable.iter();
    let unread = unread.filter(|(id, _)| !fleet.instances.contains_key(*id));
    let lines = unread.map(|(id, why)| {
        let why = terminal(why);
        format!(
            "warning: {id} cannot be read ({why}), so that no selector chooses it: whether it belongs to a group is \
             not known\n"
        )
    });
    lines.collect()
}
