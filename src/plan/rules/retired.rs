//! What a change of type does besides where an old type is left, or the cluster.

use crate::model::{Sale, TypeName};
use crate::plan::input::Case;
use crate::plan::step::Because;

/// R69: the category that its system disk is to get, where the vendor may take it. Anywhere else the call would be
/// refused, and the machine have been down for nothing.
pub(in crate::plan) fn system_disk(case: &Case<'_>, to: &TypeName) -> Option<String> {
    let wanted = case.desired.change.system_disk_category.clone();
    wanted.filter(|_| takes_a_system_disk(case, to))
}

/// R69: one key may be written for a whole fleet, and does not block whom it does not fit.
pub(in crate::plan) fn disk_is_left_out(case: &Case<'_>, to: &TypeName) -> Option<Because> {
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
