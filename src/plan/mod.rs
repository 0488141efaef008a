//! Decides what to do, and does none of it.
//!
//! In: a [`PlanInput`]. Out: a [`Planned`]: one chain of steps for each machine that changes, and an
//! [`Account`] of every machine that does not. Nothing here waits, reads a clock or asks the cloud;
//! the same input gives the same bytes.
//!
//! ```text
//!  desired ─┐                            ┌─ Saga  stop → modify → start
//!  observed ┼─► Case ─► rules, in order ─┼─ Blocked { rule, why, way out }
//!  applied  ┘                            └─ unchanged
//! ```

mod price;
mod step;
mod turnover;
mod bill;
mod money;
mod account;
mod input;
mod way_back;
mod saga;
mod draft;
mod rules;
mod quota;
mod checks;
mod graph;
mod course;
mod promise;
mod places;
mod own_places;
mod waits;
mod funding;
mod chain_check;
mod way_back_check;
mod check;
mod course_check;
mod pace;
mod saved;
mod decisions;
mod spend_limits;

use std::collections::BTreeMap;

use crate::diff::changes;
use crate::model::{
    BillingMethod, Course, InstanceId, LimitQuestions, Mbps, MoneyQuestions, OfferKey, Payment,
};

pub use account::{Account, Blocked, Check, Note, Verdict};
pub use bill::{Bill, Costs, Sum};
pub use check::{Objection, check};
pub use course::{courses, is_meant_to_run, was_meant_to_run};
pub use course_check::check_courses;
pub use pace::{Bind, Overrun, Pace, overruns, paces};
pub use promise::size_of;
pub use turnover::{Members, Turnover, turnover};
pub use way_back::WayBack;

pub use funding::bill;
pub use graph::{GraphError, Node, StepGraph};
pub use input::{FoundStopped, PlanInput};
pub use money::{Held, MoneySheet};
use own_places::block_what_keeps_its_own_place;
use places::block_what_never_gets_a_place;
pub use price::{Basis, Price, Quoted, Rates, Running};
use promise::block_what_is_never_allowed;
pub use rules::prices::order_question;
pub use saga::{Fingerprint, Renewal, Saga};
pub use saved::{PLAN_BYTES_MAX, PlanFileError, SavedPlan, Source};
pub use spend_limits::{Ruling, SpendLimit, spend_limits};
pub use step::{Action, Because, Goal, Step, Undo};
use waits::block_what_waits_for_blocked;

use input::{Case, Purse};
use rules::orders::Open;
use rules::{
    fits, found, network, notes, orders, power, prices, restart, sequence, targets, temporary,
    transition, way_back as back,
};

/// What the planner answers.
#[must_use]
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Planned {
    /// The machines that change, each with its chain of steps.
    pub sagas: BTreeMap<InstanceId, Saga>,
    /// The machines that do not, and why.
    pub account: Account,
    /// In which portions each group is changed.
    pub courses: Vec<Course>,
}

/// Answers for every machine of the manifest.
///
/// Whether orders are paid by themselves is decided for all of them together: first as if they were,
/// then, should the balance not cover that, once more without.
pub fn plan(input: &PlanInput<'_>) -> Planned {
    let planned = plan_with(input, Purse::Open);
    match funding::held(input, &planned.sagas) {
        None => planned,
        Some(held) => plan_with(input, Purse::Held(&held)),
    }
}

fn plan_with(input: &PlanInput<'_>, purse: Purse<'_>) -> Planned {
    let mut planned = Planned {
        sagas: BTreeMap::new(),
        account: Account::default(),
        courses: Vec::new(),
    };
    for case in cases(input) {
        consider(&Case { purse, ..case }, &mut planned);
    }
    answer_for_the_missing(input, &mut planned);
    quota::keep_within(input, &mut planned);
    block_what_is_never_allowed(
        input.desired,
        input.observed,
        &mut planned.sagas,
        &mut planned.account,
    );
    // Whoever is blocked may leave a place taken for good, and whoever gets none may be waited for.
    loop {
        block_what_waits_for_blocked(input, &mut planned);
        let for_good = block_what_never_gets_a_place(input, &mut planned);
        if !for_good && !block_what_keeps_its_own_place(input, &mut planned) {
            break;
        }
    }
    planned.courses = courses(input.desired, input.observed, &planned.sagas);
    planned.account.money = funding::sheet(input, &planned.sagas, purse);
    planned.account.checks = checks::checks(input, &planned);
    planned
}

