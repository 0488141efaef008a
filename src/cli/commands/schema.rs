//! `respec schema`: what a file may hold, for editors and programs.

use crate::cli::args::SchemaArgs;
use crate::cli::failure::{Done, Failure};
use crate::cli::screen::Screen;
use crate::manifest::manifest_schema;
use crate::sim::scenario_schema;

/// Prints a JSON Schema.
///
/// # Errors
/// [`Failure`] when it cannot be written.
pub fn run(args: &SchemaArgs, screen: &Screen) -> Result<Done, Failure> {
    if args.scenario {
        screen.document(&format!("{:#}\n", scenario_schema()))?;
    } else {
        screen.document(manifest_schema())?;
    }
    Ok(Done::Fine)
}
