//! Asking what a machine can become, right before it is stopped for it: what was offered when the plan
//! was made may be gone by now (R60, R63).

use crate::apply::mail::End;
use crate::cloud::{ModificationQuery, Offer, OperationType};
use crate::model::{ObservedInstance, SpecChange};
use crate::saga::FailureCause;

use super::Worker;

impl Worker {
    /// A type that is not to be had costs the machine no outage. No answer forbids nothing: a refused
    /// change is taken back like any other.
    pub(super) async fn ask_offer(&self, change: &SpecChange) -> End {
        let seen = match self.look_patiently().await {
            Ok(seen) => seen,
            Err(end) => return end,
        };
        if seen.instance_type == change.instance_type {
            return offered();
        }
        let query = ModificationQuery {
            region: self.saga.region.clone(),
            instance: self.saga.instance.clone(),
            operation: OperationType::Upgrade,
            migrate_across_zone: change.allow_migrate_across_zone == Some(true),
        };
        match self.tools.cloud.describe_modification(&query).await {
            Ok(offers) => match refusal(&offers, &seen, change) {
                None => offered(),
                Some(why) => self.failed(FailureCause::Refused, why),
            },
            Err(error) => {
                self.waiting(format!("nobody says what it can become: {error}"));
                offered()
            }
        }
    }
}

fn offered() -> End {
    End::Succeeded {
        found: false,
        seen: None,
    }
}

/// Why this type cannot be had in the machine's zone.
fn refusal(offers: &[Offer], seen: &ObservedInstance, change: &SpecChange) -> Option<String> {
    let to = &change.instance_type;
    let zone = &seen.zone;
    let mut here = offers
        .iter()
        .filter(|offer| offer.instance_type == *to && offer.zone == *zone)
        .peekable();
    if here.peek().is_none() {
        return Some(format!("{to} is not offered to it in {zone} any more"));
    }
    let in_stock = here.any(|offer| offer.in_stock);
    (!in_stock).then(|| format!("{to} is out of stock in {zone}"))
}
