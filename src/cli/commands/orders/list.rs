//! `respec orders list`.

use crate::cli::args::Global;
use crate::cli::failure::{Done, Failure};
use crate::cli::ledger::Ledger;
use crate::cli::screen::Screen;
use crate::report::orders::{orders, orders_json};

/// Our orders, and unpaid ones of others that block our machines.
pub(super) async fn run(
    ledger: &Ledger<'_>,
    global: &Global,
    screen: &Screen,
) -> Result<Done, Failure> {
    let listed = ledger.list().await?;
    screen.talk(&listed.gaps());
    let now = ledger.context.clock.wall();
    screen.result(&if global.json {
        orders_json(&listed.rows)
    } else {
        orders(&listed.rows, now, &screen.out)
    })?;
    Ok(Done::Fine)
}
