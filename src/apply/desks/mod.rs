//! What all workers of a run share, so that a fleet costs few calls.
//!
//! In: one worker's question. Out: its answer, from a call that answers many: looks and power calls by the
//! hundred ([`Desk`]), what looks have shown ([`Sights`]) and what this program did itself ([`Witness`]), one reading of the account's
//! books for all orders ([`Books`]), one balance from which nothing is promised twice ([`Till`]). Nothing here decides what is done.

mod sights;
mod witness;
mod looks;
mod books;
mod till;

pub(super) use books::{Books, Standing};
pub(super) use looks::{Desk, Look};
pub(super) use sights::{Sights, Wait};
pub(super) use till::{NoPromise, Promise, Till};
pub(super) use witness::{Witness, Witnessed};
