//! `respec version`.

use crate::cli::args::Global;
use crate::cli::failure::Done;
use crate::cli::screen::Screen;

/// Says which version this is.
pub fn run(global: &Global, screen: &Screen) -> Done {
    let version = env!("CARGO_PKG_VERSION");
    if global.json {
        screen.result(&format!("{}\n", serde_json::json!({ "respec": version })));
    } else {
        screen.result(&format!("respec {version}\n"));
    }
    Done::Fine
}
