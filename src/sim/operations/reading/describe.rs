//! DescribeInstances and DescribeInstanceStatus: what readers are shown (sections 2.4 and 2.5).

use std::ops::Bound;

use serde::Serialize;
use serde_json::value::RawValue;
use serde_json::{Value, json};

use crate::sim::machine::card::Card;
use crate::sim::machine::described::Described;
use crate::sim::operations::{Call, permission, regions};
use crate::sim::protocol::reply::{Fields, Refusal};
use crate::sim::world::World;

use super::filter::Filter;
use super::paging::{Numbered, Page, continue_after};

/// Largest pages of the two operations when counted by number.
const INSTANCES_PAGE_MAX: i64 = 100;
const STATUSES_PAGE_MAX: i64 = 50;

/// Most ids in DescribeInstanceStatus.
const STATUS_IDS_MAX: usize = 100;

/// A page of machines with what stands beside them.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Shown<'w> {
    instances: Machines<'w>,
    next_token: String,
    total_count: usize,
    page_number: i64,
    page_size: i64,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Machines<'w> {
    instance: Vec<&'w RawValue>,
}

/// Bytes of a page beside its machines, at most.
const FRAME_BYTES_MAX: usize = 256;

impl Shown<'_> {
    /// How long it is when it is written.
    pub(crate) fn bytes(&self) -> usize {
        let machines = self.instances.instance.iter();
        FRAME_BYTES_MAX + machines.map(|words| words.get().len() + 1).sum::<usize>()
    }
}

pub(crate) fn instances<'w>(world: &'w World, call: &Call<'_>) -> Result<Shown<'w>, Refusal> {
    let region = regions::required(world, call)?;
    let filter = Filter::read(region, call.params)?;
    if call.params.flag("DryRun")? == Some(true) {
        permission::may_look(call, &world.settings.account)?;
        return Err(Refusal::dry_run_passed("DryRunOperation"));
    }
    let forward = ["MaxResults", "NextToken"].iter();
    if forward.clone().any(|name| call.params.get(name).is_some()) {
        return forward_page(world, call, &filter);
    }
    let page = Numbered::read(call.params, INSTANCES_PAGE_MAX)?;
    let found: Vec<&Card> = matching(world, call, &filter, None).collect();
    let total_count = found.len();
    let shown = found.into_iter().skip(page.skip()).take(page.take());
    Ok(Shown {
        instances: Machines {
            instance: shown.map(Card::words).collect(),
        },
        next_token: String::new(),
        total_count,
        page_number: page.number,
        page_size: page.size,
    })
}

/// With MaxResults and NextToken, TotalCount means nothing.
fn forward_page<'w>(
    world: &'w World,
    call: &Call<'_>,
    filter: &Filter<'_>,
) -> Result<Shown<'w>, Refusal> {
    let page = Page::forward(call.params)?;
    let found = matching(world, call, filter, page.after.as_deref());
    let mut found: Vec<&Card> = found.take(page.size + 1).collect();
    let more = found.len() > page.size;
    found.truncate(page.size);
    let last = found.last().filter(|_| more);
    let next = last.map_or_else(String::new, |last| continue_after(&last.instance_id));
    Ok(Shown {
        instances: Machines {
            instance: found.into_iter().map(Card::words).collect(),
        },
        next_token: next,
        total_count: 0,
        page_number: 0,
        page_size: 0,
    })
}

/// What is shown now of the machines that match, by id, after a given one.
fn matching<'w: 'c, 'c>(
    world: &'w World,
    call: &'c Call<'_>,
    filter: &'c Filter<'_>,
    after: Option<&str>,
) -> Box<dyn Iterator<Item = &'w Card> + 'c> {
    let at = world.reading_moment();
    let start = after.map_or(Bound::Unbounded, Bound::Excluded);
    let shown: Box<dyn Iterator<Item = &'w Card> + 'c> = match &filter.ids {
        None => Box::new(
            world
                .instances
                .range::<str, _>((start, Bound::Unbounded))
                .map(move |(_, instance)| instance.card(at)),
        ),
        Some(ids) => Box::new(
            ids.range::<str, _>((start, Bound::Unbounded))
                .filter_map(|id| world.instances.get(id))
                .map(move |instance| instance.card(at)),
        ),
    };
    let shown = shown.filter(|machine| permission::sees(call.permissions, &machine.instance_id));
    let shown = shown.filter(|_| !world.mischief.lists_nobody);
    Box::new(shown.filter(|instance| filter.matches(instance)))
}

pub(crate) fn statuses(world: &mut World, call: &Call<'_>) -> Result<Fields, Refusal> {
    let region = regions::required(world, call)?;
    let ids = call.params.list("InstanceId", STATUS_IDS_MAX)?;
    let zone = call.params.get("ZoneId");
    let page = Numbered::read(call.params, STATUSES_PAGE_MAX)?;
    let at = world.reading_moment();
    let found: Vec<&Described> = world
        .instances
        .values()
        .map(|instance| instance.shown(at))
        .filter(|instance| instance.region_id == region)
        .filter(|instance| call.permissions.show(&instance.instance_id))
        .filter(|instance| ids.is_empty() || ids.contains(&instance.instance_id.as_str()))
        .filter(|instance| zone.is_none_or(|zone| zone == instance.zone_id))
        .collect();
    let shown: Vec<Value> = found
        .iter()
        .skip(page.skip())
        .take(page.take())
        .map(|i| json!({ "InstanceId": i.instance_id, "Status": i.status }))
        .collect();
    Ok(Fields::from_iter([
        (
            "InstanceStatuses".to_owned(),
            json!({ "InstanceStatus": shown }),
        ),
        ("TotalCount".to_owned(), found.len().into()),
        ("PageNumber".to_owned(), page.number.into()),
        ("PageSize".to_owned(), page.size.into()),
    ]))
}
