//! `respec cancel`: ends an open run. Begins nothing, puts its machines back, records the rest as given up.

mod gone;
mod without_plan;

use std::rc::Rc;

use crate::apply::{Hours, Obligation, Untold, abandon};
use crate::cli::args::{CancelArgs, Global};
use crate::cli::commands::orders::leftover::{Leftover, offer_to_cancel};
use crate::cli::commands::orders::reconcile::Reconciled;
use crate::cli::context::Context;
use crate::cli::failure::{Done, Failure, Situation};
use crate::cli::input::Input;
use crate::cli::planning::open_run::{named, with_plan};
use crate::cli::planning::peek;
use crate::cli::running::display::{Ending, end_stream};
use crate::cli::running::signals::Interrupts;
use crate::cli::running::{Ended, Run, open_plan};
use crate::cli::screen::Screen;
use crate::model::{InstanceId, Lineage, OrderId, exit};
use crate::plan::SavedPlan;
use crate::saga::Mode;
use crate::store::{OpenRun, Store, StoreError};

use gone::{STAYS_OPEN, farewell, gone_for_good};

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
                end_stream(*lines, Ending::Closed(&args.run, *done), now);
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
    /// The run is closed, after so many lines of the JSON stream, if it was told as one.
    Closed { lines: Option<u64>, done: Done },
}

async fn give_up(
    context: &Context,
    global: &Global,
    args: &CancelArgs,
    input: &Input,
    screen: &Screen,
) -> Result<GivenUp, Failure> {
    named(peek(context, &input.fleet)?.as_ref(), &args.run)?;
    let lineage = Lineage::of(&context.account().await?, &input.fleet.fleet);
    // Held until the run is closed: nobody may go on with it between its settling and that.
    let fleet = &input.fleet.fleet;
    let store = context.open_store_to_carry_on(fleet, lineage, global.lock_timeout)?;
    let store = Rc::new(store);
    // Whoever held the state until now may have ended the run, and somebody may have begun another.
    let contents = store.contents();
    let open = named(Some(&contents), &args.run)?;
    let plan = match plan_of(&store, open).await? {
        Ok(plan) => plan,
        Err(lost) => {
            return without_plan::give_up(context, &store, open, &lost, args, screen).await;
        }
    };
    let settling = Run {
        context,
        global,
        screen,
        wait_payment: std::time::Duration::ZERO,
        wait_gates: std::time::Duration::ZERO,
        hours: Hours::Kept,
        mode: Mode::PutBack,
    };
    let ended = settling.go_on(store.clone()).await?;
    let lines = ended.lines;
    let told = |failure: Failure| failure.after(lines);
    let mut interrupts = Interrupts::listen().map_err(told)?;
    let gone = nothing_is_owed(context, &plan, &ended, &mut interrupts, screen).await?;
    let Some(gone) = gone else {
        return Ok(GivenUp::NotYet(ended.done()));
    };
    let books = read_books(context, &store, input, args, screen);
    let books = interrupts.unless_asked(STAYS_OPEN, books).await;
    let (lost, left) = books.map_err(told)?;
    let untold = lost.untold();
    close(context, &store, &plan, args, &untold)
        .await
        .map_err(told)?;
    screen.sentence(&format!(
        "Run {} is closed: its machines are up, and nothing more of it will be done.\n{}{}{}",
        args.run,
        farewell(&gone),
        left.told(),
        nobody_can_tell(&untold),
    ));
    let theirs = plan.taken_up().map(|(_, order)| order.clone()).collect();
    let unpaid = left.unpaid;
    let done = offer_to_cancel(context, unpaid, &theirs, args, &mut interrupts, screen).await;
    Ok(GivenUp::Closed {
        lines: Some(lines),
        done: if lost.needs_a_person() {
            Done::Run(exit::PERSON_NEEDED)
        } else {
            done
        },
    })
}

/// The plan of an open run, or why there is none any more.
async fn plan_of(store: &Store, open: &OpenRun) -> Result<Result<SavedPlan, String>, Failure> {
    match store.load_plan(&open.record.plan_id).await {
        Ok(bytes) => Ok(open_plan(&bytes).map_err(|altered| altered.chain.join(": "))),
        Err(
            lost @ (StoreError::Damaged { .. }
            | StoreError::NoPlan(_)
            | StoreError::LostPlan { .. }),
        ) => Ok(Err(lost.to_string())),
        Err(error) => Err(Failure::store("read the plan of the open run", &error)),
    }
}

