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
//! A manifest with selectors is read twice: once to learn what to look for, and once more with what was
//! found ([`read_against`]), as if those machines had been listed in the place of the selector.
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
mod account;
mod schema;
mod calendar;
mod health;
mod rollouts;
mod selects;
mod budget;
mod temporary;
mod decode;
mod merge;
mod rules;
mod impossible;
mod resolve;
mod cycle;
mod refer;
mod choose;
mod json_schema;

pub use against::{unknown_machine, unknown_selected, wrong_account};
pub use json_schema::manifest_schema;

use crate::model::{DesiredFleet, Finding, ObservedFleet};

use choose::Chosen;
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

/// Reads all files of a manifest as one fleet. Groups with a selector have no members yet.
pub fn read(sources: &[Source]) -> Reading {
    read_with(sources, None)
}

/// Reads them again, with the selectors answered by what was seen of every region they look into.
pub fn read_against(sources: &[Source], observed: &ObservedFleet) -> Reading {
    let first = read(sources);
    let Some(unanswered) = &first.fleet else {
        return first;
    };
    if !choose::has_selectors(unanswered) {
        return first;
    }
    let chosen = choose::choose(unanswered, observed);
    let mut reading = read_with(sources, Some(&chosen));
    if let Some(fleet) = &mut reading.fleet {
        fleet.wish = Some(unanswered.intent());
    }
    reading
}

/// Reads them for whoever asks what may become of the machines and cannot look: in a group with a selector, one
/// made-up machine for each region it looks into stands for whoever it will find. None when something is wrong
/// with the manifest.
#[must_use]
pub fn read_with_stand_ins(sources: &[Source]) -> Option<DesiredFleet> {
    let unanswered = read(sources).fleet?;
    let chosen = choose::stand_ins(&unanswered);
    // What is said of somebody who is made up (how many there are, who refers to whom) is nobody's mistake.
    everything(sources, Some(&chosen), &mut notes_about(sources))
}

fn read_with(sources: &[Source], chosen: Option<&Chosen<'_>>) -> Reading {
    let mut notes = notes_about(sources);
    let fleet = everything(sources, chosen, &mut notes);
    Reading {
        fleet: fleet.filter(|_| !notes.has_errors()),
        findings: notes.into_findings(),
    }
}

fn notes_about(sources: &[Source]) -> Notes {
    Notes::new(sources.iter().map(|source| source.name.clone()).collect())
}

fn everything(
    sources: &[Source],
    chosen: Option<&Chosen<'_>>,
    notes: &mut Notes,
) -> Option<DesiredFleet> {
    fleet(shapes(sources, notes)?, chosen, notes)
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

fn fleet(files: Vec<File>, chosen: Option<&Chosen<'_>>, notes: &mut Notes) -> Option<DesiredFleet> {
    let mut manifest = merge::merge(files, notes)?;
    if let Some(chosen) = chosen {
        choose::answer(&mut manifest, chosen, notes);
    }
    let mut resolved = resolve::resolve(&manifest, notes);
    refer::refer(&manifest, &mut resolved, notes);
    if let Some(chosen) = chosen {
        choose::keep_promises(
            &mut manifest.availability,
            &resolved.instances,
            chosen,
            notes,
        );
    }
    let owner = manifest.account.get();
    let account_place = owner.map(|at| notes.place(at.mark)).unwrap_or_default();
    let role = owner.and_then(|at| at.value.role.clone());
    let account = owner.map(|at| at.value.account.clone());
    let availability = manifest.availability.into_iter();
    let freezes = manifest.freezes.into_iter();
    Some(DesiredFleet {
        account_place,
        fleet: manifest.fleet.value()?,
        account,
        role,
        budget: manifest.budget.value(),
        balance: manifest.balance.value().unwrap_or_default(),
        instances: resolved.instances,
        groups: resolved.groups,
        ungrouped: resolved.ungrouped,
        availability: availability.map(|at| at.value).collect(),
        freezes: freezes.map(|at| at.value).collect(),
        wish: None,
    })
}
