//! What moved behind our back, as people read it.

use crate::diff::{DriftItem, Vanished};

use super::words::{Style, Tone, called, count, terminal};

/// The whole page, ending in a line break. `recorded` counts the machines that were compared.
#[must_use]
pub fn drift_text(
    items: &[DriftItem],
    vanished: &[Vanished],
    recorded: usize,
    style: &Style,
) -> String {
    if items.is_empty() && vanished.is_empty() {
        let n = count(recorded, "recorded machine");
        let good = style.paint(Tone::Good, "No drift.");
        return format!("{good} {n} compared, all as respec left them.\n");
    }
    let mut text = String::new();
    for machine in items.chunk_by(|a, b| a.instance == b.instance) {
        text.push_str(&drifted(machine, style));
    }
    for gone in vanished {
        let mark = style.paint(Tone::Bad, "-");
        let name = style.paint(Tone::Strong, &called(&gone.name, &gone.instance));
        text.push_str(&format!(
            "  {mark} {name}  is not there any more
"
        ));
    }
    text.push('\n');
    text.push_str(&sentence(items, vanished, recorded, style));
    text
}

fn drifted(items: &[DriftItem], style: &Style) -> String {
    let first = &items[0];
    let mark = style.paint(Tone::Warn, "~");
    let name = style.paint(Tone::Strong, &called(&first.name, &first.instance));
    let mut text = format!("  {mark} {name}\n");
    let widest = items
        .iter()
        .map(|item| item.field.path().len())
        .max()
        .unwrap_or(0);
    for item in items {
        let (applied, observed) = (terminal(&item.applied), terminal(&item.observed));
        let field = item.field.path();
        let line = format!("{field:widest$}  left {applied}, is {observed}");
        text.push_str(&style.fold("      ", "          ", &line));
    }
    text
}

fn sentence(items: &[DriftItem], vanished: &[Vanished], recorded: usize, style: &Style) -> String {
    let drifted = items.chunk_by(|a, b| a.instance == b.instance).count();
    let gone = match vanished.len() {
        0 => String::new(),
        n => format!(", {n} vanished"),
    };
    let n = count(recorded, "recorded machine");
    let line = format!("Drift: of {n}, {drifted} changed outside respec{gone}.");
    let mut text = style.paint(Tone::Strong, &line) + "\n";
    text.push_str(&style.fold(
        "",
        "",
        "`respec plan` shows how the manifest wants them; to keep what is there, write it into the manifest.",
    ));
    text
}
