//! What the holder of a key may not do.

use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What is kept from a key; nothing unless written.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Permissions {
    /// Denied actions: `ecs:StartInstance`, `ecs:Start*`, `bss:*`; `price` and `refund` for what the
    /// order-making calls ask for besides (R43, R47).
    pub deny: Vec<String>,
    /// Machines that reading calls do not show.
    pub deny_reading: BTreeSet<String>,
}

/// What order-making calls ask for besides their own permission, as `deny` names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Besides {
    /// To see prices, for an order that is left to be paid (R43).
    Price,
    /// To cause a refund (R47).
    Refund,
}

impl Besides {
    fn word(self) -> &'static str {
        match self {
            Self::Price => "price",
            Self::Refund => "refund",
        }
    }
}

impl Permissions {
    pub(crate) fn is_empty(&self) -> bool {
        self.deny.is_empty() && self.deny_reading.is_empty()
    }

    /// Whether an action such as `ecs:StartInstance` is allowed.
    pub(crate) fn allow(&self, action: &str) -> bool {
        !self.deny.iter().any(|pattern| covers(pattern, action))
    }

    pub(crate) fn allow_besides(&self, what: Besides) -> bool {
        !self.deny.iter().any(|pattern| pattern == what.word())
    }

    /// Whether reading calls show a machine.
    pub(crate) fn show(&self, id: &str) -> bool {
        !self.deny_reading.contains(id)
    }

    /// Patterns that deny none of these actions, and so are written wrongly.
    pub(crate) fn strangers<'a>(
        &'a self,
        actions: &'a [String],
    ) -> impl Iterator<Item = &'a String> {
        self.deny.iter().filter(|pattern| {
            let besides = [Besides::Price, Besides::Refund];
            let known = besides.iter().any(|what| what.word() == *pattern);
            !known && !actions.iter().any(|action| covers(pattern, action))
        })
    }
}

/// A star at the end stands for anything.
fn covers(pattern: &str, action: &str) -> bool {
    match pattern.strip_suffix('*') {
        Some(head) => action.starts_with(head),
        None => pattern == action,
    }
}
