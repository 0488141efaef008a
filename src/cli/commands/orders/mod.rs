//! `respec orders`: what was ordered, who has to pay it, and orders whose answer was lost.

mod one_by_one;
mod list;
mod show;
pub mod cancel;
pub mod leftover;
mod pay;
mod found;
pub mod reconcile;

use crate::cli::args::Global;
use crate::cli::args::orders::{OrdersArgs, OrdersCommand};
use crate::cli::context::Context;
use crate::cli::failure::{Done, Failure};
use crate::cli::input::Input;
use crate::cli::ledger::Ledger;
use crate::cli::planning::choosing::look_and_choose;
use crate::cli::planning::peek;
use crate::cli::screen::Screen;

use one_by_one::one_by_one;

/// Does what the subcommand says.
///
/// # Errors
/// [`Failure`].
pub async fn run(
    context: &Context,
    global: &Global,
    args: &OrdersArgs,
    input: &Input,
    screen: &Screen,
) -> Result<Done, Failure> {
    let contents = peek(context, &input.fleet)?;
    let ledger = Ledger {
        context,
        fleet: &input.fleet,
        contents: contents.as_ref(),
    };
    match &args.command {
        OrdersCommand::List if input.fleet.asks_for_members() => {
            let account = context.account().await?;
            let chosen = look_and_choose(context, account, input, screen.paint()).await?;
            let fleet = &chosen.input.fleet;
            list::run(&Ledger { fleet, ..ledger }, global, screen).await
        }
        OrdersCommand::List => list::run(&ledger, global, screen).await,
        OrdersCommand::Show(args) => show::run(&ledger, global, args, screen).await,
        OrdersCommand::Pay(args) => pay::run(context, global, args, input, screen).await,
        OrdersCommand::Cancel(args) => cancel::run(&ledger, global, args, screen).await,
        OrdersCommand::Reconcile(args) => {
            reconcile::run(context, global, input, args, screen).await
        }
    }
}
