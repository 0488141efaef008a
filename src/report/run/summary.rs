//! The end of an apply: one sentence when all is well, else what happened, to whom, and what to do.

use crate::model::RunId;
use crate::report::words::{Style, Tone, called, count, terminal, times};
use crate::saga::{Halt, SagaOutcome};

use super::advice::advice;
use super::events::{task, vendor};
use super::rollout::{hold_words, what_lifts};
use super::tally::{Interrupted, Machine, State, Tally};

/// Machines of one kind that are told about one by one; `history` has the others.
const TOLD_MAX: usize = 20;

/// The whole page, ending in a line break.
#[must_use]
pub fn summary(tally: &Tally, style: &Style) -> String {
    let mut text = sentence(tally, style);
    text.push_str(&out_of_service(tally, style));
    for (state, title, tone) in CHAPTERS {
        text.push_str(&chapter(tally, &state, title, tone, style));
    }
    text.push_str(&orders(tally, style));
    text.push_str(&pauses(tally, style));
    text.push_str(&next(tally, style));
    text
}

/// What became of the machines of a run that was only settled: what comes next is for whoever settled it to say.
#[must_use]
pub fn settled(tally: &Tally, style: &Style) -> String {
    let chapters = CHAPTERS.iter();
    let chapters = chapters.map(|(state, title, tone)| chapter(tally, state, title, *tone, style));
    out_of_service(tally, style) + &chapters.collect::<String>()
}

/// What is told about, those first that wait for a person.
const CHAPTERS: [(State, &str, Tone); 10] = [
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
        State::Closed(SagaOutcome::Differs),
        "not as wanted although all steps are done",
        Tone::Warn,
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
        State::Closed(SagaOutcome::Declined),
        "not changed: the order was cancelled",
        Tone::Warn,
    ),
    (
        State::Closed(SagaOutcome::Abandoned),
        "taken over by a person",
        Tone::Warn,
    ),
    (State::LeftAlone, "left alone", Tone::Warn),
];

/// The first line: Terraform's own when everything was done.
pub(super) fn sentence(tally: &Tally, style: &Style) -> String {
    let done = tally.count(&State::Closed(SagaOutcome::Done));
    let untouched = tally.total.saturating_sub(tally.machines.len());
    if done == tally.machines.len() && untouched == 0 && tally.blocked == 0 {
        let text = format!("Apply complete! Resources: 0 added, {done} changed, 0 destroyed.");
        return style.paint(Tone::Good, &text) + "\n";
    }
    let mut counts = vec![format!("{done} changed")];
    let others = tally.in_words();
    counts.extend(Some(others).filter(|words| !words.is_empty()));
    if untouched > 0 {
        counts.push(format!("{untouched} not begun"));
    }
    if tally.blocked > 0 {
        counts.push(format!("{} blocked", tally.blocked));
    }
    let how = match tally.interrupted {
        Interrupted::No => "Apply not complete",
        Interrupted::Yes => "Apply interrupted",
    };
    let text = format!(
        "{how}: of {}, {}.",
        count(tally.total + tally.blocked, "machine"),
        counts.join(", ")
    );
    style.fold("", "  ", &style.paint(Tone::Strong, &text))
}

/// How long machines were out of service, where there are hooks or health checks.
fn out_of_service(tally: &Tally, style: &Style) -> String {
    if !tally.service.has_care() {
        return String::new();
    }
    let gone = tally.service.by_machine(tally.elapsed).into_iter();
    let gone = gone.filter_map(|(id, time)| {
        let machine = tally.machines.get(&id)?;
        Some((machine.subject.name.clone(), time))
    });
    style.fold("Out of service: ", "  ", &times(&gone.collect()))
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
        style.paint(
            Tone::Strong,
            &called(&machine.subject.name, &machine.subject.instance)
        )
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
        if let Some(advice) = advice(mishap.code.as_deref(), &mishap.message) {
            say(&advice);
        }
    }
    let mishap = machine.mishap.as_ref();
    let news = mishap.map_or_else(|| machine.note.clone(), |it| it.news_in(&machine.note));
    if !news.is_empty() {
        say(&terminal(&news));
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
            called(&order.subject.name, &order.subject.instance)
        ));
    }
    text
}

/// What the run waits for: a time, or a person.
fn pauses(tally: &Tally, style: &Style) -> String {
    if tally.pauses.is_empty() {
        return String::new();
    }
    let mut text = format!("\n{}\n", style.paint(Tone::Strong, "The run waits"));
    for hold in &tally.pauses {
        text.push_str(&style.fold("  - ", "    ", &hold_words(hold)));
    }
    text
}

/// What a person does next: what to look at or pay first, then the commands to copy.
fn next(tally: &Tally, style: &Style) -> String {
    let any = |states: &[State]| states.iter().any(|state| tally.count(state) > 0);
    let doubtful = any(&[Halt::Stuck, Halt::Held, Halt::Unknown].map(State::Halted));
    let rests = any(&[State::Halted(Halt::Paused)]) || !tally.pauses.is_empty();
    let untouched = tally.total > tally.machines.len();
    let cut_short = tally.interrupted == Interrupted::Yes
        && (untouched || any(&[State::Closed(SagaOutcome::PutBack)]));
    let open = doubtful || rests || cut_short || !tally.orders.is_empty();
    let left = tally.count(&State::Closed(SagaOutcome::Done)) < tally.total;
    let first = match (doubtful, tally.orders.is_empty()) {
        (true, true) => "Look at these machines in the console first.",
        (true, false) => "Look at these machines in the console and pay the orders first.",
        (false, false) => "Pay the orders first.",
        (false, true) => "",
    };
    let run = tally.run.as_ref().map_or("RUN", RunId::as_str);
    let commands = match (open, left) {
        (true, _) => vec![
            ("respec apply".to_owned(), "goes on where this run stopped"),
            (
                format!("respec cancel {run}"),
                "gives it up and leaves every machine up",
            ),
        ],
        (false, true) => vec![("respec plan".to_owned(), "shows what is left to do")],
        (false, false) => Vec::new(),
    };
    let commands: Vec<_> = what_lifts(&tally.pauses, run)
        .into_iter()
        .chain(commands)
        .collect();
    if commands.is_empty() {
        return String::new();
    }
    let widest = commands
        .iter()
        .map(|(command, _)| command.len())
        .max()
        .unwrap_or(0);
    let mut text = style.fold("\nNext     ", "         ", first);
    if first.is_empty() {
        "\nNext     ".clone_into(&mut text);
    } else {
        text.push_str("         ");
    }
    let rows = commands.iter().map(|(command, what)| {
        let padded = format!("{command:widest$}");
        format!("{}  {what}\n", style.paint(Tone::Strong, &padded))
    });
    text.push_str(&rows.collect::<Vec<_>>().join("         "));
    text
}
