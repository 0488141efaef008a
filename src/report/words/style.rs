//! What the reader's screen can do, and the small words every text is made of.

use std::borrow::Cow;
use std::time::Duration;

use anstyle::{AnsiColor, Style as Ansi};
use jiff::Timestamp;
use textwrap::{Options, WordSplitter};

use crate::model::{InstanceId, InstanceName};

/// Narrowest screen that lines are folded for; a narrower one folds them itself.
const WIDTH_MIN: usize = 40;

/// Widest line: longer ones are hard to read, however wide the screen is.
const WIDTH_MAX: usize = 120;

/// Whether escape sequences for colour may be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Colour {
    /// They may.
    Always,
    /// They may not: a file, a pipe, `-no-color`.
    Never,
}

/// Which marks are used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Symbols {
    /// Lines, arrows and dots beyond ASCII.
    Unicode,
    /// ASCII only.
    Ascii,
}

/// What a piece of text means; the style decides how that looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::report) enum Tone {
    /// Something new, or well done.
    Good,
    /// Something that goes, or went wrong.
    Bad,
    /// Something that changes, or wants attention.
    Warn,
    /// What the eye should find first.
    Strong,
    /// What the eye may skip.
    Faint,
    /// Anything else.
    Plain,
}

/// How text is laid out and coloured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Style {
    /// Colours or none.
    pub colour: Colour,
    /// Columns of the screen; taken as at least 40 and at most 120.
    pub width: usize,
    /// Which marks are used.
    pub symbols: Symbols,
}

impl Style {
    /// For files, pipes and logs: no colour, 80 columns.
    #[must_use]
    pub fn plain() -> Self {
        Self {
            colour: Colour::Never,
            width: 80,
            symbols: Symbols::Unicode,
        }
    }

    /// The text in its tone.
    pub(in crate::report) fn paint(&self, tone: Tone, text: &str) -> String {
        let ansi = match tone {
            Tone::Good => Ansi::new().fg_color(Some(AnsiColor::Green.into())),
            Tone::Bad => Ansi::new().fg_color(Some(AnsiColor::Red.into())).bold(),
            Tone::Warn => Ansi::new().fg_color(Some(AnsiColor::Yellow.into())),
            Tone::Strong => Ansi::new().bold(),
            Tone::Faint => Ansi::new().dimmed(),
            Tone::Plain => return text.to_owned(),
        };
        match self.colour {
            Colour::Never => text.to_owned(),
            Colour::Always => format!("{ansi}{text}{ansi:#}"),
        }
    }

    /// One of two marks, as the screen allows.
    pub(in crate::report) fn mark(
        &self,
        unicode: &'static str,
        ascii: &'static str,
    ) -> &'static str {
        match self.symbols {
            Symbols::Unicode => unicode,
            Symbols::Ascii => ascii,
        }
    }

    /// `→`.
    pub(in crate::report) fn arrow(&self) -> &'static str {
        self.mark("→", "->")
    }

    /// `…`.
    pub(in crate::report) fn dots(&self) -> &'static str {
        self.mark("…", "...")
    }

    /// Text of our own or made safe before, in the marks this screen has.
    pub(in crate::report) fn spelled<'a>(&self, text: &'a str) -> Cow<'a, str> {
        match self.symbols {
            Symbols::Unicode => Cow::Borrowed(text),
            Symbols::Ascii => Cow::Owned(
                text.replace('→', "->")
                    .replace('…', "...")
                    .replace('≈', "~")
                    .replace('–', "-"),
            ),
        }
    }

    /// The text folded to the screen, its first line after `first`, the others after `rest`. Ends in a
    /// line break. Long words, ids above all, are never broken.
    pub(in crate::report) fn fold(&self, first: &str, rest: &str, text: &str) -> String {
        let options = Options::new(self.columns())
            .initial_indent(first)
            .subsequent_indent(rest)
            .break_words(false)
            .word_splitter(WordSplitter::NoHyphenation);
        let mut folded = textwrap::fill(text, options);
        folded.push('\n');
        folded
    }

    pub(in crate::report) fn columns(&self) -> usize {
        self.width.clamp(WIDTH_MIN, WIDTH_MAX)
    }
}

/// Name and id of a machine; the name of a group's member has the id in it already.
pub(in crate::report) fn called(name: &InstanceName, id: &InstanceId) -> String {
    if name.as_str().ends_with(id.as_str()) {
        name.to_string()
    } else {
        format!("{name} ({id})")
    }
}

/// `1 machine`, `12 machines`.
pub fn count(n: usize, noun: &str) -> String {
    let plural = if n == 1 { "" } else { "s" };
    format!("{n} {noun}{plural}")
}

/// `38s`, `4m 12s`, `1h 3m`: at most two units, the smaller one left out when it is zero.
#[must_use]
pub fn duration(time: Duration) -> String {
    let seconds = time.as_secs();
    let two = |large: u64, unit: &str, small: u64, small_unit: &str| match small {
        0 => format!("{large}{unit}"),
        _ => format!("{large}{unit} {small}{small_unit}"),
    };
    match seconds {
        0..60 => format!("{seconds}s"),
        60..3600 => two(seconds / 60, "m", seconds % 60, "s"),
        3600..86_400 => two(seconds / 3600, "h", seconds % 3600 / 60, "m"),
        86_400.. => two(seconds / 86_400, "d", seconds % 86_400 / 3600, "h"),
    }
}

/// `00:04:12`: a clock that does not jump to and fro while it runs.
#[must_use]
pub fn stopwatch(time: Duration) -> String {
    let seconds = time.as_secs();
    format!(
        "{:02}:{:02}:{:02}",
        seconds / 3600,
        seconds / 60 % 60,
        seconds % 60
    )
}

/// `2026-11-28 06:00 UTC`.
#[must_use]
pub fn minute(at: Timestamp) -> String {
    at.strftime("%Y-%m-%d %H:%M UTC").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_duration_has_at_most_two_units() {
        let of = |seconds| duration(Duration::from_secs(seconds));
        assert_eq!(of(0), "0s");
        assert_eq!(of(38), "38s");
        assert_eq!(of(252), "4m 12s");
        assert_eq!(of(300), "5m");
        assert_eq!(of(3_780), "1h 3m");
        assert_eq!(of(90_000), "1d 1h");
    }

    #[test]
    fn a_folded_line_keeps_its_indent_and_never_breaks_an_id() {
        let style = Style {
            width: 40,
            ..Style::plain()
        };
        let folded = style.fold(
            "- ",
            "  ",
            "the machine i-bp67acfmxazb4p0001 is locked for now",
        );
        assert_eq!(
            folded,
            "- the machine i-bp67acfmxazb4p0001 is\n  locked for now\n"
        );
    }
}
