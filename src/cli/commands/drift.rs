//! `respec drift`: what moved behind our back, and nothing else. It cannot change anything.

use std::collections::{BTreeMap, BTreeSet};

use crate::cli::args::Global;
use crate::cli::context::Context;
use crate::cli::failure::{Done, Failure, Situation};
use crate::cli::input::Input;
use crate::cli::planning::account::{peek_as, who_we_are};
use crate::cli::planning::choosing::members_before;
use crate::cli::planning::missing::not_too_many_vanished;
use crate::cli::screen::Screen;
use crate::diff::{Vanished, drift};
use crate::model::{InstanceId, ObservedFleet, RegionId};
use crate::observe::observe;
use crate::report::drift::drift_text;
use crate::report::json;
use crate::store::Contents;

/// Machines that are named when they cannot be read.
const UNREADABLE_NAMED_MAX: usize = 20;

/// Compares what was recorded with what is there.
///
/// # Errors
/// [`Failure`] when nothing was ever recorded, it is of another account, the cloud cannot be read, or too many machines
/// are not there.
pub async fn run(
    context: &Context,
    global: &Global,
    input: &Input,
    screen: &Screen,
) -> Result<Done, Failure> {
    let account = who_we_are(context, input, screen.paint()).await?;
    let contents = peek_as(context, &input.fleet, &account).await?;
    let Some(contents) = contents.filter(|c| c.applied.stamp.serial > 0) else {
        let message = format!("nothing was ever recorded of fleet {}", input.fleet.fleet);
        return Err(Failure::new(Situation::Other, message)
            .hint("`respec apply` records the fleet; drift is told from then on"));
    };
    let mut wanted: BTreeMap<RegionId, BTreeSet<InstanceId>> = BTreeMap::new();
    for (id, record) in &contents.applied.instances {
        wanted
            .entry(record.region.clone())
            .or_default()
            .insert(id.clone());
    }
    let now = context.clock.wall();
    let mut observed = observe(context.cloud.as_ref(), account, now, &wanted)
        .await
        .map_err(|error| Failure::cloud("look at the fleet", &error))?;
    // What was bought for a while is no drift.
    contents.applied.look_beneath_upgrades(&mut observed, now);
    let (items, vanished) = drift(&contents.applied, &observed);
    few_have_vanished(context, input, &contents, &vanished).await?;
    let text = if global.json {
        json::drift(&items, &vanished)
    } else {
        drift_text(
            &items,
            &vanished,
            contents.applied.instances.len(),
            &screen.out,
        )
    };
    screen.result(&text)?;
    all_could_be_read(&observed)?;
    Ok(if items.is_empty() && vanished.is_empty() {
        Done::Fine
    } else {
        Done::Differs
    })
}

/// Machines do vanish, but not by the dozen.
async fn few_have_vanished(
    context: &Context,
    input: &Input,
    contents: &Contents,
    vanished: &[Vanished],
) -> Result<(), Failure> {
    if vanished.is_empty() {
        return Ok(());
    }
    let before = members_before(context, Some(contents), &input.fleet).await?;
    not_too_many_vanished(vanished, contents, &input.fleet, &before.certain())
}

/// Nobody can say that nothing has drifted where a machine could not be read.
fn all_could_be_read(observed: &ObservedFleet) -> Result<(), Failure> {
    if observed.unreadable.is_empty() {
        return Ok(());
    }
    let n = observed.unreadable.len();
    let message = format!("the cloud describes {n} machines in words this version does not know");
    let mut failure = Failure::new(Situation::Other, message)
        .hint("look at them in the console, or use a version that knows these words");
    let reasons = observed.unreadable.iter().take(UNREADABLE_NAMED_MAX);
    failure
        .chain
        .extend(reasons.map(|(id, why)| format!("{id}: {why}")));
    Err(failure)
}