/// What the planner must still ask the cloud, each question with a machine to ask it about: the one
/// with the least bandwidth, which may hide targets of those that are like it (R28).
///
/// Ask them, add the answers to [`PlanInput::offers`], and look again until nothing is left.
#[must_use]
pub fn open_questions(input: &PlanInput<'_>) -> BTreeMap<OfferKey, InstanceId> {
    let mut questions: BTreeMap<OfferKey, (Mbps, InstanceId)> = BTreeMap::new();
    for case in cases(input).filter(may_change) {
        let Some(key) = targets::open_question(&case) else {
            continue;
        };
        let about = (case.seen.max_bandwidth_out, case.seen.id.clone());
        let best = questions.entry(key).or_insert_with(|| about.clone());
        if about < *best {
            *best = about;
        }
    }
    let asked = questions.into_iter();
    asked.map(|(key, (_, about))| (key, about)).collect()
}

/// The limits that the machines to be changed have to keep within: asked once, all together.
#[must_use]
pub fn limit_questions(input: &PlanInput<'_>) -> LimitQuestions {
    let mut questions = LimitQuestions::default();
    for case in cases(input).filter(may_change) {
        questions.bandwidth.extend(fits::bandwidth_question(&case));
        let Some(to) = targets::wanted(&case) else {
            continue;
        };
        let region = &case.seen.region;
        for name in [to, &case.seen.instance_type] {
            questions.types.insert(name.clone(), region.clone());
        }
        if case.seen.billing == BillingMethod::PostPaid {
            questions.vcpus.insert(region.clone());
        }
    }
    questions
}

/// What the planner must still learn about money, for the machines that would change: ask, put the
/// answers into [`PlanInput::books`], and plan.
#[must_use]
pub fn money_questions(input: &PlanInput<'_>) -> MoneyQuestions {
    let mut questions = MoneyQuestions::default();
    let planned = plan_with(input, Purse::Trusting);
    for (id, saga) in &planned.sagas {
        if let Some(case) = case_of(input, id) {
            funding::ask_about(&case, saga, &mut questions);
        }
    }
    let upgradable =
        cases(input).filter(|case| is_chosen(case) && temporary::is_to_be_asked_about(case));
    questions
        .upgradable
        .extend(upgradable.map(|case| case.seen.id.clone()));
    let unrecorded = cases(input).filter(may_change);
    let unrecorded = unrecorded
        .filter_map(|case| Some((case.seen.id.clone(), restart::paid_too_late_from(&case)?)));
    questions.unrecorded.extend(unrecorded);
    questions
}

/// Whether it is worth a question at all.
fn may_change(case: &Case<'_>) -> bool {
    is_chosen(case) && may_be_touched(case).is_ok()
}

fn is_chosen(case: &Case<'_>) -> bool {
    let targets = case.input.targets;
    targets.is_none_or(|targets| targets.contains(&case.seen.id))
}

fn case_of<'a>(input: &'a PlanInput<'a>, id: &InstanceId) -> Option<Case<'a>> {
    Some(Case {
        input,
        desired: input.desired.instances.get(id)?,
        seen: input.observed.instances.get(id)?,
        applied: input.applied.and_then(|fleet| fleet.instances.get(id)),
        purse: Purse::Open,
    })
}

fn cases<'a>(input: &'a PlanInput<'a>) -> impl Iterator<Item = Case<'a>> {
    let ids = input.desired.instances.keys();
    ids.filter_map(move |id| case_of(input, id))
}

fn consider(case: &Case<'_>, planned: &mut Planned) {
    let id = &case.seen.id;
    if !is_chosen(case) {
        planned.account.left_out.push(id.clone());
        return;
    }
    let mut differences = changes(&case.desired.spec, case.seen);
    planned
        .account
        .upgrades
        .extend(temporary::found(case).map(|upgrade| (id.clone(), upgrade)));
    let purchase = temporary::purchase(case);
    let nothing_is_bought = matches!(purchase, Ok(None));
    let is_as_wanted = differences.is_empty() && nothing_is_bought && restart::due(case).is_none();
    differences.extend(purchase.ok().flatten().map(temporary::told));
    let steps = match no_open_run_has_it(case) {
        Err(blocked) => Err(blocked),
        Ok(()) if is_as_wanted && power::mode_can_change(case).is_ok() => Ok(Vec::new()),
        Ok(()) => chain(case),
    };
    match steps {
        Err(blocked) => {
            planned.account.blocked.insert(id.clone(), blocked);
        }
        Ok(steps) => {
            note(case, &steps, planned);
            if steps.is_empty() {
                planned.account.unchanged.push(id.clone());
            } else {
                let way_back = back::way_back(case, &steps);
                let saga = Saga::new(case, differences, steps, way_back);
                planned.sagas.insert(id.clone(), saga);
            }
        }
    }
}

