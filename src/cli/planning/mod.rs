//! From manifest to plan: the recipe that `plan` and `apply` share.
//!
//! In: a manifest that was read, and a context. Out: a plan with everything that a reader should know about how it came to be.
//! `account` says whose machines it is about, `choosing` looks at those a manifest means, `pricing` asks what things cost,
//! `open_run` keeps out what an unfinished run still has in hand, `missing` refuses a fleet that is not there, `windows` and
//! `rights` say before anything begins what would fail later.

pub mod windows;
pub mod account;
pub mod choosing;
pub mod pricing;
pub mod open_run;
pub mod missing;
pub mod rights;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use crate::diff::{changes, managed_fields};
use crate::model::{
    AppliedInstance, BillingMethod, Books, DesiredFleet, Field, InstanceId, Limits, Lineage,
    ObservedFleet, ObservedInstance, Offers, Pricing, RunId, Stamp,
};
use crate::observe::{ask, ask_limits};
use crate::plan::{
    FoundStopped, PlanInput, Planned, SavedPlan, limit_questions, money_questions, open_questions,
    plan, turnover,
};
use crate::report::findings::Paint;
use crate::store::{Contents, Store};

use super::args::PlanningArgs;
use super::context::Context;
use super::failure::{Failure, Situation};
use super::input::Input;

use account::{peek_as, who_we_are};
use choosing::{look_and_choose, members_before, targets};
use missing::{
    gone_in_words, gone_members, nobody_is_unknown, not_too_many_are_gone, still_there,
    unread_in_words,
};
use open_run::busy;
use pricing::{books, somebody_pays_by_call};

/// How long a saved plan may be applied.
const EXPIRES_AFTER: Duration = Duration::from_secs(24 * 3600);

/// Rounds of questions to the cloud; each answers at least one direction of every machine.
const QUESTION_ROUNDS_MAX: usize = 8;

/// A plan with what it was made from.
pub struct Planning {
    /// The plan.
    pub plan: SavedPlan,
    /// What the cloud adds to the manifest's warnings, rendered; may be empty.
    pub warnings: String,
    /// The fleet as it was seen.
    pub observed: ObservedFleet,
    /// The state, if there is one.
    pub contents: Option<Contents>,
    /// What the account's books told.
    pub books: Books,
}

/// Makes the plan. Reads only.
///
/// # Errors
/// [`Failure`]: wrong account, unknown machines, too many gone, no answer.
pub async fn make_plan(
    context: &Context,
    input: &Input,
    args: &PlanningArgs,
    paint: Paint,
) -> Result<Planning, Failure> {
    somebody_pays_by_call(context, &input.fleet)?;
    let account = who_we_are(context, input, paint).await?;
    let contents = peek_as(context, &input.fleet, &account).await?;
    let chosen = look_and_choose(context, account, input, paint).await?;
    let before = members_before(context, contents.as_ref(), &input.fleet).await?;
    nobody_is_unknown(&chosen, contents.as_ref(), paint)?;
    let gone = gone_members(&chosen, contents.as_ref(), &before.certain());
    not_too_many_are_gone(&chosen, contents.as_ref(), &gone)?;
    let unread = unread_in_words(&chosen);
    let (input, mut observed) = (&chosen.input, chosen.observed);
    let now = context.clock.wall();
    look_beneath(contents.as_ref(), &mut observed, now);
    let evidence = Evidence {
        desired: &input.fleet,
        observed: &observed,
        contents: contents.as_ref(),
        busy: busy(context, contents.as_ref(), &input.fleet).await?,
        targets: targets(&input.fleet, &args.target)?,
        found_stopped: if args.accept_stopped {
            FoundStopped::Accept
        } else {
            FoundStopped::Block
        },
        now,
    };
    let (offers, limits) = answers(context, &evidence).await?;
    let questions = money_questions(&evidence.with(&offers, &limits, &Books::default()));
    let pricing = if args.no_price {
        Pricing::Skipped
    } else {
        Pricing::Asked
    };
    let books = books(context, &questions, pricing, contents.as_ref()).await;
    // What only the orders tell of the machines was not known when they were asked about.
    let mut beneath = observed.clone();
    books.look_beneath_upgrades(&mut beneath, now);
    let evidence = Evidence {
        observed: &beneath,
        ..evidence
    };
    let mut planned = plan(&evidence.with(&offers, &limits, &books));
    planned.account.turnover = turnover(&input.fleet, &still_there(before.members(), &gone));
    let mut plan = seal(context, input, &beneath, contents.as_ref(), planned)?;
    if let Some(max_spend) = &args.max_spend {
        plan.sheet.money.max_spend = max_spend.limit(&plan)?;
    }
    let warnings = chosen.input.warnings + &gone_in_words(&gone) + &unread;
    Ok(Planning {
        plan,
        warnings,
        observed: beneath,
        contents,
        books,
    })
}

/// Everything the planner may know but what it still has to ask.
struct Evidence<'a> {
    desired: &'a DesiredFleet,
    observed: &'a ObservedFleet,
    contents: Option<&'a Contents>,
    busy: BTreeMap<InstanceId, RunId>,
    targets: Option<BTreeSet<InstanceId>>,
    found_stopped: FoundStopped,
    now: jiff::Timestamp,
}

impl<'a> Evidence<'a> {
    fn with(&'a self, offers: &'a Offers, limits: &'a Limits, books: &'a Books) -> PlanInput<'a> {
        PlanInput {
            desired: self.desired,
            observed: self.observed,
            applied: self.contents.map(|contents| &contents.applied),
            offers,
            books,
            limits,
            busy: &self.busy,
            targets: self.targets.as_ref(),
            found_stopped: self.found_stopped,
            now: self.now,
        }
    }
}

