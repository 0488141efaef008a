//! `respec orders pay ORDER…`: through the API where a payer is configured, else by a person.

use std::time::Duration;

use super::one_by_one;
use crate::cli::failure::{Done, Failure, Situation};
use crate::cli::ledger::{Ledger, settled};
use crate::cli::orders_args::Consent;
use crate::cli::screen::Screen;
use crate::cloud::{Billing as _, Outcome, Payer};
use crate::model::{Order, OrderId, OrderOwner, PaymentStatus};
use crate::report::orders_text::{OrderRow, orders_json, orders_table};

/// Looks at an order after it was paid, until the books show it.
const LOOKS_MAX: usize = 30;

/// Between two such looks.
const LOOK_EVERY: Duration = Duration::from_secs(4);

/// Exit code: waits for a person.
const PAUSED: u8 = 7;

/// Pays our own unpaid orders, one call each and never a second one.
pub(super) async fn run(
    ledger: &Ledger<'_>,
    args: &Consent,
    screen: &Screen,
) -> Result<Done, Failure> {
    let mut rows = ledger.each(&args.orders, can_be_paid).await?;
    screen.talk(&orders_table(
        &rows,
        ledger.context.clock.wall(),
        &screen.err,
    ));
    let Some(payer) = &ledger.context.payer else {
        screen.talk(
            "No payer is configured (RESPEC_PAYER_…), so a person pays: console, Expenses > Orders.\n",
        );
        return Ok(Done::Run(PAUSED));
    };
    let question = "Pay them? Only `yes` is taken as yes: ";
    let agreed = args.auto_approve || (screen.can_ask && screen.ask(question));
    if !agreed {
        return Err(Failure::new(
            Situation::Other,
            "not agreed to; nothing was paid",
        ));
    }
    let pay = async |id: &OrderId| pay(ledger, id, payer).await;
    let done = one_by_one(&mut rows, "paid", screen, pay).await?;
    screen.json(|| orders_json(&rows))?;
    Ok(done)
}

fn can_be_paid(row: &OrderRow) -> Result<(), Failure> {
    let id = &row.order.id;
    let refuse = |why: String| Err(Failure::new(Situation::Refused, why));
    match (&row.order.payment, row.owner) {
        (PaymentStatus::Unpaid, OrderOwner::Ours) => Ok(()),
        (PaymentStatus::Unpaid, OrderOwner::Foreign) => refuse(format!(
            "order {id} was made by somebody else; whoever made it decides"
        )),
        (PaymentStatus::Paid, _) => refuse(format!("order {id} is paid already")),
        (PaymentStatus::Cancelled, _) => refuse(format!("order {id} is cancelled")),
        (PaymentStatus::Other(_), _) => refuse(format!("order {id} does not wait to be paid")),
    }
}

/// After a lost answer only the order itself is asked.
async fn pay(ledger: &Ledger<'_>, id: &OrderId, payer: &Payer) -> Result<Order, Failure> {
    let context = ledger.context;
    let answer = context.cloud.pay_order(id, payer).await;
    if let Err(error) = &answer
        && error.outcome() == Outcome::NotDone
    {
        let stands = format!("order {id} is not paid");
        return Err(Failure::refused(&format!("pay order {id}"), error, &stands));
    }
    match settled(context, id, (LOOKS_MAX, LOOK_EVERY)).await {
        Some(order) if order.payment == PaymentStatus::Paid => {
            context.save_world()?;
            Ok(order)
        }
        Some(_) => {
            let message = format!("order {id} is cancelled");
            Err(Failure::new(Situation::Other, message))
        }
        None => {
            let message = format!("order {id} does not show as paid; the call is not repeated");
            Err(Failure::new(Situation::Other, message).hint(format!(
                "look at it: respec orders show {id}, or pay it in the console"
            )))
        }
    }
}
