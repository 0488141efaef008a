//! The two documents that are made from the guide.

use respec::guide::parameters::{self, Fate, Parameter};
use respec::guide::rules::{self, Rule};

use crate::tree::same;

#[test]
fn docs_rules_is_made_from_the_guide() {
    let mut page = RULES_HEAD.to_owned();
    for (title, rules) in rules::CHAPTERS {
        page.push_str(&format!("\n## {title}\n\n{RULES_TABLE}"));
        page.extend(rules.iter().map(rule_row));
    }
    same("docs/rules.md", &page);
}

const RULES_HEAD: &str = "# The vendor's rules

Every rule the vendor's cloud is known to keep, what respec makes of it, and what the simulator answers. *Not yet* means
what it says. The word in front of what respec does:

| word | meaning |
|---|---|
| blocks | a change that breaks the rule is blocked in the plan, with the way out |
| brackets | stop and start, or a wait, are put around the change |
| chooses | the rule decides which call or which value is sent |
| orders steps | the rule decides what comes first |
| notes | the plan mentions it |
| in apply | apply keeps it, or acts on the refusal |
| never sends | the parameter it is about is never sent |

*Shown by* names the tests: `sim::rules` is the table of `tests/sim/rules.rs`, which breaks every rule that a single call can
break; `planning::walk` that of `tests/planning/walk.rs`, where a machine meets each; `planning/…` a case of the planner; the others are stories under `tests/sim/`.

This page is made from `src/guide/rules/` by `RESPEC_BLESS=1 cargo test --test guide`; `respec explain R24` shows one rule with
its sources. What an error code means is told by `respec explain CODE`.
";

const RULES_TABLE: &str =
    "| rule | the cloud | respec | the simulator | shown by |\n|---|---|---|---|---|\n";

fn rule_row(rule: &Rule) -> String {
    format!(
        "| **R{}** {} | {} | *{}*: {} | {} | {} |\n",
        rule.number,
        rule.title,
        rule.cloud,
        rule.stance.as_str(),
        rule.plan,
        simulator(rule),
        tests(rule),
    )
}

fn tests(rule: &Rule) -> String {
    let names = rule.tests().iter().map(|name| {
        let last = name.rsplit("::").next().unwrap_or(name);
        let table = matches!(last, "rules" | "walk");
        let shown = if table { name } else { last };
        format!("`{shown}`")
    });
    names.collect::<Vec<_>>().join(" ")
}

fn simulator(rule: &Rule) -> String {
    match rule.coverage {
        rules::Coverage::Answers => rule.sim.to_owned(),
        rules::Coverage::NotYet | rules::Coverage::Nothing => {
            format!("*{}*: {}", rule.coverage.as_str(), rule.sim)
        }
    }
}

#[test]
fn docs_parameters_is_made_from_the_guide() {
    let mut page = PARAMETERS_HEAD.to_owned();
    for operation in [
        "ModifyInstanceSpec",
        "ModifyPrepayInstanceSpec",
        "ModifyInstanceNetworkSpec",
    ] {
        let known = parameters::ALL
            .iter()
            .filter(|p| p.operations.contains(&operation));
        page.push_str(&format!(
            "\n## {operation}\n\n| parameter | manifest | |\n|---|---|---|\n"
        ));
        page.extend(known.map(parameter_row));
    }
    same("docs/parameters.md", &page);
}

const PARAMETERS_HEAD: &str = "# Parameters of the modify calls

Every request parameter that the vendor documents for the three calls that change a machine: the key of the manifest that
sets it, or why it is not sent. What every request to the vendor carries (`Version`, `Format`, key, signature, nonce, timestamp;
`OwnerId` and its kin, which act for other accounts) is left out.

This page is made from `src/guide/parameters.rs` by `RESPEC_BLESS=1 cargo test --test guide`, which also compares the list with what
the client really sends.
";

fn parameter_row(parameter: &Parameter) -> String {
    let key = match parameter.fate {
        Fate::Written(key) => format!("`{key}`"),
        Fate::Own => "set by respec".to_owned(),
        Fate::Never => "never sent".to_owned(),
    };
    format!("| `{}` | {key} | {} |\n", parameter.name, parameter.why)
}
