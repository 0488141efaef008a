//! How long machines were gone, in words.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::figures::{longest, mean};
use crate::model::InstanceName;

use super::style::{count, duration};

/// `8 machines, 44s on average, 46s at most (web-3)`; of one machine `46s (web-3)`.
pub(in crate::report) fn times(times: &BTreeMap<InstanceName, Duration>) -> String {
    let Some((name, most)) = longest(times) else {
        return "nobody".to_owned();
    };
    if times.len() == 1 {
        return format!("{} ({name})", duration(most));
    }
    format!(
        "{}, {} on average, {} at most ({name})",
        count(times.len(), "machine"),
        duration(mean(times.values())),
        duration(most),
    )
}
