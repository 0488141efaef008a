//! `respec policy`: the least RAM policy for a manifest, without asking the cloud.

use crate::cli::args::{Global, PolicyArgs, PolicyFormat};
use crate::cli::failure::{Done, Failure};
use crate::cli::input::Input;
use crate::cli::screen::Screen;
use crate::report::policy::Policy;

/// Prints it.
///
/// # Errors
/// [`Failure`] with every finding of the manifest.
pub fn run(global: &Global, args: &PolicyArgs, screen: &Screen) -> Result<Done, Failure> {
    let input = Input::read(&global.files, screen.paint())?;
    screen.talk(&input.warnings);
    let fleet = input.with_stand_ins();
    let policy = Policy::of(&fleet);
    match args.format {
        PolicyFormat::Text if !global.json => screen.result(&policy.text(&screen.out))?,
        PolicyFormat::Text | PolicyFormat::Json => {
            for note in policy.notes() {
                screen.talk(&format!("note: {note}\n"));
            }
            screen.document(&policy.json())?;
        }
    }
    Ok(Done::Fine)
}
