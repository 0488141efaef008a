//! Digests, and the canonical bytes they are taken over.

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

/// Characters of a SHA-256 in hex.
const HEX_CHARS: usize = 64;

/// A SHA-256 in lower-case hex.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Digest(String);

impl Digest {
    /// The digest of these bytes.
    #[must_use]
    pub fn of_bytes(bytes: &[u8]) -> Self {
        const DIGITS: &[u8; 16] = b"0123456789abcdef";
        let mut hex = String::with_capacity(HEX_CHARS);
        for byte in Sha256::digest(bytes) {
            hex.push(char::from(DIGITS[usize::from(byte >> 4)]));
            hex.push(char::from(DIGITS[usize::from(byte & 15)]));
        }
        Self(hex)
    }

    /// The digest of this text.
    #[must_use]
    pub fn of_text(text: &str) -> Self {
        Self::of_bytes(text.as_bytes())
    }

    /// The digest of a value's canonical JSON.
    #[must_use]
    pub fn of_value<T: Serialize>(value: &T) -> Self {
        Self::of_text(&canonical_json(value))
    }

    /// A digest in hex; none for any other text.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let hex = |b: u8| b.is_ascii_digit() || (b'a'..=b'f').contains(&b);
        let is_digest = text.len() == HEX_CHARS && text.bytes().all(hex);
        is_digest.then(|| Self(text.to_owned()))
    }

    /// All 64 characters.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The first characters, at most 64.
    #[must_use]
    pub fn short(&self, chars: usize) -> &str {
        self.0.get(..chars).unwrap_or(&self.0)
    }
}

impl std::fmt::Display for Digest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(&self.0)
    }
}

/// One text for one value: sorted keys, no blanks.
///
/// Our stored values hold no floats, so serde_json's sorted maps already give the form of RFC 8785.
#[must_use]
pub fn canonical_json<T: Serialize>(value: &T) -> String {
    let tree = serde_json::to_value(value).expect("our own types have string keys and no NaN");
    serde_json::to_string(&tree).expect("a tree of JSON can be written")
}
