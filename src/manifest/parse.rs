//! Builds the tree from the parser's events, within limits that hold for hostile input too.

use std::borrow::Cow;
use std::collections::BTreeMap;

use saphyr_parser::{Event, Parser, ScalarStyle, ScanError, Span, Tag};

use super::codes;
use super::mark::Mark;
use super::notes::{Draft, Notes, quoted};
use super::text::Text;
use super::tree::{Kind, Node, NodeId, Style, Tree};

/// Deepest nesting of collections, aliases counted as if written out.
const DEPTH_MAX: usize = 64;

/// Nodes that any file may have once its aliases are written out.
const NODES_FLOOR: u64 = 1_000_000;

/// Nodes a larger file may have for every ten bytes of it: sixteen, ten times what plain YAML holds.
const NODES_PER_TEN_BYTES: u64 = 16;

/// Why building ended early; the finding has been made.
struct Stop;

/// The tree of a file and its topmost node, or nothing when the text has no tree; findings say why.
pub(super) fn parse<'t>(text: &Text<'t>, notes: &mut Notes) -> Option<(Tree<'t>, NodeId)> {
    let mut builder = Builder::new(text, notes);
    for event in Parser::new_from_str(text.text) {
        let step = match event {
            Ok((event, span)) => builder.take(event, span),
            Err(error) => builder.refuse(&error),
        };
        if step.is_err() {
            return None;
        }
    }
    builder.finish()
}

/// A collection whose end has not come.
struct Open {
    node: NodeId,
    anchor: usize,
    children: Vec<NodeId>,
    /// Levels below this one so far.
    height: usize,
    /// The count of nodes when it began.
    counted_before: u64,
}

/// A finished node that aliases may name.
struct Anchored {
    node: NodeId,
    height: usize,
    nodes: u64,
}

struct Builder<'a, 't> {
    text: &'a Text<'t>,
    notes: &'a mut Notes,
    tree: Tree<'t>,
    open: Vec<Open>,
    anchors: BTreeMap<usize, Anchored>,
    root: Option<NodeId>,
    documents: usize,
    /// Nodes so far, aliases counted as if written out.
    counted: u64,
    budget: u64,
}

impl<'a, 't> Builder<'a, 't> {
    fn new(text: &'a Text<'t>, notes: &'a mut Notes) -> Self {
        let bytes = text.text.len() as u64;
        Self {
            text,
            notes,
            tree: Tree::default(),
            open: Vec::new(),
            anchors: BTreeMap::new(),
            root: None,
            documents: 0,
            counted: 0,
            budget: NODES_FLOOR.max(bytes * NODES_PER_TEN_BYTES / 10),
        }
    }

    fn take(&mut self, event: Event<'t>, span: Span) -> Result<(), Stop> {
        let mark = self.text.mark(&span.start, &span.end);
        match event {
            Event::DocumentStart(_) => self.document(mark),
            Event::Scalar(text, style, anchor, tag) => {
                self.untagged(tag.as_deref(), mark);
                self.scalar(text, style, anchor, mark)
            }
            Event::SequenceStart(anchor, tag) => {
                self.untagged(tag.as_deref(), mark);
                self.begin(Kind::Sequence(Vec::new()), anchor, mark)
            }
            Event::MappingStart(anchor, tag) => {
                self.untagged(tag.as_deref(), mark);
                self.begin(Kind::Mapping(Vec::new()), anchor, mark)
            }
            Event::SequenceEnd | Event::MappingEnd => {
                self.end();
                Ok(())
            }
            Event::Alias(anchor) => self.alias(anchor, mark),
            Event::Nothing | Event::StreamStart | Event::StreamEnd | Event::DocumentEnd => Ok(()),
        }
    }

    fn document(&mut self, mark: Mark) -> Result<(), Stop> {
        self.documents += 1;
        if self.documents == 1 {
            return Ok(());
        }
        self.stop(
            Draft::new(codes::MANY_DOCUMENTS, mark, "a second document in one file")
                .label("begins here")
                .help("put it into a file of its own, all files are read as one fleet"),
        )
    }

