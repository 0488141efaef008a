//! Who joined and who left the groups that go by a selector.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::model::{DesiredFleet, GroupName, InstanceId};

/// The members of each group at some time.
pub type Members = BTreeMap<GroupName, BTreeSet<InstanceId>>;

/// How the members of one group changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Turnover {
    /// The group.
    pub group: GroupName,
    /// Members now that were none before.
    pub joined: Vec<InstanceId>,
    /// Members before that are none now: they stay as they are and are not looked after any more.
    pub left: Vec<InstanceId>,
    /// Whether the manifest says how many members there must be, so that somebody counted them.
    pub counted: bool,
}

/// Compares the members now with those of the last apply. A group that was not there then is new as a
/// whole: whoever wrote it knows.
#[must_use]
pub fn turnover(desired: &DesiredFleet, before: &Members) -> Vec<Turnover> {
    let mut changed = Vec::new();
    for (name, group) in &desired.groups {
        let (Some(select), Some(before)) = (&group.select, before.get(name)) else {
            continue;
        };
        let joined: Vec<_> = group.members.difference(before).cloned().collect();
        let left: Vec<_> = before.difference(&group.members).cloned().collect();
        if !joined.is_empty() || !left.is_empty() {
            changed.push(Turnover {
                group: name.clone(),
                joined,
                left,
                counted: select.expect.is_some(),
            });
        }
    }
    changed
}
