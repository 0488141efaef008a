//! A plan as a comment on a pull request.
//!
//! The first line is a hidden tag by which a later job finds its own comment again. What the reader
//! must decide upon comes first, in tables; the steps are folded away.

use std::collections::BTreeMap;

use crate::model::InstanceId;
use crate::plan::{Blocked, Saga, SavedPlan, Step};
use crate::report::words::escape::{code, fence, html, markdown};
use crate::report::words::{called, count, duration, minute};

use super::checks::checks_markdown;
use super::money_view::{self, Every, Remark, Row, Weight};
use super::prices::price_facts;
use super::rollout::{crowd_lines, freeze_lines, turnover_lines};
use super::spec_lines::{SpecLine, in_brief, spec_diff};
use super::steps::{facts, pivot};
use super::text::{PlanPage, orders};
use super::view::{self, Class};
use super::way_back::{ON_FAILURE, way_back_words};

/// Longest page, in characters. GitHub takes 65,536, the strictest of the usual hosts that colour a
/// diff; the rest is left to whoever puts words around the page.
const CHARS_MAX: usize = 60_000;

/// Kept free for the last lines: the one that says what was cut, and the one about the plan.
const ENDING_CHARS: usize = 1_000;

/// Machines of one class that are named in a table.
const NAMED_MAX: usize = 3;

/// Machines of one class that are named before its steps.
const LISTED_MAX: usize = 50;

/// The whole page, at most 60,000 characters, ending in a line break.
#[must_use]
pub fn plan_markdown(page: &PlanPage<'_>) -> String {
    let plan = page.plan;
    let mut sheet = Sheet::new(head(page));
    let classes = view::classes(plan);
    for (title, classes) in by_group(&classes) {
        sheet.push_table(&title, classes.iter().map(|class| row(class)));
    }
    push_blocked(&mut sheet, plan);
    push_rollout(&mut sheet, plan);
    push_money(&mut sheet, plan);
    sheet.push(&checks_markdown(&plan.sheet.checks));
    for class in &classes {
        sheet.push(&details(class));
    }
    sheet.finish(&ending(page))
}

/// A page that stays within its limit by leaving whole blocks out.
struct Sheet {
    text: String,
    chars: usize,
    cut: usize,
}

impl Sheet {
    fn new(head: String) -> Self {
        Self {
            chars: head.chars().count(),
            text: head,
            cut: 0,
        }
    }

    /// Adds a block, unless it would not fit.
    fn push(&mut self, block: &str) {
        let chars = block.chars().count();
        if self.chars + chars + ENDING_CHARS <= CHARS_MAX {
            self.text.push_str(block);
            self.chars += chars;
        } else {
            self.cut += 1;
        }
    }

    /// Adds a table row by row.
    fn push_table(&mut self, title: &str, rows: impl Iterator<Item = String>) {
        self.push(title);
        for row in rows {
            self.push(&row);
        }
    }

    fn finish(mut self, ending: &str) -> String {
        self.text.push_str(ending);
        if self.cut > 0 {
            let cut = count(self.cut, "part");
            self.text.push_str(&format!(
                "\n**Cut here**: {cut} of this page did not fit; `respec plan` shows all of it.\n"
            ));
        }
        self.text
    }
}

fn head(page: &PlanPage<'_>) -> String {
    let plan = page.plan;
    let totals = view::totals(plan);
    let fleet = &plan.desired.fleet;
    let tag = format!(
        "<!-- respec:plan key={fleet} digest=sha256:{} -->\n",
        plan.id()
    );
    let blocked = plan.sheet.blocked.len();
    let mut facts = match (totals.changing, blocked) {
        (0, 0) => vec!["no changes".to_owned()],
        (changing, _) => vec![format!("{changing} to change")],
    };
    let more = [
        (totals.restarts, count(totals.restarts, "restart")),
        (
            totals.orders,
            orders(totals.orders, &plan.sheet.money.bill.total),
        ),
        (totals.refunds, count(totals.refunds, "refund")),
        (blocked, format!("{blocked} blocked")),
    ];
    facts.extend(
        more.into_iter()
            .filter(|(n, _)| *n > 0)
            .map(|(_, words)| words),
    );
    let mut text = format!(
        "{tag}### respec plan · {} · {}\n",
        code(fleet.as_str()),
        facts.join(", ")
    );
    if let Some(first) = page.first_run {
        let (adopted, changing) = (first.adopted, first.changing);
        text.push_str(&format!(
            "\nFirst run: {adopted} adopted as found, {changing} to change.\n"
        ));
    }
    if totals.changing > 0 || blocked > 0 {
        text.push_str(&format!(
            "\nPlan: 0 to add, {} to change, 0 to destroy.\n",
            totals.changing
        ));
    }
    text
}

