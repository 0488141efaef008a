//! Events as JSON lines in Terraform's envelope, so that what reads Terraform's stream reads ours.
//!
//! Types that Terraform has keep their names and shapes; the others are our own, and a reader that
//! does not know one shows its `@message`. A version of `ui` that only adds keeps its first number.

use std::collections::BTreeMap;
use std::io::{self, Write};

use jiff::Timestamp;
use serde::Serialize;
use serde_json::{Map, Value, json};

use crate::event::{Event, EventKind, StepView, Subject};
use crate::report::words::{Style, called};
use crate::saga::{Halt, SagaOutcome};

use super::display::Display;
use super::events::{subject, words};
use super::rollout::rollout_value;
use super::summary::sentence;
use super::tally::Tally;

/// The version of the stream.
const UI_VERSION: &str = "1.0";

/// The name Terraform's provider has for what we change.
pub(in crate::report) const RESOURCE_TYPE: &str = "alicloud_instance";

/// One line.
#[derive(Serialize)]
struct Envelope<'a> {
    #[serde(rename = "@level")]
    level: &'static str,
    #[serde(rename = "@message")]
    message: &'a str,
    #[serde(rename = "@module")]
    module: &'static str,
    #[serde(rename = "@timestamp")]
    timestamp: Timestamp,
    #[serde(rename = "type")]
    kind: &'static str,
    /// Counts the lines of this stream from 0, so that a reader sees when one is missing.
    sequence: u64,
    #[serde(flatten)]
    body: Map<String, Value>,
}

/// Something that went wrong outside any machine, as a `diagnostic` line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Diagnostic {
    /// `error` or `warning`.
    pub severity: &'static str,
    /// One sentence.
    pub summary: String,
    /// Causes and hints; may be empty.
    pub detail: String,
}

/// Writes events as lines.
pub struct JsonLines<W: Write> {
    out: W,
    sequence: u64,
    tally: Tally,
    error: Option<io::Error>,
}

impl<W: Write> JsonLines<W> {
    /// Writes the first line, which names the versions of tool and stream.
    pub fn new(out: W, tool_version: &str, at: Timestamp) -> Self {
        let mut lines = Self {
            out,
            sequence: 0,
            tally: Tally::default(),
            error: None,
        };
        let body = object(json!({"respec": tool_version, "ui": UI_VERSION}));
        lines.write(
            "info",
            "version",
            &format!("respec {tool_version}"),
            at,
            body,
        );
        lines
    }

    /// Goes on with a stream of which so many lines are written.
    pub fn going_on(out: W, lines: u64) -> Self {
        Self {
            out,
            sequence: lines,
            tally: Tally::default(),
            error: None,
        }
    }

    /// Writes the last line of a command that failed. Its exit code counts, whatever a run before it ended with.
    pub fn failed(&mut self, diagnostic: &Diagnostic, exit_code: u8, at: Timestamp) {
        let body = object(json!({"diagnostic": diagnostic, "exit_code": exit_code}));
        self.write("error", "diagnostic", &diagnostic.summary, at, body);
    }

    /// Writes the last line of an apply that found nothing to do.
    pub fn nothing_to_do(&mut self, at: Timestamp) {
        let message = "No changes. The plan has nothing to do.";
        let body = object(run_finished(&BTreeMap::new(), 0));
        self.write("info", "change_summary", message, at, body);
    }

    /// Writes the last line of a run that was given up.
    pub fn run_closed(&mut self, run: &str, exit_code: u8, at: Timestamp) {
        let message = format!("Run {run} is closed: nothing more of it will be done");
        let body = object(json!({"run": run, "exit_code": exit_code}));
        self.write("info", "run_closed", &message, at, body);
    }

    /// The sentence for people; the last one is what other tools look for.
    fn message(&self, event: &Event) -> String {
        if let EventKind::RunFinished { exit_code: 0, .. } = event.kind {
            return sentence(&self.tally, &Style::plain()).trim_end().to_owned();
        }
        let words = words(&event.kind);
        let subject = words.subject.map(|s| called(&s.name, &s.instance));
        let parts = [Some(words.verb.to_owned()), subject, Some(words.detail)];
        let parts: Vec<String> = parts
            .into_iter()
            .flatten()
            .filter(|p| !p.is_empty())
            .collect();
        parts.join(": ")
    }

