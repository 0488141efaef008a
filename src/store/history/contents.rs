//! What a store holds, as the rest of the house sees it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::model::{AppliedFleet, InstanceId, Lineage, OrderId, RunId, Stamp};
use crate::saga::{Entry, OrderRecord, RunRecord};

/// Everything that is recorded, but for the journals of runs that are over.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Contents {
    /// The machines as they were left; the serial counts the commits that changed any of them.
    pub applied: AppliedFleet,
    /// How many changes were ever begun on each machine. It outlives a machine's applied record and
    /// may come before the first one.
    pub change_numbers: BTreeMap<InstanceId, u64>,
    /// Every run, oldest first, the open one included.
    pub runs: Vec<RunRecord>,
    /// The run that is not over yet.
    pub open_run: Option<OpenRun>,
    /// Every order that was ever made.
    pub orders: BTreeMap<OrderId, OrderRecord>,
    /// The number the next entry must have.
    pub next_seq: u64,
}

/// A run that is not over, with its journal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OpenRun {
    /// What `history` shows of it.
    pub record: RunRecord,
    /// All its entries, in order.
    pub entries: Vec<Entry>,
}

impl Contents {
    /// What a new store holds: nothing yet.
    #[must_use]
    pub fn empty(lineage: Lineage) -> Self {
        Self {
            applied: AppliedFleet {
                stamp: Stamp { lineage, serial: 0 },
                instances: BTreeMap::new(),
            },
            change_numbers: BTreeMap::new(),
            runs: Vec::new(),
            open_run: None,
            orders: BTreeMap::new(),
            next_seq: 1,
        }
    }

    /// How many changes were ever begun on this machine; the next one must have a higher number.
    #[must_use]
    pub fn change_number(&self, instance: &InstanceId) -> u64 {
        let begun = self.change_numbers.get(instance).copied();
        let recorded = self.applied.instances.get(instance);
        begun
            .max(recorded.map(|record| record.change_number))
            .unwrap_or(0)
    }

    /// A run, by its id.
    #[must_use]
    pub fn run(&self, run: &RunId) -> Option<&RunRecord> {
        self.runs.iter().find(|record| &record.run == run)
    }

    /// The last run that carried out a plan.
    #[must_use]
    pub fn last_planned(&self) -> Option<&RunRecord> {
        self.runs.iter().rev().find(|record| record.has_plan())
    }

    /// How many entries the open run has.
    pub(in crate::store) fn n_open_entries(&self) -> usize {
        self.open_run.as_ref().map_or(0, |open| open.entries.len())
    }
}