    fn scalar(
        &mut self,
        text: Cow<'t, str>,
        style: ScalarStyle,
        anchor: usize,
        mark: Mark,
    ) -> Result<(), Stop> {
        let style = match style {
            ScalarStyle::Plain => Style::Plain,
            ScalarStyle::SingleQuoted
            | ScalarStyle::DoubleQuoted
            | ScalarStyle::Literal
            | ScalarStyle::Folded => Style::Quoted,
        };
        self.count(1, mark)?;
        let mark = self.without_properties(mark, &text, style);
        let kind = Kind::Scalar { text, style };
        let node = self.tree.push(Node { kind, mark });
        self.remember(anchor, node, 0, 1);
        self.place(node);
        Ok(())
    }

    /// The parser's span begins at an anchor or a tag; a plain scalar is its own last part.
    fn without_properties(&self, mark: Mark, text: &str, style: Style) -> Mark {
        let under = self.text.under(mark);
        match under.strip_suffix(text) {
            Some(properties) if style == Style::Plain && !properties.contains(['\n', '\r']) => {
                Mark {
                    start: mark.end - u32::try_from(text.len()).unwrap_or_default(),
                    column: mark.column
                        + u32::try_from(properties.chars().count()).unwrap_or_default(),
                    ..mark
                }
            }
            Some(_) | None => mark,
        }
    }

    fn begin(&mut self, kind: Kind<'t>, anchor: usize, mark: Mark) -> Result<(), Stop> {
        self.count(1, mark)?;
        if self.open.len() >= DEPTH_MAX {
            return self.stop(too_deep(mark));
        }
        let node = self.tree.push(Node { kind, mark });
        self.open.push(Open {
            node,
            anchor,
            children: Vec::new(),
            height: 0,
            counted_before: self.counted - 1,
        });
        Ok(())
    }

    fn end(&mut self) {
        let Some(open) = self.open.pop() else { return };
        let kind = match &self.tree.get(open.node).kind {
            Kind::Mapping(_) => Kind::Mapping(self.pairs(&open.children)),
            Kind::Sequence(_) | Kind::Scalar { .. } => Kind::Sequence(open.children),
        };
        self.tree.fill(open.node, kind);
        let nodes = self.counted - open.counted_before;
        self.remember(open.anchor, open.node, open.height + 1, nodes);
        if let Some(parent) = self.open.last_mut() {
            parent.height = parent.height.max(open.height + 1);
        }
        self.place(open.node);
    }

    fn alias(&mut self, anchor: usize, mark: Mark) -> Result<(), Stop> {
        let Some(&Anchored {
            node,
            height,
            nodes,
        }) = self.anchors.get(&anchor)
        else {
            let message = "an alias inside the value it stands for";
            return self.stop(Draft::new(codes::ALIAS, mark, message).label("would never end"));
        };
        self.count(nodes, mark)?;
        if self.open.len() + height > DEPTH_MAX {
            return self.stop(too_deep(mark));
        }
        if let Some(parent) = self.open.last_mut() {
            parent.height = parent.height.max(height);
        }
        self.place(node);
        Ok(())
    }

    fn count(&mut self, nodes: u64, mark: Mark) -> Result<(), Stop> {
        self.counted = self.counted.saturating_add(nodes);
        if self.counted <= self.budget {
            return Ok(());
        }
        let message = format!(
            "written out, the aliases make more than {} values",
            self.budget
        );
        self.stop(
            Draft::new(codes::ALIAS, mark, message)
                .label("too many with this one")
                .help("write the values where they are needed, or share them through a group"),
        )
    }

    fn remember(&mut self, anchor: usize, node: NodeId, height: usize, nodes: u64) {
        // The parser numbers anchors from 1; 0 means none.
        if anchor > 0 {
            let anchored = Anchored {
                node,
                height,
                nodes,
            };
            self.anchors.insert(anchor, anchored);
        }
    }

    /// Hands a finished node to the collection around it.
    fn place(&mut self, node: NodeId) {
        match self.open.last_mut() {
            Some(parent) => parent.children.push(node),
            None => self.root = Some(node),
        }
    }

