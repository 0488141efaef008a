//! I12: how a program ends, and what it says of that.

use std::collections::{BTreeMap, BTreeSet};

use respec::apply::{JournalLost, RunOutcome};
use respec::model::{InstanceId, Power};
use respec::saga::{Kind, SagaOutcome};

use serde_json::Value;

use super::{first_difference, is_touched, of};
use crate::history::History;

/// I12: a machine that ran, is meant to run and is down is named as owed a start.
pub(super) fn obligations_are_named(history: &History, outcome: &RunOutcome) {
    let truth = history.rig.truth();
    for (id, machine) in &history.rig.desired.instances {
        let ran = of(&history.first_truth, id)["Status"] == "Running";
        let down = of(&truth, id)["Status"] != "Running";
        let named = outcome.obligations.iter().any(|owed| owed.instance == *id);
        let ours = !is_touched(history, id);
        if ours && ran && down && machine.spec.power != Some(Power::Stopped) && !named {
            history
                .eye
                .object("I12", format!("{id} is down and nobody says so"));
        }
    }
}

pub(super) fn the_exit_code_fits(history: &History, outcome: &RunOutcome) {
    let interrupted = outcome.interrupted.is_some();
    if !outcome.obligations.is_empty() && !interrupted && outcome.exit_code != 8 {
        let what = format!("exit {} with {:?}", outcome.exit_code, outcome.obligations);
        history.eye.object("I12", what);
    }
    if let Some(JournalLost::CannotFollow(illegal)) = &outcome.journal_lost {
        history.eye.object("I14", illegal.to_string());
    }
    if outcome.exit_code == 0 && outcome.open {
        history
            .eye
            .object("I12", "exit 0 with an open run".to_owned());
    }
    let undone = not_done(history);
    let left = !undone.is_empty() || outcome.blocked > 0;
    if outcome.exit_code == 0 && left && outcome.journal_lost.is_none() {
        let what = format!("exit 0, {undone:?} not done, {} blocked", outcome.blocked);
        history.eye.object("I12", what);
    }
    if outcome.exit_code == 3 && !left {
        let what = "exit 3, and all is done".to_owned();
        history.eye.object("I12", what);
    }
}

/// I12 of two: whoever says that all is done has looked at all of it.
/// What another put back stands on nobody's word.
pub(super) fn all_is_as_wanted_if_said_so(
    history: &History,
    truth: &Value,
    code: Option<u8>,
    put_back: &BTreeSet<InstanceId>,
) {
    if code != Some(0) {
        return;
    }
    let machines = history.rig.desired.instances.iter();
    for (id, machine) in machines.filter(|(id, _)| !put_back.contains(*id)) {
        if let Some(what) = first_difference(&machine.spec, of(truth, id)) {
            let what = format!("exit 0, but {id}: {what}");
            history.eye.object("honesty", what);
        }
    }
}

/// Planned machines of the present run whose last entry does not say that they are done.
fn not_done(history: &History) -> Vec<InstanceId> {
    let entries = history.eye.entries.borrow();
    let mut done = BTreeMap::new();
    for entry in entries.iter() {
        match &entry.kind {
            Kind::Begun { instance, .. } => done.insert(instance.clone(), false),
            Kind::Closed {
                instance, outcome, ..
            } => done.insert(instance.clone(), *outcome == SagaOutcome::Done),
            _ => continue,
        };
    }
    let plan = history.eye.plan.borrow();
    let planned = plan.iter().flat_map(|plan| plan.sagas.keys());
    let open = planned.filter(|id| done.get(id) != Some(&true));
    open.cloned().collect()
}
