//! Findings as people read them: the line, a mark under it, and where there is one, the fix.

use std::collections::BTreeMap;

use annotate_snippets::renderer::DecorStyle;
use annotate_snippets::{
    Annotation, AnnotationKind, Group, Level, Origin, Patch, Renderer, Snippet,
};

use crate::model::{Finding, Place, Severity, Suggestion};

use super::excerpt::Excerpt;
use super::words::terminal;

/// Findings that are shown. More do not help anybody who has to mend the first ones.
const SHOWN_MAX: usize = 20;

/// Whether the reader's screen knows colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Paint {
    /// Text only, in ASCII.
    Plain,
    /// With colours, as escape sequences.
    Coloured,
}

/// The bytes of each file that findings may point into, by the file's name.
pub type Texts<'a> = BTreeMap<&'a str, &'a [u8]>;

/// All findings as one text, ending in a line break; empty when there is none.
///
/// Beyond twenty, errors are shown before warnings and the rest is counted.
#[must_use]
pub fn findings(findings: &[Finding], texts: &Texts<'_>, paint: Paint) -> String {
    let mut chosen: Vec<&Finding> = findings.iter().collect();
    if chosen.len() > SHOWN_MAX {
        chosen.sort_by_key(|finding| finding.severity);
        chosen.truncate(SHOWN_MAX);
    }
    let renderer = match paint {
        Paint::Plain => Renderer::plain(),
        Paint::Coloured => Renderer::styled(),
    }
    .decor_style(DecorStyle::Ascii);
    let mut text = String::new();
    for finding in &chosen {
        text.push_str(&renderer.render(&report(finding, texts)));
        text.push_str("\n\n");
    }
    if findings.len() > chosen.len() {
        let more = findings.len() - chosen.len();
        text.push_str(&format!("and {more} more\n\n"));
    }
    text.push_str(&summary(findings));
    text
}

/// `2 errors, 1 warning` as a line; nothing when nothing was found.
fn summary(findings: &[Finding]) -> String {
    let count = |severity| findings.iter().filter(|f| f.severity == severity).count();
    let parts: Vec<String> = [(Severity::Error, "error"), (Severity::Warning, "warning")]
        .into_iter()
        .map(|(severity, word)| (count(severity), word))
        .filter(|(n, _)| *n > 0)
        .map(|(n, word)| format!("{n} {word}{}", if n == 1 { "" } else { "s" }))
        .collect();
    if parts.is_empty() {
        String::new()
    } else {
        format!("{}\n", parts.join(", "))
    }
}

fn report<'a>(finding: &'a Finding, texts: &Texts<'_>) -> Vec<Group<'a>> {
    let level = match finding.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
    };
    let title = level
        .primary_title(terminal(&finding.message))
        .id(finding.code.as_str());
    let mut group = Group::with_title(title);
    group = point(
        group,
        &finding.place,
        &finding.label,
        AnnotationKind::Primary,
        texts,
    );
    if let Some((place, label)) = &finding.other {
        group = point(group, place, label, AnnotationKind::Context, texts);
    }
    if let Some(help) = &finding.help {
        group = group.element(Level::HELP.message(terminal(help)));
    }
    match &finding.suggestion {
        None => vec![group],
        Some(suggestion) => with_patch(group, suggestion, &finding.place, texts),
    }
}

/// Adds a place: its line with the mark, or only its name when there is no line to show.
fn point<'a>(
    group: Group<'a>,
    place: &'a Place,
    label: &'a str,
    kind: AnnotationKind,
    texts: &Texts<'_>,
) -> Group<'a> {
    let origin = Origin::path(terminal(&place.file));
    let Some(bytes) = bytes_of(place, texts) else {
        return if place.file.is_empty() {
            group
        } else {
            group.element(origin)
        };
    };
    let excerpt = Excerpt::of(bytes, place.start..place.end);
    let mark: Annotation<'a> = kind.span(excerpt.mark).label(terminal(label));
    let snippet = Snippet::source(excerpt.text)
        .line_start(place.line)
        .annotation(mark);
    if excerpt.faithful {
        group.element(snippet.path(terminal(&place.file)))
    } else {
        // The renderer would count columns in the excerpt; say the true ones beforehand.
        let origin = origin.line(place.line).char_column(place.column);
        group.element(origin).element(snippet)
    }
}

fn with_patch<'a>(
    group: Group<'a>,
    suggestion: &'a Suggestion,
    place: &Place,
    texts: &Texts<'_>,
) -> Vec<Group<'a>> {
    let title = terminal(&suggestion.title);
    let replacement = terminal(&suggestion.replacement);
    let excerpt = bytes_of(place, texts).map(|bytes| Excerpt::of(bytes, place.start..place.end));
    match excerpt {
        Some(excerpt) if excerpt.faithful => {
            let patch = Patch::new(excerpt.mark, replacement);
            let snippet = Snippet::source(excerpt.text)
                .line_start(place.line)
                .patch(patch);
            vec![group, Level::HELP.secondary_title(title).element(snippet)]
        }
        Some(_) | None => {
            let help = format!("{title}: `{replacement}`");
            vec![group.element(Level::HELP.message(help))]
        }
    }
}

fn bytes_of<'t>(place: &Place, texts: &Texts<'t>) -> Option<&'t [u8]> {
    let bytes = texts.get(place.file.as_str())?;
    (place.line > 0).then_some(bytes)
}
