//! How a plan goes through its groups, in lines: limits, batches, gates, windows, who joined and left.

use crate::model::{
    Approval, Course, Crowd, Gate, InstanceId, OnFailure, Opening, Rollout, Spread, Window,
};
use crate::plan::{Bind, Overrun, Pace, SavedPlan, paces};
use crate::report::words::{count, duration, minute, terminal};

/// Sizes of batches that are written out, and names that are.
const WRITTEN_MAX: usize = 8;

/// For each group in which something goes down: its limit, then what else brackets it.
pub(super) fn crowd_lines(plan: &SavedPlan) -> Vec<Vec<String>> {
    let courses = plan.courses.iter();
    courses.filter_map(|course| lines(plan, course)).collect()
}

fn lines(plan: &SavedPlan, course: &Course) -> Option<Vec<String>> {
    let rollout = plan.desired.rollout_of_crowd(&course.crowd);
    let paces = paces(&plan.desired, &plan.sagas, course);
    let restarts: usize = paces.iter().map(|pace| pace.outages).sum();
    let is_written = !rollout.batches.defaulted || !rollout.gates.is_empty();
    if restarts == 0 && !is_written && rollout.window.is_none() {
        return None;
    }
    let mut lines = Vec::new();
    lines.push(limit(course, rollout, restarts));
    lines.extend(batches(course, rollout, &paces));
    lines.extend(rollout.gates.iter().map(gate));
    if rollout.spread == Spread::Zone {
        lines.push("one zone at a time (spread: zone)".to_owned());
    }
    lines.extend(binding(plan, rollout, &paces));
    lines.extend(
        rollout
            .window
            .iter()
            .map(|window| window_line(window, plan)),
    );
    Some(lines)
}

fn limit(course: &Course, rollout: &Rollout, restarts: usize) -> String {
    let at_once = rollout.max_unavailable.of(course.size).min(course.size);
    let failures = match (rollout.on_failure, rollout.max_failures.of(course.size)) {
        (OnFailure::Continue, _) => "failures stop nothing".to_owned(),
        (OnFailure::Stop | OnFailure::Revert, 0) => "the first failure stops new starts".to_owned(),
        (OnFailure::Stop | OnFailure::Revert, n) => {
            format!("{} tolerated", count(n.min(course.size), "failure"))
        }
    };
    let failures = match rollout.on_failure {
        OnFailure::Revert => format!("{failures}, and who is not good is put back"),
        OnFailure::Stop | OnFailure::Continue => failures,
    };
    let line = format!(
        "{}: at most {at_once} of {}; {failures}",
        course.crowd, course.size
    );
    if rollout.defaulted && restarts > at_once {
        let restarts = count(restarts, "restart");
        format!(
            "{line}. A default makes {restarts} wait for one another: `max_unavailable` is unwritten."
        )
    } else {
        line
    }
}

/// The batches, where somebody wrote them; of the default, only that it makes others wait.
fn batches(course: &Course, rollout: &Rollout, paces: &[Pace]) -> Option<String> {
    if rollout.batches.defaulted {
        let waits = paces.len() > 1 && rollout.max_unavailable.of(course.size) > 1;
        return waits.then(|| {
            format!(
                "one goes first, alone: `batches` is unwritten, which means {}",
                rollout.batches
            )
        });
    }
    let sizes = paces.iter().take(WRITTEN_MAX);
    let sizes: Vec<String> = sizes.map(|pace| pace.machines.to_string()).collect();
    let more = match paces.len() - sizes.len() {
        0 => String::new(),
        n => format!(" and {n} more"),
    };
    Some(format!(
        "{} of {}{more} (batches: {})",
        count_batches(paces.len()),
        sizes.join(", "),
        rollout.batches
    ))
}

fn count_batches(n: usize) -> String {
    match n {
        1 => "1 batch".to_owned(),
        n => format!("{n} batches"),
    }
}

