//! What was looked into before anything is touched, as one compact block of a plan.

use crate::plan::{Check, Verdict};
use crate::report::words::escape::markdown;
use crate::report::words::{Style, Tone, terminal};

/// The block with its heading; nothing when nothing was looked into.
pub(super) fn checks(checks: &[Check], style: &Style) -> String {
    if checks.is_empty() {
        return String::new();
    }
    let width = checks.iter().map(|check| check.about.len()).max();
    let width = width.unwrap_or_default();
    let mut text = format!("\n{}\n", style.paint(Tone::Strong, "Pre-flight"));
    for check in checks {
        text.push_str(&line(check, width, style));
    }
    text
}

fn line(check: &Check, width: usize, style: &Style) -> String {
    let (tone, mark) = match check.verdict {
        Verdict::Good => (Tone::Good, style.mark("✓", "+")),
        Verdict::Heed => (Tone::Warn, style.mark("!", "!")),
        Verdict::Unknown => (Tone::Warn, style.mark("?", "?")),
        Verdict::Bad => (Tone::Bad, style.mark("✗", "x")),
    };
    let about = terminal(&check.about);
    let first = format!("  {} {about:<width$}  ", style.paint(tone, mark));
    let rest = " ".repeat(width + 6);
    style.fold(&first, &rest, &style.spelled(&terminal(&check.words)))
}

/// The same for a pull request: a list, most worrying first.
pub(super) fn checks_markdown(checks: &[Check]) -> String {
    if checks.is_empty() {
        return String::new();
    }
    let mut sorted: Vec<&Check> = checks.iter().collect();
    sorted.sort_by_key(|check| std::cmp::Reverse(check.verdict));
    let mut text = "\n#### Pre-flight\n\n".to_owned();
    for check in sorted {
        let mark = match check.verdict {
            Verdict::Good => "✓",
            Verdict::Heed => "⚠️",
            Verdict::Unknown => "❔",
            Verdict::Bad => "❌",
        };
        let (about, words) = (markdown(&check.about), markdown(&check.words));
        text.push_str(&format!("- {mark} **{about}**: {words}\n"));
    }
    text
}
