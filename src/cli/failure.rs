//! What a command ends with when it cannot go on: one kind, one exit code, one table.

use std::error::Error;

use crate::aliyun::{CredentialsError, Looked};
use crate::cloud::{CloudError, ErrorKind};
use crate::guide::permissions;
use crate::model::exit;
use crate::report::run::advice;
use crate::store::StoreError;

/// The situations a command can fail in. Each has its exit code and means a different person.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Situation {
    /// Nothing below; nothing was changed.
    Other,
    /// A plan is stale, expired, altered or made for another fleet; nothing was touched.
    Stale,
    /// Another process holds the state.
    Locked,
    /// A guard refused: nothing is left that is not blocked, or a price is not known.
    Refused,
    /// An open run stands in the way.
    OpenRun,
    /// An open run stood in the way, and settling it ended with something that weighs more: its exit code.
    Settling(u8),
    /// Something may have been done and nobody could see it: a person looks.
    PersonNeeded,
    /// Somebody asked to stop: 130 or 143.
    Interrupted(u8),
    /// The command line is wrong.
    Usage,
    /// A file is wrong.
    BadInput,
    /// The cloud does not accept the credentials, or they may not do this.
    Credentials,
}

impl Situation {
    /// The exit code.
    #[must_use]
    pub fn exit_code(self) -> u8 {
        match self {
            Self::Other => exit::FAILED,
            Self::Stale => exit::STALE,
            Self::Locked => exit::LOCKED,
            Self::Refused => exit::REFUSED,
            Self::OpenRun => exit::PAUSED,
            Self::PersonNeeded => exit::PERSON_NEEDED,
            Self::Settling(code) | Self::Interrupted(code) => code,
            Self::Usage => exit::USAGE,
            Self::BadInput => exit::BAD_INPUT,
            Self::Credentials => exit::CREDENTIALS,
        }
    }
}

/// A failure on its way to the terminal.
#[derive(Debug)]
pub struct Failure {
    /// Which situation.
    pub situation: Situation,
    /// What could not be done, then what caused it, and so on down.
    pub chain: Vec<String>,
    /// What belongs to it, line by line.
    pub details: Vec<String>,
    /// What to do next; each a sentence or a command.
    pub hints: Vec<String>,
    /// Text that was rendered already, such as findings with their source lines.
    pub rendered: Option<String>,
    /// How many lines of the JSON stream a run has written before this.
    pub told: Option<u64>,
}

impl Failure {
    /// A failure without a cause behind it.
    pub fn new(situation: Situation, message: impl Into<String>) -> Self {
        Self {
            situation,
            chain: vec![message.into()],
            details: Vec::new(),
            hints: Vec::new(),
            rendered: None,
            told: None,
        }
    }

    /// A failure to do something, with the error and its causes.
    pub fn from_error(situation: Situation, doing: &str, error: &dyn Error) -> Self {
        let mut chain = vec![format!("failed to {doing}"), error.to_string()];
        let mut source = error.source();
        while let Some(cause) = source {
            chain.push(cause.to_string());
            source = cause.source();
        }
        Self {
            situation,
            chain,
            details: Vec::new(),
            hints: Vec::new(),
            rendered: None,
            told: None,
        }
    }

