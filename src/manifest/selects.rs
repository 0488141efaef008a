//! Reads what goes by a selector: `select` of a group and `availability`.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::{Availability, InstanceId, Pattern, Promise, RegionId, Selector, Share};

use super::calendar::{owned_text, required};
use super::codes;
use super::decoder::Decoder;
use super::fields::Fields;
use super::mark::{At, Mark, Slot};
use super::notes::Draft;
use super::schema::SelectKeys;
use super::tree::NodeId;

/// Reads `select` of a group.
pub(super) fn select(d: &mut Decoder<'_>, node: NodeId) -> Option<At<SelectKeys>> {
    let mut fields = Fields::open(d, node, "`select`")?;
    let mark = fields.mark;
    let (selector, types) = selector(d, &mut fields);
    let regions = fields.slot(d, "region", |d, node| {
        d.one_or_more(node, Decoder::id::<RegionId>)
    });
    let expect = fields.slot(d, "expect", Decoder::number);
    fields.close(d);
    let value = SelectKeys {
        selector: selector?,
        types,
        regions: regions.value().unwrap_or_default(),
        expect: expect.value(),
    };
    Some(At { value, mark })
}

/// Reads one of `availability`.
pub(super) fn availability(d: &mut Decoder<'_>, node: NodeId) -> Option<At<Availability>> {
    let mut fields = Fields::open(d, node, "an availability")?;
    let mark = fields.mark;
    let name = fields.slot(d, "name", owned_text);
    let select = fields.slot(d, "select", |d, node| {
        let mut fields = Fields::open(d, node, "`select`")?;
        let mark = fields.mark;
        let (selector, _) = selector(d, &mut fields);
        fields.close(d);
        Some(At {
            value: selector?,
            mark,
        })
    });
    let min = fields.slot(d, "min_available", Decoder::share);
    let max = fields.slot(d, "max_unavailable", Decoder::share);
    fields.close(d);
    required(d, &name, mark, "name", "name: payments");
    required(
        d,
        &select,
        mark,
        "select",
        "select: {tags: {team: payments}}",
    );
    let promise = promise(d, mark, &min, &max);
    let value = Availability {
        name: name.value()?,
        select: select.value()?,
        promise: promise?,
        members: BTreeSet::new(),
    };
    Some(At { value, mark })
}

/// One of the two, and one that allows something.
fn promise(
    d: &mut Decoder<'_>,
    mapping: Mark,
    min: &Slot<Share>,
    max: &Slot<Share>,
) -> Option<Promise> {
    match (min, max) {
        (Slot::Unwritten, Slot::Unwritten) => {
            let draft = Draft::new(
                codes::MISSING_KEY,
                mapping,
                "an availability promises nothing",
            );
            d.notes.add(
                draft
                    .label("here")
                    .help("write `min_available: 80%` or `max_unavailable: 1`"),
            );
            None
        }
        (Slot::Written(min), Slot::Unwritten) => {
            if min.value == Share::Percent(100) {
                nothing_may_go(d, min.mark, "at most `99%`");
            }
            Some(Promise::MinAvailable { share: min.value })
        }
        (Slot::Unwritten, Slot::Written(max)) => {
            if max.value.is_nothing() {
                nothing_may_go(d, max.mark, "at least `1`");
            }
            Some(Promise::MaxUnavailable { share: max.value })
        }
        (Slot::Written(min), Slot::Written(max)) => {
            let message = "`min_available` and `max_unavailable` together";
            let draft = Draft::new(codes::TWO_PROMISES, max.mark, message).label("one of them");
            d.notes.add(draft.other(min.mark, "or the other"));
            None
        }
        (Slot::Broken, _) | (_, Slot::Broken) => None,
    }
}

fn nothing_may_go(d: &mut Decoder<'_>, mark: Mark, label: &str) {
    let message = "no machine could ever be changed that has to be stopped for it";
    d.notes
        .add(Draft::new(codes::NOTHING_ALLOWED, mark, message).label(label));
}

