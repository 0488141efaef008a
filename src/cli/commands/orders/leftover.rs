//! Orders that a run leaves behind when it is given up.

use std::collections::BTreeSet;

use super::cancel::cancel;
use super::one_by_one::{ended_by, one_by_one};
use crate::cli::args::CancelArgs;
use crate::cli::context::Context;
use crate::cli::failure::{Done, Failure};
use crate::cli::ledger::{Ledger, is_settled};
use crate::cli::running::signals::Interrupts;
use crate::cli::screen::Screen;
use crate::model::{DesiredFleet, OrderId, PaymentStatus};
use crate::report::orders::{OrderRow, orders_table};
use crate::saga::OrderRecord;
use crate::store::Contents;

/// Orders of a run that its journal does not know the end of.
pub struct Leftover {
    /// Nobody has paid them.
    pub unpaid: Vec<OrderRow>,
    /// Somebody has, since the run looked last.
    pub paid: Vec<OrderRow>,
    /// What became of these cannot be read just now.
    pub unread: Vec<OrderId>,
}

impl Leftover {
    /// Asks the books about each, as far as they can be read.
    pub async fn of(
        context: &Context,
        contents: &Contents,
        fleet: &DesiredFleet,
        run: &str,
    ) -> Self {
        let ledger = Ledger {
            context,
            fleet,
            contents: Some(contents),
        };
        let settled = |order: &OrderRecord| order.payment.as_ref().is_some_and(is_settled);
        let orders = contents.orders.values();
        let mut rows = Vec::new();
        let mut unread = Vec::new();
        for order in orders.filter(|order| order.run.as_str() == run && !settled(order)) {
            match ledger.one(&order.order_id).await {
                Ok((row, _)) => rows.push(row),
                Err(_) => unread.push(order.order_id.clone()),
            }
        }
        let of = |payment: PaymentStatus| {
            let rows = rows.iter().filter(|row| row.order.payment == payment);
            rows.cloned().collect()
        };
        Self {
            unpaid: of(PaymentStatus::Unpaid),
            paid: of(PaymentStatus::Paid),
            unread,
        }
    }

    /// What was paid is not lost: the next plan finds it at the machine. What cannot be read stands in its way.
    #[must_use]
    pub fn told(&self) -> String {
        let paid = self.paid.iter().map(|row| {
            format!(
                "Order {} was paid meanwhile: its change comes all the same, and `respec plan` says what is left\n",
                row.order.id
            )
        });
        let unread = self.unread.iter().map(|id| {
            format!("Order {id} cannot be read just now: look at it, `respec orders show {id}`\n")
        });
        paid.chain(unread).collect()
    }
}

/// Never without consent: until an order is paid or cancelled, its machine takes no other change.
///
/// Exit code 3 when one could not be cancelled, 8 when nobody could see whether it was, 130 or 143 when somebody asked to
/// stop: the run is closed all the same.
pub async fn offer_to_cancel(
    context: &Context,
    mut unpaid: Vec<OrderRow>,
    taken_up: &BTreeSet<OrderId>,
    args: &CancelArgs,
    interrupts: &mut Interrupts,
    screen: &Screen,
) -> Done {
    if unpaid.is_empty() {
        return Done::Fine;
    }
    let now = context.clock.wall();
    screen.sentence(&format!(
        "\nIts unpaid orders\n{}",
        orders_table(&unpaid, now, &screen.out)
    ));
    if args.auto_approve {
        // What somebody else made takes somebody who says yes.
        let is_theirs = |row: &mut OrderRow| taken_up.contains(&row.order.id);
        let theirs: Vec<OrderRow> = unpaid.extract_if(.., is_theirs).collect();
        if !theirs.is_empty() {
            screen.sentence("Somebody else made some of them. ");
            screen.sentence(&they_stay(&theirs));
        }
    }
    match agreed(args, interrupts, screen).await {
        Ok(true) => {}
        Ok(false) => {
            screen.sentence(&they_stay(&unpaid));
            return Done::Fine;
        }
        Err(interrupted) => {
            screen.talk("\n");
            screen.sentence(&they_stay(&unpaid));
            screen.failure(&interrupted);
            return ended_by(&interrupted);
        }
    }
    let cancel = async |id: &OrderId| {
        interrupts.may_begin(&format!("order {id} stays, as do those behind it"))?;
        let unseen = format!("and nobody saw what became of order {id}: respec orders show {id}");
        let cancelled = cancel(context, id);
        interrupts.unless_insisted(&unseen, cancelled).await
    };
    match one_by_one(&mut unpaid, "cancelled", screen, cancel).await {
        Ok(done) => done,
        Err(failure) => {
            screen.failure(&failure);
            ended_by(&failure)
        }
    }
}

/// Whether they are to be cancelled. A signal in the place of an answer means no.
async fn agreed(
    args: &CancelArgs,
    interrupts: &mut Interrupts,
    screen: &Screen,
) -> Result<bool, Failure> {
    if args.auto_approve || !screen.can_ask {
        return Ok(args.auto_approve);
    }
    let question = "Cancel them? Only `yes` is taken as yes: ";
    let answer = async { Ok(screen.ask_aside(question).await) };
    interrupts
        .unless_asked("no order was cancelled", answer)
        .await
}

fn they_stay(orders: &[OrderRow]) -> String {
    let ids: Vec<&str> = orders.iter().map(|row| row.order.id.as_str()).collect();
    format!(
        "They stay, and until each is paid or cancelled its machine takes no other change:\n  \
         respec orders cancel {}\n",
        ids.join(" ")
    )
}
