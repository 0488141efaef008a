//! What is worth knowing about a change of type although the cloud may well take it.

use crate::model::{NetworkKind, TypeName};
use crate::plan::nouns::{Because, Case};

use super::allowed::{fits, targets};
use super::changes::retired;

/// The notes about this machine becoming that.
pub(super) fn notes(case: &Case<'_>, to: &TypeName) -> Vec<Because> {
    let all = [
        windows(case),
        nvme(case, to),
        fewer_disks(case, to),
        entry_level(case, to),
        hibernation(case),
        not_listed_yet(case, to),
        retired::other_address(case, to),
        retired::other_names(case, to),
        retired::disk_is_left_out(case, to),
    ];
    all.into_iter().flatten().collect()
}

/// R22: Windows wants its drivers before the change.
fn windows(case: &Case<'_>) -> Option<Because> {
    case.seen.particulars.windows.then(|| {
        Because::new(
            "R22",
            "Windows: prepare the drivers for the new type inside the guest beforehand",
        )
    })
}

/// R22: a guest that meets its disks under other names does not find them.
fn nvme(case: &Case<'_>, to: &TypeName) -> Option<Because> {
    let (is, will) = fits::shapes(case, to)?;
    let (is, will) = (is.nvme.as_deref()?, will.nvme.as_deref()?);
    (is != will).then(|| {
        Because::new(
            "R22",
            format!("NVMe goes from `{is}` to `{will}`: prepare drivers and mounts inside the guest beforehand"),
        )
    })
}

/// R61: attached disks are not counted, so only a type that takes fewer is worth a word.
fn fewer_disks(case: &Case<'_>, to: &TypeName) -> Option<Because> {
    let (is, will) = fits::shapes(case, to)?;
    let (is, will) = (is.disks?, will.disks?);
    (will < is).then(|| {
        Because::new(
            "R61",
            format!(
                "{to} takes {will} disks, the present type {is}; attached disks were not counted"
            ),
        )
    })
}

/// R62: whether the VPC has advanced features cannot be seen; which types they shut out can.
fn entry_level(case: &Case<'_>, to: &TypeName) -> Option<Because> {
    let (is, will) = fits::shapes(case, to)?;
    let is_entry = |level: Option<&String>| level.is_some_and(|level| level.contains("EntryLevel"));
    let in_vpc = case.seen.network == NetworkKind::Vpc;
    (in_vpc && is_entry(will.level.as_ref()) && !is_entry(is.level.as_ref())).then(|| {
        Because::new(
            "R62",
            format!(
                "{to} is an entry-level type, which a VPC with advanced network features refuses"
            ),
        )
    })
}

/// R66: documented for subscriptions, which are blocked.
fn hibernation(case: &Case<'_>) -> Option<Because> {
    case.seen.particulars.hibernates.then(|| {
        Because::new(
            "R66",
            "it is set up to hibernate; the cloud may refuse a change of type",
        )
    })
}

fn not_listed_yet(case: &Case<'_>, to: &TypeName) -> Option<Because> {
    targets::is_listed_once_lowered(case).then(|| {
        Because::new(
            "R60",
            format!("{to} is not listed while its bandwidth is as it is, which is lowered first"),
        )
    })
}
