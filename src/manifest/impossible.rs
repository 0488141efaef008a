//! Rollout settings that contradict themselves: they would hang, or never be asked.

use crate::model::{Approval, Batches, GateAfter, OnFailure, Share};

use super::codes;
use super::mark::Slot;
use super::notes::{Draft, Notes};
use super::schema::{Layer, RolloutKeys, SelectKeys};

/// Checks the limits of one group, or of the machines outside any, after the defaults are laid under them.
pub(super) fn check(rollout: &RolloutKeys, notes: &mut Notes) {
    gates_have_a_batch_behind_them(rollout, notes);
    continue_tolerates_all(rollout, notes);
    after_start_takes_something_back(rollout, notes);
    revert_has_a_health_check(rollout, notes);
}

/// A new type always needs a stop (R2, R12), so a limit of none and a type contradict each other.
pub(super) fn check_type(rollout: &RolloutKeys, layer: &Layer, notes: &mut Notes) {
    let Some(limit) = rollout.max_unavailable.get() else {
        return;
    };
    let Some(new_type) = layer.spec.instance_type.get() else {
        return;
    };
    if limit.value.is_nothing() {
        let message = "`max_unavailable: 0` and an instance type";
        notes.add(
            Draft::new(codes::NOTHING_ALLOWED, limit.mark, message)
                .label("allows no stop")
                .other(new_type.mark, "a type changes only with a stop (R2, R12)")
                .help("allow at least 1 to be down, or leave the type out"),
        );
    }
}

/// A machine that has changed its type may no longer fit the selector that found it.
pub(super) fn check_selector(select: &SelectKeys, layer: &Layer, notes: &mut Notes) {
    let (Some(types), Some(new_type)) = (select.types, layer.spec.instance_type.get()) else {
        return;
    };
    let mut patterns = select.selector.instance_type.iter();
    if patterns.any(|pattern| pattern.fits(new_type.value.as_str())) {
        return;
    }
    let message = "the group selects by type and changes the type";
    notes.add(
        Draft::new(codes::LEAVES_ITSELF, types, message)
            .label("does not fit a machine that is done")
            .other(new_type.mark, "what it becomes")
            .help("select by tag or name, or name both types"),
    );
}

fn gates_have_a_batch_behind_them(rollout: &RolloutKeys, notes: &mut Notes) {
    let batches = match &rollout.batches {
        Slot::Unwritten => Batches::default().sizes,
        Slot::Broken => return,
        Slot::Written(at) => at.value.clone(),
    };
    // Only a last batch of everything ends the list; any other repeats.
    if batches.last() != Some(&Share::Percent(100)) {
        return;
    }
    for gate in rollout.gates.get().iter().flat_map(|at| &at.value) {
        let stands_behind = match gate.value.after {
            GateAfter::Batch(number) => number.get() as usize,
            GateAfter::Each => 1,
        };
        if stands_behind < batches.len() {
            continue;
        }
        let asked = match gate.value.approval {
            Approval::Nobody => "nothing would ever wait for it",
            Approval::Person => "nobody would ever be asked",
        };
        let message = "no batch comes after this gate";
        let draft = Draft::new(codes::NO_SUCH_BATCH, gate.mark, message).label(asked);
        notes.add(match rollout.batches.get() {
            Some(at) => draft.other(at.mark, "the last one takes all that is left"),
            None => draft.help("`batches` is unwritten and means `[1, 100%]`"),
        });
    }
}

fn continue_tolerates_all(rollout: &RolloutKeys, notes: &mut Notes) {
    let on_failure = rollout.on_failure.get();
    let goes_on = on_failure.filter(|at| at.value == OnFailure::Continue);
    if let (Some(goes_on), Some(limit)) = (goes_on, rollout.max_failures.get()) {
        let message = "`max_failures` beside `on_failure: continue`";
        notes.add(
            Draft::new(codes::NO_TOLERANCE, limit.mark, message)
                .label("has no effect")
                .other(goes_on.mark, "goes on however many fail")
                .help("leave one of the two out"),
        );
    }
}

fn after_start_takes_something_back(rollout: &RolloutKeys, notes: &mut Notes) {
    let lone = rollout.after_start.get();
    if let Some(lone) = lone.filter(|_| rollout.before_stop.is_unwritten()) {
        let message = "`after_start` without `before_stop`";
        notes.add(
            Draft::new(codes::LONE_AFTER_START, lone.mark, message)
                .label("there is nothing that it would take back")
                .help("write `before_stop: [\"true\"]` if nothing has to be done before a stop"),
        );
    }
}

/// Only a health check tells that a finished change was none for the better.
fn revert_has_a_health_check(rollout: &RolloutKeys, notes: &mut Notes) {
    let on_failure = rollout.on_failure.get();
    let reverts = on_failure.filter(|at| at.value == OnFailure::Revert);
    if let Some(reverts) = reverts.filter(|_| rollout.health.is_unwritten()) {
        let message = "`on_failure: revert` without `health`";
        notes.add(
            Draft::new(codes::NEVER_REVERTED, reverts.mark, message)
                .label("nothing would ever be put back")
                .help("write `health: {ready: ...}`: a machine is put back when that fails"),
        );
    }
}
