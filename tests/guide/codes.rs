//! Every code the vendor documents, and what the client makes of it.

use std::collections::{BTreeMap, BTreeSet};

use respec::aliyun::classify;
use respec::cloud::ErrorKind;
use respec::guide::errors::{self, ErrorFacts, Retry};

use crate::tree::{first_literals, text_of};

/// Codes whose retry class and kind do not go together, with the reason.
const EXCEPTIONS: &[(&str, Retry, ErrorKind)] = &[
    // Whoever sees it waits, but must first learn whether the copy that arrived was carried out.
    (
        "SignatureNonceUsed",
        Retry::AfterDelay,
        ErrorKind::Unanswered,
    ),
];

/// Kinds that pass by themselves, and so the only ones behind `AfterDelay`.
const PASSING: &[ErrorKind] = &[
    ErrorKind::Throttled,
    ErrorKind::CoolingDown,
    ErrorKind::Busy,
    ErrorKind::Pending,
    ErrorKind::NotOrdered,
    ErrorKind::Fault,
];

/// Each operation of a row with the kind the client gives it there; `""` for any call.
fn kinds(facts: &ErrorFacts) -> BTreeMap<&'static str, ErrorKind> {
    let code = facts.code.replace('*', "Whatever");
    let any: &[&str] = &[""];
    let operations = if facts.operations.is_empty() {
        any
    } else {
        facts.operations
    };
    operations
        .iter()
        .map(|operation| (*operation, classify(operation, &code, facts.http)))
        .collect()
}

#[test]
fn what_passes_by_waiting_is_what_the_client_waits_for() {
    for facts in errors::all() {
        for (operation, kind) in kinds(facts) {
            if EXCEPTIONS.contains(&(facts.code, facts.retry, kind)) {
                continue;
            }
            assert_eq!(
                facts.retry == Retry::AfterDelay,
                PASSING.contains(&kind),
                "{operation} {} {}: {:?} and {kind:?}",
                facts.http,
                facts.code,
                facts.retry
            );
        }
    }
}

#[test]
fn one_row_leads_to_one_thing() {
    for facts in errors::all() {
        let kinds: BTreeSet<_> = kinds(facts).into_values().collect();
        assert_eq!(kinds.len(), 1, "{}: {kinds:?}", facts.code);
        assert!(
            !kinds.contains(&ErrorKind::Unlisted),
            "{} is not known to the client",
            facts.code
        );
    }
}

#[test]
fn the_documents_of_the_modify_calls_are_covered_whole() {
    let modify = |operation: &&&str| operation.starts_with("Modify");
    let triples: BTreeSet<_> = errors::all()
        .flat_map(|f| {
            f.operations
                .iter()
                .filter(modify)
                .map(|o| (*o, f.http, f.code))
        })
        .collect();
    assert_eq!(
        triples.len(),
        197,
        "one for each operation, status and code"
    );
}

#[test]
fn every_code_the_client_knows_is_explained() {
    let table = text_of("src/aliyun/codes/table.rs");
    let codes = first_literals(&table, "\n    (");
    assert!(codes.len() > 150, "the table is read wrongly");
    for code in codes {
        assert!(
            !errors::find(None, code).is_empty(),
            "{code} is not explained"
        );
    }
}

#[test]
fn every_row_says_something_and_no_row_stands_twice() {
    let mut seen = BTreeSet::new();
    for facts in errors::all() {
        for text in [facts.meaning, facts.remedy] {
            assert!(
                text.ends_with('.') && text.len() > 10,
                "{}: {text}",
                facts.code
            );
        }
        assert!(
            seen.insert((facts.code, facts.http, facts.operations)),
            "{} twice",
            facts.code
        );
    }
}

#[test]
fn a_code_is_found_in_any_case_by_its_operation_and_by_its_beginning() {
    assert_eq!(errors::find(None, "throttling").len(), 5);
    let here = errors::find(Some("ModifyInstanceSpec"), "Throttling");
    assert_eq!(here.len(), 1);
    assert!(here[0].meaning.contains("R52"));
    let elsewhere = errors::find(Some("DescribeInstances"), "Throttling");
    assert_eq!((elsewhere.len(), elsewhere[0].operations.len()), (1, 0));
    assert_eq!(errors::find(None, "MissingInstanceId")[0].code, "Missing*");
    assert_eq!(
        errors::find(None, "missingparameter")[0].code,
        "MissingParameter"
    );
    assert!(errors::find(None, "No.Such.Code").is_empty());
}
