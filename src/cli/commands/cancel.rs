//! `respec cancel`: ends an open run. Begins nothing, puts its machines back, records the rest as given up.

use std::collections::{BTreeMap, BTreeSet};

use crate::apply::{Hours, Obligation, OpenRun, abandon};
use crate::cli::args::{CancelArgs, Global};
use crate::cli::commands::orders::leftover::{Leftover, offer_to_cancel};
use crate::cli::commands::orders::reconcile::Reconciled;
use crate::cli::context::Context;
use crate::cli::display::{Ending, end_stream};
use crate::cli::failure::{Done, Failure, Situation};
use crate::cli::input::Input;
use crate::cli::planning::peek;
use crate::cli::running::{Run, load_plan};
use crate::cli::screen::Screen;
use crate::cloud::Cloud as _;
use crate::model::{InstanceId, Lineage, OrderId, RegionId};
use crate::observe::observe;
use crate::saga::Mode;
use crate::store::{Contents, Store};

/// Settles the run, then closes it.
///
/// # Errors
/// [`Failure`] when there is no such open run, or its machines could not be put back.
pub async fn run(
    context: &Context,
    global: &Global,
    args: &CancelArgs,
    input: &Input,
    screen: &Screen,
) -> Result<Done, Failure> {
    let attempt = give_up(context, global, args, input, screen).await;
    if global.json {
        let now = context.clock.wall();
        match &attempt {
            // The stream has told already how it ended.
            Ok(GivenUp::NotYet(_)) => {}
            Ok(GivenUp::Closed { lines, done }) => {
                end_stream(Some(*lines), Ending::Closed(&args.run, *done), now);
            }
            Err(failure) => end_stream(failure.told, Ending::Failed(failure), now),
        }
    }
    attempt.map(|given_up| match given_up {
        GivenUp::NotYet(done) | GivenUp::Closed { done, .. } => done,
    })
}

/// How far giving up has come.
enum GivenUp {
    /// Something is owed to a machine, or settling was cut off: the run stays open, and this is how settling ended.
    NotYet(Done),
    /// The run is closed, after so many lines of the JSON stream.
    Closed { lines: u64, done: Done },
}

async fn give_up(
    context: &Context,
    global: &Global,
    args: &CancelArgs,
    input: &Input,
    screen: &Screen,
) -> Result<GivenUp, Failure> {
    is_open(peek(context, &input.fleet)?.as_ref(), &args.run)?;
    let account = context.cloud.caller_identity().await;
    let account = account.map_err(|e| Failure::cloud("learn whose credentials these are", &e))?;
    let lineage = Lineage::of(&account, &input.fleet.fleet);
    let settling = Run {
        context,
        global,
        screen,
        wait_payment: std::time::Duration::ZERO,
        wait_gates: std::time::Duration::ZERO,
        hours: Hours::Kept,
        mode: Mode::PutBack,
    };
    let open_store =
        || context.open_store(&input.fleet.fleet, lineage.clone(), global.lock_timeout);
    let store = open_store()?;
    // Whoever held the state until now may have ended the run, and somebody may have begun another.
    is_open(Some(&store.contents()), &args.run)?;
    let ended = settling.go_on(store).await?;
    let lines = ended.lines;
    let told = |failure: Failure| failure.after(lines);
    let store = open_store().map_err(told)?;
    let owed = &ended.outcome.obligations;
    let gone = gone_for_good(context, &store, owed).await.map_err(told)?;
    if !ended.outcome.is_settled() || gone.len() < owed.len() {
        screen.sentence(&ended.words(&screen.out));
        return Ok(GivenUp::NotYet(ended.done()));
    }
    let lost = Reconciled::of(context, &store, None).await.map_err(told)?;
    screen.sentence(&lost.recorded_in_words());
    let contents = store.contents();
    let mut left = Leftover::of(context, &contents, &input.fleet, &args.run).await;
    close(context, store, &args.run).await.map_err(told)?;
    screen.sentence(&format!(
        "Run {} is closed: its machines are up, and nothing more of it will be done.\n{}{}{}",
        args.run,
        farewell(&gone),
        left.told(),
        nobody_can_tell(&lost),
    ));
    let done = offer_to_cancel(context, &mut left.unpaid, args, screen).await;
    Ok(GivenUp::Closed { lines, done })
}

/// The machines that nothing can be owed to any more: they are not there, and looking is allowed.
async fn gone_for_good<'a>(
    context: &Context,
    store: &Store,
    owed: &'a [Obligation],
) -> Result<Vec<&'a Obligation>, Failure> {
    let contents = store.contents();
    let Some(open) = contents.open_run.as_ref().filter(|_| !owed.is_empty()) else {
        return Ok(Vec::new());
    };
    let plan = load_plan(store, &open.record.plan_id).await?;
    let mut wanted: BTreeMap<RegionId, BTreeSet<InstanceId>> = BTreeMap::new();
    for id in owed.iter().map(|owed| &owed.instance) {
        if let Some(saga) = plan.sagas.get(id) {
            let ids = wanted.entry(saga.region.clone()).or_default();
            ids.insert(id.clone());
        }
    }
    let now = context.clock.wall();
    let seen = observe(context.cloud.as_ref(), plan.account, now, &wanted)
        .await
        .map_err(|error| Failure::refused("look at the fleet", &error, "the run stays open"))?;
    let is_gone = |owed: &&Obligation| {
        !seen.instances.contains_key(&owed.instance)
            && !seen.unreadable.contains_key(&owed.instance)
    };
    Ok(owed.iter().filter(is_gone).collect())
}

fn farewell(gone: &[&Obligation]) -> String {
    let line = |owed: &&Obligation| {
        format!(
            "{} ({}) is not there any more: take it out of the manifest, and find out who released it\n",
            owed.name, owed.instance
        )
    };
    gone.iter().map(line).collect()
}

fn nobody_can_tell(lost: &Reconciled) -> String {
    let line = |(machine, orders): (&InstanceId, &[OrderId])| {
        let ids: Vec<&str> = orders.iter().map(OrderId::as_str).collect();
        let ids = ids.join(", ");
        format!(
            "{machine}: its call was not answered, and any of {ids} may be its order: look at them\n"
        )
    };
    lost.untold().map(line).collect()
}

fn is_open(contents: Option<&Contents>, run: &str) -> Result<(), Failure> {
    let open = contents.and_then(|contents| contents.open_run.as_ref());
    if open.is_some_and(|open| open.record.run.as_str() == run) {
        return Ok(());
    }
    let message = format!("run {run} is not open");
    Err(Failure::new(Situation::Usage, message).hint("`respec history` shows all runs"))
}

/// Settling may have closed it already, when nothing of it was left to do.
async fn close(context: &Context, store: Store, run: &str) -> Result<(), Failure> {
    let contents = store.contents();
    let open = contents.open_run.as_ref();
    let Some(open) = open.filter(|open| open.record.run.as_str() == run) else {
        return Ok(());
    };
    let plan = load_plan(&store, &open.record.plan_id).await?;
    let run = OpenRun {
        run: &open.record.run,
        plan: &plan,
        entries: &open.entries,
        next_seq: contents.next_seq,
        applied: &contents.applied,
    };
    abandon(&run, &store, context.clock.as_ref())
        .await
        .map_err(|error| {
            let failure = Failure::from_error(Situation::OpenRun, "close the run", &error);
            failure.hint("it stays open; look again: respec cancel, or respec apply")
        })
}
