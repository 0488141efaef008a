//! Findings as people read them: the line, a mark under it, and where there is one, the fix.

use std::collections::BTreeMap;

use annotate_snippets::renderer::DecorStyle;
use annotate_snippets::{
    Annotation, AnnotationKind, Group, Level, Origin, Patch, Renderer, Snippet,
};

use crate::model::{Finding, Place, Severity, Suggestion};
use crate::report::words::terminal;

use super::excerpt::Excerpt;

/// Findings that are shown. More do not help anybody who has to mend the first ones.
const SHOWN_MAX: usize = 20;

/// Whether the reader's screen knows colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Paint {
    /// Without colours.
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
    let mut group = point(Group::with_title(title), finding, texts);
    if let Some(help) = &finding.help {
        group = group.element(Level::HELP.message(terminal(help)));
    }
    match &finding.suggestion {
        None => vec![group],
        Some(suggestion) => with_patch(group, suggestion, &finding.place, texts),
    }
}

/// Adds the places of a finding, two on one line as two marks under it.
fn point<'a>(group: Group<'a>, finding: &'a Finding, texts: &Texts<'_>) -> Group<'a> {
    let first = Spot::of(
        &finding.place,
        &finding.label,
        AnnotationKind::Primary,
        texts,
    );
    let other = finding.other.as_ref();
    let second = other.map(|(place, label)| Spot::of(place, label, AnnotationKind::Context, texts));
    match (first, second) {
        (first, None) => first.alone(group),
        (first, Some(second)) if first.shares_line_with(&second) => {
            let mark = second.mark();
            match first.snippet() {
                None => group,
                Some(snippet) => group.element(snippet.annotations(mark)),
            }
        }
        (first, Some(second)) => second.alone(first.alone(group)),
    }
}

/// One place of a finding, with its line where there is one to show.
struct Spot<'a> {
    place: &'a Place,
    label: &'a str,
    kind: AnnotationKind,
    excerpt: Option<Excerpt>,
}

impl<'a> Spot<'a> {
    fn of(place: &'a Place, label: &'a str, kind: AnnotationKind, texts: &Texts<'_>) -> Self {
        Self {
            place,
            label,
            kind,
            excerpt: excerpt(place, texts),
        }
    }

    fn mark(&self) -> Option<Annotation<'a>> {
        let excerpt = self.excerpt.as_ref()?;
        let mark = self.kind.span(excerpt.mark.clone());
        Some(mark.label(terminal(self.label)))
    }

    fn snippet(&self) -> Option<Snippet<'a, Annotation<'a>>> {
        let excerpt = self.excerpt.as_ref()?;
        let snippet = Snippet::source(excerpt.text.clone())
            .line_start(self.place.line)
            .path(terminal(&self.place.file));
        Some(snippet.annotations(self.mark()))
    }

    fn shares_line_with(&self, other: &Self) -> bool {
        let same_text = match (&self.excerpt, &other.excerpt) {
            (Some(one), Some(two)) => one.text == two.text && one.mark != two.mark,
            (Some(_) | None, Some(_) | None) => false,
        };
        same_text && self.place.file == other.place.file && self.place.line == other.place.line
    }

    fn alone(&self, group: Group<'a>) -> Group<'a> {
        match self.snippet() {
            Some(snippet) => group.element(snippet),
            None => bare(group, self.place),
        }
    }
}

/// Adds a place that no line can be shown for.
fn bare<'a>(group: Group<'a>, place: &'a Place) -> Group<'a> {
    let origin = Origin::path(terminal(&place.file));
    match (place.file.as_str(), place.line) {
        ("", _) => group,
        (_, 0) => group.element(origin),
        (_, line) => group.element(origin.line(line).char_column(place.column)),
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
    match excerpt(place, texts) {
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

fn excerpt(place: &Place, texts: &Texts<'_>) -> Option<Excerpt> {
    let bytes = texts.get(place.file.as_str())?;
    if place.line == 0 {
        return None;
    }
    Excerpt::of(bytes, place.start..place.end)
}
