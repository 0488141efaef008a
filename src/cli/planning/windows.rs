//! What cannot be finished in its window is refused before anything begins, with the arithmetic.

use std::collections::BTreeSet;
use std::time::Duration;

use jiff::Timestamp;

use crate::apply::Hours;
use crate::model::ObservedFleet;
use crate::plan::{SavedPlan, overruns};
use crate::report::plan::overrun_line;
use crate::saga::{Brakes, Hold, Keeping, Lift, Terms};

use crate::cli::args::ApplyArgs;
use crate::cli::failure::{Failure, Situation};

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

/// Refuses to open a run of which nothing could begin for longer than anybody waits: the windows are shut,
/// or a freeze holds.
///
/// # Errors
/// [`Failure`] of the kind refused, saying what holds and until when.
pub fn begins_soon(
    plan: &SavedPlan,
    observed: &ObservedFleet,
    args: &ApplyArgs,
    now: Timestamp,
) -> Result<(), Failure> {
    if args.hours() != Hours::Kept {
        return Ok(());
    }
    let holds_back =
        |hold: &Hold| hold.is_about_hours() && (!args.orders_only || hold.holds_orders());
    let brakes = Brakes::new(Terms::of(plan, observed), Keeping::Hours, now);
    let mut holds = BTreeSet::new();
    for id in plan.sagas.keys() {
        match brakes.may_begin(id) {
            Err(hold) if holds_back(&hold) && !lifts_soon(&hold, now, args.wait_gates) => {
                holds.insert(hold.to_string());
            }
            Ok(()) | Err(_) => return Ok(()),
        }
    }
    if holds.is_empty() {
        return Ok(());
    }
    let mut failure = Failure::new(Situation::Refused, "nothing may begin now");
    failure.chain.extend(holds);
    Err(failure
        .hint("apply again then; --wait-gates says how long an apply may wait for it")
        .hint("--now --reason TEXT waits for no window and no freeze"))
}

fn lifts_soon(hold: &Hold, now: Timestamp, patience: Duration) -> bool {
    match hold.lift() {
        Lift::At(at) => Duration::try_from(at.duration_since(now)).unwrap_or_default() <= patience,
        Lift::Others | Lift::Person => true,
        Lift::Nothing => false,
    }
}
