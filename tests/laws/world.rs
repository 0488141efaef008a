//! A made-up fleet as the planner sees it, with a cloud that answers its questions from a price list.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use respec::model::{
    AccountId, AppliedFleet, AppliedInstance, BalanceCheck, BillingMethod, Books, DesiredFleet,
    DesiredInstance, Digest, FleetName, Group, GroupName, InstanceId, InstanceName, Limits,
    Lineage, ObservedFleet, OfferKey, Offers, Place, Pricing, RegionId, RunId, Shift, Stamp,
    Targets, TypeName, TypeShape, Unit, ZoneId,
};
use respec::plan::{
    FoundStopped, PlanInput, Planned, SavedPlan, Source, money_questions, open_questions, plan,
};

use crate::fleets::{After, Fate, Fleet, GROUPS, at};
use crate::prices::Prices;

/// What can be bought, with what it costs; two cost the same.
pub(crate) const TYPES: [(&str, u32); 6] = [
    ("ecs.g6.large", 50),
    ("ecs.g7.large", 52),
    ("ecs.c7.xlarge", 52),
    ("ecs.g7.xlarge", 104),
    ("ecs.r7.xlarge", 132),
    ("ecs.g7.2xlarge", 208),
];

pub(crate) fn now() -> Timestamp {
    "2026-11-21T08:00:00Z".parse().unwrap()
}

pub(crate) fn id(number: usize) -> InstanceId {
    InstanceId::new(format!("i-law{number:04}")).unwrap()
}

pub(crate) fn region() -> RegionId {
    RegionId::new("cn-hangzhou").unwrap()
}

pub(crate) fn zone() -> ZoneId {
    ZoneId::new("cn-hangzhou-h").unwrap()
}

pub(crate) fn type_name(text: &str) -> TypeName {
    TypeName::new(text).unwrap()
}

/// What a type costs.
pub(crate) fn price(of: &TypeName) -> u32 {
    let found = TYPES.iter().find(|(name, _)| *name == of.as_str());
    found.unwrap().1
}

/// What a type has, by its size.
pub(crate) fn vcpus(of: &TypeName) -> u32 {
    match of.as_str().rsplit('.').next().unwrap() {
        "large" => 2,
        "xlarge" => 4,
        _ => 8,
    }
}

fn limits() -> Limits {
    let shape = |name: &str| {
        let name = type_name(name);
        let shape = TypeShape {
            vcpus: Some(vcpus(&name)),
            ..TypeShape::default()
        };
        (name, Ok(shape))
    };
    Limits {
        types: TYPES.iter().map(|(name, _)| shape(name)).collect(),
        ..Limits::default()
    }
}

/// Everything the planner may know.
#[derive(Debug, Clone)]
pub(crate) struct World {
    pub(crate) desired: DesiredFleet,
    pub(crate) observed: ObservedFleet,
    pub(crate) applied: Option<AppliedFleet>,
    pub(crate) offers: Offers,
    pub(crate) books: Books,
    pub(crate) limits: Limits,
    pub(crate) busy: BTreeMap<InstanceId, RunId>,
    pub(crate) targets: Option<BTreeSet<InstanceId>>,
    pub(crate) found_stopped: FoundStopped,
    prices: Prices,
    offers_answered: bool,
    sold_out: BTreeSet<&'static str>,
}

impl World {
    /// The world of a fleet, all questions answered.
    pub(crate) fn of(fleet: &Fleet) -> Self {
        let mut world = Self {
            desired: desired(fleet),
            observed: observed(fleet),
            applied: fleet.has_state.then(|| applied(fleet)),
            offers: Offers::default(),
            books: Books::default(),
            limits: limits(),
            busy: busy(fleet),
            targets: targets(fleet),
            found_stopped: if fleet.accept_stopped {
                FoundStopped::Accept
            } else {
                FoundStopped::Block
            },
            prices: fleet.prices.clone(),
            offers_answered: fleet.offers_answered,
            sold_out: fleet.sold_out.clone(),
        };
        world.answer();
        world.ask_prices();
        world
    }

    pub(crate) fn input(&self) -> PlanInput<'_> {
        PlanInput {
            desired: &self.desired,
            observed: &self.observed,
            applied: self.applied.as_ref(),
            offers: &self.offers,
            books: &self.books,
            limits: &self.limits,
            busy: &self.busy,
            targets: self.targets.as_ref(),
            found_stopped: self.found_stopped,
            now: now(),
        }
    }

    pub(crate) fn plan(&self) -> Planned {
        plan(&self.input())
    }

    pub(crate) fn saved(&self) -> SavedPlan {
        self.save(self.plan())
    }

    fn save(&self, planned: Planned) -> SavedPlan {
        SavedPlan {
            format_version: SavedPlan::FORMAT_VERSION,
            tool_version: "0.1.0".to_owned(),
            created_at: now(),
            expires_at: now(),
            sources: vec![Source {
                name: "fleet.yaml".to_owned(),
                digest: Digest::of_text("a manifest"),
            }],
            account: self.observed.account.clone(),
            stamp: self.stamp(),
            desired: self.desired.clone(),
            sagas: planned.sagas,
            sheet: planned.account,
            courses: planned.courses,
        }
    }

    fn stamp(&self) -> Stamp {
        stamp(&self.desired, &self.observed.account)
    }

    /// Asks and answers until no question is open.
    pub(crate) fn answer(&mut self) {
        if !self.offers_answered {
            return;
        }
        loop {
            let questions = open_questions(&self.input());
            if questions.is_empty() {
                return;
            }
            for (key, about) in questions {
                let targets = self.targets_of(&key);
                self.offers.record(key, about, Ok(targets));
            }
        }
    }

    /// Prices, and a balance that covers some runs and not others.
    pub(crate) fn ask_prices(&mut self) {
        let questions = money_questions(&self.input());
        self.books.pricing = Pricing::Asked;
        for (key, about) in questions.prices {
            let quote = self.prices.quote(&key, about);
            self.books.quotes.insert(key, quote);
        }
        self.books.funds = self.prices.funds();
    }

    fn targets_of(&self, key: &OfferKey) -> Targets {
        let from = price(&key.from);
        let listed = TYPES
            .iter()
            .filter(|(_, price)| match (key.billing, key.shift) {
                (BillingMethod::PostPaid, _) => true,
                (BillingMethod::PrePaid, Shift::Upgrade) => *price > from,
                (BillingMethod::PrePaid, Shift::Downgrade) => *price < from,
            });
        listed
            .map(|(name, _)| {
                let in_stock = !self.sold_out.contains(name);
                (type_name(name), BTreeMap::from([(zone(), in_stock)]))
            })
            .collect()
    }
}

