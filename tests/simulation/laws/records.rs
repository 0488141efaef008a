//! I13 and I15: what is written, and how much of it.

use std::collections::BTreeMap;

use respec::model::InstanceId;
use respec::store::{KeyRange, Kv as _, Tree};
use secrecy::ExposeSecret as _;

use super::Past;
use crate::history::History;
use crate::script::ATTEMPTS_MAX;

/// Most entries about one machine in one attempt.
const ENTRIES_MAX: usize = 40;

/// I15: so many entries for each time that a machine was begun or taken up again.
pub(super) fn the_journal_is_bounded(history: &History, past: &Past) {
    let mut entries: BTreeMap<InstanceId, usize> = BTreeMap::new();
    for instance in past.entries().filter_map(|entry| entry.kind.instance()) {
        *entries.entry(instance.clone()).or_default() += 1;
    }
    let most = ENTRIES_MAX * ATTEMPTS_MAX;
    for (id, n) in entries.iter().filter(|(_, n)| **n > most) {
        history.eye.object("I15", format!("{n} entries about {id}"));
    }
}

/// I13: the key's secret is in nothing that was written.
pub(super) fn the_secret_is_kept(history: &History) {
    let secret = history.rig.key.secret.expose_secret();
    let mut places = Vec::new();
    let log = history
        .eye
        .log
        .borrow()
        .iter()
        .any(|line| line.contains(secret));
    places.extend(log.then_some("the log"));
    for tree in Tree::ALL {
        let rows = history.kv.scan(tree, &KeyRange::all()).unwrap();
        let held = rows.iter().any(|(_, value)| holds(value, secret));
        places.extend(held.then_some(tree.name()));
    }
    let plans = format!("{:?}", history.plans.borrow().values());
    places.extend(plans.contains(secret).then_some("a plan"));
    for place in places {
        let what = format!("{place} holds the secret");
        history.eye.object("I13", what);
    }
}

fn holds(value: &[u8], secret: &str) -> bool {
    match std::str::from_utf8(value) {
        Ok(text) => text.contains(secret),
        Err(_) => String::from_utf8_lossy(value).contains(secret),
    }
}
