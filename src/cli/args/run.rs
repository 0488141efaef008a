//! Options of what is done about runs: `cancel`, `approve`, `history`.

use clap::Args;

/// Options of `cancel`.
#[derive(Debug, Args)]
pub struct CancelArgs {
    /// The open run.
    #[arg(value_name = "RUN")]
    pub run: String,
    /// Cancel its unpaid orders without asking.
    #[arg(long)]
    pub auto_approve: bool,
}

/// Options of `approve`.
#[derive(Debug, Args)]
pub struct ApproveArgs {
    /// The open run.
    #[arg(value_name = "RUN")]
    pub run: String,
    /// The gate: the number of the batch before it.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub gate: u32,
    /// Whose gate, when several groups wait: a group, or a region for machines in no group.
    #[arg(long, value_name = "NAME")]
    pub group: Option<String>,
}

/// Options of `history`.
#[derive(Debug, Args)]
pub struct HistoryArgs {
    /// One run, step by step.
    #[arg(value_name = "RUN")]
    pub run: Option<String>,
}
