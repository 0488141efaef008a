//! The command line of `respec orders`.

use clap::{Args, Subcommand};

use crate::model::OrderId;

/// Billing orders: ours, and others that stand in our way.
#[derive(Debug, Args)]
pub struct OrdersArgs {
    /// What to do with them.
    #[command(subcommand)]
    pub command: OrdersCommand,
}

/// What can be done with orders.
#[derive(Debug, Subcommand)]
pub enum OrdersCommand {
    /// Show our orders of the last 90 days, and unpaid ones of others for our machines.
    List,
    /// Show everything about one order.
    Show(OneOrder),
    /// Pay an order through the API where a payer is configured; otherwise say where a person pays it.
    Pay(Consent),
    /// Cancel orders that nobody has paid.
    Cancel(Consent),
    /// Look in the account for orders whose answer was lost, and record them.
    Reconcile(ReconcileArgs),
}

/// One order.
#[derive(Debug, Args)]
pub struct OneOrder {
    /// Its id.
    #[arg(value_name = "ORDER", value_parser = order_id)]
    pub order: OrderId,
}

/// Orders, and whether somebody has to agree.
#[derive(Debug, Args)]
pub struct Consent {
    /// Their ids.
    #[arg(value_name = "ORDER", required = true, value_parser = order_id)]
    pub orders: Vec<OrderId>,
    /// Do not ask.
    #[arg(long)]
    pub auto_approve: bool,
}

/// Options of `orders reconcile`.
#[derive(Debug, Args)]
pub struct ReconcileArgs {
    /// Take this order where several could be meant.
    #[arg(long, value_name = "ORDER", value_parser = order_id)]
    pub order: Option<OrderId>,
}

fn order_id(text: &str) -> Result<OrderId, String> {
    OrderId::new(text).map_err(|error| error.to_string())
}
