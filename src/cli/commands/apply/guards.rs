//! What stands between a plan and its run: prices, consent, joiners, a state or a fleet that has moved on.

use crate::cli::args::ApplyArgs;
use crate::cli::failure::{Failure, Situation};
use crate::cli::screen::Screen;
use crate::model::{ObservedFleet, ObservedInstance};
use crate::plan::{Action, Costs, Fingerprint, Saga, SavedPlan};
use crate::report::words::count;
use crate::store::Contents;

/// An order of unknown price is only made by somebody who said so.
pub(super) fn prices_are_known(args: &ApplyArgs, plan: &SavedPlan) -> Result<(), Failure> {
    let unknown = |saga: &&Saga| Costs::of(&saga.steps).now.unknown > 0;
    let orders = plan.sagas.values().filter(unknown).count();
    if orders == 0 || args.allow_unknown_price {
        return Ok(());
    }
    let message =
        format!("the plan makes orders for {orders} machines, and their price is unknown");
    Err(Failure::new(Situation::Refused, message)
        .hint("look the prices up in the console, then pass --allow-unknown-price"))
}

/// Whether a person decides, who has to be shown the plan then.
pub(super) fn is_asked(args: &ApplyArgs, screen: &Screen) -> bool {
    screen.can_ask && !args.auto_approve
}

/// Somebody said yes, or that nobody need be asked.
pub(super) fn approved(args: &ApplyArgs, screen: &Screen, plan: &SavedPlan) -> Result<(), Failure> {
    if args.auto_approve {
        return Ok(());
    }
    let not_approved = |why: &str| Err(Failure::new(Situation::Other, why));
    if !screen.can_ask {
        return match not_approved("nobody can be asked whether to apply this plan") {
            Err(failure) => Err(failure.hint("pass --auto-approve, or apply a saved plan")),
            ok @ Ok(()) => ok,
        };
    }
    let question = format!("{}Only `yes` is taken as yes: ", question(plan));
    if screen.ask(&question) {
        Ok(())
    } else {
        not_approved("not approved; nothing was changed")
    }
}

/// Where nobody is asked, a machine that joined a group by its selector is changed only if somebody
/// counted on it.
pub(super) fn joiners_are_counted(
    args: &ApplyArgs,
    screen: &Screen,
    plan: &SavedPlan,
) -> Result<(), Failure> {
    if is_asked(args, screen) {
        return Ok(());
    }
    let mut grown = plan.sheet.turnover.iter();
    let Some(grown) = grown.find(|group| !group.counted && !group.joined.is_empty()) else {
        return Ok(());
    };
    let message = format!(
        "{} joined group {} since the last apply, and nobody was asked",
        count(grown.joined.len(), "machine"),
        grown.group
    );
    Err(Failure::new(Situation::Refused, message)
        .hint("write how many are meant, as in `select: {…, expect: 12}`")
        .hint("or review a plan and apply that: respec plan --out FILE, respec apply FILE"))
}

fn question(plan: &SavedPlan) -> String {
    let restarts = plan.sagas.values().filter(|saga| saga.has_outage()).count();
    let orders = plan
        .sagas
        .values()
        .filter(|saga| saga.makes_order())
        .count();
    format!(
        "Apply this plan to {} machines ({restarts} restarts, {orders} orders)?\n",
        plan.sagas.len()
    )
}

/// Between planning and now somebody else may have written to the state.
pub(super) fn nobody_was_faster(contents: &Contents, plan: &SavedPlan) -> Result<(), Failure> {
    if contents.applied.stamp.serial == plan.stamp.serial && contents.open_run.is_none() {
        return Ok(());
    }
    Err(state_has_changed())
}

pub(super) fn state_has_changed() -> Failure {
    let message = "the state has changed since this plan was made";
    Failure::new(Situation::Stale, message).hint("plan again")
}

/// A plan that only restarts a machine (R72) shows in nothing but its start: carried out again, it would restart it
/// again.
fn was_restarted_since(
    plan: &SavedPlan,
    saga: &Saga,
    seen: &ObservedInstance,
    contents: Option<&Contents>,
) -> Option<String> {
    let does = |action: fn(&Action) -> bool| saga.steps.iter().any(|step| action(&step.action));
    let restarts = does(|action| matches!(action, Action::Stop { .. }))
        && does(|action| *action == Action::Start);
    let changes = does(|action| matches!(action, Action::Modify(_) | Action::AllocatePublicIp));
    let record = contents.and_then(|contents| contents.applied.instances.get(&saga.instance));
    let by_us = record
        .is_some_and(|record| record.recorded_at > plan.created_at && record.restart_due.is_none());
    let by_others = seen.particulars.started_at > Some(plan.created_at);
    (restarts && !changes && (by_us || by_others))
        .then(|| "it was started since the plan was made".to_owned())
}

/// Only machines that the plan touches must look as they did; others may have changed.
pub(super) fn touched_machines_look_as_planned(
    plan: &SavedPlan,
    observed: &ObservedFleet,
    contents: Option<&Contents>,
) -> Result<(), Failure> {
    let mut stale = Vec::new();
    for (id, saga) in &plan.sagas {
        let difference = match observed.instances.get(id) {
            None => Some(match observed.unreadable.get(id) {
                Some(why) => format!("it cannot be read: {why}"),
                None => "it is not there any more".to_owned(),
            }),
            Some(seen) => saga
                .fingerprint
                .first_difference(&Fingerprint::of(seen))
                .map(|(field, planned, is)| format!("{field} was {planned}, is {is}"))
                .or_else(|| was_restarted_since(plan, saga, seen, contents)),
        };
        stale.extend(difference.map(|what| format!("{} ({id}): {what}", saga.name)));
    }
    if stale.is_empty() {
        return Ok(());
    }
    let message = format!(
        "the plan no longer fits {} of {} machines",
        stale.len(),
        plan.sagas.len()
    );
    let mut failure =
        Failure::new(Situation::Stale, message).hint("make a new one: respec plan --out FILE");
    failure.chain.extend(stale.into_iter().take(20));
    Err(failure)
}
