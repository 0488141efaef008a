//! What is there: the fleet as the cloud shows it, read page by page.
//!
//! In: which machines are wanted, and a cloud. Out: an [`ObservedFleet`](crate::model::ObservedFleet), and
//! the answers to the planner's questions. Reads only; ids are asked for by the hundred, so 1,000 machines cost 10 calls,
//! and one read of a region answers every selector.
//!
//! A question that the cloud leaves unanswered is answered with the reason, so that a plan can say what
//! could not be checked; only refused credentials and a cloud out of reach end it all.

mod listed;
mod questions;
mod survey;
mod money;

pub use listed::observe;
pub use money::MoneyDesk;
pub use questions::{ask, ask_limits};
pub use survey::{Survey, survey};
