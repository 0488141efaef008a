//! `respec state`: what is recorded, and the folder it is recorded in.

mod check;
mod export;
mod restore;
mod rm;

use crate::cli::args::Global;
use crate::cli::args::state::{OneMachine, StateArgs, StateCommand};
use crate::cli::context::Context;
use crate::cli::failure::{Done, Failure, Situation};
use crate::cli::input::Input;
use crate::cli::matter::Matter;
use crate::cli::planning::peek;
use crate::cli::screen::Screen;
use crate::model::{AppliedInstance, InstanceId};
use crate::report::json;
use crate::report::state::{state_list, state_show};
use crate::store::{Contents, Store};

/// Does what the subcommand says.
///
/// # Errors
/// [`Failure`] when there is no state, no such machine in it, or it is not as it should be.
pub async fn run(
    context: &Context,
    global: &Global,
    args: &StateArgs,
    matter: &Matter,
    screen: &Screen,
) -> Result<Done, Failure> {
    match &args.command {
        StateCommand::List => list(&recorded(context, matter.manifest())?, global, screen),
        StateCommand::Show(one) => {
            show(&recorded(context, matter.manifest())?, one, global, screen)
        }
        StateCommand::Rm(one) => {
            rm::run(
                context,
                &opened(context, global, matter.manifest())?,
                one,
                screen,
            )
            .await
        }
        StateCommand::Check => {
            check::run(&opened(context, global, matter.manifest())?, global, screen).await
        }
        StateCommand::Export(args) => {
            export::run(&opened(context, global, matter.manifest())?, args, screen).await
        }
        StateCommand::Restore(args) => {
            restore::run(context, global, args, matter.manifest(), screen)
        }
        StateCommand::Pull(_) | StateCommand::Push(_) => Err(not_here(
            "the state is a folder on this machine: there is nothing to pull or push",
            "copy it with `respec state export` and `respec state restore`",
        )),
        StateCommand::Migrate(_) => Err(not_here(
            "states are kept in folders only, so there is nowhere to migrate to",
            "move it with `respec state export` and `respec state restore`",
        )),
        StateCommand::Unlock(_) => Err(not_here(
            "there is no lock to break: it is the kernel's, and ends with the process that holds it",
            "the message about the lock names that process; end it, or wait: --lock-timeout 10m",
        )),
    }
}

fn not_here(message: &str, hint: &str) -> Failure {
    Failure::new(Situation::Usage, message).hint(hint)
}

/// The state of the manifest's fleet, which must exist.
pub(super) fn recorded(context: &Context, input: &Input) -> Result<Contents, Failure> {
    peek(context, &input.fleet)?.ok_or_else(|| no_state(context, input))
}

/// The state of the manifest's fleet, held.
fn opened(context: &Context, global: &Global, input: &Input) -> Result<Store, Failure> {
    let store = context.open_existing(&input.fleet.fleet, global.lock_timeout)?;
    store.ok_or_else(|| no_state(context, input))
}

fn no_state(context: &Context, input: &Input) -> Failure {
    let message = format!("fleet {} has no state", input.fleet.fleet);
    Failure::new(Situation::Other, message).hint(format!(
        "looked in {}",
        context.store_dir(&input.fleet.fleet).root().display()
    ))
}

fn list(contents: &Contents, global: &Global, screen: &Screen) -> Result<Done, Failure> {
    let text = if global.json {
        json::state(&contents.applied)
    } else {
        state_list(&contents.applied)
    };
    screen.result(&text)?;
    Ok(Done::Fine)
}

fn show(
    contents: &Contents,
    one: &OneMachine,
    global: &Global,
    screen: &Screen,
) -> Result<Done, Failure> {
    let (id, record) = find(contents, one)?;
    let text = if global.json {
        json::state_one(id, record)
    } else {
        state_show(id, record, &screen.out)
    };
    screen.result(&text)?;
    Ok(Done::Fine)
}

/// A recorded machine, by its name or id.
fn find<'a>(
    contents: &'a Contents,
    one: &OneMachine,
) -> Result<(&'a InstanceId, &'a AppliedInstance), Failure> {
    let recorded = contents.applied.instances.iter();
    let is_meant = |(id, record): &(&InstanceId, &AppliedInstance)| {
        id.as_str() == one.name || record.name.as_str() == one.name
    };
    let found: Vec<_> = recorded.filter(is_meant).collect();
    let usage = |message: String| Failure::new(Situation::Usage, message);
    match found.as_slice() {
        [only] => Ok(*only),
        [] => Err(usage(format!("no machine {} is recorded", one.name))
            .hint("`respec state list` names them all")),
        several => {
            let ids: Vec<&str> = several.iter().map(|(id, _)| id.as_str()).collect();
            let message = format!("{} machines are recorded as {}", several.len(), one.name);
            Err(usage(message).hint(format!("say which: {}", ids.join(", "))))
        }
    }
}