fn gate(gate: &Gate) -> String {
    let wait = gate.wait.map(|wait| format!("{} pass", duration(wait)));
    let approval = match gate.approval {
        Approval::Nobody => None,
        Approval::Person => Some("somebody approves".to_owned()),
    };
    let check = gate.check.as_ref().map(|check| {
        let probe = check.probe.to_string();
        format!("this is well: {}", terminal(&probe))
    });
    let asks: Vec<String> = wait.into_iter().chain(approval).chain(check).collect();
    let after = match gate.after {
        crate::model::GateAfter::Batch(number) => format!("after batch {number}"),
        crate::model::GateAfter::Each => "after each batch".to_owned(),
    };
    format!("{after} nothing begins until {}", asks.join(" and "))
}

/// What makes the slowest batch wait, where more than the group's own limit could.
fn binding(plan: &SavedPlan, rollout: &Rollout, paces: &[Pace]) -> Option<String> {
    let slowest = paces.iter().max_by_key(|pace| pace.takes)?;
    let only_one_limit = rollout.batches.defaulted && rollout.spread == Spread::Anywhere;
    let what = match &slowest.bind {
        Bind::Nothing => return None,
        Bind::MaxUnavailable | Bind::Batch if only_one_limit => return None,
        Bind::MaxUnavailable if rollout.defaulted => "the default of max_unavailable".to_owned(),
        Bind::MaxUnavailable => format!("max_unavailable: {}", rollout.max_unavailable),
        Bind::Batch => format!("batches: {}", rollout.batches),
        Bind::Spread => "spread: zone".to_owned(),
        Bind::Availability(name) => {
            let promise = plan.desired.availability.iter().find(|p| p.name == *name)?;
            format!("availability {name}, {}", promise.promise)
        }
    };
    Some(format!("what binds: {what} ({} at once)", slowest.at_once))
}

fn window_line(window: &Window, plan: &SavedPlan) -> String {
    let cutoff = match window.cutoff.as_secs() {
        0 => String::new(),
        _ => format!(", nothing begins in the last {}", duration(window.cutoff)),
    };
    let stands = match window.at(plan.created_at) {
        Opening::Open { closes, .. } => format!("open until {}", minute(closes)),
        Opening::Shut { opens: Some(opens) } => format!("opens {}", minute(opens)),
        Opening::Shut { opens: None } => "does not open again".to_owned(),
    };
    format!(
        "window {window}, {}{cutoff}: {stands}",
        duration(window.duration)
    )
}

/// Freezes that hold now or are still to come.
pub(super) fn freeze_lines(plan: &SavedPlan) -> Vec<String> {
    let freezes = plan.desired.freezes.iter();
    let coming = freezes.filter(|freeze| freeze.until > plan.created_at);
    coming
        .map(|freeze| {
            let (from, until) = (minute(freeze.from), minute(freeze.until));
            format!("{from} to {until}: {}", freeze.reason)
        })
        .collect()
}

/// Who joined and left each group that goes by a selector.
pub(super) fn turnover_lines(plan: &SavedPlan) -> Vec<String> {
    let groups = plan.sheet.turnover.iter();
    groups
        .map(|group| {
            let joined = named("joined", &group.joined);
            let left = named("left, and stays as it is", &group.left);
            let parts: Vec<String> = joined.into_iter().chain(left).collect();
            format!(
                "{}: {}",
                Crowd::Group(group.group.clone()),
                parts.join("; ")
            )
        })
        .collect()
}

fn named(what: &str, ids: &[InstanceId]) -> Option<String> {
    if ids.is_empty() {
        return None;
    }
    let shown: Vec<&str> = ids
        .iter()
        .take(WRITTEN_MAX)
        .map(InstanceId::as_str)
        .collect();
    let more = ids.len() - shown.len();
    let more = match more {
        0 => String::new(),
        _ => format!(" and {more} more"),
    };
    Some(format!("{} {what} ({}{more})", ids.len(), shown.join(", ")))
}

/// Why a group does not fit into its window, with the arithmetic.
#[must_use]
pub fn overrun_line(overrun: &Overrun) -> String {
    let outages = count(overrun.outages, "outage");
    let pace = match overrun.at_once {
        1 => "one at a time".to_owned(),
        n => format!("{n} at a time"),
    };
    format!(
        "{} needs {outages} of up to {}, {pace}: {}; its window leaves {} (until {})",
        overrun.crowd,
        duration(overrun.longest),
        duration(overrun.needed),
        duration(overrun.left),
        minute(overrun.until),
    )
}
