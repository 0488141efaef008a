//! `respec orders cancel ORDER…`: only what nobody has paid, and only when somebody agrees.

use std::time::Duration;

use super::one_by_one;
use crate::cli::args::Global;
use crate::cli::args::orders::Consent;
use crate::cli::context::Context;
use crate::cli::failure::{Done, Failure, Situation};
use crate::cli::ledger::{Ledger, Theirs, settled};
use crate::cli::screen::Screen;
use crate::cloud::Billing as _;
use crate::model::{Order, OrderId, OrderOwner, PaymentStatus};
use crate::report::orders::{OrderRow, orders_json, orders_table};
use crate::report::words::terminal;

/// Looks at an order after it was cancelled, until the books show it.
const LOOKS_MAX: usize = 10;

/// Between two such looks.
const LOOK_EVERY: Duration = Duration::from_secs(2);

/// Cancels them all, or none: what cannot be cancelled is said before anything is sent.
pub(super) async fn run(
    ledger: &Ledger<'_>,
    global: &Global,
    args: &Consent,
    screen: &Screen,
) -> Result<Done, Failure> {
    let mut rows = ledger.each(&args.orders, can_be_cancelled).await?;
    let now = ledger.context.clock.wall();
    screen.talk(&orders_table(&rows, now, &screen.err));
    let theirs = ledger.theirs(&args.orders, global.lock_timeout).await?;
    consent(&rows, &theirs, args, screen)?;
    let ours = rows.iter().any(|row| row.owner == OrderOwner::Ours);
    let cancel = async |id: &OrderId| cancel(ledger.context, id).await;
    let done = one_by_one(&mut rows, "cancelled", screen, cancel).await?;
    screen.json(|| orders_json(&rows))?;
    if ours {
        screen.talk("An open run learns of it with the next `respec apply`.\n");
    }
    Ok(done)
}

fn can_be_cancelled(row: &OrderRow) -> Result<(), Failure> {
    let id = &row.order.id;
    let refuse = |why: String| Err(Failure::new(Situation::Refused, why));
    match &row.order.payment {
        PaymentStatus::Unpaid => Ok(()),
        PaymentStatus::Paid => refuse(format!("order {id} is paid and cannot be cancelled")),
        PaymentStatus::Cancelled => refuse(format!("order {id} is cancelled already")),
        PaymentStatus::Other(_) => refuse(format!("order {id} does not wait to be paid")),
    }
}

/// `-auto-approve` speaks for our own orders; those of others, also where a run of ours has gone on with one or nobody can
/// tell, need somebody who says yes.
fn consent(
    rows: &[OrderRow],
    theirs: &Theirs,
    args: &Consent,
    screen: &Screen,
) -> Result<(), Failure> {
    let is_ours = |row: &OrderRow| row.owner == OrderOwner::Ours && !theirs.may_be(&row.order.id);
    let all_ours = rows.iter().all(is_ours);
    if args.auto_approve && all_ours {
        return Ok(());
    }
    let doubts = theirs.doubts(rows);
    if !screen.can_ask {
        let why = "nobody can be asked whether to cancel";
        let hint = if all_ours {
            "pass --auto-approve"
        } else {
            "an order that somebody else made is cancelled at a terminal, or in the console"
        };
        let mut failure = Failure::new(Situation::Other, why).hint(hint);
        failure.details = doubts;
        return Err(failure);
    }
    for doubt in doubts {
        screen.talk(&format!("{}\n", terminal(&doubt)));
    }
    if screen.ask("Cancel them? Only `yes` is taken as yes: ") {
        Ok(())
    } else {
        Err(Failure::new(
            Situation::Other,
            "not agreed to; nothing was cancelled",
        ))
    }
}

/// Cancels one order and waits for the books to show it, which also settles an answer that was lost.
///
/// # Errors
/// [`Failure`] when it was refused, or does not show.
pub async fn cancel(context: &Context, id: &OrderId) -> Result<Order, Failure> {
    let answer = context.cloud.cancel_order(id).await;
    if let Err(error) = &answer
        && error.outcome() == crate::cloud::Outcome::NotDone
    {
        let stands = format!("order {id} stays as it is");
        return Err(Failure::refused(
            &format!("cancel order {id}"),
            error,
            &stands,
        ));
    }
    match settled(context, id, (LOOKS_MAX, LOOK_EVERY)).await {
        Some(order) if order.payment == PaymentStatus::Cancelled => {
            context.save_world()?;
            Ok(order)
        }
        Some(_) => {
            let message = format!("order {id} was paid before it could be cancelled");
            Err(Failure::new(Situation::Refused, message))
        }
        None => {
            let message = format!("order {id} does not show as cancelled yet");
            Err(Failure::new(Situation::PersonNeeded, message)
                .hint(format!("look again: respec orders show {id}")))
        }
    }
}
