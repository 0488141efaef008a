//! `respec state export`: everything that is recorded, in one plain text.

use serde_json::json;

use crate::cli::args::state::ExportArgs;
use crate::cli::failure::{Done, Failure};
use crate::cli::private_files::write_private;
use crate::cli::screen::Screen;
use crate::report::json::document;
use crate::store::{Figures, Store};

/// Writes the export.
///
/// # Errors
/// [`Failure`] when the state is not whole, or the file cannot be written.
pub(super) async fn run(
    store: &Store,
    args: &ExportArgs,
    screen: &Screen,
) -> Result<Done, Failure> {
    let text = store
        .export()
        .await
        .map_err(|error| Failure::store("export the state", &error))?;
    let Some(file) = &args.out else {
        screen.document(&text)?;
        return Ok(Done::Fine);
    };
    write_private(file, text.as_bytes())?;
    let figures = Figures::of(&store.contents());
    let entries = figures.entries;
    screen.told(
        &format!("{entries} entries are in {}.\n", file.display()),
        || document(json!({"exported": {"entries": entries, "file": file.display().to_string()}})),
    );
    Ok(Done::Fine)
}
