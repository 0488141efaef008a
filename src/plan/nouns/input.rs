//! Everything the planner may know.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use crate::diff::changes;
use crate::model::{
    AppliedFleet, AppliedInstance, Books, DesiredFleet, DesiredInstance, InstanceId,
    InstanceStatus, Limits, ObservedFleet, ObservedInstance, Offers, Payment, Power, RunId,
};
use crate::planted::{self, Fault};

use super::account::Blocked;
use super::money_sheet::Held;
use super::step::Because;

/// What to do with machines that are found stopped without the manifest or the state saying so.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FoundStopped {
    /// A change to them is blocked.
    Block,
    /// They are taken as meant to be stopped (`-accept-stopped`).
    Accept,
}

/// The planner's whole world. The same input gives the same plan, byte for byte.
#[derive(Debug, Clone)]
pub struct PlanInput<'a> {
    /// What is wanted.
    pub desired: &'a DesiredFleet,
    /// What is there.
    pub observed: &'a ObservedFleet,
    /// What was last recorded; none before the first apply.
    pub applied: Option<&'a AppliedFleet>,
    /// What machines can become, as far as it was asked.
    pub offers: &'a Offers,
    /// What is known about money.
    pub books: &'a Books,
    /// Limits of the cloud, as far as they were asked for.
    pub limits: &'a Limits,
    /// Machines that an open run still has to finish.
    pub busy: &'a BTreeMap<InstanceId, RunId>,
    /// The machines asked for with `-target`; all when none.
    pub targets: Option<&'a BTreeSet<InstanceId>>,
    /// What to do with machines found stopped.
    pub found_stopped: FoundStopped,
    /// The moment of planning.
    pub now: Timestamp,
}

/// One machine, seen from all sides: what the rules look at.
#[derive(Debug, Clone, Copy)]
pub(in crate::plan) struct Case<'a> {
    pub(in crate::plan) input: &'a PlanInput<'a>,
    pub(in crate::plan) desired: &'a DesiredInstance,
    pub(in crate::plan) seen: &'a ObservedInstance,
    pub(in crate::plan) applied: Option<&'a AppliedInstance>,
    pub(in crate::plan) purse: Purse<'a>,
}

/// Whether orders may be paid by themselves.
#[derive(Debug, Clone, Copy)]
pub(in crate::plan) enum Purse<'a> {
    /// They may, seen or unseen: to find out what there is to ask about.
    Trusting,
    /// They may when their price is known.
    Open,
    /// None may, for this reason.
    Held(&'a Held),
}

impl Case<'_> {
    /// Whether it runs now.
    pub(in crate::plan) fn is_up(&self) -> bool {
        self.seen.status == InstanceStatus::Running
    }

    /// What is done with its orders: as the manifest says, unless something holds its money.
    pub(in crate::plan) fn payment(&self) -> Payment {
        match (self.desired.payment, self.held()) {
            (Payment::Auto | Payment::Api, Some(_)) => Payment::Await,
            (wanted, _) => wanted,
        }
    }

    /// Why nothing is paid by itself, if so.
    pub(in crate::plan) fn held(&self) -> Option<&Held> {
        match self.purse {
            Purse::Trusting | Purse::Open => None,
            Purse::Held(held) => Some(held),
        }
    }

    /// Whether it shall run in the end: as the manifest says, else as it was found.
    pub(in crate::plan) fn ends_up(&self) -> bool {
        match self.desired.spec.power {
            Some(Power::Running) => true,
            Some(Power::Stopped) => false,
            Some(Power::Keep) | None => self.is_up() || planted::is(Fault::StoppedMachineRestarted),
        }
    }
}

impl Case<'_> {
    /// The change is blocked by this rule.
    pub(in crate::plan) fn block(
        &self,
        rule: &str,
        why: impl Into<String>,
        way_out: &str,
    ) -> Blocked {
        Blocked {
            name: self.desired.name.clone(),
            because: Because::new(rule, why),
            way_out: way_out.to_owned(),
            changes: changes(&self.desired.spec, self.seen),
        }
    }

    /// Whether it is down, and neither manifest nor record says that it should be.
    pub(in crate::plan) fn is_stopped_by_a_stranger(&self) -> bool {
        self.seen.status == InstanceStatus::Stopped
            && self.desired.spec.power.is_none()
            && self.applied.is_none()
    }
}

/// One machine, as the rules look at it; none that is not wanted or not there.
pub(in crate::plan) fn case_of<'a>(input: &'a PlanInput<'a>, id: &InstanceId) -> Option<Case<'a>> {
    Some(Case {
        input,
        desired: input.desired.instances.get(id)?,
        seen: input.observed.instances.get(id)?,
        applied: input.applied.and_then(|fleet| fleet.instances.get(id)),
        purse: Purse::Open,
    })
}

/// Every machine that is wanted and there.
pub(in crate::plan) fn cases<'a>(input: &'a PlanInput<'a>) -> impl Iterator<Item = Case<'a>> {
    let ids = input.desired.instances.keys();
    ids.filter_map(move |id| case_of(input, id))
}
