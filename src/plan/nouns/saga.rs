//! All steps of one machine, and what the plan relies on about it.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::diff::{FieldChange, value_of};
use crate::model::{
    AutoRenew, BillingMethod, Crowd, Field, GroupName, InstanceId, InstanceName, ObservedInstance,
    RegionId, TypeName, Unit, ZoneId,
};

use super::account::Blocked;
use super::input::Case;
use super::step::{Action, Because, Step, Undo};
use super::way_back::WayBack;

/// One machine's change: a chain of steps that ends done, or with the machine as it was found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Saga {
    /// The machine.
    pub instance: InstanceId,
    /// How people call it.
    pub name: InstanceName,
    /// Its group.
    pub group: Option<GroupName>,
    /// Its region.
    pub region: RegionId,
    /// Its zone.
    pub zone: ZoneId,
    /// How it is paid for.
    pub billing: BillingMethod,
    /// Whether it runs when the plan is made.
    pub was_running: bool,
    /// What must be finished before it is touched.
    pub after: BTreeSet<Unit>,
    /// What changes, for people.
    pub changes: Vec<FieldChange>,
    /// How many vCPUs it will have more than now (R64); none where its type stays, or nobody told what the new one has.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub adds_vcpus: Option<u32>,
    /// What is done, in order.
    pub steps: Vec<Step>,
    /// What becomes of it when its health check fails; none where its group asks for nothing.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub way_back: Option<WayBack>,
    /// When its subscription is to be renewed, and by whom.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub renewal: Option<Renewal>,
    /// What the machine looked like; a plan is stale for a machine that looks different.
    pub fingerprint: Fingerprint,
}

impl Saga {
    pub(in crate::plan) fn new(
        case: &Case<'_>,
        changes: Vec<FieldChange>,
        steps: Vec<Step>,
        way_back: Option<WayBack>,
    ) -> Self {
        Self {
            instance: case.seen.id.clone(),
            name: case.desired.name.clone(),
            group: case.desired.group.clone(),
            region: case.seen.region.clone(),
            zone: case.seen.zone.clone(),
            billing: case.seen.billing,
            was_running: case.is_up(),
            after: case.desired.after.clone(),
            changes,
            adds_vcpus: vcpus_added(case, &steps),
            steps,
            way_back,
            renewal: Renewal::of(case),
            fingerprint: Fingerprint::of(case.seen),
        }
    }

    /// Who it shares its limits with.
    #[must_use]
    pub fn crowd(&self) -> Crowd {
        Crowd::of(self.group.as_ref(), &self.region)
    }

    /// The chain that puts the machine back, if the plan has one.
    #[must_use]
    pub fn turned_back(&self) -> Option<Self> {
        match &self.way_back {
            Some(WayBack::By { steps, .. }) => Some(Self {
                steps: steps.clone(),
                was_running: true,
                way_back: None,
                ..self.clone()
            }),
            Some(WayBack::Never { .. }) | None => None,
        }
    }

    /// The change is blocked after all, by this rule.
    pub(in crate::plan) fn block(
        self,
        rule: &str,
        why: impl Into<String>,
        way_out: &str,
    ) -> Blocked {
        Blocked {
            name: self.name,
            because: Because::new(rule, why),
            way_out: way_out.to_owned(),
            changes: self.changes,
        }
    }

    /// How long the machine is expected to be out of service.
    #[must_use]
    pub fn downtime(&self) -> Duration {
        self.steps.iter().map(|step| step.downtime).sum()
    }

    /// How long the machine is expected to take a place: while it is down, and for as long as it must be
    /// good afterwards. How long its service takes to come up is not known.
    #[must_use]
    pub fn absence(&self) -> Duration {
        let holds = self.steps.iter().map(|step| match &step.action {
            Action::AwaitHealth(health) => health.hold,
            Action::Stop { .. }
            | Action::Start
            | Action::Modify(_)
            | Action::AwaitOrder
            | Action::PayOrder
            | Action::AllocatePublicIp
            | Action::CoolDown
            | Action::AskOffer(_)
            | Action::RunHook { .. } => Duration::ZERO,
        });
        self.downtime() + holds.sum::<Duration>()
    }

