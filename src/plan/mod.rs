//! Decides what to do, and does none of it.
//!
//! In: a [`PlanInput`]. Out: a [`Planned`]: one chain of steps for each machine that changes, and an
//! [`Account`] of every machine that does not. Nothing here waits, reads a clock or asks the cloud;
//! the same input gives the same bytes.
//!
//! ```text
//!  desired ─┐                            ┌─ Saga  stop → modify → start
//!  observed ┼─► Case ─► rules, in order ─┼─ Blocked { rule, why, way out }
//!  applied  ┘                            └─ unchanged
//! ```
//!
//! How a plan comes to be, from top to bottom:
//!
//! ```text
//!  nouns           what the planner is told, what it answers, and what both are made of
//!  rules           one question about one machine each: may it be so, who pays, by which call, in which sequence
//!  one_machine     all of them in order: its chain, or why it has none
//!  graph           all chains as one graph
//!  together        what no machine can be judged by alone: quota, places, portions, pace
//!  funding         whether the account can pay for all of it
//!  all_machines    each by itself, then all together
//!  questions       what must be asked of the cloud before
//!  second_opinion  a finished plan, held against its promises by code that shares none with the rules
//!  file            what a reviewer approves, and its id
//!  spend_limits    limits on money, and whether a finished plan keeps within them
//! ```

mod nouns;
mod rules;
mod one_machine;
mod graph;
mod together;
mod funding;
mod all_machines;
mod questions;
mod second_opinion;
mod file;
mod spend_limits;

pub use file::{PLAN_BYTES_MAX, PlanFileError, SavedPlan, Source};
pub use funding::bill;
pub use graph::{GraphError, Node, StepGraph};
pub use nouns::{
    Account, Action, Basis, Because, Bill, Blocked, Check, Costs, Fingerprint, FoundStopped, Goal,
    Held, Members, MoneySheet, Note, PlanInput, Planned, Price, Quoted, Rates, Renewal, Running,
    Saga, Step, Sum, Turnover, Undo, Verdict, WayBack, turnover,
};
pub use questions::{limit_questions, money_questions, open_questions};
pub use rules::paying::prices::order_question;
pub use second_opinion::{Objection, check, check_courses};
pub use spend_limits::{Ruling, SpendLimit, spend_limits};
pub use together::{
    Bind, Overrun, Pace, courses, is_meant_to_run, overruns, paces, size_of, was_meant_to_run,
};

use all_machines::plan_with;
use nouns::Purse;

/// Answers for every machine of the manifest.
///
/// Whether orders are paid by themselves is decided for all of them together: first as if they were,
/// then, should the balance not cover that, once more without.
pub fn plan(input: &PlanInput<'_>) -> Planned {
    let planned = plan_with(input, Purse::Open);
    match funding::held(input, &planned.sagas) {
        None => planned,
        Some(held) => plan_with(input, Purse::Held(&held)),
    }
}
