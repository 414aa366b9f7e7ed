//! What has to run for some values of a network at one batch size.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use burn::tensor::Device;

use crate::network::engine::EngineError;
use crate::network::graph::{Graph, Node};
use crate::network::op::{Call, Fact};
use crate::network::plan::{Plan, run_contained};
use crate::network::value::Value;

/// The nodes that have to run for some values, with the constants that they read.
#[derive(Debug)]
pub(crate) struct Program {
    graph: Arc<Graph>,
    plan: Plan,
    /// Indices of the nodes, in order.
    nodes: Vec<usize>,
    /// The values for which the nodes run.
    wanted: Vec<String>,
    /// Those of them that are kept until the end.
    handed_back: Vec<String>,
    /// For each value, the last place in `nodes` at which it is read.
    last_reads: BTreeMap<String, usize>,
    constants: BTreeMap<String, Value>,
}

impl Program {
    /// The program for `wanted` values; a parameter in `variable` is given when it runs. `checked` is an earlier plan with
    /// the same parameters.
    pub(crate) fn new(
        graph: &Arc<Graph>,
        batch: usize,
        wanted: &[String],
        variable: &BTreeSet<String>,
        checked: &Plan,
    ) -> Result<Self, EngineError> {
        let plan = Plan::new(graph, batch, variable, Some(checked))?;
        let nodes = plan.needed_nodes(graph, wanted);
        let mut last_reads = BTreeMap::new();
        for (place, node) in nodes.iter().filter_map(|index| graph.nodes.get(*index)).enumerate() {
            last_reads.extend(node.inputs.iter().flatten().map(|value| (value.clone(), place)));
        }
        let (graph, wanted, handed_back) = (Arc::clone(graph), wanted.to_vec(), wanted.to_vec());
        Ok(Self { graph, plan, nodes, wanted, handed_back, last_reads, constants: BTreeMap::new() })
    }

    /// The program with its constants on a device. What does not depend on the batch is looked up in `uploaded` and added
    /// to it.
    pub(crate) fn upload(mut self, device: &Device, uploaded: &mut BTreeMap<String, Value>) -> Self {
        for name in self.last_reads.keys().chain(&self.wanted) {
            let Some(constant) = self.plan.facts.get(name).and_then(|fact| fact.constant.as_ref()) else {
                continue;
            };
            let value = match uploaded.get(name) {
                Some(value) => value.clone(),
                None => Value::from_host(constant, device),
            };
            if self.plan.is_settled(name) {
                uploaded.insert(name.clone(), value.clone());
            }
            self.constants.insert(name.clone(), value);
        }
        self
    }

    /// The program for one who takes the wanted values as they pass by.
    pub(crate) fn handing_back_nothing(mut self) -> Self {
        self.handed_back.clear();
        self
    }

    /// What is known about a value.
    pub(crate) fn fact(&self, value: &str) -> Option<&Fact> {
        self.plan.facts.get(value)
    }

    /// Runs the program on a batch of images, with the variable parameters given, and returns the wanted values by name.
    /// Every value is seen (and maybe replaced) by `pass` as soon as it is there.
    pub(crate) fn run_with(
        &self,
        images: Value,
        given: BTreeMap<String, Value>,
        device: &Device,
        mut pass: impl FnMut(&str, Value) -> Value,
    ) -> Result<BTreeMap<String, Value>, EngineError> {
        let mut values = given;
        if let Some(input) = self.graph.inputs.first() {
            values.insert(input.name.clone(), pass(&input.name, images));
        }
        for (place, node) in self.nodes.iter().filter_map(|index| self.graph.nodes.get(*index)).enumerate() {
            let outputs = self.run_node(place, node, &mut values, device)?;
            for (name, value) in node.outputs.iter().zip(outputs) {
                let is_read = self.last_reads.get(name).is_some_and(|last| *last > place);
                if !is_read && !self.wanted.contains(name) {
                    continue;
                }
                let value = pass(name, value);
                if is_read || self.handed_back.contains(name) {
                    values.insert(name.clone(), value);
                }
            }
        }
        let constants =
            self.handed_back.iter().filter_map(|name| Some((name.clone(), self.constants.get(name)?.clone())));
        values.extend(constants);
        values.retain(|name, _| self.handed_back.contains(name));
        Ok(values)
    }

    fn run_node(
        &self,
        place: usize,
        node: &Node,
        values: &mut BTreeMap<String, Value>,
        device: &Device,
    ) -> Result<Vec<Value>, EngineError> {
        let inputs = self.plan.inputs(node)?;
        let taken: Vec<Option<Value>> = node
            .inputs
            .iter()
            .take(inputs.len())
            .enumerate()
            .map(|(index, name)| {
                let name = name.as_ref()?;
                if let Some(constant) = self.constants.get(name) {
                    return Some(constant.clone());
                }
                let is_read_again = self.last_reads.get(name).is_some_and(|last| *last > place)
                    || node.inputs.iter().skip(index + 1).flatten().any(|later| later == name)
                    || self.handed_back.contains(name);
                if is_read_again { values.get(name).cloned() } else { values.remove(name) }
            })
            .collect();
        let outputs: Vec<Fact> = node
            .outputs
            .iter()
            .map(|name| self.plan.facts.get(name).cloned().unwrap_or_else(|| Fact::float(Vec::new())))
            .collect();
        let call = Call { op: node.op.kind(), values: taken, inputs: &inputs, outputs: &outputs, device };
        run_contained(&*node.op, call).map_err(|source| EngineError::Operator { node: node.name.clone(), source })
    }
}
