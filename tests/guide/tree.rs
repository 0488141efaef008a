//! The sources as text.

use std::fs;
use std::path::{Path, PathBuf};

/// A path of the repository.
pub(crate) fn at(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// Every Rust file under a path, joined, without inline tests.
pub(crate) fn text_of(path: &str) -> String {
    let mut text = String::new();
    gather(&at(path), &mut text);
    assert!(!text.is_empty(), "{path} is empty");
    text
}

fn gather(path: &Path, text: &mut String) {
    if path.is_dir() {
        let mut inside: Vec<_> = fs::read_dir(path)
            .unwrap()
            .map(|e| e.unwrap().path())
            .collect();
        inside.sort();
        for path in inside {
            gather(&path, text);
        }
    } else if path.extension().is_some_and(|ending| ending == "rs") {
        let file = fs::read_to_string(path).unwrap();
        text.push_str(file.split("#[cfg(test)]").next().unwrap());
    }
}

/// The string literals that follow a word: `first_literals(text, "block(")`.
pub(crate) fn first_literals<'t>(text: &'t str, opening: &str) -> Vec<&'t str> {
    text.split(opening)
        .skip(1)
        .filter_map(|rest| rest.trim_start().strip_prefix('"')?.split('"').next())
        .collect()
}

/// Compares a file with what it should be, or writes it with `RESPEC_BLESS=1`.
#[expect(
    clippy::disallowed_methods,
    reason = "a test may be told by its environment to bless"
)]
pub(crate) fn same(path: &str, text: &str) {
    if std::env::var("RESPEC_BLESS").is_ok() {
        fs::write(at(path), text).unwrap();
        return;
    }
    let held = fs::read_to_string(at(path)).unwrap_or_default();
    let diff = similar::TextDiff::from_lines(held.as_str(), text);
    let diff = diff.unified_diff().header("held", "made").to_string();
    assert!(held == text, "{path} is not what the guide says:\n{diff}");
}
