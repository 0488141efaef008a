//! One block of a plan's page: machines that share a change, the change, and its steps as a tree.

use std::time::Duration;

use crate::model::{DesiredFleet, Unit};
use crate::plan::{Action, Because, Saga, Step};
use crate::report::words::{Style, Tone, called, duration, terminal};

use super::spec_lines::{SpecLine, spec_diff};
use super::steps::{facts, pivot};
use super::view::Class;
use super::way_back::{ON_FAILURE, way_back_words};

/// Machines of one class that get a line of their own; the others are counted.
pub(super) const NAMED_MAX: usize = 3;

/// How much is said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Detail {
    /// Machines with the very same change are collapsed into one block.
    Brief,
    /// Every machine is named.
    Verbose,
}

/// The lines that name the machines of a class.
pub(super) fn machines(class: &Class<'_>, detail: Detail, style: &Style) -> String {
    let named = match detail {
        Detail::Brief if class.members.len() > NAMED_MAX => NAMED_MAX,
        Detail::Brief | Detail::Verbose => class.members.len(),
    };
    let (shown, more) = class.members.split_at(named);
    let titles: Vec<String> = shown
        .iter()
        .map(|saga| called(&saga.name, &saga.instance))
        .collect();
    let widest = titles
        .iter()
        .map(|title| title.chars().count())
        .max()
        .unwrap_or(0);
    let mark = style.paint(Tone::Warn, "~");
    let mut text = String::new();
    for (saga, title) in shown.iter().zip(&titles) {
        let name = style.paint(Tone::Strong, &format!("{title:widest$}"));
        let down = match saga.downtime() {
            Duration::ZERO => power(saga).to_owned(),
            time => format!("~{} down", duration(time)),
        };
        let billing = saga.billing.as_str();
        text.push_str(&format!(
            "  {mark} {name}   {}   {billing}   {down}\n",
            saga.zone
        ));
    }
    if !more.is_empty() {
        let names: Vec<&str> = more.iter().map(|saga| saga.name.as_str()).collect();
        let line = format!("{} more, same change: {}", more.len(), list(&names, style));
        let first = format!("  {mark} {} ", style.dots());
        text.push_str(&style.fold(&first, "      ", &line));
    }
    text
}

/// What becomes of the power of a machine that has no outage.
fn power(saga: &Saga) -> &'static str {
    let ends_up = saga
        .steps
        .iter()
        .fold(saga.was_running, |up, step| match step.action {
            Action::Start => true,
            Action::Stop { .. } => false,
            Action::Modify(_)
            | Action::AwaitOrder
            | Action::PayOrder
            | Action::AllocatePublicIp
            | Action::CoolDown
            | Action::AskOffer(_)
            | Action::RunHook { .. }
            | Action::AwaitHealth(_) => up,
        });
    match (saga.was_running, ends_up) {
        (true, true) => "stays up",
        (true, false) => "is stopped",
        (false, true) => "is started",
        (false, false) => "stays down",
    }
}

/// The first names of a list and how many follow.
pub(super) fn list(names: &[&str], style: &Style) -> String {
    let shown = names.iter().take(NAMED_MAX).map(|name| terminal(name));
    let shown = shown.collect::<Vec<_>>().join(", ");
    if names.len() > NAMED_MAX {
        format!("{shown}, {}", style.dots())
    } else {
        shown
    }
}

/// What becomes of their specs, and the steps that do it.
pub(super) fn change(class: &Class<'_>, desired: &DesiredFleet, style: &Style) -> String {
    let saga = class.first();
    let mut text = String::new();
    for line in spec_diff(&saga.changes) {
        text.push_str(&spec_line(&line, style));
    }
    if !saga.after.is_empty() {
        let units = saga.after.iter().map(|unit| unit_words(unit, desired));
        let units = units.collect::<Vec<_>>().join(", ");
        text.push_str(&style.fold("      ", "      ", &format!("after {units}")));
    }
    let widest = saga
        .steps
        .iter()
        .map(|step| step.action.verb().len())
        .max()
        .unwrap_or(0);
    let last = saga.steps.len().saturating_sub(1);
    for (position, step) in saga.steps.iter().enumerate() {
        let branch = if position == last {
            Branch::Last
        } else {
            Branch::Inner
        };
        let facts = facts(&class.step(position));
        text.push_str(&tree_step(step, &facts, branch, widest, style));
    }
    if let Some(words) = way_back_words(saga) {
        let line = style.paint(
            Tone::Warn,
            &format!("{ON_FAILURE}: {}", style.spelled(&words)),
        );
        text.push_str(&style.fold("      ", "        ", &line));
    }
    text
}

/// What is waited for, under the name that its own lines have.
fn unit_words(unit: &Unit, desired: &DesiredFleet) -> String {
    match unit {
        Unit::Instance(id) => {
            let wanted = desired.instances.get(id);
            wanted.map_or_else(|| id.to_string(), |machine| called(&machine.name, id))
        }
        Unit::Group(name) => format!("group {name}"),
    }
}

fn spec_line(line: &SpecLine, style: &Style) -> String {
    let marked =
        |tone, mark: &str, text: &str| style.paint(tone, &format!("    {mark} {text}")) + "\n";
    match line {
        SpecLine::Same(text) => format!("      {text}\n"),
        SpecLine::Less(text) => marked(Tone::Bad, "-", text),
        SpecLine::More(text) => marked(Tone::Good, "+", text),
        SpecLine::Other(old, new) => {
            marked(Tone::Warn, "~", &format!("{old} {} {new}", style.arrow()))
        }
    }
}

#[derive(Clone, Copy)]
enum Branch {
    Inner,
    Last,
}

fn tree_step(
    step: &Step,
    facts: &[String],
    branch: Branch,
    widest: usize,
    style: &Style,
) -> String {
    let (fork, trunk) = match branch {
        Branch::Inner => (style.mark("├─", "|-"), style.mark("│", "|")),
        Branch::Last => (style.mark("└─", "`-"), " "),
    };
    let verb = style.paint(Tone::Strong, &format!("{:widest$}", step.action.verb()));
    let facts = facts.join(style.mark(" · ", ", "));
    let rest = format!("      {trunk}  {}", " ".repeat(widest + 2));
    let mut text = if facts.is_empty() {
        let verb = style.paint(Tone::Strong, step.action.verb());
        format!("      {fork} {verb}\n")
    } else {
        let first = format!("      {fork} {verb}  ");
        style.fold(&first, &rest, &style.spelled(&facts))
    };
    if let Some(why) = pivot(step) {
        let line = style.paint(
            Tone::Warn,
            &format!("pivot: {why}; a failure after it is held"),
        );
        let first = format!("      {trunk}  {} ", style.mark("◆", "*"));
        text.push_str(&style.fold(&first, &format!("      {trunk}    "), &line));
    }
    for because in &step.because {
        text.push_str(&reason(because, trunk, style));
    }
    text
}

fn reason(because: &Because, trunk: &str, style: &Style) -> String {
    let rule = terminal(&because.rule);
    let line = style.paint(Tone::Faint, &format!("{rule}  {}", terminal(&because.why)));
    let hang = " ".repeat(rule.chars().count() + 2);
    let first = format!("      {trunk}    ");
    style.fold(&first, &format!("{first}{hang}"), &line)
}
