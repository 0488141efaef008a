//! What machines can become, as far as it was asked.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::id::{RegionId, TypeName, ZoneId};

/// Which way a subscription change goes. The vendor decides it by price (R15); it is never guessed
/// from vCPUs or memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Shift {
    /// To something dearer.
    Upgrade,
    /// To something cheaper, with a refund.
    Downgrade,
}

/// One question for `DescribeResourcesModification`; answered once for all machines that share it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct OfferKey {
    /// Where.
    pub region: RegionId,
    /// From which type.
    pub from: TypeName,
    /// Which way.
    pub shift: Shift,
}

/// The targets of one key: each with the zones where it was listed and whether it was in stock there.
pub type Targets = BTreeMap<TypeName, BTreeMap<ZoneId, bool>>;

/// Every answer so far.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Offers {
    answers: BTreeMap<OfferKey, Targets>,
}

impl Offers {
    /// Records an answer.
    pub fn insert(&mut self, key: OfferKey, targets: Targets) {
        self.answers.insert(key, targets);
    }

    /// The answer to a question, if it was asked.
    #[must_use]
    pub fn get(&self, key: &OfferKey) -> Option<&Targets> {
        self.answers.get(key)
    }
}
