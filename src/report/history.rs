//! Runs that were, as people read them: a line a run, or one run as a tree.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::model::{InstanceId, exit};
use crate::plan::Saga;
use crate::saga::{
    Entry, IllegalEntry, Milestones, Phase, RunRecord, RunState, SagaState, StepState, in_force,
};

use super::run::{advice, halt_word, outcome_word, vendor};
use super::words::{Style, Tone, called, duration, minute, terminal};

/// All runs, the latest last, a line each.
#[must_use]
pub fn history(runs: &[RunRecord], style: &Style) -> String {
    if runs.is_empty() {
        return "No runs yet.\n".to_owned();
    }
    let line = |run: &RunRecord| {
        let (word, tone) = ending(run);
        let took = run.closed.map_or_else(|| "-".to_owned(), |_| lasted(run));
        let word = style.paint(tone, &format!("{word:<16}"));
        let opened = minute(run.opened_at);
        format!(
            "{opened}  {}  {word} {took:<8} {}\n",
            run.run,
            terminal(&run.who)
        )
    };
    runs.iter().map(line).collect()
}

/// One run: who, when, what came of it, and its machines as a tree with a word for each step.
///
/// `sagas` are those of the run's plan, where it is still known; they name machines and steps.
///
/// # Errors
/// [`IllegalEntry`] when the entries are no run: the journal is damaged.
pub fn run(
    record: &RunRecord,
    entries: &[Entry],
    sagas: &BTreeMap<InstanceId, Saga>,
    style: &Style,
) -> Result<String, IllegalEntry> {
    let mut text = head(record, style);
    let Some(state) = RunState::replay(entries)? else {
        return Ok(text);
    };
    text.push_str(&milestones(&state.milestones, style));
    for (id, saga) in &state.sagas {
        let plan = sagas.get(id).map(|plan| in_force(plan, saga));
        text.push_str(&machine(id, saga, plan.as_deref(), style));
    }
    Ok(text)
}

/// A word for how a run ended; the words of the exit codes.
pub(super) fn ending(run: &RunRecord) -> (&'static str, Tone) {
    match run.closed {
        None => ("open", Tone::Warn),
        Some((_, exit::DONE)) => ("done", Tone::Good),
        Some((_, exit::SOME_NOT_DONE)) => ("partly done", Tone::Warn),
        Some((_, exit::PAUSED)) => ("paused", Tone::Warn),
        Some((_, exit::PERSON_NEEDED)) => ("needs a person", Tone::Bad),
        Some((_, exit::INTERRUPTED | exit::TERMINATED)) => ("interrupted", Tone::Warn),
        Some((_, _)) => ("failed", Tone::Bad),
    }
}

fn lasted(run: &RunRecord) -> String {
    let closed = run.closed.map_or(run.opened_at, |(at, _)| at);
    let seconds = closed.duration_since(run.opened_at).as_secs();
    duration(Duration::from_secs(u64::try_from(seconds).unwrap_or(0)))
}

fn head(record: &RunRecord, style: &Style) -> String {
    let (word, tone) = ending(record);
    let closed = record.closed.map_or_else(String::new, |(_, code)| {
        format!(" after {} (exit code {code})", lasted(record))
    });
    let title = style.paint(Tone::Strong, &format!("run {}", record.run));
    let mut rows = vec![
        ("who", terminal(&record.who).into_owned()),
        ("began", minute(record.opened_at)),
        ("ended", format!("{}{closed}", style.paint(tone, word))),
        ("command", terminal(&record.command).into_owned()),
    ];
    if record.has_plan() {
        rows.push(("plan", format!("sha256:{}", record.plan_id)));
    }
    let mut text = format!("{title}\n");
    for (label, value) in rows {
        let first = format!("  {label:<7}  ");
        text.push_str(&style.fold(&first, &" ".repeat(11), &value));
    }
    text
}

