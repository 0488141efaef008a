//! What must be asked of the cloud before anything is planned.
//!
//! In: what is known so far. Out: what is not, for the machines that may change; whoever asks puts the answers into the
//! input. Nothing here asks.

use std::collections::BTreeMap;

use crate::model::{BillingMethod, InstanceId, LimitQuestions, Mbps, MoneyQuestions, OfferKey};

use super::all_machines::plan_with;
use super::funding;
use super::nouns::{Case, PlanInput, Purse, case_of, cases};
use super::one_machine::{is_chosen, may_be_touched};
use super::rules::allowed::{fits, targets};
use super::rules::changes::{restart, temporary};

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
