//! Lists of things by name: filtered, cut into pages, and nested as the vendor nests them.
//!
//! Most reads are one `Listing` and one function that says what stands in an entry.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::sim::machine::described::Described;
use crate::sim::operations::{Call, regions};
use crate::sim::protocol::reply::{Fields, Refusal};
use crate::sim::protocol::request::Params;
use crate::sim::world::World;

use super::paging::{Numbered, Page, continue_after};

/// Most ids one call may name.
const IDS_MAX: usize = 100;

/// How the entries of one operation are nested, filtered and cut.
pub(crate) struct Listing {
    /// The collection and the list inside it: `Disks` and `Disk`.
    pub(crate) nested: (&'static str, &'static str),
    /// Largest page when counted by number.
    pub(crate) page_max: i64,
    /// Parameters that must equal a field of the entry, named by its JSON pointer.
    pub(crate) filters: &'static [(&'static str, &'static str)],
    /// Filters of the real operation that are not known here: refused, since ignoring one would show too much.
    pub(crate) unknown: &'static [&'static str],
}

/// One entry and the name it is sorted and continued by.
pub(crate) type Entry = (String, Value);

impl Listing {
    /// A listing without filters of its own.
    pub(crate) const fn plain(set: &'static str, item: &'static str) -> Self {
        Self {
            nested: (set, item),
            page_max: 100,
            filters: &[],
            unknown: &[],
        }
    }

    /// The page that is asked for, by number or by token.
    pub(crate) fn page(&self, params: &Params, mut entries: Vec<Entry>) -> Result<Fields, Refusal> {
        if let Some(name) = self.unknown.iter().find(|name| params.get(name).is_some()) {
            return Err(Refusal::invalid(name, "is a filter not known here"));
        }
        entries.retain(|(_, entry)| self.lets_through(params, entry));
        entries.sort_by(|(one, _), (other, _)| one.cmp(other));
        let by_token = ["MaxResults", "NextToken"].iter();
        if by_token.clone().any(|name| params.get(name).is_some()) {
            return self.forward(params, entries);
        }
        let page = Numbered::read(params, self.page_max)?;
        let total = entries.len();
        let shown = entries.into_iter().skip(page.skip()).take(page.take());
        Ok(self.fields(shown, total, page.number, page.size))
    }

    fn lets_through(&self, params: &Params, entry: &Value) -> bool {
        self.filters.iter().all(|(name, pointer)| {
            let held = entry.pointer(pointer).and_then(Value::as_str);
            params.get(name).is_none_or(|wanted| held == Some(wanted))
        })
    }

    fn forward(&self, params: &Params, mut entries: Vec<Entry>) -> Result<Fields, Refusal> {
        let page = Page::forward(params)?;
        let total = entries.len();
        entries.retain(|(name, _)| page.after.as_ref().is_none_or(|last| name > last));
        let more = entries.len() > page.size;
        entries.truncate(page.size);
        let last = entries.last().filter(|_| more);
        let next = last.map_or_else(String::new, |(name, _)| continue_after(name));
        let mut fields = self.fields(entries.into_iter(), total, 0, 0);
        fields.insert("NextToken".to_owned(), next.into());
        Ok(fields)
    }

    fn fields(
        &self,
        shown: impl Iterator<Item = Entry>,
        total: usize,
        number: i64,
        size: i64,
    ) -> Fields {
        let (set, item) = self.nested;
        let shown: Vec<Value> = shown.map(|(_, entry)| entry).collect();
        let list = Fields::from_iter([(item.to_owned(), shown.into())]);
        Fields::from_iter([
            (set.to_owned(), list.into()),
            ("TotalCount".to_owned(), total.into()),
            ("PageNumber".to_owned(), number.into()),
            ("PageSize".to_owned(), size.into()),
        ])
    }
}

/// What is shown of the machines a call names, in its region; of all of them where it names none.
pub(crate) fn machines<'w>(
    world: &'w World,
    call: &Call<'_>,
) -> Result<Vec<&'w Described>, Refusal> {
    let region = regions::required(world, call)?;
    let named = named(call.params)?;
    let at = world.reading_moment();
    let shown = world.instances.values().map(|instance| instance.shown(at));
    let shown = shown.filter(|machine| machine.region_id == region);
    let shown = shown.filter(|machine| call.permissions.show(&machine.instance_id));
    Ok(shown
        .filter(|machine| {
            named
                .as_ref()
                .is_none_or(|ids| ids.contains(&machine.instance_id))
        })
        .collect())
}

/// The ids a call names, in any of the vendor's forms: one, a comma list, a repeat list, a JSON list.
pub(crate) fn named(params: &Params) -> Result<Option<BTreeSet<String>>, Refusal> {
    let plain = params.get("InstanceId").map(|ids| ids.split(','));
    let plain = plain.into_iter().flatten().map(|id| id.trim().to_owned());
    let repeated = params.list("InstanceId", IDS_MAX)?;
    let repeated = repeated.into_iter().map(str::to_owned);
    let listed = params.json_list("InstanceIds", IDS_MAX)?;
    let says_none = listed.as_ref().is_some_and(Vec::is_empty);
    let all: BTreeSet<String> = plain
        .chain(repeated)
        .chain(listed.into_iter().flatten())
        .collect();
    if all.len() > IDS_MAX {
        return Err(Refusal::invalid(
            "InstanceId",
            "names more than 100 instances",
        ));
    }
    Ok((!all.is_empty() || says_none).then_some(all))
}
