//! `respec apply`: settle what is open, plan or take a plan, ask, carry out, say how it ended.

use crate::apply::Hours;
use crate::cli::args::{ApplyArgs, Global};
use crate::cli::choosing::look;
use crate::cli::commands::plan::page;
use crate::cli::context::Context;
use crate::cli::display::{Ending, end_stream};
use crate::cli::failure::{Done, Failure, Situation};
use crate::cli::input::Input;
use crate::cli::matter::Matter;
use crate::cli::open_run::fits_what_is_asked;
use crate::cli::plan_file::{is_by_the_same_role, is_of_now};
use crate::cli::planning::{Planning, look_beneath, make_plan, peek, to_adopt};
use crate::cli::pricing::keep_within_limits;
use crate::cli::rights;
use crate::cli::running::{Ended, Run, load_plan};
use crate::cli::screen::Screen;
use crate::cli::windows::{begins_soon, fits_its_windows};
use crate::cloud::Cloud as _;
use crate::model::{Lineage, ObservedFleet};
use crate::plan::{Costs, Fingerprint, Saga, SavedPlan};
use crate::report::Detail;
use crate::report::plan_text::plan_text;
use crate::report::style::count;
use crate::saga::Mode;
use crate::store::{Contents, OpenRun, Store};

/// Carries a plan out.
///
/// # Errors
/// [`Failure`]; then nothing was changed, unless the message says so.
pub async fn run(
    context: &Context,
    global: &Global,
    args: &ApplyArgs,
    matter: &Matter,
    screen: &Screen,
) -> Result<Done, Failure> {
    let run = Run::to_the_end(context, global, args, screen);
    let attempt = match (matter, &args.continue_run) {
        (Matter::Plan(plan), _) => saved(&run, args, plan).await,
        (Matter::Manifest(_) | Matter::Nothing, Some(name)) => {
            named(&run, args, matter.manifest(), name).await
        }
        (Matter::Manifest(_) | Matter::Nothing, None) => fresh(&run, args, matter.manifest()).await,
    };
    if global.json {
        finish_json(context, &attempt);
    }
    let Some(ended) = attempt? else {
        return Ok(Done::Fine);
    };
    if !global.json {
        screen.last_words(&ended.words(&screen.out));
    }
    Ok(ended.done())
}

/// Whoever reads the stream learns from it, too, that there was no run, and why.
fn finish_json(context: &Context, attempt: &Attempt) {
    let now = context.clock.wall();
    match attempt {
        Ok(None) => end_stream(None, Ending::NothingToDo, now),
        Err(failure) => end_stream(failure.told, Ending::Failed(failure), now),
        Ok(Some(_)) => {}
    }
}

type Attempt = Result<Option<Ended>, Failure>;

/// No plan given: an open run with the same wish goes on; otherwise a new plan is made.
async fn fresh(run: &Run<'_>, args: &ApplyArgs, input: &Input) -> Attempt {
    let (context, global, screen) = (run.context, run.global, run.screen);
    screen.talk(&input.warnings);
    let wish = input.fleet.intent();
    let same_wish = |open: &OpenRun| open.record.intent == wish;
    let contents = peek(context, &input.fleet)?;
    if is_open(contents.as_ref(), same_wish) {
        let store = open_state(run, input).await?;
        // Whoever held the state until now may have ended the run: then there is a new plan to make.
        if is_open(Some(&store.contents()), same_wish) {
            return go_on(run, args, store).await;
        }
    }
    let mut planning = make_plan(context, input, &args.planning, screen.paint()).await?;
    screen.talk(&planning.warnings);
    if !is_open(planning.contents.as_ref(), |_| true) {
        let checks = rights::demand(context.cloud.as_ref(), planning.plan.sagas.values()).await?;
        planning.plan.sheet.checks.extend(checks);
    }
    let plan = &planning.plan;
    if !global.json {
        let page = page(&planning, None);
        screen.result(&plan_text(&page, Detail::Brief, &screen.out))?;
    }
    if is_open(planning.contents.as_ref(), |_| true) {
        let store = run.open_store(plan)?;
        return Err(settle(run, plan, store).await?);
    }
    if plan.sagas.is_empty() {
        return nothing_to_change(run, &planning).await;
    }
    if args.hours() == Hours::Kept {
        fits_its_windows(plan)?;
    }
    begins_soon(plan, &planning.observed, args, context.clock.wall())?;
    joiners_are_counted(args, screen, plan)?;
    prices_are_known(args, plan)?;
    keep_within_limits(plan, args.planning.max_spend.as_ref())?;
    approved(args, screen, plan)?;
    let store = run.open_store(plan)?;
    nobody_was_faster(&store.contents(), plan)?;
    run.begin(store, plan, &planning.observed).await.map(Some)
}

