//! Applied against observed: what moved behind our back.

use serde::{Deserialize, Serialize};

use crate::model::{AppliedFleet, Field, InstanceId, InstanceName, ObservedFleet};

use super::change::value_of;

/// One managed field that is no longer as it was recorded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DriftItem {
    /// Which machine.
    pub instance: InstanceId,
    /// How people call it.
    pub name: InstanceName,
    /// Which field.
    pub field: Field,
    /// As it was recorded.
    pub applied: String,
    /// As it is.
    pub observed: String,
}

/// A recorded machine that is not there any more.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Vanished {
    /// Which machine.
    pub instance: InstanceId,
    /// How people called it.
    pub name: InstanceName,
}

/// Compares every recorded machine with what is observed now; one that cannot be read is told about by
/// whoever has looked.
#[must_use]
pub fn drift(applied: &AppliedFleet, observed: &ObservedFleet) -> (Vec<DriftItem>, Vec<Vanished>) {
    let mut items = Vec::new();
    let mut vanished = Vec::new();
    for (id, record) in &applied.instances {
        if observed.unreadable.contains_key(id) {
            continue;
        }
        let Some(seen) = observed.instances.get(id) else {
            vanished.push(Vanished {
                instance: id.clone(),
                name: record.name.clone(),
            });
            continue;
        };
        for (field, recorded) in &record.fields {
            let now = value_of(*field, seen);
            if now != *recorded {
                items.push(DriftItem {
                    instance: id.clone(),
                    name: record.name.clone(),
                    field: *field,
                    applied: recorded.clone(),
                    observed: now,
                });
            }
        }
    }
    (items, vanished)
}
