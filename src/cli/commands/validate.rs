//! `respec validate`: everything that can be known about a manifest without asking the cloud.

use std::path::PathBuf;

use crate::cli::args::Global;
use crate::cli::failure::{Done, Failure, Situation};
use crate::cli::input::Input;
use crate::cli::screen::Screen;
use crate::model::Severity;
use crate::report::json;

/// Reads the manifests and says what is wrong with them.
///
/// # Errors
/// [`Failure`] with every finding.
pub fn run(global: &Global, files: &[PathBuf], screen: &Screen) -> Result<Done, Failure> {
    if global.json {
        let found = Input::findings(files)?;
        screen.result(&json::findings(&found))?;
        let valid = found
            .iter()
            .all(|finding| finding.severity != Severity::Error);
        return Ok(if valid {
            Done::Fine
        } else {
            Done::Run(Situation::BadInput.exit_code())
        });
    }
    let input = Input::read(files, screen.paint())?;
    screen.talk(&input.warnings);
    let fleet = &input.fleet;
    screen.result(&format!(
        "Fleet {} is valid; machines: {}, groups: {}.\n",
        fleet.fleet,
        fleet.instances.len(),
        fleet.groups.len()
    ))?;
    Ok(Done::Fine)
}