/// A saved plan is the approval; it must still fit the fleet.
async fn saved(run: &Run<'_>, args: &ApplyArgs, plan: &SavedPlan) -> Attempt {
    let (context, global, screen) = (run.context, run.global, run.screen);
    let planning = &args.planning;
    if !planning.target.is_empty() || planning.accept_stopped || planning.no_price {
        return Err(Failure::new(
            Situation::Usage,
            "--target, --accept-stopped and --no-price decide what is planned; this plan is made already",
        ));
    }
    is_of_now(plan, context.clock.wall())?;
    is_by_the_same_role(plan, &global.files)?;
    let mut observed = still_fits(context, plan).await?;
    let contents = peek(context, &plan.desired)?;
    look_beneath(contents.as_ref(), &mut observed, context.clock.wall());
    if is_open(contents.as_ref(), |_| true) {
        return open_run_first(run, args, plan).await;
    }
    begins_soon(plan, &observed, args, context.clock.wall())?;
    prices_are_known(args, plan)?;
    keep_within_limits(plan, args.planning.max_spend.as_ref())?;
    touched_machines_look_as_planned(plan, &observed)?;
    if plan.sagas.is_empty()
        && to_adopt(plan, &observed, contents.as_ref(), plan.created_at).is_empty()
    {
        if !global.json {
            screen.result("No changes. The plan has nothing to do.\n")?;
        }
        return Ok(None);
    }
    let checks = rights::demand(context.cloud.as_ref(), plan.sagas.values()).await?;
    screen.talk(&rights::doubts(&checks));
    let store = run.open_store(plan)?;
    if is_open(Some(&store.contents()), |_| true) {
        return Err(state_has_changed());
    }
    run.begin(store, plan, &observed).await.map(Some)
}

/// A run is open: the plan's own goes on, any other is settled and named.
async fn open_run_first(run: &Run<'_>, args: &ApplyArgs, plan: &SavedPlan) -> Attempt {
    let store = run.open_store(plan)?;
    let is_ours = |open: &OpenRun| open.record.plan_id == plan.id();
    if is_open(Some(&store.contents()), is_ours) {
        return go_on(run, args, store).await;
    }
    Err(settle(run, plan, store).await?)
}

/// `-continue RUN`: whatever the manifest says now.
async fn named(run: &Run<'_>, args: &ApplyArgs, input: &Input, name: &str) -> Attempt {
    let is_named = |open: &OpenRun| open.record.run.as_str() == name;
    let not_open = || {
        Failure::new(Situation::Usage, format!("run {name} is not open"))
            .hint("`respec history` shows all runs")
    };
    if !is_open(peek(run.context, &input.fleet)?.as_ref(), is_named) {
        return Err(not_open());
    }
    let store = open_state(run, input).await?;
    if !is_open(Some(&store.contents()), is_named) {
        return Err(not_open());
    }
    go_on(run, args, store).await
}

/// Goes on with the open run, where that is what was asked for.
async fn go_on(run: &Run<'_>, args: &ApplyArgs, store: Store) -> Attempt {
    let contents = store.contents();
    if let Some(open) = &contents.open_run {
        let plan = load_plan(&store, &open.record.plan_id).await?;
        fits_what_is_asked(&plan, open, &args.planning)?;
    }
    run.go_on(store).await.map(Some)
}

