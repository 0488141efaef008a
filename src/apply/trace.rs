//! An answer that was lost may have made an order: it is looked for in the account's books.
//!
//! Found by time, machine and what it makes of it. Found is adopted, so that nothing is ordered twice;
//! not found, twice, after nothing can arrive any more, proves that there is none.

use jiff::Timestamp;

use crate::cloud::CloudError;
use crate::model::{
    InstanceId, ModifyCall, ObservedInstance, OrderDetail, OrderId, OrderKind, TypeName,
};

use super::timing::HORIZON;
use super::worker::Worker;

/// What the books know of a call whose answer was lost.
pub(super) enum Trace {
    /// This order is its.
    Found(OrderId),
    /// It made none.
    Nothing,
    /// It cannot be told which of these.
    Several(Vec<OrderId>),
    /// The books cannot be read.
    Unreadable(CloudError),
}

impl Worker {
    /// Looks for the order of a call that may have been sent from `first` to `last`.
    pub(super) async fn trace(
        &self,
        call: &ModifyCall,
        seen: &ObservedInstance,
        (first, last): (Timestamp, Timestamp),
    ) -> Trace {
        let found = match self.books.made_between(first, last + HORIZON).await {
            Ok(found) => found,
            Err(error) => return Trace::Unreadable(error),
        };
        let wanted = Wanted {
            instance: &self.saga.instance,
            call,
            is_now: Some(&seen.instance_type),
            was: self.step().before.instance_type.as_ref(),
        };
        let strangers = found
            .into_iter()
            .filter(|detail| !self.known_orders.borrow().contains(&detail.order.id));
        let mut ids: Vec<OrderId> = strangers
            .filter(|detail| wanted.is_met_by(detail))
            .map(|detail| detail.order.id)
            .collect();
        match (ids.pop(), ids.is_empty()) {
            (None, _) => Trace::Nothing,
            (Some(id), true) => Trace::Found(id),
            (Some(id), false) => {
                ids.push(id);
                ids.sort();
                Trace::Several(ids)
            }
        }
    }
}

/// What an order must be about to be ours.
pub(super) struct Wanted<'a> {
    pub(super) instance: &'a InstanceId,
    pub(super) call: &'a ModifyCall,
    /// The types that the machine may have meanwhile, as far as is known.
    pub(super) is_now: Option<&'a TypeName>,
    pub(super) was: Option<&'a TypeName>,
}

impl Wanted<'_> {
    pub(super) fn is_met_by(&self, detail: &OrderDetail) -> bool {
        detail.instances.contains(self.instance)
            && changes_a_machine(&detail.order.kind)
            && self.config_fits(&detail.config)
    }

    /// How the vendor writes a configuration is not documented: only a contradiction rules an order out.
    fn config_fits(&self, config: &str) -> bool {
        let types = type_names(config);
        match self.call {
            ModifyCall::Prepay(change) => {
                types.is_empty() || types.contains(&change.instance_type.as_str())
            }
            ModifyCall::Network(change) => {
                let own = [self.is_now, self.was];
                let same_machine = |name: &&str| {
                    let mut known = own.iter().flatten().peekable();
                    known.peek().is_none() || known.any(|own| *name == own.as_str())
                };
                let out = bandwidth_out(config);
                types.iter().all(same_machine)
                    && (out.is_none() || out == change.max_bandwidth_out.map(u64::from))
            }
            ModifyCall::Spec(_) => false,
        }
    }
}

/// Other kinds of order are about machines too, but are never made by our calls.
fn changes_a_machine(kind: &OrderKind) -> bool {
    match kind {
        OrderKind::Upgrade | OrderKind::IncreaseUpgrade | OrderKind::Downgrade => true,
        OrderKind::TempUpgrade | OrderKind::Refund => false,
        OrderKind::Other(word) => !matches!(word.as_str(), "New" | "Renew"),
    }
}

/// Every word that is an instance type.
fn type_names(config: &str) -> Vec<&str> {
    let separates = |c: char| !(c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_'));
    let words = config.split(separates);
    words.filter(|word| word.starts_with("ecs.")).collect()
}

/// The number behind `InternetMaxBandwidthOut`.
fn bandwidth_out(config: &str) -> Option<u64> {
    let (_, rest) = config.split_once("InternetMaxBandwidthOut")?;
    let digits = rest.trim_start_matches(|c: char| !c.is_ascii_digit());
    let end = digits
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(digits.len());
    digits[..end].parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_configuration_is_read_for_what_contradicts_it() {
        assert_eq!(
            type_names(r#"{"instance_type":"ecs.g7.xlarge","disk":"ecs"};ecs.g6.large"#),
            ["ecs.g7.xlarge", "ecs.g6.large"]
        );
        assert_eq!(bandwidth_out("InternetMaxBandwidthOut:50;In:10"), Some(50));
        assert_eq!(bandwidth_out(r#""InternetMaxBandwidthOut": "5""#), Some(5));
        assert_eq!(bandwidth_out("Bandwidth:50"), None);
        assert_eq!(bandwidth_out("InternetMaxBandwidthOut"), None);
    }
}