/// What the account's books say of orders whose answers were lost, and of those the run leaves behind.
async fn read_books(
    context: &Context,
    store: &Store,
    input: &Input,
    args: &CancelArgs,
    screen: &Screen,
) -> Result<(Reconciled, Leftover), Failure> {
    let lost = Reconciled::of(context, store, None).await?;
    screen.sentence(&lost.recorded_in_words());
    let contents = store.contents();
    let left = Leftover::of(context, &contents, &input.fleet, &args.run).await;
    Ok((lost, left))
}

/// Whoever was owed something and is gone for good, where that is everybody. Where it is not, or nobody could look, how
/// settling ended is said.
async fn nothing_is_owed<'a>(
    context: &Context,
    plan: &SavedPlan,
    ended: &'a Ended,
    interrupts: &mut Interrupts,
    screen: &Screen,
) -> Result<Option<Vec<&'a Obligation>>, Failure> {
    let say = || screen.sentence(&ended.words(&screen.out));
    if !ended.outcome.is_settled() {
        say();
        return Ok(None);
    }
    let owed = &ended.outcome.obligations;
    let gone = gone_for_good(context, plan, owed);
    match interrupts.unless_asked(STAYS_OPEN, gone).await {
        Ok(gone) if gone.len() == owed.len() => return Ok(Some(gone)),
        Ok(_) => say(),
        Err(failure) => {
            let failure = said_beside(ended, failure)?;
            say();
            screen.failure(&failure);
        }
    }
    Ok(None)
}

/// Why nobody looked again is only said beside how settling ended, where that weighs more: who is down must be heard.
fn said_beside(ended: &Ended, failure: Failure) -> Result<Failure, Failure> {
    if ended.outcome.urgent().is_some() {
        Ok(failure)
    } else {
        Err(failure.after(ended.lines))
    }
}

fn nobody_can_tell(untold: &Untold) -> String {
    let line = |(machine, orders): (&InstanceId, &Vec<OrderId>)| {
        let ids: Vec<&str> = orders.iter().map(OrderId::as_str).collect();
        let ids = ids.join(", ");
        format!(
            "{machine}: its call was not answered, and any of {ids} may be its order: look at them\n"
        )
    };
    untold.iter().map(line).collect()
}

/// Settling may have closed it already, when nothing of it was left to do.
async fn close(
    context: &Context,
    store: &Store,
    plan: &SavedPlan,
    args: &CancelArgs,
    untold: &Untold,
) -> Result<(), Failure> {
    let contents = store.contents();
    let Ok(open) = named(Some(&contents), &args.run) else {
        return Ok(());
    };
    let run = with_plan(&contents, open, plan);
    abandon(&run, untold, store, context.clock.as_ref())
        .await
        .map_err(|error| stays_open(&error))
}

fn stays_open(error: &dyn std::error::Error) -> Failure {
    let failure = Failure::from_error(Situation::OpenRun, "close the run", error);
    failure.hint("it stays open; look again: respec cancel, or respec apply")
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::apply::RunOutcome;
    use crate::model::InstanceName;
    use crate::report::Style;
    use crate::report::run::Tally;

    /// A run that was settled, and to whose machines this is still owed.
    fn settled(exit_code: u8, obligations: Vec<Obligation>) -> Ended {
        let outcome = RunOutcome {
            machines: BTreeMap::new(),
            left_alone: BTreeMap::new(),
            rests: BTreeMap::new(),
            pauses: Vec::new(),
            blocked: 0,
            orders: BTreeMap::new(),
            obligations,
            open: true,
            journal_lost: None,
            journal_short: None,
            interrupted: None,
            mode: Mode::PutBack,
            exit_code,
        };
        Ended {
            outcome,
            tally: Tally::default(),
            lines: 7,
        }
    }

    #[test]
    fn a_machine_that_is_down_weighs_more_than_whoever_interrupts_the_look_at_it() {
        let interrupted = || {
            let situation = Situation::Interrupted(exit::INTERRUPTED);
            Failure::new(situation, format!("interrupted, {STAYS_OPEN}"))
        };
        let owed = Obligation {
            instance: InstanceId::new("i-1").unwrap(),
            name: InstanceName::new("web-1").unwrap(),
            what: "start it".to_owned(),
        };
        let ended = settled(exit::PERSON_NEEDED, vec![owed]);
        let beside = said_beside(&ended, interrupted()).unwrap();
        assert_eq!(beside.chain, ["interrupted, the run stays open"]);
        assert_eq!(ended.done(), Done::Run(exit::PERSON_NEEDED));
        let words = ended.words(&Style::plain());
        assert!(words.ends_with("owed: web-1 (i-1): start it\n"), "{words}");

        let ended = settled(exit::PAUSED, Vec::new());
        let last = said_beside(&ended, interrupted()).unwrap_err();
        let situation = Situation::Interrupted(exit::INTERRUPTED);
        assert_eq!((last.situation, last.told), (situation, Some(7)));
    }
}
