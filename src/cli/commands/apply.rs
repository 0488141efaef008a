//! `respec apply`: settle what is open, plan or take a plan, ask, carry out, say how it ended.

use std::path::Path;

use crate::cli::args::{ApplyArgs, Global};
use crate::cli::commands::plan::page;
use crate::cli::context::Context;
use crate::cli::failure::{Done, Failure, Situation};
use crate::cli::input::Input;
use crate::cli::planning::{Planning, look, make_plan, peek, to_adopt};
use crate::cli::running::{Ended, Run};
use crate::cli::screen::Screen;
use crate::cli::surroundings::read_bounded;
use crate::cloud::Cloud as _;
use crate::model::{Digest, ObservedFleet};
use crate::plan::{Fingerprint, SavedPlan};
use crate::report::Detail;
use crate::report::plan_text::plan_text;
use crate::saga::Mode;

/// Largest plan file.
const PLAN_BYTES_MAX: u64 = 512 * 1024 * 1024;

/// Carries a plan out.
///
/// # Errors
/// [`Failure`]; then nothing was changed, unless the message says so.
pub async fn run(
    context: &Context,
    global: &Global,
    args: &ApplyArgs,
    screen: &Screen,
) -> Result<Done, Failure> {
    let ended = match (&args.plan, &args.continue_run) {
        (Some(file), _) => saved(context, global, args, file, screen).await?,
        (None, Some(run)) => named(context, global, args, run, screen).await?,
        (None, None) => fresh(context, global, args, screen).await?,
    };
    let Some(ended) = ended else {
        return Ok(Done::Fine);
    };
    if !global.json {
        screen.result(&ended.words(&screen.out));
    }
    Ok(Done::of(&ended.outcome))
}

type Attempt = Result<Option<Ended>, Failure>;

/// No plan given: an open run with the same wish goes on; otherwise a new plan is made.
async fn fresh(context: &Context, global: &Global, args: &ApplyArgs, screen: &Screen) -> Attempt {
    let input = Input::read(&global.files, screen.paint())?;
    screen.talk(&input.warnings);
    let contents = peek(context, &input.fleet)?;
    let open = contents.and_then(|contents| contents.open_run);
    if let Some(open) = &open
        && open.record.intent == Digest::of_value(&input.fleet)
    {
        return go_on(
            context,
            global,
            args,
            screen,
            &input,
            &open.record.run.to_string(),
        )
        .await;
    }
    let planning = make_plan(context, &input, &args.planning, screen.paint()).await?;
    let plan = &planning.plan;
    if !global.json {
        screen.result(&plan_text(
            &page(&planning, None),
            Detail::Brief,
            &screen.out,
        ));
    }
    let run = Run::to_the_end(context, global, args, screen);
    if let Some(open) = open {
        return Err(settle(&run, plan, &open.record.run.to_string()).await?);
    }
    if plan.sagas.is_empty() {
        return nothing_to_change(&run, &planning).await;
    }
    prices_are_known(context, args, plan)?;
    approved(args, screen, plan)?;
    let store = run.open_store(plan)?;
    nobody_was_faster(&store.contents(), plan)?;
    run.begin(store, plan, &planning.observed).await.map(Some)
}

/// A saved plan is the approval; it must still fit the fleet.
async fn saved(
    context: &Context,
    global: &Global,
    args: &ApplyArgs,
    file: &Path,
    screen: &Screen,
) -> Attempt {
    if !args.planning.target.is_empty() || args.planning.accept_stopped {
        return Err(Failure::new(
            Situation::Usage,
            "--target and --accept-stopped decide what is planned; this plan is made already",
        ));
    }
    let bytes = read_bounded(file, PLAN_BYTES_MAX)?;
    let plan = SavedPlan::open(&bytes).map_err(|error| {
        Failure::from_error(
            Situation::Stale,
            &format!("take {}", file.display()),
            &error,
        )
        .hint("make a new one: respec plan --out FILE")
    })?;
    let observed = still_fits(context, &plan).await?;
    let run = Run::to_the_end(context, global, args, screen);
    let store = run.open_store(&plan)?;
    let contents = store.contents();
    if let Some(open) = &contents.open_run {
        let name = open.record.run.to_string();
        if open.record.plan_id == plan.id() {
            screen.talk(&format!("Going on with run {name}.\n"));
            return run.go_on(store).await.map(Some);
        }
        drop(store);
        return Err(settle(&run, &plan, &name).await?);
    }
    prices_are_known(context, args, &plan)?;
    touched_machines_look_as_planned(&plan, &observed)?;
    if plan.sagas.is_empty()
        && to_adopt(&plan, &observed, Some(&contents), plan.created_at).is_empty()
    {
        screen.result("No changes. The plan has nothing to do.\n");
        return Ok(None);
    }
    run.begin(store, &plan, &observed).await.map(Some)
}