/// The classes of each group under the head of its table.
fn by_group<'a, 'b>(classes: &'b [Class<'a>]) -> Vec<(String, Vec<&'b Class<'a>>)> {
    let mut groups: BTreeMap<(bool, String), Vec<&Class<'a>>> = BTreeMap::new();
    for class in classes {
        let group = &class.first().group;
        let name = group.as_ref().map_or_else(String::new, ToString::to_string);
        groups
            .entry((group.is_none(), name))
            .or_default()
            .push(class);
    }
    let titled = |((ungrouped, name), classes): ((bool, String), Vec<&'b Class<'a>>)| {
        let title = if ungrouped {
            "Without a group".to_owned()
        } else {
            code(&name)
        };
        let head = format!(
            "\n#### {title}\n\n| machines | change | down each | price each |\n|---|---|---|---|\n"
        );
        (head, classes)
    };
    groups.into_iter().map(titled).collect()
}

fn row(class: &Class<'_>) -> String {
    let first = class.first();
    let names: Vec<&str> = class
        .members
        .iter()
        .map(|saga| saga.name.as_str())
        .collect();
    let down = match first.downtime().as_secs() {
        0 => "–".to_owned(),
        _ => format!("~{}", duration(first.downtime())),
    };
    let prices = (0..first.steps.len()).flat_map(|position| price_facts(&class.step(position)));
    let prices: Vec<String> = prices.map(|price| markdown(&price)).collect();
    let price = match prices.is_empty() {
        true => "–".to_owned(),
        false => prices.join("<br>"),
    };
    let changes: Vec<String> = first
        .changes
        .iter()
        .map(|c| {
            format!(
                "{} {} → {}",
                code(c.field.path()),
                code(&c.from),
                code(&c.to)
            )
        })
        .collect();
    format!(
        "| {} | {} | {down} | {price} |\n",
        named(&names, NAMED_MAX),
        changes.join("<br>")
    )
}

fn named(names: &[&str], max: usize) -> String {
    let shown: Vec<String> = names.iter().take(max).map(|name| code(name)).collect();
    let more = names.len().saturating_sub(max);
    match more {
        0 => shown.join(", "),
        _ => format!("{} and {more} more", shown.join(", ")),
    }
}

fn push_blocked(sheet: &mut Sheet, plan: &SavedPlan) {
    let classes = view::blocked(plan);
    if classes.is_empty() {
        return;
    }
    let title = "\n#### Blocked\n\n| machines | wanted | why | way out |\n|---|---|---|---|\n";
    let rows = classes.iter();
    sheet.push_table(
        title,
        rows.map(|class| blocked_row(class.blocked, &class.members)),
    );
}

/// How it goes through the groups.
fn push_rollout(sheet: &mut Sheet, plan: &SavedPlan) {
    let mut items: Vec<String> = crowd_lines(plan)
        .iter()
        .map(|lines| lines.join("; "))
        .collect();
    items.extend(turnover_lines(plan));
    items.extend(
        freeze_lines(plan)
            .iter()
            .map(|line| format!("frozen {line}")),
    );
    if items.is_empty() {
        return;
    }
    sheet.push("\n#### Rollout\n\n");
    for item in items {
        sheet.push(&format!("- {}\n", markdown(&item)));
    }
}

fn push_money(sheet: &mut Sheet, plan: &SavedPlan) {
    if money_view::is_silent(plan) {
        return;
    }
    let rows = money_view::rows(plan, Every::Group);
    if !rows.is_empty() {
        let used = money_view::used(&rows);
        let names: String = used
            .iter()
            .map(|n| format!(" {} |", money_view::COLUMNS[*n]))
            .collect();
        let title = format!(
            "\n#### Money\n\n| |{names}\n|---|{}\n",
            "---:|".repeat(used.len())
        );
        let row = |row: &Row| {
            let cells: String = used
                .iter()
                .map(|n| format!(" {} |", row.cells[*n]))
                .collect();
            format!("| {} |{cells}\n", code(row.who.trim_start()))
        };
        sheet.push_table(&title, rows.iter().map(row));
    }
    let remark = |remark: &Remark| {
        let mark = match remark.weight {
            Weight::Good => "✓ ",
            Weight::Plain => "",
            Weight::Broken => "**✗** ",
        };
        format!("- {mark}{}\n", markdown(&remark.text))
    };
    let remarks: String = money_view::remarks(plan).iter().map(remark).collect();
    sheet.push(&format!("\n{remarks}"));
}