    fn write(
        &mut self,
        level: &'static str,
        kind: &'static str,
        message: &str,
        timestamp: Timestamp,
        body: Map<String, Value>,
    ) {
        let envelope = Envelope {
            level,
            message,
            module: "respec.ui",
            timestamp,
            kind,
            sequence: self.sequence,
            body,
        };
        let mut line = serde_json::to_string(&envelope).expect("its keys are strings");
        line.push('\n');
        self.sequence += 1;
        if self.error.is_none() {
            let written = self
                .out
                .write_all(line.as_bytes())
                .and_then(|()| self.out.flush());
            self.error = written.err();
        }
    }
}

impl<W: Write> Display for JsonLines<W> {
    fn event(&mut self, event: &Event) {
        self.tally.take(event);
        if self.tally.is_repetition(event) {
            return;
        }
        let (level, kind) = typed(&event.kind);
        let message = self.message(event);
        let mut body = body(event, &self.tally);
        if let Some(run) = &self.tally.run {
            body.insert("run".to_owned(), json!(run));
        }
        self.write(level, kind, &message, event.at, body);
    }

    fn lines(&self) -> u64 {
        self.sequence
    }

    fn finish(&mut self) -> io::Result<()> {
        self.error.take().map_or(Ok(()), Err)
    }
}

/// Level and type of an event's line.
fn typed(kind: &EventKind) -> (&'static str, &'static str) {
    match kind {
        EventKind::RunStarted { .. } => ("info", "run_started"),
        EventKind::Postponed { .. } => ("info", "postponed"),
        EventKind::Begun { .. } => ("info", "apply_start"),
        EventKind::StepStarted { .. } => ("info", "step_start"),
        EventKind::Waiting { .. } => ("info", "apply_progress"),
        EventKind::StepFinished { .. } => ("info", "step_complete"),
        EventKind::StepFailed { .. } => ("error", "diagnostic"),
        EventKind::TurnedBack { .. } => ("warn", "turned_back"),
        EventKind::OrderMade { .. } => ("info", "order_made"),
        EventKind::OrderBooked { .. } => ("info", "order_booked"),
        EventKind::Closed {
            outcome: SagaOutcome::Done,
            ..
        } => ("info", "apply_complete"),
        EventKind::Closed {
            outcome: SagaOutcome::Undone,
            ..
        } => ("error", "apply_errored"),
        EventKind::Closed {
            outcome:
                SagaOutcome::Differs
                | SagaOutcome::PutBack
                | SagaOutcome::Spared
                | SagaOutcome::Declined
                | SagaOutcome::LeftAlone
                | SagaOutcome::Abandoned,
            ..
        } => ("warn", "apply_errored"),
        EventKind::Halted {
            halt: Halt::Paused, ..
        } => ("warn", "apply_paused"),
        EventKind::Halted {
            halt: Halt::Held | Halt::Stuck | Halt::Unknown,
            ..
        } => ("error", "apply_errored"),
        EventKind::TakenUp { .. } => ("info", "taken_up"),
        EventKind::LeftAlone { .. } => ("warn", "left_alone"),
        EventKind::BatchBegan { .. } => ("info", "batch_start"),
        EventKind::BatchEnded { .. } => ("info", "batch_complete"),
        EventKind::GateOpened { .. } => ("info", "gate_opened"),
        EventKind::HoursWaived { .. } => ("warn", "hours_waived"),
        EventKind::Held { .. } => ("info", "run_waiting"),
        EventKind::Paused { .. } => ("warn", "run_paused"),
        EventKind::Interrupted { .. } => ("warn", "interrupted"),
        EventKind::RunFinished { .. } => ("info", "change_summary"),
    }
}

fn body(event: &Event, tally: &Tally) -> Map<String, Value> {
    let kind = &event.kind;
    let Some(subject) = subject(kind) else {
        return object(about(kind, 0));
    };
    let mut body = hook(subject, about(kind, since(event, subject, tally)));
    if let Some(diagnostic) = failure(kind) {
        body.insert("diagnostic".to_owned(), diagnostic);
    }
    body
}

