//! The hand: reads the command line, builds what a command needs, runs it, and ends the process.
//!
//! In: arguments, environment, three streams. Out: text and an exit code. Everything that decides or
//! does lives elsewhere; a command here is a recipe that can be read aloud.

pub mod failure;
pub mod surroundings;
pub mod args;
pub mod screen;
pub mod private_files;
pub mod context;
pub mod input;
pub mod plan_file;
pub mod matter;
pub mod ledger;
pub mod planning;
pub mod running;
pub mod commands;

use std::ffi::OsString;
use std::io::Write as _;
use std::process::ExitCode;

use clap::Parser as _;
use clap::error::ErrorKind;

use crate::clock::{Clock as _, SystemClock};
use crate::report::words::without_commands;

use args::habits::{hint_for_unknown_command, normalise};
use args::sim::SimCommand;
use args::{Cli, Command, Global};
use commands::sim::run_serve;
use context::Context;
use context::identity::Need;
use failure::{Done, Failure, Situation};
use matter::Matter;
use screen::Screen;
use surroundings::Surroundings;

/// Longest command line that is kept in journals and locks.
const COMMAND_CHARS_MAX: usize = 200;

/// Parses the command line, runs it, and says how it ended.
#[must_use]
pub fn main() -> ExitCode {
    let raw: Vec<OsString> = std::env::args_os().collect();
    let cli = match Cli::try_parse_from(normalise(raw.clone())) {
        Ok(cli) => cli,
        Err(error) => return usage(&error, &raw),
    };
    let around = Surroundings::read();
    let screen = Screen::look(&cli.global, &around);
    let command: Vec<_> = raw.iter().map(|arg| arg.to_string_lossy()).collect();
    let command: String = command.join(" ").chars().take(COMMAND_CHARS_MAX).collect();
    match run(&cli, &around, &screen, &command) {
        Ok(done) => ExitCode::from(done.exit_code()),
        Err(failure) => {
            screen.failure(&failure);
            ExitCode::from(failure.situation.exit_code())
        }
    }
}

/// clap's own exit code for a usage error is 2, which would look like "there are changes".
fn usage(error: &clap::Error, raw: &[OsString]) -> ExitCode {
    match error.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => {
            let _gone = error.print();
            ExitCode::SUCCESS
        }
        _ => {
            // It repeats what was typed, which a CI job may have from somebody else: a branch, a title.
            let said = error.render().ansi().to_string();
            let _gone = anstream::stderr().write_all(without_commands(&said).as_bytes());
            let words = raw.iter().skip(1).filter_map(|word| word.to_str());
            if let Some(hint) = words.filter_map(hint_for_unknown_command).next() {
                anstream::eprintln!("hint: {hint}");
            }
            ExitCode::from(Situation::Usage.exit_code())
        }
    }
}

fn run(cli: &Cli, around: &Surroundings, screen: &Screen, command: &str) -> Result<Done, Failure> {
    if let Some(folder) = &cli.global.chdir {
        std::env::set_current_dir(folder).map_err(|error| {
            Failure::new(
                Situation::Usage,
                format!("cannot work in {}: {error}", folder.display()),
            )
        })?;
    }
    match &cli.command {
        Command::Version => commands::version::run(&cli.global, screen),
        Command::Validate => commands::validate::run(&cli.global, &cli.global.files, screen),
        Command::Policy(args) => commands::policy::run(&cli.global, args, screen),
        Command::Explain(args) => commands::explain::run(&cli.global, args, screen),
        Command::Sim(sim) => match &sim.command {
            SimCommand::Wait(_) if cli.global.simulate.is_none() => {
                Err(commands::sim_wait::no_cloud_of_ours())
            }
            SimCommand::Wait(_) => with_cloud(cli, around, screen, command, Need::Cloud),
            SimCommand::Operations | SimCommand::Generate(_) | SimCommand::Serve(_) => {
                simulate(&cli.global, &sim.command, screen)
            }
        },
        Command::Schema(args) => commands::schema::run(args, screen),
        Command::Plan(_)
        | Command::Apply(_)
        | Command::Drift
        | Command::Rehearse(_)
        | Command::Orders(_)
        | Command::Cancel(_) => with_cloud(cli, around, screen, command, Need::Cloud),
        Command::State(_) | Command::History(_) | Command::Approve(_) => {
            with_cloud(cli, around, screen, command, Need::State)
        }
    }
}

