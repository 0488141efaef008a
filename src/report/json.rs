//! Records and findings as JSON documents, each with the version of its form.
//!
//! `plan -json` is not here: what it prints is the plan file itself, [`crate::plan::SavedPlan::seal`].

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::{Map, Value, json};

use crate::diff::{DriftItem, Vanished};
use crate::figures::{BatchSpan, Figures, Worst};
use crate::guide::rules::Rule;
use crate::model::{AppliedFleet, AppliedInstance, Finding, InstanceId, InstanceName, Severity};
use crate::saga::{Entry, RunRecord};

use super::explain::{Book, Refusal};
use super::history::ending;
use super::rehearsal::Rehearsal;
use super::run::RESOURCE_TYPE;

/// The version of every document in this file.
const FORMAT_VERSION: &str = "1.0";

/// `drift -json`: `resource_drift` in the shape `terraform show -json` has it, and what vanished.
#[must_use]
pub fn drift(items: &[DriftItem], vanished: &[Vanished]) -> String {
    let drifted: Vec<Value> = items
        .chunk_by(|a, b| a.instance == b.instance)
        .map(resource_drift)
        .collect();
    let gone: Vec<Value> = vanished
        .iter()
        .map(|gone| json!({"address": gone.name, "id": gone.instance}))
        .collect();
    document(json!({"resource_drift": drifted, "vanished": gone}))
}

fn resource_drift(items: &[DriftItem]) -> Value {
    let side = |value: fn(&DriftItem) -> &String| -> Map<String, Value> {
        items
            .iter()
            .map(|item| (item.field.path().to_owned(), json!(value(item))))
            .collect()
    };
    json!({
        "address": items[0].name,
        "mode": "managed",
        "type": RESOURCE_TYPE,
        "index": items[0].instance,
        "change": {
            "actions": ["update"],
            "before": side(|item| &item.applied),
            "after": side(|item| &item.observed),
        },
    })
}

/// `rehearse -json`: the figures of the good day, of every bad one, and the worst of them. Times are in
/// seconds.
#[must_use]
pub fn rehearsal(rehearsal: &Rehearsal<'_>) -> String {
    let days = rehearsal.days.iter();
    document(json!({
        "plan_id": rehearsal.plan.id(),
        "good_day": figures(rehearsal.good),
        "bad_days": days
            .map(|day| json!({"seed": day.seed, "figures": figures(&day.figures)}))
            .collect::<Vec<_>>(),
        "worst": rehearsal.worst.map(worst),
        "not_known": rehearsal.unknown,
    }))
}

fn figures(figures: &Figures) -> Value {
    let seconds = |times: &BTreeMap<_, Duration>| -> Map<String, Value> {
        let rows = times.iter();
        rows.map(|(name, time): (&String, _)| (name.clone(), json!(time.as_secs_f64())))
            .collect()
    };
    let named = |times: &BTreeMap<InstanceName, Duration>| -> BTreeMap<String, Duration> {
        let times = times.iter();
        times
            .map(|(name, time)| (name.to_string(), *time))
            .collect()
    };
    json!({
        "exit_code": figures.exit_code,
        "makespan": figures.makespan.as_secs_f64(),
        "totals": figures.totals,
        "downtime": seconds(&named(&figures.downtime)),
        "out_of_service": seconds(&named(&figures.out_of_service)),
        "downtime_of_groups": seconds(&figures.downtime_of_groups),
        "peak": figures.peak,
        "peak_of_groups": figures.peak_of_groups,
        "calls": figures.calls,
        "orders": figures.orders,
        "money": figures.money,
        "batches": figures.batches.iter().map(batch).collect::<Vec<_>>(),
        "approvals": figures.approvals,
        "left_to_do": figures.left_to_do,
    })
}

fn batch(span: &BatchSpan) -> Value {
    json!({
        "crowd": span.crowd,
        "batch": span.batch,
        "of": span.of,
        "machines": span.machines,
        "from": span.from.as_secs_f64(),
        "until": span.until.map(|until| until.as_secs_f64()),
    })
}

fn worst(worst: &Worst) -> Value {
    let extreme = |value: Value, seed: u64| json!({"value": value, "seed": seed});
    json!({
        "days": worst.days,
        "exit_codes": worst.exit_codes,
        "makespan": extreme(json!(worst.makespan.value.as_secs_f64()), worst.makespan.seed),
        "downtime": extreme(json!(worst.downtime.value.as_secs_f64()), worst.downtime.seed),
        "out_of_service": worst
            .out_of_service
            .map(|worst| extreme(json!(worst.value.as_secs_f64()), worst.seed)),
        "peak": extreme(json!(worst.peak.value), worst.peak.seed),
        "calls": extreme(json!(worst.calls.value), worst.calls.seed),
    })
}

