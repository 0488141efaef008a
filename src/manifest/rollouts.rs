//! Reads `rollout`: limits, batches, gates, and what a failure does.

use std::num::NonZeroU32;

use crate::model::{Approval, Gate, GateAfter, OnFailure, Share, Spread};

use super::calendar::{required, window};
use super::codes;
use super::decoder::Decoder;
use super::fields::Fields;
use super::health::{check, health, hook};
use super::mark::At;
use super::notes::{Draft, quoted};
use super::schema::RolloutKeys;
use super::tree::NodeId;

/// Batches that may be written out.
const BATCHES_MAX: usize = 100;

const SPREADS: &[(&str, Spread)] = &[("zone", Spread::Zone), ("none", Spread::Anywhere)];

const ON_FAILURES: &[(&str, OnFailure)] = &[
    ("stop", OnFailure::Stop),
    ("continue", OnFailure::Continue),
    ("revert", OnFailure::Revert),
];

/// Reads `rollout`, and `window` and the hooks beside it.
pub(super) fn rollout(d: &mut Decoder<'_>, fields: &mut Fields<'_>) -> RolloutKeys {
    let window = fields.slot(d, "window", window);
    let opened = fields
        .node(d, "rollout")
        .and_then(|node| Fields::open(d, node, "`rollout`"));
    let Some(mut inner) = opened else {
        return RolloutKeys {
            window,
            ..RolloutKeys::default()
        };
    };
    let rollout = RolloutKeys {
        max_unavailable: inner.slot(d, "max_unavailable", Decoder::share),
        max_failures: inner.slot(d, "max_failures", Decoder::share),
        batches: inner.slot(d, "batches", batches),
        spread: inner.slot(d, "spread", |d, node| d.word(node, SPREADS)),
        on_failure: inner.slot(d, "on_failure", |d, node| d.word(node, ON_FAILURES)),
        gates: inner.slot(d, "gates", |d, node| d.list(node, gate)),
        health: inner.slot(d, "health", health),
        before_stop: inner.slot(d, "before_stop", hook),
        after_start: inner.slot(d, "after_start", hook),
        window,
    };
    inner.close(d);
    rollout
}

fn batches(d: &mut Decoder<'_>, node: NodeId) -> Option<At<Vec<Share>>> {
    let At { value, mark } = d.list(node, Decoder::share)?;
    let wrong = |message: String| Draft::new(codes::NO_BATCH, mark, message);
    if value.is_empty() || value.len() > BATCHES_MAX {
        let message = format!(
            "`batches` has 1 to {BATCHES_MAX} sizes, not {}",
            value.len()
        );
        d.notes
            .add(wrong(message).label("sizes, such as `[1, 25%, 100%]`"));
        return None;
    }
    if let Some(nothing) = value.iter().find(|size| size.value.is_nothing()) {
        let draft = Draft::new(codes::NO_BATCH, nothing.mark, "a batch of no machine");
        d.notes.add(draft.label("at least `1`"));
        return None;
    }
    let value = value.into_iter().map(|size| size.value).collect();
    Some(At { value, mark })
}

fn gate(d: &mut Decoder<'_>, node: NodeId) -> Option<At<Gate>> {
    let mut fields = Fields::open(d, node, "a gate")?;
    let mark = fields.mark;
    let after = fields.slot(d, "after", gate_after);
    let wait = fields.slot(d, "wait", Decoder::long_duration);
    let approve = fields.slot(d, "approve", Decoder::flag);
    let check = fields.slot(d, "check", check);
    fields.close(d);
    required(d, &after, mark, "after", "after: first");
    let approval = match approve.value() {
        Some(true) => Approval::Person,
        Some(false) | None => Approval::Nobody,
    };
    let asks_nothing = wait.is_unwritten() && approval == Approval::Nobody && check.is_unwritten();
    if asks_nothing && (approve.is_unwritten() || approve.get().is_some()) {
        let draft = Draft::new(codes::USELESS_GATE, mark, "a gate that asks for nothing");
        d.notes.add(
            draft
                .label("always open")
                .help("write `wait: 10m`, `approve: true`, a `check`, or several of them"),
        );
    }
    let value = Gate {
        after: after.value()?,
        wait: wait.value(),
        approval,
        check: check.value(),
    };
    Some(At { value, mark })
}

fn gate_after(d: &mut Decoder<'_>, node: NodeId) -> Option<At<GateAfter>> {
    let At { value: text, mark } = d.key(node);
    let value = match text {
        "each" => Some(GateAfter::Each),
        "first" => Some(GateAfter::Batch(NonZeroU32::MIN)),
        _ => text.parse().ok().map(GateAfter::Batch),
    };
    if let Some(value) = value {
        return Some(At { value, mark });
    }
    let message = format!("a gate cannot stand after {}", quoted(text));
    d.notes.add(
        Draft::new(codes::MALFORMED, mark, message)
            .label("a batch counted from 1, `first`, or `each`"),
    );
    None
}