    /// Adds what to do next.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hints.push(hint.into());
        self
    }

    /// A failure behind a run that was told.
    #[must_use]
    pub fn after(mut self, lines: u64) -> Self {
        self.told = Some(lines);
        self
    }

    /// The cloud refused to be read, or could not be reached.
    pub fn cloud(doing: &str, error: &CloudError) -> Self {
        Self::refused(doing, error, "nothing was changed")
    }

    /// The cloud refused; `stands` says what is as it was before.
    pub fn refused(doing: &str, error: &CloudError, stands: &str) -> Self {
        let situation = match error.kind {
            ErrorKind::Credentials | ErrorKind::Denied => Situation::Credentials,
            ErrorKind::Throttled
            | ErrorKind::CoolingDown
            | ErrorKind::Busy
            | ErrorKind::Pending
            | ErrorKind::WrongState
            | ErrorKind::NoStock
            | ErrorKind::Quota
            | ErrorKind::Money
            | ErrorKind::UnpaidOrder
            | ErrorKind::NotOrdered
            | ErrorKind::NotFound
            | ErrorKind::Locked
            | ErrorKind::Unsupported
            | ErrorKind::Invalid
            | ErrorKind::TokenMismatch
            | ErrorKind::Unlisted
            | ErrorKind::Fault
            | ErrorKind::Unanswered
            | ErrorKind::NotSent => Situation::Other,
        };
        let mut failure = Self::from_error(situation, doing, error);
        if let Some(request) = &error.request_id {
            failure.chain.push(format!("request: {request}"));
        }
        let next = advice(error.code.as_deref(), &error.to_string());
        failure.hints.extend(next);
        let mut rights = permissions::ALL.iter();
        let right = rights.find(|right| right.operation() == error.operation);
        match (error.kind, right) {
            (ErrorKind::Denied, Some(right)) => failure.hint(format!(
                "grant `{}` to these credentials; {stands}",
                right.action
            )),
            (kind, _) => failure.hint(match what_next(kind) {
                Some(next) => format!("{next}; {stands}"),
                None => stands.to_owned(),
            }),
        }
    }

    /// There is no key to sign with.
    pub fn credentials(error: &CredentialsError) -> Self {
        match error {
            CredentialsError::NotFound { looked } => Self {
                details: looked.iter().map(place).collect(),
                ..Self::new(Situation::Credentials, error.to_string())
            }
            .hint(
                "set ALIBABA_CLOUD_ACCESS_KEY_ID and ALIBABA_CLOUD_ACCESS_KEY_SECRET, or make a profile: \
                 aliyun configure; docs/credentials.md has every way",
            ),
            CredentialsError::Refused { error: cause, .. } => {
                let situation = if error.passes() {
                    Situation::Other
                } else {
                    Situation::Credentials
                };
                let mut failure = Self::from_error(situation, "get credentials", error);
                let request = cause.request_id.as_ref();
                failure
                    .chain
                    .extend(request.map(|request| format!("request: {request}")));
                match situation {
                    Situation::Credentials => failure.hint(
                        "check the role's name and whom it trusts; nothing was changed",
                    ),
                    _ => failure.hint("nothing was changed; try again"),
                }
            }
            CredentialsError::Incomplete { .. } => {
                Self::from_error(Situation::Credentials, "get credentials", error)
                    .hint("set all of them, or none")
            }
            CredentialsError::UnreadableFile { .. }
            | CredentialsError::ProfilesOff { .. }
            | CredentialsError::UnusableProfile { .. }
            | CredentialsError::NoKey { .. }
            | CredentialsError::NoAnswer { .. }
            | CredentialsError::Expired { .. }
            | CredentialsError::Address { .. }
            | CredentialsError::InvalidRegion(_) => {
                Self::from_error(Situation::Credentials, "get credentials", error)
            }
        }
    }

    /// The state could not be opened, read or written.
    pub fn store(doing: &str, error: &StoreError) -> Self {
        match error {
            StoreError::Locked { .. } => Self::from_error(Situation::Locked, doing, error)
                .hint("wait for it: --lock-timeout 10m; the lock ends with that process"),
            StoreError::DiskFull { .. } | StoreError::FullMidway(_) => {
                Self::from_error(Situation::Other, doing, error)
                    .hint("make room, then do the same again")
            }
            StoreError::NoPlan(_) | StoreError::LostPlan { .. } => {
                Self::from_error(Situation::Other, doing, error)
                    .hint("put the folder `plans` of the state back, or see docs/recovery.md")
            }
            _ => Self::from_error(Situation::Other, doing, error),
        }
    }
}

/// What to do about a refusal of this kind, where something can be done about all of them.
fn what_next(kind: ErrorKind) -> Option<&'static str> {
    match kind {
        ErrorKind::Credentials | ErrorKind::Denied => Some("check the key and its policy"),
        ErrorKind::Fault | ErrorKind::Unanswered => Some(
            "try again; if it stays, look for a proxy, a VPN or a login page between here and the \
             service",
        ),
        ErrorKind::NotSent => {
            Some("check the network, the name of the endpoint and its certificate")
        }
        ErrorKind::Throttled
        | ErrorKind::CoolingDown
        | ErrorKind::Busy
        | ErrorKind::Pending
        | ErrorKind::NotOrdered => Some("wait a minute and try again"),
        ErrorKind::WrongState
        | ErrorKind::NoStock
        | ErrorKind::Quota
        | ErrorKind::Money
        | ErrorKind::UnpaidOrder
        | ErrorKind::NotFound
        | ErrorKind::Locked
        | ErrorKind::Unsupported
        | ErrorKind::Invalid
        | ErrorKind::TokenMismatch
        | ErrorKind::Unlisted => None,
    }
}

/// How a command ended that did not fail: its exit code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Done {
    /// All is well.
    Fine,
    /// `plan -detailed-exitcode` or `drift`: something differs.
    Differs,
    /// As the run says.
    Run(u8),
}

impl Done {
    /// The exit code.
    #[must_use]
    pub fn exit_code(self) -> u8 {
        match self {
            Self::Fine => exit::DONE,
            Self::Differs => exit::DIFFERS,
            Self::Run(code) => code,
        }
    }
}

fn place(looked: &Looked) -> String {
    format!("{:<16}  {}", looked.place, looked.why)
}
