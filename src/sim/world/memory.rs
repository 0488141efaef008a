//! What the cloud remembers of earlier requests: nonces, client tokens and call rates.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::sim::protocol::reply::{Fields, Refusal};
use crate::sim::scenario::Rate;

/// Nonces seen lately; each is good once.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Nonces {
    seen: BTreeSet<String>,
    /// The same, oldest first.
    by_time: BTreeSet<(Timestamp, String)>,
}

/// Twice the skew: a request older than that is refused for its timestamp already.
const NONCE_MEMORY: SignedDuration = SignedDuration::from_mins(30);

/// Most nonces kept; 100 calls a second for half an hour make 180,000.
const NONCES_MAX: usize = 1_000_000;

impl Nonces {
    /// Takes a nonce, or refuses it as a replay.
    pub(crate) fn spend(&mut self, nonce: &str, wall: Timestamp) -> Result<(), Refusal> {
        self.forget(wall);
        if !self.seen.insert(nonce.to_owned()) {
            return Err(Refusal::new(
                400,
                "SignatureNonceUsed",
                "This nonce was used before; each request needs its own.",
            ));
        }
        self.by_time.insert((wall, nonce.to_owned()));
        Ok(())
    }

    fn forget(&mut self, wall: Timestamp) {
        while let Some((at, _)) = self.by_time.first() {
            let fresh = wall.duration_since(*at) <= NONCE_MEMORY;
            if fresh && self.seen.len() < NONCES_MAX {
                return;
            }
            if let Some((_, nonce)) = self.by_time.pop_first() {
                self.seen.remove(&nonce);
            }
        }
    }
}

/// Client tokens and what they were answered with.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Tokens(BTreeMap<String, Spent>);

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Spent {
    at: Duration,
    parameters: BTreeMap<String, String>,
    answer: Fields,
}

/// What is known of a client token.
pub(crate) enum Known {
    /// It was not seen, or too long ago.
    Nothing,
    /// It came with this very request, which was answered so.
    Answer(Fields),
    /// It came with another request.
    Other,
}

/// Most tokens kept; beyond it the one that sorts first goes, which no scenario reaches.
const TOKENS_MAX: usize = 1_000_000;

impl Tokens {
    /// Whether a token came before, and whether with the same request.
    pub(crate) fn recall(
        &mut self,
        token: &str,
        parameters: &BTreeMap<String, String>,
        now: Duration,
        memory: Duration,
    ) -> Known {
        let Some(spent) = self.0.get(token) else {
            return Known::Nothing;
        };
        if now.saturating_sub(spent.at) > memory {
            self.0.remove(token);
            return Known::Nothing;
        }
        if spent.parameters != *parameters {
            return Known::Other;
        }
        Known::Answer(spent.answer.clone())
    }

    /// Keeps the answer of a request that succeeded; a refused one may be sent again.
    pub(crate) fn keep(
        &mut self,
        token: &str,
        parameters: BTreeMap<String, String>,
        answer: Fields,
        at: Duration,
    ) {
        if self.0.len() >= TOKENS_MAX {
            self.0.pop_first();
        }
        let spent = Spent {
            at,
            parameters,
            answer,
        };
        self.0.insert(token.to_owned(), spent);
    }
}

/// Calls of each operation in its running window.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Throttle(BTreeMap<String, Window>);

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
struct Window {
    index: u128,
    calls: u32,
}

impl Throttle {
    /// Counts a call, or refuses it until the next window begins.
    pub(crate) fn admit(
        &mut self,
        operation: &str,
        rate: &Rate,
        now: Duration,
    ) -> Result<(), Refusal> {
        let length = rate.per.0.as_millis().max(1);
        let window = self.0.entry(operation.to_owned()).or_default();
        let index = now.as_millis() / length;
        if window.index != index {
            *window = Window { index, calls: 0 };
        }
        if window.calls < rate.calls {
            window.calls += 1;
            return Ok(());
        }
        let left = length - now.as_millis() % length;
        Err(throttled(Duration::from_millis(
            u64::try_from(left).unwrap_or(u64::MAX),
        )))
    }
}

/// 400 `Throttling.User` with the wait newer gateways name in a header; the plain code is the cool-down's (R52, R54).
pub(crate) fn throttled(wait: Duration) -> Refusal {
    let message = "This operation was called too often; slow down and try again.";
    Refusal {
        retry_after: Some(wait),
        ..Refusal::new(400, "Throttling.User", message)
    }
}