/// The chain with its prices. What is not priced is not paid by itself.
fn chain(case: &Case<'_>) -> Result<Vec<Step>, Blocked> {
    let steps = priced(case)?;
    let unseen = Costs::of(&steps).by_itself.unknown > 0;
    match case.purse {
        Purse::Open if unseen => priced(&Case {
            purse: Purse::Held(&Held::PriceUnknown),
            ..*case
        }),
        Purse::Open | Purse::Trusting | Purse::Held(_) => Ok(steps),
    }
}

fn priced(case: &Case<'_>) -> Result<Vec<Step>, Blocked> {
    let mut steps = unpriced(case)?;
    prices::put_prices(case, &mut steps);
    match orders::open_order(case, &steps)? {
        Open::Nothing => {}
        // It was left unpaid, and stays a person's to pay.
        Open::TakenUp(_) if case.payment() != Payment::Await => {
            return priced(&Case {
                purse: Purse::Held(&Held::OrderThere),
                ..*case
            });
        }
        Open::TakenUp(order) => orders::take_up(order, &mut steps),
    }
    orders::prices_may_be_seen(case, &steps)?;
    Ok(steps)
}

/// The rules, in the order in which a person would ask.
fn unpriced(case: &Case<'_>) -> Result<Vec<Step>, Blocked> {
    may_be_touched(case)?;
    let new_type = transition::type_change(case)?;
    let network = network::network_change(case)?;
    power::mode_can_change(case)?;
    power::mode_is_possible(case)?;
    power::keeps_its_address(case)?;
    power::starts_without_an_address(case)?;
    let purchase = temporary::purchase(case)?;
    if new_type.is_some() || network.is_some() {
        temporary::none_is_in_force(case)?;
    }
    let steps = sequence::sequence(case, new_type, network, purchase);
    if let Some(wish) = purchase {
        sequence::is_bought_in_time(case, wish, &steps)?;
    }
    sequence::outage_is_allowed(case, &steps)?;
    Ok(steps)
}

/// Whether this machine may be changed at all, whatever the change.
fn may_be_touched(case: &Case<'_>) -> Result<(), Blocked> {
    no_open_run_has_it(case)?;
    found::is_at_rest(case)?;
    found::is_not_locked(case)?;
    found::is_not_expired(case)?;
    found::is_not_stopped_by_a_stranger(case)
}

fn no_open_run_has_it(case: &Case<'_>) -> Result<(), Blocked> {
    match case.input.busy.get(&case.seen.id) {
        Some(run) => Err(case.block(
            "open-run",
            format!("run {run} is open and has not done with it"),
            "`respec apply` goes on with that run while the manifest is the same, `respec apply --continue RUN` in any \
             case; `respec cancel RUN` gives it up",
        )),
        None => Ok(()),
    }
}

fn note(case: &Case<'_>, steps: &[Step], planned: &mut Planned) {
    for because in notes::notes(case, steps) {
        planned.account.notes.push(Note {
            instance: case.seen.id.clone(),
            name: case.desired.name.clone(),
            because,
        });
    }
}

/// A machine once recorded and now gone is blocked; one never seen is the manifest's error, which
/// whoever reads the manifest against the cloud reports before planning.
fn answer_for_the_missing(input: &PlanInput<'_>, planned: &mut Planned) {
    for (id, desired) in &input.desired.instances {
        if input.observed.instances.contains_key(id) {
            continue;
        }
        let (because, way_out) = match input.observed.unreadable.get(id) {
            Some(why) => (
                Because::new(
                    "unreadable",
                    format!("the cloud describes it in words this version does not know: {why}"),
                ),
                "change it in the console, or use a version that knows these words",
            ),
            None => (
                Because::new("vanished", "it was recorded once and is not there any more"),
                "take it out of the manifest, or find out who released it",
            ),
        };
        planned.account.blocked.insert(
            id.clone(),
            Blocked {
                name: desired.name.clone(),
                because,
                way_out: way_out.to_owned(),
                changes: Vec::new(),
            },
        );
    }
}
