//! Reads values out of the tree: small readers that leave a finding where a value does not fit.

use std::time::Duration;

use crate::model::{InvalidId, Share};

use super::codes;
use super::mark::{At, Mark};
use super::notes::{Draft, Notes, quoted};
use super::scalar::{self, Core, Refusal};
use super::tree::{Kind, NodeId, Style, Tree};

/// A reader over one file's tree.
pub(super) struct Decoder<'a> {
    tree: &'a Tree<'a>,
    pub(super) notes: &'a mut Notes,
}

impl<'a> Decoder<'a> {
    pub(super) fn new(tree: &'a Tree<'a>, notes: &'a mut Notes) -> Self {
        Self { tree, notes }
    }

    /// Where a node stands.
    pub(super) fn mark(&self, node: NodeId) -> Mark {
        self.tree.get(node).mark
    }

    /// The pairs of a mapping; nothing written counts as an empty one.
    pub(super) fn entries(&mut self, node: NodeId) -> Option<&'a [(NodeId, NodeId)]> {
        let tree = self.tree;
        match &tree.get(node).kind {
            Kind::Mapping(pairs) => Some(pairs),
            Kind::Scalar { text, style } if Core::of(text, *style) == Core::Null => Some(&[]),
            Kind::Scalar { .. } | Kind::Sequence(_) => self.wrong_kind(node, "a mapping"),
        }
    }

    /// Whether a node is a list.
    pub(super) fn is_list(&self, node: NodeId) -> bool {
        matches!(self.tree.get(node).kind, Kind::Sequence(_))
    }

    /// Whether a node is a mapping.
    pub(super) fn is_mapping(&self, node: NodeId) -> bool {
        matches!(self.tree.get(node).kind, Kind::Mapping(_))
    }

    /// The items of a list; nothing written counts as an empty one.
    pub(super) fn items(&mut self, node: NodeId) -> Option<&'a [NodeId]> {
        let tree = self.tree;
        match &tree.get(node).kind {
            Kind::Sequence(items) => Some(items),
            Kind::Scalar { text, style } if Core::of(text, *style) == Core::Null => Some(&[]),
            Kind::Scalar { .. } | Kind::Mapping(_) => self.wrong_kind(node, "a list"),
        }
    }

    /// A list of which each good item is kept; broken when none is good.
    pub(super) fn list<T>(
        &mut self,
        node: NodeId,
        mut read: impl FnMut(&mut Self, NodeId) -> Option<At<T>>,
    ) -> Option<At<Vec<At<T>>>> {
        let items = self.items(node)?;
        let value: Vec<At<T>> = items.iter().filter_map(|item| read(self, *item)).collect();
        if value.is_empty() && !items.is_empty() {
            return None;
        }
        Some(At {
            value,
            mark: self.mark(node),
        })
    }

    /// A list, or one item without the brackets.
    pub(super) fn one_or_more<T>(
        &mut self,
        node: NodeId,
        mut read: impl FnMut(&mut Self, NodeId) -> Option<At<T>>,
    ) -> Option<At<Vec<At<T>>>> {
        match &self.tree.get(node).kind {
            Kind::Sequence(_) => self.list(node, read),
            Kind::Scalar { .. } | Kind::Mapping(_) => {
                let one = read(self, node)?;
                let mark = one.mark;
                Some(At {
                    value: vec![one],
                    mark,
                })
            }
        }
    }

    /// The text of a key.
    pub(super) fn key(&self, node: NodeId) -> At<&'a str> {
        At {
            value: self.tree.text(node).unwrap_or_default(),
            mark: self.mark(node),
        }
    }

    /// Text: quoted, or plain and nothing else by the rules of YAML.
    pub(super) fn text(&mut self, node: NodeId) -> Option<At<&'a str>> {
        let (text, style) = self.scalar(node, "text")?;
        let mark = self.mark(node);
        let found = Core::of(text, style);
        match found {
            Core::Text => Some(At { value: text, mark }),
            Core::Null => self.wrong_kind(node, "text"),
            Core::Bool(_) | Core::Number => {
                let message = format!("expected text, found {}", found.name());
                self.notes.add(
                    Draft::new(codes::WRONG_KIND, mark, message)
                        .label("YAML does not take this as text")
                        .suggest("put it into quotes", format!("\"{text}\"")),
                );
                None
            }
        }
    }

    /// A name that has a form of its own.
    pub(super) fn id<T: TryFrom<String, Error = InvalidId>>(
        &mut self,
        node: NodeId,
    ) -> Option<At<T>> {
        let text = self.text(node)?;
        self.parsed(text)
    }

    /// Text of a form of its own, from a value or a key.
    pub(super) fn parsed<T: TryFrom<String, Error = InvalidId>>(
        &mut self,
        text: At<&str>,
    ) -> Option<At<T>> {
        let mark = text.mark;
        match T::try_from(text.value.to_owned()) {
            Ok(value) => Some(At { value, mark }),
            Err(error) => {
                let message = format!("{} is not a valid {}", quoted(text.value), error.kind);
                self.notes
                    .add(Draft::new(codes::MALFORMED, mark, message).label(error.why));
                None
            }
        }
    }

    /// One word of a list.
    pub(super) fn word<T: Copy>(&mut self, node: NodeId, words: &[(&str, T)]) -> Option<At<T>> {
        let (text, _) = self.scalar(node, "a word")?;
        let mark = self.mark(node);
        if let Some((_, value)) = words.iter().find(|(word, _)| *word == text) {
            return Some(At {
                value: *value,
                mark,
            });
        }
        let names: Vec<String> = words.iter().map(|(word, _)| format!("`{word}`")).collect();
        let message = format!("unknown word {}", quoted(text));
        let mut draft = Draft::new(codes::UNKNOWN_WORD, mark, message)
            .label(format!("known here: {}", names.join(", ")));
        if let Some(near) = self
            .notes
            .nearest(text, words.iter().map(|(word, _)| *word))
        {
            draft = draft.suggest("a similar word is known", near);
        }
        self.notes.add(draft);
        None
    }

    /// `true` or `false`.
    pub(super) fn flag(&mut self, node: NodeId) -> Option<At<bool>> {
        self.scalar_of(node, "a boolean", scalar::flag)
    }

    /// A whole number, not negative.
    pub(super) fn number(&mut self, node: NodeId) -> Option<At<u32>> {
        self.scalar_of(node, "a whole number", scalar::number)
    }

    /// A span of time.
    pub(super) fn duration(&mut self, node: NodeId) -> Option<At<Duration>> {
        self.scalar_of(node, "a duration", scalar::duration)
    }

    /// A span of time that may be as long as a week.
    pub(super) fn long_duration(&mut self, node: NodeId) -> Option<At<Duration>> {
        self.scalar_of(node, "a duration", scalar::long_duration)
    }

    /// A count, or a share of a hundred at most.
    pub(super) fn share(&mut self, node: NodeId) -> Option<At<Share>> {
        let share = self.scalar_of(node, "a count or a percentage", scalar::share)?;
        match share.value {
            Share::Percent(percent) if percent > 100 => {
                let message = format!("{percent}% is more than the whole group");
                self.notes
                    .add(Draft::new(codes::SHARE, share.mark, message).label("at most `100%`"));
                None
            }
            Share::Percent(_) | Share::Count(_) => Some(share),
        }
    }

    /// A scalar that one of the readers of [`scalar`] understands.
    pub(super) fn scalar_of<T>(
        &mut self,
        node: NodeId,
        expected: &str,
        read: fn(&str, Style) -> Result<T, Refusal>,
    ) -> Option<At<T>> {
        let (text, style) = self.scalar(node, expected)?;
        let mark = self.mark(node);
        match read(text, style) {
            Ok(value) => Some(At { value, mark }),
            Err(refusal) => {
                let found = Core::of(text, style).name();
                let message = format!("expected {expected}, found {found} {}", quoted(text));
                let mut draft = Draft::new(codes::WRONG_KIND, mark, message).label(refusal.why);
                if let Some(meant) = refusal.meant {
                    draft = draft.suggest("write it like this", meant);
                }
                self.notes.add(draft);
                None
            }
        }
    }

    fn scalar(&mut self, node: NodeId, expected: &str) -> Option<(&'a str, Style)> {
        let tree = self.tree;
        match &tree.get(node).kind {
            Kind::Scalar { text, style } if Core::of(text, *style) != Core::Null => {
                Some((text, *style))
            }
            Kind::Scalar { .. } | Kind::Sequence(_) | Kind::Mapping(_) => {
                self.wrong_kind(node, expected)
            }
        }
    }

    fn wrong_kind<T>(&mut self, node: NodeId, expected: &str) -> Option<T> {
        let found = match &self.tree.get(node).kind {
            Kind::Scalar { text, style } => Core::of(text, *style).name(),
            Kind::Sequence(_) => "a list",
            Kind::Mapping(_) => "a mapping",
        };
        let message = format!("expected {expected}, found {found}");
        let draft = Draft::new(codes::WRONG_KIND, self.mark(node), message);
        self.notes.add(draft.label(format!("not {expected}")));
        None
    }
}
