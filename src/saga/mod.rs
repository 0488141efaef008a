//! What was tried, and what may be tried next.
//!
//! In: journal [`Entry`]s, in order. Out: the state of every saga, and the next [`Task`]. One pure
//! function decides whether an entry is legal; it is used when an entry is written and when a journal
//! is read back, so a damaged journal is found by the code that prevents one. Nothing here waits,
//! sends or stores.

//!
//! The life of one step (`next` in `phase.rs` is this diagram):
//!
//! ```text
//!            Intent            Answered            Succeeded
//!  Waiting ─────────► Sent ──────────────► Answered ───────► Succeeded
//!     │                 │ Unanswered: stays Sent, in doubt        │ undo
//!     │ Failed          │ Failed               │ Failed           ▼
//!     └────────────► Failed ◄──────────────────┘        UndoSent ─► Undone | UndoFailed
//! ```
//!
//! A saga whose health check fails behind its change may turn back (`on_failure: revert`): from then on
//! its steps are those of a second chain, which the plan has for it, and everything above holds for that
//! one as it did for the first ([`in_force`]).

mod entry;
mod phase;
mod progress;
mod milestones;
mod state;
mod chain;
mod service;
mod task;
mod brakes;

pub use brakes::{Brakes, Hold, Keeping, Lift, Machine, Promised, Terms};
pub use chain::in_force;
pub use entry::{
    Direction, Entry, Failure, FailureCause, Halt, Kind, OrderRecord, RunRecord, SagaOutcome,
    StepEvent, StepRef,
};
pub use milestones::{Milestones, Opened, Waiver};
pub use phase::Phase;
pub use progress::{IllegalEntry, SagaState, StepState, Turned};
pub use service::{is_a_return, is_out_of_service, is_owed_a_return, takes_out_of_service};
pub use state::RunState;
pub use task::{Mode, Task, brought_up_by, holds_down, may_fall_over, next_task};
