//! An event in words: a verb people can scan for, and what belongs to it.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;

use crate::event::{EventKind, StepView, Subject};
use crate::model::{Digest, InstanceName, Money, OrderId, PaymentStatus, RequestId, RunId};
use crate::report::words::{Tone, count, duration, terminal};
use crate::saga::{Direction, Halt, SagaOutcome};

use super::rollout::{Said, rollout_words};

/// What is said about one event.
pub(super) struct Words<'a> {
    /// `Stopped`, `Waiting`, …; at most 12 characters.
    pub(super) verb: &'static str,
    /// How it strikes the eye.
    pub(super) tone: Tone,
    /// The machine, if it is about one.
    pub(super) subject: Option<&'a Subject>,
    /// The rest, safe to print; may be empty.
    pub(super) detail: String,
}

/// Machines that are named when somebody asks to stop.
const FINISHING_NAMED: usize = 8;

/// The words for an event.
pub(super) fn words(kind: &EventKind) -> Words<'_> {
    let (verb, tone, detail) = said(kind);
    Words {
        verb,
        tone,
        subject: subject(kind),
        detail,
    }
}

/// The machine an event is about; none for events about the whole run.
pub(super) fn subject(kind: &EventKind) -> Option<&Subject> {
    match kind {
        EventKind::RunStarted { .. }
        | EventKind::BatchBegan { .. }
        | EventKind::BatchEnded { .. }
        | EventKind::GateOpened { .. }
        | EventKind::HoursWaived { .. }
        | EventKind::Held { .. }
        | EventKind::Paused { .. }
        | EventKind::Interrupted { .. }
        | EventKind::RunFinished { .. } => None,
        EventKind::Begun { subject }
        | EventKind::TakenUp { subject, .. }
        | EventKind::Postponed { subject, .. }
        | EventKind::StepStarted { subject, .. }
        | EventKind::Waiting { subject, .. }
        | EventKind::StepFinished { subject, .. }
        | EventKind::StepFailed { subject, .. }
        | EventKind::TurnedBack { subject, .. }
        | EventKind::OrderMade { subject, .. }
        | EventKind::OrderBooked { subject, .. }
        | EventKind::Closed { subject, .. }
        | EventKind::Halted { subject, .. }
        | EventKind::LeftAlone { subject, .. } => Some(subject),
    }
}

fn said(kind: &EventKind) -> Said {
    match kind {
        EventKind::RunStarted {
            machines,
            steps,
            continued,
            plan_id,
            run,
        } => {
            let verb = if *continued { "Continuing" } else { "Applying" };
            opened(verb, &extent(*machines, *steps), plan_id, run)
        }
        EventKind::TakenUp { note, .. } => ("Taken up", Tone::Faint, safe(note)),
        EventKind::Postponed { until, reason, .. } => postponed(*until, reason),
        EventKind::Begun { .. } => ("Begun", Tone::Faint, String::new()),
        EventKind::StepStarted { step, attempt, .. } => started(step, *attempt),
        EventKind::Waiting { reason, .. } => ("Waiting", Tone::Faint, safe(reason)),
        EventKind::StepFinished {
            step, found, took, ..
        } => {
            let how = if *found {
                "was so already".to_owned()
            } else {
                duration(*took)
            };
            finished_step(step, &how)
        }
        EventKind::StepFailed {
            step,
            message,
            code,
            request_id,
            ..
        } => {
            let vendor = vendor(code.as_deref(), request_id.as_ref());
            ("Failed", Tone::Bad, failed(step, message, &vendor))
        }
        EventKind::TurnedBack { to, reason, .. } => turning_back(to, reason),
        EventKind::OrderMade {
            order_id, auto_pay, ..
        } => ordered(order_id, *auto_pay),
        EventKind::OrderBooked {
            order_id,
            payment,
            amount,
            ..
        } => booked(order_id, payment, amount.as_ref()),
        EventKind::Closed {
            outcome,
            note,
            downtime,
            ..
        } => saying(outcome_word(*outcome), with_downtime(note, *downtime)),
        EventKind::Halted { halt, note, .. } => saying(halt_word(*halt), safe(note)),
        EventKind::LeftAlone { reason, .. } => ("Left alone", Tone::Warn, safe(reason)),
        EventKind::BatchBegan { .. }
        | EventKind::BatchEnded { .. }
        | EventKind::GateOpened { .. }
        | EventKind::HoursWaived { .. }
        | EventKind::Held { .. }
        | EventKind::Paused { .. } => rollout_words(kind),
        EventKind::Interrupted { finishing, doing } => {
            ("Interrupted", Tone::Warn, interrupted(finishing, doing))
        }
        EventKind::RunFinished { totals, exit_code } => finished(totals, *exit_code),
    }
}

