//! What machines can become, as far as it was asked.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::id::{InstanceId, RegionId, TypeName, ZoneId};
use super::limits::Answer;
use super::spec::BillingMethod;

/// Which way a subscription change goes. The vendor decides it by price (R15); it is never guessed
/// from vCPUs or memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Shift {
    /// To something dearer. Pay-as-you-go knows only this word, for both ways.
    Upgrade,
    /// To something cheaper, with a refund.
    Downgrade,
}

/// One question for `DescribeResourcesModification`; its answers hold for all machines that share it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct OfferKey {
    /// Where.
    pub region: RegionId,
    /// In which zone: stock is a matter of zones (R63).
    pub zone: ZoneId,
    /// From which type.
    pub from: TypeName,
    /// How it is paid for.
    pub billing: BillingMethod,
    /// Whether another cluster would do as well (R68).
    pub migrate_across_zone: bool,
    /// Which way.
    pub shift: Shift,
}

/// The targets of one answer: each with the zones where it was listed and whether it was in stock there.
pub type Targets = BTreeMap<TypeName, BTreeMap<ZoneId, bool>>;

/// What is known about one target for one machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Listing<'a> {
    /// Nobody has asked.
    Unasked,
    /// It was asked, and no answer came; why.
    Unanswered(&'a str),
    /// It was not on the list.
    NotListed,
    /// It was listed in these zones, with whether it was in stock.
    Listed(&'a BTreeMap<ZoneId, bool>),
}

/// Every answer so far, each with the machine it was asked about: a hindrance of that machine alone
/// must not speak for the others.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Offers {
    answers: BTreeMap<OfferKey, BTreeMap<InstanceId, Answer<Targets>>>,
}

impl Offers {
    /// Records what was answered about this machine.
    pub fn record(&mut self, key: OfferKey, about: InstanceId, answer: Answer<Targets>) {
        self.answers.entry(key).or_default().insert(about, answer);
    }

    /// The machines a question was asked about so far.
    #[must_use]
    pub fn asked_about(&self, key: &OfferKey) -> Vec<&InstanceId> {
        let asked = self.answers.get(key).into_iter();
        asked.flat_map(BTreeMap::keys).collect()
    }

    /// Whether this machine can become that: by its own answer, else by those of machines like it.
    #[must_use]
    pub fn listing(&self, key: &OfferKey, machine: &InstanceId, to: &TypeName) -> Listing<'_> {
        let Some(answers) = self.answers.get(key) else {
            return Listing::Unasked;
        };
        if let Some(Ok(own)) = answers.get(machine) {
            return own.get(to).map_or(Listing::NotListed, Listing::Listed);
        }
        let listed = answers
            .values()
            .filter_map(|answer| answer.as_ref().ok()?.get(to));
        if let Some(zones) = listed.into_iter().next() {
            return Listing::Listed(zones);
        }
        let mut failures = answers.values().map(|answer| answer.as_ref().err());
        match failures.clone().any(|failure| failure.is_none()) {
            true => Listing::NotListed,
            false => failures
                .find_map(|failure| failure)
                .map_or(Listing::Unasked, |why| Listing::Unanswered(why)),
        }
    }

    /// Whether nothing was asked.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.answers.is_empty()
    }

    /// Whether any answer lists this type.
    #[must_use]
    pub fn lists(&self, to: &TypeName) -> bool {
        let mut answers = self.answers.values().flat_map(BTreeMap::values);
        answers.any(|answer| {
            answer
                .as_ref()
                .is_ok_and(|targets| targets.contains_key(to))
        })
    }

    /// Why questions were left without an answer, each reason once.
    #[must_use]
    pub fn unanswered(&self) -> BTreeSet<&str> {
        let answers = self.answers.values().flat_map(BTreeMap::values);
        answers
            .filter_map(|answer| answer.as_ref().err())
            .map(String::as_str)
            .collect()
    }
}
