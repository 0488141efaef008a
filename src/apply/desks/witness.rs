//! What this program itself did to each machine, and when: more certain than what the journal says of another one.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use crate::model::InstanceId;

/// Every machine's; times are elapsed time.
#[derive(Debug, Default)]
pub(in crate::apply) struct Witness {
    changed: BTreeMap<InstanceId, Duration>,
    lost: BTreeMap<InstanceId, Duration>,
    drained: BTreeSet<InstanceId>,
}

/// One machine's.
#[derive(Debug, Clone, Copy)]
pub(in crate::apply) struct Witnessed {
    /// When a change of it succeeded last.
    pub(in crate::apply) changed: Option<Duration>,
    /// When a stop of it was lost last.
    pub(in crate::apply) lost: Option<Duration>,
    /// Whether it was taken out of service by its owner's command.
    pub(in crate::apply) drained: bool,
}

impl Witness {
    pub(in crate::apply) fn of(&self, instance: &InstanceId) -> Witnessed {
        Witnessed {
            changed: self.changed.get(instance).copied(),
            lost: self.lost.get(instance).copied(),
            drained: self.drained.contains(instance),
        }
    }

    pub(in crate::apply) fn changed(&mut self, instance: &InstanceId, now: Duration) {
        self.changed.insert(instance.clone(), now);
    }

    pub(in crate::apply) fn lost(&mut self, instance: &InstanceId, now: Duration) {
        self.lost.insert(instance.clone(), now);
    }

    pub(in crate::apply) fn drained(&mut self, instance: &InstanceId) {
        self.drained.insert(instance.clone());
    }
}
