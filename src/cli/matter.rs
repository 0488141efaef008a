//! What a command is about: a manifest, a saved plan, or neither. Read before anybody is asked for a key,
//! so that a wrong file is told as one, and because it may say by which role to work.

use crate::plan::SavedPlan;

use super::args::{Command, Global};
use super::context::identity::{Caller, Need};
use super::failure::Failure;
use super::input::Input;
use super::plan_file::read_plan;
use super::screen::Screen;

/// What was read.
pub enum Matter {
    /// A manifest.
    Manifest(Box<Input>),
    /// A saved plan.
    Plan(Box<SavedPlan>),
    /// Nothing is needed.
    Nothing,
}

impl Matter {
    /// Reads what the command needs.
    ///
    /// # Errors
    /// [`Failure`] when a file cannot be read or used.
    pub fn read(command: &Command, global: &Global, screen: &Screen) -> Result<Self, Failure> {
        let manifest =
            || Input::read(&global.files, screen.paint()).map(|it| Self::Manifest(Box::new(it)));
        let plan = match command {
            Command::Apply(args) => args.plan.as_deref(),
            Command::Rehearse(args) => args.plan.as_deref(),
            Command::Plan(_)
            | Command::Drift
            | Command::Cancel(_)
            | Command::Approve(_)
            | Command::Orders(_)
            | Command::History(_) => return manifest(),
            Command::State(args) if args.command.is_here() => return manifest(),
            Command::State(_)
            | Command::Validate
            | Command::Policy(_)
            | Command::Explain(_)
            | Command::Sim(_)
            | Command::Schema(_)
            | Command::Version => return Ok(Self::Nothing),
        };
        match plan {
            Some(file) => Ok(Self::Plan(Box::new(read_plan(file)?))),
            None => manifest(),
        }
    }

    /// The manifest.
    ///
    /// # Panics
    /// For a command that is not about one; [`Matter::read`] knows which are.
    #[must_use]
    pub fn manifest(&self) -> &Input {
        match self {
            Self::Manifest(input) => Some(input),
            Self::Plan(_) | Self::Nothing => None,
        }
        .expect("whoever asks for a manifest has it read")
    }

    /// In whose name the command works.
    #[must_use]
    pub fn caller(&self, need: Need) -> Caller<'_> {
        let role = match self {
            Self::Manifest(input) => input.fleet.role.as_ref(),
            Self::Plan(plan) => plan.desired.role.as_ref(),
            Self::Nothing => None,
        };
        Caller { need, role }
    }
}
