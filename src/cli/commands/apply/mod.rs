//! `respec apply`: settle what is open, plan or take a plan, ask, carry out, say how it ended.

mod guards;
mod open;

use jiff::SignedDuration;

use self::guards::{
    approved, is_asked, joiners_are_counted, nobody_was_faster, prices_are_known,
    state_has_changed, touched_machines_look_as_planned,
};
use self::open::{is_open, named, open_state};
use crate::apply::Hours;
use crate::cli::args::{ApplyArgs, Global};
use crate::cli::commands::plan::page;
use crate::cli::context::Context;
use crate::cli::failure::{Done, Failure, Situation};
use crate::cli::input::Input;
use crate::cli::matter::Matter;
use crate::cli::plan_file::{is_by_the_same_role, is_of_now};
use crate::cli::planning::choosing::look;
use crate::cli::planning::pricing::keep_within_limits;
use crate::cli::planning::rights;
use crate::cli::planning::windows::{begins_soon, fits_its_windows};
use crate::cli::planning::{Planning, look_beneath, make_plan, peek, to_adopt};
use crate::cli::running::display::{Ending, end_stream};
use crate::cli::running::{Ended, Run};
use crate::cli::screen::Screen;
use crate::model::{AccountId, ObservedFleet};
use crate::plan::SavedPlan;
use crate::report::plan::{Detail, plan_text};
use crate::store::OpenRun;

/// After this the fleet is looked at once more before anything begins.
const LOOK_IS_GOOD_FOR: SignedDuration = SignedDuration::from_mins(1);

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
    let (context, screen) = (run.context, run.screen);
    screen.talk(&input.warnings);
    let wish = input.fleet.intent();
    let same_wish = |open: &OpenRun| open.record.intent == wish;
    if is_open(peek(context, &input.fleet)?.as_ref(), |_| true) {
        let store = open_state(run, input).await?;
        // Whoever held the state until now may have ended the run: then there is a new plan to make.
        if is_open(Some(&store.contents()), |_| true) {
            return open::first(run, args, store, same_wish).await;
        }
    }
    let mut planning = make_plan(context, input, &args.planning, screen.paint()).await?;
    screen.talk(&planning.warnings);
    let checks = rights::demand(context.cloud.as_ref(), planning.plan.sagas.values()).await?;
    planning.plan.sheet.checks.extend(checks);
    let plan = &planning.plan;
    show(run, args, &planning)?;
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
    let seen_again = look_again(run, args, &planning).await?;
    let observed = seen_again.as_ref().unwrap_or(&planning.observed);
    run.begin(store, plan, observed).await.map(Some)
}

/// A person takes time to say yes, and so does another process to give the state up. What the plan touches must look as
/// it did all the same, and the limits count who is down by then; none where no time has passed.
async fn look_again(
    run: &Run<'_>,
    args: &ApplyArgs,
    planning: &Planning,
) -> Result<Option<ObservedFleet>, Failure> {
    let (context, plan) = (run.context, &planning.plan);
    let gone = context
        .clock
        .wall()
        .duration_since(planning.observed.taken_at);
    if !is_asked(args, run.screen) && gone < LOOK_IS_GOOD_FOR {
        return Ok(None);
    }
    let mut observed = look(context, plan.account.clone(), &plan.desired).await?;
    let (contents, now) = (planning.contents.as_ref(), context.clock.wall());
    look_beneath(contents, &mut observed, now);
    planning.books.look_beneath_upgrades(&mut observed, now);
    touched_machines_look_as_planned(plan, &observed, contents)?;
    Ok(Some(observed))
}

/// The plan as people read it. Where a program reads the stream, only whoever is asked about the plan is shown it, beside.
fn show(run: &Run<'_>, args: &ApplyArgs, planning: &Planning) -> Result<(), Failure> {
    let screen = run.screen;
    let page = page(planning, None);
    if !run.global.json {
        return screen.result(&plan_text(&page, Detail::Brief, &screen.out));
    }
    if is_asked(args, screen) && !planning.plan.sagas.is_empty() {
        screen.talk(&plan_text(&page, Detail::Brief, &screen.err));
    }
    Ok(())
}

