//! `respec orders show ORDER`.

use crate::cli::args::Global;
use crate::cli::args::orders::OneOrder;
use crate::cli::failure::{Done, Failure};
use crate::cli::ledger::Ledger;
use crate::cli::screen::Screen;
use crate::report::orders::{order, order_json};

/// Everything about one order.
pub(super) async fn run(
    ledger: &Ledger<'_>,
    global: &Global,
    args: &OneOrder,
    screen: &Screen,
) -> Result<Done, Failure> {
    let (row, detail) = ledger.one(&args.order).await?;
    screen.result(&if global.json {
        order_json(&row, &detail)
    } else {
        order(&row, &detail, &screen.out)
    })?;
    Ok(Done::Fine)
}
