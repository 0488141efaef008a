//! The command line: its doc comments are the help. Every group of options has a file of its own.
//!
//! In: words, after `habits` has read the ones that Terraform taught people. Out: one struct for each command, with values that
//! are parsed once: durations, amounts, addresses. Nothing here reads a file or the environment.

pub mod durations;
pub mod max_spend;
pub mod orders;
pub mod state;
pub mod sim;
pub mod global;
pub mod plan;
pub mod run;
pub mod look;
pub mod habits;

use clap::{Parser, Subcommand};

pub use global::Global;
pub use look::{ExplainArgs, PolicyArgs, PolicyFormat, SchemaArgs};
pub use plan::{ApplyArgs, Format, PlanArgs, PlanningArgs, RehearseArgs};
pub use run::{ApproveArgs, CancelArgs, HistoryArgs};

use orders::OrdersArgs;
use sim::SimArgs;
use state::StateArgs;

/// Plan and apply for the specs of a fleet of Alibaba Cloud ECS instances.
///
/// A YAML manifest says which type, bandwidth, network billing, public address and power state each
/// machine should have. `plan` shows what would happen to each of them, `apply` does it, `drift` tells
/// what somebody changed by hand.
#[derive(Debug, Parser)]
#[command(
    name = "respec",
    version,
    propagate_version = true,
    max_term_width = 100
)]
#[command(
    after_help = "Exit codes: 0 done · 1 error · 2 changes or drift · 3 partly done · 4 stale plan · \
5 locked · 6 refused by a guard · 7 paused · 8 a person is needed · 64 usage · 65 bad input · 77 credentials.\n\
Terraform's single-dash long options (-out, -auto-approve, …) work too."
)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
    /// Options that stand before or after the subcommand.
    #[command(flatten)]
    pub global: Global,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Check manifests without asking the cloud.
    Validate,
    /// Show what would happen to each machine.
    Plan(PlanArgs),
    /// Carry a plan out, or go on with an open run.
    Apply(ApplyArgs),
    /// Play a plan on a simulated copy of the fleet, in virtual time; changes nothing.
    Rehearse(RehearseArgs),
    /// Tell what changed behind the state's back; changes nothing.
    Drift,
    /// End an open run: begins nothing, puts its machines back.
    Cancel(CancelArgs),
    /// Open a gate of a paused run; the next apply goes on behind it.
    Approve(ApproveArgs),
    /// Billing orders: list, show, pay, cancel, reconcile.
    Orders(OrdersArgs),
    /// The state: list, show, rm, check, export, restore.
    State(StateArgs),
    /// Show past runs, or one run step by step.
    History(HistoryArgs),
    /// Print the least RAM policy for this manifest.
    Policy(PolicyArgs),
    /// Explain an error code, a rule, a name in a plan or a finding; without a word, list them all.
    Explain(ExplainArgs),
    /// A simulated cloud that speaks the vendor's protocol.
    Sim(SimArgs),
    /// Print the JSON Schema of manifests, or of scenarios, for editors and programs.
    Schema(SchemaArgs),
    /// Show the version.
    Version,
}