fn simulate(global: &Global, command: &SimCommand, screen: &Screen) -> Result<Done, Failure> {
    let failed = |error: &dyn std::error::Error| {
        Failure::from_error(Situation::BadInput, "run the simulated cloud", error)
    };
    match command {
        SimCommand::Wait(_) => {}
        SimCommand::Operations => return commands::operations::run(global, screen),
        SimCommand::Generate(args) => {
            let mut talk: Vec<u8> = Vec::new();
            commands::generate::run(args, &mut talk).map_err(|error| failed(&error))?;
            screen.talk(&String::from_utf8_lossy(&talk));
        }
        SimCommand::Serve(args) => {
            let interrupted = async {
                let _ = tokio::signal::ctrl_c().await;
            };
            let mut stdout = std::io::stdout();
            runtime(Time::Real)?
                .block_on(run_serve(args, &mut stdout, interrupted))
                .map_err(|error| failed(&error))?;
        }
    }
    Ok(Done::Fine)
}

/// Whose time a command runs in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Time {
    /// The machine's.
    Real,
    /// Its own: it moves on whenever everything waits.
    Virtual,
}

fn runtime(time: Time) -> Result<tokio::runtime::Runtime, Failure> {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .start_paused(time == Time::Virtual)
        .build()
        .map_err(|error| Failure::from_error(Situation::Other, "start", &error))
}

/// Everything that stands before a command: its files, then somebody to work as.
async fn prepare(
    cli: &Cli,
    around: &Surroundings,
    screen: &Screen,
    command: &str,
    need: Need,
) -> Result<(Matter, Context), Failure> {
    let matter = Matter::read(&cli.command, &cli.global, screen)?;
    let caller = matter.caller(need);
    let context = Context::build(&cli.global, around, screen, command, caller).await?;
    Ok((matter, context))
}

/// Whoever reads the stream of a command learns from it, too, why there is none.
fn tell_the_stream(cli: &Cli, failure: &Failure) {
    if cli.global.json && matches!(cli.command, Command::Apply(_) | Command::Cancel(_)) {
        let now = SystemClock::new(1).wall();
        running::display::end_stream(None, running::display::Ending::Failed(failure), now);
    }
}

fn with_cloud(
    cli: &Cli,
    around: &Surroundings,
    screen: &Screen,
    command: &str,
    need: Need,
) -> Result<Done, Failure> {
    let time = if cli.global.simulate.is_some() {
        Time::Virtual
    } else {
        Time::Real
    };
    let runtime = runtime(time)?;
    let tasks = tokio::task::LocalSet::new();
    tasks.block_on(&runtime, async {
        let ready = prepare(cli, around, screen, command, need).await;
        let (matter, context) = ready.inspect_err(|failure| tell_the_stream(cli, failure))?;
        match &cli.command {
            Command::Plan(args) => {
                commands::plan::run(&context, &cli.global, args, matter.manifest(), screen).await
            }
            Command::Apply(args) => {
                commands::apply::run(&context, &cli.global, args, &matter, screen).await
            }
            Command::Rehearse(args) => {
                commands::rehearse::run(&context, &cli.global, args, matter, screen).await
            }
            Command::Drift => {
                commands::drift::run(&context, &cli.global, matter.manifest(), screen).await
            }
            Command::Cancel(args) => {
                commands::cancel::run(&context, &cli.global, args, matter.manifest(), screen).await
            }
            Command::Orders(args) => {
                commands::orders::run(&context, &cli.global, args, matter.manifest(), screen).await
            }
            Command::Approve(args) => {
                commands::approve::run(&context, &cli.global, args, matter.manifest(), screen).await
            }
            Command::State(args) => {
                commands::state::run(&context, &cli.global, args, &matter, screen).await
            }
            Command::History(args) => {
                commands::history::run(&context, &cli.global, args, matter.manifest(), screen).await
            }
            Command::Sim(sim) => match &sim.command {
                SimCommand::Wait(args) => commands::sim_wait::run(&context, args, screen).await,
                SimCommand::Operations | SimCommand::Generate(_) | SimCommand::Serve(_) => {
                    Ok(Done::Fine)
                }
            },
            Command::Version
            | Command::Validate
            | Command::Policy(_)
            | Command::Explain(_)
            | Command::Schema(_) => Ok(Done::Fine),
        }
    })
}
