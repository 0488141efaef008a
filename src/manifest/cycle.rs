//! Finds things that wait for each other.
//!
//! A group waits with every member and is waited for until its last member is finished. Each group
//! is therefore two nodes: its *gate*, which its members pass, and its *end*, which they lead to.

use std::collections::{BTreeMap, BTreeSet};

use petgraph::algo::{astar, kosaraju_scc};
use petgraph::graph::{DiGraph, NodeIndex};
use petgraph::visit::EdgeRef as _;

use crate::model::{InstanceId, Unit};

use super::mark::Mark;

/// Who waits, for whom, and where that is written.
#[derive(Debug, Clone)]
pub(super) struct Wait {
    pub(super) waiter: Unit,
    pub(super) target: Unit,
    pub(super) mark: Mark,
}

/// The `after` of a manifest as a graph; an arrow points at what must be finished first.
struct Waits {
    graph: DiGraph<(), Option<usize>>,
    ends: BTreeMap<Unit, NodeIndex>,
    gates: BTreeMap<Unit, NodeIndex>,
}

/// One cycle for every knot of things that wait for each other, as positions in `waits`, in the
/// order of the waiting. Empty when everything can begin one day.
pub(super) fn cycles<'g>(
    waits: &[Wait],
    groups: impl Iterator<Item = (Unit, &'g BTreeSet<InstanceId>)>,
) -> Vec<Vec<usize>> {
    if waits.is_empty() {
        return Vec::new();
    }
    let graph = Waits::of(waits, groups);
    let knots = kosaraju_scc(&graph.graph);
    let mut cycles: Vec<Vec<usize>> = knots
        .iter()
        .filter_map(|knot| graph.cycle_in(knot, waits))
        .collect();
    cycles.sort_by_key(|cycle| cycle.first().map(|wait| waits[*wait].mark));
    cycles
}

impl Waits {
    fn of<'g>(
        waits: &[Wait],
        groups: impl Iterator<Item = (Unit, &'g BTreeSet<InstanceId>)>,
    ) -> Self {
        let mut graph = Self {
            graph: DiGraph::new(),
            ends: BTreeMap::new(),
            gates: BTreeMap::new(),
        };
        for (group, members) in groups {
            graph.add_group(group, members);
        }
        for (index, wait) in waits.iter().enumerate() {
            let waiter = match graph.gates.get(&wait.waiter) {
                Some(gate) => *gate,
                None => graph.end(&wait.waiter),
            };
            let target = graph.end(&wait.target);
            graph.graph.add_edge(waiter, target, Some(index));
        }
        graph
    }

    fn add_group(&mut self, group: Unit, members: &BTreeSet<InstanceId>) {
        let end = self.end(&group);
        let gate = self.graph.add_node(());
        self.gates.insert(group, gate);
        for member in members {
            let member = self.end(&Unit::Instance(member.clone()));
            self.graph.add_edge(end, member, None);
            self.graph.add_edge(member, gate, None);
        }
    }

    fn end(&mut self, unit: &Unit) -> NodeIndex {
        if let Some(node) = self.ends.get(unit) {
            return *node;
        }
        let node = self.graph.add_node(());
        self.ends.insert(unit.clone(), node);
        node
    }

    /// The shortest cycle through the first wait that lies inside this knot.
    fn cycle_in(&self, knot: &[NodeIndex], waits: &[Wait]) -> Option<Vec<usize>> {
        let inside: BTreeSet<NodeIndex> = knot.iter().copied().collect();
        let first = knot
            .iter()
            .flat_map(|node| self.graph.edges(*node))
            .filter(|edge| edge.weight().is_some() && inside.contains(&edge.target()))
            .min_by_key(|edge| edge.weight().map(|wait| waits[wait].mark))?;
        let back = |node| node == first.source();
        let (_, path) = astar(&self.graph, first.target(), back, |_| 1_u32, |_| 0)?;
        let between = path
            .windows(2)
            .filter_map(|pair| self.graph.find_edge(pair[0], pair[1]))
            .filter_map(|edge| self.graph[edge]);
        Some(first.weight().iter().copied().chain(between).collect())
    }
}