    /// Whether the machine is taken down and brought up again, and so needs a place in its group's limit. One that
    /// is stopped for good in the end needs none, whatever comes before.
    #[must_use]
    pub fn has_outage(&self) -> bool {
        let is_stop = |step: &&Step| matches!(step.action, Action::Stop { .. });
        let last = self.steps.iter().rev().find(is_stop);
        last.is_some_and(|stop| stop.undo == Undo::By(Action::Start))
    }

    /// The type it is to become, if its type changes.
    #[must_use]
    pub fn target_type(&self) -> Option<&TypeName> {
        target_of(&self.steps)
    }

    /// Whether one of its steps makes an order.
    #[must_use]
    pub fn makes_order(&self) -> bool {
        self.steps.iter().any(|step| step.order_call().is_some())
    }
}

fn target_of(steps: &[Step]) -> Option<&TypeName> {
    let mut goals = steps.iter().map(|step| &step.after);
    goals.find_map(|goal| goal.instance_type.as_ref())
}

fn vcpus_added(case: &Case<'_>, steps: &[Step]) -> Option<u32> {
    let limits = case.input.limits;
    let of_type = |name| limits.shape(name).and_then(|shape| shape.vcpus);
    let gets = of_type(target_of(steps)?)?;
    let has = of_type(&case.seen.instance_type).unwrap_or(case.seen.vcpus);
    Some(gets.saturating_sub(has))
}

/// The end of a subscription's term.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Renewal {
    /// When the term ends.
    pub at: Timestamp,
    /// What happens then; none when it could not be learned.
    pub auto: Option<AutoRenew>,
}

impl Renewal {
    fn of(case: &Case<'_>) -> Option<Self> {
        let at = case.seen.expires_at?;
        (case.seen.billing == BillingMethod::PrePaid).then(|| Self {
            at,
            auto: case.input.books.renewals.get(&case.seen.id).copied(),
        })
    }
}

/// What a plan relies on about one machine: managed fields, billing, status, elastic address, locks, and whether
/// temporary bandwidth is in force.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fingerprint(BTreeMap<String, String>);

impl Fingerprint {
    /// The fingerprint of the machine as it looks now.
    #[must_use]
    pub fn of(seen: &ObservedInstance) -> Self {
        let fields = [
            Field::InstanceType,
            Field::ChargeType,
            Field::MaxBandwidthOut,
            Field::MaxBandwidthIn,
            Field::PublicIp,
            Field::Power,
        ];
        let mut map: BTreeMap<String, String> = fields
            .into_iter()
            .map(|field| (field.path().to_owned(), value_of(field, seen)))
            .collect();
        map.insert("billing".to_owned(), seen.billing.as_str().to_owned());
        map.insert("zone".to_owned(), seen.zone.to_string());
        map.insert("locks".to_owned(), seen.locks.join(","));
        let eip = seen
            .eip
            .as_ref()
            .map_or("none", |eip| eip.allocation_id.as_str());
        map.insert("eip".to_owned(), eip.to_owned());
        // R31: while it is in force every lasting change is refused, and it may begin behind a plan.
        let raised = seen.raised.as_ref().map_or("not in force", |_| "in force");
        map.insert("temporary_bandwidth".to_owned(), raised.to_owned());
        Self(map)
    }

    /// The first thing that is different now: its name, as planned, as it is.
    #[must_use]
    pub fn first_difference(&self, now: &Self) -> Option<(String, String, String)> {
        self.0.iter().find_map(|(name, planned)| {
            let is = now.0.get(name).map_or("nothing", String::as_str);
            (is != planned).then(|| (name.clone(), planned.clone(), is.to_owned()))
        })
    }
}