/// Asks the planner's questions until it has none left.
async fn answers(context: &Context, evidence: &Evidence<'_>) -> Result<(Offers, Limits), Failure> {
    let cloud = context.cloud.as_ref();
    let no_books = Books::default();
    let (mut offers, nothing) = (Offers::default(), Limits::default());
    for _ in 0..QUESTION_ROUNDS_MAX {
        let questions = open_questions(&evidence.with(&offers, &nothing, &no_books));
        if questions.is_empty() {
            break;
        }
        let answers = ask(cloud, &questions)
            .await
            .map_err(|error| Failure::cloud("ask what machines can become", &error))?;
        for (key, about, targets) in answers {
            offers.record(key, about, targets);
        }
    }
    let questions = limit_questions(&evidence.with(&offers, &nothing, &no_books));
    let limits = ask_limits(cloud, &questions)
        .await
        .map_err(|error| Failure::cloud("ask for the limits of the cloud", &error))?;
    Ok((offers, limits))
}

/// The fleet beneath the temporary upgrades that the state knows (R30).
pub fn look_beneath(
    contents: Option<&Contents>,
    observed: &mut ObservedFleet,
    now: jiff::Timestamp,
) {
    if let Some(contents) = contents {
        contents.applied.look_beneath_upgrades(observed, now);
    }
}

/// The state as it is, without disturbing whoever writes to it.
///
/// # Errors
/// [`Failure`] when it cannot be read.
pub fn peek(context: &Context, fleet: &DesiredFleet) -> Result<Option<Contents>, Failure> {
    let mut mended = Vec::new();
    let contents = Store::peek_mending(&context.store_dir(&fleet.fleet), &mut mended)
        .map_err(|error| Failure::store("read the state", &error))?;
    context.tell_mended(&mended);
    Ok(contents)
}

/// The plan as it is kept, once the second opinion has nothing against it.
fn seal(
    context: &Context,
    input: &Input,
    observed: &ObservedFleet,
    contents: Option<&Contents>,
    planned: Planned,
) -> Result<SavedPlan, Failure> {
    let lineage = Lineage::of(&observed.account, &input.fleet.fleet);
    let serial = contents.map_or(0, |contents| contents.applied.stamp.serial);
    let created_at = context.clock.wall();
    let plan = SavedPlan {
        format_version: SavedPlan::FORMAT_VERSION,
        tool_version: env!("CARGO_PKG_VERSION").to_owned(),
        created_at,
        expires_at: created_at
            .checked_add(EXPIRES_AFTER)
            .unwrap_or(jiff::Timestamp::MAX),
        sources: input.sources(),
        account: observed.account.clone(),
        stamp: Stamp { lineage, serial },
        desired: input.fleet.clone(),
        sagas: planned.sagas,
        sheet: planned.account,
        courses: planned.courses,
    };
    if let Some(objection) = plan.objections().first() {
        let message = format!("the plan does not pass its own check: {objection}");
        return Err(Failure::new(Situation::Other, message).hint("this is a defect of respec"));
    }
    Ok(plan)
}

/// Whether nobody can say that the type which shows is in effect: a subscription's may have been paid since its last
/// start (R72), the orders could not all be read, and no record knows better.
fn may_be_owed_a_start(
    plan: &SavedPlan,
    seen: &ObservedInstance,
    old: Option<&AppliedInstance>,
) -> bool {
    let recorded = old.and_then(|old| old.fields.get(&Field::InstanceType));
    seen.billing == BillingMethod::PrePaid
        && plan.sheet.money.unread_orders.is_some()
        && recorded.is_none_or(|recorded| recorded != seen.instance_type.as_str())
}

/// Machines that need no change and are not recorded as they are: to be adopted as found.
#[must_use]
pub fn to_adopt(
    plan: &SavedPlan,
    observed: &ObservedFleet,
    contents: Option<&Contents>,
    now: jiff::Timestamp,
) -> Vec<(InstanceId, AppliedInstance)> {
    let mut adopt = Vec::new();
    for id in &plan.sheet.unchanged {
        let (Some(desired), Some(seen)) =
            (plan.desired.instances.get(id), observed.instances.get(id))
        else {
            continue;
        };
        // Somebody may have changed it since the plan was made: then it is not as wanted.
        if !changes(&desired.spec, seen).is_empty() {
            continue;
        }
        let old = contents.and_then(|contents| contents.applied.instances.get(id));
        let mut fields = managed_fields(&desired.spec, seen);
        if may_be_owed_a_start(plan, seen, old) {
            fields.remove(&Field::InstanceType);
        }
        let recorded = old.and_then(|old| old.temporary.as_ref());
        let temporary = plan.sheet.upgrades.get(id).or(recorded).cloned();
        let same = old.is_some_and(|old| {
            old.fields == fields
                && old.name == desired.name
                && old.group == desired.group
                && old.temporary == temporary
        });
        if same {
            continue;
        }
        adopt.push((
            id.clone(),
            AppliedInstance {
                name: desired.name.clone(),
                group: desired.group.clone(),
                region: desired.region.clone(),
                fields,
                change_number: old.map_or(0, |old| old.change_number),
                changed_at: old.and_then(|old| old.changed_at),
                restart_due: old.and_then(|old| old.restart_due.clone()),
                late_start: old.and_then(|old| old.late_start),
                temporary,
                recorded_at: now,
            },
        ));
    }
    adopt
}
