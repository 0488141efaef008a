//! Compares a text with the file that says what it should be.

use std::path::Path;

/// Compares, or with `RESPEC_BLESS=1` writes, `tests/report/NAME.expected`.
#[expect(
    clippy::disallowed_methods,
    reason = "a test may be told by its environment to bless"
)]
pub(crate) fn same(name: &str, text: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/report")
        .join(format!("{name}.expected"));
    if std::env::var("RESPEC_BLESS").is_ok() {
        std::fs::write(&path, text).unwrap();
        return;
    }
    let expected = std::fs::read_to_string(&path).unwrap_or_default();
    let diff = similar::TextDiff::from_lines(expected.as_str(), text);
    assert!(
        expected == text,
        "{name} reads differently:\n{}",
        diff.unified_diff().header("expected", "now")
    );
}

/// No line is wider than the screen.
pub(crate) fn fits(columns: usize, text: &str) {
    for line in text.lines() {
        let n = line.chars().count();
        assert!(n <= columns, "{n} columns: {line}");
    }
}
