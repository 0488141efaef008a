//! What an error code means for the machine it is about.
//!
//! In: an operation, a code, an HTTP status. Out: an [`ErrorKind`], and whom the refusal speaks for, a [`Reach`].
//! The code decides; the vendor uses 400 and 403 almost at random, so the status counts only where the code says
//! nothing. Messages are never read: they are for people.

mod table;
mod reaches;
#[cfg(test)]
mod tests;

use crate::cloud::{ErrorKind, Reach};

/// Codes that mean something else on one operation: operation, code, meaning.
const EXCEPTIONS: &[(&str, &str, ErrorKind)] = &[
    // R52: on these two the plain code asks for five minutes for this one machine; the longer codes
    // (`Throttling.User`) still speak of the call rate.
    (
        "ModifyInstanceNetworkSpec",
        "Throttling",
        ErrorKind::CoolingDown,
    ),
    ("ModifyInstanceSpec", "Throttling", ErrorKind::CoolingDown),
    // R63: out of stock comes with or without `.NoStock`.
    ("ModifyInstanceSpec", "OperationDenied", ErrorKind::NoStock),
    // Here the account is not entitled to the call.
    (
        "ModifyPrepayInstanceSpec",
        "OperationDenied",
        ErrorKind::Denied,
    ),
    // The image cannot run on the type; on other calls the parameters contradict each other.
    (
        "ModifyInstanceSpec",
        "InvalidParameter.Conflict",
        ErrorKind::Unsupported,
    ),
];

/// Codes that may mean something else as well, and nothing tells which: operation, code, the other meaning.
const SECOND_MEANINGS: &[(&str, &str, ErrorKind)] = &[
    // R52, R54: on the other two modify calls the plain code is the five minutes of one machine; the page of this one
    // (004) speaks of the call rate alone, and a machine that was just changed rests all the same.
    (
        "ModifyPrepayInstanceSpec",
        "Throttling",
        ErrorKind::CoolingDown,
    ),
];

/// Families: what a code that stands in no table means by its beginning, in lower case.
const FAMILIES: &[(&str, ErrorKind)] = &[
    ("forbidden.", ErrorKind::Denied),
    ("internalerror", ErrorKind::Fault),
    ("invalidaccesskeyid.", ErrorKind::Credentials),
    ("invalidparameter.", ErrorKind::Invalid),
    ("invalidsecuritytoken.", ErrorKind::Credentials),
    ("invalidtimestamp.", ErrorKind::Credentials),
    ("missing", ErrorKind::Invalid),
    ("nopermission", ErrorKind::Denied),
    ("quotaexceed", ErrorKind::Quota),
    ("throttling", ErrorKind::Throttled),
];

/// The meaning of a code on this operation.
///
/// A code nobody knows is a definite refusal, except with a status that speaks of the call rate or of
/// a fault: then the status is believed, since "certainly not done" would be a guess.
pub fn classify(operation: &str, code: &str, status: u16) -> ErrorKind {
    exception(operation, code)
        .or_else(|| listed(code))
        .or_else(|| family(code))
        .unwrap_or(match status {
            429 => ErrorKind::Throttled,
            500.. => ErrorKind::Fault,
            _ => ErrorKind::Unlisted,
        })
}

/// What a code may mean on this operation beside what [`classify`] says.
#[must_use]
pub fn second_meaning(operation: &str, code: &str) -> Option<ErrorKind> {
    on_this_operation(SECOND_MEANINGS, operation, code)
}

/// Whom a refusal of this kind speaks for, with this code on this operation.
#[must_use]
pub fn reach(operation: &str, code: &str, kind: ErrorKind) -> Reach {
    let row = reaches::REACHES.iter().find(|(listed, on, _)| {
        listed.eq_ignore_ascii_case(code) && (on.is_empty() || on.contains(&operation))
    });
    row.map_or(kind.reach(), |(_, _, reach)| *reach)
}

fn exception(operation: &str, code: &str) -> Option<ErrorKind> {
    on_this_operation(EXCEPTIONS, operation, code)
}

fn on_this_operation(
    rows: &[(&str, &str, ErrorKind)],
    operation: &str,
    code: &str,
) -> Option<ErrorKind> {
    rows.iter()
        .find(|(on, listed, _)| *on == operation && listed.eq_ignore_ascii_case(code))
        .map(|(_, _, kind)| *kind)
}

fn listed(code: &str) -> Option<ErrorKind> {
    let wanted = code.to_ascii_lowercase();
    table::CODES
        .binary_search_by_key(&wanted, |(listed, _)| listed.to_ascii_lowercase())
        .ok()
        .map(|at| table::CODES[at].1)
}

fn family(code: &str) -> Option<ErrorKind> {
    let code = code.to_ascii_lowercase();
    FAMILIES
        .iter()
        .find(|(beginning, _)| code.starts_with(beginning))
        .map(|(_, kind)| *kind)
}
