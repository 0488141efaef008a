//! The nouns of planning: what the planner is told, what it answers, and what both are made of.
//!
//! ```text
//! price         what a step costs
//! step          what is done, what must be seen before and after, how it is taken back
//! way_back      what becomes of a machine whose health check fails behind its change
//! bill          what steps cost together
//! money_sheet   what a plan says about money as a whole
//! turnover      who joined and who left a group
//! account       every machine that does not change, and what there is to say about all
//! input         everything the planner may know; a Case is one machine of it, seen from all sides
//! saga          all steps of one machine that changes
//! planned       the answer: sagas, account, courses
//! ```

mod price;
mod step;
mod way_back;
mod bill;
mod money_sheet;
mod turnover;
mod account;
mod input;
mod saga;
mod planned;

pub use account::{Account, Blocked, Check, Note, Verdict};
pub use bill::{Bill, Costs, Sum};
pub(super) use input::{Case, Purse, case_of, cases};
pub use input::{FoundStopped, PlanInput};
pub use money_sheet::{Held, MoneySheet};
pub use planned::Planned;
pub use price::{Basis, Price, Quoted, Rates, Running};
pub use saga::{Fingerprint, Renewal, Saga};
pub(super) use step::COOL_DOWN;
pub use step::{Action, Because, Goal, Step, Undo};
pub use turnover::{Members, Turnover, turnover};
pub use way_back::WayBack;
