//! A type that was given while the machine ran takes effect only when it is started again (R12, R72).

use crate::model::TypeName;
use crate::plan::input::Case;
use crate::plan::step::Because;

/// The type whose start is still owed; none when it was started since, by whomever, or is down anyway.
pub(in crate::plan) fn due<'a>(case: &Case<'a>) -> Option<&'a TypeName> {
    let due = case.applied?.restart_due.as_ref()?;
    let shows = due.instance_type == case.seen.instance_type;
    let started = case.seen.particulars.started_at;
    let was_started = started.is_some_and(|at| at > due.since);
    (shows && !was_started && case.is_up() && case.ends_up()).then_some(&due.instance_type)
}

/// Why it is stopped and started although nothing else changes.
pub(in crate::plan) fn because(to: &TypeName) -> Because {
    Because::new(
        "R72",
        format!("it was made {to} while it ran, which takes effect at its next start"),
    )
}
