//! By which road one type becomes another: which call, whether the machine must be down, and what it takes back.

use crate::model::{
    BillingMethod, ModifyCall, Payment, PrepaidUpgrade, PrepayChange, Shift, SpecChange, TypeName,
};
use crate::plan::nouns::{Action, Because, Blocked, Case, Price, Undo};
use crate::plan::rules::allowed::{fits, targets};
use crate::plan::rules::paying::payment;

use super::retired;

/// A change of type, decided.
#[derive(Debug, Clone)]
pub(in crate::plan) struct TypeChange {
    /// The call to send.
    pub(in crate::plan::rules) call: ModifyCall,
    /// The type it is now.
    pub(in crate::plan::rules) from: TypeName,
    /// The type it will be.
    pub(in crate::plan::rules) to: TypeName,
    /// Why the machine must be down for the call; none when it may run.
    pub(in crate::plan::rules) down: Option<Because>,
    /// Which rules chose the call.
    pub(in crate::plan::rules) because: Vec<Because>,
    /// How it is taken back.
    pub(in crate::plan::rules) undo: Undo,
    /// What it costs at once.
    pub(in crate::plan::rules) price: Price,
}

/// The change of type this machine needs, if it needs one.
pub(in crate::plan) fn type_change(case: &Case<'_>) -> Result<Option<TypeChange>, Blocked> {
    let Some(to) = case.desired.spec.instance_type.as_ref() else {
        return Ok(None);
    };
    if *to == case.seen.instance_type {
        return Ok(None);
    }
    has_no_local_disks(case)?;
    stands_on_no_dedicated_host(case)?;
    fits::does_not_hibernate(case)?;
    fits::bandwidth_fits(case, to)?;
    fits::attachments_fit(case, to)?;
    match case.seen.billing {
        BillingMethod::PostPaid => {
            targets::is_offered(case, to)?;
            Ok(Some(pay_as_you_go(case, to)))
        }
        BillingMethod::PrePaid => subscription(case, to).map(Some),
    }
}

/// R57: local disks do not survive a type change.
fn has_no_local_disks(case: &Case<'_>) -> Result<(), Blocked> {
    if case.seen.local_disks > 0 {
        return Err(case.block(
            "R57",
            "it has local disks, which forbid a change of type",
            "build a replacement and move the data",
        ));
    }
    Ok(())
}

/// R58: the cloud does not change types on dedicated hosts by this call.
fn stands_on_no_dedicated_host(case: &Case<'_>) -> Result<(), Blocked> {
    match (&case.seen.dedicated_host, case.seen.billing) {
        (Some(host), BillingMethod::PostPaid) => Err(case.block(
            "R58",
            format!("it stands on the dedicated host {host}"),
            "change its placement on the host, or replace it",
        )),
        (Some(_) | None, _) => Ok(()),
    }
}

/// R1, R2, R5: stopped, no order, billing follows the new shape.
fn pay_as_you_go(case: &Case<'_>, to: &TypeName) -> TypeChange {
    let from = case.seen.instance_type.clone();
    // On the way back the disk stays as it came out (R69).
    let plain = |instance_type: &TypeName| SpecChange {
        instance_type: instance_type.clone(),
        allow_migrate_across_zone: case.desired.change.migrate_across_zone,
        system_disk_category: None,
    };
    let undo = match retired::why_final(case) {
        Some(why) => Undo::Never { why },
        None => Undo::By(Action::Modify(ModifyCall::Spec(plain(&from)))),
    };
    TypeChange {
        call: ModifyCall::Spec(SpecChange {
            system_disk_category: retired::system_disk(case, to),
            ..plain(to)
        }),
        undo,
        price: Price::NoOrder,
        from,
        to: to.clone(),
        down: Some(Because::new(
            "R2",
            "a pay-as-you-go machine changes its type only while Stopped",
        )),
        because: vec![Because::new(
            "R1",
            "pay-as-you-go types change by ModifyInstanceSpec, without an order",
        )],
    }
}

/// R10, R12, R13: an order; downgrades need the machine down, upgrades do not.
fn subscription(case: &Case<'_>, to: &TypeName) -> Result<TypeChange, Blocked> {
    let shift = targets::direction(case, to)?;
    nobody_is_awaited_while_down(case, shift)?;
    let online = case.desired.change.prepaid_upgrade == PrepaidUpgrade::Online;
    let down = match shift {
        Shift::Downgrade => Some(Because::new(
            "R13",
            "a subscription machine moves down only while Stopped",
        )),
        Shift::Upgrade if online => None,
        Shift::Upgrade => Some(Because::new(
            "prepaid_upgrade",
            "the manifest asks for the upgrade to be ordered offline",
        )),
    };
    let (chosen, paid, price) = match shift {
        Shift::Downgrade => (
            "a subscription downgrade is an order with a refund (R47)",
            payment::nothing_to_pay(),
            Price::Refund(None),
        ),
        Shift::Upgrade => (
            "a subscription upgrade is an order; it may run while it is made (R12)",
            payment::because(case),
            Price::Unknown,
        ),
    };
    Ok(TypeChange {
        call: ModifyCall::Prepay(PrepayChange {
            instance_type: to.clone(),
            auto_pay: payment::auto_pay(case.payment()),
            migrate_across_zone: case.desired.change.migrate_across_zone,
            system_disk_category: retired::system_disk(case, to),
        }),
        from: case.seen.instance_type.clone(),
        to: to.clone(),
        down,
        because: vec![Because::new("R10", chosen), paid],
        price,
        undo: Undo::Never {
            why: "an order cannot be taken back".to_owned(),
        },
    })
}

/// An order that waits for a person is made while the machine runs: nobody knows how long that takes.
fn nobody_is_awaited_while_down(case: &Case<'_>, shift: Shift) -> Result<(), Blocked> {
    let held_down = case.is_up() && case.ends_up();
    let offline = case.desired.change.prepaid_upgrade == PrepaidUpgrade::Offline;
    match (shift, case.payment()) {
        (Shift::Upgrade, Payment::Await | Payment::Api) if offline && held_down => {
            Err(payment::nobody_pays_it_at_once(
                case,
                "prepaid_upgrade",
                "offline",
                "write `payment: auto`, or leave `prepaid_upgrade: offline` out",
            ))
        }
        (Shift::Upgrade | Shift::Downgrade, Payment::Auto | Payment::Await | Payment::Api) => {
            Ok(())
        }
    }
}
