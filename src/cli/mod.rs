//! The hand: reads the command line and runs one command. A bootstrap with the simulator only.

pub mod commands;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::cli::commands::sim::{SimArgs, SimCommand, run_serve};

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
    let SimCommand::Serve(args) = args.command;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    let runtime = runtime.expect("a runtime of one thread can be built");
    let interrupted = async {
        let _ = tokio::signal::ctrl_c().await;
    };
    let mut stdout = std::io::stdout();
    let done = runtime.block_on(run_serve(&args, &mut stdout, interrupted));
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let mut causes = error.to_string();
            let mut source = std::error::Error::source(&error);
            while let Some(cause) = source {
                causes = format!("{causes}: {cause}");
                source = cause.source();
            }
            anstream::eprintln!("error: {causes}");
            ExitCode::FAILURE
        }
    }
}
