//! Pages on their way into the log of a CI job, where a runner reads along and takes orders.

use std::borrow::Cow;

/// What a runner obeys at the start of a line, once it has trimmed the blanks before it.
const AT_START: &str = "::";

/// What it obeys wherever it stands in a line.
const ANYWHERE: &str = "##[";

/// How a finding points to a second place. No command is called `:`, so nobody obeys this.
const POINTER: &str = "::: ";

/// A page in which no line is a command of GitHub's runner, nor of those that are built like it: `::error::x` at
/// the start of a line is shown as `\::error::x`, and `##[error]x` anywhere as `##\[error]x`.
///
/// It takes lines as they are printed, for only folding decides which word begins one; and it is no business of
/// JSON, where a backslash means something. [`super::terminal()`] spells a character out because nobody can see
/// it. Here every character may be seen, and only their company does harm: one sign between them is enough, the
/// same with which a spelled character begins, and the rest stays to be read, searched and copied.
#[must_use]
pub fn without_commands(page: &str) -> Cow<'_, str> {
    let is_harmless = |line: &str| !begins_a_command(line) && !line.contains(ANYWHERE);
    if page.split(is_break).all(is_harmless) {
        return Cow::Borrowed(page);
    }
    Cow::Owned(page.split_inclusive(is_break).map(harmless).collect())
}

/// A runner begins a new line at both.
fn is_break(c: char) -> bool {
    matches!(c, '\n' | '\r')
}

fn begins_a_command(line: &str) -> bool {
    let text = line.trim_start();
    text.starts_with(AT_START) && !text.starts_with(POINTER)
}

fn harmless(line: &str) -> String {
    let (blanks, text) = line.split_at(line.len() - line.trim_start().len());
    let sign = if begins_a_command(line) { "\\" } else { "" };
    format!("{blanks}{sign}{}", text.replace(ANYWHERE, "##\\["))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_line_of_a_page_is_a_command() {
        let page = "::error::x  i-1\n  ::stop-commands::t\n\u{a0}\t::group::g\r::debug::d\n\
            see ::error::x, ##[error]x and ###[group]g";
        let shown = "\\::error::x  i-1\n  \\::stop-commands::t\n\u{a0}\t\\::group::g\r\\::debug::d\n\
            see ::error::x, ##\\[error]x and ###\\[group]g";
        assert_eq!(without_commands(page), shown);
        assert_eq!(without_commands(shown), shown);
    }

    #[test]
    fn what_is_no_command_stays_as_it_is() {
        for page in [
            "",
            "a::b ::c\n",
            " ::: fleet.yaml:5:3\n",
            ":x: # [y] ##\n[z]\n",
        ] {
            assert!(matches!(without_commands(page), Cow::Borrowed(_)), "{page}");
        }
    }
}
