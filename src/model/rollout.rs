//! How a change goes through a group: how many at once, in which portions, what is waited for between.

use std::num::NonZeroU32;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::health::{Check, Health, Hooks};
use super::id::{GroupName, InstanceId, RegionId};
use super::policy::Share;
use super::window::Window;

/// The machines that share limits: a group, or all ungrouped machines of a region.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Crowd {
    /// A group of the manifest.
    Group(GroupName),
    /// The machines of a region that belong to no group.
    Ungrouped(RegionId),
}

impl Crowd {
    /// Whom a machine shares its limits with.
    #[must_use]
    pub fn of(group: Option<&GroupName>, region: &RegionId) -> Self {
        let group = group.cloned().map(Self::Group);
        group.unwrap_or_else(|| Self::Ungrouped(region.clone()))
    }

    /// How it is named behind `--group`.
    #[must_use]
    pub fn argument(&self) -> &str {
        match self {
            Self::Group(name) => name.as_str(),
            Self::Ungrouped(region) => region.as_str(),
        }
    }
}

impl std::fmt::Display for Crowd {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Group(name) => write!(f, "group {name}"),
            Self::Ungrouped(region) => write!(f, "ungrouped machines of {region}"),
        }
    }
}

/// What a group's `rollout` says, with `window` beside it.
///
/// What was left unwritten is not stored, so that a plan's id does not change when this language grows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rollout {
    /// Machines of the group that may be down at once, for whatever reason.
    pub max_unavailable: Share,
    /// Failures that are tolerated; the next one stops new starts.
    pub max_failures: Share,
    /// Whether `max_unavailable` was left unwritten, so that the plan can say that a default is the brake.
    pub defaulted: bool,
    /// In which portions the group is changed.
    #[serde(default, skip_serializing_if = "Batches::is_default")]
    pub batches: Batches,
    /// Whether the machines that are down must be neighbours.
    #[serde(default, skip_serializing_if = "Spread::is_default")]
    pub spread: Spread,
    /// What a failure beyond the tolerated ones does.
    #[serde(default, skip_serializing_if = "OnFailure::is_default")]
    pub on_failure: OnFailure,
    /// What must be true between batches.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub gates: Vec<Gate>,
    /// When changes may begin.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub window: Option<Window>,
    /// When a machine counts as up again; as soon as it runs, when unwritten.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub health: Option<Health>,
    /// What is run around an outage.
    #[serde(default, skip_serializing_if = "Hooks::are_none")]
    pub hooks: Hooks,
}

impl Default for Rollout {
    /// One machine of a group at a time, one alone at first, and no failure tolerated.
    fn default() -> Self {
        Self {
            max_unavailable: Share::Count(1),
            max_failures: Share::Count(0),
            defaulted: true,
            batches: Batches::default(),
            spread: Spread::Anywhere,
            on_failure: OnFailure::Stop,
            gates: Vec::new(),
            window: None,
            health: None,
            hooks: Hooks::default(),
        }
    }
}

impl Rollout {
    /// The gates that stand behind a batch, counted from 1; none stands before the first.
    pub fn gates_after(&self, batch: u32) -> impl Iterator<Item = &Gate> {
        self.gates
            .iter()
            .filter(move |gate| batch > 0 && gate.after.stands_behind(batch))
    }
}

/// Sizes of the portions in which a group is changed, in turn; the last one repeats.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Batches {
    /// The sizes; never empty, none of them zero.
    pub sizes: Vec<Share>,
    /// Whether they were left unwritten.
    pub defaulted: bool,
}

impl Default for Batches {
    /// One machine alone, then all the others.
    fn default() -> Self {
        Self {
            sizes: vec![Share::Count(1), Share::Percent(100)],
            defaulted: true,
        }
    }
}

impl Batches {
    fn is_default(&self) -> bool {
        self.defaulted
    }

    /// The size of a batch, counted from 0, in a group of `n`: rounded down, at least one machine.
    #[must_use]
    pub fn size_of(&self, batch: usize, n: usize) -> usize {
        let size = self.sizes.get(batch).or(self.sizes.last());
        size.map_or(1, |size| size.of(n)).max(1)
    }
}

impl std::fmt::Display for Batches {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let sizes: Vec<String> = self.sizes.iter().map(ToString::to_string).collect();
        write!(f, "[{}]", sizes.join(", "))
    }
}

/// Whether the machines of a group that are down at once must be neighbours (`spread`).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Spread {
    /// They may be in any zone (`none`).
    #[default]
    Anywhere,
    /// One zone at a time (`zone`).
    Zone,
}

impl Spread {
    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes references")]
    fn is_default(&self) -> bool {
        *self == Self::Anywhere
    }
}

/// What happens when more machines of a group fail than are tolerated (`on_failure`).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum OnFailure {
    /// Nothing new of the group is begun.
    #[default]
    Stop,
    /// The others are changed all the same.
    Continue,
    /// Nothing new of the group is begun, and the machine whose health check failed is put back to what
    /// it was, where that costs nothing and is possible.
    Revert,
}

impl OnFailure {
    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes references")]
    fn is_default(&self) -> bool {
        *self == Self::Stop
    }
}

/// Something that must be true before the batch behind it may begin.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Gate {
    /// Behind which batch it stands.
    pub after: GateAfter,
    /// So long nothing begins after the batch has ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wait: Option<Duration>,
    /// Who must agree.
    pub approval: Approval,
    /// What must be as it should be, right before the next batch begins.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub check: Option<Check>,
}

/// Behind which batch a gate stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GateAfter {
    /// Behind one, counted from 1.
    Batch(NonZeroU32),
    /// Behind each.
    Each,
}

impl GateAfter {
    fn stands_behind(self, batch: u32) -> bool {
        match self {
            Self::Batch(number) => number.get() == batch,
            Self::Each => true,
        }
    }
}

impl std::fmt::Display for GateAfter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Batch(number) => write!(f, "{number}"),
            Self::Each => f.write_str("each"),
        }
    }
}

/// Who must agree before a gate opens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Approval {
    /// Nobody.
    Nobody,
    /// Somebody, with `respec approve`.
    Person,
}

/// One group's way through a plan, decided when the plan is made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Course {
    /// Which group.
    pub crowd: Crowd,
    /// How many machines it has that are meant to run: what every share of it is a share of.
    pub size: usize,
    /// The machines that change, in the order in which they are begun, batch by batch. Machines that
    /// are meant to be stopped belong to none.
    pub batches: Vec<Vec<InstanceId>>,
}
