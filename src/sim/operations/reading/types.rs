//! DescribeInstanceTypes: specifications, not what is for sale.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::sim::machine::catalogue::TypeOffer;
use crate::sim::operations::{Call, regions};
use crate::sim::protocol::reply::{Fields, Refusal};
use crate::sim::world::World;

use super::paging::{Page, continue_after};
use super::type_filter::{self, describe};

/// Most types that can be named in one call.
const NAMES_MAX: usize = 10;

pub(crate) fn run(world: &mut World, call: &Call<'_>) -> Result<Fields, Refusal> {
    let names = call.params.list("InstanceTypes", NAMES_MAX)?;
    let families = call.params.list("InstanceTypeFamilies", NAMES_MAX)?;
    let family = call.params.get("InstanceTypeFamily");
    let page = Page::forward(call.params)?;
    let bounds = type_filter::read(call.params)?;
    let found = world
        .catalogue
        .all()
        .filter(|offer| names.is_empty() || names.contains(&offer.name.as_str()))
        .filter(|offer| families.is_empty() || families.contains(&offer.family()))
        .filter(|offer| family.is_none_or(|family| family == offer.family()))
        .filter(|offer| bounds.iter().all(|bound| bound.holds(offer)))
        .filter(|offer| page.after.as_ref().is_none_or(|last| offer.name > *last));
    let mut found: Vec<&TypeOffer> = found.take(page.size + 1).collect();
    let more = found.len() > page.size;
    found.truncate(page.size);
    let next = found.last().filter(|_| more);
    let next = next.map_or_else(String::new, |last| continue_after(&last.name));
    let types: Vec<Value> = found.into_iter().map(describe).collect();
    Ok(Fields::from_iter([
        ("InstanceTypes".to_owned(), json!({ "InstanceType": types })),
        ("NextToken".to_owned(), next.into()),
    ]))
}

/// DescribeInstanceTypeFamilies: what the names of the types begin with.
pub(crate) fn families(world: &mut World, call: &Call<'_>) -> Result<Fields, Refusal> {
    regions::required(world, call)?;
    let wanted = call.params.get("Generation");
    let named = world.catalogue.all().map(|offer| {
        let written = offer.generation.clone();
        (
            offer.family(),
            written.unwrap_or_else(|| generation(offer.family())),
        )
    });
    let families: BTreeMap<&str, String> = named.collect();
    let families = families.into_iter();
    let families = families.filter(|(_, held)| wanted.is_none_or(|wanted| wanted == held));
    let families: Vec<Value> = families
        .map(|(name, held)| json!({ "InstanceTypeFamilyId": name, "Generation": held }))
        .collect();
    Ok(Fields::from_iter([(
        "InstanceTypeFamilies".to_owned(),
        json!({ "InstanceTypeFamily": families }),
    )]))
}

/// Series run two behind the number in the name and stop at `ecs-6`; made up, near the vendor's own.
fn generation(family: &str) -> String {
    let mut digits = family.chars().rev().filter_map(|c| c.to_digit(10));
    let number = digits.next().unwrap_or(3);
    format!("ecs-{}", number.saturating_sub(2).clamp(1, 6))
}
