//! Promises of the manifest that this version can plan with but not keep: refused, never ignored.

use crate::model::{OnFailure, Rollout, Spread};
use crate::plan::SavedPlan;

use super::failure::{Failure, Situation};

/// Refuses a plan that relies on something `apply` does not do yet.
///
/// # Errors
/// [`Failure`] of the kind refused, naming the key.
pub fn can_be_kept(plan: &SavedPlan) -> Result<(), Failure> {
    let desired = &plan.desired;
    let rollouts = desired.groups.values().map(|group| &group.rollout);
    let broken = rollouts.chain([&desired.ungrouped]).find_map(not_kept);
    let broken = broken
        .or((!desired.availability.is_empty()).then_some("availability"))
        .or((!desired.freezes.is_empty()).then_some("freezes"));
    let Some(key) = broken else {
        return Ok(());
    };
    let message = format!("`{key}` is planned with, but this version cannot apply it yet");
    Err(Failure::new(Situation::Refused, message)
        .hint("leave it out, or wait for a version that keeps what it promises"))
}

fn not_kept(rollout: &Rollout) -> Option<&'static str> {
    let broken = [
        (!rollout.batches.defaulted, "batches"),
        (rollout.spread == Spread::Zone, "spread"),
        (rollout.on_failure == OnFailure::Continue, "on_failure"),
        (!rollout.gates.is_empty(), "gates"),
        (rollout.window.is_some(), "window"),
    ];
    broken.into_iter().find(|(is, _)| *is).map(|(_, key)| key)
}