/// Whether a run of this kind is open.
fn is_open(contents: Option<&Contents>, kind: impl Fn(&OpenRun) -> bool) -> bool {
    let open = contents.and_then(|contents| contents.open_run.as_ref());
    open.is_some_and(kind)
}

/// Opens the state of the manifest's fleet before there is a plan.
async fn open_state(run: &Run<'_>, input: &Input) -> Result<Store, Failure> {
    let account = run.context.cloud.caller_identity().await;
    let account = account.map_err(|e| Failure::cloud("learn whose credentials these are", &e))?;
    let fleet = &input.fleet.fleet;
    let lineage = Lineage::of(&account, fleet);
    run.context
        .open_store(fleet, lineage, run.global.lock_timeout)
}

/// Another run is open: its machines are brought up first, and then a person decides.
async fn settle(run: &Run<'_>, plan: &SavedPlan, store: Store) -> Result<Failure, Failure> {
    let contents = store.contents();
    let Some(open) = &contents.open_run else {
        let message = "the open run was ended by somebody else meanwhile";
        return Err(Failure::new(Situation::Stale, message).hint("plan again"));
    };
    let open = &open.record.run;
    run.screen
        .talk(&format!("Run {open} is open: settling it first.\n"));
    let settling = Run {
        mode: Mode::PutBack,
        hours: run.hours.clone(),
        ..*run
    };
    let ended = settling.go_on(store).await?;
    let words = ended.words_of_settling(&run.screen.err);
    run.screen.talk(&words);
    let message = format!(
        "run {open} is open, and plan {} is another one",
        plan.id().short(12)
    );
    Ok(Failure::new(Situation::OpenRun, message)
        .after(ended.lines)
        .hint(format!("go on with it: respec apply --continue {open}"))
        .hint(format!("or give it up: respec cancel {open}")))
}

/// Nothing changes; machines seen for the first time are recorded as found, whatever blocks the others.
async fn nothing_to_change(run: &Run<'_>, planning: &Planning) -> Attempt {
    let plan = &planning.plan;
    let now = run.context.clock.wall();
    let adopt = to_adopt(plan, &planning.observed, planning.contents.as_ref(), now);
    let ended = if adopt.is_empty() {
        None
    } else {
        let store = run.open_store(plan)?;
        nobody_was_faster(&store.contents(), plan)?;
        Some(run.begin(store, plan, &planning.observed).await?)
    };
    if plan.sheet.blocked.is_empty() {
        return Ok(ended);
    }
    let blocked = Failure::new(Situation::Refused, "every change is blocked")
        .hint("`respec plan` says what stands in the way of each machine");
    Err(match ended {
        Some(ended) => blocked.after(ended.lines),
        None => blocked,
    })
}

/// An order of unknown price is only made by somebody who said so.
fn prices_are_known(args: &ApplyArgs, plan: &SavedPlan) -> Result<(), Failure> {
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

/// Where nobody is asked, a machine that joined a group by its selector is changed only if somebody
/// counted on it.
fn joiners_are_counted(args: &ApplyArgs, screen: &Screen, plan: &SavedPlan) -> Result<(), Failure> {
    if screen.can_ask && !args.auto_approve {
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
fn nobody_was_faster(contents: &Contents, plan: &SavedPlan) -> Result<(), Failure> {
    if contents.applied.stamp.serial == plan.stamp.serial && contents.open_run.is_none() {
        return Ok(());
    }
    Err(state_has_changed())
}

fn state_has_changed() -> Failure {
    let message = "the state has changed since this plan was made";
    Failure::new(Situation::Stale, message).hint("plan again")
}

/// Whether a saved plan is for these credentials, and the fleet as it is now.
async fn still_fits(context: &Context, plan: &SavedPlan) -> Result<ObservedFleet, Failure> {
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