fn postponed(until: Timestamp, reason: &str) -> Said {
    let text = format!(
        "not before {}: {}",
        until.strftime("%H:%M:%S UTC"),
        safe(reason)
    );
    ("Waiting", Tone::Faint, text)
}

fn turning_back(to: &str, reason: &str) -> Said {
    let detail = format!("to {}: {}", safe(to), safe(reason));
    ("Turning back", Tone::Warn, detail)
}

fn finished_step(step: &StepView, how: &str) -> Said {
    let detail = format!("{}, {how}", place(step));
    (finished_verb(step), Tone::Good, detail)
}

fn opened(verb: &'static str, extent: &str, plan_id: &Digest, run: &RunId) -> Said {
    let plan = format!("plan {}, run {run}", plan_id.short(12));
    (verb, Tone::Strong, format!("{extent}, {plan}"))
}

fn ordered(order_id: &OrderId, auto_pay: bool) -> Said {
    let how = if auto_pay {
        "paid from the balance"
    } else {
        "to be paid by a person"
    };
    ("Ordered", Tone::Warn, format!("order {order_id}, {how}"))
}

fn booked(order_id: &OrderId, payment: &PaymentStatus, amount: Option<&Money>) -> Said {
    let price = amount.map_or_else(String::new, |amount| format!(" over {amount}"));
    let (verb, tone) = match payment {
        PaymentStatus::Unpaid => ("To be paid", Tone::Warn),
        PaymentStatus::Paid => ("Paid", Tone::Good),
        PaymentStatus::Cancelled => ("Cancelled", Tone::Warn),
        PaymentStatus::Other(_) => ("Booked", Tone::Faint),
    };
    (verb, tone, format!("order {order_id}{price}"))
}

fn saying((verb, tone): (&'static str, Tone), detail: String) -> Said {
    (verb, tone, detail)
}

fn extent(machines: usize, steps: usize) -> String {
    format!("{}, {}", count(machines, "machine"), count(steps, "step"))
}

fn failed(step: &StepView, message: &str, vendor: &str) -> String {
    format!(
        "{} {}: {}{vendor}",
        task(step),
        position(step),
        safe(message)
    )
}

fn safe(text: &str) -> String {
    terminal(text).into_owned()
}

fn with_downtime(note: &str, downtime: Duration) -> String {
    let note = Some(safe(note)).filter(|note| !note.is_empty());
    let down = (downtime.as_secs() > 0).then(|| format!("down for {}", duration(downtime)));
    note.into_iter().chain(down).collect::<Vec<_>>().join("; ")
}

/// The word for how a machine's change ended.
pub(in crate::report) fn outcome_word(outcome: SagaOutcome) -> (&'static str, Tone) {
    match outcome {
        SagaOutcome::Done => ("Done", Tone::Good),
        SagaOutcome::Differs => ("Differs", Tone::Warn),
        SagaOutcome::Undone => ("Undone", Tone::Bad),
        SagaOutcome::PutBack => ("Put back", Tone::Warn),
        SagaOutcome::Spared => ("Spared", Tone::Warn),
        SagaOutcome::Declined => ("Declined", Tone::Warn),
        SagaOutcome::LeftAlone => ("Left alone", Tone::Warn),
        SagaOutcome::Abandoned => ("Abandoned", Tone::Warn),
    }
}

/// The word for why a machine's change rests.
pub(in crate::report) fn halt_word(halt: Halt) -> (&'static str, Tone) {
    match halt {
        Halt::Paused => ("Paused", Tone::Warn),
        Halt::Held => ("Held", Tone::Bad),
        Halt::Stuck => ("Stuck", Tone::Bad),
        Halt::Unknown => ("In doubt", Tone::Bad),
    }
}

/// ` (Code, request 7F2…)`, as far as it is known.
pub(in crate::report) fn vendor(code: Option<&str>, request_id: Option<&RequestId>) -> String {
    let code = code.map(|code| terminal(code).into_owned());
    let request = request_id.map(|id| format!("request {id}"));
    let known: Vec<String> = code.into_iter().chain(request).collect();
    if known.is_empty() {
        String::new()
    } else {
        format!(" ({})", known.join(", "))
    }
}

fn started(step: &StepView, attempt: u32) -> Said {
    let again = match attempt {
        0 | 1 => String::new(),
        n => format!(" (attempt {n})"),
    };
    (
        started_verb(step),
        Tone::Strong,
        format!("{}{again}", place(step)),
    )
}

/// `2/3 ecs.g6.large → ecs.g7.xlarge`; a step taken back says which one it is.
fn place(step: &StepView) -> String {
    let detail = terminal(&step.detail);
    let task = match step.direction {
        Direction::Forward => String::new(),
        Direction::Undo => format!(" {}", step.verb),
    };
    let gap = if detail.is_empty() { "" } else { " " };
    format!("{}{task}{gap}{detail}", position(step))
}

fn position(step: &StepView) -> String {
    format!("{}/{}", step.step, step.of)
}

/// `modify`, or `taking back modify`.
pub(super) fn task(step: &StepView) -> String {
    match step.direction {
        Direction::Forward => step.verb.to_owned(),
        Direction::Undo => format!("taking back {}", step.verb),
    }
}

/// Each verb of a plan with the words for its beginning and its end.
const VERBS: [(&str, &str, &str); 11] = [
    ("stop", "Stopping", "Stopped"),
    ("start", "Starting", "Started"),
    ("modify", "Modifying", "Modified"),
    ("pay order", "Awaiting", "Paid"),
    ("pay order by call", "Paying", "Paid"),
    ("allocate address", "Allocating", "Allocated"),
    ("cool down", "Cooling", "Cooled"),
    ("ask", "Asking", "Offered"),
    ("before_stop", "Draining", "Drained"),
    ("health", "Checking", "Healthy"),
    ("after_start", "Undraining", "Undrained"),
];

fn started_verb(step: &StepView) -> &'static str {
    match step.direction {
        Direction::Forward => verb(step).map_or("Doing", |(_, started, _)| started),
        Direction::Undo => "Taking back",
    }
}

