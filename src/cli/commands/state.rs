//! `respec state`: what is recorded. Reads only.

use crate::cli::args::{Global, StateArgs, StateCommand};
use crate::cli::context::Context;
use crate::cli::failure::{Done, Failure, Situation};
use crate::cli::input::Input;
use crate::cli::planning::peek;
use crate::cli::screen::Screen;
use crate::report::{json, state_text};
use crate::store::Contents;

/// Shows the record of all machines, or of one.
///
/// # Errors
/// [`Failure`] when there is no state, or no such machine in it.
pub fn run(
    context: &Context,
    global: &Global,
    args: &StateArgs,
    screen: &Screen,
) -> Result<Done, Failure> {
    let input = Input::read(&global.files, screen.paint())?;
    let contents = recorded(context, &input)?;
    let text = match &args.command {
        StateCommand::List if global.json => json::state(&contents.applied),
        StateCommand::List => state_text::state_list(&contents.applied),
        StateCommand::Show { name } => show(&contents, name, global, screen)?,
    };
    screen.result(&text)?;
    Ok(Done::Fine)
}

/// The state of the manifest's fleet, which must exist.
pub(super) fn recorded(context: &Context, input: &Input) -> Result<Contents, Failure> {
    peek(context, &input.fleet)?.ok_or_else(|| {
        let message = format!("fleet {} has no state", input.fleet.fleet);
        Failure::new(Situation::Other, message).hint(format!(
            "looked in {}",
            context.store_dir(&input.fleet.fleet).root().display()
        ))
    })
}

fn show(
    contents: &Contents,
    name: &str,
    global: &Global,
    screen: &Screen,
) -> Result<String, Failure> {
    let found = contents
        .applied
        .instances
        .iter()
        .find(|(id, record)| id.as_str() == name || record.name.as_str() == name);
    let Some((id, record)) = found else {
        return Err(
            Failure::new(Situation::Usage, format!("no machine {name} is recorded"))
                .hint("`respec state list` names them all"),
        );
    };
    Ok(if global.json {
        json::state_one(id, record)
    } else {
        state_text::state_show(id, record, &screen.out)
    })
}
