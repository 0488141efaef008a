//! `respec explain`: what an error code, a rule, a name in a plan or a finding means.

use crate::aliyun::{classify, reach, second_meaning};
use crate::cli::args::{ExplainArgs, Global};
use crate::cli::failure::{Done, Failure, Situation};
use crate::cli::screen::Screen;
use crate::cloud::{ErrorKind, Reach};
use crate::guide::errors::{self, ErrorFacts};
use crate::guide::{policies, rules};
use crate::manifest::codes;
use crate::report::explain::{self, Book, Conduct, FindingCode, Refusal};
use crate::report::json;

/// Longest word that is looked up, in characters; twice the longest code.
const WORD_CHARS_MAX: usize = 128;

/// Explains one word, or lists all.
///
/// # Errors
/// [`Failure`] when nothing has that name.
pub fn run(global: &Global, args: &ExplainArgs, screen: &Screen) -> Result<Done, Failure> {
    let word = args.words.join(" ");
    let (book, told): (Book, fn(&Book, &_) -> String) = if word.is_empty() {
        (whole(), explain::contents)
    } else {
        (about(&word)?, explain::pages)
    };
    let text = if global.json {
        json::explain(&book)
    } else {
        told(&book, &screen.out)
    };
    screen.result(&text)?;
    Ok(Done::Fine)
}

fn whole() -> Book {
    Book {
        errors: errors::all().map(refusal).collect(),
        rules: rules::all().collect(),
        policies: policies::ALL.iter().collect(),
        findings: codes::ALL.iter().map(finding).collect(),
    }
}

fn about(word: &str) -> Result<Book, Failure> {
    let book = Book {
        errors: errors::find(None, word).into_iter().map(refusal).collect(),
        rules: rules::find(word).into_iter().collect(),
        policies: policies::find(word).into_iter().collect(),
        findings: codes::find(word).map(finding).into_iter().collect(),
    };
    if book.is_empty() {
        Err(unknown(word))
    } else {
        Ok(book)
    }
}

fn unknown(word: &str) -> Failure {
    let word: String = word.chars().take(WORD_CHARS_MAX).collect();
    let failure = Failure::new(Situation::Usage, format!("nothing here is called `{word}`"));
    match nearest(&word) {
        Some(name) => failure.hint(format!("did you mean `{name}`?")),
        None => failure.hint("`respec explain` lists everything that is known"),
    }
}

/// The known name that differs least, if it differs in no more than a third of its letters.
fn nearest(word: &str) -> Option<String> {
    let word = word.to_lowercase();
    let reach = word.chars().count().div_ceil(3);
    names()
        .map(|name| (strsim::osa_distance(&word, &name.to_lowercase()), name))
        .filter(|(distance, _)| *distance <= reach)
        .min()
        .map(|(_, name)| name)
}

fn names() -> impl Iterator<Item = String> {
    let errors = errors::all().map(|facts| facts.code.to_owned());
    let rules = rules::all().map(|rule| format!("R{}", rule.number));
    let policies = policies::ALL.iter().map(|policy| policy.name.to_owned());
    let findings = codes::ALL.iter().map(|code| code.id.to_owned());
    errors.chain(rules).chain(policies).chain(findings)
}

fn finding(code: &codes::Code) -> FindingCode {
    FindingCode {
        id: code.id,
        severity: code.severity,
        title: code.title,
        meaning: code.meaning,
    }
}

/// The client decides by its own table what a code leads to, so that table is asked.
fn refusal(facts: &'static ErrorFacts) -> Refusal {
    let operation = facts.operations.first().copied().unwrap_or_default();
    let code = facts.code.trim_end_matches('*');
    let kind = classify(operation, code, facts.http);
    // Of two meanings the second is the one that more care is taken for.
    let kind = second_meaning(operation, code).unwrap_or(kind);
    Refusal {
        facts,
        conduct: conduct(kind, reach(operation, code, kind)),
    }
}

fn conduct(kind: ErrorKind, reach: Reach) -> Conduct {
    match reach {
        Reach::Machine => conduct_alone(kind),
        Reach::SameType => Conduct::SparesTheSameType,
        Reach::Vcpus => Conduct::SparesMoreVcpus,
        Reach::Refunds => Conduct::SparesRefunds,
        Reach::RefundedVcpus => Conduct::SparesSmallerTypes,
        Reach::PaidOrders => Conduct::SparesPaidOrders,
        Reach::OrdersLeft => Conduct::SparesOrdersLeft,
        Reach::SameCall => Conduct::SparesTheSameCall,
        Reach::Account => Conduct::SparesAll,
    }
}

