//! Rules every change of an instance meets: it exists, is free of locks and orders, and rested.

use crate::sim::protocol::reply::Refusal;
use crate::sim::rules::Caller;
use crate::sim::world::World;
use crate::sim::world::instance::Instance;
use crate::sim::world::orders::Blocking;

/// An id that is not there, or is in another region than the one named, is not found.
pub(crate) fn exists<'w>(
    world: &'w World,
    id: &str,
    region: Option<&str>,
) -> Result<&'w Instance, Refusal> {
    let found = world.instances.get(id);
    let found = found.filter(|instance| region.is_none_or(|r| r == instance.truth.region_id));
    found.ok_or_else(|| {
        Refusal::new(
            404,
            "InvalidInstanceId.NotFound",
            format!("No instance {id} is here."),
        )
    })
}

/// R56: a client token is ASCII and at most 64 characters.
pub(crate) fn token_is_well_formed(token: &str, caller: Option<Caller>) -> Result<(), Refusal> {
    if token.is_ascii() && token.len() <= 64 {
        return Ok(());
    }
    let code = match caller {
        Some(Caller::Prepay) => "InvalidParameter",
        Some(Caller::Spec | Caller::Network) | None => "InvalidClientToken.ValueNotSupported",
    };
    let message = "A client token is at most 64 ASCII characters.";
    Err(Refusal::new(400, code, message))
}

/// R56: a client token stands for one request; where a call has no code for it, the general texts have one.
pub(crate) fn token_stands_for_another(caller: Option<Caller>) -> Refusal {
    let code = match caller {
        Some(Caller::Network) => "IdempotentParameterMismatch",
        Some(Caller::Spec | Caller::Prepay) | None => "IdempotenceParamNotMatch",
    };
    let message = "This client token was sent before with other parameters.";
    Refusal::new(400, code, message)
}

/// R65: a security lock forbids every change.
pub(crate) fn not_locked_for_security(instance: &Instance) -> Result<(), Refusal> {
    if !instance.is_locked("security") {
        return Ok(());
    }
    Err(Refusal::new(
        403,
        "InstanceLockedForSecurity",
        "The instance is locked for security reasons.",
    ))
}

/// R14: an expired subscription must be renewed first; a financial lock says the same (R65).
pub(crate) fn not_expired(
    world: &World,
    instance: &Instance,
    caller: Caller,
) -> Result<(), Refusal> {
    if instance.is_paid_for(world.now) {
        return Ok(());
    }
    let code = match caller {
        Caller::Prepay => "InvalidInstance.PreInstanceExpired",
        Caller::Network => "InstanceExpiredOrInArrears",
        Caller::Spec => "InvalidStatus.ValueNotSupported",
    };
    Err(Refusal::new(
        403,
        code,
        "The subscription has ended or the instance is in arrears.",
    ))
}

/// R41: an account with an overdue bill changes nothing.
pub(crate) fn account_not_in_arrears(world: &World) -> Result<(), Refusal> {
    if world.balance.available >= crate::sim::money::Money::ZERO {
        return Ok(());
    }
    Err(Refusal::new(
        400,
        "Account.Arrearage",
        "The account has an overdue bill.",
    ))
}

/// R45 and R46: an order that is not paid, or paid and not yet carried out, blocks the next change.
pub(crate) fn nothing_ordered(world: &World, id: &str, caller: Caller) -> Result<(), Refusal> {
    let (status, code) = match (world.orders.blocking(id), caller) {
        (None, _) => return Ok(()),
        // No order comes of this call (R5), and its page has no code for those of others.
        (Some(Blocking::Processing | Blocking::Unpaid), Caller::Spec) => {
            (403, "InvalidStatus.ValueNotSupported")
        }
        (Some(Blocking::Processing), Caller::Prepay | Caller::Network) => {
            (400, "LastOrderProcessing")
        }
        (Some(Blocking::Unpaid), Caller::Prepay) => (400, "InvalidInstance.UnpaidOrder"),
        (Some(Blocking::Unpaid), Caller::Network) => (403, "OperationDenied.UnpaidOrder"),
    };
    Err(Refusal::new(
        status,
        code,
        "An earlier order of this instance is still open.",
    ))
}

/// R45, by one text: an unpaid order blocks changes of network all over the account.
pub(crate) fn nothing_unpaid_anywhere(world: &World) -> Result<(), Refusal> {
    let blocks = world.settings.choices.unpaid_order_blocks_account;
    if !(blocks && world.orders.any_unpaid()) {
        return Ok(());
    }
    Err(Refusal::new(
        400,
        "InvalidInstance.UnPaidOrder",
        "An order of this account waits to be paid.",
    ))
}

/// R55: a type change that is still being carried out refuses another one.
pub(crate) fn nothing_underway(world: &World, instance: &Instance) -> Result<(), Refusal> {
    let processing = world.settings.delays.modify.0;
    let since = instance
        .changed_at
        .map(|at| world.now.elapsed.saturating_sub(at));
    if since.is_none_or(|since| since >= processing) {
        return Ok(());
    }
    Err(Refusal::new(
        400,
        "LastRequestProcessing",
        "The last request for this instance is still being carried out.",
    ))
}

/// R52: five minutes must pass between two successful changes of one instance.
pub(crate) fn has_rested(world: &World, instance: &Instance) -> Result<(), Refusal> {
    let rest = world.settings.cool_down.0;
    let since = instance
        .changed_at
        .map(|at| world.now.elapsed.saturating_sub(at));
    if since.is_none_or(|since| since >= rest) {
        return Ok(());
    }
    Err(Refusal::new(
        400,
        "Throttling",
        "This instance was changed a moment ago; the next change may come 5 minutes after the last.",
    ))
}

/// R31: nothing permanent changes while a temporary upgrade is in force.
pub(crate) fn no_temporary_upgrade(instance: &Instance) -> Result<(), Refusal> {
    if instance.bandwidth_before_upgrade.is_none() {
        return Ok(());
    }
    Err(Refusal::new(
        400,
        "InvalidAction.WithActiveElasticUpgrade",
        "A temporary upgrade is in force.",
    ))
}

/// R20: what is booked for the next period keeps the running one as it is.
pub(crate) fn nothing_booked(instance: &Instance, caller: Caller) -> Result<(), Refusal> {
    let (status, code) = match (instance.particulars().booked_change, caller) {
        (false, _) | (true, Caller::Network) => return Ok(()),
        (true, Caller::Prepay) => (400, "InvalidOperation.InstanceRenewWithDowngradeInPlan"),
        (true, Caller::Spec) => (403, "InstanceSpecModification.NotEffective"),
    };
    Err(Refusal::new(
        status,
        code,
        "A change is booked for the next period already.",
    ))
}

/// R66: a machine of a starter package stays as it is.
pub(crate) fn is_no_starter_package(instance: &Instance) -> Result<(), Refusal> {
    if !instance.particulars().starter_package {
        return Ok(());
    }
    Err(Refusal::new(
        403,
        "InvalidOperation.StarterPackage",
        "An instance of a starter package cannot be changed.",
    ))
}
