//! What entries change: one pure function, used when they are written and when they are read back.

use std::collections::BTreeMap;

use crate::model::{AppliedInstance, InstanceId, Money, OrderId, PaymentStatus, RunId};
use crate::saga::{Entry, Kind, OrderRecord, PaymentCall, RunRecord, StepEvent, StepRef};
use crate::store::error::IllegalEntry;

use super::contents::{Contents, OpenRun};

/// What one commit changes, beside adding its entries.
#[derive(Debug, Default)]
pub(in crate::store) struct Delta<'a> {
    pub(super) entries: &'a [Entry],
    /// None for machines that are forgotten.
    pub(super) applied: BTreeMap<InstanceId, Option<AppliedInstance>>,
    pub(super) change_numbers: BTreeMap<InstanceId, u64>,
    pub(super) orders: BTreeMap<OrderId, OrderRecord>,
    /// By the number of their first entry.
    pub(super) runs: BTreeMap<u64, RunRecord>,
}

/// Takes the entries of one commit into the contents; the serial grows by one if they change the
/// applied fleet. An illegal entry leaves the contents as they were.
///
/// # Errors
/// [`IllegalEntry`], for the first entry that does not follow.
pub fn fold(contents: &mut Contents, commit: &[Entry]) -> Result<(), IllegalEntry> {
    let delta = derive(contents, commit)?;
    absorb(contents, &delta);
    Ok(())
}

/// Judges the entries and says what they change.
pub(in crate::store) fn derive<'a>(
    contents: &Contents,
    commit: &'a [Entry],
) -> Result<Delta<'a>, IllegalEntry> {
    let mut delta = Delta::default();
    for (expected, entry) in (contents.next_seq..).zip(commit) {
        check_number(expected, entry)?;
        check_run(contents, &delta, entry)?;
        note(contents, &mut delta, entry)?;
    }
    delta.entries = commit;
    Ok(delta)
}

fn check_number(expected: u64, entry: &Entry) -> Result<(), IllegalEntry> {
    let found = entry.seq;
    if found == expected {
        Ok(())
    } else {
        Err(IllegalEntry::Gap { expected, found })
    }
}

fn check_run(contents: &Contents, delta: &Delta<'_>, entry: &Entry) -> Result<(), IllegalEntry> {
    let (seq, run) = (entry.seq, entry.run.clone());
    let opens = matches!(entry.kind, Kind::RunOpened { .. });
    match open_run(contents, delta) {
        Some(open) if opens => Err(IllegalEntry::SecondRun {
            seq,
            run,
            open: open.run.clone(),
        }),
        Some(open) if open.run == run => Ok(()),
        Some(_) => Err(IllegalEntry::NotOpen { seq, run }),
        None if opens && is_known(contents, delta, &run) => {
            Err(IllegalEntry::RunAgain { seq, run })
        }
        None if opens => Ok(()),
        None => Err(IllegalEntry::NotOpen { seq, run }),
    }
}

fn is_known(contents: &Contents, delta: &Delta<'_>, run: &RunId) -> bool {
    contents.run(run).is_some() || delta.runs.values().any(|record| &record.run == run)
}

/// The open run as it is after the delta.
fn open_run<'a>(contents: &'a Contents, delta: &'a Delta<'_>) -> Option<&'a RunRecord> {
    let newest = delta.runs.values().next_back();
    newest.map_or_else(
        || contents.open_run.as_ref().map(|open| &open.record),
        |record| record.closed.is_none().then_some(record),
    )
}

/// Adds to the delta what one legal entry changes.
fn note(contents: &Contents, delta: &mut Delta<'_>, entry: &Entry) -> Result<(), IllegalEntry> {
    match &entry.kind {
        Kind::RunOpened { .. } | Kind::RunClosed { .. } => note_run(contents, delta, entry),
        Kind::Adopted { instance, record }
        | Kind::Closed {
            instance, record, ..
        } => {
            delta.applied.insert(instance.clone(), Some(record.clone()));
        }
        Kind::Forgotten { instance } => {
            delta.applied.insert(instance.clone(), None);
        }
        Kind::Begun {
            instance,
            change_number,
            ..
        }
        | Kind::TurnedBack {
            instance,
            change_number,
        } => note_change(contents, delta, entry.seq, instance, *change_number)?,
        Kind::Step {
            at,
            event:
                StepEvent::Answered {
                    order_id: Some(order_id),
                    ..
                },
        } => {
            note_order(contents, delta, entry, at, order_id);
        }
        Kind::Step {
            event:
                StepEvent::Booked {
                    order_id,
                    payment,
                    amount,
                },
            ..
        } => note_booked(contents, delta, order_id, payment, amount.as_ref()),
        Kind::Step {
            event:
                StepEvent::Intent {
                    pays: Some(order_id),
                    ..
                },
            ..
        } => note_payment(contents, delta, order_id, PaymentCall::Sent),
        Kind::Payment { order_id, call } => note_payment(contents, delta, order_id, *call),
        Kind::Step { .. }
        | Kind::Settled { .. }
        | Kind::FellOver { .. }
        | Kind::Halted { .. }
        | Kind::Reopened { .. }
        | Kind::BatchEnded { .. }
        | Kind::Approved { .. }
        | Kind::Checked { .. }
        | Kind::HoursWaived { .. }
        | Kind::Interrupted { .. } => {}
    }
    Ok(())
}

