//! Looking at a fleet whose machines are partly chosen by what they look like.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use crate::model::{AccountId, DesiredFleet, InstanceId, ObservedFleet, RegionId};
use crate::observe::{Survey, observe, survey};
use crate::plan::{Members, SavedPlan};
use crate::report::findings::Paint;
use crate::store::{Contents, PeekedPlan, Store};

use crate::cli::context::Context;
use crate::cli::failure::{Failure, Situation};
use crate::cli::input::Input;

/// A manifest with every selector answered, and the machines it is about as they were seen.
pub struct Chosen {
    /// The manifest.
    pub input: Input,
    /// Its machines.
    pub observed: ObservedFleet,
    /// Everybody who was seen on the way, meant or not.
    seen: BTreeSet<InstanceId>,
}

impl Chosen {
    /// Whether a machine is there. Described in words that nobody can read is not the same as gone.
    #[must_use]
    pub fn is_there(&self, id: &InstanceId) -> bool {
        self.seen.contains(id) || self.observed.unreadable.contains_key(id)
    }
}

/// Looks at everything that the manifest lists or may mean, in one go, and answers its selectors.
///
/// # Errors
/// [`Failure`] when the cloud cannot be read, or when what is selected is not what is expected.
pub async fn look_and_choose(
    context: &Context,
    account: AccountId,
    input: &Input,
    paint: Paint,
) -> Result<Chosen, Failure> {
    let mut observed = look(context, account, &input.fleet).await?;
    let input = input.against(&observed, paint)?;
    let seen = observed.instances.keys().cloned().collect();
    observed
        .instances
        .retain(|id, _| input.fleet.instances.contains_key(id));
    Ok(Chosen {
        input,
        observed,
        seen,
    })
}

/// Looks at every machine of the manifest, and at every region a selector looks into that is not
/// answered yet.
///
/// # Errors
/// [`Failure`] when the cloud cannot be read.
pub async fn look(
    context: &Context,
    account: AccountId,
    fleet: &DesiredFleet,
) -> Result<ObservedFleet, Failure> {
    let open_questions = fleet.groups.values().filter(|_| fleet.wish.is_none());
    let selections = open_questions.filter_map(|group| group.select.as_ref());
    let wanted = Survey {
        whole: selections
            .flat_map(|select| select.regions.clone())
            .collect(),
        listed: by_region(fleet),
    };
    let now = context.clock.wall();
    survey(context.cloud.as_ref(), account, now, &wanted)
        .await
        .map_err(|error| Failure::cloud("look at the fleet", &error))
}

/// Looks at the machines of the manifest, at each region by itself: nobody is seen in one that cannot be read.
pub async fn look_where_it_can(
    context: &Context,
    account: AccountId,
    fleet: &DesiredFleet,
) -> ObservedFleet {
    let now = context.clock.wall();
    let mut all = ObservedFleet {
        account: account.clone(),
        taken_at: now,
        instances: BTreeMap::new(),
        unreadable: BTreeMap::new(),
    };
    for (region, ids) in by_region(fleet) {
        let wanted = BTreeMap::from([(region, ids)]);
        let seen = observe(context.cloud.as_ref(), account.clone(), now, &wanted).await;
        if let Ok(seen) = seen {
            all.instances.extend(seen.instances);
            all.unreadable.extend(seen.unreadable);
        }
    }
    all
}

fn by_region(fleet: &DesiredFleet) -> BTreeMap<RegionId, BTreeSet<InstanceId>> {
    let mut regions = BTreeMap::<RegionId, BTreeSet<InstanceId>>::new();
    for (id, machine) in &fleet.instances {
        let region = regions.entry(machine.region.clone());
        region.or_default().insert(id.clone());
    }
    regions
}

/// The members of each group when something was last applied; none before the first apply.
///
/// # Errors
/// [`Failure`] when the state cannot be read.
pub async fn members_before(
    context: &Context,
    contents: Option<&Contents>,
    fleet: &DesiredFleet,
) -> Result<Before, Failure> {
    let Some(contents) = contents else {
        return Ok(Before::Applied(Members::new()));
    };
    let Some(last) = contents.last_planned() else {
        return Ok(Before::Applied(Members::new()));
    };
    let dir = context.store_dir(&fleet.fleet);
    let kept = Store::peek_plan(&dir, &last.plan_id, Duration::ZERO).await;
    let kept = kept.map_err(|error| Failure::store("read the last plan", &error))?;
    let plan = match kept {
        PeekedPlan::Whole(bytes) => SavedPlan::open(&bytes).ok(),
        // A plan that is gone or altered is not believed; the records count more as joined than did.
        PeekedPlan::Unread(_) => None,
    };
    Ok(match plan {
        Some(plan) => {
            let groups = plan.desired.groups.into_iter();
            Before::Applied(groups.map(|(name, group)| (name, group.members)).collect())
        }
        None => Before::Recorded(recorded_members(contents)),
    })
}

/// Who was in which group at the last apply.
pub enum Before {
    /// As its plan says.
    Applied(Members),
    /// As far as the records say, which keep whoever was released long ago: the plan cannot be read just now.
    Recorded(Members),
}

impl Before {
    /// Those of whom it is known that they were there at the last apply.
    #[must_use]
    pub fn certain(&self) -> Members {
        match self {
            Self::Applied(members) => members.clone(),
            Self::Recorded(_) => Members::new(),
        }
    }

    /// All of them.
    #[must_use]
    pub fn members(self) -> Members {
        match self {
            Self::Applied(members) | Self::Recorded(members) => members,
        }
    }
}

/// The second best: machines that were recorded under a group.
fn recorded_members(contents: &Contents) -> Members {
    let mut members: BTreeMap<_, BTreeSet<_>> = BTreeMap::new();
    for (id, record) in &contents.applied.instances {
        if let Some(group) = &record.group {
            members.entry(group.clone()).or_default().insert(id.clone());
        }
    }
    members
}

/// The machines that these names mean; none when there are no names.
///
/// # Errors
/// [`Failure`] for a name that nothing has.
pub fn targets(
    fleet: &DesiredFleet,
    names: &[String],
) -> Result<Option<BTreeSet<InstanceId>>, Failure> {
    if names.is_empty() {
        return Ok(None);
    }
    let mut targets = BTreeSet::new();
    for name in names {
        let before = targets.len();
        let group = fleet
            .groups
            .iter()
            .find(|(group, _)| group.as_str() == name);
        targets.extend(
            group
                .into_iter()
                .flat_map(|(_, group)| group.members.iter().cloned()),
        );
        let machine = fleet
            .instances
            .iter()
            .filter(|(id, machine)| id.as_str() == name || machine.name.as_str() == name);
        targets.extend(machine.map(|(id, _)| id.clone()));
        if targets.len() == before {
            let message = format!("--target {name}: no machine or group has that name");
            return Err(Failure::new(Situation::Usage, message));
        }
    }
    Ok(Some(targets))
}
