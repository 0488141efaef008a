//! A plan as people read it in a terminal: what changes, why each step, what is blocked, how long.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::RegionId;
use crate::plan::{Because, Costs, Note, SavedPlan};
use crate::report::words::{Style, Tone, called, count, duration, minute, terminal};

use super::checks::checks;
use super::money_text::money;
use super::prices::sum_words;
use super::rollout::{crowd_lines, freeze_lines, turnover_lines};
use super::spec_lines::in_brief;
use super::tree::{Detail, NAMED_MAX, change, list, machines};
use super::view::{self, BlockedClass, Totals};

/// What the first run does besides changing machines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FirstRun {
    /// Machines that are as wanted and will be recorded as they are.
    pub adopted: usize,
    /// Machines that change.
    pub changing: usize,
}

/// A plan with what is known about it from outside.
#[derive(Debug, Clone)]
pub struct PlanPage<'a> {
    /// The plan.
    pub plan: &'a SavedPlan,
    /// Machines that were read from the cloud.
    pub machines_read: usize,
    /// Set when nothing was ever recorded for this fleet.
    pub first_run: Option<FirstRun>,
    /// The file it was saved to.
    pub saved_to: Option<&'a str>,
    /// The command that comes next, to be copied.
    pub next: Option<&'a str>,
}

/// The whole page, ending in a line break.
#[must_use]
pub fn plan_text(page: &PlanPage<'_>, detail: Detail, style: &Style) -> String {
    let plan = page.plan;
    let totals = view::totals(plan);
    let mut text = header(page, style);
    for class in view::classes(plan) {
        text.push('\n');
        text.push_str(&machines(&class, detail, style));
        text.push_str(&change(&class, &plan.desired, style));
    }
    text.push_str(&blocked_machines(plan, detail, style));
    text.push_str(&notes(plan, detail, style));
    text.push_str(&checks(&plan.sheet.checks, style));
    text.push_str(&limits(plan, style));
    text.push_str(&money(plan, detail, style));
    text.push('\n');
    text.push_str(&rest(plan, style));
    text.push_str(&summary(page, &totals, style));
    text.push_str(&ending(page, &totals, style));
    text
}

fn header(page: &PlanPage<'_>, style: &Style) -> String {
    let plan = page.plan;
    let title = format!("respec {}", terminal(&plan.tool_version));
    let regions: BTreeSet<&RegionId> = plan
        .desired
        .instances
        .values()
        .map(|instance| &instance.region)
        .collect();
    let regions: Vec<&str> = regions.into_iter().map(RegionId::as_str).collect();
    let fleet = format!("fleet {}   account {}", plan.desired.fleet, plan.account);
    let mut text = format!("{}   {fleet}\n", style.paint(Tone::Strong, &title));
    if let Some(role) = &plan.desired.role {
        text.push_str(&style.fold("", "  ", &format!("worked on by {role}")));
    }
    let read = count(page.machines_read, "machine");
    text.push_str(&style.fold("", "  ", &format!("{read} read in {}", regions.join(", "))));
    if let Some(first) = page.first_run {
        text.push_str(&format!(
            "first run: {} adopted as found, {} to change\n",
            first.adopted, first.changing
        ));
    }
    text
}

fn heading(text: &str) -> String {
    format!("\n{text}\n")
}

fn blocked_machines(plan: &SavedPlan, detail: Detail, style: &Style) -> String {
    let classes = view::blocked(plan);
    if classes.is_empty() {
        return String::new();
    }
    let n = plan.sheet.blocked.len();
    let title = format!("Blocked: {} will not be changed.", count(n, "machine"));
    let mut text = heading(&style.paint(Tone::Strong, &title));
    for class in &classes {
        text.push_str(&blocked_class(class, detail, style));
    }
    text
}

fn blocked_class(class: &BlockedClass<'_>, detail: Detail, style: &Style) -> String {
    let named = match detail {
        Detail::Brief => NAMED_MAX,
        Detail::Verbose => class.members.len(),
    };
    let mark = style.paint(Tone::Bad, style.mark("✗", "x"));
    let mut text = String::new();
    for (id, blocked) in class.members.iter().take(named) {
        let name = style.paint(Tone::Strong, &called(&blocked.name, id));
        text.push_str(&format!("  {mark} {name}\n"));
    }
    if class.members.len() > named {
        let more = class.members.len() - named;
        text.push_str(&format!(
            "  {mark} {} {more} more, same reason\n",
            style.dots()
        ));
    }
    let blocked = class.blocked;
    let mut say = |label: &str, words: &str| {
        let first = format!("      {label:<9}");
        text.push_str(&style.fold(&first, &" ".repeat(15), &style.spelled(words)));
    };
    if !blocked.changes.is_empty() {
        say("wanted", &in_brief(&blocked.changes));
    }
    let why = format!(
        "{} ({})",
        terminal(&blocked.because.why),
        terminal(&blocked.because.rule)
    );
    say("blocked", &why);
    say("way out", &terminal(&blocked.way_out));
    text
}

