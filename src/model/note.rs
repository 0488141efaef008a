//! One finding about something a person wrote, precise enough to point at it.

use serde::{Deserialize, Serialize};

/// How bad a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// The input is refused.
    Error,
    /// Worth a look; the run goes on.
    Warning,
}

/// A place in a file. Lines and columns count from 1, in characters; offsets in bytes.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Place {
    /// The file as the user named it.
    pub file: String,
    /// Line, from 1.
    pub line: usize,
    /// Column, from 1.
    pub column: usize,
    /// First byte of the marked text.
    pub start: usize,
    /// First byte after it.
    pub end: usize,
}

/// Text that would mend the finding when put in the place of the marked text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Suggestion {
    /// What the replacement is: `a key with a similar name exists`.
    pub title: String,
    /// The replacement.
    pub replacement: String,
}

/// One finding: what, where, and where it can, the fix.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// A stable code: `RS0007`.
    pub code: String,
    /// How bad it is.
    pub severity: Severity,
    /// One sentence without a full stop.
    pub message: String,
    /// Where; absent only for findings about a whole file that could not be read.
    pub place: Place,
    /// Short words beside the mark.
    pub label: String,
    /// A second place that belongs to it: `first defined here`.
    pub other: Option<(Place, String)>,
    /// A fix that could be taken as it is.
    pub suggestion: Option<Suggestion>,
    /// What to do, when no fix can be written out.
    pub help: Option<String>,
}