/// `-continue RUN`: whatever the manifest says now.
async fn named(
    context: &Context,
    global: &Global,
    args: &ApplyArgs,
    name: &str,
    screen: &Screen,
) -> Attempt {
    let input = Input::read(&global.files, screen.paint())?;
    let contents = peek(context, &input.fleet)?;
    let open = contents.and_then(|contents| contents.open_run);
    if open.is_none_or(|open| open.record.run.as_str() != name) {
        return Err(
            Failure::new(Situation::Usage, format!("run {name} is not open"))
                .hint("`respec history` shows all runs"),
        );
    }
    go_on(context, global, args, screen, &input, name).await
}

async fn go_on(
    context: &Context,
    global: &Global,
    args: &ApplyArgs,
    screen: &Screen,
    input: &Input,
    name: &str,
) -> Attempt {
    let account = context.cloud.caller_identity().await;
    let account = account.map_err(|e| Failure::cloud("learn whose credentials these are", &e))?;
    let lineage = crate::model::Lineage::of(&account, &input.fleet.fleet);
    let run = Run::to_the_end(context, global, args, screen);
    screen.talk(&format!("Going on with run {name}.\n"));
    let store = context.open_store(&input.fleet.fleet, lineage, global.lock_timeout)?;
    run.go_on(store).await.map(Some)
}

/// Another run is open: its machines are brought up first, and then a person decides.
async fn settle(run: &Run<'_>, plan: &SavedPlan, open: &str) -> Result<Failure, Failure> {
    run.screen
        .talk(&format!("Run {open} is open: settling it first.\n"));
    let settling = Run {
        mode: Mode::PutBack,
        ..*run
    };
    let store = settling.open_store(plan)?;
    let ended = settling.go_on(store).await?;
    run.screen.talk(&ended.words(&run.screen.err));
    let message = format!(
        "run {open} is open, and plan {} is another one",
        plan.id().short(12)
    );
    Ok(Failure::new(Situation::OpenRun, message)
        .hint(format!("go on with it: respec apply --continue {open}"))
        .hint(format!("or give it up: respec cancel {open}")))
}

/// Nothing changes; machines seen for the first time are recorded as found.
async fn nothing_to_change(run: &Run<'_>, planning: &Planning) -> Attempt {
    let plan = &planning.plan;
    if !plan.sheet.blocked.is_empty() {
        return Err(Failure::new(Situation::Refused, "every change is blocked")
            .hint("the plan above says what stands in the way of each machine"));
    }
    let now = run.context.clock.wall();
    if to_adopt(plan, &planning.observed, planning.contents.as_ref(), now).is_empty() {
        return Ok(None);
    }
    let store = run.open_store(plan)?;
    nobody_was_faster(&store.contents(), plan)?;
    run.begin(store, plan, &planning.observed).await.map(Some)
}

/// Until prices can be asked for, an order is only made by somebody who said so.
fn prices_are_known(context: &Context, args: &ApplyArgs, plan: &SavedPlan) -> Result<(), Failure> {
    let orders = plan
        .sagas
        .values()
        .filter(|saga| saga.makes_order())
        .count();
    if orders == 0 || args.allow_unknown_price || context.simulated {
        return Ok(());
    }
    let message =
        format!("the plan makes orders for {orders} machines, and their price is unknown");
    Err(Failure::new(Situation::Refused, message)
        .hint("look the prices up in the console, then pass --allow-unknown-price"))
}

fn approved(args: &ApplyArgs, screen: &Screen, plan: &SavedPlan) -> Result<(), Failure> {
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
fn nobody_was_faster(contents: &crate::store::Contents, plan: &SavedPlan) -> Result<(), Failure> {
    if contents.applied.stamp.serial == plan.stamp.serial && contents.open_run.is_none() {
        return Ok(());
    }
    Err(Failure::new(
        Situation::Stale,
        "the state has changed since this plan was made",
    )
    .hint("plan again"))
}

/// Whether a saved plan may be applied at all, and the fleet as it is now.
async fn still_fits(context: &Context, plan: &SavedPlan) -> Result<ObservedFleet, Failure> {
    let now = context.clock.wall();
    if now >= plan.expires_at {
        let message = format!("the plan was good until {}", plan.expires_at);
        return Err(
            Failure::new(Situation::Stale, message).hint("make a new one: respec plan --out FILE")
        );
    }
    let account = context.cloud.caller_identity().await;
    let account = account.map_err(|e| Failure::cloud("learn whose credentials these are", &e))?;
    if account != plan.account {
        let message = format!(
            "the plan is for account {}, these credentials belong to {account}",
            plan.account
        );
        return Err(Failure::new(Situation::Stale, message));
    }
    look(context, account, &plan.desired).await
}

/// Only machines that the plan touches must look as they did; others may have changed.
fn touched_machines_look_as_planned(
    plan: &SavedPlan,
    observed: &ObservedFleet,
) -> Result<(), Failure> {
    let mut stale = Vec::new();
    for (id, saga) in &plan.sagas {
        let difference = match observed.instances.get(id) {
            None => Some("it is not there any more".to_owned()),
            Some(seen) => saga
                .fingerprint
                .first_difference(&Fingerprint::of(seen))
                .map(|(field, planned, is)| format!("{field} was {planned}, is {is}")),
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