fn ids(fleet: &Fleet) -> Vec<InstanceId> {
    fleet.machines.iter().map(|m| m.seen.id.clone()).collect()
}

fn group_name(group: usize) -> GroupName {
    GroupName::new(format!("group-{group}")).unwrap()
}

fn desired(fleet: &Fleet) -> DesiredFleet {
    let ids = ids(fleet);
    let mut instances = BTreeMap::new();
    let mut members = [const { BTreeSet::new() }; GROUPS];
    for (position, machine) in fleet.machines.iter().enumerate() {
        let wish = &machine.wish;
        let name = match wish.group {
            Some(group) => format!("group-{group}/{}", machine.seen.id),
            None => format!("machine-{position}"),
        };
        if let Some(group) = wish.group {
            members[group].insert(machine.seen.id.clone());
        }
        let wish = DesiredInstance {
            name: InstanceName::new(name).unwrap(),
            group: wish.group.map(group_name),
            region: region(),
            spec: wish.spec.clone(),
            change: wish.change.clone(),
            payment: wish.payment,
            temporary: wish.temporary.clone(),
            protect: wish.protect,
            allow_managed: BTreeSet::new(),
            after: after(fleet, &ids, position).into_iter().collect(),
            place: Place::default(),
        };
        instances.insert(machine.seen.id.clone(), wish);
    }
    let groups = members.into_iter().enumerate().map(|(group, members)| {
        let group_of = Group {
            members,
            rollout: fleet.rollouts[group].clone(),
            select: None,
        };
        (group_name(group), group_of)
    });
    DesiredFleet {
        balance: BalanceCheck::Check,
        fleet: FleetName::new("laws").unwrap(),
        account: None,
        account_place: Place::default(),
        role: None,
        instances,
        groups: groups
            .filter(|(_, group)| !group.members.is_empty())
            .collect(),
        ungrouped: fleet.ungrouped.clone(),
        availability: Vec::new(),
        freezes: Vec::new(),
        wish: None,
        budget: None,
    }
}

/// A machine waits only for what stands before it: lower groups, or earlier machines of its own.
/// The manifest refuses rings.
fn after(fleet: &Fleet, ids: &[InstanceId], position: usize) -> Option<Unit> {
    let rank = |position: usize| fleet.machines[position].wish.group.unwrap_or(GROUPS);
    match fleet.machines[position].wish.after? {
        After::Group(group) => (group < rank(position)).then(|| Unit::Group(group_name(group))),
        After::Machine(other) => {
            let other = other % ids.len();
            let earlier = (rank(other), other) < (rank(position), position);
            earlier.then(|| Unit::Instance(ids[other].clone()))
        }
    }
}

fn observed(fleet: &Fleet) -> ObservedFleet {
    let there = fleet.machines.iter().filter(|m| m.fate != Fate::Vanished);
    ObservedFleet {
        account: AccountId::new("1234567890123456").unwrap(),
        taken_at: now(),
        instances: there.map(|m| (m.seen.id.clone(), m.seen.clone())).collect(),
        unreadable: BTreeMap::new(),
    }
}

fn applied(fleet: &Fleet) -> AppliedFleet {
    let recorded = fleet.machines.iter().filter(|m| m.fate != Fate::New);
    let desired = desired(fleet);
    let record = |id: &InstanceId| AppliedInstance {
        name: desired.instances[id].name.clone(),
        group: None,
        region: region(),
        fields: BTreeMap::new(),
        change_number: 1,
        changed_at: None,
        restart_due: None,
        late_start: None,
        temporary: None,
        recorded_at: now(),
    };
    AppliedFleet {
        stamp: stamp(&desired, &AccountId::new("1234567890123456").unwrap()),
        instances: recorded
            .map(|m| (m.seen.id.clone(), record(&m.seen.id)))
            .collect(),
    }
}

fn stamp(desired: &DesiredFleet, account: &AccountId) -> Stamp {
    Stamp {
        lineage: Lineage::of(account, &desired.fleet),
        serial: 1,
    }
}

fn busy(fleet: &Fleet) -> BTreeMap<InstanceId, RunId> {
    let busy = fleet.machines.iter().filter(|m| m.fate == Fate::Busy);
    busy.map(|m| (m.seen.id.clone(), RunId::new("r-1").unwrap()))
        .collect()
}

fn targets(fleet: &Fleet) -> Option<BTreeSet<InstanceId>> {
    let ids = ids(fleet);
    let chosen = fleet.targets.as_ref()?;
    Some(
        chosen
            .iter()
            .map(|position| at(&ids, *position).clone())
            .collect(),
    )
}