/// A saved plan is the approval; it must still fit the fleet.
async fn saved(run: &Run<'_>, args: &ApplyArgs, plan: &SavedPlan) -> Attempt {
    let (context, global, screen) = (run.context, run.global, run.screen);
    let contents = peek(context, &plan.desired)?;
    if is_open(contents.as_ref(), |_| true) {
        is_of_this_account(context, plan).await?;
        let store = run.open_store(plan)?;
        if !is_open(Some(&store.contents()), |_| true) {
            return Err(state_has_changed());
        }
        let is_ours = |open: &OpenRun| open.record.plan_id == plan.id();
        return open::first(run, args, store, is_ours).await;
    }
    args.planning.leave_a_plan_as_it_is()?;
    is_of_now(plan, context.clock.wall())?;
    is_by_the_same_role(plan, &global.files)?;
    let account = is_of_this_account(context, plan).await?;
    let mut observed = look(context, account, &plan.desired).await?;
    look_beneath(contents.as_ref(), &mut observed, context.clock.wall());
    begins_soon(plan, &observed, args, context.clock.wall())?;
    prices_are_known(args, plan)?;
    keep_within_limits(plan, args.planning.max_spend.as_ref())?;
    touched_machines_look_as_planned(plan, &observed, contents.as_ref())?;
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
    all_blocked(ended)
}

/// That every change is blocked is the last word, unless what was recorded needs a person or was cut off: that weighs more,
/// and its closing words count the blocked ones.
fn all_blocked(recorded: Option<Ended>) -> Attempt {
    let blocked = Failure::new(Situation::Refused, "every change is blocked")
        .hint("`respec plan` says what stands in the way of each machine");
    match recorded {
        Some(ended) if ended.outcome.urgent().is_some() => Ok(Some(ended)),
        Some(ended) => Err(blocked.after(ended.lines)),
        None => Err(blocked),
    }
}

/// Whether a saved plan is for these credentials.
async fn is_of_this_account(context: &Context, plan: &SavedPlan) -> Result<AccountId, Failure> {
    let account = context.account().await?;
    if account == plan.account {
        return Ok(account);
    }
    let message = format!(
        "the plan is for account {}, these credentials belong to {account}",
        plan.account
    );
    Err(Failure::new(Situation::Stale, message))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::apply::{JournalLost, RunOutcome};
    use crate::model::exit;
    use crate::report::Style;
    use crate::report::run::Tally;
    use crate::saga::Mode;

    /// A run that had nothing to do but to record machines as found, beside one that is blocked.
    fn recorded(exit_code: u8, journal_lost: Option<JournalLost>) -> Ended {
        let outcome = RunOutcome {
            machines: BTreeMap::new(),
            left_alone: BTreeMap::new(),
            rests: BTreeMap::new(),
            pauses: Vec::new(),
            blocked: 1,
            orders: BTreeMap::new(),
            obligations: Vec::new(),
            open: journal_lost.is_some(),
            journal_lost,
            journal_short: None,
            interrupted: None,
            mode: Mode::GoOn,
            exit_code,
        };
        Ended {
            outcome,
            tally: Tally::default(),
            lines: 7,
        }
    }

    #[test]
    fn machines_that_could_not_be_recorded_weigh_more_than_a_plan_that_is_blocked() {
        let refused = all_blocked(None).err().unwrap();
        assert_eq!(refused.situation, Situation::Refused);
        let refused = all_blocked(Some(recorded(exit::SOME_NOT_DONE, None)));
        let refused = refused.err().unwrap();
        assert_eq!(refused.chain, ["every change is blocked"]);
        assert_eq!(
            (refused.situation, refused.told),
            (Situation::Refused, Some(7))
        );

        let lost = JournalLost::NotWritten("no room".to_owned());
        let ended = all_blocked(Some(recorded(exit::PERSON_NEEDED, Some(lost))));
        let ended = ended.ok().flatten().unwrap();
        assert_eq!(ended.done(), Done::Run(exit::PERSON_NEEDED));
        let last = "1 blocked: `respec plan` says by what\nthe state takes no more: no room\n";
        let words = ended.words(&Style::plain());
        assert!(words.ends_with(last), "{words}");
        let cut_off = all_blocked(Some(recorded(exit::INTERRUPTED, None)));
        let cut_off = cut_off.ok().flatten().unwrap();
        assert_eq!(cut_off.done(), Done::Run(exit::INTERRUPTED));
    }
}
