//! Told cases: a manifest and a cloud in, the whole plan as people read it out.
//!
//! Each `NAME.yaml` holds the manifest, the cloud, and what else was said, separated by `---`; the
//! comment on top tells what the case is about. `NAME.plan.txt` is what the plan must read like. Run
//! with `RESPEC_BLESS=1` to write the texts anew, then read the difference.

#![expect(clippy::unwrap_used, reason = "a test may panic, its builders too")]

mod case;
mod walk;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use case::Case;

#[test]
fn every_case_is_planned_as_it_was_read_and_approved() {
    let mut wrong = Vec::new();
    for path in files("yaml") {
        let text = std::fs::read_to_string(&path).unwrap();
        let name = path.file_stem().unwrap().to_str().unwrap();
        let page = Case::read(name, &text).page();
        if let Err(difference) = same(&path.with_extension("plan.txt"), &page) {
            wrong.push(format!("{name} is planned differently:\n{difference}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_text_belongs_to_a_case() {
    let stems = |extension: &str| -> BTreeSet<String> {
        let names = files(extension).into_iter();
        let names = names.map(|path| path.file_name().unwrap().to_str().unwrap().to_owned());
        names
            .map(|name| name.split_once('.').unwrap().0.to_owned())
            .collect()
    };
    assert_eq!(stems("yaml"), stems("txt"));
    assert!(stems("yaml").len() >= 25);
}

fn files(extension: &str) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/planning");
    let entries = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path());
    let mut files: Vec<PathBuf> = entries
        .filter(|path| path.extension().is_some_and(|found| found == extension))
        .collect();
    files.sort();
    files
}

#[expect(
    clippy::disallowed_methods,
    reason = "a test may be told by its environment to bless"
)]
fn same(path: &Path, page: &str) -> Result<(), String> {
    if std::env::var("RESPEC_BLESS").is_ok() {
        std::fs::write(path, page).unwrap();
        return Ok(());
    }
    let expected = std::fs::read_to_string(path).unwrap_or_default();
    if expected == page {
        return Ok(());
    }
    let diff = similar::TextDiff::from_lines(expected.as_str(), page);
    Err(diff.unified_diff().header("approved", "now").to_string())
}
