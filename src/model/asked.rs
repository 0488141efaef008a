//! Whether an order can be what one of our calls asked for.
//!
//! How the vendor writes a configuration is not documented, so it is read twice over: what contradicts a
//! call rules an order out, and only what names the call's own target is proof.

use super::call::{ModifyCall, NetworkChange};
use super::id::{InstanceId, TypeName};
use super::order::{OrderDetail, OrderKind, OrderOwner};
use super::temporary::UpgradeOrder;

/// What an order must be about to be a call's.
#[derive(Debug, Clone, Copy)]
pub struct AskedFor<'a> {
    /// The machine.
    pub instance: &'a InstanceId,
    /// The call.
    pub call: &'a ModifyCall,
    /// The types that the machine may have meanwhile, as far as is known.
    pub is_now: Option<&'a TypeName>,
    /// The type it had.
    pub was: Option<&'a TypeName>,
}

impl AskedFor<'_> {
    /// Whether the order may be it: nothing contradicts that.
    #[must_use]
    pub fn may_be(&self, detail: &OrderDetail) -> bool {
        detail.instances.contains(self.instance)
            && self.kind_fits(detail)
            && self.config_fits(detail)
    }

    /// Whether the order is it: it names what the call asks for.
    #[must_use]
    pub fn is_surely(&self, detail: &OrderDetail) -> bool {
        let named = match self.call {
            ModifyCall::Prepay(_) => !detail.types().is_empty(),
            ModifyCall::Network(NetworkChange {
                temporary: Some(span),
                ..
            }) => UpgradeOrder::of(detail, OrderOwner::Foreign).is_for(span),
            ModifyCall::Network(_) => detail.bandwidth().is_some(),
            ModifyCall::Spec(_) => false,
        };
        named && self.may_be(detail)
    }

    fn config_fits(&self, detail: &OrderDetail) -> bool {
        let (before, types) = (detail.types_before(), detail.types());
        match self.call {
            ModifyCall::Prepay(change) => {
                let to = change.instance_type.as_str();
                (types.is_empty() || types.contains(&to)) && !before.contains(&to)
            }
            ModifyCall::Network(NetworkChange {
                temporary: Some(span),
                ..
            }) => UpgradeOrder::of(detail, OrderOwner::Foreign).may_be_for(span),
            ModifyCall::Network(change) => {
                let own = [self.is_now, self.was];
                let same_machine = |name: &&str| {
                    let mut known = own.iter().flatten().peekable();
                    known.peek().is_none() || known.any(|own| *name == own.as_str())
                };
                let out = detail.bandwidth();
                let keeps_its_type = types.is_empty() || before.is_empty() || before == types;
                keeps_its_type
                    && types.iter().all(same_machine)
                    && (out.is_none() || out == change.max_bandwidth_out)
            }
            ModifyCall::Spec(_) => false,
        }
    }

    /// Other kinds of order are about machines too, but are never made by this call. Which kind a change is filed under is
    /// documented nowhere, so that an upgrade which says from when until when it is may be one for a while.
    fn kind_fits(&self, detail: &OrderDetail) -> bool {
        let temporary =
            matches!(self.call, ModifyCall::Network(change) if change.temporary.is_some());
        let says_when = detail.usage_from.is_some() && detail.usage_until.is_some();
        let kind = &detail.order.kind;
        match kind {
            OrderKind::Upgrade | OrderKind::IncreaseUpgrade => !temporary || says_when,
            OrderKind::Downgrade => !temporary,
            OrderKind::TempUpgrade => temporary,
            OrderKind::Refund => false,
            OrderKind::Other(_) => kind.may_change_a_machine(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::call::PrepayChange;
    use super::super::id::OrderId;
    use super::super::order::{Order, PaymentStatus};
    use super::super::temporary::TemporaryBandwidth;
    use super::*;

    fn order(original_config: &str, config: &str) -> OrderDetail {
        let order = Order {
            id: OrderId::new("210000000000001").unwrap(),
            kind: OrderKind::Upgrade,
            payment: PaymentStatus::Paid,
            created_at: jiff::Timestamp::UNIX_EPOCH,
            paid_at: None,
            product: "ecs".to_owned(),
            amount: None,
            payable: None,
        };
        OrderDetail {
            order,
            instances: vec![InstanceId::new("i-1").unwrap()],
            region: None,
            config: config.to_owned(),
            original_config: original_config.to_owned(),
            usage_from: None,
            usage_until: None,
        }
    }

    /// Whether each order may be the upgrade to ecs.g7.xlarge, and whether it may be the 80 Mbit/s.
    fn may_be(detail: &OrderDetail) -> (bool, bool) {
        let (large, xlarge) = ["ecs.g7.large", "ecs.g7.xlarge"]
            .map(|name| TypeName::new(name).unwrap())
            .into();
        let upgrade = ModifyCall::Prepay(PrepayChange {
            instance_type: xlarge.clone(),
            auto_pay: true,
            migrate_across_zone: None,
            system_disk_category: None,
        });
        let wider = ModifyCall::Network(NetworkChange {
            max_bandwidth_out: Some(80),
            ..NetworkChange::default()
        });
        let asked = |call| AskedFor {
            instance: &detail.instances[0],
            call,
            is_now: Some(&xlarge),
            was: Some(&large),
        };
        (asked(&upgrade).may_be(detail), asked(&wider).may_be(detail))
    }

    #[test]
    fn an_upgrade_for_a_while_may_be_filed_as_any_upgrade_that_says_when_it_is() {
        let at = |text: &str| text.parse::<jiff::Timestamp>().unwrap();
        let (start, end) = (at("2026-12-01T22:40:00Z"), at("2026-12-02T22:00:00Z"));
        let call = ModifyCall::Network(NetworkChange {
            max_bandwidth_out: Some(100),
            temporary: Some(TemporaryBandwidth {
                max_bandwidth_out: 100,
                start,
                end,
            }),
            ..NetworkChange::default()
        });
        let later = end + jiff::SignedDuration::from_hours(24);
        for (kind, usage, expected) in [
            (OrderKind::TempUpgrade, Some((start, end)), true),
            (OrderKind::TempUpgrade, None, true),
            (OrderKind::IncreaseUpgrade, Some((start, end)), true),
            (OrderKind::Upgrade, Some((start, end)), true),
            (OrderKind::Upgrade, Some((start, later)), false),
            (OrderKind::Upgrade, None, false),
            (OrderKind::Downgrade, Some((start, end)), false),
        ] {
            let mut detail = order("", "");
            detail.order.kind = kind.clone();
            (detail.usage_from, detail.usage_until) = usage.unzip();
            let asked = AskedFor {
                instance: &detail.instances[0],
                call: &call,
                is_now: None,
                was: None,
            };
            assert_eq!(asked.may_be(&detail), expected, "{kind} {usage:?}");
        }
    }

    #[test]
    fn what_a_machine_had_before_an_order_tells_which_call_made_it() {
        let type_change = "InstanceType:ecs.g7.xlarge";
        for (before, after, expected) in [
            ("InstanceType:ecs.g7.large", type_change, (true, false)),
            ("InstanceType:ecs.g7.xlarge", type_change, (false, true)),
            (
                "InstanceType:ecs.g7.xlarge;InternetMaxBandwidthOut:40",
                "InternetMaxBandwidthOut:80",
                (false, true),
            ),
            (
                "InternetMaxBandwidthOut:40",
                "InternetMaxBandwidthOut:60",
                (true, false),
            ),
            // Where nothing is said, nothing is ruled out.
            ("", "", (true, true)),
        ] {
            assert_eq!(
                may_be(&order(before, after)),
                expected,
                "{before} -> {after}"
            );
        }
    }
}
