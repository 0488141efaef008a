//! The findings as they are collected: bounded, each one once, in the order of the text at the end.

use std::collections::BTreeSet;

use crate::model::{Finding, Place, Severity, Suggestion};

use super::codes::{self, Code};
use super::mark::Mark;

/// Findings that are kept. A person reads twenty; a program that mends manifests gets by with this.
const FINDINGS_MAX: usize = 10_000;

/// Searches for a similar name that are made. Each may look at every name of the fleet, and only
/// the first findings are shown to a person.
const SEARCHES_MAX: usize = 20;

/// Longest quotation in a message; beyond it only the beginning is repeated.
const QUOTED_CHARS_MAX: usize = 60;

/// A finding in the making.
pub(super) struct Draft {
    code: Code,
    mark: Mark,
    message: String,
    label: String,
    other: Option<(Mark, String)>,
    suggestion: Option<Suggestion>,
    help: Option<String>,
}

impl Draft {
    pub(super) fn new(code: Code, mark: Mark, message: impl Into<String>) -> Self {
        Self {
            code,
            mark,
            message: message.into(),
            label: String::new(),
            other: None,
            suggestion: None,
            help: None,
        }
    }

    pub(super) fn label(mut self, label: impl Into<String>) -> Self {
        self.label = label.into();
        self
    }

    pub(super) fn other(mut self, mark: Mark, label: impl Into<String>) -> Self {
        self.other = Some((mark, label.into()));
        self
    }

    pub(super) fn suggest(mut self, title: &str, replacement: impl Into<String>) -> Self {
        self.suggestion = Some(Suggestion {
            title: title.to_owned(),
            replacement: replacement.into(),
        });
        self
    }

    pub(super) fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }
}

/// All findings of one reading.
pub(super) struct Notes {
    files: Vec<String>,
    drafts: Vec<Draft>,
    seen: BTreeSet<(Mark, &'static str, String)>,
    searches: usize,
    errors: bool,
    cut_at: Option<Mark>,
}

impl Notes {
    /// Notes about files of these names.
    pub(super) fn new(files: Vec<String>) -> Self {
        Self {
            files,
            drafts: Vec::new(),
            seen: BTreeSet::new(),
            searches: 0,
            errors: false,
            cut_at: None,
        }
    }

    /// Keeps a finding, unless the very same one is there or the list is full.
    pub(super) fn add(&mut self, draft: Draft) {
        self.errors |= draft.code.severity == Severity::Error;
        if self.is_full() {
            self.cut_at.get_or_insert(draft.mark);
            return;
        }
        let key = (draft.mark, draft.code.id, draft.message.clone());
        if self.seen.insert(key) {
            self.drafts.push(draft);
        }
    }

    /// Whether further findings are only counted as errors.
    pub(super) fn is_full(&self) -> bool {
        self.drafts.len() >= FINDINGS_MAX
    }

    /// The candidate closest to what was written: at most two letters off, or a third of them.
    pub(super) fn nearest<'c>(
        &mut self,
        written: &str,
        candidates: impl Iterator<Item = &'c str>,
    ) -> Option<&'c str> {
        if self.searches >= SEARCHES_MAX {
            return None;
        }
        self.searches += 1;
        nearest(written, candidates)
    }

    /// The place a mark stands for.
    pub(super) fn place(&self, mark: Mark) -> Place {
        Place {
            file: self
                .files
                .get(mark.file as usize)
                .cloned()
                .unwrap_or_default(),
            line: mark.line as usize,
            column: mark.column as usize,
            start: mark.start as usize,
            end: mark.end as usize,
        }
    }

    /// Whether anything refuses the manifest.
    pub(super) fn has_errors(&self) -> bool {
        self.errors
    }

    /// The findings by file, line and column.
    pub(super) fn into_findings(mut self) -> Vec<Finding> {
        if let Some(mark) = self.cut_at {
            let message = format!("more than {FINDINGS_MAX} findings, the rest is not listed");
            self.drafts.push(
                Draft::new(codes::TOO_MANY, mark, message).label("the list ends before this"),
            );
        }
        let drafts = std::mem::take(&mut self.drafts);
        let mut findings: Vec<Finding> = drafts.into_iter().map(|d| self.finding(d)).collect();
        findings.sort_by(|a, b| (&a.place, &a.code).cmp(&(&b.place, &b.code)));
        findings
    }

    fn finding(&self, draft: Draft) -> Finding {
        Finding {
            code: draft.code.id.to_owned(),
            severity: draft.code.severity,
            message: draft.message,
            place: self.place(draft.mark),
            label: draft.label,
            other: draft.other.map(|(mark, label)| (self.place(mark), label)),
            suggestion: draft.suggestion,
            help: draft.help,
        }
    }
}

/// What somebody wrote, fit to stand in a sentence: in backticks, and cut when it is very long.
pub(super) fn quoted(text: &str) -> String {
    match text.char_indices().nth(QUOTED_CHARS_MAX) {
        None => format!("`{text}`"),
        Some((end, _)) => format!("`{}…`", &text[..end]),
    }
}

fn nearest<'c>(written: &str, candidates: impl Iterator<Item = &'c str>) -> Option<&'c str> {
    let length = written.chars().count();
    // Two letters of a two-letter word would be another word.
    let reach = (length / 3).max(2).min(length.saturating_sub(1));
    candidates
        .filter(|candidate| candidate.chars().count().abs_diff(length) <= reach)
        .map(|candidate| (distance(written, candidate), candidate))
        .filter(|(distance, _)| *distance <= reach)
        .min()
        .map(|(_, candidate)| candidate)
}

fn distance(written: &str, candidate: &str) -> usize {
    if written.eq_ignore_ascii_case(candidate) {
        0
    } else {
        strsim::osa_distance(written, candidate)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_similar_name_is_near_enough_to_be_meant() {
        let keys = ["max_unavailable", "max_failures"];
        let near = |written| nearest(written, keys.into_iter());
        assert_eq!(near("max_unavailible"), Some("max_unavailable"));
        assert_eq!(near("maxunavailable"), Some("max_unavailable"));
        assert_eq!(near("MAX_FAILURES"), Some("max_failures"));
        assert_eq!(near("batches"), None);
        assert_eq!(nearest("db", ["id", "db1"].into_iter()), Some("db1"));
        assert_eq!(nearest("x", ["y"].into_iter()), None);
    }

    #[test]
    fn a_flood_of_findings_is_cut_but_still_refuses() {
        let mut notes = Notes::new(vec!["a.yaml".to_owned()]);
        for line in 0..20_000 {
            let mark = Mark {
                line,
                ..Mark::top(0)
            };
            notes.add(Draft::new(codes::EMPTY_GROUP, mark, "empty"));
        }
        assert!(!notes.has_errors());
        notes.add(Draft::new(codes::CYCLE, Mark::top(0), "late"));
        assert!(notes.has_errors());
        assert_eq!(notes.into_findings().len(), FINDINGS_MAX + 1);
    }
}
