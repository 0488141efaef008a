//! A machine as it stands in the world: shared by all worlds that come from one, until one of them changes
//! it, and put into the words of DescribeInstances once, however often it is shown.

use std::fmt;
use std::ops::Deref;
use std::sync::{Arc, OnceLock};

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::value::{RawValue, to_raw_value};

use super::described::Described;

/// A machine with its words. Reads like the machine itself; a change makes another card.
#[derive(Clone)]
pub(crate) struct Card(Arc<Face>);

struct Face {
    machine: Described,
    words: OnceLock<Box<RawValue>>,
}

impl Card {
    pub(crate) fn new(machine: Described) -> Self {
        let words = OnceLock::new();
        Self(Arc::new(Face { machine, words }))
    }

    /// The same machine after a change.
    pub(crate) fn changed(&self, edit: impl FnOnce(&mut Described)) -> Self {
        let mut machine = self.0.machine.clone();
        edit(&mut machine);
        Self::new(machine)
    }

    /// The machine as DescribeInstances shows it, as JSON.
    pub(crate) fn words(&self) -> &RawValue {
        self.0.words.get_or_init(|| {
            to_raw_value(&self.0.machine).expect("a machine holds nothing JSON cannot write")
        })
    }
}

impl Deref for Card {
    type Target = Described;

    fn deref(&self) -> &Described {
        &self.0.machine
    }
}

impl PartialEq for Card {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0) || self.0.machine == other.0.machine
    }
}

impl fmt::Debug for Card {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.machine.fmt(f)
    }
}

impl Serialize for Card {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        self.0.machine.serialize(to)
    }
}

impl<'de> Deserialize<'de> for Card {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        Described::deserialize(from).map(Self::new)
    }
}
