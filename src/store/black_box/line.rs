//! One line of a journal file: of the black box, and of an export.
//!
//! ```text
//! {"sum":"…","respec":"journal","format":1,"lineage":"…"}
//! {"sum":"…","commit":1,"last":2,"hash":"…","entry":{"at":…,"kind":…,"run":…,"seq":1}}
//! {"sum":"…","commit":1,"last":2,"hash":"…","entry":{"at":…,"kind":…,"run":…,"seq":2}}
//! {"sum":"…","plan":"…","digest":"…"}
//! {"sum":"…","end":2,"plans":1}
//! ```
//!
//! `sum` is the beginning of a SHA-256 over everything behind it, so that each line stands or falls by
//! itself; `hash` ties the entries to each other as it does in the database. `commit` and `last` are the
//! first and the last entry that became durable together: a commit is believed whole or not at all.

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::model::{Digest, Lineage};
use crate::store::history::chain::Claim;

/// Format of the lines; a higher one is refused, not guessed at.
pub(super) const FORMAT: u32 = 1;

/// How much of a digest guards a line: 64 bits, against damage and not against malice.
const SUM_CHARS: usize = 16;

/// What kind of file a header announces.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(in crate::store) enum FileKind {
    /// The black box: it goes on growing and may end in a torn commit.
    Journal,
    /// `state export`: it has an end, and is damaged without.
    Export,
}

/// The first line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Header {
    pub(super) respec: FileKind,
    pub(super) format: u32,
    pub(super) lineage: Lineage,
}

/// An entry, as its commit wrote it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct EntryLine {
    pub(super) commit: u64,
    pub(super) last: u64,
    pub(super) hash: String,
    /// Kept as text: the chain's digest is taken over these very bytes.
    pub(super) json: String,
}

/// A plan that was kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::store) struct PlanLine {
    pub(in crate::store) plan: Digest,
    pub(in crate::store) digest: Digest,
    /// The plan itself, in exports only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(in crate::store) text: Option<String>,
}

/// The last line of an export.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::store) struct EndLine {
    /// The number of the last entry.
    pub(in crate::store) end: u64,
    /// How many plans there are.
    pub(in crate::store) plans: usize,
}

/// A line that was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Line {
    Header(Header),
    Entry(EntryLine),
    Plan(PlanLine),
    End(EndLine),
}

#[derive(Deserialize)]
struct RawEntry<'a> {
    commit: u64,
    last: u64,
    hash: String,
    #[serde(borrow)]
    entry: &'a RawValue,
}

/// The line that begins a file.
pub(in crate::store) fn header(respec: FileKind, lineage: &Lineage) -> String {
    summed(&Header {
        respec,
        format: FORMAT,
        lineage: lineage.clone(),
    })
}

/// The line of one entry, whose commit ends with entry `last`.
pub(super) fn entry(claim: &Claim<'_>, last: u64) -> String {
    let Claim {
        commit, hash, json, ..
    } = claim;
    guarded(&format!(
        r#""commit":{commit},"last":{last},"hash":"{hash}","entry":{json}}}"#
    ))
}

/// The line of one plan.
pub(in crate::store) fn plan(plan: &PlanLine) -> String {
    summed(plan)
}

/// The line that ends an export.
pub(in crate::store) fn end(end: EndLine) -> String {
    summed(&end)
}

/// Reads one line, without its line break.
///
/// # Errors
/// What is wrong with it.
pub(super) fn read(bytes: &[u8]) -> Result<Line, String> {
    let text = std::str::from_utf8(bytes).map_err(|_| "it is not text".to_owned())?;
    let guarded = text.strip_prefix(r#"{"sum":""#);
    let (sum, rest) = guarded
        .and_then(|rest| rest.split_once(r#"","#))
        .ok_or("it has no checksum")?;
    if sum != sum_of(rest) {
        return Err("its checksum is wrong".into());
    }
    let unreadable = |error: serde_json::Error| error.to_string();
    // The checksum says that we wrote it, so the first key tells its kind.
    if rest.starts_with(r#""commit""#) {
        let raw: RawEntry<'_> = serde_json::from_str(text).map_err(unreadable)?;
        return Ok(Line::Entry(EntryLine {
            commit: raw.commit,
            last: raw.last,
            hash: raw.hash,
            json: raw.entry.get().to_owned(),
        }));
    }
    if rest.starts_with(r#""plan""#) {
        return serde_json::from_str(text)
            .map(Line::Plan)
            .map_err(unreadable);
    }
    if rest.starts_with(r#""end""#) {
        return serde_json::from_str(text)
            .map(Line::End)
            .map_err(unreadable);
    }
    serde_json::from_str(text)
        .map(Line::Header)
        .map_err(unreadable)
}

fn summed<T: Serialize>(value: &T) -> String {
    let json = serde_json::to_string(value).expect("lines are plain data with string keys");
    guarded(json.strip_prefix('{').unwrap_or(&json))
}

fn guarded(rest: &str) -> String {
    format!("{{\"sum\":\"{}\",{rest}\n", sum_of(rest))
}

fn sum_of(rest: &str) -> String {
    Digest::of_text(rest).short(SUM_CHARS).to_owned()
}

/// Lines of bytes; a last one without its line break is an error.
pub(super) struct Lines<'a> {
    /// What is left.
    pub(super) bytes: &'a [u8],
    /// Where in the file that begins.
    pub(super) at: u64,
}

impl<'a> Iterator for Lines<'a> {
    type Item = Result<&'a [u8], String>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.bytes.is_empty() {
            return None;
        }
        let end = self.bytes.iter().position(|&byte| byte == b'\n');
        let Some(end) = end else {
            self.bytes = &[];
            return Some(Err("it is cut short".into()));
        };
        let (line, rest) = self.bytes.split_at(end);
        self.bytes = &rest[1..];
        self.at += end as u64 + 1;
        Some(Ok(line))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CLAIM: Claim<'static> = Claim {
        seq: 3,
        commit: 2,
        hash: "abc",
        json: r#"{"seq":3,"note":"a \"quoted\",\"word\""}"#,
    };

    #[test]
    fn a_line_reads_back_and_any_turned_bit_shows() {
        let line = entry(&CLAIM, 4);
        let bytes = line.trim_end().as_bytes();
        let Ok(Line::Entry(read_back)) = read(bytes) else {
            panic!("{line}");
        };
        assert_eq!((read_back.commit, read_back.last), (2, 4));
        assert_eq!(read_back.json, CLAIM.json);
        for position in 0..bytes.len() {
            let mut turned = bytes.to_vec();
            turned[position] ^= 1;
            assert!(read(&turned).is_err(), "{position}");
        }
    }
}
