//! Orders whose answer was lost, tied to the step that asked for them: recorded as if the answer had come.

use std::collections::BTreeSet;

use jiff::Timestamp;

use crate::clock::Clock;
use crate::cloud::{Billing, CloudError, OrderQuery};
use crate::journal::Journal;
use crate::model::{AskedFor, InstanceId, OrderDetail, OrderId};
use crate::plan::{Saga, Step};
use crate::saga::{
    Direction, Entry, FailureCause, IllegalEntry, Kind, Phase, RunState, SagaState, StepEvent,
    StepRef, StepState, in_force,
};

use super::abandon::{AbandonError, OpenRun};
use super::timing::{BOOKS_SKEW, HORIZON};

/// A call of the open run that may have made an order nobody knows.
#[derive(Debug, Clone)]
pub struct LostAnswer {
    /// The machine.
    pub instance: InstanceId,
    /// It may have been sent first at this time.
    pub first: Timestamp,
    /// An order of it cannot have been made later.
    pub last: Timestamp,
    at: StepRef,
    saga: Saga,
    /// Whether the saga rests because of it.
    rests: Rest,
}

/// Whether a saga rests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Rest {
    Yes,
    No,
}

impl LostAnswer {
    /// Whether this order can be its, as far as machine and configuration tell.
    #[must_use]
    pub fn may_be(&self, detail: &OrderDetail) -> bool {
        let step = self.step();
        let Some(call) = step.order_call() else {
            return false;
        };
        let was = step.before.instance_type.as_ref();
        let wanted = AskedFor {
            instance: &self.instance,
            call,
            is_now: step.after.instance_type.as_ref().or(was),
            was,
        };
        self.is_in_time(detail) && wanted.may_be(detail)
    }

    fn is_in_time(&self, detail: &OrderDetail) -> bool {
        let made = detail.order.created_at;
        (self.first - BOOKS_SKEW..=self.last + BOOKS_SKEW).contains(&made)
    }

    fn step(&self) -> &Step {
        &self.saga.steps[usize::from(self.at.step)]
    }
}

/// Every call of the open run whose answer was lost and that makes an order.
///
/// # Errors
/// [`IllegalEntry`] when its journal is damaged.
pub fn lost_answers(open: &OpenRun<'_>) -> Result<Vec<LostAnswer>, IllegalEntry> {
    let Some(state) = RunState::replay(open.entries)? else {
        return Ok(Vec::new());
    };
    let sagas = state.sagas.iter().filter(|(_, saga)| saga.closed.is_none());
    let known = sagas.filter_map(|(id, state)| Some((open.plan.sagas.get(id)?, state)));
    Ok(known
        .flat_map(|(saga, state)| lost_of(&in_force(saga, state), state))
        .collect())
}

fn lost_of(saga: &Saga, state: &SagaState) -> Vec<LostAnswer> {
    let steps = state.steps.iter();
    let lost = steps.filter(|(at, step)| {
        let plan = saga.steps.get(usize::from(**at));
        plan.is_some_and(|plan| plan.order_call().is_some()) && is_lost(step)
    });
    lost.filter_map(|(at, step)| {
        Some(LostAnswer {
            instance: saga.instance.clone(),
            first: step.first_sent?,
            last: step.last_sent? + HORIZON,
            at: StepRef {
                instance: saga.instance.clone(),
                step: *at,
                direction: Direction::Forward,
            },
            saga: saga.clone(),
            rests: if state.halted.is_some() {
                Rest::Yes
            } else {
                Rest::No
            },
        })
    })
    .collect()
}

/// Sent, and neither answered nor known not to have happened.
fn is_lost(step: &StepState) -> bool {
    let unknown = step
        .failure
        .as_ref()
        .is_some_and(|failure| failure.cause == FailureCause::Unknown);
    step.order.is_none() && (step.phase == Phase::Sent || step.phase == Phase::Failed && unknown)
}

/// Records that this order is that call's. The next apply goes on with it.
///
/// # Errors
/// [`AbandonError`]; nothing is recorded then.
pub async fn adopt(
    open: &OpenRun<'_>,
    lost: &LostAnswer,
    order: &OrderId,
    journal: &dyn Journal,
    clock: &dyn Clock,
) -> Result<(), AbandonError> {
    let mut kinds = Vec::new();
    if lost.rests == Rest::Yes {
        kinds.push(Kind::Reopened {
            instance: lost.instance.clone(),
        });
    }
    kinds.push(Kind::Step {
        at: lost.at.clone(),
        event: StepEvent::Answered {
            request_id: None,
            order_id: Some(order.clone()),
        },
    });
    let entries: Vec<Entry> = (open.next_seq..)
        .zip(kinds)
        .map(|(seq, kind)| Entry {
            seq,
            at: clock.wall(),
            run: open.run.clone(),
            kind,
        })
        .collect();
    if let Some(mut state) = RunState::replay(open.entries)? {
        entries.iter().try_for_each(|entry| state.fold(entry))?;
    }
    journal.append(&entries).await?;
    Ok(())
}

/// The orders in the books that may be a lost call's and that nobody has recorded.
///
/// # Errors
/// [`CloudError`] when the books cannot be read.
pub async fn candidates(
    lost: &LostAnswer,
    billing: &dyn Billing,
    recorded: &BTreeSet<OrderId>,
) -> Result<Vec<OrderId>, CloudError> {
    let query = OrderQuery {
        created_from: lost.first - BOOKS_SKEW,
        created_until: lost.last + HORIZON + BOOKS_SKEW,
        payment: None,
        kind: None,
    };
    let mut ids = Vec::new();
    for order in billing.query_orders(&query).await? {
        if !recorded.contains(&order.id) && lost.may_be(&billing.order_detail(&order.id).await?) {
            ids.push(order.id);
        }
    }
    Ok(ids)
}
