//! `respec schema`: what a file may hold, for editors and programs.

use crate::cli::args::SchemaArgs;
use crate::cli::failure::{Done, Failure, Situation};
use crate::cli::screen::Screen;
use crate::sim::scenario_schema;

/// Prints a JSON Schema.
///
/// # Errors
/// [`Failure`] when no file was named, or the schema cannot be written.
pub fn run(args: &SchemaArgs, screen: &Screen) -> Result<Done, Failure> {
    if !args.scenario {
        let failure = Failure::new(Situation::Usage, "which schema is not said");
        return Err(failure.hint("`respec schema -scenario` prints that of simulated clouds"));
    }
    screen.result(&format!("{:#}\n", scenario_schema()))?;
    Ok(Done::Fine)
}
