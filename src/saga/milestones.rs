//! How far a run's batches are: which ended when, who opened which gate, who waived the hours.

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::model::Crowd;
use crate::plan::SavedPlan;

/// A gate that somebody opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Opened {
    /// When.
    pub at: Timestamp,
    /// By whom: `user@host`.
    pub who: String,
}

/// Somebody said that windows and freezes do not hold for one apply.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waiver {
    /// When.
    pub at: Timestamp,
    /// Who: `user@host`.
    pub who: String,
    /// Why, in their words.
    pub reason: String,
}

/// What the journal says about batches, gates and hours.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Milestones {
    /// When each batch ended, counted from 1.
    pub ended: BTreeMap<(Crowd, u32), Timestamp>,
    /// The gates, named by the batch before them, that a person opened.
    pub opened: BTreeMap<(Crowd, u32), Opened>,
    /// The gates whose check has passed, with what was seen.
    pub checked: BTreeMap<(Crowd, u32), String>,
    /// Every time somebody waived the hours.
    pub waivers: Vec<Waiver>,
}

impl Milestones {
    /// A batch ended.
    ///
    /// # Errors
    /// Why that cannot be: batches end once, and in turn.
    pub(super) fn end(&mut self, crowd: &Crowd, batch: u32, at: Timestamp) -> Result<(), String> {
        if batch != self.last_ended(crowd) + 1 {
            return Err(format!("batch {batch} of {crowd} does not end now"));
        }
        self.ended.insert((crowd.clone(), batch), at);
        Ok(())
    }

    /// Somebody opened the gate behind a batch.
    ///
    /// # Errors
    /// Why that cannot be: its batch has not ended, or it is open.
    pub(super) fn open(&mut self, crowd: &Crowd, batch: u32, by: Opened) -> Result<(), String> {
        let gate = (crowd.clone(), batch);
        if !self.ended.contains_key(&gate) || self.opened.contains_key(&gate) {
            return Err(format!(
                "the gate after batch {batch} of {crowd} is not waiting"
            ));
        }
        self.opened.insert(gate, by);
        Ok(())
    }

    /// What the gate behind a batch looks at is as it should be.
    ///
    /// # Errors
    /// Why that cannot be: its batch has not ended, or that is known.
    pub(super) fn check(&mut self, crowd: &Crowd, batch: u32, seen: &str) -> Result<(), String> {
        let gate = (crowd.clone(), batch);
        if !self.ended.contains_key(&gate) || self.checked.contains_key(&gate) {
            return Err(format!(
                "the gate after batch {batch} of {crowd} is not to be checked"
            ));
        }
        self.checked.insert(gate, seen.to_owned());
        Ok(())
    }

    fn last_ended(&self, crowd: &Crowd) -> u32 {
        let own = self.ended.keys().filter(|(other, _)| other == crowd);
        own.map(|(_, batch)| *batch).max().unwrap_or(0)
    }

    /// The gates that wait for a person: their batch has ended, and something comes behind it.
    #[must_use]
    pub fn gates_to_approve(&self, plan: &SavedPlan) -> Vec<(Crowd, u32)> {
        let ended = self.ended.keys();
        let waits = |(crowd, batch): &&(Crowd, u32)| {
            let rollout = plan.desired.rollout_of_crowd(crowd);
            let course = plan.courses.iter().find(|course| course.crowd == *crowd);
            let is_last = course.is_none_or(|course| course.batches.len() <= *batch as usize);
            let asks = rollout
                .gates_after(*batch)
                .any(|gate| gate.approval == crate::model::Approval::Person);
            asks && !is_last && !self.opened.contains_key(&(crowd.clone(), *batch))
        };
        ended.filter(waits).cloned().collect()
    }
}