/// What becomes of the machine where the refusal is its own.
fn conduct_alone(kind: ErrorKind) -> Conduct {
    match kind {
        ErrorKind::Throttled | ErrorKind::NotSent => Conduct::SendsAgain,
        ErrorKind::CoolingDown => Conduct::Rests,
        ErrorKind::Busy | ErrorKind::Pending => Conduct::AsksAgain,
        ErrorKind::Fault | ErrorKind::Unanswered => Conduct::LooksFirst,
        ErrorKind::WrongState => Conduct::TriesForAWhile,
        ErrorKind::NotOrdered => Conduct::OrdersAgain,
        ErrorKind::TokenMismatch => Conduct::NeedsAPerson,
        ErrorKind::NoStock
        | ErrorKind::Quota
        | ErrorKind::Money
        | ErrorKind::Denied
        | ErrorKind::Credentials
        | ErrorKind::UnpaidOrder
        | ErrorKind::NotFound
        | ErrorKind::Locked
        | ErrorKind::Unsupported
        | ErrorKind::Invalid
        | ErrorKind::Unlisted => Conduct::Fails,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_that_is_listed_can_be_asked_for() {
        for name in names() {
            let book = about(&name).unwrap();
            let n = book.rules.len() + book.policies.len() + book.findings.len();
            assert!(n == 1 || !book.errors.is_empty(), "{name} leads to {n}");
            assert_eq!(about(&name.to_uppercase()).unwrap().rules, book.rules);
        }
    }

    #[test]
    fn a_misspelt_word_is_a_usage_error_with_the_nearest_name() {
        let failure = about("operationdenied.nostok").unwrap_err();
        assert_eq!(failure.situation.exit_code(), 64);
        assert_eq!(failure.hints, ["did you mean `OperationDenied.NoStock`?"]);
        let failure = about("quite another thing altogether").unwrap_err();
        assert_eq!(
            failure.hints,
            ["`respec explain` lists everything that is known"]
        );
        assert!(about(&"x".repeat(100_000)).is_err());
    }

    #[test]
    fn what_follows_a_refusal_is_what_the_client_decides() {
        let conducts = |code: &str| -> Vec<Conduct> {
            let book = about(code).unwrap();
            book.errors.iter().map(|refusal| refusal.conduct).collect()
        };
        assert_eq!(conducts("Account.Arrearage"), [Conduct::SparesAll]);
        assert_eq!(
            conducts("QuotaExceed.ElasticQuota"),
            [Conduct::SparesMoreVcpus]
        );
        assert_eq!(
            conducts("QuotaExceeded.InternetBandwidth"),
            [Conduct::Fails]
        );
        // With an order that pays by itself, and where there is none.
        assert_eq!(
            conducts("InvalidAccountStatus.NotEnoughBalance"),
            [Conduct::SparesPaidOrders, Conduct::SparesTheSameCall]
        );
        assert_eq!(conducts("LastTokenProcessing"), [Conduct::AsksAgain]);
        assert_eq!(conducts("OrderCreationFailed"), [Conduct::OrdersAgain]);
        assert_eq!(
            conducts("IdempotenceParamNotMatch"),
            [Conduct::NeedsAPerson]
        );
        // Of one machine, of one under another status, twice of a subscription, and of any other call.
        let (rests, again) = (Conduct::Rests, Conduct::SendsAgain);
        assert_eq!(conducts("Throttling"), [rests, rests, rests, rests, again]);
        assert!(conducts("OperationDenied").contains(&Conduct::SparesTheSameType));
    }

    #[test]
    fn a_page_speaks_of_one_conduct_whatever_the_operation() {
        for facts in errors::all() {
            let code = facts.code.trim_end_matches('*');
            let of =
                |operation: &str| reach(operation, code, classify(operation, code, facts.http));
            let reaches: Vec<Reach> = facts.operations.iter().map(|on| of(on)).collect();
            let first = reaches.first();
            assert!(
                reaches.iter().all(|one| Some(one) == first),
                "{}: {reaches:?}",
                facts.code
            );
        }
    }
}
