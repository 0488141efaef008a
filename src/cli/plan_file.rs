//! Saved plans from disk: whether one can be read, and is of now and of the same wish.

use std::path::{Path, PathBuf};

use jiff::{SignedDuration, Timestamp};

use crate::model::WorkingRole;
use crate::plan::{PLAN_BYTES_MAX, SavedPlan};
use crate::report::findings::Paint;

use super::failure::{Failure, Situation};
use super::input::Input;
use super::surroundings::read_bounded;

/// How far two machines' clocks may differ: the vendor's API tolerates a quarter of an hour, good clocks
/// differ by less than a second.
const CLOCKS_DIFFER_MAX: SignedDuration = SignedDuration::from_mins(5);

// What can be read can be kept: the state takes every plan.
const _: () = assert!(PLAN_BYTES_MAX == crate::store::PLAN_BYTES_MAX);

/// A saved plan, as `respec plan --out` wrote it.
///
/// # Errors
/// [`Failure`] when it cannot be read, was altered or is of another version.
pub fn read_plan(file: &Path) -> Result<SavedPlan, Failure> {
    let bytes = read_bounded(file, PLAN_BYTES_MAX as u64)?;
    let taking = format!("take {}", file.display());
    let again = "make a new one: respec plan --out FILE";
    let plan = SavedPlan::open(&bytes)
        .map_err(|error| Failure::from_error(Situation::Stale, &taking, &error).hint(again))?;
    // A seal that fits says who changed it last, not that it is a plan of ours.
    match plan.objections().first() {
        Some(objection) => {
            Err(Failure::from_error(Situation::Stale, &taking, objection).hint(again))
        }
        None => Ok(plan),
    }
}

/// Whether the plan may be applied at this time.
///
/// # Errors
/// [`Failure`] for one that has expired, or was made in the future: then one of two clocks is wrong, and
/// nobody knows how old the plan really is.
pub fn is_of_now(plan: &SavedPlan, now: Timestamp) -> Result<(), Failure> {
    let again = "make a new one: respec plan --out FILE";
    if now >= plan.expires_at {
        let message = format!("the plan was good until {}", plan.expires_at);
        return Err(Failure::new(Situation::Stale, message).hint(again));
    }
    let ahead = plan.created_at.duration_since(now);
    if ahead <= CLOCKS_DIFFER_MAX {
        return Ok(());
    }
    let message = format!(
        "the plan was made at {}, and it is only {} on this machine",
        minute(plan.created_at),
        minute(now)
    );
    Err(Failure::new(Situation::Stale, message).hint(format!(
        "set the clock right here or where the plan was made, or {again}"
    )))
}

/// Whether the manifest that lies here still says by which role the plan's fleet is worked on. A plan is
/// applied without its manifest as well, so one that is not there, or cannot be read, says nothing.
///
/// # Errors
/// [`Failure`] when it names another role.
pub fn is_by_the_same_role(plan: &SavedPlan, files: &[PathBuf]) -> Result<(), Failure> {
    let Ok(input) = Input::read(files, Paint::Plain) else {
        return Ok(());
    };
    let (planned, written) = (&plan.desired.role, &input.fleet.role);
    if input.fleet.fleet != plan.desired.fleet || planned == written {
        return Ok(());
    }
    let message = format!(
        "the plan is to be carried out {}, and the manifest says {}",
        by_role(planned.as_ref()),
        by_role(written.as_ref())
    );
    Err(Failure::new(Situation::Stale, message).hint("make a new one: respec plan --out FILE"))
}

/// `by acs:ram::…:role/ops`, or without a role.
#[must_use]
pub fn by_role(role: Option<&WorkingRole>) -> String {
    role.map_or_else(|| "without a role".to_owned(), |role| format!("by {role}"))
}

fn minute(at: Timestamp) -> String {
    at.strftime("%Y-%m-%d %H:%M:%S UTC").to_string()
}
