//! `respec rehearse`: the plan on a copy of the fleet, in virtual time, on good days and bad ones.

use std::path::Path;

use crate::cli::args::{Global, RehearseArgs};
use crate::cli::choosing::look;
use crate::cli::context::Context;
use crate::cli::failure::{Done, Failure, Situation};
use crate::cli::input::Input;
use crate::cli::planning::{Planning, make_plan, peek};
use crate::cli::running::read_plan;
use crate::cli::screen::Screen;
use crate::figures::Worst;
use crate::model::ObservedFleet;
use crate::plan::SavedPlan;
use crate::rehearse::{Copied, Known, RehearseError, bad_days, copy, fork, good_day};
use crate::report::json;
use crate::report::rehearsal_text::{Rehearsal, rehearsal_text};
use crate::store::Contents;

/// Plays the plan on a copy and shows what it took. Reads only.
///
/// # Errors
/// [`Failure`]; nothing was changed in any case.
pub async fn run(
    context: &Context,
    global: &Global,
    args: &RehearseArgs,
    screen: &Screen,
) -> Result<Done, Failure> {
    let (plan, observed, contents) = match &args.plan {
        Some(file) => saved(context, file).await?,
        None => fresh(context, global, args, screen).await?,
    };
    if plan.sagas.is_empty() {
        screen.result("Nothing to rehearse: the plan changes no machine.\n")?;
        return Ok(Done::Fine);
    }
    let copied = copied(context, &plan, &observed)?;
    let contents = contents.unwrap_or_else(|| Contents::empty(plan.stamp.lineage.clone()));
    let known = Known {
        plan: &plan,
        observed: &observed,
        applied: &contents.applied,
        change_numbers: &contents.change_numbers,
        parallelism: usize::from(global.parallelism),
        wait_payment: args.wait_payment,
    };
    let good = good_day(&known, &copied.world).map_err(|error| not_played(&error))?;
    let days = bad_days(&known, &copied.world, args.faults, args.seed);
    let days = days.map_err(|error| not_played(&error))?;
    let worst = Worst::of(&days);
    let rehearsal = Rehearsal {
        plan: &plan,
        good: &good,
        worst: worst.as_ref(),
        days: &days,
        unknown: &copied.unknown,
    };
    screen.result(&if global.json {
        json::rehearsal(&rehearsal)
    } else {
        rehearsal_text(&rehearsal, &screen.out)
    })?;
    Ok(Done::Fine)
}

type Ready = (SavedPlan, ObservedFleet, Option<Contents>);

async fn saved(context: &Context, file: &Path) -> Result<Ready, Failure> {
    let plan = read_plan(file)?;
    let observed = look(context, plan.account.clone(), &plan.desired).await?;
    let contents = peek(context, &plan.desired)?;
    Ok((plan, observed, contents))
}

async fn fresh(
    context: &Context,
    global: &Global,
    args: &RehearseArgs,
    screen: &Screen,
) -> Result<Ready, Failure> {
    let input = Input::read(&global.files, screen.paint())?;
    screen.talk(&input.warnings);
    let planning = make_plan(context, &input, &args.planning, screen.paint()).await?;
    let Planning {
        plan,
        observed,
        contents,
        warnings,
    } = planning;
    screen.talk(&warnings);
    Ok((plan, observed, contents))
}

fn copied(
    context: &Context,
    plan: &SavedPlan,
    observed: &ObservedFleet,
) -> Result<Copied, Failure> {
    if let Some(world) = context.simulated_world() {
        return Ok(fork(world));
    }
    copy(plan, observed, context.clock.wall())
        .map_err(|error| Failure::from_error(Situation::Other, "copy the fleet", &error))
}

fn not_played(error: &RehearseError) -> Failure {
    Failure::from_error(Situation::Other, "rehearse the plan", error)
}
