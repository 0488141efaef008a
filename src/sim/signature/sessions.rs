//! Temporary keys: what assuming a role gives out, whose they are, and until when they sign.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::sim::scenario::{Key, Permissions};

/// The session of somebody who assumed a role.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Session {
    pub(crate) key: Key,
    pub(crate) role: String,
    /// The name the caller gave the session.
    pub(crate) name: String,
    /// On the calendar, as the vendor's credentials say it.
    pub(crate) expires: Timestamp,
}

/// All sessions ever begun, by the id of their key; ended ones stay, for their keys to be told as expired.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Sessions {
    begun: u64,
    by_key: BTreeMap<String, Session>,
}

/// Most sessions kept; beyond it the oldest is forgotten and its key becomes an unknown one.
const SESSIONS_MAX: usize = 10_000;

impl Sessions {
    pub(crate) fn get(&self, key_id: &str) -> Option<&Session> {
        self.by_key.get(key_id)
    }

    /// Begins a session with keys that are the same in every run.
    pub(crate) fn begin(&mut self, role: &str, name: &str, expires: Timestamp) -> &Session {
        self.begun += 1;
        if self.by_key.len() >= SESSIONS_MAX {
            self.by_key.pop_first();
        }
        // Zero-padded, so that the first by name is the oldest.
        let id = format!("STS.SIM{:017}", self.begun);
        let key = Key {
            id: id.clone(),
            secret: self.drawn("secret"),
            token: Some(format!("CAIS{}/==", self.drawn("token"))),
            permissions: Permissions::default(),
        };
        let session = Session {
            key,
            role: role.to_owned(),
            name: name.to_owned(),
            expires,
        };
        self.by_key.entry(id).or_insert(session)
    }

    fn drawn(&self, what: &str) -> String {
        let digest = Sha256::digest(format!("{what} of session {}", self.begun));
        digest.iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

/// Role ids are long decimal numbers; one for each role name.
pub(crate) fn role_id(role: &str) -> String {
    let digest = Sha256::digest(role);
    let digits = digest
        .iter()
        .take(15)
        .map(|byte| char::from(b'0' + byte % 10));
    format!("300{}", digits.collect::<String>())
}
