//! One machine, from all sides: the rules in the order in which a person would ask, until it has its chain, is
//! blocked, or shows to be as wanted.

use crate::diff::changes;
use crate::model::Payment;

use super::nouns::{Blocked, Case, Costs, Held, Note, Planned, Purse, Saga, Step};
use super::rules::allowed::{found, power};
use super::rules::chain::{sequence, way_back as back};
use super::rules::changes::{network, restart, temporary, transition};
use super::rules::notes;
use super::rules::paying::orders::{self, Open};
use super::rules::paying::prices;

/// Answers for this machine.
pub(super) fn consider(case: &Case<'_>, planned: &mut Planned) {
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

/// Whether the plan is about it.
pub(super) fn is_chosen(case: &Case<'_>) -> bool {
    let targets = case.input.targets;
    targets.is_none_or(|targets| targets.contains(&case.seen.id))
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
pub(super) fn may_be_touched(case: &Case<'_>) -> Result<(), Blocked> {
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
