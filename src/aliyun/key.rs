//! An access key in memory: zeroed when it is dropped, and stars wherever it is printed.

use jiff::Timestamp;
use secrecy::{ExposeSecret as _, SecretString};

use crate::model::RegionId;

/// An access key, temporary when it has a token. Printing it shows stars.
#[derive(Clone)]
pub struct AccessKey {
    /// The AccessKey ID.
    pub id: String,
    /// The AccessKey secret.
    pub secret: SecretString,
    /// The STS token of temporary keys.
    pub token: Option<SecretString>,
}

impl AccessKey {
    /// Whether both are the same key of the same session.
    pub(super) fn is(&self, other: &Self) -> bool {
        let token = self.token.as_ref().map(|token| token.expose_secret());
        let others = other.token.as_ref().map(|token| token.expose_secret());
        self.id == other.id && token == others
    }
}

impl std::fmt::Debug for AccessKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("AccessKey")
            .field("id", &"****")
            .field("secret", &"****")
            .field("token", &self.token.as_ref().map(|_| "****"))
            .finish()
    }
}

/// A key as somebody gave it out.
#[derive(Debug, Clone)]
pub(super) struct Issued {
    /// The key.
    pub(super) key: AccessKey,
    /// When it stops working; none when it does not say so.
    pub(super) expires: Option<Timestamp>,
    /// The region that is written beside it, if one is.
    pub(super) region: Option<RegionId>,
    /// The origin of the STS that gave it, if one did: it can be reached from here.
    pub(super) sts: Option<String>,
}

impl Issued {
    /// A key that does not say when it ends.
    pub(super) fn lasting(key: AccessKey) -> Self {
        Self {
            key,
            expires: None,
            region: None,
            sts: None,
        }
    }
}
