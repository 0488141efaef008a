//! Can the account pay what a plan would pay by itself? And what must be asked to know.

use std::collections::BTreeMap;

use crate::model::{
    BalanceCheck, BillingMethod, Funds, InstanceId, Money, MoneyQuestions, NetworkBilling,
};

use super::nouns::{Action, Bill, Case, Held, MoneySheet, PlanInput, Purse, Saga, Sum};
use super::rules::paying::prices;

/// Adds what one machine's change makes worth asking.
pub(super) fn ask_about(case: &Case<'_>, saga: &Saga, questions: &mut MoneyQuestions) {
    for key in prices::questions(case, &saga.steps) {
        let about = || saga.instance.clone();
        questions.prices.entry(key).or_insert_with(about);
    }
    let is_checked = case.input.desired.balance == BalanceCheck::Check;
    questions.balance |= is_checked && (saga.makes_order() || is_stopped_for_a_change(saga));
    if case.seen.billing == BillingMethod::PrePaid && saga.makes_order() {
        let region = saga.region.clone();
        let there = questions.subscriptions.entry(region).or_default();
        there.insert(saga.instance.clone());
        // R30: only these can have temporary bandwidth, which would hold the change up (R31).
        if case.seen.charge_type == Some(NetworkBilling::PayByBandwidth) {
            questions.upgradable.insert(saga.instance.clone());
        }
    }
}

/// R41: only behind the stop would it be known that the account owes money.
fn is_stopped_for_a_change(saga: &Saga) -> bool {
    let has = |wanted: fn(&Action) -> bool| saga.steps.iter().any(|step| wanted(&step.action));
    has(|action| matches!(action, Action::Stop { .. }))
        && has(|action| matches!(action, Action::Modify(_)))
}

/// The bill of these changes.
#[must_use]
pub fn bill(sagas: &BTreeMap<InstanceId, Saga>) -> Bill {
    let mut bill = Bill::default();
    for (id, saga) in sagas {
        bill.add(id, saga.group.as_ref(), &saga.steps);
    }
    bill
}

/// Why nothing may be paid by itself, if something would be.
pub(super) fn held(input: &PlanInput<'_>, sagas: &BTreeMap<InstanceId, Saga>) -> Option<Held> {
    let needed = bill(sagas).total.by_itself;
    // Where another account pays, the balance of this one says nothing.
    if needed.is_empty() || input.desired.balance == BalanceCheck::Skip {
        return None;
    }
    match &input.books.funds {
        Funds::Unasked => Some(Held::FundsUnknown("it was not asked for".to_owned())),
        Funds::Unknown(why) => Some(Held::FundsUnknown(why.clone())),
        Funds::Known(available) => not_covered(available, &needed),
    }
}

/// The sum counts, not the single order: together they may be too much.
fn not_covered(available: &Money, needed: &Sum) -> Option<Held> {
    let available = available.clone();
    let Some(needed) = needed.exact() else {
        return Some(Held::OtherCurrency { available });
    };
    match needed.compare(&available) {
        Err(_) => Some(Held::OtherCurrency { available }),
        Ok(order) if order.is_gt() => Some(Held::FundsTooSmall {
            available,
            needed: needed.clone(),
        }),
        Ok(_) => None,
    }
}

/// Money on the answer sheet.
pub(super) fn sheet(
    input: &PlanInput<'_>,
    sagas: &BTreeMap<InstanceId, Saga>,
    purse: Purse<'_>,
) -> MoneySheet {
    let books = input.books;
    MoneySheet {
        pricing: books.pricing,
        funds: books.funds.clone(),
        held: match purse {
            Purse::Held(held) => Some(held.clone()),
            Purse::Open | Purse::Trusting => None,
        },
        max_spend: None,
        bill: bill(sagas),
        unread_orders: books.unread_orders.clone(),
    }
}
