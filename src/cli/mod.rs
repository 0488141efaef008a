//! The hand: reads the command line and runs one command. A bootstrap with the simulator only.

pub mod args;
pub mod failure;
pub mod surroundings;
pub mod context;
pub mod input;
pub mod planning;
pub mod commands;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::cli::commands::generate;
use crate::cli::commands::sim::{ServeArgs, SimArgs, SimCommand, SimError, run_serve};

#[derive(Parser)]
#[command(name = "respec", version)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// A simulated cloud that speaks the vendor's protocol.
    Sim(SimArgs),
}

/// Parses the command line and runs it.
#[must_use]
pub fn main() -> ExitCode {
    let Command::Sim(args) = Cli::parse().command;
    match args.command {
        SimCommand::Serve(args) => end(serve(&args)),
        SimCommand::Generate(args) => end(generate::run(&args, &mut anstream::stderr())),
    }
}

fn serve(args: &ServeArgs) -> Result<(), SimError> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    let runtime = runtime.expect("a runtime of one thread can be built");
    let interrupted = async {
        let _ = tokio::signal::ctrl_c().await;
    };
    let mut stdout = std::io::stdout();
    runtime.block_on(run_serve(args, &mut stdout, interrupted))
}

fn end<E: std::error::Error>(done: Result<(), E>) -> ExitCode {
    let Err(error) = done else {
        return ExitCode::SUCCESS;
    };
    let mut causes = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        causes = format!("{causes}: {cause}");
        source = cause.source();
    }
    anstream::eprintln!("error: {causes}");
    ExitCode::FAILURE
}
