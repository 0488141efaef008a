//! An open run stands before everything else: it keeps its machines, and goes on with its own plan, which must fit
//! what was asked for now.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use crate::apply;
use crate::model::{DesiredFleet, InstanceId, RunId};
use crate::plan::{Saga, SavedPlan, Step};
use crate::saga::{RunState, holds_down, in_force, is_owed_a_return, may_fall_over};
use crate::store::{Contents, OpenRun, PeekedPlan, Store, StoreError};

use super::choosing::targets;
use super::pricing::keep_within_limits;
use crate::cli::args::plan::PlanningArgs;
use crate::cli::context::Context;
use crate::cli::failure::{Failure, Situation};

/// Machines that a message names; `history` has the others.
const NAMED_MAX: usize = 3;

/// The open run by this name.
///
/// # Errors
/// [`Failure`] when it is not open.
pub fn named<'a>(contents: Option<&'a Contents>, run: &str) -> Result<&'a OpenRun, Failure> {
    let open = contents.and_then(|contents| contents.open_run.as_ref());
    let ours = open.filter(|open| open.record.run.as_str() == run);
    ours.ok_or_else(|| not_open(run))
}

/// No run of this name is open, be it for want of any state.
#[must_use]
pub fn not_open(run: &str) -> Failure {
    Failure::new(Situation::Usage, format!("run {run} is not open"))
        .hint("`respec history` shows all runs")
}

/// An open run with its plan, as what writes to its journal wants it.
#[must_use]
pub fn with_plan<'a>(
    contents: &'a Contents,
    open: &'a OpenRun,
    plan: &'a SavedPlan,
) -> apply::OpenRun<'a> {
    apply::OpenRun {
        run: &open.record.run,
        plan,
        entries: &open.entries,
        next_seq: contents.next_seq,
        applied: &contents.applied,
    }
}

/// Whether the open run may go on although these options were given: none of them is passed over.
///
/// # Errors
/// [`Failure`] that says which one stands against it, and what to do.
pub fn fits_what_is_asked(
    plan: &SavedPlan,
    open: &OpenRun,
    args: &PlanningArgs,
) -> Result<(), Failure> {
    let run = &open.record.run;
    let against = |why: String| {
        Failure::new(
            Situation::Usage,
            format!("run {run} is open and carries out its own plan, {why}"),
        )
        .hint("go on with it: respec apply, without these options")
        .hint(format!("or give it up: respec cancel {run}"))
    };
    if let Some(chosen) = targets(&plan.desired, &args.target)? {
        let left: Vec<String> = unfinished(plan, open)
            .filter(|(id, _)| !chosen.contains(*id))
            .map(|(_, saga)| saga.name.to_string())
            .collect();
        if !left.is_empty() {
            let named = left.iter().take(NAMED_MAX).cloned().collect::<Vec<_>>();
            let more = if left.len() > NAMED_MAX { ", …" } else { "" };
            let named = named.join(", ") + more;
            return Err(against(format!(
                "which is about machines that --target leaves out: {named}"
            )));
        }
    }
    // What --accept-stopped allows was allowed, or not needed, when the plan was made.
    let mut steps = unfinished(plan, open).flat_map(|(_, saga)| &saga.steps);
    if args.no_price && steps.any(Step::pays_by_itself) {
        let why = "which pays orders; --no-price would leave them to a person";
        return Err(against(why.to_owned()));
    }
    keep_within_limits(plan, args.max_spend.as_ref())
}

/// What of its plan an open run has not ended. A machine that is down because of it is among them.
pub fn unfinished<'a>(
    plan: &'a SavedPlan,
    open: &OpenRun,
) -> impl Iterator<Item = (&'a InstanceId, &'a Saga)> {
    let state = RunState::replay(&open.entries).ok().flatten();
    plan.sagas.iter().filter(move |(id, _)| {
        let saga = state.as_ref().and_then(|state| state.sagas.get(*id));
        saga.is_none_or(|saga| saga.closed.is_none())
    })
}

/// Machines that an open run owes something: one that it has taken down its start, one that it has taken out of service
/// its return, and one that a lost stop may still take down a look.
#[must_use]
pub fn owed(plan: &SavedPlan, open: &OpenRun) -> BTreeSet<InstanceId> {
    let state = RunState::replay(&open.entries).ok().flatten();
    let sagas = state.into_iter().flat_map(|state| state.sagas);
    let owed = sagas.filter(|(id, state)| {
        let saga = plan.sagas.get(id).map(|saga| in_force(saga, state));
        let is_owed = |saga: &Saga| {
            holds_down(saga, state) || is_owed_a_return(saga, state) || may_fall_over(saga, state)
        };
        state.closed.is_none() && saga.is_some_and(|saga| is_owed(&saga))
    });
    owed.map(|(id, _)| id).collect()
}

/// Machines that an open run has not done with: those it has begun, and those that its plan has for later.
///
/// # Errors
/// [`Failure`] when its plan cannot be read.
pub async fn busy(
    context: &Context,
    contents: Option<&Contents>,
    fleet: &DesiredFleet,
) -> Result<BTreeMap<InstanceId, RunId>, Failure> {
    let Some(open) = contents.and_then(|contents| contents.open_run.as_ref()) else {
        return Ok(BTreeMap::new());
    };
    let mut all = unended(open);
    if let Some(plan) = &kept_plan(context, open, fleet).await? {
        all.extend(unfinished(plan, open).map(|(id, _)| id.clone()));
    }
    let run = &open.record.run;
    Ok(all.into_iter().map(|id| (id, run.clone())).collect())
}

/// The plan of an open run, where it has one that can be read now. One that is lost is no reason to take its machines for
/// free: nobody knows any more which they are.
async fn kept_plan(
    context: &Context,
    open: &OpenRun,
    fleet: &DesiredFleet,
) -> Result<Option<SavedPlan>, Failure> {
    if !open.record.has_plan() {
        return Ok(None);
    }
    let dir = context.store_dir(&fleet.fleet);
    let failed = |error: StoreError| Failure::store("read the plan of the open run", &error);
    let kept = Store::peek_plan(&dir, &open.record.plan_id, Duration::ZERO).await;
    match kept.map_err(failed)? {
        PeekedPlan::Whole(bytes) => Ok(SavedPlan::open(&bytes).ok()),
        // While somebody writes, or where only they may, it cannot be read; what was begun is in the snapshot.
        PeekedPlan::Unread(StoreError::Locked { .. } | StoreError::Io { .. }) => Ok(None),
        PeekedPlan::Unread(lost) => Err(failed(lost)),
    }
}

/// Machines that it has begun and not ended.
fn unended(open: &OpenRun) -> BTreeSet<InstanceId> {
    let state = RunState::replay(&open.entries).ok().flatten();
    let sagas = state.into_iter().flat_map(|state| state.sagas);
    let unended = sagas.filter(|(_, saga)| saga.closed.is_none());
    unended.map(|(id, _)| id).collect()
}

/// Machines that an open run has begun.
#[must_use]
pub fn begun(contents: Option<&Contents>) -> BTreeSet<InstanceId> {
    let open = contents.and_then(|contents| contents.open_run.as_ref());
    let state = open.and_then(|open| RunState::replay(&open.entries).ok().flatten());
    let sagas = state.into_iter().flat_map(|state| state.sagas);
    sagas.map(|(id, _)| id).collect()
}
