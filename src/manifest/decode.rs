//! From the tree to the shapes: which keys a manifest of version 1 has, and what each may hold.

use std::collections::BTreeSet;

use crate::model::{
    BalanceCheck, InvalidId, NetworkBilling, Owner, Payment, Power, PrepaidUpgrade, StoppedMode,
};

use super::account::owner;
use super::budget;
use super::calendar::{freeze, owned_text};
use super::codes;
use super::decoder::Decoder;
use super::fields::Fields;
use super::mark::{At, Mark, Slot};
use super::notes::{Draft, quoted};
use super::rollouts::rollout;
use super::schema::{
    ChangeKeys, Defaults, Entry, File, GroupEntry, InstanceEntry, Layer, SpecKeys,
};
use super::selects::{availability, select};
use super::temporary::temporary;
use super::tree::NodeId;

/// The version of the language this program reads.
const VERSION: u32 = 1;

const PAYMENTS: &[(&str, Payment)] = &[
    ("auto", Payment::Auto),
    ("await", Payment::Await),
    ("api", Payment::Api),
];

const CHARGE_TYPES: &[(&str, NetworkBilling)] = &[
    ("PayByBandwidth", NetworkBilling::PayByBandwidth),
    ("PayByTraffic", NetworkBilling::PayByTraffic),
];

const POWERS: &[(&str, Power)] = &[
    ("running", Power::Running),
    ("stopped", Power::Stopped),
    ("keep", Power::Keep),
];

const STOPPED_MODES: &[(&str, StoppedMode)] = &[
    ("KeepCharging", StoppedMode::KeepCharging),
    ("StopCharging", StoppedMode::StopCharging),
];

const BALANCES: &[(&str, BalanceCheck)] =
    &[("check", BalanceCheck::Check), ("skip", BalanceCheck::Skip)];

/// The categories `SystemDisk.Category` takes when a retired type is left (R69).
const DISK_CATEGORIES: &[(&str, &str)] = &[
    ("cloud_efficiency", "cloud_efficiency"),
    ("cloud_ssd", "cloud_ssd"),
];

const PREPAID_UPGRADES: &[(&str, PrepaidUpgrade)] = &[
    ("online", PrepaidUpgrade::Online),
    ("offline", PrepaidUpgrade::Offline),
];

/// Keys of `select` that are easily written beside it.
const KEYS_OF_SELECT: &[&str] = &["name", "tags", "type", "zone", "except", "expect"];
/// Other owners whose machines respec may stop when told to.
const OWNERS: &[(&str, Owner)] = &[("ess", Owner::Ess), ("ack", Owner::Ack)];

/// Reads one file; what is wrong with it goes to the notes, what is right is returned.
pub(super) fn file(d: &mut Decoder<'_>, root: NodeId) -> Option<File> {
    let mut fields = Fields::open(d, root, "the manifest")?;
    let version = fields.slot(d, "version", Decoder::number);
    check_version(d, &version, fields.mark);
    let file = File {
        fleet: fields.slot(d, "fleet", Decoder::id),
        account: fields.slot(d, "account", owner),
        region: fields.slot(d, "region", Decoder::id),
        allow_managed: fields.slot(d, "allow_managed", owners),
        defaults: read_defaults(d, &mut fields),
        groups: entries(d, &mut fields, "groups", group),
        instances: entries(d, &mut fields, "instances", instance),
        protect: names(d, &mut fields, "protect"),
        availability: items(d, &mut fields, "availability", availability),
        freezes: items(d, &mut fields, "freezes", freeze),
        budget: fields.slot(d, "budget", budget::budget),
        balance: fields.slot(d, "balance", |d, node| d.word(node, BALANCES)),
        mark: fields.mark,
    };
    fields.close(d);
    Some(file)
}