fn notes(plan: &SavedPlan, detail: Detail, style: &Style) -> String {
    let mut by_reason: BTreeMap<&Because, Vec<&Note>> = BTreeMap::new();
    for note in &plan.sheet.notes {
        by_reason.entry(&note.because).or_default().push(note);
    }
    if by_reason.is_empty() {
        return String::new();
    }
    let mut text = heading(&style.paint(Tone::Strong, "Good to know"));
    for (because, notes) in by_reason {
        let names: Vec<&str> = notes.iter().map(|note| note.name.as_str()).collect();
        let names = match detail {
            Detail::Verbose => names.join(", "),
            Detail::Brief if names.len() > NAMED_MAX => {
                let first = list(&names[..NAMED_MAX], style);
                format!("{first} and {} more", names.len() - NAMED_MAX)
            }
            Detail::Brief => list(&names, style),
        };
        let (rule, why) = (terminal(&because.rule), terminal(&because.why));
        let first = format!("  {} ", style.mark("•", "-"));
        let line = format!("{names}: {why} ({rule})");
        text.push_str(&style.fold(&first, "    ", &style.spelled(&line)));
    }
    text
}

fn limits(plan: &SavedPlan, style: &Style) -> String {
    let crowds = crowd_lines(plan);
    let mut text = String::new();
    if !crowds.is_empty() {
        text.push_str(&heading(&style.paint(Tone::Strong, "Down at once")));
    }
    for lines in crowds {
        text.push_str(&bullet(&lines, style));
    }
    for (title, lines) in [
        ("Joined and left since the last apply", turnover_lines(plan)),
        ("Frozen", freeze_lines(plan)),
    ] {
        if !lines.is_empty() {
            text.push_str(&heading(&style.paint(Tone::Strong, title)));
            for line in lines {
                text.push_str(&bullet(&[line], style));
            }
        }
    }
    text
}

/// The first line behind a mark, the others below it.
fn bullet(lines: &[String], style: &Style) -> String {
    let mut text = String::new();
    let mut first = format!("  {} ", style.mark("•", "-"));
    for line in lines {
        text.push_str(&style.fold(&first, "    ", &style.spelled(&terminal(line))));
        first = "    ".to_owned();
    }
    text
}

fn rest(plan: &SavedPlan, style: &Style) -> String {
    let mut parts = Vec::new();
    if !plan.sheet.unchanged.is_empty() {
        parts.push(format!(
            "{} as wanted",
            count(plan.sheet.unchanged.len(), "machine")
        ));
    }
    if !plan.sheet.left_out.is_empty() {
        parts.push(format!("{} left out by -target", plan.sheet.left_out.len()));
    }
    if parts.is_empty() {
        return String::new();
    }
    style.fold("", "", &format!("{}.", parts.join(", ")))
}

fn summary(page: &PlanPage<'_>, totals: &Totals, style: &Style) -> String {
    let sheet = &page.plan.sheet;
    if totals.changing == 0 && sheet.blocked.is_empty() {
        let whole = if sheet.left_out.is_empty() {
            "Your fleet matches the manifest."
        } else {
            "What -target chose matches the manifest."
        };
        return style.paint(Tone::Good, &format!("No changes. {whole}")) + "\n";
    }
    let sentence = format!(
        "Plan: 0 to add, {} to change, 0 to destroy.",
        totals.changing
    );
    let mut text = style.paint(Tone::Strong, &sentence) + "\n";
    let costs = &sheet.money.bill.total;
    let extras = extras(totals, costs, sheet.blocked.len());
    if !extras.is_empty() {
        text.push_str(&style.fold(
            "      ",
            "      ",
            &style.spelled(&format!("{}.", extras.join(", "))),
        ));
    }
    text
}

/// What the one sentence of the summary leaves open.
fn extras(totals: &Totals, costs: &Costs, blocked: usize) -> Vec<String> {
    let longest = match totals.restarts {
        0 | 1 => format!("down for about {}", duration(totals.longest)),
        _ => format!("each down for about {} or less", duration(totals.longest)),
    };
    let restarts = format!("{} ({longest})", count(totals.restarts, "restart"));
    let orders = orders(totals.orders, costs);
    let all = [
        (totals.restarts, restarts),
        (totals.stops, format!("{} stopped for good", totals.stops)),
        (totals.starts, format!("{} started", totals.starts)),
        (totals.orders, orders),
        (totals.refunds, count(totals.refunds, "refund")),
        (blocked, format!("{blocked} blocked")),
    ];
    all.into_iter()
        .filter(|(n, _)| *n > 0)
        .map(|(_, words)| words)
        .collect()
}

/// `2 orders (1024.80 CNY now)`, `2 orders, 1 of unknown price`.
pub(super) fn orders(orders: usize, costs: &Costs) -> String {
    let count = count(orders, "order");
    match costs.now.unknown {
        0 => format!("{count} ({} now)", sum_words(&costs.now)),
        n if n == orders => format!("{count} of unknown price"),
        n => format!("{count}, {n} of unknown price"),
    }
}

fn ending(page: &PlanPage<'_>, totals: &Totals, style: &Style) -> String {
    if totals.changing == 0 {
        return String::new();
    }
    let mut text = format!("\nPlan id  sha256:{}\n", page.plan.id());
    let expiry = minute(page.plan.expires_at);
    match page.saved_to {
        Some(file) => {
            text.push_str(&format!(
                "Saved    {}, good until {expiry}\n",
                terminal(file)
            ));
        }
        None => text.push_str(&format!(
            "Saved    nowhere; -out FILE keeps it until {expiry}\n"
        )),
    }
    if let Some(next) = page.next {
        let next = style.paint(Tone::Strong, &terminal(next));
        text.push_str(&format!("Next     {next}\n"));
    }
    text
}
