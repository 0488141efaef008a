//! Parameters that stand in the documents and are not open to everybody (R18, R36, R71).

use std::collections::BTreeSet;

use crate::sim::protocol::reply::Refusal;
use crate::sim::protocol::request::Params;
use crate::sim::rules::Caller;
use crate::sim::time::read_second;

/// Most disks that can be named.
const DISKS_MAX: usize = 128;

/// R71: Disk.N and ModifyMode are refused to everybody; the one call that has codes for them reads them first.
pub(crate) fn no_disks_and_modes(params: &Params, caller: Caller) -> Result<(), Refusal> {
    let mode = params.get("ModifyMode");
    if mode.is_some_and(|mode| !matches!(mode, "Online" | "Offline")) {
        return Err(Refusal::invalid("ModifyMode", "has an unknown value"));
    }
    let disks = named_disks(params);
    if mode.is_none() && disks.is_empty() {
        return Ok(());
    }
    match caller {
        Caller::Prepay => {
            let listed = 1..=DISKS_MAX;
            if disks.iter().any(|number| !listed.contains(number)) {
                return Err(Refusal::invalid("Disk.N", "is numbered from 1 to 128"));
            }
            for number in disks {
                disk_is_readable(params, number)?;
            }
            Err(Refusal::new(
                400,
                "OperationDenied",
                "Changing disks along with the type is not open to this account.",
            ))
        }
        Caller::Spec | Caller::Network => {
            Err(Refusal::invalid("Disk.N", "is not open to this account"))
        }
    }
}

/// The numbers of the disks that are named; one too long to be read is certainly too high.
fn named_disks(params: &Params) -> BTreeSet<usize> {
    let names = params.0.keys().filter(|name| params.get(name).is_some());
    let numbers = names.filter_map(|name| {
        let (number, key) = name.strip_prefix("Disk.")?.split_once('.')?;
        let is_number = !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit());
        let is_key = ["DiskId", "Category", "PerformanceLevel"].contains(&key);
        (is_number && is_key).then(|| number.parse().unwrap_or(usize::MAX))
    });
    numbers.collect()
}

fn disk_is_readable(params: &Params, number: usize) -> Result<(), Refusal> {
    let get = |key: &str| params.get(&format!("Disk.{number}.{key}"));
    let (code, what) = match (get("Category"), get("PerformanceLevel")) {
        (None, _) => ("MissingParameter.DiskCategory", "needs a category"),
        (Some(category), _) if !category.starts_with("cloud") => {
            ("InvalidParameter.DiskCategory", "has an unknown category")
        }
        (Some(_), Some(level)) if !matches!(level, "PL0" | "PL1" | "PL2" | "PL3") => (
            "InvalidPerformanceLevel.Malformed",
            "has an unknown performance level",
        ),
        (Some(_), _) => return Ok(()),
    };
    Err(Refusal::new(400, code, format!("Disk.{number} {what}.")))
}

/// Temporary.* of ModifyInstanceSpec: read, and then refused, since it is by invitation.
pub(crate) fn no_temporary(params: &Params) -> Result<(), Refusal> {
    let [start, end, out] = ["StartTime", "EndTime", "InternetMaxBandwidthOut"]
        .map(|key| params.get(&format!("Temporary.{key}")));
    if start.is_none() && end.is_none() && out.is_none() {
        return Ok(());
    }
    for (name, value) in [("StartTime", start), ("EndTime", end)] {
        let text = value.ok_or_else(|| temporary(404, "MissingTemporary", name))?;
        read_second(text).ok_or_else(|| temporary(400, "InvalidTemporary", name))?;
    }
    Err(Refusal::invalid("Temporary", "is by invitation only"))
}

fn temporary(status: u16, code: &str, name: &str) -> Refusal {
    let message = format!("Temporary.{name} is not there or not of the form yyyy-MM-ddTHH:mm:ssZ.");
    Refusal::new(status, &format!("{code}.{name}"), message)
}

/// R36: a provider's line wants bandwidth, and then an invitation.
pub(crate) fn no_line(params: &Params, out: Option<i64>) -> Result<(), Refusal> {
    if params.get("ISP").is_none() {
        return Ok(());
    }
    if out.is_none_or(|out| out <= 0) {
        return Err(Refusal::new(
            400,
            "InvalidBandwidthOut.LessThanZero",
            "A line needs outbound bandwidth above 0.",
        ));
    }
    Err(Refusal::new(
        403,
        "InvalidIspUID",
        "Lines are by invitation only.",
    ))
}
