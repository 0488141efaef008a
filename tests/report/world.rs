//! A small fleet to talk about, planned by the real planner.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use respec::model::{
    AccountId, BalanceCheck, BandwidthKey, BillingMethod, Books, ChangeOptions, DesiredFleet,
    DesiredInstance, DesiredSpec, Digest, FleetName, Funds, GroupName, InstanceId, InstanceName,
    InstanceStatus, Limits, Lineage, NetworkBilling, NetworkKind, ObservedFleet, ObservedInstance,
    OfferKey, Offers, Particulars, Payment, Place, Pricing, RegionId, Rollout, Shift, Stamp,
    TypeName, VcpuQuota, ZoneId,
};
use respec::plan::{FoundStopped, PlanInput, SavedPlan, Source, money_questions, plan};

use crate::price_list::{self, cny};

pub(crate) fn now() -> Timestamp {
    "2026-11-21T08:00:00Z".parse().unwrap()
}

pub(crate) fn id(text: &str) -> InstanceId {
    InstanceId::new(text).unwrap()
}

pub(crate) fn type_name(text: &str) -> TypeName {
    TypeName::new(text).unwrap()
}

fn region() -> RegionId {
    RegionId::new("cn-hangzhou").unwrap()
}

/// A running pay-as-you-go machine without public network.
pub(crate) fn machine(name: &str) -> ObservedInstance {
    ObservedInstance {
        id: id(name),
        name: name.to_owned(),
        region: region(),
        zone: ZoneId::new("cn-hangzhou-h").unwrap(),
        status: InstanceStatus::Running,
        instance_type: type_name("ecs.g6.large"),
        image: None,
        vcpus: 2,
        memory_mib: 8192,
        billing: BillingMethod::PostPaid,
        network: NetworkKind::Vpc,
        charge_type: Some(NetworkBilling::PayByTraffic),
        raised: None,
        max_bandwidth_out: 0,
        max_bandwidth_in: Some(10),
        public_ip: None,
        eip: None,
        expires_at: None,
        locks: Vec::new(),
        stopped_mode: None,
        local_disks: 0,
        dedicated_host: None,
        spot: false,
        tags: BTreeMap::new(),
        particulars: Particulars::default(),
    }
}

/// A fleet being built: machines as they are, and what is wanted of them.
pub(crate) struct World {
    pub(crate) desired: DesiredFleet,
    pub(crate) observed: ObservedFleet,
    pub(crate) offers: Offers,
    pub(crate) books: Books,
    pub(crate) pricing: Pricing,
    pub(crate) limits: Limits,
    pub(crate) targets: Option<BTreeSet<InstanceId>>,
}

impl World {
    pub(crate) fn new() -> Self {
        let account = AccountId::new("1234567890123456").unwrap();
        Self {
            desired: DesiredFleet {
                balance: BalanceCheck::Check,
                fleet: FleetName::new("shop-prod").unwrap(),
                account: Some(account.clone()),
                account_place: Place::default(),
                role: None,
                instances: BTreeMap::new(),
                groups: BTreeMap::new(),
                ungrouped: Rollout::default(),
                availability: Vec::new(),
                freezes: Vec::new(),
                wish: None,
                budget: None,
            },
            observed: ObservedFleet {
                account,
                taken_at: now(),
                instances: BTreeMap::new(),
                unreadable: BTreeMap::new(),
            },
            offers: Offers::default(),
            books: Books {
                funds: Funds::Known(cny("100000")),
                ..Books::default()
            },
            pricing: Pricing::Asked,
            limits: Limits::default(),
            targets: None,
        }
    }

    /// Adds a machine under a name, with what is wanted of it.
    pub(crate) fn add(
        &mut self,
        name: &str,
        seen: ObservedInstance,
        spec: DesiredSpec,
    ) -> &mut DesiredInstance {
        let id = seen.id.clone();
        let wish = DesiredInstance {
            name: InstanceName::new(name).unwrap(),
            group: None,
            region: region(),
            spec,
            change: ChangeOptions::default(),
            temporary: None,
            payment: Payment::Await,
            protect: false,
            allow_managed: BTreeSet::new(),
            after: BTreeSet::new(),
            place: Place::default(),
        };
        self.observed.instances.insert(id.clone(), seen);
        self.desired.instances.insert(id.clone(), wish);
        self.desired.instances.get_mut(&id).unwrap()
    }

    /// Adds a machine to a group, which is made when it is new.
    pub(crate) fn add_to(&mut self, group: &str, seen: ObservedInstance, spec: DesiredSpec) {
        let id = seen.id.clone();
        let name = GroupName::new(group).unwrap();
        self.add(&format!("{group}/{id}"), seen, spec).group = Some(name.clone());
        let group = self.desired.groups.entry(name).or_default();
        group.members.insert(id);
    }

