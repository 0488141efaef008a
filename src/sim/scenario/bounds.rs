//! How large and how deep a scenario may be, checked before the YAML library sees it.
//!
//! YAML scanners look ahead for keys and take half a minute on 100,000 nested brackets. So the text is
//! looked over once, without understanding it: brackets are counted as they stand, and again with
//! quoted text and comments left out, and the deeper count decides. Only a text that takes pains to
//! fool both counts gets past, and then it costs time, nothing else.

use crate::sim::scenario::ScenarioError;

/// Largest scenario that is read. 100,000 instances with ten tags each take about 200 MB.
pub const SCENARIO_BYTES_MAX: usize = 512 * 1024 * 1024;

/// Deepest nesting of brackets that is read; the shape itself needs seven levels.
pub const SCENARIO_DEPTH_MAX: usize = 64;

/// Widest indentation that is read, in columns; block nesting cannot be deeper than this.
const INDENT_MAX: usize = 16 * SCENARIO_DEPTH_MAX;

/// Refuses text that is too large or nested too deep.
pub(crate) fn check(text: &str) -> Result<(), ScenarioError> {
    if text.len() > SCENARIO_BYTES_MAX {
        return Err(ScenarioError::TooLarge);
    }
    let mut plain = 0_usize;
    let mut aware = Aware::default();
    for (index, line) in text.lines().enumerate() {
        let indent = line.bytes().take_while(|byte| b" -?".contains(byte));
        let too_deep = indent.count() > INDENT_MAX
            || line.bytes().any(|byte| {
                plain = step(plain, byte);
                aware.read(byte);
                plain.max(aware.depth) > SCENARIO_DEPTH_MAX
            });
        if too_deep {
            return Err(ScenarioError::TooDeep { line: index + 1 });
        }
        aware.end_line();
    }
    Ok(())
}

fn step(depth: usize, byte: u8) -> usize {
    match byte {
        b'[' | b'{' => depth + 1,
        b']' | b'}' => depth.saturating_sub(1),
        _ => depth,
    }
}

/// Counts brackets outside of quoted text and comments.
#[derive(Default)]
struct Aware {
    depth: usize,
    inside: Inside,
    before: u8,
}

#[derive(Default, Clone, Copy, PartialEq, Eq)]
enum Inside {
    #[default]
    Nothing,
    Comment,
    Single,
    Double,
    /// Right after a backslash between double quotes.
    Escape,
}

impl Aware {
    fn read(&mut self, byte: u8) {
        self.inside = match (self.inside, byte) {
            (Inside::Nothing, b'\'') if self.may_open() => Inside::Single,
            (Inside::Nothing, b'"') if self.may_open() => Inside::Double,
            (Inside::Nothing, b'#') if matches!(self.before, 0 | b' ' | b'\t') => Inside::Comment,
            (Inside::Nothing, byte) => {
                self.depth = step(self.depth, byte);
                Inside::Nothing
            }
            (Inside::Single, b'\'') | (Inside::Double, b'"') => Inside::Nothing,
            (Inside::Double, b'\\') => Inside::Escape,
            (Inside::Escape, _) => Inside::Double,
            (inside @ (Inside::Single | Inside::Double | Inside::Comment), _) => inside,
        };
        self.before = byte;
    }

    /// A quote inside a word is an apostrophe.
    fn may_open(&self) -> bool {
        matches!(
            self.before,
            0 | b' ' | b'\t' | b'[' | b'{' | b',' | b':' | b'\'' | b'"'
        )
    }

    fn end_line(&mut self) {
        self.before = 0;
        if self.inside == Inside::Comment {
            self.inside = Inside::Nothing;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_real_nesting_counts() {
        let brackets = "[".repeat(100);
        let fine = format!("a: {}{}\n", "[".repeat(60), "]".repeat(60)).repeat(3);
        assert!(check(&fine).is_ok());
        assert!(check(&"- don't [a]\n".repeat(1000)).is_ok());
        for deep in [
            format!("a: {brackets}"),
            format!("a: \"]]]\" {brackets}"),
            format!("a: don't {brackets}"),
            "- ".repeat(2000),
        ] {
            assert!(check(&deep).is_err(), "{deep:.20}");
        }
    }
}
