//! The part of a line that is worth showing, with the mark moved along.

use std::ops::Range;

use super::words::terminal;

/// Characters of a long line that are kept on each side of the mark.
const CONTEXT_CHARS: usize = 50;

/// Longest mark that is shown in full.
const MARKED_CHARS_MAX: usize = 80;

/// What stands for text that was cut.
const CUT: &str = "…";

/// One line, or the middle of it, fit for a terminal.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Excerpt {
    pub(super) text: String,
    /// The mark, in bytes of `text`.
    pub(super) mark: Range<usize>,
    /// Whether `text` is the line exactly, so that columns and patches still fit.
    pub(super) faithful: bool,
}

impl Excerpt {
    /// The line around these bytes of a file. A mark over several lines is cut at its first one.
    pub(super) fn of(bytes: &[u8], mark: Range<usize>) -> Self {
        let start = mark.start.min(bytes.len());
        let line = line_around(bytes, start);
        let end = mark.end.clamp(start, line.end.max(start));
        let before = shown(&bytes[line.start..start]);
        let marked = shown(&bytes[start..end]);
        let after = shown(&bytes[end..line.end.max(end)]);
        let parts = [
            keep_end(&before),
            keep_start(&marked, MARKED_CHARS_MAX),
            keep_start(&after, CONTEXT_CHARS),
        ];
        let text = parts.concat();
        let marked_at = parts[0].len();
        Self {
            mark: marked_at..marked_at + parts[1].len(),
            faithful: text.as_bytes() == &bytes[line],
            text,
        }
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

/// Safe text; tabs stay, the renderer knows their width.
fn shown(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    let parts: Vec<_> = text.split('\t').map(terminal).collect();
    parts.join("\t")
}

fn keep_start(text: &str, chars: usize) -> String {
    match text.char_indices().nth(chars) {
        None => text.to_owned(),
        Some((end, _)) => format!("{}{CUT}", &text[..end]),
    }
}

fn keep_end(text: &str) -> String {
    match text.char_indices().rev().nth(CONTEXT_CHARS) {
        None => text.to_owned(),
        Some((cut, c)) => format!("{CUT}{}", &text[cut + c.len_utf8()..]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_short_line_is_shown_as_it_is() {
        let excerpt = Excerpt::of(b"a: 1\r\nbb: 2\r\n", 6..8);
        assert_eq!(excerpt.text, "bb: 2");
        assert_eq!(excerpt.mark, 0..2);
        assert!(excerpt.faithful);
    }

    #[test]
    fn a_long_line_is_cut_around_the_mark() {
        let line = format!("{}key{}", "x".repeat(500_000), "y".repeat(500_000));
        let excerpt = Excerpt::of(line.as_bytes(), 500_000..500_003);
        assert_eq!(excerpt.text.chars().count(), 2 * CONTEXT_CHARS + 5);
        assert_eq!(&excerpt.text[excerpt.mark], "key");
        assert!(!excerpt.faithful);
    }

    #[test]
    fn any_mark_on_any_bytes_is_survived() {
        let bytes = b"\xef\xbb\xbfa\xff\t\x1b[2J\r\n\n\r";
        for start in 0..20 {
            for end in 0..20 {
                let excerpt = Excerpt::of(bytes, start..end);
                assert!(excerpt.text.get(excerpt.mark).is_some());
                assert!(!excerpt.text.contains(['\x1b', '\n']));
            }
        }
    }
}
