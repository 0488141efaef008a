//! `respec version`.

use serde_json::json;

use crate::cli::args::Global;
use crate::cli::failure::{Done, Failure};
use crate::cli::screen::Screen;
use crate::report::json::document;

/// Says which version this is.
///
/// # Errors
/// [`Failure`] when it cannot be written.
pub fn run(global: &Global, screen: &Screen) -> Result<Done, Failure> {
    let version = env!("CARGO_PKG_VERSION");
    let text = if global.json {
        document(json!({ "respec": version }))
    } else {
        format!("respec {version}\n")
    };
    screen.result(&text)?;
    Ok(Done::Fine)
}
