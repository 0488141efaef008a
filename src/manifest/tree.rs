//! A manifest's text as a tree in which every value knows its place.
//!
//! Nodes live in one list and name each other by position: an alias is a second reference to the
//! same node, so that expanding it costs nothing and dropping the tree never recurses.

use std::borrow::Cow;

use super::mark::Mark;

/// The position of a node in its tree.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct NodeId(u32);

/// How a scalar was written: only plain ones can be anything but text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Style {
    Plain,
    Quoted,
}

/// What a node is.
#[derive(Debug)]
pub(super) enum Kind<'t> {
    Scalar {
        text: Cow<'t, str>,
        style: Style,
    },
    Sequence(Vec<NodeId>),
    /// Keys are scalars, each text at most once.
    Mapping(Vec<(NodeId, NodeId)>),
}

/// A value with its place.
#[derive(Debug)]
pub(super) struct Node<'t> {
    pub(super) kind: Kind<'t>,
    pub(super) mark: Mark,
}

/// All nodes of one file.
#[derive(Debug, Default)]
pub(super) struct Tree<'t> {
    nodes: Vec<Node<'t>>,
}

impl<'t> Tree<'t> {
    /// Puts a node into the tree.
    pub(super) fn push(&mut self, node: Node<'t>) -> NodeId {
        let position = u32::try_from(self.nodes.len()).expect("a file has fewer nodes than bytes");
        self.nodes.push(node);
        NodeId(position)
    }

    /// Gives a collection its children, once they are known.
    pub(super) fn fill(&mut self, id: NodeId, kind: Kind<'t>) {
        self.nodes[id.0 as usize].kind = kind;
    }

    /// The node.
    pub(super) fn get(&self, id: NodeId) -> &Node<'t> {
        &self.nodes[id.0 as usize]
    }

    /// The text of a scalar.
    pub(super) fn text(&self, id: NodeId) -> Option<&str> {
        match &self.get(id).kind {
            Kind::Scalar { text, .. } => Some(text),
            Kind::Sequence(_) | Kind::Mapping(_) => None,
        }
    }
}
