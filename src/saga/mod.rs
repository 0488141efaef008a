//! What was tried, and what may be tried next.
//!
//! In: journal [`Entry`]s, in order. Out: the state of every saga, and the next [`Task`]. One pure
//! function decides whether an entry is legal; it is used when an entry is written and when a journal
//! is read back, so a damaged journal is found by the code that prevents one. Nothing here waits,
//! sends or stores.
//!
//! The life of one step (`next` in `phase.rs` says the same; a command of the owner's is launched where a call has an
//! intent, and a goal that is only to be told is tolerated where another succeeds):
//!
//! ```text
//!  forth  Waiting | Sent | Answered ──────── Intent ───► Sent ── Answered ─► Answered
//!         Sent | Answered ────────────────── Unanswered ► Sent, in doubt
//!         Waiting | Sent | Answered ──────── Succeeded ► Succeeded, or Failed ► Failed
//!  back   Succeeded | Failed
//!           | UndoSent | UndoAnswered ────── Intent ───► UndoSent ── Answered ─► UndoAnswered
//!         UndoSent | UndoAnswered ────────── Unanswered ► UndoSent, in doubt
//!         any of these four ──────────────── Succeeded ► Undone, or Failed ► UndoFailed
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
    Direction, Entry, Failure, FailureCause, Halt, Kind, OrderRecord, PaymentCall, RunRecord,
    SagaOutcome, StepEvent, StepRef,
};
pub use milestones::{Milestones, Opened, Waiver};
pub use phase::Phase;
pub use progress::{IllegalEntry, SagaState, StepState, Turned};
pub use service::{is_a_return, is_out_of_service, is_owed_a_return, takes_out_of_service};
pub use state::RunState;
pub use task::{Mode, Task, brought_up_by, holds_down, lacks_its_start, may_fall_over, next_task};
