//! Words on their way into Markdown, and from there into a page that other people read.

use std::fmt::Write as _;

use super::terminal::terminal;

/// Parts a word from what follows, so that no mention, link or reference comes of it.
const APART: &str = "&#8203;";

/// Text from elsewhere as plain words of a paragraph or an item: no HTML, no formatting, no list, no mention, no link.
#[must_use]
pub fn markdown(text: &str) -> String {
    let text = terminal(text);
    let mark = list_mark(&text);
    let mut safe = String::with_capacity(text.len() + 8);
    for (at, c) in text.char_indices() {
        match c {
            '@' | '#' => write!(safe, "\\{c}{APART}").expect("writing to a String cannot fail"),
            '|' => safe.push_str("&#124;"),
            '\\' | '`' | '*' | '_' | '[' | ']' | '~' | '!' | '$' => {
                safe.push('\\');
                safe.push(c);
            }
            _ if mark == Some(at) => {
                safe.push('\\');
                safe.push(c);
            }
            _ => push(&mut safe, c),
        }
    }
    unlinked(&safe)
}

/// Text from elsewhere inside a tag, where Markdown is not read any more; mentions and references still are.
#[must_use]
pub fn html(text: &str) -> String {
    let mut safe = String::with_capacity(text.len() + 8);
    for c in terminal(text).chars() {
        push(&mut safe, c);
        if matches!(c, '@' | '#') {
            safe.push_str(APART);
        }
    }
    unlinked(&safe)
}

/// One character that HTML could take for a tag, or a reader of references for the dash of `GH-1`.
fn push(safe: &mut String, c: char) {
    match c {
        '&' => safe.push_str("&amp;"),
        '<' => safe.push_str("&lt;"),
        '>' => safe.push_str("&gt;"),
        '"' => safe.push_str("&quot;"),
        '-' if ends_in_gh(safe) => {
            safe.push_str(APART);
            safe.push('-');
        }
        _ => safe.push(c),
    }
}

fn ends_in_gh(text: &str) -> bool {
    let word = text.rsplit(|c: char| !c.is_alphanumeric()).next();
    word.is_some_and(|word| word.eq_ignore_ascii_case("gh"))
}

fn unlinked(text: &str) -> String {
    text.replace("://", &format!(":{APART}//"))
        .replace("www.", &format!("www{APART}."))
}

/// Where the first word ends in what would make an item of a list of the rest: `-`, `+`, `1.`, `1)`.
fn list_mark(text: &str) -> Option<usize> {
    let blanks = text.len() - text.trim_start().len();
    let word = text[blanks..].split(' ').next()?;
    let (number, mark) = word.split_at_checked(word.len().checked_sub(1)?)?;
    let is_mark = match mark {
        "-" | "+" => number.is_empty(),
        "." | ")" => !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit()),
        _ => false,
    };
    is_mark.then_some(blanks + number.len())
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
        assert_eq!(markdown("see GH-1"), "see GH&#8203;-1");
    }

    #[test]
    fn plain_words_begin_no_list() {
        for (words, safe) in [
            ("- and + end", "\\- and + end"),
            ("+", "\\+"),
            ("1. ends", "1\\. ends"),
            (" 12) ends", " 12\\) ends"),
        ] {
            assert_eq!(markdown(words), safe);
        }
        for words in ["", " ", "-12.00 CNY", "+0.52 CNY", "1.5 h", "web.", "é"] {
            assert_eq!(markdown(words), words);
        }
    }

    #[test]
    fn words_in_a_tag_refer_to_nothing() {
        let name = "<b>@team#1 org/shop#2 gh-3 high-4 http://www.evil";
        let safe = "&lt;b&gt;@&#8203;team#&#8203;1 org/shop#&#8203;2 gh&#8203;-3 high-4 \
            http:&#8203;//www&#8203;.evil";
        assert_eq!(html(name), safe);
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
