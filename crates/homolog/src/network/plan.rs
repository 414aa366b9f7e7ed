//! A network at one batch size: the type and shape of every value, and constants folded by the operators themselves.

use std::collections::{BTreeMap, BTreeSet};

use burn::tensor::Device;

use super::error::GraphError;
use super::graph::{Dim, Graph, GraphInput, Node};
use super::op::{Call, Fact, OpError, Operator};
use super::tensor::HostTensor;
use super::value::{MAX_RANK, Value};

/// The network at one batch size: facts of every value by name, constants folded.
#[derive(Clone, Debug)]
pub struct Plan {
    /// Number of stimuli run together.
    pub batch: usize,
    /// What is known about every value. Those that do not depend on the stimuli carry the value.
    pub facts: BTreeMap<String, Fact>,
    /// The values that depend on parameters alone, and so are the same for any number of stimuli.
    settled: BTreeSet<String>,
}

impl Plan {
    /// Works out every value's type and shape for `batch` stimuli.
    ///
    /// What depends on neither the stimuli nor a parameter in `variable` is computed now. A parameter in `variable` is
    /// treated as an input, so that gradients can reach it. What an `earlier` plan of the same parameters has already
    /// computed from parameters alone is taken from there.
    pub(crate) fn new(
        graph: &Graph,
        batch: usize,
        variable: &BTreeSet<String>,
        earlier: Option<&Self>,
    ) -> Result<Self, GraphError> {
        let mut facts = BTreeMap::new();
        let settled = graph.parameters.keys().filter(|name| !variable.contains(*name)).cloned().collect();
        for (name, parameter) in &graph.parameters {
            let constant = (!variable.contains(name)).then(|| parameter.clone());
            let fact = Fact { dtype: parameter.dtype(), shape: parameter.shape().to_vec(), constant };
            facts.insert(name.clone(), fact);
        }
        for input in &graph.inputs {
            facts.insert(input.name.clone(), Fact::variable(input.dtype, input_shape(input, batch)?));
        }
        let mut plan = Self { batch, facts, settled };
        let device = Device::flex();
        for node in &graph.nodes {
            if node.inputs.iter().flatten().all(|value| plan.settled.contains(value)) {
                plan.settled.extend(node.outputs.iter().cloned());
                if let Some(known) = earlier.and_then(|earlier| earlier.settled_outputs(node)) {
                    plan.facts.extend(known);
                    continue;
                }
            }
            for (name, fact) in node.outputs.iter().zip(plan.node_outputs(node, &device)?) {
                if fact.shape.len() > MAX_RANK {
                    return Err(GraphError::TooManyAxes { value: name.clone(), found: fact.shape.len() });
                }
                if fact.constant.is_none() && fact.shape.contains(&0) {
                    return Err(GraphError::Empty {
                        node: node.name.clone(),
                        operator: node.op.kind(),
                        shape: fact.shape,
                    });
                }
                if !name.is_empty() {
                    plan.facts.insert(name.clone(), fact);
                }
            }
        }
        Ok(plan)
    }

    /// Whether a value depends on parameters alone.
    pub(crate) fn is_settled(&self, value: &str) -> bool {
        self.settled.contains(value)
    }

    /// The facts about a node's outputs, where they depend on parameters alone.
    fn settled_outputs(&self, node: &Node) -> Option<Vec<(String, Fact)>> {
        let known = |value: &String| {
            let fact = self.facts.get(value).filter(|_| self.settled.contains(value))?;
            Some((value.clone(), fact.clone()))
        };
        node.outputs.iter().filter(|value| !value.is_empty()).map(known).collect()
    }

    /// The facts about a node's inputs.
    pub(crate) fn inputs(&self, node: &Node) -> Result<Vec<Option<&Fact>>, GraphError> {
        let missing = |value: &String| GraphError::UnknownValue { node: node.name.clone(), value: value.clone() };
        let mut inputs = Vec::with_capacity(node.inputs.len());
        for input in &node.inputs {
            let fact = input.as_ref().map(|value| self.facts.get(value).ok_or_else(|| missing(value)));
            inputs.push(fact.transpose()?);
        }
        while inputs.last().is_some_and(Option::is_none) {
            inputs.pop();
        }
        Ok(inputs)
    }

