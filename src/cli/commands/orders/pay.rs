//! `respec orders pay ORDER…`: through the API where a payer is configured, else by a person.

use std::time::Duration;

use super::one_by_one;
use crate::cli::args::Global;
use crate::cli::args::orders::Consent;
use crate::cli::context::Context;
use crate::cli::failure::{Done, Failure, Situation};
use crate::cli::input::Input;
use crate::cli::ledger::{Ledger, settled};
use crate::cli::running::apart::write_apart;
use crate::cli::screen::Screen;
use crate::cloud::{Billing as _, Outcome, Payer};
use crate::model::{Order, OrderId, OrderOwner, PaymentStatus, exit};
use crate::report::orders::{OrderRow, orders_json, orders_table};
use crate::saga::{Kind, PaymentCall};
use crate::store::Store;

/// Looks at an order after it was paid, until the books show it.
const LOOKS_MAX: usize = 30;

/// Between two such looks.
const LOOK_EVERY: Duration = Duration::from_secs(4);

/// Pays our own unpaid orders, one call each, ever: each is in the journal before it is sent. Where a run has sent one, or
/// one from here was not refused for certain, a person pays in the console. The state is held meanwhile.
pub(super) async fn run(
    context: &Context,
    global: &Global,
    args: &Consent,
    input: &Input,
    screen: &Screen,
) -> Result<Done, Failure> {
    let held = context.open_existing(&input.fleet.fleet, global.lock_timeout)?;
    let contents = held.as_ref().map(Store::contents);
    let ledger = &Ledger {
        context,
        fleet: &input.fleet,
        contents: contents.as_deref(),
    };
    let mut rows = ledger.each(&args.orders, can_be_paid).await?;
    rows.iter().try_for_each(|row| was_not_sent(row, ledger))?;
    screen.talk(&orders_table(
        &rows,
        ledger.context.clock.wall(),
        &screen.err,
    ));
    let Some(payer) = &ledger.context.payer else {
        screen.talk(
            "No payer is configured (RESPEC_PAYER_…), so a person pays: console, Expenses > Orders.\n",
        );
        return Ok(Done::Run(exit::PAUSED));
    };
    let question = "Pay them? Only `yes` is taken as yes: ";
    let agreed = args.auto_approve || (screen.can_ask && screen.ask(question));
    if !agreed {
        return Err(Failure::new(
            Situation::Other,
            "not agreed to; nothing was paid",
        ));
    }
    let Some(store) = &held else {
        let message = "there is no state here to write a payment down in; nothing was paid";
        return Err(Failure::new(Situation::Other, message));
    };
    let pay = async |id: &OrderId| pay(ledger, store, id, payer).await;
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

fn was_not_sent(row: &OrderRow, ledger: &Ledger<'_>) -> Result<(), Failure> {
    let id = &row.order.id;
    if !ledger.record(id).is_some_and(|order| order.payment_sent) {
        return Ok(());
    }
    let message = format!("a payment of order {id} was sent before, and there is no second one");
    Err(Failure::new(Situation::Refused, message).hint(format!(
        "look at it: respec orders show {id}, or pay it in the console"
    )))
}

/// After a lost answer only the order itself is asked.
async fn pay(
    ledger: &Ledger<'_>,
    store: &Store,
    id: &OrderId,
    payer: &Payer,
) -> Result<Order, Failure> {
    let context = ledger.context;
    record(context, store, id, PaymentCall::Sent).await?;
    let answer = context.cloud.pay_order(id, payer).await;
    if let Err(error) = &answer
        && error.outcome() == Outcome::NotDone
    {
        record(context, store, id, PaymentCall::Refused).await?;
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
            Err(Failure::new(Situation::PersonNeeded, message).hint(format!(
                "look at it: respec orders show {id}, or pay it in the console"
            )))
        }
    }
}

async fn record(
    context: &Context,
    store: &Store,
    id: &OrderId,
    call: PaymentCall,
) -> Result<(), Failure> {
    let order_id = id.clone();
    write_apart(context, store, Kind::Payment { order_id, call }).await
}
