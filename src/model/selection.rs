//! Which machines are meant, when they are not listed one by one.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::id::{InstanceId, RegionId};
use super::note::Place;
use super::observed::ObservedInstance;
use super::policy::Share;

/// A text in which `*` stands for any run of characters and `?` for any one.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Pattern(String);

impl Pattern {
    /// The pattern of this text.
    #[must_use]
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether the whole of a text fits. Upper and lower case differ, as they do in the cloud.
    #[must_use]
    pub fn fits(&self, text: &str) -> bool {
        let pattern: Vec<char> = self.0.chars().collect();
        let text: Vec<char> = text.chars().collect();
        let (mut p, mut t) = (0, 0);
        // Where to go on when the last `*` has to swallow one more character.
        let mut retry: Option<(usize, usize)> = None;
        while t < text.len() {
            match pattern.get(p) {
                Some('*') => {
                    retry = Some((p, t));
                    p += 1;
                }
                Some(c) if *c == '?' || *c == text[t] => {
                    p += 1;
                    t += 1;
                }
                Some(_) | None => {
                    let Some((star, swallowed)) = retry else {
                        return false;
                    };
                    retry = Some((star, swallowed + 1));
                    p = star + 1;
                    t = swallowed + 1;
                }
            }
        }
        pattern[p..].iter().all(|c| *c == '*')
    }
}

/// What a machine must be like to be meant. Every key that is written must fit; of the values of one
/// key any may.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Selector {
    /// Its id is one of these.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub ids: BTreeSet<InstanceId>,
    /// Its display name.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub name: Vec<Pattern>,
    /// Its tags: each of these, with a value that fits.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub tags: BTreeMap<String, Vec<Pattern>>,
    /// Its zone.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub zone: Vec<Pattern>,
    /// Its type, as it is now.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub instance_type: Vec<Pattern>,
    /// But not these ids.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub except_ids: BTreeSet<InstanceId>,
    /// And not these display names.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub except_names: Vec<Pattern>,
}

impl Selector {
    /// Whether the machine is meant.
    #[must_use]
    pub fn chooses(&self, seen: &ObservedInstance) -> bool {
        let tagged = |(key, values): (&String, &Vec<Pattern>)| {
            seen.tags.get(key).is_some_and(|value| any(values, value))
        };
        (self.ids.is_empty() || self.ids.contains(&seen.id))
            && (self.name.is_empty() || any(&self.name, &seen.name))
            && self.tags.iter().all(tagged)
            && (self.zone.is_empty() || any(&self.zone, seen.zone.as_str()))
            && (self.instance_type.is_empty()
                || any(&self.instance_type, seen.instance_type.as_str()))
            && !self.except_ids.contains(&seen.id)
            && !any(&self.except_names, &seen.name)
    }
}

fn any(patterns: &[Pattern], text: &str) -> bool {
    patterns.iter().any(|pattern| pattern.fits(text))
}

/// How the members of a group are found (`select`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Selection {
    /// What they are like.
    pub selector: Selector,
    /// Where they are; never empty.
    pub regions: BTreeSet<RegionId>,
    /// How many they must be.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expect: Option<u32>,
    /// Where in the manifest it stands, for messages; no part of what is wanted.
    #[serde(skip)]
    pub place: Place,
}

/// A promise over several groups: so many of these machines are up, whoever takes them down
/// (`availability`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Availability {
    /// How people call it.
    pub name: String,
    /// Which machines of the manifest it is about.
    pub select: Selector,
    /// What is promised.
    pub promise: Promise,
    /// The machines, as far as they were seen; filled in when the fleet was looked at.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub members: BTreeSet<InstanceId>,
}

/// What an availability promises.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Promise {
    /// So many are up, rounded up.
    MinAvailable {
        /// How many.
        share: Share,
    },
    /// No more than so many are down, rounded down, but one where that would be none of something.
    MaxUnavailable {
        /// How many.
        share: Share,
    },
}

impl Promise {
    /// How many of `n` may be down at once.
    #[must_use]
    pub fn may_be_down(self, n: usize) -> usize {
        match self {
            Self::MinAvailable { share } => n.saturating_sub(share.at_least_of(n)),
            Self::MaxUnavailable { share } => share.of(n).min(n),
        }
    }
}

impl std::fmt::Display for Promise {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::MinAvailable { share } => write!(f, "min_available: {share}"),
            Self::MaxUnavailable { share } => write!(f, "max_unavailable: {share}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_fit_whole_texts() {
        let table = [
            ("web-*", "web-1", true),
            ("web-*", "my-web-1", false),
            ("*-web-*", "a-web-b-web-c", true),
            ("web-?", "web-10", false),
            ("web-??", "web-10", true),
            ("*", "", true),
            ("", "", true),
            ("", "x", false),
            ("a*b*c", "abbbc", true),
            ("a*b*c", "abbb", false),
            ("ecs.g6.*", "ecs.g6.large", true),
            ("Web", "web", false),
            ("容*", "容器-1", true),
        ];
        for (pattern, text, fits) in table {
            assert_eq!(Pattern::new(pattern).fits(text), fits, "{pattern} {text}");
        }
    }

    #[test]
    fn a_promise_rounds_towards_more_machines_up() {
        let min = |share| Promise::MinAvailable { share };
        let max = |share| Promise::MaxUnavailable { share };
        for (promise, machines, down) in [
            (min(Share::Percent(80)), 3, 0),
            (min(Share::Percent(80)), 12, 2),
            (min(Share::Count(5)), 4, 0),
            (max(Share::Percent(25)), 7, 1),
            (max(Share::Count(9)), 7, 7),
        ] {
            assert_eq!(
                promise.may_be_down(machines),
                down,
                "{promise} of {machines}"
            );
        }
    }
}
