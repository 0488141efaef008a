//! Every type of line that the JSON stream may have stands in its page, and no other.

use std::collections::BTreeSet;

const LEVELS: [&str; 3] = ["\"info\"", "\"warn\"", "\"error\""];

/// The types that the display writes: in its source, each stands behind a level.
fn written() -> BTreeSet<String> {
    let source = include_str!("../../src/report/run/json_lines.rs");
    let mut found = BTreeSet::new();
    for level in LEVELS {
        for (at, _) in source.match_indices(level) {
            let rest = source[at + level.len()..].trim_start_matches([',', ' ', '\n']);
            let word = rest.strip_prefix('"').and_then(|rest| rest.split_once('"'));
            // A diagnostic has a severity, which is no level.
            let word = word.filter(|(_, rest)| !rest.starts_with(':'));
            found.extend(word.map(|(word, _)| word.to_owned()));
        }
    }
    found
}

/// The types of the page's table of lines: what its first column has in backticks.
fn documented() -> BTreeSet<String> {
    let page = include_str!("../../docs/json.md");
    let table = page.split_once("| type | when | with |").unwrap().1;
    let rows = table.lines().filter(|line| line.starts_with("| `"));
    let cells = rows.map(|row| row.split('|').nth(1).unwrap());
    cells
        .flat_map(|cell| cell.split('`').skip(1).step_by(2))
        .map(str::to_owned)
        .collect()
}

#[test]
fn the_page_of_the_stream_has_every_type_and_no_other() {
    let written = written();
    assert!(written.len() > 20, "{written:?}");
    assert_eq!(written, documented());
}
