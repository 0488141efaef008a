//! Why there is no access key. Nothing here ever holds a secret.

use jiff::Timestamp;

use crate::aliyun::endpoint::EndpointError;
use crate::cloud::{CloudError, Outcome};

/// One place where credentials were looked for, and why it had none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Looked {
    /// The place: `environment`, `CLI profile`, …
    pub place: &'static str,
    /// Why it had none, in a few words.
    pub why: String,
}

/// Why there is no access key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CredentialsError {
    /// No place has any.
    #[error("no credentials")]
    NotFound {
        /// Every place, in the order in which they were asked.
        looked: Vec<Looked>,
    },
    /// Some of the variables that belong together are there.
    #[error("{present} set, but not {missing}")]
    Incomplete {
        /// The variable that is set.
        present: String,
        /// What is missing beside it.
        missing: String,
    },
    /// A file is not what it should be. Its text is not repeated: it holds secrets.
    #[error("{path} cannot be read: {why}")]
    UnreadableFile {
        /// The file.
        path: String,
        /// What is wrong with it, or where.
        why: String,
    },
    /// A profile was asked for by name while profiles are switched off.
    #[error("profile `{name}` is asked for, but {switch} switches profiles off")]
    ProfilesOff {
        /// The profile.
        name: String,
        /// The variable that does it.
        switch: &'static str,
    },
    /// A profile cannot give a key.
    #[error("profile `{profile}` in {path}: {why}")]
    UnusableProfile {
        /// The profile.
        profile: String,
        /// The file it stands in.
        path: String,
        /// What is wrong, and the way out where there is one.
        why: String,
    },
    /// Whoever gives out keys refused, or could not be reached.
    #[error("failed to {doing}")]
    Refused {
        /// What was asked for.
        doing: String,
        /// The refusal, with code and request id.
        #[source]
        error: Box<CloudError>,
    },
    /// An answer that should hold a key does not. It is not repeated.
    #[error("{from}: {why}")]
    NoKey {
        /// Who answered.
        from: String,
        /// What is wrong.
        why: String,
    },
    /// Nobody answers who could give a key.
    #[error("{from}: {why}")]
    NoAnswer {
        /// Who was asked.
        from: String,
        /// What happened instead.
        why: String,
    },
    /// A key that has ended already.
    #[error("{from}: the key ended at {at}")]
    Expired {
        /// Who gave it.
        from: String,
        /// When it ended.
        at: Timestamp,
    },
    /// An address of STS or of a credentials URI is not one.
    #[error("{name} is no address that can be used")]
    Address {
        /// The variable or field.
        name: String,
        /// What is wrong with it.
        #[source]
        error: EndpointError,
    },
    /// The default region is not a region's name.
    #[error("the default region is not valid")]
    InvalidRegion(#[source] crate::model::InvalidId),
}

impl CredentialsError {
    /// Whether only the way to a key is blocked, which passes by itself.
    #[must_use]
    pub fn passes(&self) -> bool {
        match self {
            Self::NoAnswer { .. } => true,
            Self::Refused { error, .. } => error.outcome() == Outcome::Unknown || error.passes(),
            Self::NotFound { .. }
            | Self::Incomplete { .. }
            | Self::UnreadableFile { .. }
            | Self::ProfilesOff { .. }
            | Self::UnusableProfile { .. }
            | Self::NoKey { .. }
            | Self::Expired { .. }
            | Self::Address { .. }
            | Self::InvalidRegion(_) => false,
        }
    }
}

/// How a place fails to give a key.
///
/// The difference decides whether the next place is asked. Whoever wrote half of something meant it:
/// going on to the next place could change the wrong account.
#[derive(Debug)]
pub(in crate::aliyun) enum NotProvided {
    /// Nothing is set up there, and why that is seen.
    Absent(String),
    /// Nobody answers there, and nobody said that somebody would. In the middle of a run it passes.
    Unreached(String),
    /// Something is set up there and does not work.
    Failed(CredentialsError),
}

impl From<CredentialsError> for NotProvided {
    fn from(error: CredentialsError) -> Self {
        Self::Failed(error)
    }
}

impl NotProvided {
    /// As an error, for a place that was asked for by name.
    pub(in crate::aliyun) fn into_error(self, from: &str) -> CredentialsError {
        match self {
            Self::Failed(error) => error,
            Self::Absent(why) => CredentialsError::NoKey {
                from: from.to_owned(),
                why,
            },
            Self::Unreached(why) => CredentialsError::NoAnswer {
                from: from.to_owned(),
                why,
            },
        }
    }
}
