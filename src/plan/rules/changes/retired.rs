//! What else a change of type does where a retired type is left, or the cluster: it is final, and its system disk, names
//! and addresses may be others behind it.

use crate::model::{NetworkKind, Sale, TypeName};
use crate::plan::nouns::{Because, Case};

/// R69: the category that its system disk is to get, where the vendor may take it. Anywhere else the call would be
/// refused, and the machine have been down for nothing.
pub(in crate::plan::rules) fn system_disk(case: &Case<'_>, to: &TypeName) -> Option<String> {
    let wanted = case.desired.change.system_disk_category.clone();
    wanted.filter(|_| takes_a_system_disk(case, to))
}

/// R69: one key may be written for a whole fleet, and does not block whom it does not fit.
pub(in crate::plan::rules) fn disk_is_left_out(case: &Case<'_>, to: &TypeName) -> Option<Because> {
    let wanted = case.desired.change.system_disk_category.as_ref();
    wanted.filter(|_| !takes_a_system_disk(case, to)).map(|_| {
        Because::new(
            "R69",
            "`system_disk_category` is left out: the cloud takes it only where a retired type is left, or a machine \
             becomes I/O-optimized",
        )
    })
}

/// By page 002 either is enough. What the cloud does not say of a machine may be so.
fn takes_a_system_disk(case: &Case<'_>, to: &TypeName) -> bool {
    leaves_a_retired_type(case, to) || case.seen.particulars.io_optimized != Some(true)
}

/// For one that is sold where the old one is not.
fn leaves_a_retired_type(case: &Case<'_>, to: &TypeName) -> bool {
    Sale::of(&case.seen.instance_type) > Sale::of(to)
}

/// R68: why its type cannot be promised back, if so. One that is still sold on the other site may be had, and is tried.
pub(in crate::plan::rules) fn why_final(case: &Case<'_>) -> Option<String> {
    let from = &case.seen.instance_type;
    match Sale::of(from) {
        Sale::Open | Sale::Abroad => None,
        Sale::Over => Some(format!(
            "{from} is not sold any more, and cannot be had back"
        )),
    }
}

/// R68: on the classic network a private address belongs to a cluster.
pub(in crate::plan::rules) fn other_address(case: &Case<'_>, to: &TypeName) -> Option<Because> {
    let may_move = case.desired.change.migrate_across_zone == Some(true);
    let may_change = may_move || may_become_optimized(case, to);
    (case.seen.network == NetworkKind::Classic && may_change).then(|| {
        Because::new(
            "R68",
            "this change may give it another private address, as it stands in the classic network",
        )
    })
}

/// R68: a guest that names its disks does not find them, and its software may ask for its licence.
pub(in crate::plan::rules) fn other_names(case: &Case<'_>, to: &TypeName) -> Option<Because> {
    may_become_optimized(case, to).then(|| {
        Because::new(
            "R68",
            "where it becomes I/O-optimized, its disks get other device names (`vda` for `xvda`) and its software another \
             licence code: prepare both inside the guest beforehand",
        )
    })
}

/// Whoever leaves a retired type may not have been so far, unless the cloud says that it was.
fn may_become_optimized(case: &Case<'_>, to: &TypeName) -> bool {
    match case.seen.particulars.io_optimized {
        Some(is_optimized) => !is_optimized,
        None => leaves_a_retired_type(case, to),
    }
}
