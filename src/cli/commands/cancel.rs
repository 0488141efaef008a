//! `respec cancel`: ends an open run. Begins nothing, puts its machines back, records the rest as given up.

use crate::apply::{OpenRun, abandon};
use crate::cli::args::{CancelArgs, Global};
use crate::cli::commands::orders::cancel::cancel as cancel_order;
use crate::cli::context::Context;
use crate::cli::failure::{Done, Failure, Situation};
use crate::cli::input::Input;
use crate::cli::ledger::Ledger;
use crate::cli::planning::peek;
use crate::cli::running::{Run, load_plan};
use crate::cli::screen::Screen;
use crate::cloud::Cloud as _;
use crate::model::{DesiredFleet, Lineage, PaymentStatus};
use crate::report::orders_text::{OrderRow, orders_table};
use crate::saga::{Mode, OrderRecord};
use crate::store::{Contents, Store};

/// Settles the run, then closes it.
///
/// # Errors
/// [`Failure`] when there is no such open run, or its machines could not be put back.
pub async fn run(
    context: &Context,
    global: &Global,
    args: &CancelArgs,
    screen: &Screen,
) -> Result<Done, Failure> {
    let input = Input::read(&global.files, screen.paint())?;
    is_open(peek(context, &input.fleet)?.as_ref(), &args.run)?;
    let account = context.cloud.caller_identity().await;
    let account = account.map_err(|e| Failure::cloud("learn whose credentials these are", &e))?;
    let lineage = Lineage::of(&account, &input.fleet.fleet);
    let settling = Run {
        context,
        global,
        screen,
        wait_payment: std::time::Duration::ZERO,
        mode: Mode::PutBack,
    };
    let open_store =
        || context.open_store(&input.fleet.fleet, lineage.clone(), global.lock_timeout);
    let store = open_store()?;
    // Whoever held the state until now may have ended the run, and somebody may have begun another.
    is_open(Some(&store.contents()), &args.run)?;
    let ended = settling.go_on(store).await?;
    if !ended.outcome.obligations.is_empty() {
        screen.last_words(&ended.words(&screen.out));
        return Ok(ended.done());
    }
    let store = open_store()?;
    let contents = store.contents();
    let unpaid = unpaid_orders(context, &contents, &input.fleet, &args.run).await;
    close(context, store, &args.run).await?;
    screen.last_words(&format!(
        "Run {} is closed: its machines are up, and nothing more of it will be done.\n",
        args.run
    ));
    offer_to_cancel(context, &unpaid, args, screen).await?;
    Ok(Done::Fine)
}

/// Orders of the run that nobody has paid, as far as the books can be read.
async fn unpaid_orders(
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
async fn offer_to_cancel(
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
        cancel_order(context, &row.order.id).await?;
        screen.last_words(&format!("Order {} is cancelled.\n", row.order.id));
    }
    Ok(())
}

fn is_open(contents: Option<&Contents>, run: &str) -> Result<(), Failure> {
    let open = contents.and_then(|contents| contents.open_run.as_ref());
    if open.is_some_and(|open| open.record.run.as_str() == run) {
        return Ok(());
    }
    let message = format!("run {run} is not open");
    Err(Failure::new(Situation::Usage, message).hint("`respec history` shows all runs"))
}

/// Settling may have closed it already, when nothing of it was left to do.
async fn close(context: &Context, store: Store, run: &str) -> Result<(), Failure> {
    let contents = store.contents();
    let open = contents.open_run.as_ref();
    let Some(open) = open.filter(|open| open.record.run.as_str() == run) else {
        return Ok(());
    };
    let plan = load_plan(&store, &open.record.plan_id).await?;
    let run = OpenRun {
        run: &open.record.run,
        plan: &plan,
        entries: &open.entries,
        next_seq: contents.next_seq,
        applied: &contents.applied,
    };
    abandon(&run, &store, context.clock.as_ref())
        .await
        .map_err(|error| Failure::from_error(Situation::Other, "close the run", &error))
}
