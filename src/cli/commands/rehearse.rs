//! `respec rehearse`: the plan on a copy of the fleet, in virtual time, on good days and bad ones.

use crate::cli::args::{Global, RehearseArgs};
use crate::cli::context::Context;
use crate::cli::failure::{Done, Failure, Situation};
use crate::cli::input::Input;
use crate::cli::matter::Matter;
use crate::cli::planning::choosing::look;
use crate::cli::planning::pricing::keep_within_limits;
use crate::cli::planning::{Planning, make_plan, peek};
use crate::cli::screen::Screen;
use crate::figures::Worst;
use crate::model::ObservedFleet;
use crate::plan::SavedPlan;
use crate::rehearse::{Copied, Known, RehearseError, bad_days, copy, fork, good_day};
use crate::report::json;
use crate::report::rehearsal::{Rehearsal, rehearsal_text};
use crate::store::Contents;

/// Plays the plan on a copy and shows what it took. Reads only.
///
/// # Errors
/// [`Failure`]; nothing was changed in any case.
pub async fn run(
    context: &Context,
    global: &Global,
    args: &RehearseArgs,
    matter: Matter,
    screen: &Screen,
) -> Result<Done, Failure> {
    let (plan, observed, contents) = match matter {
        Matter::Plan(plan) => saved(context, args, *plan).await?,
        Matter::Manifest(_) | Matter::Nothing => {
            fresh(context, args, matter.manifest(), screen).await?
        }
    };
    // Without the option a plan is played whatever it costs: what may be spent is asked when it is applied.
    if let Some(limit) = &args.planning.max_spend {
        keep_within_limits(&plan, Some(limit))?;
    }
    if plan.sagas.is_empty() && !global.json {
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

async fn saved(context: &Context, args: &RehearseArgs, plan: SavedPlan) -> Result<Ready, Failure> {
    args.planning.leave_a_plan_as_it_is()?;
    let observed = look(context, plan.account.clone(), &plan.desired).await?;
    let contents = peek(context, &plan.desired)?;
    Ok((plan, observed, contents))
}

async fn fresh(
    context: &Context,
    args: &RehearseArgs,
    input: &Input,
    screen: &Screen,
) -> Result<Ready, Failure> {
    screen.talk(&input.warnings);
    let planning = make_plan(context, input, &args.planning, screen.paint()).await?;
    let Planning {
        plan,
        observed,
        contents,
        warnings,
        books: _,
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