fn blocked_row(blocked: &Blocked, members: &[(&InstanceId, &Blocked)]) -> String {
    let names: Vec<&str> = members.iter().map(|(_, b)| b.name.as_str()).collect();
    let wanted = match blocked.changes.as_slice() {
        [] => "–".to_owned(),
        changes => code(&in_brief(changes)),
    };
    format!(
        "| {} | {wanted} | {} ({}) | {} |\n",
        named(&names, NAMED_MAX),
        markdown(&blocked.because.why),
        markdown(&blocked.because.rule),
        markdown(&blocked.way_out),
    )
}

fn details(class: &Class<'_>) -> String {
    let saga = class.first();
    let diff = diff_block(class);
    let fence = fence(&diff);
    let title = match class.members.len() {
        1 => html(saga.name.as_str()),
        n => format!("{} and {} more", html(saga.name.as_str()), n - 1),
    };
    let steps = (0..saga.steps.len()).map(|position| step_item(&class.step(position)));
    let steps: String = steps.collect();
    let way_back = way_back_words(saga).map_or_else(String::new, |words| {
        format!("\n**{ON_FAILURE}**: {}\n", markdown(&words))
    });
    format!(
        "\n<details><summary>{title}</summary>\n\n{fence}diff\n{diff}{fence}\n\n{steps}{way_back}\n</details>\n"
    )
}

/// The marks stand in column 0, since nothing else is coloured.
fn diff_block(class: &Class<'_>) -> String {
    let mut block = String::new();
    for saga in class.members.iter().take(LISTED_MAX) {
        block.push_str(&format!("! {}\n", machine_line(saga)));
    }
    let more = class.members.len().saturating_sub(LISTED_MAX);
    if more > 0 {
        block.push_str(&format!("! … {more} more, same change\n"));
    }
    for line in spec_diff(&class.first().changes) {
        match line {
            SpecLine::Same(text) => block.push_str(&format!("    {text}\n")),
            SpecLine::Less(text) => block.push_str(&format!("-   {text}\n")),
            SpecLine::More(text) => block.push_str(&format!("+   {text}\n")),
            SpecLine::Other(old, new) => {
                let key = old.split_once(": ").map_or("", |(key, _)| key);
                block.push_str(&format!("-   {old}\n+   {key}: {new}\n"));
            }
        }
    }
    block
}

fn machine_line(saga: &Saga) -> String {
    format!(
        "{}, {}, {}",
        called(&saga.name, &saga.instance),
        saga.zone,
        saga.billing.as_str()
    )
}

fn step_item(shared: &[&Step]) -> String {
    let Some(step) = shared.first() else {
        return String::new();
    };
    let rules: Vec<String> = step
        .because
        .iter()
        .map(|because| markdown(&because.rule))
        .collect();
    let pivot = pivot(step).map_or_else(String::new, |why| {
        format!("; **pivot**: {}", markdown(&why))
    });
    let facts: Vec<String> = facts(shared).iter().map(|fact| markdown(fact)).collect();
    let facts = if facts.is_empty() {
        String::new()
    } else {
        format!(": {}", facts.join(", "))
    };
    format!(
        "1. **{}**{facts}{pivot} ({})\n",
        step.action.verb(),
        rules.join(", ")
    )
}

fn ending(page: &PlanPage<'_>) -> String {
    let plan = page.plan;
    let unchanged = count(plan.sheet.unchanged.len(), "machine");
    let mut facts = vec![format!("{unchanged} as wanted")];
    if !plan.sheet.left_out.is_empty() {
        facts.push(format!(
            "{} left out by `-target`",
            plan.sheet.left_out.len()
        ));
    }
    if let Some(role) = &plan.desired.role {
        facts.push(format!("worked on by {}", code(&role.to_string())));
    }
    facts.push(format!("plan {}", code(plan.id().short(12))));
    facts.push(format!("state serial {}", plan.stamp.serial));
    facts.push(format!("good until {}", minute(plan.expires_at)));
    format!("\n{}\n", facts.join(" · "))
}
