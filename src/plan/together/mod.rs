//! What no machine can be judged by alone.
//!
//! In: every machine's chain, as the rules made it. Out: the same with whoever cannot come along blocked, the portions
//! in which the others are changed, and what there is to say about all of them.
//!
//! ```text
//! quota        vCPUs: what all changes of a region add
//! checks       what was looked into, told for the fleet as a whole
//! course       in which portions each group is changed, and in which sequence
//! promise      promises over several groups, and changes that they forbid
//! places       places in a limit that are taken for good
//! own_places   places that a change keeps from itself
//! waits        whoever waits for a machine that is blocked, or does not wait for one that is left out
//! pace         how fast all of it can go
//! ```

pub(super) mod quota;
mod checks;
mod course;
mod promise;
mod places;
mod own_places;
mod waits;
mod pace;

pub(super) use checks::checks;
pub use course::{courses, is_meant_to_run, was_meant_to_run};
pub(super) use own_places::block_what_keeps_its_own_place;
pub use pace::{Bind, Overrun, Pace, overruns, paces};
pub(super) use places::block_what_never_gets_a_place;
pub(super) use promise::block_what_is_never_allowed;
pub use promise::size_of;
pub(super) use waits::{block_what_waits_for_blocked, note_what_is_not_waited_for};
