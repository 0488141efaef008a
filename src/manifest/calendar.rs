//! Reads what is about time: `window` and `freezes`.

use std::time::Duration;

use jiff::Timestamp;
use jiff::ToSpan as _;
use jiff::civil::{Date, DateTime};

use crate::model::{Freeze, Schedule, Window, ZoneName};

use super::codes;
use super::decoder::Decoder;
use super::fields::Fields;
use super::mark::{At, Mark, Slot};
use super::notes::{Draft, quoted};
use super::tree::NodeId;

/// Reads a `window`.
pub(super) fn window(d: &mut Decoder<'_>, node: NodeId) -> Option<At<Window>> {
    let mut fields = Fields::open(d, node, "`window`")?;
    let mark = fields.mark;
    let schedule = fields.slot(d, "schedule", schedule);
    let time_zone = fields.slot(d, "time_zone", time_zone);
    let duration = fields.slot(d, "duration", Decoder::duration);
    let cutoff = fields.slot(d, "cutoff", Decoder::duration);
    fields.close(d);
    required(d, &schedule, mark, "schedule", "schedule: \"Sat 02:00\"");
    required(d, &time_zone, mark, "time_zone", "time_zone: Asia/Shanghai");
    required(d, &duration, mark, "duration", "duration: 4h");
    cutoff_leaves_something(d, &duration, &cutoff);
    let value = Window {
        schedule: schedule.value()?,
        time_zone: time_zone.value()?,
        duration: duration.value()?,
        cutoff: cutoff.value().unwrap_or_default(),
    };
    Some(At { value, mark })
}

fn cutoff_leaves_something(
    d: &mut Decoder<'_>,
    duration: &Slot<Duration>,
    cutoff: &Slot<Duration>,
) {
    if let (Some(duration), Some(cutoff)) = (duration.get(), cutoff.get())
        && cutoff.value >= duration.value
    {
        let draft = Draft::new(
            codes::NEVER_BEGINS,
            cutoff.mark,
            "the cutoff takes the whole window",
        );
        d.notes.add(
            draft
                .label("nothing could ever begin")
                .other(duration.mark, "the whole window")
                .help("make the cutoff shorter than the window"),
        );
    }
}

/// Reads one of the `freezes`.
pub(super) fn freeze(d: &mut Decoder<'_>, node: NodeId) -> Option<At<Freeze>> {
    let mut fields = Fields::open(d, node, "a freeze")?;
    let mark = fields.mark;
    let from = fields.slot(d, "from", day_or_time);
    let to = fields.slot(d, "to", day_or_time);
    let time_zone = fields.slot(d, "time_zone", time_zone);
    let reason = fields.slot(d, "reason", owned_text);
    fields.close(d);
    required(d, &from, mark, "from", "from: 2026-11-10");
    required(d, &to, mark, "to", "to: 2026-11-12");
    required(d, &time_zone, mark, "time_zone", "time_zone: Asia/Shanghai");
    required(d, &reason, mark, "reason", "reason: \"11.11\"");
    let zone = time_zone.value()?;
    let (from, to) = (from.get()?, to.get()?);
    let begins = moment(&zone, from.value.begins());
    let ends = moment(&zone, to.value.ends());
    if let (Some(begins), Some(ends)) = (begins, ends)
        && begins < ends
    {
        let value = Freeze {
            from: begins,
            until: ends,
            reason: reason.value()?,
        };
        return Some(At { value, mark });
    }
    let draft = Draft::new(
        codes::MALFORMED,
        to.mark,
        "the freeze ends before it begins",
    );
    d.notes.add(
        draft
            .label("not after `from`")
            .other(from.mark, "it begins here"),
    );
    None
}

fn moment(zone: &ZoneName, at: Option<DateTime>) -> Option<Timestamp> {
    zone.zone().to_timestamp(at?).ok()
}

/// A day, meant as a whole, or a time of a day.
#[derive(Debug, Clone, Copy)]
enum DayOrTime {
    Day(Date),
    Time(DateTime),
}

impl DayOrTime {
    fn begins(self) -> Option<DateTime> {
        match self {
            Self::Day(day) => Some(day.at(0, 0, 0, 0)),
            Self::Time(time) => Some(time),
        }
    }

    fn ends(self) -> Option<DateTime> {
        match self {
            Self::Day(day) => Some(day.checked_add(1.day()).ok()?.at(0, 0, 0, 0)),
            Self::Time(time) => Some(time),
        }
    }
}

fn day_or_time(d: &mut Decoder<'_>, node: NodeId) -> Option<At<DayOrTime>> {
    let At { value: text, mark } = d.text(node)?;
    let has_offset = text.parse::<Timestamp>().is_ok();
    let value = if text.contains(['T', ' ']) {
        text.parse()
            .ok()
            .filter(|_| !has_offset)
            .map(DayOrTime::Time)
    } else {
        text.parse().ok().map(DayOrTime::Day)
    };
    if let Some(value) = value {
        return Some(At { value, mark });
    }
    let message = format!("{} is no day", quoted(text));
    d.notes.add(
        Draft::new(codes::MALFORMED, mark, message)
            .label("write `2026-11-10`, or `2026-11-10T18:00` without an offset"),
    );
    None
}

fn schedule(d: &mut Decoder<'_>, node: NodeId) -> Option<At<Schedule>> {
    let At { value: text, mark } = d.text(node)?;
    match Schedule::new(text) {
        Ok(value) => Some(At { value, mark }),
        Err(error) => {
            let message = format!("{} is no schedule", quoted(text));
            d.notes
                .add(Draft::new(codes::MALFORMED, mark, message).label(error.to_string()));
            None
        }
    }
}

fn time_zone(d: &mut Decoder<'_>, node: NodeId) -> Option<At<ZoneName>> {
    let At { value: text, mark } = d.text(node)?;
    if let Ok(value) = ZoneName::new(text) {
        return Some(At { value, mark });
    }
    let known = ZoneName::all();
    let message = format!("there is no time zone {}", quoted(text));
    let draft = Draft::new(codes::UNKNOWN_WORD, mark, message).label("not in the IANA database");
    let near = d.notes.nearest(text, known.iter().map(String::as_str));
    d.notes.add(match near {
        Some(near) => draft.suggest("a similar zone exists", near),
        None => draft.help("write one such as `Asia/Shanghai`, `Europe/Berlin` or `UTC`"),
    });
    None
}

/// Text that is kept.
pub(super) fn owned_text(d: &mut Decoder<'_>, node: NodeId) -> Option<At<String>> {
    let At { value, mark } = d.text(node)?;
    let value = value.to_owned();
    Some(At { value, mark })
}

/// A key that its mapping does not work without.
pub(super) fn required<T>(
    d: &mut Decoder<'_>,
    slot: &Slot<T>,
    mapping: Mark,
    key: &str,
    example: &str,
) {
    if slot.is_unwritten() {
        let draft = Draft::new(codes::MISSING_KEY, mapping, format!("`{key}` is missing"));
        d.notes.add(
            draft
                .label("here")
                .help(format!("write it, as in `{example}`")),
        );
    }
}
