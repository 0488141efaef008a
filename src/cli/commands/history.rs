//! `respec history`: past runs, or one run step by step.

use std::collections::BTreeMap;

use crate::cli::args::{Global, HistoryArgs};
use crate::cli::commands::state::recorded;
use crate::cli::context::Context;
use crate::cli::failure::{Done, Failure, Situation};
use crate::cli::input::Input;
use crate::cli::screen::Screen;
use crate::model::RunId;
use crate::report::{history, json};
use crate::store::Store;

/// Shows all runs, or the journal of one.
///
/// # Errors
/// [`Failure`] when there is no state, or no such run in it.
pub async fn run(
    context: &Context,
    global: &Global,
    args: &HistoryArgs,
    input: &Input,
    screen: &Screen,
) -> Result<Done, Failure> {
    let contents = recorded(context, input)?;
    let Some(name) = &args.run else {
        let text = if global.json {
            json::history(&contents.runs)
        } else {
            history::history(&contents.runs, &screen.out)
        };
        screen.result(&text)?;
        return Ok(Done::Fine);
    };
    let unknown = || {
        Failure::new(Situation::Usage, format!("there is no run {name}"))
            .hint("`respec history` names them all")
    };
    let run = RunId::new(name.clone()).map_err(|_| unknown())?;
    let record = contents.run(&run).ok_or_else(unknown)?;
    let dir = context.store_dir(&input.fleet.fleet);
    let entries = Store::peek_entries(&dir, &run, global.lock_timeout)
        .await
        .map_err(|error| Failure::store("read the journal", &error))?;
    let text = if global.json {
        json::run(record, &entries)
    } else {
        history::run(record, &entries, &BTreeMap::new(), &screen.out)
            .map_err(|error| Failure::from_error(Situation::Other, "read the journal", &error))?
    };
    screen.result(&text)?;
    Ok(Done::Fine)
}
