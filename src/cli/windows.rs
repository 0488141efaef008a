//! What cannot be finished in its window is refused before anything begins, with the arithmetic.

use crate::plan::{SavedPlan, overruns};
use crate::report::rollout_lines::overrun_line;

use super::failure::{Failure, Situation};

/// Refuses a plan of which some group needs more time than its window leaves.
///
/// # Errors
/// [`Failure`] of the kind refused, with one line for each such group.
pub fn fits_its_windows(plan: &SavedPlan) -> Result<(), Failure> {
    let overruns = overruns(&plan.desired, &plan.sagas, &plan.courses, plan.created_at);
    if overruns.is_empty() {
        return Ok(());
    }
    let mut failure = Failure::new(Situation::Refused, "the plan does not fit into its windows");
    failure.chain.extend(overruns.iter().map(overrun_line));
    Err(failure.hint(
        "raise `max_unavailable`, make the window longer, or take fewer machines with --target",
    ))
}
