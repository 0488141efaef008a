//! Money in words.

use crate::plan::{Gate, Sum, Verdict};

/// A limit with its figures: `--max-spend allows 500.00 CNY, and the plan costs 512.40 CNY`.
#[must_use]
pub fn gate_words(gate: &Gate) -> String {
    let (name, limit) = (gate.name, &gate.limit);
    let planned = sum_words(&gate.planned);
    match gate.verdict {
        Verdict::Holds => format!("{name} {limit}: {planned}"),
        Verdict::Exceeded => format!("{name} allows {limit}; the plan comes to {planned}"),
        Verdict::Unknown => format!("{name} allows {limit}; what the plan comes to is {planned}"),
        Verdict::OtherCurrency => {
            format!(
                "{name} is in {}; the plan comes to {planned}",
                limit.currency()
            )
        }
    }
}

/// A sum: `512.40 CNY`, `≈ 12.00 CNY`, `unknown`, `unknown (of 3 parts, 1; the others 12.00 CNY)`.
pub(super) fn sum_words(sum: &Sum) -> String {
    let amounts: Vec<String> = sum.known().map(ToString::to_string).collect();
    let amounts = amounts.join(" and ");
    match (sum.unknown, amounts.is_empty(), sum.approximate) {
        (0, true, _) => "nothing".to_owned(),
        (0, false, 0) => amounts,
        (0, false, _) => format!("≈ {amounts}"),
        (_, true, _) => "unknown".to_owned(),
        (n, false, _) => format!("unknown ({amounts} without {n} of unknown price)"),
    }
}
