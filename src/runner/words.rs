//! A line of text out of whatever came back.

use crate::model::MissingFact;

/// Characters of an answer or an output that are shown.
const SHOWN_CHARS_MAX: usize = 160;

/// The last line that says something, without what could deceive a reader.
pub(super) fn last_line(bytes: &[u8]) -> Option<String> {
    let text = String::from_utf8_lossy(bytes);
    let line = text.lines().rev().find(|line| !line.trim().is_empty())?;
    let clean: String = line
        .chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect();
    Some(clean.trim().chars().take(SHOWN_CHARS_MAX).collect())
}

/// Why a text could not be filled in.
pub(super) fn missing(missing: &MissingFact) -> String {
    format!("cannot be asked: {missing}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_line_is_shown_and_cannot_move_the_cursor() {
        let output = b"first\n  \x1b[2Jno such pool\x07  \n\n";
        assert_eq!(last_line(output).as_deref(), Some("[2Jno such pool"));
        assert_eq!(last_line(b" \n\n"), None);
        assert_eq!(last_line(&[b'x'; 1000]).map(|line| line.len()), Some(160));
    }
}
