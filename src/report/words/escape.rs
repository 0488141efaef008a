//! Words on their way into Markdown, and from there into a page that other people read.

use std::fmt::Write as _;

use super::terminal::terminal;

/// Parts a word from what follows, so that neither a mention nor a link comes of it.
const APART: &str = "&#8203;";

/// Text from elsewhere as plain words of a paragraph: no HTML, no formatting, no mention, no link.
#[must_use]
pub fn markdown(text: &str) -> String {
    let mut safe = String::with_capacity(text.len() + 8);
    for c in terminal(text).chars() {
        match c {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '@' | '#' => write!(safe, "\\{c}{APART}").expect("writing to a String cannot fail"),
            '|' => safe.push_str("&#124;"),
            '\\' | '`' | '*' | '_' | '[' | ']' | '~' | '!' | '$' => {
                safe.push('\\');
                safe.push(c);
            }
            _ => safe.push(c),
        }
    }
    safe.replace("://", &format!(":{APART}//"))
        .replace("www.", &format!("www{APART}."))
}

/// Text from elsewhere inside a tag, where Markdown is not read any more.
#[must_use]
pub fn html(text: &str) -> String {
    terminal(text)
        .replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
        .replace('@', &format!("@{APART}"))
        .replace("://", &format!(":{APART}//"))
}

/// Text from elsewhere as a code span that it cannot leave, fit for a table's cell.
#[must_use]
pub fn code(text: &str) -> String {
    let text = terminal(text);
    if text.contains('|') {
        // In a table even a code span ends at a pipe, and how backslashes count there is disputed.
        return format!("<code>{}</code>", markdown(&text));
    }
    let fence = "`".repeat(longest_run(&text) + 1);
    let touches = text.starts_with('`') || text.ends_with('`') || text.trim().is_empty();
    let pad = if touches { " " } else { "" };
    format!("{fence}{pad}{text}{pad}{fence}")
}

/// A fence that no line of this block can close.
#[must_use]
pub fn fence(block: &str) -> String {
    "`".repeat(longest_run(block).max(2) + 1)
}

fn longest_run(text: &str) -> usize {
    let runs = text.split(|c| c != '`');
    runs.map(str::len).max().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_words_can_neither_mention_nor_format_nor_link() {
        assert_eq!(markdown("hello, web-1 (4 of 5)"), "hello, web-1 (4 of 5)");
        assert_eq!(markdown("@team"), "\\@&#8203;team");
        assert_eq!(markdown("a|b `c` <img>"), "a&#124;b \\`c\\` &lt;img&gt;");
        assert_eq!(markdown("http://evil"), "http:&#8203;//evil");
        assert_eq!(markdown("a\n# b"), "a\\\\u{a}\\#&#8203; b");
    }

    #[test]
    fn a_code_span_cannot_be_left() {
        assert_eq!(code("ecs.g6.large"), "`ecs.g6.large`");
        assert_eq!(code("a`b``c"), "```a`b``c```");
        assert_eq!(code("`"), "`` ` ``");
        assert_eq!(code("a\\|@b"), "<code>a\\\\&#124;\\@&#8203;b</code>");
        assert_eq!(fence("x\n```\ny"), "````");
    }
}
