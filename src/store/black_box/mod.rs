//! The second copy: every commit once more, as lines of text, on disk before the database has it.
//!
//! In: the batches that go to the database. Out: `journal.jsonl`, and what it tells when it is read again: a
//! [`Transcript`](transcript::Transcript), believed only as far as it is whole. An export has the same
//! lines. What is done where the two copies differ is said in `mending`.
//!
//! ```text
//! line         one line: written, read, and its checksum
//! transcript   a file of them, read
//! file         the one beside the database: made, appended to, compared with it, set aside
//! boxed        the database with its box before it, as one engine
//! ```

pub(super) mod line;
pub(super) mod transcript;
mod file;
pub(super) mod boxed;

pub(super) use file::{BlackBox, Standing, journal_lines, make, plans, set_aside, standing};
