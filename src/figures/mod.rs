//! What a run took: how long, who was down, how many at once, what it asked and ordered.
//!
//! In: the events of a run, and what only its cloud could count. Out: [`Figures`], and the worst of many
//! in [`Worst`]. Pure arithmetic over events: it does not know whether the run was real or rehearsed.

mod outages;
mod service;
mod run;
mod worst;

pub use outages::{Outage, Outages};
pub use run::{BatchSpan, Figures, Recorder, longest, mean};
pub use service::Service;
pub use worst::{Day, Extreme, Worst};
