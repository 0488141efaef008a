//! A type that was given while the machine ran takes effect only when it is started again (R12, R72).
//!
//! The record says so. Where there is none, because the state was lost or somebody else ordered, the account's
//! books do: an order that was paid after the machine was started last.

use jiff::{SignedDuration, Timestamp};

use crate::model::{BillingMethod, Field, OrderDetail, PaymentStatus, TypeName};
use crate::plan::nouns::{Because, Case};

/// `StartTime` is told to the minute, rounded down: what was paid within it may have come before the start.
const STARTED_WITHIN: SignedDuration = SignedDuration::from_mins(1);

/// A start that is still owed.
#[derive(Debug, Clone, Copy)]
pub(in crate::plan) struct Due<'a> {
    to: &'a TypeName,
    /// The order that tells of it, where no record does.
    order: Option<&'a OrderDetail>,
}

/// The start that is still owed; none when it was started since, by whomever, or is down anyway.
pub(in crate::plan) fn due<'a>(case: &Case<'a>) -> Option<Due<'a>> {
    let owed = recorded(case).or_else(|| found_in_the_books(case));
    owed.filter(|_| case.is_up() && case.ends_up())
}

/// Whether the type that shows is on record as one that is in effect. One that somebody else gave it is not, nor is one
/// that was only ordered: it may have been paid, and put in force, at any time since.
fn is_recorded(case: &Case<'_>) -> bool {
    let shown = &case.seen.instance_type;
    let then = case
        .applied
        .and_then(|record| record.fields.get(&Field::InstanceType));
    then.is_some_and(|then| then == shown.as_str())
}

fn recorded<'a>(case: &Case<'a>) -> Option<Due<'a>> {
    let due = case.applied?.restart_due.as_ref()?;
    let shows = due.instance_type == case.seen.instance_type;
    let started = case.seen.particulars.started_at;
    let was_started = started.is_some_and(|at| at > due.since);
    (shows && !was_started).then_some(Due {
        to: &due.instance_type,
        order: None,
    })
}

/// The last order that made it what it shows, if it was paid too late for its last start.
fn found_in_the_books<'a>(case: &Case<'a>) -> Option<Due<'a>> {
    let since = paid_too_late_from(case)?;
    let to = &case.seen.instance_type;
    let made_it = |order: &&OrderDetail| {
        let was_it = order.types_before().contains(&to.as_str());
        order.types().contains(&to.as_str()) && !was_it
    };
    let too_late = |order: &&OrderDetail| {
        let paid = order.order.payment == PaymentStatus::Paid;
        paid && order.order.paid_at.is_some_and(|at| at >= since)
    };
    let orders = case.input.books.paid.get(&case.seen.id)?.iter();
    let orders = orders.filter(made_it).filter(too_late);
    let last = orders.max_by_key(|order| order.order.paid_at)?;
    Some(Due {
        to,
        order: Some(last),
    })
}

/// From when on an order of this machine was paid too late for its last start; none where the books need not be
/// asked: its type is on record, is not ours to manage or changes anyway, or it is no subscription.
pub(in crate::plan) fn paid_too_late_from(case: &Case<'_>) -> Option<Timestamp> {
    let is_asked = !is_recorded(case)
        && case.seen.billing == BillingMethod::PrePaid
        && case.is_up()
        && case.ends_up()
        && case.desired.spec.instance_type.as_ref() == Some(&case.seen.instance_type);
    // One restart too many is shown in a plan; a type that never takes effect is not.
    let started = case.seen.particulars.started_at;
    let started = started.unwrap_or(Timestamp::UNIX_EPOCH);
    is_asked.then(|| started.saturating_add(STARTED_WITHIN).unwrap_or(started))
}

/// Why it is stopped and started although nothing else changes.
pub(in crate::plan::rules) fn because(due: Due<'_>) -> Because {
    let to = due.to;
    let why = match due.order {
        None => format!("it was made {to} while it ran, which takes effect at its next start"),
        Some(detail) => {
            let id = &detail.order.id;
            format!(
                "order {id}, which made it {to}, was paid after its last start: it takes effect at the next one"
            )
        }
    };
    Because::new("R72", why)
}