fn note_run(contents: &Contents, delta: &mut Delta<'_>, entry: &Entry) {
    let record = match &entry.kind {
        Kind::RunOpened {
            plan_id,
            intent,
            who,
            command,
        } => Some(RunRecord {
            run: entry.run.clone(),
            plan_id: plan_id.clone(),
            intent: intent.clone(),
            who: who.clone(),
            command: command.clone(),
            opened_at: entry.at,
            first_seq: entry.seq,
            closed: None,
        }),
        Kind::RunClosed { exit_code } => open_run(contents, delta).map(|open| RunRecord {
            closed: Some((entry.at, *exit_code)),
            ..open.clone()
        }),
        Kind::Adopted { .. }
        | Kind::Forgotten { .. }
        | Kind::Begun { .. }
        | Kind::Step { .. }
        | Kind::Settled { .. }
        | Kind::FellOver { .. }
        | Kind::TurnedBack { .. }
        | Kind::Halted { .. }
        | Kind::Reopened { .. }
        | Kind::Closed { .. }
        | Kind::Payment { .. }
        | Kind::BatchEnded { .. }
        | Kind::Approved { .. }
        | Kind::Checked { .. }
        | Kind::HoursWaived { .. }
        | Kind::Interrupted { .. } => None,
    };
    delta
        .runs
        .extend(record.map(|record| (record.first_seq, record)));
}

fn note_change(
    contents: &Contents,
    delta: &mut Delta<'_>,
    seq: u64,
    instance: &InstanceId,
    found: u64,
) -> Result<(), IllegalEntry> {
    let earlier = delta.change_numbers.get(instance).copied().unwrap_or(0);
    let known = contents.change_number(instance).max(earlier);
    if found <= known {
        let instance = instance.clone();
        return Err(IllegalEntry::ChangeAgain {
            seq,
            instance,
            known,
            found,
        });
    }
    delta.change_numbers.insert(instance.clone(), found);
    Ok(())
}

/// The first record of an order stays: the same answer may come twice, by the same client token.
fn note_order(
    contents: &Contents,
    delta: &mut Delta<'_>,
    entry: &Entry,
    step: &StepRef,
    order_id: &OrderId,
) {
    if contents.orders.contains_key(order_id) {
        return;
    }
    delta
        .orders
        .entry(order_id.clone())
        .or_insert_with(|| OrderRecord {
            order_id: order_id.clone(),
            instance: step.instance.clone(),
            run: entry.run.clone(),
            step: step.step,
            at: entry.at,
            payment: None,
            amount: None,
            payment_sent: false,
        });
}

/// What the books say of an order that is recorded.
fn note_booked(
    contents: &Contents,
    delta: &mut Delta<'_>,
    order_id: &OrderId,
    payment: &PaymentStatus,
    amount: Option<&Money>,
) {
    let Some(order) = order(contents, delta, order_id) else {
        return;
    };
    let booked = OrderRecord {
        payment: Some(payment.clone()),
        amount: amount.cloned().or_else(|| order.amount.clone()),
        ..order
    };
    delta.orders.insert(order_id.clone(), booked);
}

/// A call that pays an order that is recorded.
fn note_payment(contents: &Contents, delta: &mut Delta<'_>, order_id: &OrderId, call: PaymentCall) {
    if let Some(order) = order(contents, delta, order_id) {
        let payment_sent = call == PaymentCall::Sent;
        let order = OrderRecord {
            payment_sent,
            ..order
        };
        delta.orders.insert(order_id.clone(), order);
    }
}

/// An order as it is recorded after the delta.
fn order(contents: &Contents, delta: &Delta<'_>, order_id: &OrderId) -> Option<OrderRecord> {
    let changed = delta.orders.get(order_id);
    changed.or_else(|| contents.orders.get(order_id)).cloned()
}

/// Takes a delta into the contents it was derived from.
pub(in crate::store) fn absorb(contents: &mut Contents, delta: &Delta<'_>) {
    contents.applied.stamp.serial += delta.serial_step();
    for (instance, record) in &delta.applied {
        match record {
            Some(record) => contents
                .applied
                .instances
                .insert(instance.clone(), record.clone()),
            None => contents.applied.instances.remove(instance),
        };
    }
    contents.change_numbers.extend(delta.change_numbers.clone());
    contents.orders.extend(delta.orders.clone());
    for record in delta.runs.values() {
        contents
            .runs
            .retain_mut(|known| known.first_seq != record.first_seq);
        contents.runs.push(record.clone());
    }
    for entry in delta.entries {
        absorb_entry(contents, delta, entry);
    }
    contents.next_seq += delta.entries.len() as u64;
}

fn absorb_entry(contents: &mut Contents, delta: &Delta<'_>, entry: &Entry) {
    if let Some(record) = delta.runs.get(&entry.seq) {
        contents.open_run = Some(OpenRun {
            record: record.clone(),
            entries: Vec::new(),
        });
    }
    if let Some(open) = &mut contents.open_run {
        open.entries.push(entry.clone());
    }
    if matches!(entry.kind, Kind::RunClosed { .. }) {
        contents.open_run = None;
    }
}

impl Delta<'_> {
    /// How much the serial grows: one for a commit that changes the applied fleet.
    pub(super) fn serial_step(&self) -> u64 {
        u64::from(!self.applied.is_empty())
    }

    /// Whether a run opens or closes.
    pub(in crate::store) fn is_run_boundary(&self) -> bool {
        !self.runs.is_empty()
    }
}
