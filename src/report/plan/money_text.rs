//! The money of a plan on a terminal: a small table, and what to know beside it.

use crate::plan::SavedPlan;
use crate::report::words::{Style, Tone, terminal};

use super::money_view::{COLUMNS, Every, Remark, Row, Weight, is_silent, remarks, rows, used};
use super::tree::Detail;

/// The block, or nothing when the plan costs nothing and nothing limits it.
pub(super) fn money(plan: &SavedPlan, detail: Detail, style: &Style) -> String {
    if is_silent(plan) {
        return String::new();
    }
    let every = match detail {
        Detail::Brief => Every::Group,
        Detail::Verbose => Every::Machine,
    };
    let mut text = table(&rows(plan, every), style);
    for remark in remarks(plan) {
        text.push_str(&line(&remark, style));
    }
    text
}

fn table(rows: &[Row], style: &Style) -> String {
    let used = used(rows);
    let who: Vec<String> = rows
        .iter()
        .map(|row| terminal(&row.who).into_owned())
        .collect();
    let width = |text: &str| text.chars().count();
    let first = who
        .iter()
        .map(|who| width(who))
        .max()
        .unwrap_or(0)
        .max("Money".len());
    let wide: Vec<usize> = used
        .iter()
        .map(|n| {
            let cells = rows.iter().map(|row| width(&row.cells[*n]));
            cells.max().unwrap_or(0).max(width(COLUMNS[*n]))
        })
        .collect();
    let mut head = style.paint(Tone::Strong, "Money");
    head.push_str(&" ".repeat(first + 2 - "Money".len()));
    for (n, wide) in used.iter().zip(&wide) {
        head.push_str(&format!("   {:>wide$}", COLUMNS[*n]));
    }
    let mut text = format!("\n{}\n", head.trim_end());
    let last = rows.len().saturating_sub(1);
    for (position, (row, who)) in rows.iter().zip(&who).enumerate() {
        let mut line = format!("  {who:first$}");
        for (n, wide) in used.iter().zip(&wide) {
            line.push_str(&format!("   {:>wide$}", row.cells[*n]));
        }
        let line = style.spelled(&line).into_owned();
        let is_total = position == last && rows.len() > 1;
        let tone = if is_total { Tone::Strong } else { Tone::Plain };
        text.push_str(&style.paint(tone, &line));
        text.push('\n');
    }
    text
}

fn line(remark: &Remark, style: &Style) -> String {
    let (mark, tone) = match remark.weight {
        Weight::Good => (style.mark("✓", "+"), Tone::Good),
        Weight::Plain => (style.mark("•", "-"), Tone::Plain),
        Weight::Broken => (style.mark("✗", "x"), Tone::Bad),
    };
    let first = format!("  {} ", style.paint(tone, mark));
    style.fold(&first, "    ", &style.spelled(&remark.text))
}
