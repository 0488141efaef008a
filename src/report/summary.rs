//! The end of an apply: one sentence when all is well, else what happened, to whom, and what to do.

use crate::saga::{Halt, SagaOutcome};

use super::event_words::{called, task, vendor};
use super::style::{Style, Tone, count};
use super::tally::{Interrupted, Machine, State, Tally};
use super::words::terminal;

/// Machines of one kind that are told about one by one; `history` has the others.
const TOLD_MAX: usize = 20;

/// The whole page, ending in a line break.
#[must_use]
pub fn summary(tally: &Tally, style: &Style) -> String {
    let mut text = sentence(tally, style);
    for (state, title, tone) in CHAPTERS {
        text.push_str(&chapter(tally, &state, title, tone, style));
    }
    text.push_str(&orders(tally, style));
    text.push_str(&next(tally, style));
    text
}

/// What is told about, those first that wait for a person.
const CHAPTERS: [(State, &str, Tone); 8] = [
    (
        State::Halted(Halt::Stuck),
        "could not be put back and must be looked at",
        Tone::Bad,
    ),
    (
        State::Halted(Halt::Held),
        "failed where nothing can be undone",
        Tone::Bad,
    ),
    (
        State::Halted(Halt::Unknown),
        "may or may not have been changed and must be looked at",
        Tone::Bad,
    ),
    (
        State::Closed(SagaOutcome::Undone),
        "failed and put back as found",
        Tone::Bad,
    ),
    (
        State::Closed(SagaOutcome::PutBack),
        "put back as found, to be begun again",
        Tone::Warn,
    ),
    (
        State::Closed(SagaOutcome::Spared),
        "spared after a failure elsewhere",
        Tone::Warn,
    ),
    (
        State::Closed(SagaOutcome::Abandoned),
        "taken over by a person",
        Tone::Warn,
    ),
    (State::LeftAlone, "left alone", Tone::Warn),
];

fn sentence(tally: &Tally, style: &Style) -> String {
    let done = tally.count(&State::Closed(SagaOutcome::Done));
    let untouched = tally.total.saturating_sub(tally.machines.len());
    if done == tally.machines.len() && untouched == 0 {
        let text = format!("Apply complete! Resources: 0 added, {done} changed, 0 destroyed.");
        return style.paint(Tone::Good, &text) + "\n";
    }
    let mut counts = vec![format!("{done} changed")];
    let others = tally.in_words();
    counts.extend(Some(others).filter(|words| !words.is_empty()));
    if untouched > 0 {
        counts.push(format!("{untouched} not begun"));
    }
    let how = match tally.interrupted {
        Interrupted::No => "Apply not complete",
        Interrupted::Yes => "Apply interrupted",
    };
    let text = format!(
        "{how}: of {}, {}.",
        count(tally.total, "machine"),
        counts.join(", ")
    );
    style.fold("", "  ", &style.paint(Tone::Strong, &text))
}

fn chapter(tally: &Tally, state: &State, title: &str, tone: Tone, style: &Style) -> String {
    let machines: Vec<&Machine> = tally
        .machines
        .values()
        .filter(|m| m.state == *state)
        .collect();
    if machines.is_empty() {
        return String::new();
    }
    let n = count(machines.len(), "machine");
    let mut text = format!("\n{}\n", style.paint(Tone::Strong, &format!("{n} {title}")));
    for machine in machines.iter().take(TOLD_MAX) {
        text.push_str(&told(machine, tone, style));
    }
    if machines.len() > TOLD_MAX {
        text.push_str(&format!(
            "  {} {} more\n",
            style.dots(),
            machines.len() - TOLD_MAX
        ));
    }
    text
}

fn told(machine: &Machine, tone: Tone, style: &Style) -> String {
    let mark = style.paint(tone, style.mark("✗", "x"));
    let mut text = format!(
        "  {mark} {}\n",
        style.paint(Tone::Strong, &called(&machine.subject))
    );
    let mut say = |words: &str| text.push_str(&style.fold("      ", "      ", words));
    if let Some(mishap) = &machine.mishap {
        let step = &mishap.step;
        let vendor = vendor(mishap.code.as_deref(), mishap.request_id.as_ref());
        let message = terminal(&mishap.message);
        say(&format!(
            "{} (step {} of {}): {message}{vendor}",
            task(step),
            step.step,
            step.of
        ));
    }
    if !machine.note.is_empty() {
        say(&terminal(&machine.note));
    }
    text
}

fn orders(tally: &Tally, style: &Style) -> String {
    if tally.orders.is_empty() {
        return String::new();
    }
    let title = format!(
        "{} to pay (console: Expenses > Orders)",
        count(tally.orders.len(), "order")
    );
    let mut text = format!("\n{}\n", style.paint(Tone::Strong, &title));
    for order in tally.orders.values() {
        text.push_str(&format!(
            "  {}  {}\n",
            order.order_id,
            called(&order.subject)
        ));
    }
    text
}

/// What a person does next; the same cases as the exit codes.
fn next(tally: &Tally, style: &Style) -> String {
    let any = |state| tally.count(&state) > 0;
    let run = tally
        .run
        .as_ref()
        .map_or_else(|| "RUN".to_owned(), ToString::to_string);
    let mut advice = Vec::new();
    if any(State::Halted(Halt::Stuck))
        || any(State::Halted(Halt::Held))
        || any(State::Halted(Halt::Unknown))
    {
        advice.push(format!(
            "Look at these machines in the console; `respec apply` then tries again, \
             `respec cancel {run}` gives the run up."
        ));
    }
    if !tally.orders.is_empty() {
        advice.push("When the orders are paid, `respec apply` goes on by itself.".to_owned());
    }
    let again = tally.ended_count() < tally.total
        || any(State::Closed(SagaOutcome::Undone))
        || any(State::Closed(SagaOutcome::PutBack))
        || any(State::Closed(SagaOutcome::Spared))
        || any(State::LeftAlone);
    if again && advice.is_empty() {
        advice.push(
            "Everything that happened is recorded; `respec plan` shows what is left.".to_owned(),
        );
    }
    if advice.is_empty() {
        return String::new();
    }
    let folded = advice.iter().map(|words| style.fold("", "", words));
    format!("\n{}", folded.collect::<String>())
}