fn check_version(d: &mut Decoder<'_>, version: &Slot<u32>, top: Mark) {
    match version {
        Slot::Broken => {}
        Slot::Written(at) if at.value == VERSION => {}
        Slot::Written(at) => {
            let message = format!("version {} of the manifest is not known", at.value);
            d.notes.add(
                Draft::new(codes::VERSION, at.mark, message)
                    .label(format!("this program reads version {VERSION}")),
            );
        }
        Slot::Unwritten => d.notes.add(
            Draft::new(codes::MISSING_KEY, top, "`version` is missing")
                .label("the manifest begins here")
                .help(format!("begin each file with `version: {VERSION}`")),
        ),
    }
}

fn read_defaults(d: &mut Decoder<'_>, fields: &mut Fields<'_>) -> Option<Defaults> {
    let node = fields.node(d, "defaults")?;
    let mut inner = Fields::open(d, node, "`defaults`")?;
    let defaults = Defaults {
        mark: inner.mark,
        rollout: rollout(d, &mut inner),
        layer: Layer {
            payment: inner.slot(d, "payment", payment),
            change: change(d, &mut inner),
            ..Layer::default()
        },
    };
    inner.close(d);
    Some(defaults)
}

/// The named entries under `key`.
fn entries<N, T>(
    d: &mut Decoder<'_>,
    fields: &mut Fields<'_>,
    key: &'static str,
    read: fn(&mut Decoder<'_>, NodeId, Mark) -> Option<T>,
) -> Vec<Entry<N, T>>
where
    N: TryFrom<String, Error = InvalidId>,
{
    let node = fields.node(d, key);
    let pairs = node.and_then(|node| d.entries(node)).unwrap_or_default();
    let mut entries = Vec::with_capacity(pairs.len());
    for (key, value) in pairs {
        let name = d.key(*key);
        let value = read(d, *value, name.mark);
        let name = name_of(d, name);
        if let (Some(name), Some(value)) = (name, value) {
            entries.push(Entry { name, value });
        }
    }
    entries
}

/// A name of a group or an instance; `/` is kept for the members of groups.
fn name_of<N>(d: &mut Decoder<'_>, name: At<&str>) -> Option<At<N>>
where
    N: TryFrom<String, Error = InvalidId>,
{
    if name.value.contains('/') {
        let message = format!("{} cannot be a name", quoted(name.value));
        let draft = Draft::new(codes::MALFORMED, name.mark, message)
            .label("`/` stands between a group and its member");
        d.notes.add(draft);
        return None;
    }
    d.parsed(name)
}

fn group(d: &mut Decoder<'_>, node: NodeId, _name: Mark) -> Option<GroupEntry> {
    let mut fields = Fields::open(d, node, "a group")?;
    fields.belongs_under(d, "select", KEYS_OF_SELECT);
    let ids = fields.slot(d, "ids", |d, node| d.list(node, Decoder::id));
    let select = fields.slot(d, "select", select);
    if let (Some(ids), Some(select)) = (ids.get(), select.get()) {
        let message = "`ids` and `select` in one group";
        let draft = Draft::new(codes::IDS_AND_SELECT, select.mark, message).label("selected here");
        d.notes.add(
            draft
                .other(ids.mark, "listed here")
                .help("choose one; `select` takes `ids` as well"),
        );
    }
    let entry = GroupEntry {
        ids,
        select,
        found_in: None,
        layer: layer(d, &mut fields),
        rollout: rollout(d, &mut fields),
        after: names(d, &mut fields, "after"),
    };
    fields.close(d);
    Some(entry)
}

fn instance(d: &mut Decoder<'_>, node: NodeId, name: Mark) -> Option<InstanceEntry> {
    let mut fields = Fields::open(d, node, "an instance")?;
    let entry = InstanceEntry {
        id: fields.slot(d, "id", Decoder::id),
        layer: layer(d, &mut fields),
        after: names(d, &mut fields, "after"),
    };
    if entry.id.is_unwritten() {
        d.notes.add(
            Draft::new(codes::MISSING_KEY, name, "`id` is missing")
                .label("this instance has none")
                .help("say which machine is meant, as in `id: i-bp67acfmxazb4p0001`"),
        );
    }
    fields.close(d);
    Some(entry)
}

fn layer(d: &mut Decoder<'_>, fields: &mut Fields<'_>) -> Layer {
    Layer {
        spec: spec(d, fields),
        payment: fields.slot(d, "payment", payment),
        region: fields.slot(d, "region", Decoder::id),
        allow_managed: fields.slot(d, "allow_managed", owners),
        change: change(d, fields),
        temporary: fields.slot(d, "temporary_bandwidth", temporary),
    }
}

fn payment(d: &mut Decoder<'_>, node: NodeId) -> Option<At<Payment>> {
    d.word(node, PAYMENTS)
}

/// A list of owners; an empty one takes back what an outer level allows.
fn owners(d: &mut Decoder<'_>, node: NodeId) -> Option<At<BTreeSet<Owner>>> {
    let list = d.list(node, |d, item| d.word(item, OWNERS))?;
    Some(At {
        value: list.value.into_iter().map(|at| at.value).collect(),
        mark: list.mark,
    })
}

fn spec(d: &mut Decoder<'_>, fields: &mut Fields<'_>) -> SpecKeys {
    let opened = fields
        .node(d, "spec")
        .and_then(|node| Fields::open(d, node, "`spec`"));
    let Some(mut inner) = opened else {
        return SpecKeys::default();
    };
    let internet = internet(d, &mut inner);
    let spec = SpecKeys {
        instance_type: inner.slot(d, "instance_type", Decoder::id),
        power: inner.slot(d, "power", |d, node| d.word(node, POWERS)),
        stopped_mode: inner.slot(d, "stopped_mode", |d, node| d.word(node, STOPPED_MODES)),
        ..internet
    };
    inner.close(d);
    spec
}

fn internet(d: &mut Decoder<'_>, fields: &mut Fields<'_>) -> SpecKeys {
    let opened = fields
        .node(d, "internet")
        .and_then(|node| Fields::open(d, node, "`internet`"));
    let Some(mut inner) = opened else {
        return SpecKeys::default();
    };
    let internet = SpecKeys {
        charge_type: inner.slot(d, "charge_type", |d, node| d.word(node, CHARGE_TYPES)),
        max_bandwidth_out: inner.slot(d, "max_bandwidth_out", Decoder::number),
        max_bandwidth_in: inner.slot(d, "max_bandwidth_in", Decoder::number),
        public_ip: inner.slot(d, "public_ip", Decoder::flag),
        ..SpecKeys::default()
    };
    inner.close(d);
    internet
}

fn change(d: &mut Decoder<'_>, fields: &mut Fields<'_>) -> ChangeKeys {
    let opened = fields
        .node(d, "change")
        .and_then(|node| Fields::open(d, node, "`change`"));
    let Some(mut inner) = opened else {
        return ChangeKeys::default();
    };
    let change = ChangeKeys {
        system_disk_category: inner.slot(d, "system_disk_category", |d, node| {
            d.word(node, DISK_CATEGORIES)
        }),
        migrate_across_zone: inner.slot(d, "migrate_across_zone", Decoder::flag),
        prepaid_upgrade: inner.slot(d, "prepaid_upgrade", |d, node| {
            d.word(node, PREPAID_UPGRADES)
        }),
        force_stop_after: inner.slot(d, "force_stop_after", Decoder::duration),
        stop_within: inner.slot(d, "stop_within", Decoder::duration),
        max_outage: inner.slot(d, "max_outage", Decoder::duration),
    };
    inner.close(d);
    change
}

/// A list of names of groups and instances.
fn names(d: &mut Decoder<'_>, fields: &mut Fields<'_>, key: &'static str) -> Vec<At<String>> {
    let Some(node) = fields.node(d, key) else {
        return Vec::new();
    };
    let list = d.list(node, owned_text);
    list.map(|at| at.value).unwrap_or_default()
}

/// A list of mappings.
fn items<'d, T>(
    d: &mut Decoder<'d>,
    fields: &mut Fields<'_>,
    key: &'static str,
    read: fn(&mut Decoder<'d>, NodeId) -> Option<At<T>>,
) -> Vec<At<T>> {
    let node = fields.node(d, key);
    let list = node.and_then(|node| d.list(node, read));
    list.map(|at| at.value).unwrap_or_default()
}
