//! The plan as one graph: steps, and the groups that others wait for. petgraph carries it.
//!
//! Order, named cycles, the longest tail behind a step and the drawing all come from here.

use std::collections::BTreeMap;
use std::time::Duration;

use petgraph::Direction;
use petgraph::algo::{tarjan_scc, toposort};
use petgraph::graph::{DiGraph, NodeIndex};

use crate::model::{GroupName, InstanceId, Unit};

use super::nouns::Saga;

/// Most steps of one machine. The longest chain of the rules has eleven; a plan file may hold anything.
const STEPS_MAX: usize = 32;

/// A place in the graph.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Node {
    /// One step of one machine.
    Step(InstanceId, u16),
    /// The moment when every machine of a group is finished.
    Finished(GroupName),
}

impl std::fmt::Display for Node {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Step(instance, step) => write!(f, "{instance} step {}", step + 1),
            Self::Finished(group) => write!(f, "group {group}"),
        }
    }
}

/// Why a graph cannot be built.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum GraphError {
    /// Some steps wait for each other in a ring.
    #[error("these wait for each other: {}", .0.join(" → "))]
    Cycle(Vec<String>),
    /// A chain is filed under another machine.
    #[error("{0} holds the steps of {1}")]
    Misfiled(InstanceId, InstanceId),
    /// A chain without a step, or with more than any change needs.
    #[error("{0} has no steps, or more than {STEPS_MAX}")]
    Length(InstanceId),
    /// A step needs one that its saga does not have.
    #[error("{0} needs a step that does not exist")]
    UnknownNeed(String),
}

/// The steps of a plan with what each needs; known to have no cycle.
#[derive(Debug, Clone)]
pub struct StepGraph {
    graph: DiGraph<Node, ()>,
    index: BTreeMap<Node, NodeIndex>,
    tails: Vec<Duration>,
}

impl StepGraph {
    /// Builds the graph of these sagas.
    ///
    /// # Errors
    /// [`GraphError`] when needs are circular or lead nowhere.
    pub fn build(sagas: &BTreeMap<InstanceId, Saga>) -> Result<Self, GraphError> {
        let mut graph = Self {
            graph: DiGraph::new(),
            index: BTreeMap::new(),
            tails: Vec::new(),
        };
        for (id, saga) in sagas {
            if saga.instance != *id {
                return Err(GraphError::Misfiled(id.clone(), saga.instance.clone()));
            }
            graph.add_saga(saga)?;
        }
        for saga in sagas.values() {
            graph.link(saga, sagas);
        }
        graph.refuse_cycles()?;
        graph.measure(sagas);
        Ok(graph)
    }

    fn add_saga(&mut self, saga: &Saga) -> Result<(), GraphError> {
        if saga.steps.is_empty() || saga.steps.len() > STEPS_MAX {
            return Err(GraphError::Length(saga.instance.clone()));
        }
        for (position, step) in (0u16..).zip(&saga.steps) {
            let node = self.node(Node::Step(saga.instance.clone(), position));
            for need in &step.needs {
                let need = Node::Step(saga.instance.clone(), *need);
                let Some(from) = self.index.get(&need) else {
                    return Err(GraphError::UnknownNeed(self.graph[node].to_string()));
                };
                self.graph.add_edge(*from, node, ());
            }
        }
        Ok(())
    }

    /// Sagas meet only end to end: the last step of one before the first of another.
    fn link(&mut self, saga: &Saga, sagas: &BTreeMap<InstanceId, Saga>) {
        let first = self.index[&Node::Step(saga.instance.clone(), 0)];
        if let Some(group) = &saga.group {
            let last = self.last_step(saga);
            let finished = self.node(Node::Finished(group.clone()));
            self.graph.add_edge(last, finished, ());
        }
        for unit in &saga.after {
            let before = match unit {
                Unit::Instance(id) => sagas.get(id).map(|other| self.last_step(other)),
                Unit::Group(name) => Some(self.node(Node::Finished(name.clone()))),
            };
            if let Some(before) = before {
                self.graph.add_edge(before, first, ());
            }
        }
    }

    fn last_step(&self, saga: &Saga) -> NodeIndex {
        let last =
            u16::try_from(saga.steps.len() - 1).expect("longer chains were refused when added");
        self.index[&Node::Step(saga.instance.clone(), last)]
    }

    fn node(&mut self, node: Node) -> NodeIndex {
        if let Some(index) = self.index.get(&node) {
            return *index;
        }
        let index = self.graph.add_node(node.clone());
        self.index.insert(node, index);
        index
    }

    fn refuse_cycles(&self) -> Result<(), GraphError> {
        if toposort(&self.graph, None).is_ok() {
            return Ok(());
        }
        let ring = tarjan_scc(&self.graph)
            .into_iter()
            .find(|ring| ring.len() > 1);
        let names =
            |ring: Vec<NodeIndex>| ring.iter().map(|n| self.graph[*n].to_string()).collect();
        Err(GraphError::Cycle(ring.map_or_else(Vec::new, names)))
    }

    /// The longest way from each node to the end, in expected time.
    fn measure(&mut self, sagas: &BTreeMap<InstanceId, Saga>) {
        self.tails = vec![Duration::ZERO; self.graph.node_count()];
        for node in self.order_of_indices().into_iter().rev() {
            let own = match &self.graph[node] {
                Node::Step(id, step) => sagas[id].steps[usize::from(*step)].downtime,
                Node::Finished(_) => Duration::ZERO,
            };
            let behind = self
                .graph
                .neighbors(node)
                .map(|next| self.tails[next.index()])
                .max();
            self.tails[node.index()] = own + behind.unwrap_or_default();
        }
    }

    fn order_of_indices(&self) -> Vec<NodeIndex> {
        toposort(&self.graph, None).expect("cycles were refused when the graph was built")
    }

    /// All nodes, each after everything it needs.
    #[must_use]
    pub fn order(&self) -> Vec<&Node> {
        self.order_of_indices()
            .into_iter()
            .map(|index| &self.graph[index])
            .collect()
    }

    /// Nodes that must be finished directly before this one.
    #[must_use]
    pub fn needs(&self, node: &Node) -> Vec<&Node> {
        self.neighbours(node, Direction::Incoming)
    }

    /// Nodes that wait directly for this one.
    #[must_use]
    pub fn dependents(&self, node: &Node) -> Vec<&Node> {
        self.neighbours(node, Direction::Outgoing)
    }

    fn neighbours(&self, node: &Node, direction: Direction) -> Vec<&Node> {
        let Some(index) = self.index.get(node) else {
            return Vec::new();
        };
        let mut nodes: Vec<&Node> = self
            .graph
            .neighbors_directed(*index, direction)
            .map(|other| &self.graph[other])
            .collect();
        nodes.sort();
        nodes
    }

    /// The longest expected time from the beginning of this machine's saga to the end of all that waits for it.
    #[must_use]
    pub fn tail(&self, instance: &InstanceId) -> Duration {
        let first = self.index.get(&Node::Step(instance.clone(), 0));
        first.map_or(Duration::ZERO, |index| self.tails[index.index()])
    }
}
