//! Comes to a database that holds everything that was ever acknowledged, whatever the folder looks like.
//!
//! In: a fleet's folder, under its lock. Out: the open database with what was mended, or an error that names
//! the file and has changed nothing. What one copy lacks is taken from the other; where a store once was,
//! nothing ever begins empty.
//!
//! ```text
//! refilling   records from a transcript
//! creation    a new database, beside its place until it is whole
//! ladder      an old one, opened rung by rung
//! plans       digests that only the box knows
//! healing     both copies at hand, and the mark: which is believed, what is made again
//! ```

pub(super) mod refilling;
pub(super) mod creation;
mod ladder;
mod plans;
pub(super) mod healing;
