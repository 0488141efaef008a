//! The plan id: a digest of what a plan decides and of nothing else, so that equal decisions have equal ids.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::model::{
    AccountId, Availability, BalanceCheck, Budget, ChangeOptions, Digest, Freeze, GroupName,
    InstanceId, Money, OrderId, Promise, Rollout, Selector, Unit, WorkingRole,
};
use crate::plan::nouns::{Action, Goal, Saga, Step, Undo, WayBack};

use super::saved::SavedPlan;

/// The decisions of a plan and nothing else: equal decisions, equal id.
#[derive(Serialize)]
struct Decisions<'a> {
    account: &'a AccountId,
    #[serde(skip_serializing_if = "Option::is_none")]
    role: Option<&'a WorkingRole>,
    sagas: BTreeMap<&'a InstanceId, Vec<Decision<'a>>>,
    after: BTreeMap<&'a InstanceId, Vec<&'a Unit>>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    terms: BTreeMap<&'a InstanceId, Terms<'a>>,
    groups: BTreeMap<&'a GroupName, &'a Rollout>,
    ungrouped: &'a Rollout,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    ways_back: BTreeMap<&'a InstanceId, DecidedBack<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    availability: Vec<Promised<'a>>,
    #[serde(skip_serializing_if = "<[Freeze]>::is_empty")]
    freezes: &'a [Freeze],
    #[serde(skip_serializing_if = "Option::is_none")]
    budget: Option<&'a Budget>,
    #[serde(skip_serializing_if = "Option::is_none")]
    balance: Option<BalanceCheck>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_spend: Option<&'a Money>,
}

/// What is promised of whom. Who that is at the moment was observed.
#[derive(Serialize)]
struct Promised<'a> {
    name: &'a str,
    select: &'a Selector,
    promise: Promise,
}

/// Under whose limits a machine is changed, and how far its owner lets a change go.
#[derive(Serialize)]
struct Terms<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    group: Option<&'a GroupName>,
    #[serde(skip_serializing_if = "Option::is_none")]
    change: Option<&'a ChangeOptions>,
}

#[derive(Serialize)]
struct Decision<'a> {
    action: &'a Action,
    needs: &'a [u16],
    after: &'a Goal,
    undo: &'a Undo,
    #[serde(skip_serializing_if = "Option::is_none")]
    cap: Option<&'a Money>,
    #[serde(skip_serializing_if = "Option::is_none")]
    adopts: Option<&'a OrderId>,
}

/// What becomes of a machine whose health check fails. Why it stays as it is, is no decision.
#[derive(Serialize)]
struct DecidedBack<'a> {
    from: Option<u16>,
    steps: Vec<Decision<'a>>,
}

impl SavedPlan {
    /// The plan id: a digest of steps, parameters, needs, price caps and limits; not of sources, observations or times.
    #[must_use]
    pub fn id(&self) -> Digest {
        Digest::of_value(&Decisions {
            account: &self.account,
            role: self.desired.role.as_ref(),
            sagas: self
                .sagas
                .iter()
                .map(|(id, saga)| (id, steps_of(saga)))
                .collect(),
            after: self
                .sagas
                .iter()
                .map(|(id, saga)| (id, saga.after.iter().collect()))
                .collect(),
            terms: self.terms(),
            groups: self
                .desired
                .groups
                .iter()
                .map(|(name, group)| (name, &group.rollout))
                .collect(),
            ungrouped: &self.desired.ungrouped,
            ways_back: self
                .sagas
                .iter()
                .filter_map(|(id, saga)| Some((id, decided_back(saga.way_back.as_ref()?))))
                .collect(),
            availability: self.desired.availability.iter().map(promised).collect(),
            freezes: &self.desired.freezes,
            budget: self.desired.budget.as_ref(),
            balance: Some(self.desired.balance).filter(|check| *check == BalanceCheck::Skip),
            max_spend: self.sheet.money.max_spend.as_ref(),
        })
    }

    /// Nothing for a machine of no group that is changed as any other.
    fn terms(&self) -> BTreeMap<&InstanceId, Terms<'_>> {
        let plain = ChangeOptions::default();
        self.sagas
            .iter()
            .filter_map(|(id, saga)| {
                let wish = self.desired.instances.get(id);
                let terms = Terms {
                    group: saga.group.as_ref(),
                    change: wish
                        .map(|wish| &wish.change)
                        .filter(|change| **change != plain),
                };
                (terms.group.is_some() || terms.change.is_some()).then_some((id, terms))
            })
            .collect()
    }
}

fn promised(availability: &Availability) -> Promised<'_> {
    Promised {
        name: &availability.name,
        select: &availability.select,
        promise: availability.promise,
    }
}

fn steps_of(saga: &Saga) -> Vec<Decision<'_>> {
    saga.steps.iter().map(decision).collect()
}

fn decided_back(way_back: &WayBack) -> DecidedBack<'_> {
    DecidedBack {
        from: match way_back {
            WayBack::By { from, .. } => Some(*from),
            WayBack::Never { .. } => None,
        },
        steps: way_back.steps().iter().map(decision).collect(),
    }
}

fn decision(step: &Step) -> Decision<'_> {
    Decision {
        action: &step.action,
        needs: &step.needs,
        after: &step.after,
        undo: &step.undo,
        cap: step.price.cap(),
        adopts: step.adopts.as_ref(),
    }
}
