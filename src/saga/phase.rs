//! Where one step stands, and what may happen to it: the diagram of this room's door.

use super::entry::{Direction, StepEvent};

/// Where one step stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum Phase {
    /// Nothing was sent.
    #[default]
    Waiting,
    /// A call may have been sent.
    Sent,
    /// The call was accepted; its effect does not show yet.
    Answered,
    /// The goal shows.
    Succeeded,
    /// It cannot reach its goal.
    Failed,
    /// A call that takes it back may have been sent.
    UndoSent,
    /// That call was accepted.
    UndoAnswered,
    /// It is taken back.
    Undone,
    /// It cannot be taken back.
    UndoFailed,
}

/// The state diagram of a step. `None` is a damaged journal.
pub(super) fn next(phase: Phase, direction: Direction, event: &StepEvent) -> Option<Phase> {
    use Phase::{
        Answered, Failed, Sent, Succeeded, UndoAnswered, UndoFailed, UndoSent, Undone, Waiting,
    };
    match (direction, phase, event) {
        // What the books say of an order changes nothing about the call that made it.
        (Direction::Forward, phase, StepEvent::Booked { .. }) => Some(phase),
        (Direction::Forward, Waiting | Sent | Answered, event) => match (phase, event) {
            (_, StepEvent::Intent { .. } | StepEvent::Launched { .. }) => Some(Sent),
            (Sent, StepEvent::Answered { .. }) => Some(Answered),
            (Sent | Answered, StepEvent::Unanswered { .. }) => Some(Sent),
            (_, StepEvent::Succeeded { .. } | StepEvent::Tolerated { .. }) => Some(Succeeded),
            (_, StepEvent::Failed { .. }) => Some(Failed),
            (
                _,
                StepEvent::Answered { .. }
                | StepEvent::Unanswered { .. }
                | StepEvent::Booked { .. },
            ) => None,
        },
        (Direction::Undo, Succeeded | Failed | UndoSent | UndoAnswered, event) => {
            match (phase, event) {
                (_, StepEvent::Intent { .. } | StepEvent::Launched { .. }) => Some(UndoSent),
                (UndoSent, StepEvent::Answered { .. }) => Some(UndoAnswered),
                (UndoSent | UndoAnswered, StepEvent::Unanswered { .. }) => Some(UndoSent),
                (_, StepEvent::Succeeded { .. }) => Some(Undone),
                (_, StepEvent::Failed { .. }) => Some(UndoFailed),
                (
                    _,
                    StepEvent::Answered { .. }
                    | StepEvent::Unanswered { .. }
                    | StepEvent::Tolerated { .. }
                    | StepEvent::Booked { .. },
                ) => None,
            }
        }
        (Direction::Forward | Direction::Undo, _, _) => None,
    }
}
