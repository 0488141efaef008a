//! Batches, gates and hours in words.

use serde_json::{Value, json};

use crate::event::EventKind;
use crate::report::words::{Tone, count, terminal};
use crate::saga::Hold;

/// A verb, how it strikes the eye, and the rest.
pub(super) type Said = (&'static str, Tone, String);

/// The words for what happens between machines; none for what happens to one.
pub(super) fn rollout_words(kind: &EventKind) -> Said {
    match kind {
        EventKind::BatchBegan {
            crowd,
            batch,
            of,
            machines,
        } => {
            let machines = count(*machines, "machine");
            let text = format!("batch {batch} of {of} of {crowd} begins, {machines}");
            ("Batch", Tone::Strong, text)
        }
        EventKind::BatchEnded { crowd, batch, of } => {
            let text = format!("batch {batch} of {of} of {crowd} has ended");
            ("Batch", Tone::Faint, text)
        }
        EventKind::GateOpened { crowd, batch, who } => {
            let who = terminal(who);
            let text = format!("the gate after batch {batch} of {crowd}, by {who}");
            ("Approved", Tone::Good, text)
        }
        EventKind::HoursWaived { reason } => {
            let reason = terminal(reason);
            let text = format!("windows and freezes do not hold in this apply: {reason}");
            ("Overridden", Tone::Warn, text)
        }
        EventKind::Held { hold } => ("Waiting", Tone::Faint, hold_words(hold)),
        EventKind::Paused { hold } => ("Paused", Tone::Warn, hold_words(hold)),
        EventKind::RunStarted { .. }
        | EventKind::TakenUp { .. }
        | EventKind::Postponed { .. }
        | EventKind::Begun { .. }
        | EventKind::StepStarted { .. }
        | EventKind::Waiting { .. }
        | EventKind::StepFinished { .. }
        | EventKind::StepFailed { .. }
        | EventKind::TurnedBack { .. }
        | EventKind::OrderMade { .. }
        | EventKind::OrderBooked { .. }
        | EventKind::Closed { .. }
        | EventKind::Halted { .. }
        | EventKind::LeftAlone { .. }
        | EventKind::Interrupted { .. }
        | EventKind::RunFinished { .. } => ("", Tone::Faint, String::new()),
    }
}

/// The same for a machine; nothing for what happens to one instance.
pub(super) fn rollout_value(kind: &EventKind) -> Value {
    match kind {
        EventKind::BatchBegan {
            crowd,
            batch,
            of,
            machines,
        } => json!({"crowd": crowd, "batch": batch, "of": of, "machines": machines}),
        EventKind::BatchEnded { crowd, batch, of } => {
            json!({"crowd": crowd, "batch": batch, "of": of})
        }
        EventKind::GateOpened { crowd, batch, who } => {
            json!({"crowd": crowd, "gate": batch, "who": who})
        }
        EventKind::HoursWaived { reason } => json!({"reason": reason}),
        EventKind::Held { hold } | EventKind::Paused { hold } => {
            json!({"reason": hold.to_string(), "waits_for": hold})
        }
        EventKind::RunStarted { .. }
        | EventKind::TakenUp { .. }
        | EventKind::Postponed { .. }
        | EventKind::Begun { .. }
        | EventKind::StepStarted { .. }
        | EventKind::Waiting { .. }
        | EventKind::StepFinished { .. }
        | EventKind::StepFailed { .. }
        | EventKind::TurnedBack { .. }
        | EventKind::OrderMade { .. }
        | EventKind::OrderBooked { .. }
        | EventKind::Closed { .. }
        | EventKind::Halted { .. }
        | EventKind::LeftAlone { .. }
        | EventKind::Interrupted { .. }
        | EventKind::RunFinished { .. } => json!({}),
    }
}

/// What holds machines back, safe to print: a freeze has its owner's words in it.
pub(super) fn hold_words(hold: &Hold) -> String {
    terminal(&hold.to_string()).into_owned()
}

/// The commands that lift what an apply ended on, with what each does.
pub(super) fn what_lifts(holds: &[Hold], run: &str) -> Vec<(String, &'static str)> {
    let gates = holds.iter().filter_map(|hold| match hold {
        Hold::Approval { crowd, after } => {
            let whose = crowd.argument();
            let command = format!("respec approve {run} --gate {after} --group {whose}");
            Some((command, "opens the gate; then apply"))
        }
        Hold::Failures { .. }
        | Hold::Frozen { .. }
        | Hold::Window { .. }
        | Hold::TooLate { .. }
        | Hold::Batch { .. }
        | Hold::Wait { .. }
        | Hold::Check { .. }
        | Hold::Unavailable { .. }
        | Hold::Spread { .. }
        | Hold::Availability { .. } => None,
    });
    let mut commands: Vec<_> = gates.collect();
    if holds.iter().any(Hold::is_about_hours) {
        let command = "respec apply --now --reason TEXT".to_owned();
        commands.push((command, "waits for no window and no freeze"));
    }
    commands
}
