//! Reads a mapping key by key, so that what nobody asked for can be refused.

use super::codes;
use super::decoder::Decoder;
use super::mark::{At, Mark, Slot};
use super::notes::{Draft, quoted};
use super::tree::NodeId;

/// A mapping being read key by key; it remembers what was asked for and refuses the rest.
pub(super) struct Fields<'a> {
    entries: &'a [(NodeId, NodeId)],
    asked: Vec<&'static str>,
    /// Keys that have their finding.
    refused: Vec<&'static str>,
    /// Where the mapping stands.
    pub(super) mark: Mark,
    what: &'static str,
}

impl<'a> Fields<'a> {
    /// Opens a mapping for reading by key; `what` is its name in messages.
    pub(super) fn open(d: &mut Decoder<'a>, node: NodeId, what: &'static str) -> Option<Self> {
        let entries = d.entries(node)?;
        Some(Self {
            entries,
            asked: Vec::new(),
            refused: Vec::new(),
            mark: d.mark(node),
            what,
        })
    }

    /// The value under a key.
    pub(super) fn node(&mut self, d: &Decoder<'_>, key: &'static str) -> Option<NodeId> {
        self.asked.push(key);
        let found = self.entries.iter().find(|(k, _)| d.key(*k).value == key);
        found.map(|(_, value)| *value)
    }

    /// The value under a key, read.
    pub(super) fn slot<'d, T>(
        &mut self,
        d: &mut Decoder<'d>,
        key: &'static str,
        read: impl FnOnce(&mut Decoder<'d>, NodeId) -> Option<At<T>>,
    ) -> Slot<T> {
        match self.node(d, key) {
            None => Slot::Unwritten,
            Some(node) => read(d, node).map_or(Slot::Broken, Slot::Written),
        }
    }

    /// Refuses keys that stand one level too high.
    pub(super) fn belongs_under(
        &mut self,
        d: &mut Decoder<'_>,
        parent: &str,
        keys: &[&'static str],
    ) {
        for key in keys {
            let Some((written, _)) = self.entries.iter().find(|(k, _)| d.key(*k).value == *key)
            else {
                continue;
            };
            let message = format!("`{key}` stands beside `{parent}`");
            d.notes.add(
                Draft::new(codes::UNKNOWN_KEY, d.mark(*written), message)
                    .label(format!("belongs under `{parent}`"))
                    .help(format!("write `{parent}: {{{key}: …}}`")),
            );
            self.refused.push(key);
        }
    }

    /// Refuses every key that was not asked for.
    pub(super) fn close(self, d: &mut Decoder<'_>) {
        for (key, _) in self.entries {
            let key = d.key(*key);
            let known = self.asked.contains(&key.value) || self.refused.contains(&key.value);
            if known || d.notes.is_full() {
                continue;
            }
            let draft = self.unknown(d, &key);
            d.notes.add(draft);
        }
    }

    fn unknown(&self, d: &mut Decoder<'_>, key: &At<&str>) -> Draft {
        let message = format!("unknown key {} in {}", quoted(key.value), self.what);
        let draft = Draft::new(codes::UNKNOWN_KEY, key.mark, message).label("unknown key");
        match d.notes.nearest(key.value, self.asked.iter().copied()) {
            Some(near) => draft.suggest("a key with a similar name exists", near),
            None => draft.help(format!("known here: {}", self.asked.join(", "))),
        }
    }
}
