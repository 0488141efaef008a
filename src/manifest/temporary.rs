//! `temporary_bandwidth`: more bandwidth between two moments, in the forms that the vendor takes (R30).

use jiff::{SignedDuration, Timestamp};

use crate::model::{BillingMethod, Mbps, NetworkBilling, TemporaryBandwidth, minute};

use super::calendar::required;
use super::codes;
use super::decoder::Decoder;
use super::fields::Fields;
use super::mark::{At, Mark};
use super::notes::{Draft, quoted};
use super::tree::NodeId;

/// Seconds of the units that the vendor takes times in.
const MINUTE: i64 = 60;
const HOUR: i64 = 60 * MINUTE;

/// Reads the mapping; broken when one of its values is, or when such an upgrade is not sold.
pub(super) fn temporary(d: &mut Decoder<'_>, node: NodeId) -> Option<At<TemporaryBandwidth>> {
    let mut fields = Fields::open(d, node, "`temporary_bandwidth`")?;
    let mark = fields.mark;
    let out = fields.slot(d, "max_bandwidth_out", Decoder::number);
    let start = fields.slot(d, "start", |d, node| moment(d, node, MINUTE));
    let end = fields.slot(d, "end", |d, node| moment(d, node, HOUR));
    fields.close(d);
    required(d, &out, mark, "max_bandwidth_out", "max_bandwidth_out: 100");
    required(d, &start, mark, "start", "start: 2026-12-01T22:40Z");
    required(d, &end, mark, "end", "end: 2026-12-02T22Z");
    if let Some(out) = out.get() {
        in_range(d, out);
    }
    let (start, end) = (start.get()?, end.get()?);
    long_enough(d, start, end)?;
    let value = TemporaryBandwidth {
        max_bandwidth_out: out.value()?,
        start: start.value,
        end: end.value,
    };
    Some(At { value, mark })
}

/// R28: the most that a subscription takes which pays by bandwidth; none other is sold (R30).
fn in_range(d: &mut Decoder<'_>, out: &At<Mbps>) {
    let max = NetworkBilling::PayByBandwidth.bandwidth_out_max(BillingMethod::PrePaid);
    if !(1..=max).contains(&out.value) {
        let message = format!(
            "temporary bandwidth of {} Mbit/s is out of range",
            out.value
        );
        d.notes.add(
            Draft::new(codes::TEMPORARY, out.mark, message).label(format!("from 1 to {max} (R28)")),
        );
    }
}

fn long_enough(d: &mut Decoder<'_>, start: &At<Timestamp>, end: &At<Timestamp>) -> Option<()> {
    let lasts = end.value.duration_since(start.value);
    if lasts >= TemporaryBandwidth::LEAST {
        return Some(());
    }
    let (message, label) = if lasts <= SignedDuration::ZERO {
        (
            "the temporary bandwidth ends before it begins",
            "not after `start`",
        )
    } else {
        (
            "temporary bandwidth lasts at least three hours",
            "too soon after `start` (R30)",
        )
    };
    d.notes.add(
        Draft::new(codes::TEMPORARY, end.mark, message)
            .label(label)
            .other(start.mark, "it begins here"),
    );
    None
}

/// A moment to the minute or the hour, with the offset it is meant in.
fn moment(d: &mut Decoder<'_>, node: NodeId, unit: i64) -> Option<At<Timestamp>> {
    let text = d.text(node)?;
    let Some(at) = read(text.value) else {
        d.notes.add(malformed(text.mark, text.value, unit));
        return None;
    };
    if at.as_second() % unit != 0 || at.subsec_nanosecond() != 0 {
        d.notes.add(between(text.mark, at, unit));
        return None;
    }
    Some(At {
        value: at,
        mark: text.mark,
    })
}

/// `2026-12-01T22:40Z`, `2026-12-02T22Z`, with seconds or another offset as well.
fn read(text: &str) -> Option<Timestamp> {
    let (date, time) = text.split_once(['T', 't', ' '])?;
    let clock = time.find(['Z', 'z', '+', '-']).unwrap_or(time.len());
    let (clock, offset) = time.split_at(clock);
    let minutes = if clock.len() == 2 { ":00" } else { "" };
    format!("{date}T{clock}{minutes}{offset}").parse().ok()
}

fn example(unit: i64) -> &'static str {
    if unit == HOUR {
        "2026-12-02T22Z"
    } else {
        "2026-12-01T22:40Z"
    }
}

fn malformed(mark: Mark, text: &str, unit: i64) -> Draft {
    let message = format!("{} is not a moment", quoted(text));
    let draft = Draft::new(codes::MALFORMED, mark, message)
        .label(format!("write it as in `{}`", example(unit)));
    draft.help("`Z` means UTC; an offset such as `+08:00` is taken as well")
}

/// The vendor takes the beginning to the minute and the end to the hour.
fn between(mark: Mark, at: Timestamp, unit: i64) -> Draft {
    let next = at
        .as_second()
        .div_euclid(unit)
        .saturating_add(1)
        .saturating_mul(unit);
    let (what, message) = if unit == HOUR {
        ("full hour", "temporary bandwidth ends at a full hour (UTC)")
    } else {
        ("full minute", "temporary bandwidth begins at a full minute")
    };
    let draft = Draft::new(codes::TEMPORARY, mark, message).label(format!("not a {what} (R30)"));
    match Timestamp::from_second(next) {
        Ok(next) => draft.suggest(&format!("the next {what}"), minute(next)),
        Err(_) => draft,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_read_in_the_vendors_forms_and_with_offsets() {
        let told = |text: &str| read(text).map(|at| at.to_string());
        assert_eq!(told("2026-12-01T22:40Z").unwrap(), "2026-12-01T22:40:00Z");
        assert_eq!(told("2026-12-02T22Z").unwrap(), "2026-12-02T22:00:00Z");
        assert_eq!(
            told("2026-12-02T22:00:00Z").unwrap(),
            "2026-12-02T22:00:00Z"
        );
        assert_eq!(
            told("2026-12-02T06:00+08:00").unwrap(),
            "2026-12-01T22:00:00Z"
        );
        assert_eq!(told("2026-12-02"), None);
        assert_eq!(told("2026-12-02T22:00"), None);
        assert_eq!(told("2026-13-02T22Z"), None);
    }
}
