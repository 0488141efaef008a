//! What the journal of a state says, read from its text without the program.

use std::collections::BTreeSet;
use std::path::Path;

use serde_json::Value;

/// The lines of a `journal.jsonl`, but for a last commit that is not whole: nobody was told of it.
pub(crate) struct Journal {
    lines: Vec<Value>,
}

impl Journal {
    /// None is as good as an empty one.
    pub(crate) fn read(path: &Path) -> Self {
        let text = std::fs::read(path).unwrap_or_default();
        let lines = text.split_inclusive(|&byte| byte == b'\n');
        let whole = lines.map_while(|line| serde_json::from_slice(line).ok());
        let mut lines: Vec<Value> = whole.collect();
        let ends_commit = |line: &Value| line["entry"]["seq"] == line["last"];
        let whole = lines.iter().rposition(ends_commit).map_or(0, |at| at + 1);
        lines.truncate(whole);
        Self { lines }
    }

    fn entries(&self) -> impl Iterator<Item = &Value> {
        self.lines.iter().filter_map(|line| line.get("entry"))
    }

    fn events(&self) -> impl Iterator<Item = &Value> {
        self.entries()
            .filter_map(|entry| entry["kind"].get("event"))
    }

    /// The tokens that were announced.
    pub(crate) fn tokens(&self) -> BTreeSet<&str> {
        let intents = self.events().filter_map(|event| event.get("intent"));
        intents
            .filter_map(|intent| intent["token"].as_str())
            .collect()
    }

    /// The orders that some answer named.
    pub(crate) fn orders(&self) -> BTreeSet<String> {
        let answers = self.events().filter_map(|event| event.get("answered"));
        let orders = answers.filter_map(|answer| answer["order_id"].as_str());
        orders.map(str::to_owned).collect()
    }

    /// Machines whose change was begun and is not over.
    pub(crate) fn open_machines(&self) -> BTreeSet<&str> {
        let mut open = BTreeSet::new();
        for entry in self.entries() {
            let instance = entry["kind"]["instance"].as_str();
            match (entry["kind"]["kind"].as_str(), instance) {
                (Some("begun"), Some(instance)) => drop(open.insert(instance)),
                (Some("closed"), Some(instance)) => drop(open.remove(instance)),
                (_, _) => {}
            }
        }
        open
    }

    /// Whether nothing was written between the two readings.
    pub(crate) fn is_the_same_as(&self, other: &Self) -> bool {
        self.lines == other.lines
    }

    /// Whether this one goes on where an earlier one ended: nothing that was written is gone.
    #[track_caller]
    pub(crate) fn goes_on_from(&self, earlier: &Self) {
        let kept = self.lines.get(..earlier.lines.len());
        assert!(
            kept == Some(&earlier.lines[..]),
            "{} lines were there, and are not any more",
            earlier.lines.len()
        );
    }
}
