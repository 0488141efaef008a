//! Ending an open run without going on with it: what a person takes over is recorded as such.

use std::collections::BTreeMap;

use crate::clock::Clock;
use crate::journal::{Journal, JournalError};
use crate::model::{AppliedFleet, AppliedInstance, InstanceId, OrderId, RunId, exit};
use crate::plan::{Action, Saga, SavedPlan};
use crate::saga::{
    Entry, IllegalEntry, Kind, Phase, RunState, SagaOutcome, SagaState, StepState, in_force,
};

use super::effect::{late_start, restart_due, upgrade};

/// Why a run could not be ended.
#[derive(Debug, thiserror::Error)]
pub enum AbandonError {
    /// A call was sent of which nobody knows yet what became of it. An order may be behind it.
    #[error("it is not known yet what became of the call about {0}")]
    InDoubt(InstanceId),
    /// The journal of the run is damaged.
    #[error(transparent)]
    Illegal(#[from] IllegalEntry),
    /// The journal takes no more.
    #[error(transparent)]
    Journal(#[from] JournalError),
}

/// The open run and where its journal stands.
pub struct OpenRun<'a> {
    /// Its id.
    pub run: &'a RunId,
    /// Its plan.
    pub plan: &'a SavedPlan,
    /// Its entries so far.
    pub entries: &'a [Entry],
    /// The sequence number of the next entry.
    pub next_seq: u64,
    /// What is recorded of each machine.
    pub applied: &'a AppliedFleet,
}

/// Orders of which any may be a machine's, and nobody can tell which.
pub type Untold = BTreeMap<InstanceId, Vec<OrderId>>;

/// Ends every saga of the run as abandoned, and the run with it. Sends nothing to the cloud. What stayed unknown
/// although it was read back is a person's to look for, and is noted with the orders that may be behind it; a call that
/// nobody has asked about yet is not given up.
///
/// # Errors
/// [`AbandonError`]; the run is then as open as before.
pub async fn abandon(
    open: &OpenRun<'_>,
    untold: &Untold,
    journal: &dyn Journal,
    clock: &dyn Clock,
) -> Result<(), AbandonError> {
    let Some(state) = RunState::replay(open.entries)? else {
        return Ok(());
    };
    if let Some(id) = state.sagas.iter().find_map(|(id, saga)| {
        let plan = open.plan.sagas.get(id)?;
        has_a_call_in_doubt(&in_force(plan, saga), saga).then_some(id)
    }) {
        return Err(AbandonError::InDoubt(id.clone()));
    }
    let unfinished = state.sagas.iter().filter(|(_, saga)| saga.closed.is_none());
    let closed = unfinished.filter_map(|(id, saga)| {
        let record = record(open, id, saga, clock)?;
        Some((id.clone(), record))
    });
    close(open.run, open.next_seq, closed, untold, journal, clock).await
}

/// The same for a run whose plan is lost. Nothing can be put back by it: what its machines are like is a person's to
/// look for, and what is recorded of them stays.
///
/// # Errors
/// [`AbandonError`]; the run is then as open as before.
pub async fn abandon_without_plan(
    (run, entries): (&RunId, &[Entry]),
    (next_seq, applied): (u64, &AppliedFleet),
    journal: &dyn Journal,
    clock: &dyn Clock,
) -> Result<(), AbandonError> {
    let state = RunState::replay(entries)?;
    let sagas = state.into_iter().flat_map(|state| state.sagas);
    let unfinished = sagas.filter(|(_, saga)| saga.closed.is_none());
    let closed = unfinished.filter_map(|(id, saga)| {
        let mut record = applied.instances.get(&id)?.clone();
        record.change_number = saga.change_number;
        // When it may be taken down again does not hang on its plan.
        record.changed_at = saga.changed_at.or(record.changed_at);
        record.late_start = record.late_start.max(saga.lost_start);
        record.recorded_at = clock.wall();
        Some((id, record))
    });
    close(run, next_seq, closed, &Untold::new(), journal, clock).await
}

async fn close(
    run: &RunId,
    next_seq: u64,
    closed: impl Iterator<Item = (InstanceId, AppliedInstance)>,
    untold: &Untold,
    journal: &dyn Journal,
    clock: &dyn Clock,
) -> Result<(), AbandonError> {
    let closed = closed.map(|(instance, record)| Kind::Closed {
        outcome: SagaOutcome::Abandoned,
        note: note(untold.get(&instance)),
        instance,
        record,
    });
    let over = Kind::RunClosed {
        exit_code: exit::SOME_NOT_DONE,
    };
    let entries: Vec<Entry> = (next_seq..)
        .zip(closed.chain([over]))
        .map(|(seq, kind)| Entry {
            seq,
            at: clock.wall(),
            run: run.clone(),
            kind,
        })
        .collect();
    journal.append(&entries).await?;
    Ok(())
}

fn note(untold: Option<&Vec<OrderId>>) -> String {
    let orders: Vec<&str> = untold.into_iter().flatten().map(OrderId::as_str).collect();
    if orders.is_empty() {
        return "given up with `respec cancel`".to_owned();
    }
    let orders = orders.join(", ");
    format!("given up with `respec cancel`; any of {orders} may be its order")
}

/// Whether a change was sent and neither answered nor read back since.
fn has_a_call_in_doubt(saga: &Saga, state: &SagaState) -> bool {
    let in_doubt = |(at, step): (&u16, &StepState)| {
        let changes = match (&saga.steps[usize::from(*at)].action, step.phase) {
            (action, Phase::Sent) => matches!(action, Action::Modify(_) | Action::PayOrder),
            (action, Phase::UndoSent) => matches!(action, Action::Modify(_)),
            (_, _) => false,
        };
        changes && step.first_sent.is_some()
    };
    state.closed.is_none() && state.steps.iter().any(in_doubt)
}

/// The old record stays: what the machine is like now is for the next look to tell.
fn record(
    open: &OpenRun<'_>,
    id: &InstanceId,
    state: &SagaState,
    clock: &dyn Clock,
) -> Option<AppliedInstance> {
    let saga = &*in_force(open.plan.sagas.get(id)?, state);
    let old = open.applied.instances.get(id);
    Some(AppliedInstance {
        name: saga.name.clone(),
        group: saga.group.clone(),
        region: saga.region.clone(),
        fields: old.map(|record| record.fields.clone()).unwrap_or_default(),
        change_number: state.change_number,
        changed_at: state
            .changed_at
            .or(old.and_then(|record| record.changed_at)),
        restart_due: restart_due(saga, state, old, clock.wall()),
        late_start: late_start(saga, state, old),
        temporary: upgrade(saga, state, old, open.plan.sheet.upgrades.get(id)),
        recorded_at: clock.wall(),
    })
}
