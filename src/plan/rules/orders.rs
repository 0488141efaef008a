//! May this machine's order be made at all? Orders that are open already, and who may see prices.

use crate::model::{ModifyCall, OrderOwner, PriceKey, UnpaidOrder};
use crate::plan::account::Blocked;
use crate::plan::input::Case;
use crate::plan::rules::prices;
use crate::plan::step::{Action, Step};

/// R45: while an order is unpaid the machine takes no other change.
pub(in crate::plan) fn none_is_unpaid(case: &Case<'_>, steps: &[Step]) -> Result<(), Blocked> {
    let changes = steps
        .iter()
        .any(|step| matches!(&step.action, Action::Modify(_)));
    let Some(order) = case
        .input
        .books
        .unpaid
        .get(&case.seen.id)
        .filter(|_| changes)
    else {
        return Ok(());
    };
    let way_out = match order.owner {
        OrderOwner::Ours => "pay it or cancel it (console: Expenses > Orders), then plan again",
        OrderOwner::Foreign => {
            "ask whoever made it; once it is paid or cancelled (console: Expenses > Orders), plan again"
        }
    };
    Err(case.block("R45", told(order), way_out))
}

fn told(unpaid: &UnpaidOrder) -> String {
    let whose = match unpaid.owner {
        OrderOwner::Ours => "an order of ours",
        OrderOwner::Foreign => "an order that somebody else made",
    };
    let amount = unpaid
        .amount
        .as_ref()
        .map_or_else(String::new, |amount| format!(" ({amount})"));
    let day = unpaid.created_at.strftime("%Y-%m-%d");
    format!("{whose} on {day}, {}{amount}, is not paid", unpaid.order)
}

/// R43: who may not see prices may not leave an order unpaid either.
pub(in crate::plan) fn prices_may_be_seen(case: &Case<'_>, steps: &[Step]) -> Result<(), Blocked> {
    let unpaid = |step: &Step| {
        matches!(
            &step.action,
            Action::Modify(ModifyCall::Prepay(_) | ModifyCall::Network(_))
        ) && step.is_finished_by_its_answer()
    };
    if !steps.iter().any(unpaid) {
        return Ok(());
    }
    let forbidden = |key: &PriceKey| {
        let answer = case.input.books.quotes.get(key);
        answer.is_some_and(|answer| answer.as_ref().is_err_and(|no| no.forbids_unpaid_orders()))
    };
    if prices::questions(case, steps).iter().any(forbidden) {
        return Err(case.block(
            "R43",
            "these credentials may not see prices (NoPermission.Price), which an order left unpaid needs",
            "grant them permission to see prices, then plan again",
        ));
    }
    Ok(())
}