    /// The cloud offers this change to subscription machines.
    pub(crate) fn offer(&mut self, from: &str, to: &str, shift: Shift) {
        let zone = ZoneId::new("cn-hangzhou-h").unwrap();
        let zones = BTreeMap::from([(zone.clone(), true)]);
        let targets = BTreeMap::from([(type_name(to), zones)]);
        for migrate_across_zone in [false, true] {
            let key = OfferKey {
                region: region(),
                zone: zone.clone(),
                from: type_name(from),
                billing: BillingMethod::PrePaid,
                migrate_across_zone,
                shift,
            };
            let targets = Ok(targets.clone());
            self.offers.record(key, id("i-asked"), targets);
        }
    }

    /// The plan of the real planner, saved.
    pub(crate) fn plan(&self) -> SavedPlan {
        let busy = BTreeMap::new();
        let input = |books| PlanInput {
            desired: &self.desired,
            observed: &self.observed,
            applied: None,
            offers: &self.offers,
            books,
            limits: &self.limits,
            busy: &busy,
            targets: self.targets.as_ref(),
            found_stopped: FoundStopped::Block,
            now: now(),
        };
        let mut books = self.books.clone();
        books.pricing = self.pricing;
        if self.pricing == Pricing::Asked {
            let questions = money_questions(&input(&self.books)).prices;
            for (key, about) in questions {
                let quote = price_list::quote(&key, about);
                books.quotes.entry(key).or_insert(quote);
            }
        }
        let planned = plan(&input(&books));
        let account = self.observed.account.clone();
        SavedPlan {
            format_version: 1,
            tool_version: "0.1.0".to_owned(),
            created_at: now(),
            expires_at: "2026-11-22T08:00:00Z".parse().unwrap(),
            sources: vec![Source {
                name: "fleet.yaml".to_owned(),
                digest: Digest::of_text("fleet"),
            }],
            stamp: Stamp {
                lineage: Lineage::of(&account, &self.desired.fleet),
                serial: 7,
            },
            account,
            desired: self.desired.clone(),
            sagas: planned.sagas,
            sheet: planned.account,
            courses: planned.courses,
        }
    }
}

/// A wish for a type and nothing else.
pub(crate) fn wants(to: &str) -> DesiredSpec {
    DesiredSpec {
        instance_type: Some(type_name(to)),
        ..DesiredSpec::default()
    }
}

/// Twelve web machines, two subscription databases, a gateway that gets public network, three
/// machines that cannot change, each for its own reason, and some that are as wanted.
pub(crate) fn shop() -> World {
    let mut world = World::new();
    for n in 1..=12 {
        let mut seen = machine(&format!("i-bp67acfmxazb4p00{n:02}"));
        if n % 2 == 0 {
            seen.zone = ZoneId::new("cn-hangzhou-i").unwrap();
        }
        world.add_to("web", seen, wants("ecs.g7.xlarge"));
    }
    add_databases(&mut world);
    add_gateway(&mut world);
    add_blocked(&mut world);
    add_limits(&mut world);
    for n in 1..=4 {
        let seen = machine(&format!("i-bp1cache0000000000{n}"));
        world.add_to("cache", seen, wants("ecs.g6.large"));
    }
    world
}

/// What the cloud said about limits, and what it kept to itself.
fn add_limits(world: &mut World) {
    let quota = VcpuQuota {
        max: 500,
        used: 132,
    };
    world.limits.vcpus.insert(region(), Ok(quota));
    let key = BandwidthKey {
        region: region(),
        instance_type: type_name("ecs.g7.large"),
        billing: BillingMethod::PostPaid,
    };
    let why = "DescribeBandwidthLimitation: not allowed (Forbidden.RAM), request 6B6C-1";
    world.limits.bandwidth.insert(key, Err(why.to_owned()));
}

fn add_databases(world: &mut World) {
    world.offer("ecs.r6.large", "ecs.r7.xlarge", Shift::Upgrade);
    let mut seen = machine("i-bp2db00000000000001");
    seen.billing = BillingMethod::PrePaid;
    seen.instance_type = type_name("ecs.r6.large");
    seen.expires_at = Some("2027-03-01T16:00:00Z".parse().unwrap());
    world.add("db-1", seen.clone(), wants("ecs.r7.xlarge"));
    seen.id = id("i-bp2db00000000000002");
    world.offer("ecs.r6.large", "ecs.r7.xlarge", Shift::Upgrade);
    let wish = world.add("db-2", seen, wants("ecs.r7.xlarge"));
    wish.payment = Payment::Auto;
    wish.change.migrate_across_zone = Some(true);
}

fn add_gateway(world: &mut World) {
    let mut spec = wants("ecs.g7.large");
    spec.internet.max_bandwidth_out = Some(50);
    spec.internet.public_ip = Some(true);
    let mut seen = machine("i-bp3gw00000000000001");
    seen.charge_type = None;
    spec.internet.charge_type = Some(NetworkBilling::PayByTraffic);
    world.add("gateway", seen, spec);
}

fn add_blocked(world: &mut World) {
    let mut locked = machine("i-bp4job0000000000001");
    locked.locks = vec!["financial".to_owned()];
    world.add("job-1", locked, wants("ecs.g7.large"));
    for n in 2..=6 {
        let mut disks = machine(&format!("i-bp4job000000000000{n}"));
        disks.local_disks = 2;
        world.add(&format!("job-{n}"), disks, wants("ecs.i3.xlarge"));
    }
}
