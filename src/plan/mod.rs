//! (door)

mod step;

pub use step::{Action, Because, Goal, Price, Step, Undo};