    fn node_outputs(&self, node: &Node, device: &Device) -> Result<Vec<Fact>, GraphError> {
        let misfit =
            |source: OpError| GraphError::Operator { node: node.name.clone(), operator: node.op.kind(), source };
        let inputs = self.inputs(node)?;
        let mut outputs = node.op.infer(&inputs).map_err(misfit)?;
        if node.outputs.len() > outputs.len() {
            return Err(GraphError::TooManyOutputs {
                node: node.name.clone(),
                operator: node.op.kind(),
                found: node.outputs.len(),
                needed: outputs.len(),
            });
        }
        let is_known = outputs.iter().all(|fact| fact.constant.is_some());
        let is_fed = !inputs.iter().flatten().any(|fact| fact.constant.is_none());
        if is_fed && !is_known {
            let folded = fold(&*node.op, &inputs, &outputs, device).map_err(misfit)?;
            for (fact, value) in outputs.iter_mut().zip(folded) {
                fact.constant = Some(std::sync::Arc::new(value));
            }
        }
        Ok(outputs)
    }

    /// The nodes, in order, that have to run for `wanted` values.
    pub(crate) fn needed_nodes(&self, graph: &Graph, wanted: &[String]) -> Vec<usize> {
        let is_variable = |value: &str| self.facts.get(value).is_some_and(|fact| fact.constant.is_none());
        let mut values: BTreeSet<&str> = wanted.iter().map(String::as_str).filter(|value| is_variable(value)).collect();
        let mut nodes = Vec::new();
        for (index, node) in graph.nodes.iter().enumerate().rev() {
            if node.outputs.iter().any(|output| values.contains(output.as_str())) {
                values.extend(node.inputs.iter().flatten().map(String::as_str).filter(|value| is_variable(value)));
                nodes.push(index);
            }
        }
        nodes.reverse();
        nodes
    }
}

/// The shape of a graph's input for `batch` stimuli.
fn input_shape(input: &GraphInput, batch: usize) -> Result<Vec<usize>, GraphError> {
    let size = |(axis, dim): (usize, &Dim)| match dim {
        Dim::Batch => Ok(batch),
        Dim::Fixed(size) => Ok(*size),
        Dim::Open => Err(GraphError::OpenSize { input: input.name.clone(), axis }),
    };
    input.dims.iter().enumerate().map(size).collect()
}

/// The outputs of an operator whose inputs are known, by running it.
fn fold(
    op: &dyn Operator,
    inputs: &[Option<&Fact>],
    outputs: &[Fact],
    device: &Device,
) -> Result<Vec<HostTensor>, OpError> {
    let upload = |fact: &Fact| fact.constant.as_ref().map(|constant| Value::from_host(constant, device));
    let values = inputs.iter().map(|fact| fact.and_then(upload)).collect();
    let call = Call { op: op.kind(), values, inputs, outputs, device };
    let refused = call.refuse("the values do not have the shapes that were worked out");
    let values = run_contained(op, call)?;
    let to_host = |(value, fact): (Value, &Fact)| value.into_host(&fact.shape).ok_or_else(|| refused.clone());
    values.into_iter().zip(outputs).map(to_host).collect()
}

/// Runs an operator, and turns a panic of the engine into an error that names the operator.
pub(crate) fn run_contained(op: &dyn Operator, call: Call<'_>) -> Result<Vec<Value>, OpError> {
    let facts = call.facts();
    let shapes = facts.refuse("");
    let run = std::panic::AssertUnwindSafe(|| op.forward(call));
    std::panic::catch_unwind(run).unwrap_or_else(|panic| {
        let said = panic.downcast_ref::<String>().map(String::as_str);
        let said = said.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("nothing").to_owned();
        let found = if let OpError::Shape { found, .. } = &shapes { found.clone() } else { String::new() };
        Err(OpError::Panicked { op: op.kind(), found, said })
    })
}
