//! The part of a line that is worth showing, with the mark moved along.

use std::borrow::Cow;
use std::ops::Range;

use crate::report::words::terminal;

use super::veil::veiled;

/// Characters a line may have to be shown as it is; the renderer folds it to the screen's width.
const LINE_CHARS_MAX: usize = 1_000;

/// Characters of a longer line that are kept before the mark, in it, and after it.
const KEPT_CHARS: usize = 60;

/// Farthest column that is shown; beyond it the place alone must do.
const COLUMN_MAX: usize = 1_000_000;

/// One line, or the part of it around a mark, fit for a terminal.
///
/// Every character of the line up to the mark has one here, so that columns stay true: what must not
/// be printed becomes a replacement character, what is cut becomes blanks, which the renderer trims.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Excerpt {
    pub(super) text: String,
    /// The mark, in bytes of `text`.
    pub(super) mark: Range<usize>,
    /// Whether `text` is the line exactly, so that a patch can be shown on it.
    pub(super) faithful: bool,
}

impl Excerpt {
    /// The line around these bytes of a file, unless they stand too far out in it. A mark over
    /// several lines ends with its first one.
    pub(super) fn of(bytes: &[u8], mark: Range<usize>) -> Option<Self> {
        let start = mark.start.min(bytes.len());
        let line = line_around(bytes, start);
        if start - line.start > COLUMN_MAX {
            return None;
        }
        let end = mark.end.clamp(start, line.end.max(start));
        // The mark may stand behind the line, on its line break; nothing of that is shown.
        let part = line.start..line.end.max(end);
        let (start, end) = (start - part.start, end - part.start);
        let safe = veiled(bytes, part);
        let mut before = shown(&safe[..start]);
        let mut marked = shown(&safe[start..end]);
        let mut after = shown(&safe[end..]);
        if before.len() + marked.len() + after.len() > LINE_CHARS_MAX {
            before = keep_end(&before);
            marked = keep_start(&marked);
            after = keep_start(&after);
        }
        let text = [before.as_str(), marked.as_str(), after.as_str()].concat();
        Some(Self {
            mark: before.len()..before.len() + marked.len(),
            faithful: text.as_bytes() == &bytes[line],
            text,
        })
    }
}

/// The line a byte stands in, without its line break or a byte order mark.
fn line_around(bytes: &[u8], at: usize) -> Range<usize> {
    let is_break = |byte: &u8| *byte == b'\n';
    let start = bytes[..at]
        .iter()
        .rposition(is_break)
        .map_or(0, |at| at + 1);
    let end = bytes[at..].iter().position(is_break);
    let end = end.map_or(bytes.len(), |length| at + length);
    let line = &bytes[start..end];
    let bom = if start == 0 && line.starts_with(b"\xef\xbb\xbf") {
        3
    } else {
        0
    };
    let start = (start + bom).min(at);
    let end = if line.ends_with(b"\r") { end - 1 } else { end };
    start..end.max(start)
}

/// The text with every character that could act on the terminal replaced, tabs aside: the renderer
/// knows their width.
fn shown(bytes: &[u8]) -> String {
    let harmless = |c: char| {
        let mut buffer = [0; 4];
        let text: &str = c.encode_utf8(&mut buffer);
        c == '\t' || matches!(terminal(text), Cow::Borrowed(_))
    };
    let text = String::from_utf8_lossy(bytes);
    let chars = text.chars();
    chars
        .map(|c| {
            if harmless(c) {
                c
            } else {
                char::REPLACEMENT_CHARACTER
            }
        })
        .collect()
}

fn keep_start(text: &str) -> String {
    match text.char_indices().nth(KEPT_CHARS) {
        None => text.to_owned(),
        Some((end, _)) => format!("{}…", &text[..end]),
    }
}

fn keep_end(text: &str) -> String {
    match text.char_indices().rev().nth(KEPT_CHARS) {
        None => text.to_owned(),
        Some((cut, c)) => {
            let blanks = text[..cut].chars().count();
            format!("{}…{}", " ".repeat(blanks), &text[cut + c.len_utf8()..])
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_short_line_is_shown_as_it_is() {
        let excerpt = Excerpt::of(b"a: 1\r\nbb: 2\r\n", 6..8).unwrap();
        assert_eq!(excerpt.text, "bb: 2");
        assert_eq!(excerpt.mark, 0..2);
        assert!(excerpt.faithful);
    }

    #[test]
    fn a_long_line_is_cut_around_the_mark_but_keeps_its_column() {
        let line = format!("{}key{}", "é".repeat(5_000), "y".repeat(500_000));
        let excerpt = Excerpt::of(line.as_bytes(), 10_000..10_003).unwrap();
        let before = &excerpt.text[..excerpt.mark.start];
        assert_eq!(before.chars().count(), 5_000);
        assert_eq!(before.trim_start().chars().count(), KEPT_CHARS + 1);
        assert_eq!(&excerpt.text[excerpt.mark.clone()], "key");
        assert_eq!(
            excerpt.text[excerpt.mark.end..].chars().count(),
            KEPT_CHARS + 1
        );
        assert!(!excerpt.faithful);
    }

    #[test]
    fn a_mark_beyond_any_screen_is_not_shown() {
        assert_eq!(Excerpt::of(&[b'x'; 2_000_000], 1_500_000..1_500_001), None);
    }

    #[test]
    fn any_mark_on_any_bytes_is_survived() {
        let bytes = b"\xef\xbb\xbfa\xff\t\x1b[2J\xc2\x9b\r\n\n\r";
        for start in 0..20 {
            for end in 0..20 {
                let excerpt = Excerpt::of(bytes, start..end).unwrap();
                assert!(excerpt.text.get(excerpt.mark).is_some());
                assert!(!excerpt.text.contains(['\x1b', '\u{9b}', '\n']));
            }
        }
    }
}
