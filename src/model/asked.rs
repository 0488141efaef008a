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
            && self.kind_fits(&detail.order.kind)
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
        let types = detail.types();
        match self.call {
            ModifyCall::Prepay(change) => {
                types.is_empty() || types.contains(&change.instance_type.as_str())
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
                types.iter().all(same_machine) && (out.is_none() || out == change.max_bandwidth_out)
            }
            ModifyCall::Spec(_) => false,
        }
    }

    /// Other kinds of order are about machines too, but are never made by this call.
    fn kind_fits(&self, kind: &OrderKind) -> bool {
        let temporary =
            matches!(self.call, ModifyCall::Network(change) if change.temporary.is_some());
        match kind {
            OrderKind::Upgrade | OrderKind::IncreaseUpgrade | OrderKind::Downgrade => !temporary,
            OrderKind::TempUpgrade => temporary,
            OrderKind::Refund => false,
            OrderKind::Other(word) => !matches!(word.as_str(), "New" | "Renew"),
        }
    }
}
