//! Who comes next: the machines that are not begun yet, in lines that a hold stops as a whole.
//!
//! A line holds the machines of one crowd that ask for the same thing, the batches one after the other.
//! When the first of a line is held by something that holds all behind it, too, nobody else of the line
//! needs to be asked; among lines, the longest tail comes first.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;
use std::time::Duration;

use crate::model::{Crowd, InstanceId};

/// What a machine asks for when it is begun.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Asks {
    /// Only to begin: its first step takes nobody down.
    ToBegin,
    /// To be taken down.
    ToGoDown,
}

/// The line a machine stands in.
pub(super) type LineId = (Crowd, Asks);

/// Its place there: by batch, none first, then by the longest tail.
pub(super) type Place = (u32, Reverse<Duration>, InstanceId);

/// All lines.
#[derive(Debug, Default)]
pub(super) struct Queue {
    lines: BTreeMap<LineId, BTreeSet<Place>>,
    places: BTreeMap<InstanceId, (LineId, Place)>,
}

impl Queue {
    /// Says where a machine stands whenever it is not begun. It is not in line yet.
    pub(super) fn know(&mut self, line: LineId, place: Place) {
        self.places.insert(place.2.clone(), (line, place));
    }

    /// The machine may be begun, or begun again.
    pub(super) fn enter(&mut self, instance: &InstanceId) {
        if let Some((line, place)) = self.places.get(instance) {
            let line = self.lines.entry(line.clone()).or_default();
            line.insert(place.clone());
        }
    }

    /// It may not, or was.
    pub(super) fn leave(&mut self, instance: &InstanceId) {
        if let Some((line, place)) = self.places.get(instance)
            && let Some(line) = self.lines.get_mut(line)
        {
            line.remove(place);
        }
    }

    /// Everybody in line.
    pub(super) fn all(&self) -> impl Iterator<Item = &InstanceId> {
        self.lines.values().flatten().map(|(_, _, id)| id)
    }

    /// The first of a line, from this place on.
    pub(super) fn first_from(
        &self,
        line: &LineId,
        place: &Place,
        n: usize,
    ) -> impl Iterator<Item = &InstanceId> {
        let places = self.lines.get(line);
        let behind = places
            .into_iter()
            .flat_map(move |places| places.range(place..));
        behind.take(n).map(|(_, _, id)| id)
    }

    /// Walks through all lines once, the longest tail first.
    pub(super) fn walk(&self) -> Walk {
        let heads = self.lines.iter().filter_map(|(line, places)| {
            let place = places.first()?.clone();
            Some((place.1, line.clone(), place))
        });
        Walk {
            heads: heads.collect(),
        }
    }
}

/// One walk through all lines. Whoever leaves a line meanwhile is no hindrance.
pub(super) struct Walk {
    heads: BTreeSet<(Reverse<Duration>, LineId, Place)>,
}

impl Walk {
    /// The next to be asked, and its line.
    pub(super) fn next(&mut self) -> Option<(LineId, Place)> {
        let (_, line, place) = self.heads.pop_first()?;
        Some((line, place))
    }

    /// The one behind it is to be asked, too.
    pub(super) fn go_on(&mut self, queue: &Queue, line: LineId, place: &Place) {
        let Some(places) = queue.lines.get(&line) else {
            return;
        };
        let behind = (Bound::Excluded(place), Bound::Unbounded);
        if let Some(next) = places.range(behind).next() {
            self.heads.insert((next.1, line, next.clone()));
        }
    }
}
