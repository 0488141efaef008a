//! An open run comes first: it goes on where it is what was asked for, and is settled where something else was.
//! Either way nobody stays down who was taken down, whatever stands against the rest.

use std::rc::Rc;

use super::Attempt;
use crate::cli::args::ApplyArgs;
use crate::cli::failure::{Failure, Situation};
use crate::cli::input::Input;
use crate::cli::planning::open_run::{self, fits_what_is_asked, owed};
use crate::cli::planning::peek;
use crate::cli::running::{Ended, Run, load_plan};
use crate::model::Lineage;
use crate::plan::SavedPlan;
use crate::saga::Mode;
use crate::store::{Contents, OpenRun, Store};

/// The open run goes on if it is of this kind; any other is settled, and named.
pub(super) async fn first(
    run: &Run<'_>,
    args: &ApplyArgs,
    store: Store,
    kind: impl Fn(&OpenRun) -> bool,
) -> Attempt {
    if is_open(Some(&store.contents()), kind) {
        go_on(run, args, store).await
    } else {
        Err(settle(run, store).await?)
    }
}

/// `-continue RUN`: whatever the manifest says now.
pub(super) async fn named(run: &Run<'_>, args: &ApplyArgs, input: &Input, name: &str) -> Attempt {
    open_run::named(peek(run.context, &input.fleet)?.as_ref(), name)?;
    let store = open_state(run, input).await?;
    open_run::named(Some(&store.contents()), name)?;
    go_on(run, args, store).await
}

/// Whether a run of this kind is open.
pub(super) fn is_open(contents: Option<&Contents>, kind: impl Fn(&OpenRun) -> bool) -> bool {
    let open = contents.and_then(|contents| contents.open_run.as_ref());
    open.is_some_and(kind)
}

/// Opens the state of the manifest's fleet before there is a plan.
pub(super) async fn open_state(run: &Run<'_>, input: &Input) -> Result<Store, Failure> {
    let fleet = &input.fleet.fleet;
    let lineage = Lineage::of(&run.context.account().await?, fleet);
    run.context
        .open_store_to_carry_on(fleet, lineage, run.global.lock_timeout)
}

/// Goes on with the open run, if it may go on as it was asked to.
async fn go_on(run: &Run<'_>, args: &ApplyArgs, store: Store) -> Attempt {
    let store = Rc::new(store);
    let contents = store.contents();
    let Some(open) = &contents.open_run else {
        return Err(Failure::new(Situation::Other, "there is no open run"));
    };
    let plan = load_plan(&store, &open.record.plan_id).await?;
    let refusal = match may_go_on(run, args, &plan, open).await {
        Ok(()) => {
            run.screen
                .talk(&format!("Going on with run {}.\n", open.record.run));
            if !plan.sheet.left_out.is_empty() && args.planning.target.is_empty() {
                run.screen.talk(
                    "It was begun with --target: apply once more for the rest of the manifest.\n",
                );
            }
            match run.go_on(Rc::clone(&store)).await {
                Ok(ended) => return Ok(Some(ended)),
                Err(refusal) => refusal,
            }
        }
        Err(refusal) => refusal,
    };
    let contents = store.contents();
    let open = contents.open_run.as_ref();
    if open.is_some_and(|open| !owed(&plan, open).is_empty()) {
        return Err(bring_up_before(run, store, refusal).await);
    }
    Err(refusal)
}

async fn may_go_on(
    run: &Run<'_>,
    args: &ApplyArgs,
    plan: &SavedPlan,
    open: &OpenRun,
) -> Result<(), Failure> {
    fits_what_is_asked(plan, open, &args.planning)?;
    run.may_go_on(plan, open).await
}

/// The refusal, told once everybody is up again.
async fn bring_up_before(run: &Run<'_>, store: Rc<Store>, mut refusal: Failure) -> Failure {
    run.screen
        .talk("The open run cannot go on; whom it has taken out of service is brought up first.\n");
    match bring_up(run, store).await {
        Ok(ended) => {
            if let Some(code) = ended.outcome.urgent() {
                refusal.situation = Situation::Settling(code);
            }
            refusal.after(ended.lines)
        }
        Err(failure) => {
            let why = failure.chain.join(": ");
            refusal.details.push(format!(
                "its machines that are down, or out of service, could not be brought up: {why}"
            ));
            refusal
        }
    }
}

/// Another run is open: its machines are brought up first, and then a person decides.
async fn settle(run: &Run<'_>, store: Store) -> Result<Failure, Failure> {
    let store = Rc::new(store);
    let contents = store.contents();
    let Some(open) = &contents.open_run else {
        return Err(super::guards::state_has_changed());
    };
    let open = &open.record.run;
    run.screen
        .talk(&format!("Run {open} is open: settling it first.\n"));
    let ended = bring_up(run, store.clone()).await?;
    let urgent = ended.outcome.urgent().map(Situation::Settling);
    let situation = urgent.unwrap_or(Situation::OpenRun);
    let failure = if store.contents().open_run.is_some() {
        let message = format!("run {open} is open, and its plan is another one");
        Failure::new(situation, message)
            .hint(format!("go on with it: respec apply --continue {open}"))
            .hint(format!("or give it up: respec cancel {open}"))
    } else {
        let message = format!("run {open} was open and has ended; nothing else was begun");
        Failure::new(situation, message).hint("apply again: it begins with what is there now")
    };
    Ok(failure.after(ended.lines))
}

/// Brings up whom the open run has taken down, and begins nothing.
async fn bring_up(run: &Run<'_>, store: Rc<Store>) -> Result<Ended, Failure> {
    let settling = Run {
        mode: Mode::PutBack,
        hours: run.hours.clone(),
        ..*run
    };
    let ended = settling.go_on(store).await?;
    let words = ended.words_of_settling(&run.screen.err);
    run.screen.talk(&words);
    Ok(ended)
}