/// Which batches ended, who opened which gate, and who waived the hours, each with its time.
fn milestones(milestones: &Milestones, style: &Style) -> String {
    let mut text = String::new();
    let mut say = |label: &str, words: &str| {
        let first = format!("  {label:<7}  ");
        text.push_str(&style.fold(&first, &" ".repeat(11), words));
    };
    for waiver in &milestones.waivers {
        let (at, who) = (minute(waiver.at), terminal(&waiver.who));
        let reason = terminal(&waiver.reason);
        say("hours", &format!("{at}  waived by {who}: {reason}"));
    }
    for ((crowd, batch), at) in &milestones.ended {
        say(
            "batch",
            &format!("{}  {batch} of {crowd} ended", minute(*at)),
        );
    }
    for ((crowd, batch), opened) in &milestones.opened {
        let (at, who) = (minute(opened.at), terminal(&opened.who));
        let words = format!("{at}  after batch {batch} of {crowd} approved by {who}");
        say("gate", &words);
    }
    text
}

fn machine(id: &InstanceId, saga: &SagaState, plan: Option<&Saga>, style: &Style) -> String {
    let name = match plan.map(|plan| &plan.name) {
        Some(name) => called(name, id),
        None => id.to_string(),
    };
    let (word, tone, note) = match (&saga.closed, &saga.halted) {
        (Some((outcome, note)), _) => (
            outcome_word(*outcome).0,
            outcome_word(*outcome).1,
            note.as_str(),
        ),
        (None, Some((halt, note))) => (halt_word(*halt).0, halt_word(*halt).1, note.as_str()),
        (None, None) => ("Under way", Tone::Warn, ""),
    };
    let word = style.paint(tone, &word.to_lowercase());
    let mut text = format!("\n{}  {word}\n", style.paint(Tone::Strong, &name));
    if !note.is_empty() {
        text.push_str(&style.fold("  ", "  ", &terminal(note)));
    }
    if let Some(turned) = &saga.turned {
        let why = match note {
            "" => format!(": {}", terminal(&turned.failure.message)),
            _ => String::new(),
        };
        text.push_str(&style.fold("  ", "  ", &format!("on its way back{why}")));
    }
    let known = saga
        .steps
        .keys()
        .max()
        .map_or(0, |last| usize::from(*last) + 1);
    let n = plan.map_or(known, |plan| plan.steps.len().max(known));
    for position in 0..n {
        text.push_str(&step(position, n, saga, plan, style));
    }
    text
}

fn step(position: usize, n: usize, saga: &SagaState, plan: Option<&Saga>, style: &Style) -> String {
    let at = u16::try_from(position).unwrap_or(u16::MAX);
    let state = saga.step(at);
    let planned = plan.and_then(|plan| plan.steps.get(position));
    let verb = planned.map_or_else(
        || format!("step {}", position + 1),
        |step| step.action.verb().to_owned(),
    );
    let (word, tone) = phase_word(state.phase);
    let (fork, trunk) = if position + 1 == n {
        (style.mark("└─", "`-"), " ")
    } else {
        (style.mark("├─", "|-"), style.mark("│", "|"))
    };
    let word = style.paint(tone, word);
    let line = format!("{verb:<16}  {word}{}", state_facts(&state));
    style.fold(&format!("  {fork} "), &format!("  {trunk}      "), &line)
}

fn state_facts(state: &StepState) -> String {
    let mut facts = String::new();
    if let Some(order) = &state.order {
        facts.push_str(&format!(", order {order}"));
    }
    if state.lost_at.is_some() {
        facts.push_str(", a call went unanswered");
    }
    if let Some(failure) = &state.failure {
        let vendor = vendor(failure.code.as_deref(), failure.request_id.as_ref());
        facts.push_str(&format!(": {}{vendor}", terminal(&failure.message)));
        if let Some(advice) = advice(failure.code.as_deref(), &failure.message) {
            facts.push_str(&format!(". {advice}"));
        }
    }
    facts
}

/// One word for where a step stands.
fn phase_word(phase: Phase) -> (&'static str, Tone) {
    match phase {
        Phase::Waiting => ("waiting", Tone::Faint),
        Phase::Sent => ("sent", Tone::Warn),
        Phase::Answered => ("accepted", Tone::Warn),
        Phase::Succeeded => ("done", Tone::Good),
        Phase::Failed => ("failed", Tone::Bad),
        Phase::UndoSent | Phase::UndoAnswered => ("undoing", Tone::Warn),
        Phase::Undone => ("undone", Tone::Warn),
        Phase::UndoFailed => ("stuck", Tone::Bad),
    }
}
