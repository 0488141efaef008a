//! All cases, and the table of their outcomes.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use respec::guide::errors::{self, ErrorFacts};

use crate::fleet::{CALLED, Often};
use crate::walk::{Walked, walk};

/// Where the table stands.
const PAGE: &str = "docs/reliability.md";
const BEGIN: &str = "<!-- every error: made by tests/every_error -->\n";
const END: &str = "<!-- end of every error -->\n";

/// One error on one operation.
#[derive(Clone, Copy)]
struct Case {
    facts: &'static ErrorFacts,
    operation: &'static str,
}

/// Every row of the guide with every operation it can be met on.
fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    for facts in errors::all() {
        let operations: Vec<_> = match facts.operations {
            [] => CALLED
                .into_iter()
                .filter(|operation| is_the_meaning(facts, operation))
                .collect(),
            named => named.to_vec(),
        };
        cases.extend(
            operations
                .into_iter()
                .map(|operation| Case { facts, operation }),
        );
    }
    cases
}

/// Whether a code of any call means this row on this operation.
fn is_the_meaning(facts: &ErrorFacts, operation: &str) -> bool {
    let family = facts.code.ends_with('*');
    family || errors::find(Some(operation), facts.code).contains(&facts)
}

/// Plays all cases on all cores.
fn walk_all(cases: &[Case]) -> BTreeMap<(usize, Often), Walked> {
    let todo: Vec<(usize, Often)> = (0..cases.len())
        .flat_map(|at| [(at, Often::Once), (at, Often::Lasting)])
        .collect();
    let (next, done) = (AtomicUsize::new(0), Mutex::new(BTreeMap::new()));
    thread::scope(|scope| {
        for _ in 0..thread::available_parallelism().map_or(1, usize::from) {
            scope.spawn(|| {
                while let Some((at, often)) = todo.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let walked = walk(cases[*at].facts, cases[*at].operation, *often);
                    done.lock().unwrap().insert((*at, *often), walked);
                }
            });
        }
    });
    done.into_inner().unwrap()
}

#[test]
fn every_error_ends_as_the_catalogue_allows() {
    let cases = cases();
    let walked = walk_all(&cases);
    let mut objections = Vec::new();
    for ((at, often), one) in &walked {
        let Case { facts, operation } = cases[*at];
        objections.extend(one.objections.iter().map(|what| {
            format!(
                "{operation} {} {} {often:?}: {what}",
                facts.http, facts.code
            )
        }));
    }
    assert!(
        objections.is_empty(),
        "{} objections\n{}",
        objections.len(),
        objections.join("\n")
    );
    same(&table(&cases, &walked));
}

/// A line for each code, status and pair of outcomes.
fn table(cases: &[Case], walked: &BTreeMap<(usize, Often), Walked>) -> String {
    let mut lines: Vec<(String, Vec<&str>, String)> = Vec::new();
    let mut n_met = 0;
    for (at, case) in cases.iter().enumerate() {
        let outcome = |often| walked[&(at, often)].outcome.clone();
        let (Some(once), Some(lasting)) = (outcome(Often::Once), outcome(Often::Lasting)) else {
            continue;
        };
        n_met += 1;
        let name = format!("| `{}` | {} |", case.facts.code, case.facts.http);
        let ends = format!("| {} | {once} | {lasting} |", case.facts.retry.as_str());
        match lines
            .iter_mut()
            .find(|line| line.0 == name && line.2 == ends)
        {
            Some(line) => line.1.push(case.operation),
            None => lines.push((name, vec![case.operation], ends)),
        }
    }
    let n_rows = errors::all().count();
    let mut text = format!(
        "{n_met} cases from {n_rows} rows of the guide, each with the error answered once and for a whole apply.\n\n\
         | code | HTTP | operations | again | answered once | answered always |\n|---|---|---|---|---|---|\n"
    );
    for (name, operations, ends) in lines {
        text.push_str(&format!("{name} {} {ends}\n", operations.join(", ")));
    }
    text
}

/// Compares the table with the page, or writes it there with `RESPEC_BLESS=1`.
#[expect(
    clippy::disallowed_methods,
    reason = "a test may be told by its environment to bless"
)]
fn same(table: &str) {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(PAGE);
    let page = fs::read_to_string(&path).unwrap();
    let (before, rest) = page.split_once(BEGIN).unwrap();
    let (held, after) = rest.split_once(END).unwrap();
    if std::env::var("RESPEC_BLESS").is_ok() {
        fs::write(path, format!("{before}{BEGIN}{table}{END}{after}")).unwrap();
        return;
    }
    let diff = similar::TextDiff::from_lines(held, table);
    let diff = diff.unified_diff().header("held", "made").to_string();
    assert!(held == table, "{PAGE} is not what happens:\n{diff}");
}
