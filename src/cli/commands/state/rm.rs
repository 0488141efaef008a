//! `respec state rm`: forget a machine.

use serde_json::json;

use crate::cli::context::Context;
use crate::cli::failure::{Done, Failure, Situation};
use crate::cli::running::new_run_id;
use crate::cli::screen::Screen;
use crate::cli::state_args::OneMachine;
use crate::journal::Journal as _;
use crate::model::Digest;
use crate::report::json::document;
use crate::saga::{Entry, Kind};
use crate::store::Store;

use super::find;

/// What stands for a plan and a wish in a run that carries out neither.
const NO_PLAN: &str = "respec state rm";

/// Removes the record of a machine. How many changes were begun on it stays, and so do its orders: should it
/// come back, its next change must not carry an old client token.
///
/// # Errors
/// [`Failure`] when it is not recorded, or a run is open that may be about it.
pub(super) async fn run(
    context: &Context,
    store: &Store,
    one: &OneMachine,
    screen: &Screen,
) -> Result<Done, Failure> {
    let contents = store.contents();
    let (id, record) = find(&contents, one)?;
    if let Some(open) = &contents.open_run {
        let run = &open.record.run;
        let message = format!("run {run} is open, and its machines must not be forgotten");
        return Err(Failure::new(Situation::OpenRun, message)
            .hint("end it: respec apply")
            .hint(format!("or give it up: respec cancel {run}")));
    }
    let now = context.clock.wall();
    let nothing = Digest::of_text(NO_PLAN);
    let run = new_run_id(now, &nothing, &contents);
    let kinds = [
        Kind::RunOpened {
            plan_id: nothing.clone(),
            intent: nothing,
            who: context.holder.who(),
            command: context.holder.command.clone(),
        },
        Kind::Forgotten {
            instance: id.clone(),
        },
        Kind::RunClosed { exit_code: 0 },
    ];
    let entries = (contents.next_seq..).zip(kinds).map(|(seq, kind)| Entry {
        seq,
        at: now,
        run: run.clone(),
        kind,
    });
    let entries: Vec<Entry> = entries.collect();
    store
        .append(&entries)
        .await
        .map_err(|error| Failure::from_error(Situation::Other, "write to the state", &error))?;
    screen.told(
        &format!(
            "{} ({id}) is forgotten. The machine itself was not touched.\n",
            record.name
        ),
        || document(json!({"forgotten": {"instance_id": id, "name": record.name}})),
    );
    Ok(Done::Fine)
}
