//! Reads what is wanted: the texts of a manifest in, a [`DesiredFleet`] and findings out.
//!
//! One reading goes on after every mistake, so that a person sees all of them at once; the fleet is
//! there only when none of them is an error. The way of a file through this room:
//!
//! ```text
//! bytes ─ text ─► text ─ parse ─► tree ─ decode ─► shapes ┐
//!                                                         ├─ merge ─ resolve ─ refer ─► fleet
//!                       … the other files … ─► shapes ────┘
//! ```
//!
//! Nothing here opens a file, asks the cloud or knows the time. What only the cloud can tell (is
//! there such a machine, which limits has its type) is the planner's business.

mod mark;
pub mod codes;
mod against;
mod notes;
mod text;
mod tree;
mod parse;
mod scalar;
mod decoder;
mod fields;
mod schema;
mod budget;
mod decode;
mod merge;
mod rules;
mod resolve;
mod cycle;
mod refer;

pub use against::{unknown_machine, wrong_account};

use crate::model::{DesiredFleet, Finding};

use mark::Mark;
use notes::{Draft, Notes};
use schema::File;
use text::Text;

/// Files of one reading; a directory that holds more is not a manifest.
const SOURCES_MAX: usize = 10_000;

/// One text of a manifest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// The file as the user named it.
    pub name: String,
    /// What it holds.
    pub bytes: Vec<u8>,
}

/// What came of reading.
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use]
pub struct Reading {
    /// The fleet, when nothing is wrong with it.
    pub fleet: Option<DesiredFleet>,
    /// Everything there is to say, by file, line and column.
    pub findings: Vec<Finding>,
}

/// Reads all files of a manifest as one fleet.
pub fn read(sources: &[Source]) -> Reading {
    let names = sources.iter().map(|source| source.name.clone()).collect();
    let mut notes = Notes::new(names);
    let fleet = shapes(sources, &mut notes).and_then(|files| fleet(files, &mut notes));
    Reading {
        fleet: fleet.filter(|_| !notes.has_errors()),
        findings: notes.into_findings(),
    }
}

/// Every file on its own; nothing when one has no shape at all, since names would be missing then.
fn shapes(sources: &[Source], notes: &mut Notes) -> Option<Vec<File>> {
    if sources.is_empty() || sources.len() > SOURCES_MAX {
        let message = format!(
            "a manifest has 1 to {SOURCES_MAX} files, not {}",
            sources.len()
        );
        notes.add(Draft::new(codes::EMPTY, Mark::file(0), message));
        return None;
    }
    let files: Vec<Option<File>> = (0..)
        .zip(sources)
        .map(|(index, source)| shape(index, source, notes))
        .collect();
    files.into_iter().collect()
}

fn shape(index: u32, source: &Source, notes: &mut Notes) -> Option<File> {
    let text = Text::open(index, &source.bytes, notes)?;
    let (tree, root) = parse::parse(&text, notes)?;
    decode::file(&mut decoder::Decoder::new(&tree, notes), root)
}

fn fleet(files: Vec<File>, notes: &mut Notes) -> Option<DesiredFleet> {
    let manifest = merge::merge(files, notes)?;
    let mut resolved = resolve::resolve(&manifest, notes);
    refer::refer(&manifest, &mut resolved, notes);
    let account_place = manifest
        .account
        .get()
        .map(|at| notes.place(at.mark))
        .unwrap_or_default();
    Some(DesiredFleet {
        account_place,
        fleet: manifest.fleet.value()?,
        account: manifest.account.value(),
        budget: manifest.budget.value(),
        balance: manifest.balance.value().unwrap_or_default(),
        instances: resolved.instances,
        groups: resolved.groups,
        ungrouped: resolved.ungrouped,
    })
}
