//! May this machine's order be made at all? Orders that are open already, and who may see prices.

use crate::model::{AskedFor, ModifyCall, OrderOwner, PriceKey, UnpaidOrder};
use crate::plan::nouns::{Action, Basis, Because, Blocked, Case, Price, Quoted, Step};

use super::prices;

/// What an open order means for a chain of steps.
pub(in crate::plan) enum Open<'a> {
    /// There is none, or nothing is changed.
    Nothing,
    /// It does what the first change of the chain would order: it is gone on with.
    TakenUp(&'a UnpaidOrder),
}

/// R45: while an order is unpaid the machine takes no other change. One that nobody has recorded and
/// that does just what is wanted is taken up instead: a runner that lost its state has made it, or
/// somebody had the same wish, and either way a second one would be one too many.
pub(in crate::plan) fn open_order<'a>(
    case: &Case<'a>,
    steps: &[Step],
) -> Result<Open<'a>, Blocked> {
    let mut changes = steps
        .iter()
        .filter(|step| matches!(step.action, Action::Modify(_)));
    let unpaid = case.input.books.unpaid.get(&case.seen.id);
    let (Some(first), Some(order)) = (changes.next(), unpaid) else {
        return Ok(Open::Nothing);
    };
    let way_out = match order.owner {
        OrderOwner::Foreign if does_the_same(case, order, first) => {
            return Ok(Open::TakenUp(order));
        }
        OrderOwner::Ours => "pay it or cancel it (console: Expenses > Orders), then plan again",
        OrderOwner::Foreign => {
            "ask whoever made it; once it is paid or cancelled (console: Expenses > Orders), plan again"
        }
    };
    let why = format!("{}, is not paid", told(order));
    Err(case.block("R45", why, way_out))
}

/// Puts an order that is there in the place of the one that would be made.
pub(in crate::plan) fn take_up(order: &UnpaidOrder, steps: &mut [Step]) {
    let mut changes = steps.iter_mut();
    let Some(first) = changes.find(|step| step.order_call().is_some()) else {
        return;
    };
    first.adopts = Some(order.detail.order.id.clone());
    // What it asks for, and not what another one would cost today.
    if let Some(amount) = &order.detail.order.amount {
        first.price = Price::Quoted(Quoted {
            cap: amount.clone(),
            marketplace_image: None,
            basis: Basis::Asked,
        });
    }
    let why = format!(
        "{}, does this already: it is gone on with, and no second one is made",
        told(order)
    );
    first.because.insert(0, Because::new("R45", why));
}

fn does_the_same(case: &Case<'_>, order: &UnpaidOrder, first: &Step) -> bool {
    let Some(call) = first.paid_order_call() else {
        return false;
    };
    let seen = case.seen;
    let asked = AskedFor {
        instance: &seen.id,
        call,
        is_now: Some(&seen.instance_type),
        was: Some(&seen.instance_type),
    };
    asked.is_surely(&order.detail)
}

fn told(unpaid: &UnpaidOrder) -> String {
    let whose = match unpaid.owner {
        OrderOwner::Ours => "an order of ours",
        OrderOwner::Foreign => "an order that somebody else made",
    };
    let order = &unpaid.detail.order;
    let amount = order.payable.as_ref().or(order.amount.as_ref());
    let amount = amount.map_or_else(String::new, |amount| format!(" ({amount})"));
    let day = order.created_at.strftime("%Y-%m-%d");
    format!("{whose} on {day}, {}{amount}", order.id)
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