/// `state list -json` and `state show -json`: the recorded machines.
#[must_use]
pub fn state(fleet: &AppliedFleet) -> String {
    let machines: Vec<Value> = fleet
        .instances
        .iter()
        .map(|(id, r)| recorded(id, r))
        .collect();
    document(json!({
        "lineage": fleet.stamp.lineage,
        "serial": fleet.stamp.serial,
        "instances": machines,
    }))
}

/// `state show NAME -json`: one machine.
#[must_use]
pub fn state_one(id: &InstanceId, record: &AppliedInstance) -> String {
    document(json!({"instance": recorded(id, record)}))
}

fn recorded(id: &InstanceId, record: &AppliedInstance) -> Value {
    let fields = record.fields.iter();
    let fields: Map<String, Value> = fields
        .map(|(field, value)| (field.path().to_owned(), json!(value)))
        .collect();
    json!({
        "name": record.name,
        "id": id,
        "group": record.group,
        "region": record.region,
        "fields": fields,
        "changes_begun": record.change_number,
        "changed_at": record.changed_at,
        "recorded_at": record.recorded_at,
    })
}

/// `history -json`.
#[must_use]
pub fn history(runs: &[RunRecord]) -> String {
    document(json!({"runs": runs.iter().map(run_value).collect::<Vec<_>>()}))
}

/// `history RUN -json`: the run with its journal, entry by entry.
#[must_use]
pub fn run(record: &RunRecord, entries: &[Entry]) -> String {
    document(json!({"run": run_value(record), "entries": entries}))
}

fn run_value(run: &RunRecord) -> Value {
    json!({
        "run": run.run,
        "plan_id": run.plan_id,
        "who": run.who,
        "command": run.command,
        "opened_at": run.opened_at,
        "closed_at": run.closed.map(|(at, _)| at),
        "exit_code": run.closed.map(|(_, code)| code),
        "outcome": ending(run).0,
    })
}

/// `validate -json`, in the shape `terraform validate -json` has it, with our codes added.
#[must_use]
pub fn findings(findings: &[Finding]) -> String {
    let count = |severity| findings.iter().filter(|f| f.severity == severity).count();
    let errors = count(Severity::Error);
    document(json!({
        "valid": errors == 0,
        "error_count": errors,
        "warning_count": count(Severity::Warning),
        "diagnostics": findings.iter().map(diagnostic).collect::<Vec<_>>(),
    }))
}

fn diagnostic(finding: &Finding) -> Value {
    let place = &finding.place;
    json!({
        "severity": finding.severity,
        "code": finding.code,
        "summary": finding.message,
        "detail": finding.help.clone().unwrap_or_default(),
        "suggestion": finding.suggestion,
        "range": {
            "filename": place.file,
            "start": {"line": place.line, "column": place.column, "byte": place.start},
            "end": {"byte": place.end},
        },
    })
}

/// `explain -json`: the whole book, or what one word stands for.
#[must_use]
pub fn explain(book: &Book) -> String {
    let policies = book.policies.iter().map(|known| {
        json!({
            "name": known.name,
            "title": known.title,
            "meaning": known.meaning,
            "way_out": known.way_out,
        })
    });
    let findings = book.findings.iter().map(|known| {
        json!({
            "code": known.id,
            "severity": known.severity,
            "title": known.title,
            "meaning": known.meaning,
        })
    });
    document(json!({
        "errors": book.errors.iter().map(refusal).collect::<Vec<_>>(),
        "rules": book.rules.iter().copied().map(rule).collect::<Vec<_>>(),
        "policies": policies.collect::<Vec<_>>(),
        "findings": findings.collect::<Vec<_>>(),
    }))
}

fn refusal(refusal: &Refusal) -> Value {
    let facts = refusal.facts;
    json!({
        "code": facts.code,
        "http": facts.http,
        "operations": facts.operations,
        "class": facts.class.as_str(),
        "retry": facts.retry.as_str(),
        "meaning": facts.meaning,
        "remedy": facts.remedy,
        "respec": refusal.conduct.as_str(),
    })
}

fn rule(rule: &Rule) -> Value {
    json!({
        "rule": format!("R{}", rule.number),
        "title": rule.title,
        "cloud": rule.cloud,
        "sources": rule.sources,
        "planner": {"stance": rule.stance.as_str(), "does": rule.plan},
        "simulator": {"coverage": rule.coverage.as_str(), "answers": rule.sim},
    })
}

/// One line, ending in a line break, with the version of its form.
#[must_use]
pub fn document(body: Value) -> String {
    let mut body = body;
    body["format_version"] = json!(FORMAT_VERSION);
    format!("{body}\n")
}
