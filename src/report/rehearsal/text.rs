//! A rehearsal as people read it: what the day takes, a timeline, and the worst of the bad days.

use std::time::Duration;

use crate::figures::{Day, Figures, Worst};
use crate::plan::SavedPlan;
use crate::report::words::{Style, Tone, count, duration, terminal, times};

use super::timeline::timeline;

/// Operations named in the line of calls; the rest is counted.
const OPERATIONS_NAMED: usize = 4;

/// Days named under what is left to a person.
const DAYS_NAMED: usize = 8;

/// Batches with a line of their own.
const BATCHES_NAMED: usize = 12;

/// Width of the labels of figures.
const LABEL: usize = 16;

/// A rehearsal with everything its page shows.
#[derive(Debug, Clone, Copy)]
pub struct Rehearsal<'a> {
    /// The plan that was played.
    pub plan: &'a SavedPlan,
    /// The day on which nothing went wrong.
    pub good: &'a Figures,
    /// The worst of the bad days, if there were any.
    pub worst: Option<&'a Worst>,
    /// The bad days.
    pub days: &'a [Day],
    /// What the copy took for granted.
    pub unknown: &'a [String],
}

/// The whole page, ending in a line break.
#[must_use]
pub fn rehearsal_text(rehearsal: &Rehearsal<'_>, style: &Style) -> String {
    let title = style.paint(
        Tone::Strong,
        "Rehearsed on a copy of the fleet; nothing was changed.",
    );
    let mut text = format!("{title}\n\n");
    text.push_str(&good_day(rehearsal, style));
    text.push_str(&timeline(rehearsal.plan, rehearsal.good, style));
    text.push_str(&batches(rehearsal.good, style));
    if let Some(worst) = rehearsal.worst {
        text.push_str(&bad_days(rehearsal, worst, style));
    }
    text.push_str(&unknown(rehearsal.unknown, style));
    text
}

fn line(label: &str, words: &str, style: &Style) -> String {
    let first = format!("  {label:<LABEL$}");
    style.fold(&first, &" ".repeat(LABEL + 2), words)
}

fn good_day(rehearsal: &Rehearsal<'_>, style: &Style) -> String {
    let good = rehearsal.good;
    let changes = count(rehearsal.plan.sagas.len(), "machine");
    let mut text = line(
        "it ends",
        &format!(
            "with exit code {}: {} of {changes}",
            good.exit_code,
            totals(good)
        ),
        style,
    );
    text.push_str(&line("it takes", &duration(good.makespan), style));
    text.push_str(&line("down", &times(&good.downtime), style));
    if !good.out_of_service.is_empty() {
        text.push_str(&line("out of service", &times(&good.out_of_service), style));
    }
    text.push_str(&line("at once", &at_once(good), style));
    text.push_str(&line("calls", &calls(good), style));
    text.push_str(&line("orders", &orders(good), style));
    for gate in &good.approvals {
        let words = format!("a person would have to approve {gate}");
        text.push_str(&line("left to you", &words, style));
    }
    for left in &good.left_to_do {
        text.push_str(&line("left to you", &terminal(left), style));
    }
    text
}

fn totals(figures: &Figures) -> String {
    let words: Vec<String> = figures
        .totals
        .iter()
        .map(|(word, n)| format!("{n} {word}"))
        .collect();
    words.join(", ")
}

fn at_once(figures: &Figures) -> String {
    let groups: Vec<String> = figures
        .peak_of_groups
        .iter()
        .map(|(group, peak)| format!("{group} {peak}"))
        .collect();
    match groups.as_slice() {
        [] => "nobody".to_owned(),
        _ => format!("{} at most: {}", figures.peak, groups.join(", ")),
    }
}