/// What belongs to an event beside its machine. `seconds` is how long the machine's change has taken.
fn about(kind: &EventKind, seconds: u64) -> Value {
    match kind {
        EventKind::RunStarted {
            plan_id,
            machines,
            steps,
            continued,
            ..
        } => json!({
            "plan_id": plan_id, "machines": machines, "steps": steps, "continued": continued,
        }),
        EventKind::Postponed { until, reason, .. } => json!({"until": until, "reason": reason}),
        EventKind::Begun { .. } => json!({}),
        EventKind::StepStarted { step, attempt, .. } => {
            json!({"step": step_value(step), "attempt": attempt})
        }
        EventKind::Waiting { reason, .. } => json!({"elapsed_seconds": seconds, "reason": reason}),
        EventKind::StepFinished {
            step, found, took, ..
        } => {
            json!({"step": step_value(step), "found": found, "took_seconds": took.as_secs_f64()})
        }
        EventKind::StepFailed { step, .. } => json!({"step": step_value(step)}),
        EventKind::TurnedBack { to, reason, .. } => json!({"to": to, "reason": reason}),
        EventKind::OrderMade {
            order_id, auto_pay, ..
        } => {
            json!({"order_id": order_id, "auto_pay": auto_pay})
        }
        EventKind::OrderBooked {
            order_id,
            payment,
            amount,
            ..
        } => json!({"order_id": order_id, "payment": payment, "amount": amount}),
        EventKind::Closed {
            subject,
            outcome,
            note,
            downtime,
        } => json!({
            "id_key": "id", "id_value": subject.instance, "outcome": outcome, "note": note,
            "elapsed_seconds": seconds, "downtime_seconds": downtime.as_secs_f64(),
        }),
        EventKind::Halted { halt, note, .. } => {
            json!({"outcome": halt, "note": note, "elapsed_seconds": seconds})
        }
        EventKind::TakenUp {
            outcome,
            halt,
            note,
            unpaid,
            ..
        } => {
            json!({"outcome": outcome, "halt": halt, "note": note, "unpaid": unpaid})
        }
        EventKind::LeftAlone { reason, .. } => json!({"reason": reason}),
        EventKind::BatchBegan { .. }
        | EventKind::BatchEnded { .. }
        | EventKind::GateOpened { .. }
        | EventKind::HoursWaived { .. }
        | EventKind::Held { .. }
        | EventKind::Paused { .. } => rollout_value(kind),
        EventKind::Interrupted { finishing, doing } => {
            json!({"finishing": finishing, "doing": doing})
        }
        EventKind::RunFinished { totals, exit_code } => run_finished(totals, *exit_code),
    }
}

/// Terraform tells what went wrong in a `diagnostic`.
fn failure(kind: &EventKind) -> Option<Value> {
    let EventKind::StepFailed {
        subject,
        cause,
        message,
        code,
        request_id,
        ..
    } = kind
    else {
        return None;
    };
    Some(json!({
        "severity": "error", "summary": message, "detail": "",
        "address": subject.name, "code": code, "request_id": request_id, "cause": cause,
    }))
}

fn run_finished(totals: &BTreeMap<&'static str, usize>, exit_code: u8) -> Value {
    let changed = totals.get("done").copied().unwrap_or(0);
    json!({
        "changes": {"add": 0, "change": changed, "import": 0, "remove": 0, "operation": "apply"},
        "totals": totals,
        "exit_code": exit_code,
    })
}

/// Whole seconds since the machine's change began, as Terraform counts them.
fn since(event: &Event, subject: &Subject, tally: &Tally) -> u64 {
    let begun = tally
        .machines
        .get(&subject.instance)
        .map(|machine| machine.begun);
    event
        .elapsed
        .saturating_sub(begun.unwrap_or(event.elapsed))
        .as_secs()
}

fn step_value(step: &StepView) -> Value {
    json!({
        "index": step.step, "of": step.of, "verb": step.verb, "detail": step.detail,
        "direction": step.direction,
    })
}

fn hook(subject: &Subject, more: Value) -> Map<String, Value> {
    let mut hook = object(json!({"action": "update", "resource": resource(subject)}));
    hook.extend(object(more));
    object(json!({"hook": hook}))
}

fn resource(subject: &Subject) -> Value {
    let name = subject.name.as_str();
    let group = name.split_once('/').map_or(name, |(group, _)| group);
    json!({
        "addr": name,
        "module": "",
        "resource": format!("{RESOURCE_TYPE}.{name}"),
        "implied_provider": "alicloud",
        "resource_type": RESOURCE_TYPE,
        "resource_name": group,
        "resource_key": subject.instance,
    })
}

/// The object that `json!` with braces makes.
fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(map) => map,
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => {
            Map::new()
        }
    }
}
