//! Who was out of service when, as bars. Long stretches in which nobody was are cut out: a window may
//! open days later.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use crate::figures::{Figures, Outage};
use crate::model::InstanceId;
use crate::plan::SavedPlan;
use crate::report::words::{Style, Tone, called, duration};

/// Machines with a line of their own; of more, groups are shown.
const LINES_MAX: usize = 16;

/// Narrowest and widest timeline, in columns.
const BAR_COLUMNS: std::ops::RangeInclusive<usize> = 10..=60;

/// A quiet stretch is cut out when it is longer than this share of the whole.
const QUIET_SHARE: u32 = 4;

/// One bar a machine, or one a group where there are too many machines.
pub(super) fn timeline(plan: &SavedPlan, figures: &Figures, style: &Style) -> String {
    let rows = rows(plan, figures);
    let Some(width) = rows.iter().map(|row| row.name.chars().count()).max() else {
        return String::new();
    };
    let columns = style.columns().saturating_sub(width + 14);
    let columns = columns.clamp(*BAR_COLUMNS.start(), *BAR_COLUMNS.end());
    let slices = slices(figures, columns);
    let ruler = style.paint(Tone::Faint, &ruler(&slices, figures.makespan, style));
    let mut text = format!("\n  {:width$}  {ruler}\n", "");
    for row in rows {
        let bar = bar(&row, &slices, style);
        let total = duration(row.total);
        text.push_str(&format!("  {:width$}  {bar}  {total}\n", row.name));
    }
    text
}

struct Row {
    name: String,
    outages: Vec<Outage>,
    total: Duration,
}

fn rows(plan: &SavedPlan, figures: &Figures) -> Vec<Row> {
    let outages = &figures.outages;
    let machines: BTreeSet<&InstanceId> = outages.iter().map(|outage| &outage.instance).collect();
    let by_machine = machines.len() <= LINES_MAX;
    let mut rows: BTreeMap<String, Row> = BTreeMap::new();
    let mut first_seen = Vec::new();
    for outage in outages {
        let name = name(plan, &outage.instance, by_machine);
        let row = rows.entry(name.clone()).or_insert_with(|| {
            first_seen.push(name.clone());
            Row {
                name,
                outages: Vec::new(),
                total: Duration::ZERO,
            }
        });
        let until = outage.until.unwrap_or(figures.makespan);
        row.total += until.saturating_sub(outage.from);
        row.outages.push(outage.clone());
    }
    first_seen
        .iter()
        .filter_map(|name| rows.remove(name))
        .collect()
}

fn name(plan: &SavedPlan, instance: &InstanceId, by_machine: bool) -> String {
    let machine = plan.desired.instances.get(instance);
    match machine {
        Some(machine) if by_machine => called(&machine.name, instance),
        Some(machine) => {
            let group = machine.group.as_ref();
            group.map_or_else(|| "ungrouped".to_owned(), ToString::to_string)
        }
        None => instance.to_string(),
    }
}

/// What one column stands for: a slice of the run, or a stretch that was cut out.
enum Slice {
    Time(Duration, Duration),
    Cut,
}

fn slices(figures: &Figures, columns: usize) -> Vec<Slice> {
    let stretches = stretches(figures);
    let cuts = stretches.len() - 1;
    let shown: Duration = stretches.iter().map(|(from, until)| *until - *from).sum();
    let each = shown.as_secs_f64() / columns.saturating_sub(cuts).max(1) as f64;
    let mut slices = Vec::new();
    for (from, until) in stretches {
        if !slices.is_empty() {
            slices.push(Slice::Cut);
        }
        let length = (until - from).as_secs_f64();
        let n = ((length / each.max(f64::EPSILON)).round() as usize).clamp(1, columns);
        let at = |nth: usize| from + Duration::from_secs_f64(length * nth as f64 / n as f64);
        slices.extend((0..n).map(|nth| Slice::Time(at(nth), at(nth + 1))));
    }
    slices
}

/// The run without its long quiet stretches; at least one stretch is left.
fn stretches(figures: &Figures) -> Vec<(Duration, Duration)> {
    let end = figures.makespan;
    let long = end / QUIET_SHARE;
    let mut stretches = Vec::new();
    let (mut from, mut busy_until) = (Duration::ZERO, Duration::ZERO);
    for outage in &figures.outages {
        if outage.from.saturating_sub(busy_until) > long {
            stretches.extend((busy_until > from).then_some((from, busy_until)));
            from = outage.from;
        }
        busy_until = busy_until.max(outage.until.unwrap_or(end));
    }
    let last = if end.saturating_sub(busy_until) > long {
        busy_until
    } else {
        end
    };
    stretches.push((from, last.max(from)));
    stretches
}

/// When the first stretch begins, each one behind a cut, and the whole ends.
fn ruler(slices: &[Slice], end: Duration, style: &Style) -> String {
    let mut ruler = String::new();
    let mut begins = true;
    for (column, slice) in slices.iter().enumerate() {
        match slice {
            Slice::Cut => begins = true,
            Slice::Time(from, _) if begins => {
                let room = column.saturating_sub(ruler.chars().count());
                ruler.push_str(&" ".repeat(room));
                ruler.push_str(&if from.is_zero() {
                    "0".to_owned()
                } else {
                    format!("{}{}", style.mark("┊", ":"), duration(*from))
                });
                begins = false;
            }
            Slice::Time(..) => {}
        }
    }
    let end = duration(end);
    let taken = ruler.chars().count() + end.chars().count() + 1;
    match slices.len().checked_sub(taken) {
        Some(room) => format!("{ruler}{}{end}", " ".repeat(room + 1)),
        None => ruler,
    }
}

/// Each column is a slice of the day, the fuller the more machines are down in it.
fn bar(row: &Row, slices: &[Slice], style: &Style) -> String {
    let down = |slice: &Slice| match slice {
        Slice::Cut => None,
        Slice::Time(from, until) => {
            let is_down = |outage: &&Outage| {
                outage.from < *until && outage.until.is_none_or(|end| end > *from)
            };
            Some(row.outages.iter().filter(is_down).count())
        }
    };
    let counts: Vec<Option<usize>> = slices.iter().map(down).collect();
    let most = counts.iter().flatten().copied().max().unwrap_or(0).max(1);
    let column = |count: Option<usize>| match count {
        Some(n) => shade(n, most, style),
        None => style.mark("┊", ":"),
    };
    counts.into_iter().map(column).collect()
}

fn shade(n: usize, most: usize, style: &Style) -> &'static str {
    const LEVELS: [&str; 4] = ["▂", "▄", "▆", "█"];
    if n == 0 {
        return style.mark("·", ".");
    }
    let level = (n * LEVELS.len()).div_ceil(most).clamp(1, LEVELS.len());
    style.mark(LEVELS[level - 1], "#")
}
