//! May the caller do this? What the policies of the simulated account say.

use serde_json::json;

use crate::sim::operations::billing::payment::AutoPay;
use crate::sim::operations::{Call, Identity, Operation, Product};
use crate::sim::protocol::reply::Refusal;
use crate::sim::scenario::{Besides, Permissions};
use crate::sim::world::World;
use crate::sim::world::orders::OrderKind;

/// What a key was given, or the role its holder assumed.
pub(crate) fn of_caller(world: &World, key_id: &str, identity: &Identity) -> Permissions {
    let found = match identity {
        Identity::Account => {
            let mut keys = world.settings.keys.iter();
            keys.find(|key| key.id == key_id)
                .map(|key| &key.permissions)
        }
        Identity::Role { role, .. } => {
            let mut roles = world.settings.roles.iter();
            roles
                .find(|known| known.name == *role)
                .map(|known| &known.permissions)
        }
        Identity::Anyone => None,
    };
    found.cloned().unwrap_or_default()
}

/// The action a policy names for an operation: `ecs:StartInstance`.
pub(crate) fn action(operation: &Operation) -> String {
    let product = match operation.product {
        Product::Ecs => "ecs",
        Product::Bss => "bss",
        Product::Sts => "sts",
        Product::Location => "location",
    };
    format!("{product}:{}", operation.name)
}

/// Refuses what the caller may not do. A denied DescribeInstances is let through: it shows nothing.
pub(crate) fn check(
    permissions: &Permissions,
    operation: &Operation,
    account: &str,
) -> Result<(), Refusal> {
    let needed = action(operation);
    if operation.name == EMPTY_WHEN_DENIED || permissions.allow(&needed) {
        return Ok(());
    }
    Err(denied(&needed, account))
}

/// The one operation that shows an empty list instead of refusing.
const EMPTY_WHEN_DENIED: &str = "DescribeInstances";

/// DescribeInstances with `DryRun` does tell whether it is allowed.
pub(crate) fn may_look(call: &Call<'_>, account: &str) -> Result<(), Refusal> {
    if call.permissions.allow(LOOK) {
        return Ok(());
    }
    Err(denied(LOOK, account))
}

const LOOK: &str = "ecs:DescribeInstances";

/// Whether DescribeInstances shows this caller a machine.
pub(crate) fn sees(permissions: &Permissions, id: &str) -> bool {
    permissions.allow(LOOK) && permissions.show(id)
}

/// R43 and R47: an order left unpaid wants permission to see prices, a refund permission to cause it.
pub(crate) fn may_order(
    call: &Call<'_>,
    kind: OrderKind,
    auto_pay: AutoPay,
) -> Result<(), Refusal> {
    let (besides, code) = match (kind, auto_pay) {
        (OrderKind::Downgrade | OrderKind::Refund, _) => (Besides::Refund, "NoPermission.Refund"),
        (OrderKind::Upgrade | OrderKind::TempUpgrade | OrderKind::Convert, AutoPay::No) => {
            (Besides::Price, "NoPermission.Price")
        }
        (OrderKind::Upgrade | OrderKind::TempUpgrade | OrderKind::Convert, AutoPay::Yes) => {
            return Ok(());
        }
    };
    if call.permissions.allow_besides(besides) {
        return Ok(());
    }
    let message = "The caller lacks the permission that this kind of order asks for besides.";
    Err(Refusal::new(400, code, message))
}

fn denied(action: &str, account: &str) -> Refusal {
    let mut refusal = Refusal::new(
        403,
        "Forbidden.RAM",
        format!("The caller is not authorized for {action}."),
    );
    refusal.detail = Some(json!({
        "AuthAction": action,
        "AuthPrincipalOwnerId": account,
        "AuthPrincipalType": "SubUser",
        "NoPermissionType": "ImplicitDeny",
        "PolicyType": "AccountLevelIdentityBasedPolicy",
    }));
    refusal
}
