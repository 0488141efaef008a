//! What "good again" means for a machine, and what is run around its outage.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::facts::Template;

/// When a machine counts as up (`health`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Health {
    /// What is looked at.
    pub ready: Probe,
    /// A machine that has not been ready for `hold` by then has failed.
    pub within: Duration,
    /// It must stay ready this long before it counts as up.
    pub hold: Duration,
}

/// One way to see that something is as it should be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Probe {
    /// The machine's status is Running.
    Status,
    /// Something accepts connections at this address, `host:port`.
    Tcp(Template),
    /// A request is answered well.
    Http(HttpProbe),
    /// A command ends with 0.
    Command(Command),
}

/// A GET request, and which answer is a good one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HttpProbe {
    /// Where it goes.
    pub url: Template,
    /// The status that is good; any from 200 to 299 when unwritten.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// Text that the body must contain.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body: Option<String>,
}

/// What is looked at before the batch behind a gate may begin (`check`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Check {
    /// What is looked at; never [`Probe::Status`], since no machine is meant.
    pub probe: Probe,
    /// Between two looks.
    pub every: Duration,
    /// So many looks may show something bad; the next one pauses the run.
    pub failures: u32,
}

/// A program with its arguments; no shell reads them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Command(pub Vec<Template>);

/// A command that is run at one moment of an outage, and how long it may take.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hook {
    /// What is run.
    pub command: Command,
    /// It is ended and has failed after this.
    pub within: Duration,
}

/// What is run around an outage (`before_stop`, `after_start`).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hooks {
    /// Before the machine is stopped.
    pub before_stop: Option<Hook>,
    /// After every start, once the machine is up again.
    pub after_start: Option<Hook>,
}

/// The two moments of an outage at which a command is run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Moment {
    /// Before a stop, while the machine still serves: what takes it out of service.
    BeforeStop,
    /// After a start, once it is up and healthy again: what puts it back into service.
    AfterStart,
}

impl Moment {
    /// The key of the manifest.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::BeforeStop => "before_stop",
            Self::AfterStart => "after_start",
        }
    }
}

impl Hooks {
    pub(super) fn are_none(&self) -> bool {
        self.before_stop.is_none() && self.after_start.is_none()
    }
}

impl Probe {
    /// Every text of it that facts are filled into.
    #[must_use]
    pub fn templates(&self) -> Vec<&Template> {
        match self {
            Self::Status => Vec::new(),
            Self::Tcp(address) => vec![address],
            Self::Http(http) => vec![&http.url],
            Self::Command(command) => command.0.iter().collect(),
        }
    }
}

impl std::fmt::Display for Probe {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Status => f.write_str("Running"),
            Self::Tcp(address) => write!(f, "tcp {address}"),
            Self::Http(http) => http.fmt(f),
            Self::Command(command) => write!(f, "command {command}"),
        }
    }
}

impl std::fmt::Display for HttpProbe {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.url)?;
        if let Some(status) = self.status {
            write!(f, " answers {status}")?;
        }
        match &self.body {
            Some(body) => write!(f, " with {body:?}"),
            None => Ok(()),
        }
    }
}

impl std::fmt::Display for Command {
    /// The words as they are run, each with a space in it in quotes.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for (position, Template(word)) in self.0.iter().enumerate() {
            let gap = if position == 0 { "" } else { " " };
            let is_plain = !word.is_empty() && !word.contains(|c: char| c.is_whitespace());
            if is_plain {
                write!(f, "{gap}{word}")?;
            } else {
                write!(f, "{gap}{word:?}")?;
            }
        }
        Ok(())
    }
}
