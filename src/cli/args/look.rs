//! Options of what asks no cloud: `policy`, `explain`, `schema`.

use clap::{Args, ValueEnum};

/// Options of `policy`.
#[derive(Debug, Args)]
pub struct PolicyArgs {
    /// The form of the output.
    #[arg(long, value_enum, default_value_t = PolicyFormat::Json)]
    pub format: PolicyFormat,
}

/// The form of a policy's output.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum PolicyFormat {
    /// As RAM takes it.
    Json,
    /// For people: every action with its reason.
    Text,
}

/// Options of `explain`.
#[derive(Debug, Args)]
pub struct ExplainArgs {
    /// `OperationDenied.NoStock`, `R24`, `payment: await`, `RS0107`; in any case.
    #[arg(value_name = "WORD")]
    pub words: Vec<String>,
}

/// Options of `schema`.
#[derive(Debug, Args)]
pub struct SchemaArgs {
    /// That of scenarios instead: the simulated clouds of `respec sim serve` and `--simulate`.
    #[arg(long)]
    pub scenario: bool,
}
