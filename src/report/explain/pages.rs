//! What `explain` says: a page for what one word stands for, or a line for everything there is.

use std::collections::BTreeMap;

use crate::guide::errors::ErrorFacts;
use crate::guide::policies::Policy;
use crate::guide::rules::{Coverage, Rule};
use crate::report::words::{Style, Tone};

use super::book::{Book, FindingCode, Refusal};

/// Columns of the labels on a page.
const LABEL: usize = 9;

/// A page for everything in the book; meant for what one word stands for.
#[must_use]
pub fn pages(book: &Book, style: &Style) -> String {
    let errors = book
        .errors
        .chunk_by(|a, b| a.facts.code == b.facts.code)
        .map(|refusals| error(refusals, style));
    let rules = book.rules.iter().map(|known| rule(known, style));
    let policies = book.policies.iter().map(|known| policy(known, style));
    let findings = book.findings.iter().map(|known| finding(known, style));
    let pages: Vec<String> = errors
        .chain(rules)
        .chain(policies)
        .chain(findings)
        .collect();
    pages.join("\n")
}

/// A line for everything in the book, in groups.
#[must_use]
pub fn contents(book: &Book, style: &Style) -> String {
    let rules = book.rules.iter();
    let policies = book.policies.iter();
    let findings = book.findings.iter();
    let groups = [
        group("Error codes of the cloud", codes(book), style),
        group(
            "Rules of the cloud",
            rules.map(|r| (format!("R{}", r.number), r.title.to_owned())),
            style,
        ),
        group(
            "Names in plans",
            policies.map(|p| (p.name.to_owned(), p.title.to_owned())),
            style,
        ),
        group(
            "Findings in manifests",
            findings.map(|f| (f.id.to_owned(), f.title.to_owned())),
            style,
        ),
    ];
    format!(
        "{}\n`respec explain WORD` tells more about any of them.\n",
        groups.join("\n")
    )
}

/// Each code once, with every class it can belong to.
fn codes(book: &Book) -> impl Iterator<Item = (String, String)> {
    let mut codes: BTreeMap<String, (&str, Vec<&str>)> = BTreeMap::new();
    for refusal in &book.errors {
        let facts = refusal.facts;
        let (_, classes) = codes
            .entry(facts.code.to_lowercase())
            .or_insert((facts.code, Vec::new()));
        if !classes.contains(&facts.class.as_str()) {
            classes.push(facts.class.as_str());
        }
    }
    codes
        .into_values()
        .map(|(code, classes)| (code.to_owned(), classes.join("; ")))
}

fn group(title: &str, lines: impl Iterator<Item = (String, String)>, style: &Style) -> String {
    let lines: Vec<_> = lines.collect();
    let widest = lines.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
    let mut text = style.paint(Tone::Strong, title) + "\n";
    for (name, what) in lines {
        text.push_str(&format!("  {name:widest$}  {what}\n"));
    }
    text
}

fn error(refusals: &[Refusal], style: &Style) -> String {
    let code = refusals.first().map_or("", |refusal| refusal.facts.code);
    let mut text = style.paint(Tone::Strong, code) + "\n";
    for refusal in refusals {
        let facts = refusal.facts;
        text.push('\n');
        text.push_str(&style.fold("  ", "  ", &origin(facts)));
        let class = format!(
            "{}; send again {}",
            facts.class.as_str(),
            facts.retry.as_str()
        );
        text.push_str(&rows(
            &[
                ("class", &class),
                ("means", facts.meaning),
                ("remedy", facts.remedy),
                ("respec", refusal.conduct.as_str()),
            ],
            style,
        ));
    }
    text
}

fn origin(facts: &ErrorFacts) -> String {
    let from = if facts.operations.is_empty() {
        "any other call".to_owned()
    } else {
        facts.operations.join(", ")
    };
    format!("HTTP {} from {from}", facts.http)
}

fn rule(rule: &Rule, style: &Style) -> String {
    let planner = format!("{}. {}", capital(rule.stance.as_str()), rule.plan);
    let simulator = match rule.coverage {
        Coverage::Answers => rule.sim.to_owned(),
        Coverage::NotYet | Coverage::Nothing => {
            format!("{}. {}", capital(rule.coverage.as_str()), rule.sim)
        }
    };
    let name = format!("R{}  {}", rule.number, rule.title);
    let page = rows(
        &[
            ("cloud", rule.cloud),
            ("respec", &planner),
            ("simulator", &simulator),
            ("sources", rule.sources),
        ],
        style,
    );
    format!("{}\n\n{page}", style.paint(Tone::Strong, &name))
}

fn policy(policy: &Policy, style: &Style) -> String {
    let name = format!("{}  {}", policy.name, policy.title);
    let page = rows(
        &[("means", policy.meaning), ("way out", policy.way_out)],
        style,
    );
    format!("{}\n\n{page}", style.paint(Tone::Strong, &name))
}

fn finding(finding: &FindingCode, style: &Style) -> String {
    let name = format!("{}  {}", finding.id, finding.title);
    let page = rows(&[("means", finding.meaning)], style);
    format!("{}\n\n{page}", style.paint(Tone::Strong, &name))
}

fn rows(rows: &[(&str, &str)], style: &Style) -> String {
    let indent = " ".repeat(LABEL + 4);
    let row = |(label, value): &(&str, &str)| {
        style.fold(
            &format!("  {label:LABEL$}  "),
            &indent,
            &style.spelled(value),
        )
    };
    rows.iter().map(row).collect()
}

fn capital(words: &str) -> String {
    let mut letters = words.chars();
    letters.next().map_or_else(String::new, |first| {
        first.to_uppercase().chain(letters).collect()
    })
}
