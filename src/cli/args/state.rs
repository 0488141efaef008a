//! The command line of `respec state`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

/// Options of `state`.
#[derive(Debug, Args)]
pub struct StateArgs {
    /// What to do with the state.
    #[command(subcommand)]
    pub command: StateCommand,
}

/// What can be done with the state.
#[derive(Debug, Subcommand)]
pub enum StateCommand {
    /// One line a machine: name, instance id and type.
    List,
    /// Everything recorded of one machine.
    Show(OneMachine),
    /// Forget a machine that is gone, or that respec should not know any more.
    Rm(OneMachine),
    /// Check every byte of the state, and say how much there is of everything.
    Check,
    /// Write everything that is recorded as JSON lines, which `state restore` takes.
    Export(ExportArgs),
    /// Make the state from an export, or from the journal.jsonl of another state.
    Restore(RestoreArgs),
    /// Terraform's words for states kept elsewhere; each says what to do instead.
    #[command(hide = true)]
    Pull(Anything),
    /// As `pull`.
    #[command(hide = true)]
    Push(Anything),
    /// As `pull`.
    #[command(hide = true)]
    Migrate(Anything),
    /// As `pull`.
    #[command(hide = true)]
    Unlock(Anything),
}

impl StateCommand {
    /// Whether it is about a state kept here, and not one of Terraform's words.
    #[must_use]
    pub fn is_here(&self) -> bool {
        match self {
            Self::List
            | Self::Show(_)
            | Self::Rm(_)
            | Self::Check
            | Self::Export(_)
            | Self::Restore(_) => true,
            Self::Pull(_) | Self::Push(_) | Self::Migrate(_) | Self::Unlock(_) => false,
        }
    }
}

/// One machine.
#[derive(Debug, Args)]
pub struct OneMachine {
    /// Its name or instance id.
    #[arg(value_name = "NAME")]
    pub name: String,
}

/// Options of `state export`.
#[derive(Debug, Args)]
pub struct ExportArgs {
    /// Where to; stdout unless said otherwise.
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
}

/// Options of `state restore`.
#[derive(Debug, Args)]
pub struct RestoreArgs {
    /// The export, or a journal.jsonl.
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// Replace the state that is there; it is kept beside the new one.
    #[arg(long)]
    pub replace: bool,
}

/// Words that are not looked at.
#[derive(Debug, Args)]
pub struct Anything {
    /// Whatever follows.
    #[arg(trailing_var_arg = true, allow_hyphen_values = true, hide = true)]
    pub words: Vec<String>,
}