fn calls(figures: &Figures) -> String {
    let mut by_count: Vec<(&String, &u64)> = figures.calls.iter().collect();
    by_count.sort_by_key(|(name, n)| (std::cmp::Reverse(**n), (*name).clone()));
    let named: Vec<String> = by_count
        .iter()
        .take(OPERATIONS_NAMED)
        .map(|(name, n)| format!("{name} {n}"))
        .collect();
    let rest: u64 = by_count
        .iter()
        .skip(OPERATIONS_NAMED)
        .map(|(_, n)| **n)
        .sum();
    let rest = if rest == 0 {
        String::new()
    } else {
        format!(", others {rest}")
    };
    format!("{}: {}{rest}", figures.n_calls(), named.join(", "))
}

fn orders(figures: &Figures) -> String {
    if figures.orders == 0 {
        return "none".to_owned();
    }
    let orders = count(figures.orders, "order");
    match &figures.money {
        Some(money) => {
            let money = money.to_cents();
            format!("{orders}; paid ones come to {money}, at the copy's prices")
        }
        None => orders,
    }
}

/// When each batch went.
fn batches(good: &Figures, style: &Style) -> String {
    if good.batches.is_empty() {
        return String::new();
    }
    let mut text = "\n".to_owned();
    for span in good.batches.iter().take(BATCHES_NAMED) {
        let until = span.until.map_or_else(
            || "does not end".to_owned(),
            |until| format!("to {}", duration(until)),
        );
        let words = format!(
            "{}: {}, {} {until}",
            span.crowd,
            count(span.machines, "machine"),
            duration(span.from)
        );
        let label = format!("batch {} of {}", span.batch, span.of);
        text.push_str(&line(&label, &words, style));
    }
    match good.batches.len().saturating_sub(BATCHES_NAMED) {
        0 => text,
        more => text + &line("", &format!("and {more} more"), style),
    }
}

fn bad_days(rehearsal: &Rehearsal<'_>, worst: &Worst, style: &Style) -> String {
    let first = rehearsal.days.first().map_or(0, |day| day.seed);
    let last = rehearsal.days.last().map_or(0, |day| day.seed);
    let title = format!("{} (seeds {first} to {last})", count(worst.days, "bad day"));
    let mut text = format!("\n{}\n\n", style.paint(Tone::Strong, &title));
    let ends: Vec<String> = worst
        .exit_codes
        .iter()
        .map(|(code, n)| format!("{n} with exit code {code} ({})", meaning(*code)))
        .collect();
    text.push_str(&line("they end", &ends.join(", "), style));
    let mut say = |label: &str, value: String, seed: u64| {
        text.push_str(&line(label, &format!("{value} (seed {seed})"), style));
    };
    say(
        "longest",
        duration(worst.makespan.value),
        worst.makespan.seed,
    );
    let one = |time: Duration| format!("{} for one machine", duration(time));
    say("down", one(worst.downtime.value), worst.downtime.seed);
    if let Some(worst) = worst.out_of_service {
        say("out of service", one(worst.value), worst.seed);
    }
    say(
        "at once",
        count(worst.peak.value, "machine"),
        worst.peak.seed,
    );
    say("calls", worst.calls.value.to_string(), worst.calls.seed);
    for (seed, left) in worst.left_to_do.iter().take(DAYS_NAMED) {
        let words = format!("seed {seed}: {}", terminal(left));
        text.push_str(&line("left to you", &words, style));
    }
    if worst.left_to_do.len() > DAYS_NAMED {
        let more = worst.left_to_do.len() - DAYS_NAMED;
        text.push_str(&line(
            "",
            &format!("and {} more", count(more, "day")),
            style,
        ));
    }
    text
}

/// What an exit code of `apply` means, in a word or two.
fn meaning(code: u8) -> &'static str {
    match code {
        0 => "done",
        3 => "partly done",
        7 => "paused",
        8 => "a person is needed",
        _ => "see `respec apply --help`",
    }
}

fn unknown(unknown: &[String], style: &Style) -> String {
    if unknown.is_empty() {
        return String::new();
    }
    let mut text = "\nThe copy does not know\n".to_owned();
    for what in unknown {
        text.push_str(&style.fold("  - ", "    ", &terminal(what)));
    }
    text
}
