//! Made-up fleets: what is wanted and what is there, in every combination the model can express.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;
use respec::model::{
    BillingMethod, ChangeOptions, DesiredInternet, DesiredSpec, Eip, InstanceId, InstanceStatus,
    NetworkBilling, NetworkKind, ObservedInstance, Particulars, Payment, Power, PrepaidUpgrade,
    Rollout, Share, StoppedMode, TemporaryBandwidth,
};

use crate::prices::{Prices, prices};
use crate::world::{TYPES, id, now, region, type_name, zone};

/// Most machines of a fleet; enough for groups that wait for one another.
const MACHINES_MAX: usize = 30;

/// Groups a machine may be in.
pub(crate) const GROUPS: usize = 3;

/// One machine, as it is and as it should be.
#[derive(Debug, Clone)]
pub(crate) struct Machine {
    pub(crate) seen: ObservedInstance,
    pub(crate) wish: Wish,
    pub(crate) fate: Fate,
}

/// What the manifest says about it.
#[derive(Debug, Clone)]
pub(crate) struct Wish {
    pub(crate) spec: DesiredSpec,
    pub(crate) change: ChangeOptions,
    pub(crate) payment: Payment,
    pub(crate) temporary: Option<TemporaryBandwidth>,
    pub(crate) protect: bool,
    pub(crate) group: Option<usize>,
    pub(crate) after: Option<After>,
}

/// What it waits for, as far as that makes no ring.
#[derive(Debug, Clone, Copy)]
pub(crate) enum After {
    Machine(usize),
    Group(usize),
}

/// What else is known of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fate {
    New,
    Recorded,
    Vanished,
    Busy,
}

/// A whole fleet.
#[derive(Debug, Clone)]
pub(crate) struct Fleet {
    pub(crate) machines: Vec<Machine>,
    pub(crate) rollouts: [Rollout; GROUPS],
    pub(crate) ungrouped: Rollout,
    /// Whether anything was ever recorded.
    pub(crate) has_state: bool,
    /// Whether the cloud tells what machines can become.
    pub(crate) offers_answered: bool,
    pub(crate) sold_out: BTreeSet<&'static str>,
    pub(crate) accept_stopped: bool,
    pub(crate) prices: Prices,
    /// Positions that `-target` names; everything when none.
    pub(crate) targets: Option<BTreeSet<usize>>,
}

pub(crate) fn fleet() -> impl Strategy<Value = Fleet> {
    let machines = prop::collection::vec(machine(), 1..=MACHINES_MAX);
    let rollouts = [rollout(), rollout(), rollout()];
    let targets = option::weighted(0.1, prop::collection::btree_set(0..MACHINES_MAX, 1..4));
    let sold_out = prop::collection::btree_set(select(&TYPES[..]).prop_map(|(name, _)| name), 0..2);
    let switches = (weighted(0.7), weighted(0.95), weighted(0.3));
    let rest = (sold_out, targets, prices());
    (machines, rollouts, rollout(), switches, rest).prop_map(
        |(mut machines, rollouts, ungrouped, switches, (sold_out, targets, prices))| {
            for (number, machine) in machines.iter_mut().enumerate() {
                machine.seen.id = id(number);
            }
            Fleet {
                machines,
                rollouts,
                ungrouped,
                has_state: switches.0,
                offers_answered: switches.1,
                accept_stopped: switches.2,
                prices,
                sold_out,
                targets,
            }
        },
    )
}

fn weighted(probability: f64) -> impl Strategy<Value = bool> {
    prop::bool::weighted(probability)
}

fn rollout() -> BoxedStrategy<Rollout> {
    let unavailable = prop_oneof![
        (0..4u32).prop_map(Share::Count),
        select(vec![0, 10, 50, 100]).prop_map(Share::Percent),
    ];
    unavailable
        .prop_map(|max_unavailable| Rollout {
            max_unavailable,
            ..Rollout::default()
        })
        .boxed()
}

fn machine() -> impl Strategy<Value = Machine> {
    let fate = prop_oneof![
        10 => Just(Fate::New),
        10 => Just(Fate::Recorded),
        1 => Just(Fate::Vanished),
        1 => Just(Fate::Busy),
    ];
    (seen(), wish(), fate).prop_map(|(seen, wish, fate)| Machine { seen, wish, fate })
}

fn a_type() -> impl Strategy<Value = &'static str> {
    select(&TYPES[..]).prop_map(|(name, _)| name)
}

fn charge() -> impl Strategy<Value = NetworkBilling> {
    select(vec![
        NetworkBilling::PayByBandwidth,
        NetworkBilling::PayByTraffic,
    ])
}

