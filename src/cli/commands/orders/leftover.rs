//! Orders that a run leaves behind when it is given up.

use super::cancel::cancel;
use crate::cli::args::CancelArgs;
use crate::cli::context::Context;
use crate::cli::failure::Failure;
use crate::cli::ledger::Ledger;
use crate::cli::screen::Screen;
use crate::model::{DesiredFleet, PaymentStatus};
use crate::report::orders_text::{OrderRow, orders_table};
use crate::saga::OrderRecord;
use crate::store::Contents;

/// Orders of the run that nobody has paid, as far as the books can be read.
pub async fn unpaid_orders(
    context: &Context,
    contents: &Contents,
    fleet: &DesiredFleet,
    run: &str,
) -> Vec<OrderRow> {
    let ledger = Ledger {
        context,
        fleet,
        contents: Some(contents),
    };
    let orders = contents.orders.values();
    let mut unpaid = Vec::new();
    for order in orders.filter(|order| order.run.as_str() == run && !is_settled(order)) {
        // What cannot be read now still stands in the next plan's way, and is named there.
        if let Ok((row, _)) = ledger.one(&order.order_id).await
            && row.is_open()
        {
            unpaid.push(row);
        }
    }
    unpaid
}

fn is_settled(order: &OrderRecord) -> bool {
    matches!(
        order.payment,
        Some(PaymentStatus::Paid | PaymentStatus::Cancelled)
    )
}

/// Never without consent: until an order is paid or cancelled, its machine takes no other change.
///
/// # Errors
/// [`Failure`] when an order could not be cancelled.
pub async fn offer_to_cancel(
    context: &Context,
    unpaid: &[OrderRow],
    args: &CancelArgs,
    screen: &Screen,
) -> Result<(), Failure> {
    if unpaid.is_empty() {
        return Ok(());
    }
    let now = context.clock.wall();
    screen.last_words(&format!(
        "\nIts unpaid orders\n{}",
        orders_table(unpaid, now, &screen.out)
    ));
    let question = "Cancel them? Only `yes` is taken as yes: ";
    if !args.auto_approve && !(screen.can_ask && screen.ask(question)) {
        let ids: Vec<&str> = unpaid.iter().map(|row| row.order.id.as_str()).collect();
        screen.last_words(&format!(
            "They stay, and until each is paid or cancelled its machine takes no other change:\n  \
             respec orders cancel {}\n",
            ids.join(" ")
        ));
        return Ok(());
    }
    for row in unpaid {
        cancel(context, &row.order.id).await?;
        screen.last_words(&format!("Order {} is cancelled.\n", row.order.id));
    }
    Ok(())
}