    /// Keys with their values; a key that cannot stand gets a finding and is left out.
    fn pairs(&mut self, children: &[NodeId]) -> Vec<(NodeId, NodeId)> {
        let (tree, notes) = (&self.tree, &mut *self.notes);
        let mut seen: BTreeMap<&str, Mark> = BTreeMap::new();
        let mut pairs = Vec::with_capacity(children.len() / 2);
        for pair in children.chunks_exact(2) {
            let (key, value) = (pair[0], pair[1]);
            let mark = tree.get(key).mark;
            let Some(text) = tree.text(key) else {
                notes.add(Draft::new(codes::ODD_KEY, mark, "a key that is not text").label("here"));
                continue;
            };
            if is_merge_key(tree.get(key)) {
                notes.add(merge_key(mark));
            } else if let Some(first) = seen.get(text) {
                let message = format!("key {} is written twice", quoted(text));
                let draft = Draft::new(codes::DUPLICATE_KEY, mark, message).label("again here");
                notes.add(draft.other(*first, "first written here"));
            } else {
                seen.insert(text, mark);
                pairs.push((key, value));
            }
        }
        pairs
    }

    fn untagged(&mut self, tag: Option<&Tag>, mark: Mark) {
        let Some(tag) = tag else { return };
        let help = if tag.is_yaml_core_schema() {
            "leave the tag out; quote the value if it is meant as text"
        } else {
            "leave the tag out; manifests hold plain values only"
        };
        let mark = tag_mark(self.text, mark);
        let message = format!("tag {} is not read", quoted(self.text.under(mark)));
        self.notes.add(
            Draft::new(codes::TAG, mark, message)
                .label("a tag")
                .help(help),
        );
    }

    fn refuse(&mut self, error: &ScanError) -> Result<(), Stop> {
        let mark = self.text.mark(error.marker(), error.marker());
        let message = format!("not YAML: {}", error.info());
        self.stop(Draft::new(codes::NOT_YAML, mark, message).label("the parser gave up here"))
    }

    fn stop(&mut self, draft: Draft) -> Result<(), Stop> {
        self.notes.add(draft);
        Err(Stop)
    }

    fn finish(self) -> Option<(Tree<'t>, NodeId)> {
        let empty = |node: &Node<'_>| match &node.kind {
            Kind::Scalar { text, style } => text.is_empty() && *style == Style::Plain,
            Kind::Sequence(_) | Kind::Mapping(_) => false,
        };
        match self.root {
            Some(root) if !empty(self.tree.get(root)) => Some((self.tree, root)),
            Some(_) | None => {
                let top = Mark::top(self.text.file);
                let draft = Draft::new(codes::EMPTY, top, "the file is empty");
                self.notes.add(draft.help(
                    "a manifest begins with `version: 1` and `fleet: NAME`; remove the file if it is a leftover",
                ));
                None
            }
        }
    }
}

/// The part of a node's span that is its tag; an anchor may stand before it.
fn tag_mark(text: &Text<'_>, mark: Mark) -> Mark {
    let under = text.under(mark);
    let skip = under.find('!').unwrap_or(0);
    let tag = &under[skip..];
    let length = tag.find(char::is_whitespace).unwrap_or(tag.len());
    let offset = |bytes: usize| u32::try_from(bytes).unwrap_or_default();
    Mark {
        start: mark.start + offset(skip),
        end: mark.start + offset(skip + length),
        column: mark.column + offset(under[..skip].chars().count()),
        ..mark
    }
}

fn is_merge_key(node: &Node<'_>) -> bool {
    matches!(&node.kind, Kind::Scalar { text, style: Style::Plain } if text == "<<")
}

fn merge_key(mark: Mark) -> Draft {
    Draft::new(codes::MERGE_KEY, mark, "merge keys are not read")
        .label("not part of YAML 1.2")
        .help("settings are shared by `defaults` and groups; a whole value by an alias")
}

fn too_deep(mark: Mark) -> Draft {
    let message = format!("nested more than {DEPTH_MAX} levels deep");
    Draft::new(codes::TOO_DEEP, mark, message).label("one level too many")
}
