//! What `explain` says.

use respec::guide::{errors, policies, rules};
use respec::model::Severity;
use respec::report::explain::{self, Book, Conduct, FindingCode, Refusal};
use respec::report::{Style, json};

use crate::snapshot::{fits, same};

/// A small book with one of everything, and a code that has several meanings.
fn book() -> Book {
    let known = errors::find(None, "OperationDenied.NoStock");
    Book {
        errors: known
            .into_iter()
            .map(|facts| Refusal {
                facts,
                conduct: Conduct::SparesTheSameType,
            })
            .collect(),
        rules: ["R24", "R61"].into_iter().filter_map(rules::find).collect(),
        policies: policies::find("protect").into_iter().collect(),
        findings: vec![FindingCode {
            id: "RS0107",
            severity: Severity::Error,
            title: "unknown name",
            meaning: "Nothing is called this.",
        }],
    }
}

#[test]
fn explain_has_a_page_for_a_word_and_a_line_for_everything() {
    let style = Style::plain();
    let pages = explain::pages(&book(), &style);
    fits(80, &pages);
    same("explain-word", &pages);
    same("explain-all", &explain::contents(&book(), &style));
    same("explain-json", &json::explain(&book()));
}