/// The keys of a selector, and where `type` stands. A selector without a key is refused: it would mean
/// every machine there is.
fn selector(d: &mut Decoder<'_>, fields: &mut Fields<'_>) -> (Option<Selector>, Option<Mark>) {
    let ids = fields.slot(d, "ids", |d, node| d.list(node, Decoder::id::<InstanceId>));
    let name = fields.slot(d, "name", patterns);
    let tags = fields.slot(d, "tags", tags);
    let zone = fields.slot(d, "zone", patterns);
    let types = fields.slot(d, "type", patterns);
    let except = fields.slot(d, "except", |d, node| d.list(node, owned_text));
    let unwritten = ids.is_unwritten()
        && name.is_unwritten()
        && tags.is_unwritten()
        && zone.is_unwritten()
        && types.is_unwritten();
    if unwritten {
        let draft = Draft::new(
            codes::SELECTS_ALL,
            fields.mark,
            "a selector that means every machine",
        );
        d.notes.add(
            draft.label("nothing is asked of them").help(
                "write `ids`, `name`, `tags`, `zone` or `type`; `name: \"*\"` if all are meant",
            ),
        );
        return (None, None);
    }
    if let Some(empty) = emptied(&ids, &tags) {
        let draft = Draft::new(codes::SELECTS_ALL, empty, "a selector key without a value");
        d.notes.add(draft.label("nothing is asked here"));
        return (None, None);
    }
    let (except_ids, except_names) = excepted(except.value().unwrap_or_default());
    let ids = ids.value().unwrap_or_default().into_iter();
    let selector = Selector {
        ids: ids.map(|at| at.value).collect(),
        name: name.value().unwrap_or_default(),
        tags: tags.value().unwrap_or_default(),
        zone: zone.value().unwrap_or_default(),
        instance_type: types.value().unwrap_or_default(),
        except_ids,
        except_names,
    };
    (Some(selector), types.get().map(|at| at.mark))
}

/// A list or mapping that was written and holds nothing.
fn emptied(
    ids: &Slot<Vec<At<InstanceId>>>,
    tags: &Slot<BTreeMap<String, Vec<Pattern>>>,
) -> Option<Mark> {
    let ids = ids.get().filter(|at| at.value.is_empty()).map(|at| at.mark);
    let tags = tags
        .get()
        .filter(|at| at.value.is_empty())
        .map(|at| at.mark);
    ids.or(tags)
}

/// What looks like an id is one; anything else is a display name.
fn excepted(written: Vec<At<String>>) -> (BTreeSet<InstanceId>, Vec<Pattern>) {
    let mut ids = BTreeSet::new();
    let mut names = Vec::new();
    for At { value, .. } in written {
        match InstanceId::new(&value) {
            Ok(id) => {
                ids.insert(id);
            }
            Err(_) => names.push(Pattern::new(value)),
        }
    }
    (ids, names)
}

fn patterns(d: &mut Decoder<'_>, node: NodeId) -> Option<At<Vec<Pattern>>> {
    let At { value, mark } = d.one_or_more(node, owned_text)?;
    if value.is_empty() {
        let draft = Draft::new(codes::SELECTS_ALL, mark, "a selector key without a value");
        d.notes.add(draft.label("nothing is asked here"));
        return None;
    }
    let value = value.into_iter().map(|at| Pattern::new(at.value)).collect();
    Some(At { value, mark })
}

fn tags(d: &mut Decoder<'_>, node: NodeId) -> Option<At<BTreeMap<String, Vec<Pattern>>>> {
    let mut value = BTreeMap::new();
    let mut broken = false;
    for (key, pattern) in d.entries(node)? {
        let key = d.key(*key).value.to_owned();
        match patterns(d, *pattern) {
            Some(patterns) => {
                value.insert(key, patterns.value);
            }
            None => broken = true,
        }
    }
    let mark = d.mark(node);
    (!broken).then_some(At { value, mark })
}
