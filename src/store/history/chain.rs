//! Journal records, each tied to the one before: what was changed, cut out or put in is noticed.
//!
//! A record is one header line and the entry's canonical JSON:
//!
//! ```text
//! respec-entry 1 <seq> <first seq of its commit> <sha-256>
//! {"at":…,"kind":…,"run":…,"seq":…}
//! ```
//!
//! The digest is taken over the previous record's digest, the header up to the digest, and the JSON.

use serde::{Deserialize, Serialize};

use crate::model::{Digest, Lineage, canonical_json};
use crate::saga::Entry;

/// Format of the records; a higher one is refused, not guessed at.
const FORMAT: u32 = 1;

const MAGIC: &str = "respec-entry";

/// Where the chain ends: the last entry's number, 0 before the first, and its digest.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::store) struct Head {
    pub(in crate::store) seq: u64,
    pub(in crate::store) hash: Digest,
}

/// A record as it was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::store) struct Record {
    /// The number of the first entry of the same commit.
    pub(super) commit: u64,
    /// The digest the record claims; [`verify`] has compared it.
    pub(super) hash: Digest,
    pub(in crate::store) entry: Entry,
}

impl Record {
    /// The end of the chain behind it.
    pub(in crate::store) fn head(&self) -> Head {
        Head {
            seq: self.entry.seq,
            hash: self.hash.clone(),
        }
    }
}

impl Head {
    /// The end of an empty chain; no two histories share it.
    pub(in crate::store) fn genesis(lineage: &Lineage) -> Self {
        let text = format!("{MAGIC} {FORMAT} genesis {}", lineage.as_str());
        Self {
            seq: 0,
            hash: Digest::of_text(&text),
        }
    }

    /// Ties an entry to the chain: the new end, and the bytes to store.
    pub(super) fn link(&self, commit: u64, entry: &Entry) -> (Self, Vec<u8>) {
        let json = canonical_json(entry);
        let header = format!("{MAGIC} {FORMAT} {} {commit}", entry.seq);
        let hash = digest(self.hash.as_str(), &header, &json);
        let bytes = format!("{header} {}\n{json}", hash.as_str()).into_bytes();
        let seq = entry.seq;
        (Self { seq, hash }, bytes)
    }
}

/// A record taken apart, unchecked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::store) struct Claim<'a> {
    pub(in crate::store) seq: u64,
    pub(in crate::store) commit: u64,
    pub(in crate::store) hash: &'a str,
    pub(in crate::store) json: &'a str,
}

impl Claim<'_> {
    /// The record again, byte for byte.
    pub(in crate::store) fn record(&self) -> Vec<u8> {
        let Self {
            seq,
            commit,
            hash,
            json,
        } = self;
        format!("{MAGIC} {FORMAT} {seq} {commit} {hash}\n{json}").into_bytes()
    }
}

/// What a record says of itself; none when it has no readable header.
pub(in crate::store) fn claim(bytes: &[u8]) -> Option<Claim<'_>> {
    let Parts { header, hash, json } = split(bytes)?;
    let numbers = header.strip_prefix(&format!("{MAGIC} {FORMAT} "))?;
    let (seq, commit) = numbers.split_once(' ')?;
    Some(Claim {
        seq: seq.parse().ok()?,
        commit: commit.parse().ok()?,
        hash,
        json,
    })
}

/// Checks a record against the digest of the one before, and reads it.
pub(in crate::store) fn verify(previous: &str, seq: u64, bytes: &[u8]) -> Result<Record, String> {
    let parts = split(bytes).ok_or_else(|| format!("entry {seq} has no readable header"))?;
    let hash = digest(previous, parts.header, parts.json);
    if hash.as_str() != parts.hash {
        return Err(format!(
            "entry {seq} does not follow from the one before it"
        ));
    }
    let commit = commit_of(parts.header, seq)
        .ok_or_else(|| format!("entry {seq} begins with `{}`", parts.header))?;
    let entry: Entry =
        serde_json::from_str(parts.json).map_err(|e| format!("entry {seq} is unreadable: {e}"))?;
    if entry.seq != seq {
        return Err(format!("entry {} is stored as entry {seq}", entry.seq));
    }
    Ok(Record {
        commit,
        hash,
        entry,
    })
}

/// The digest a record claims, unchecked: what the next one is tied to.
pub(in crate::store) fn claimed_hash(bytes: &[u8]) -> Option<&str> {
    split(bytes).map(|parts| parts.hash)
}

struct Parts<'a> {
    header: &'a str,
    hash: &'a str,
    json: &'a str,
}

fn split(bytes: &[u8]) -> Option<Parts<'_>> {
    let (line, json) = std::str::from_utf8(bytes).ok()?.split_once('\n')?;
    let (header, hash) = line.rsplit_once(' ')?;
    Some(Parts { header, hash, json })
}

/// The commit in the header of entry `seq`; none when the header is of another format or entry.
fn commit_of(header: &str, seq: u64) -> Option<u64> {
    let commit = header.strip_prefix(&format!("{MAGIC} {FORMAT} {seq} "))?;
    commit.parse().ok()
}

fn digest(previous: &str, header: &str, json: &str) -> Digest {
    Digest::of_text(&format!("{previous}\n{header}\n{json}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{AccountId, FleetName, RunId};
    use crate::saga::Kind;

    fn genesis() -> Head {
        let account = AccountId::new("1234567890123456").unwrap();
        let fleet = FleetName::new("shop").unwrap();
        Head::genesis(&Lineage::of(&account, &fleet))
    }

    fn entry(seq: u64) -> Entry {
        Entry {
            seq,
            at: "2026-11-10T02:00:00Z".parse().unwrap(),
            run: RunId::new("run-1").unwrap(),
            kind: Kind::RunClosed { exit_code: 0 },
        }
    }

    const GOLDEN: &str = concat!(
        "respec-entry 1 1 1 71a06d69a6717c1c21b38a9951f8e61ff1494d57bb6b2a20a468cd5e1bca7e91\n",
        r#"{"at":"2026-11-10T02:00:00Z","kind":{"exit_code":0,"kind":"run_closed"},"#,
        r#""run":"run-1","seq":1}"#
    );

    #[test]
    fn a_record_reads_back_and_its_bytes_never_change() {
        let (head, bytes) = genesis().link(1, &entry(1));
        let record = verify(genesis().hash.as_str(), 1, &bytes).unwrap();
        assert_eq!(record.entry, entry(1));
        assert_eq!(record.head(), head);
        assert_eq!(String::from_utf8(bytes).unwrap(), GOLDEN);
    }

    #[test]
    fn any_changed_byte_breaks_the_chain() {
        let (head, first) = genesis().link(1, &entry(1));
        let (_, second) = head.link(2, &entry(2));
        for position in 0..second.len() {
            let mut changed = second.clone();
            changed[position] ^= 1;
            assert!(
                verify(head.hash.as_str(), 2, &changed).is_err(),
                "{position}"
            );
        }
        assert!(verify(genesis().hash.as_str(), 2, &second).is_err());
        assert!(verify(head.hash.as_str(), 2, &first).is_err());
    }
}
