//! A hold in words, as plans, notes and the journal have it.

use std::fmt;

use jiff::Timestamp;

use super::hold::Hold;

impl fmt::Display for Hold {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Failures {
                crowd,
                failures,
                tolerated,
            } => write!(
                f,
                "{failures} of {crowd} failed, {tolerated} are tolerated (max_failures)"
            ),
            Self::Frozen { reason, until } => {
                write!(f, "frozen until {}: {reason}", told(*until))
            }
            Self::Window {
                crowd,
                opens: Some(opens),
            } => {
                write!(f, "the window of {crowd} is shut until {}", told(*opens))
            }
            Self::Window { crowd, opens: None } => {
                write!(f, "the window of {crowd} does not open again")
            }
            Self::TooLate {
                crowd,
                needs,
                closes,
                ..
            } => write!(
                f,
                "it needs {} s, and {crowd} may change until {} only",
                needs.as_secs(),
                told(*closes)
            ),
            Self::Batch {
                crowd,
                open,
                unfinished,
            } => write!(
                f,
                "batch {open} of {crowd} has not ended ({unfinished} to go)"
            ),
            Self::Wait { .. } | Self::Approval { .. } | Self::Check { .. } => self.tell_gate(f),
            Self::Unavailable { crowd, down, limit } => write!(
                f,
                "{down} of {crowd} are down already, {limit} may be (max_unavailable)"
            ),
            Self::Spread { crowd, zone } => write!(
                f,
                "machines of {crowd} are down in {zone}, one zone goes at a time (spread)"
            ),
            Self::Availability { name, down, limit } => write!(
                f,
                "{down} machines of availability {name} are down already, {limit} may be"
            ),
        }
    }
}

impl Hold {
    /// What a gate holds for; nothing about any other hold.
    fn tell_gate(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Wait {
                crowd,
                after,
                until,
            } => write!(
                f,
                "the gate after batch {after} of {crowd} waits until {}",
                told(*until)
            ),
            Self::Approval { crowd, after } => write!(
                f,
                "the gate after batch {after} of {crowd} waits to be approved"
            ),
            Self::Check {
                crowd,
                after,
                seen: None,
            } => write!(
                f,
                "the gate after batch {after} of {crowd} looks whether all is well"
            ),
            Self::Check {
                crowd,
                after,
                seen: Some(seen),
            } => write!(
                f,
                "the gate after batch {after} of {crowd} stays shut: its check {seen}"
            ),
            Self::Failures { .. }
            | Self::Frozen { .. }
            | Self::Window { .. }
            | Self::TooLate { .. }
            | Self::Batch { .. }
            | Self::Unavailable { .. }
            | Self::Spread { .. }
            | Self::Availability { .. } => Ok(()),
        }
    }
}

/// To the second: gates may be short.
fn told(at: Timestamp) -> String {
    at.strftime("%Y-%m-%d %H:%M:%S UTC").to_string()
}