fn bandwidth() -> impl Strategy<Value = u32> {
    prop_oneof![4 => Just(0u32), 8 => select(vec![1, 5, 10, 50, 100]), 1 => select(vec![150, 200, 201])]
}

fn wish() -> impl Strategy<Value = Wish> {
    let group = option::weighted(0.7, 0..GROUPS);
    let after = option::weighted(
        0.2,
        prop_oneof![
            (0..MACHINES_MAX).prop_map(After::Machine),
            (0..GROUPS).prop_map(After::Group),
        ],
    );
    let payment = select(vec![Payment::Auto, Payment::Await, Payment::Api]);
    let temporary = option::weighted(0.2, temporary());
    (
        spec(),
        change(),
        payment,
        temporary,
        weighted(0.1),
        group,
        after,
    )
        .prop_map(
            |(spec, change, payment, temporary, protect, group, after)| Wish {
                temporary,
                spec,
                change,
                payment,
                protect,
                group,
                after,
            },
        )
}

/// Bandwidth for some hours of these days: over, begun, or still to come.
fn temporary() -> impl Strategy<Value = TemporaryBandwidth> {
    let hours = |n: i64| jiff::SignedDuration::from_hours(n);
    (select(vec![10, 50, 100, 200, 201]), -12..20i64, 3..10i64).prop_map(
        move |(max_bandwidth_out, from, lasts)| TemporaryBandwidth {
            max_bandwidth_out,
            start: now() + hours(from),
            end: now() + hours(from + lasts),
        },
    )
}

fn spec() -> impl Strategy<Value = DesiredSpec> {
    let power = option::of(select(vec![Power::Running, Power::Stopped, Power::Keep]));
    let mode = option::of(select(vec![
        StoppedMode::KeepCharging,
        StoppedMode::StopCharging,
    ]));
    let instance_type = option::of(a_type().prop_map(type_name));
    (instance_type, internet(), power, mode).prop_map(|(instance_type, internet, power, mode)| {
        DesiredSpec {
            instance_type,
            internet,
            power,
            // The manifest takes it beside `power: stopped` only.
            stopped_mode: mode.filter(|_| power == Some(Power::Stopped)),
        }
    })
}

fn internet() -> impl Strategy<Value = DesiredInternet> {
    let inbound = option::weighted(0.3, select(vec![1u32, 5, 10, 50, 100, 200]));
    let ip = option::weighted(0.4, any::<bool>());
    (
        option::weighted(0.4, charge()),
        option::of(bandwidth()),
        inbound,
        ip,
    )
        .prop_map(
            |(charge_type, max_bandwidth_out, max_bandwidth_in, public_ip)| DesiredInternet {
                charge_type,
                max_bandwidth_out,
                max_bandwidth_in,
                public_ip,
            },
        )
}

fn change() -> impl Strategy<Value = ChangeOptions> {
    let upgrade = select(vec![PrepaidUpgrade::Online, PrepaidUpgrade::Offline]);
    let max_outage = prop_oneof![9 => Just(600), 1 => Just(20)].prop_map(Duration::from_secs);
    (upgrade, option::of(any::<bool>()), max_outage).prop_map(
        |(prepaid_upgrade, migrate_across_zone, max_outage)| ChangeOptions {
            prepaid_upgrade,
            migrate_across_zone,
            max_outage,
            ..ChangeOptions::default()
        },
    )
}

prop_compose! {
    fn seen()(
        (status, billing, network) in (status(), billing(), network()),
        instance_type in a_type(),
        (charge_type, out, inbound) in (option::weighted(0.95, charge()), bandwidth(), option::of(1..=10u32)),
        (has_address, odd_address, has_eip) in (weighted(0.8), weighted(0.05), weighted(0.1)),
        (inbound_unknown, kept) in (weighted(0.05), weighted(0.6)),
        hindrance in hindrance(),
    ) -> ObservedInstance {
        let mut machine = ObservedInstance {
            status,
            network,
            instance_type: type_name(instance_type),
            charge_type,
            max_bandwidth_out: out,
            max_bandwidth_in: if inbound_unknown { None } else { Some(inbound.unwrap_or(out.max(10))) },
            public_ip: ((out > 0 && has_address) || odd_address).then(|| "198.18.0.1".to_owned()),
            expires_at: (billing == BillingMethod::PrePaid).then(|| now() + Duration::from_secs(86_400)),
            ..plain_machine(0, billing).seen
        };
        if has_eip {
            machine.eip = Some(Eip { allocation_id: "eip-1".to_owned(), address: "198.19.0.1".to_owned() });
            machine.max_bandwidth_out = 0;
            machine.public_ip = None;
        }
        let chargeless = billing == BillingMethod::PostPaid && network == NetworkKind::Vpc;
        if machine.status == InstanceStatus::Stopped && chargeless {
            let mode = if kept { StoppedMode::KeepCharging } else { StoppedMode::StopCharging };
            machine.stopped_mode = Some(mode);
            // R70: the address went with the capacity.
            machine.public_ip = machine.public_ip.filter(|_| kept);
        }
        hindrance.put_on(&mut machine);
        machine
    }
}

