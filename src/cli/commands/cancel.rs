//! `respec cancel`: ends an open run. Begins nothing, puts its machines back, records the rest as given up.

use crate::apply::{OpenRun, abandon};
use crate::cli::args::{CancelArgs, Global};
use crate::cli::context::Context;
use crate::cli::failure::{Done, Failure, Situation};
use crate::cli::input::Input;
use crate::cli::planning::peek;
use crate::cli::running::{Run, load_plan};
use crate::cli::screen::Screen;
use crate::cloud::Cloud as _;
use crate::model::Lineage;
use crate::saga::Mode;

/// Settles the run, then closes it.
///
/// # Errors
/// [`Failure`] when there is no such open run, or its machines could not be put back.
pub async fn run(
    context: &Context,
    global: &Global,
    args: &CancelArgs,
    screen: &Screen,
) -> Result<Done, Failure> {
    let input = Input::read(&global.files, screen.paint())?;
    let open = peek(context, &input.fleet)?.and_then(|contents| contents.open_run);
    if open.is_none_or(|open| open.record.run.as_str() != args.run) {
        return Err(
            Failure::new(Situation::Usage, format!("run {} is not open", args.run))
                .hint("`respec history` shows all runs"),
        );
    }
    let account = context.cloud.caller_identity().await;
    let account = account.map_err(|e| Failure::cloud("learn whose credentials these are", &e))?;
    let lineage = Lineage::of(&account, &input.fleet.fleet);
    let settling = Run {
        context,
        global,
        screen,
        wait_payment: std::time::Duration::ZERO,
        mode: Mode::PutBack,
    };
    let open_store =
        || context.open_store(&input.fleet.fleet, lineage.clone(), global.lock_timeout);
    let ended = settling.go_on(open_store()?).await?;
    screen.result(&ended.words(&screen.out));
    if !ended.outcome.obligations.is_empty() {
        return Ok(Done::of(&ended.outcome));
    }
    close(context, open_store()?).await?;
    screen.result(&format!(
        "Run {} is closed. Orders it made stay as they are.\n",
        args.run
    ));
    Ok(Done::Fine)
}

async fn close(context: &Context, store: crate::store::Store) -> Result<(), Failure> {
    let contents = store.contents();
    let Some(open) = &contents.open_run else {
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
        .map_err(|error| Failure::from_error(Situation::Other, "close the run", &error))
}