fn finished_verb(step: &StepView) -> &'static str {
    match step.direction {
        Direction::Forward => verb(step).map_or("Did", |(_, _, finished)| finished),
        Direction::Undo => "Took back",
    }
}

fn verb(step: &StepView) -> Option<&'static (&'static str, &'static str, &'static str)> {
    VERBS.iter().find(|(verb, _, _)| *verb == step.verb)
}

/// Few machines are named; of many it is counted what is done for how many.
fn interrupted(finishing: &[InstanceName], doing: &[String]) -> String {
    if finishing.is_empty() {
        return "nothing new is begun, and nothing is under way".to_owned();
    }
    let each: Vec<String> = if finishing.len() <= FINISHING_NAMED {
        let each = finishing.iter().zip(doing);
        each.map(|(name, doing)| format!("{name} ({doing})"))
            .collect()
    } else {
        let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
        for doing in doing {
            *counts.entry(doing).or_default() += 1;
        }
        let counts = counts.into_iter();
        counts.map(|(doing, n)| format!("{n} to {doing}")).collect()
    };
    let n = count(finishing.len(), "machine");
    let each = each.join(if finishing.len() <= FINISHING_NAMED {
        ", "
    } else {
        "; "
    });
    format!("nothing new is begun; finishing {n}: {each}")
}

fn finished(totals: &BTreeMap<&'static str, usize>, exit_code: u8) -> Said {
    let tone = if exit_code == 0 {
        Tone::Good
    } else {
        Tone::Warn
    };
    let counts: Vec<String> = totals
        .iter()
        .map(|(word, n)| format!("{n} {word}"))
        .collect();
    let counts = if counts.is_empty() {
        "no machine was begun".to_owned()
    } else {
        counts.join(", ")
    };
    (
        "Finished",
        tone,
        format!("{counts} (exit code {exit_code})"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Command, Health, Hook, Moment, Probe, StoppedMode};
    use crate::plan::Action;

    fn hook(moment: Moment) -> Action {
        let hook = Hook {
            command: Command(Vec::new()),
            within: Duration::ZERO,
        };
        Action::RunHook { moment, hook }
    }

    #[test]
    fn every_action_of_a_plan_has_its_words() {
        let actions = [
            Action::Stop {
                mode: StoppedMode::KeepCharging,
            },
            Action::Start,
            Action::Modify(crate::model::ModifyCall::Network(Default::default())),
            Action::AwaitOrder,
            Action::PayOrder,
            Action::AllocatePublicIp,
            Action::CoolDown,
            Action::AskOffer(crate::model::SpecChange {
                instance_type: crate::model::TypeName::new("ecs.g7.large").unwrap(),
                allow_migrate_across_zone: None,
                system_disk_category: None,
            }),
            hook(Moment::BeforeStop),
            Action::AwaitHealth(Health {
                ready: Probe::Status,
                within: Duration::ZERO,
                hold: Duration::ZERO,
            }),
            hook(Moment::AfterStart),
        ];
        assert_eq!(actions.len(), VERBS.len());
        for (action, (verb, _, _)) in actions.iter().zip(VERBS) {
            assert_eq!(action.verb(), verb);
        }
    }
}
