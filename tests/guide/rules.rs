//! The rules and names against the planner and the simulator.

use std::collections::BTreeSet;

use respec::guide::rules::{Coverage, Rule, Stance};
use respec::guide::{errors, policies, rules};

use crate::tree::{at, first_literals, text_of};

/// The rules a text names; `R10 to R18` counts as its two ends.
fn named(text: &str) -> BTreeSet<u8> {
    let words = text.split(|c: char| !c.is_ascii_alphanumeric());
    words
        .filter_map(|word| word.strip_prefix('R')?.parse().ok())
        .collect()
}

/// What plans call their reasons: rule numbers and names.
fn reasons() -> BTreeSet<String> {
    let text = text_of("src/plan");
    let made = ["Because::new(", ".block("].map(|opening| first_literals(&text, opening));
    let reasons: BTreeSet<_> = made.concat().into_iter().map(str::to_owned).collect();
    assert!(
        reasons.contains("R24") && reasons.contains("protect"),
        "read wrongly"
    );
    reasons
}

#[test]
fn the_rules_are_numbered_from_1_to_72() {
    let numbers: Vec<u8> = rules::all().map(|rule| rule.number).collect();
    assert_eq!(numbers, (1..=72).collect::<Vec<_>>());
    assert_eq!(rules::find("r24").map(|rule| rule.number), Some(24));
    assert!(rules::find("R73").is_none() && rules::find("24").is_none());
}

#[test]
fn every_reason_a_plan_gives_is_explained() {
    for reason in reasons() {
        let rule = rules::find(&reason);
        let known = rule.is_some() || policies::find(&reason).is_some();
        assert!(known, "plans say `{reason}`, which nobody explains");
        let stance = rule.map(|rule| rule.stance);
        assert_ne!(stance, Some(Stance::NotYet), "plans name {reason}");
    }
}

#[test]
fn what_the_planner_is_said_to_do_stands_in_its_sources() {
    let plan = text_of("src/plan");
    // A block is made by a rule, or written out where the whole plan is looked over.
    let blocks =
        [".block(", "because: Because::new("].map(|opening| first_literals(&plan, opening));
    let blocks = blocks.concat();
    let rooms = [
        "src/plan",
        "src/manifest",
        "src/model",
        "src/aliyun",
        "src/apply",
    ];
    let kept = named(&rooms.map(text_of).concat());
    for rule in rules::all() {
        let name = format!("R{}", rule.number);
        let holds = match rule.stance {
            Stance::Blocks => blocks.contains(&name.as_str()),
            Stance::Brackets | Stance::Chooses | Stance::Sequences | Stance::Notes => {
                kept.contains(&rule.number)
            }
            Stance::NeverSends | Stance::Runs | Stance::NotYet | Stance::Fact => true,
        };
        assert!(holds, "{name} is said to be kept ({:?})", rule.stance);
    }
}

#[test]
fn what_the_simulator_is_said_to_answer_stands_in_its_sources() {
    let kept = named(&text_of("src/sim"));
    for rule in rules::all() {
        let said = rule.coverage == Coverage::Answers;
        assert_eq!(
            said,
            kept.contains(&rule.number),
            "R{} in src/sim",
            rule.number
        );
    }
}

#[test]
fn a_code_the_simulator_answers_with_is_in_the_guide() {
    let codes = |rule: &'static Rule| {
        let words = rule.sim.split([' ', ',', ';']);
        words.filter(|word| word.contains('.') && word.len() > 12 && !word.starts_with(['`', '.']))
    };
    for rule in rules::all() {
        for code in codes(rule).map(|code| code.trim_end_matches('.')) {
            let known = !errors::find(None, code).is_empty();
            assert!(known || !code.contains('.'), "R{}: {code}", rule.number);
        }
    }
}

#[test]
fn names_are_found_in_any_case_and_spacing() {
    assert_eq!(
        policies::find("Payment:AWAIT").unwrap().name,
        "payment: await"
    );
    assert!(policies::find("payment").is_none());
}

/// Whether a test of this name is in the tree, and shows the rule.
fn shows(name: &str, rule: u8) -> bool {
    if let Some(case) = name.strip_prefix("planning/") {
        let plan = std::fs::read_to_string(at(&format!("tests/planning/{case}.plan.txt")));
        return plan.is_ok_and(|plan| named(&plan).contains(&rule));
    }
    let parts: Vec<&str> = name.split("::").collect();
    match parts[..] {
        ["planning", "walk"] => {
            let walk = text_of("tests/planning/walk.rs");
            let rows = ["Blocked", "Noted", "InAStep"].map(|shown| format!("    ({rule}, {shown}"));
            rows.iter().any(|row| walk.contains(row))
        }
        ["sim", "rules"] => text_of("tests/sim/rules.rs").contains(&format!("broken({rule}, ")),
        [folder, file, story] => {
            text_of(&format!("tests/{folder}/{file}.rs")).contains(&format!("fn {story}("))
        }
        _ => false,
    }
}

#[test]
fn every_rule_is_shown_by_tests_that_are_there() {
    for rule in rules::all() {
        let number = rule.number;
        for name in rule.tests() {
            assert!(
                shows(name, number),
                "R{number}: {name} is not there or shows another rule"
            );
        }
        let simulated = rule.tests().iter().any(|name| name.starts_with("sim::"));
        assert!(simulated, "R{number}: no story of the simulator shows it");
        let planned = rule.tests().iter().any(|name| name.starts_with("planning"));
        let blocks = matches!(rule.stance, Stance::Blocks);
        assert!(planned || !blocks, "R{number}: no plan shows it");
    }
}

#[test]
fn what_the_simulator_does_not_know_yet_has_a_reason() {
    let waiting: Vec<u8> = rules::all()
        .filter(|rule| rule.coverage == Coverage::NotYet)
        .map(|rule| rule.number)
        .collect();
    // Whoever adds a number here writes the reason behind it.
    assert_eq!(waiting, [0_u8; 0]);
}
