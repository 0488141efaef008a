//! All machines: each by itself, then all together.

use std::collections::BTreeMap;

use super::funding;
use super::nouns::{Account, Because, Blocked, Case, PlanInput, Planned, Purse, cases};
use super::one_machine::consider;
use super::together::{
    block_what_is_never_allowed, block_what_keeps_its_own_place, block_what_never_gets_a_place,
    block_what_waits_for_blocked, checks, courses, note_what_is_not_waited_for, quota,
};

/// Answers for every machine of the manifest, with this said about who pays.
pub(super) fn plan_with(input: &PlanInput<'_>, purse: Purse<'_>) -> Planned {
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
    note_what_is_not_waited_for(input, &mut planned);
    planned.courses = courses(input.desired, input.observed, &planned.sagas);
    planned.account.money = funding::sheet(input, &planned.sagas, purse);
    planned.account.checks = checks(input, &planned);
    planned
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
