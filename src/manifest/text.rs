//! From the bytes of a file to text that may be parsed, and from positions in it to marks.

use saphyr_parser::Marker;

use super::codes;
use super::mark::Mark;
use super::notes::{Draft, Notes};

/// Largest manifest file, in bytes. A machine takes about 100, so this is far above any account.
pub(super) const BYTES_MAX: usize = 64 << 20;

/// Characters between two remembered byte offsets, for text that is not all ASCII.
const STRIDE: usize = 64;

const BOM: &[u8] = b"\xef\xbb\xbf";

/// One source that is fit for the parser.
pub(super) struct Text<'s> {
    /// The text, without a byte order mark.
    pub(super) text: &'s str,
    pub(super) file: u32,
    /// Bytes before `text` in the file.
    skipped: usize,
    /// The byte offset of every [`STRIDE`]th character; empty when every character is one byte.
    strides: Vec<usize>,
}

impl<'s> Text<'s> {
    /// Checks size, encoding and characters; a file that fails gets one finding.
    pub(super) fn open(file: u32, bytes: &'s [u8], notes: &mut Notes) -> Option<Self> {
        if bytes.len() > BYTES_MAX {
            let message = format!(
                "the file has {} bytes, more than the {BYTES_MAX} a manifest may have",
                bytes.len()
            );
            notes.add(
                Draft::new(codes::TOO_LARGE, Mark::file(file), message)
                    .help("split it, several files are read as one fleet"),
            );
            return None;
        }
        let skipped = if bytes.starts_with(BOM) { BOM.len() } else { 0 };
        let text = match std::str::from_utf8(&bytes[skipped..]) {
            Ok(text) => text,
            Err(error) => {
                notes.add(not_utf8(file, bytes, skipped + error.valid_up_to()));
                return None;
            }
        };
        let text = Self {
            text,
            file,
            skipped,
            strides: strides(text),
        };
        match text.text.find(is_forbidden) {
            None => Some(text),
            Some(at) => {
                notes.add(control_character(&text, at));
                None
            }
        }
    }

    /// The mark of what stands between two positions of the parser, which counts characters.
    pub(super) fn mark(&self, start: &Marker, end: &Marker) -> Mark {
        let first = self.byte(start.index());
        let last = self.byte(end.index()).max(first);
        Mark {
            file: self.file,
            line: narrow(start.line()),
            column: narrow(start.col() + 1),
            start: narrow(first + self.skipped),
            end: narrow(last + self.skipped),
        }
    }

    /// The text under a mark of this file.
    pub(super) fn under(&self, mark: Mark) -> &'s str {
        let offset = |at: u32| (at as usize).saturating_sub(self.skipped);
        self.text
            .get(offset(mark.start)..offset(mark.end))
            .unwrap_or_default()
    }

    fn byte(&self, char_index: usize) -> usize {
        if self.strides.is_empty() {
            return char_index.min(self.text.len());
        }
        let Some(&base) = self.strides.get(char_index / STRIDE) else {
            return self.text.len();
        };
        self.text[base..]
            .char_indices()
            .nth(char_index % STRIDE)
            .map_or(self.text.len(), |(offset, _)| base + offset)
    }
}

fn strides(text: &str) -> Vec<usize> {
    if text.is_ascii() {
        return Vec::new();
    }
    let offsets = text.char_indices().map(|(offset, _)| offset);
    offsets.step_by(STRIDE).collect()
}

/// The characters YAML 1.2 has no place for (its rule `c-printable`); NUL would even end the parse.
fn is_forbidden(c: char) -> bool {
    matches!(c, '\0'..='\u{8}' | '\u{b}' | '\u{c}' | '\u{e}'..='\u{1f}' | '\u{7f}')
}

fn control_character(text: &Text<'_>, at: usize) -> Draft {
    let found = text.text[at..].chars().next().unwrap_or_default();
    let mark = counted(text.file, text.text.as_bytes(), at, text.skipped);
    let message = format!("control character U+{:04X}", u32::from(found));
    Draft::new(codes::CONTROL_CHARACTER, mark, message).label("not allowed in YAML")
}

fn not_utf8(file: u32, bytes: &[u8], at: usize) -> Draft {
    let found = bytes.get(at).copied().unwrap_or_default();
    let draft = Draft::new(
        codes::NOT_UTF8,
        counted(file, bytes, at, 0),
        format!("byte 0x{found:02X} is not UTF-8"),
    )
    .label("cannot be read as text");
    if bytes.starts_with(b"\xff\xfe") || bytes.starts_with(b"\xfe\xff") {
        draft.help("the file looks like UTF-16, save it as UTF-8")
    } else {
        draft.help("save the file as UTF-8")
    }
}

/// The mark of one byte, with line and column counted from the start of the file.
fn counted(file: u32, bytes: &[u8], at: usize, skipped: usize) -> Mark {
    let before = &bytes[..at];
    let line_start = before
        .iter()
        .rposition(|byte| *byte == b'\n')
        .map_or(0, |at| at + 1);
    let line = 1 + before.iter().filter(|byte| **byte == b'\n').count();
    let column = 1 + String::from_utf8_lossy(&before[line_start..])
        .trim_start_matches('\u{feff}')
        .chars()
        .count();
    Mark {
        file,
        line: narrow(line),
        column: narrow(column),
        start: narrow(at + skipped),
        end: narrow(at + skipped + 1),
    }
}

fn narrow(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn characters_and_bytes_are_told_apart() {
        let source = format!("\u{feff}# {}\nküche: 1\n", "容".repeat(200));
        let mut notes = Notes::new(vec!["a.yaml".to_owned()]);
        let text = Text::open(0, source.as_bytes(), &mut notes).unwrap();
        let start = Marker::new(203, 2, 0);
        let mark = text.mark(&start, &Marker::new(208, 2, 5));
        assert_eq!(text.under(mark), "küche");
        assert_eq!(&source[mark.start as usize..mark.end as usize], "küche");
        assert_eq!((mark.line, mark.column), (2, 1));
    }
}