fn status() -> impl Strategy<Value = InstanceStatus> {
    prop_oneof![
        12 => Just(InstanceStatus::Running),
        6 => Just(InstanceStatus::Stopped),
        1 => Just(InstanceStatus::Starting),
        1 => Just(InstanceStatus::Other("Hibernating".to_owned())),
    ]
}

fn billing() -> impl Strategy<Value = BillingMethod> {
    select(vec![BillingMethod::PostPaid, BillingMethod::PrePaid])
}

fn network() -> impl Strategy<Value = NetworkKind> {
    prop_oneof![7 => Just(NetworkKind::Vpc), 1 => Just(NetworkKind::Classic)]
}

/// What stands in the way of some changes.
#[derive(Debug, Clone, Copy)]
enum Hindrance {
    None,
    Locked,
    Expired,
    LocalDisk,
    DedicatedHost,
    Spot,
    ScalingGroup,
}

fn hindrance() -> impl Strategy<Value = Hindrance> {
    prop_oneof![
        14 => Just(Hindrance::None),
        1 => Just(Hindrance::Locked),
        1 => Just(Hindrance::Expired),
        1 => Just(Hindrance::LocalDisk),
        1 => Just(Hindrance::DedicatedHost),
        1 => Just(Hindrance::Spot),
        1 => Just(Hindrance::ScalingGroup),
    ]
}

impl Hindrance {
    fn put_on(self, machine: &mut ObservedInstance) {
        match self {
            Self::None => {}
            Self::Locked => machine.locks = vec!["security".to_owned()],
            Self::Expired => machine.expires_at = machine.expires_at.map(|_| now()),
            Self::LocalDisk => machine.local_disks = 1,
            Self::DedicatedHost => machine.dedicated_host = Some("dh-1".to_owned()),
            Self::Spot => machine.spot = machine.billing == BillingMethod::PostPaid,
            Self::ScalingGroup => {
                let tag = "acs:autoscaling:scalingGroupId".to_owned();
                machine.tags.insert(tag, "asg-1".to_owned());
            }
        }
    }
}

/// The machine that a position means.
pub(crate) fn at(ids: &[InstanceId], position: usize) -> &InstanceId {
    &ids[position % ids.len()]
}

/// A fleet without surprises: a pay-as-you-go machine that changes type and opens its network, a
/// subscription that is upgraded, and a machine to be stopped.
pub(crate) fn plain() -> Fleet {
    let mut web = plain_machine(0, BillingMethod::PostPaid);
    web.wish.spec.instance_type = Some(type_name("ecs.g7.large"));
    web.wish.spec.internet.max_bandwidth_out = Some(50);
    let mut db = plain_machine(1, BillingMethod::PrePaid);
    db.wish.spec.instance_type = Some(type_name("ecs.g7.xlarge"));
    let mut job = plain_machine(2, BillingMethod::PostPaid);
    job.wish.spec.power = Some(Power::Stopped);
    let mut link = plain_machine(3, BillingMethod::PrePaid);
    link.wish.spec.internet.max_bandwidth_out = Some(20);
    Fleet {
        machines: vec![web, db, job, link],
        rollouts: std::array::from_fn(|_| Rollout::default()),
        ungrouped: Rollout::default(),
        has_state: true,
        offers_answered: true,
        sold_out: BTreeSet::new(),
        accept_stopped: false,
        prices: Prices::plain(),
        targets: None,
    }
}

fn plain_machine(number: usize, billing: BillingMethod) -> Machine {
    Machine {
        seen: ObservedInstance {
            id: id(number),
            name: "a machine".to_owned(),
            region: region(),
            zone: zone(),
            status: InstanceStatus::Running,
            instance_type: type_name("ecs.g6.large"),
            image: None,
            vcpus: 2,
            memory_mib: 8192,
            billing,
            network: NetworkKind::Vpc,
            charge_type: Some(NetworkBilling::PayByTraffic),
            max_bandwidth_out: 0,
            raised: None,
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
        },
        wish: Wish {
            spec: DesiredSpec::default(),
            change: ChangeOptions::default(),
            payment: Payment::Await,
            temporary: None,
            protect: false,
            group: None,
            after: None,
        },
        fate: Fate::Recorded,
    }
}
