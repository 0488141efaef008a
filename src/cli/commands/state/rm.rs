//! `respec state rm`: forget a machine.

use serde_json::json;

use crate::cli::args::state::OneMachine;
use crate::cli::context::Context;
use crate::cli::failure::{Done, Failure, Situation};
use crate::cli::running::apart::write_apart;
use crate::cli::screen::Screen;
use crate::report::json::document;
use crate::saga::Kind;
use crate::store::Store;

use super::find;

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
    let instance = id.clone();
    write_apart(context, store, Kind::Forgotten { instance }).await?;
    screen.told(
        &format!(
            "{} ({id}) is forgotten. The machine itself was not touched.\n",
            record.name
        ),
        || document(json!({"forgotten": {"instance_id": id, "name": record.name}})),
    );
    Ok(Done::Fine)
}
