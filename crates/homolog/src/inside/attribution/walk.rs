//! From an objective back to the image, one node at a time, with a rule of one's own at each.
//!
//! An ordinary gradient leaves that to the engine. Where a rectifier's way back is another one, or relevance is propagated
//! instead of a gradient, the network runs forward once, every value is kept, and each node's rule then sees the node with
//! its inputs and what came back to its outputs.

use std::collections::BTreeMap;

use burn::tensor::{Device, Gradients, Tensor};

use super::AttributionError;
use crate::inside::objective::Aim;
use crate::network::checked::Network;
use crate::network::engine::EngineError;
use crate::network::engine::burn::{Burn, BurnNetwork, fold_batch_normalization};
use crate::network::graph::{Graph, Node};
use crate::network::op::{Call, Fact};
use crate::network::plan::{Plan, run_contained};
use crate::network::tensor::DType;
use crate::network::value::{Ranked, Value, any_rank, each_rank};

/// What came back to a value.
pub(super) type Backward = Ranked;

/// What an objective's way back begins with at the values that it is computed from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Start {
    /// The gradient of the objective.
    Gradient,
    /// Value times gradient: the relevance.
    Relevance,
}

/// A network, canonical (batch normalization folded), ready to be walked back.
pub(super) struct Walk {
    network: BurnNetwork,
    plan: Plan,
    /// Indices of the nodes that lead to the objective, in order.
    nodes: Vec<usize>,
    /// Every value that depends on the image.
    values: Vec<String>,
    image: String,
    constants: BTreeMap<String, Value>,
}

/// One node with what it read.
pub(super) struct Step<'a> {
    pub(super) node: &'a Node,
    pub(super) facts: Vec<Option<Fact>>,
    outputs: Vec<Fact>,
    pub(super) inputs: Vec<Option<Value>>,
    /// Places of the inputs that are floats and depend on the image.
    pub(super) variable: Vec<usize>,
    /// Whether an input is the image, with nothing but padding between.
    pub(super) reads_image: bool,
    device: Device,
}

/// Where a walk came to.
pub(super) struct Walked {
    /// The objective for the image.
    pub(super) objective: f64,
    /// What came back to the image.
    pub(super) image: Backward,
    /// The sum that the walk began with.
    pub(super) start: f64,
    /// For each node that did not pass on all, its name and what it kept: the sum at its outputs less that at its inputs.
    pub(super) kept: Vec<(String, f64)>,
}

/// What a rule gives for a node: what comes back to some of its inputs.
pub(super) type Passed = Vec<(usize, Backward)>;

impl Walk {
    pub(super) fn new(network: &Network, taps: &[String], burn: &Burn) -> Result<Self, AttributionError> {
        let network = Network::check(canonical(network.graph(), taps))?;
        let plan = network.plan(1)?;
        let graph = network.graph();
        let nodes = plan.needed_nodes(graph, taps);
        let depends = |value: &&String| plan.facts.get(*value).is_some_and(|fact| fact.constant.is_none());
        let outputs = nodes.iter().filter_map(|index| graph.nodes.get(*index)).flat_map(|node| &node.outputs);
        let values = outputs.filter(|value| !value.is_empty()).filter(depends).cloned().collect();
        let image = graph.inputs.first().map(|input| input.name.clone()).unwrap_or_default();
        let network = burn.with_gradients(&network);
        Ok(Self { network, plan, nodes, values, image, constants: BTreeMap::new() })
    }

    /// Where the network is.
    pub(super) fn device(&self) -> &Device {
        self.network.device()
    }

    /// Whether any node on the way `is` so.
    pub(super) fn any_node(&self, is: impl Fn(&Node) -> bool) -> bool {
        let graph = self.network.network().graph();
        self.nodes.iter().filter_map(|index| graph.nodes.get(*index)).any(is)
    }

    /// Runs `input` (1, channel, height, width) forward, and back by `rule`.
    pub(super) fn run(
        &mut self,
        input: Tensor<4>,
        aim: &Aim,
        start: Start,
        rule: impl Fn(&Step<'_>, Vec<Option<Backward>>) -> Result<Passed, AttributionError>,
    ) -> Result<Walked, AttributionError> {
        let tapped = self.network.tap(Ranked::R4(input.clone()), &self.values, &[])?;
        let mut values = tapped.values;
        let untouched = input.clone();
        values.insert(self.image.clone(), Value::Float(Ranked::R4(input)));
        let (objective, mut coming_back) = begin(aim, &values, start)?;
        let start_sum = coming_back.values().map(total).sum();
        let mut kept = Vec::new();
        let graph = self.network.network().graph().clone();
        let near_image = near_image(&graph, &self.image);
        for node in self.nodes.clone().into_iter().rev().filter_map(|index| graph.nodes.get(index)) {
            let outputs: Vec<Option<Backward>> = node.outputs.iter().map(|value| coming_back.remove(value)).collect();
            if outputs.iter().all(Option::is_none) {
                continue;
            }
            let step = self.step(node, &values, &near_image)?;
            let arrived: f64 = outputs.iter().flatten().map(total).sum();
            let passed = rule(&step, outputs)?;
            let difference = arrived - passed.iter().map(|(_, back)| total(back)).sum::<f64>();
            if difference != 0.0 {
                kept.push((node.name.clone(), difference));
            }
            for (place, back) in passed {
                let Some(name) = node.inputs.get(place).and_then(Option::as_ref) else { continue };
                let sum = match coming_back.remove(name) {
                    Some(earlier) => plus(earlier, back),
                    None => back,
                };
                coming_back.insert(name.clone(), sum);
            }
        }
        // Where nothing came back to the image, as past rectifiers that are all silent.
        let nothing = Ranked::R4(untouched.zeros_like());
        let image = coming_back.remove(&self.image).unwrap_or(nothing);
        Ok(Walked { objective, image, start: start_sum, kept })
    }

    fn step<'n>(
        &mut self,
        node: &'n Node,
        values: &BTreeMap<String, Value>,
        near_image: &[String],
    ) -> Result<Step<'n>, AttributionError> {
        let device = self.network.device().clone();
        let facts: Vec<Option<Fact>> = self.plan.inputs(node)?.into_iter().map(Option::<&Fact>::cloned).collect();
        let (mut inputs, mut variable) = (Vec::new(), Vec::new());
        for (place, (fact, name)) in facts.iter().zip(&node.inputs).enumerate() {
            let (Some(fact), Some(name)) = (fact, name) else {
                inputs.push(None);
                continue;
            };
            let value = match &fact.constant {
                Some(constant) => {
                    let upload = || Value::from_host(constant, &device);
                    self.constants.entry(name.clone()).or_insert_with(upload).clone()
                }
                None => values.get(name).cloned().ok_or(EngineError::OutputCount { engine: "burn" })?,
            };
            if fact.constant.is_none() && fact.dtype == DType::F32 {
                variable.push(place);
            }
            inputs.push(Some(value));
        }
        let fact = |name: &String| self.plan.facts.get(name).cloned().unwrap_or_else(|| Fact::float(Vec::new()));
        let outputs = node.outputs.iter().map(fact).collect();
        let reads_image = node.inputs.iter().flatten().any(|name| near_image.contains(name));
        Ok(Step { node, facts, outputs, inputs, variable, reads_image, device })
    }
}

impl Step<'_> {
    /// The operator's outputs for its inputs with some of them replaced.
    pub(super) fn forward(&self, replaced: Vec<(usize, Ranked)>) -> Result<Vec<Value>, AttributionError> {
        let (mut values, mut facts) = (self.inputs.clone(), self.facts.clone());
        for (place, value) in replaced {
            // A shortcut by what is known of a replaced input would be wrong.
            if let Some(Some(fact)) = facts.get_mut(place) {
                fact.constant = None;
            }
            if let Some(input) = values.get_mut(place) {
                *input = Some(Value::Float(value));
            }
        }
        let facts: Vec<Option<&Fact>> = facts.iter().map(Option::as_ref).collect();
        let op = &*self.node.op;
        let call = Call { op: op.kind(), values, inputs: &facts, outputs: &self.outputs, device: &self.device };
        let ran = run_contained(op, call);
        ran.map_err(|source| EngineError::Operator { node: self.node.name.clone(), source }.into())
    }

    /// The value of an input that is floats.
    pub(super) fn float(&self, place: usize) -> Option<&Ranked> {
        match self.inputs.get(place) {
            Some(Some(Value::Float(value))) => Some(value),
            _ => None,
        }
    }

    /// The gradient of <cotangent, output> with respect to each variable input.
    pub(super) fn pull_back(&self, cotangents: Vec<Option<Backward>>) -> Result<Passed, AttributionError> {
        let leaves: Vec<(usize, Ranked)> =
            self.variable.iter().filter_map(|place| Some((*place, leaf(self.float(*place)?)))).collect();
        let outputs = self.forward(leaves.clone())?;
        let products =
            outputs.into_iter().zip(cotangents).filter_map(|(output, cotangent)| match (output, cotangent) {
                (Value::Float(output), Some(cotangent)) => Some(product(output, cotangent)),
                _ => None,
            });
        let sum = products.reduce(|sum, product| sum + product).filter(Tensor::is_tracked);
        let Some(sum) = sum else { return Ok(Vec::new()) };
        let gradients = sum.backward();
        Ok(leaves.iter().filter_map(|(place, leaf)| Some((*place, gradient_of(leaf, &gradients)?))).collect())
    }

    /// The first output.
    pub(super) fn output(&self) -> Result<Ranked, AttributionError> {
        match self.forward(Vec::new())?.into_iter().next() {
            Some(Value::Float(output)) => Ok(output),
            _ => Err(EngineError::OutputCount { engine: "burn" }.into()),
        }
    }
}

/// The graph with batch normalization folded into the convolutions before it, where the objective does not look between.
fn canonical(graph: &Graph, taps: &[String]) -> Graph {
    let mut folded = fold_batch_normalization(graph, taps);
    let written = |value: &String| folded.nodes.iter().any(|node| node.outputs.contains(value));
    let stages = folded.stages.iter().filter(|stage| written(&stage.value)).cloned().collect();
    folded.stages = stages;
    folded
}

/// The image, and what is the image but for padding.
fn near_image(graph: &Graph, image: &str) -> Vec<String> {
    let mut near = vec![image.to_owned()];
    for node in &graph.nodes {
        let data = node.inputs.first().and_then(Option::as_ref);
        if matches!(node.op.kind(), "Pad" | "Identity" | "Dropout") && data.is_some_and(|data| near.contains(data)) {
            near.extend(node.outputs.first().cloned());
        }
    }
    near
}

/// The objective, and what comes back to the values that it is computed from.
fn begin(
    aim: &Aim,
    values: &BTreeMap<String, Value>,
    start: Start,
) -> Result<(f64, BTreeMap<String, Backward>), AttributionError> {
    let missing = || EngineError::OutputCount { engine: "burn" };
    let mut leaves = BTreeMap::new();
    for tap in aim.taps() {
        let Some(Value::Float(value)) = values.get(tap) else { return Err(missing().into()) };
        leaves.insert(tap.clone(), leaf(value));
    }
    let tracked = leaves.iter().map(|(name, leaf)| (name.clone(), Value::Float(leaf.clone()))).collect();
    let measured = aim.measure(&tracked, 1)?.sum();
    let objective = measured.clone().without_autodiff().try_into_scalar::<f32>().map_or(f64::NAN, f64::from);
    let gradients = measured.backward();
    let mut coming_back = BTreeMap::new();
    for (name, leaf) in &leaves {
        let Some(gradient) = gradient_of(leaf, &gradients) else { continue };
        let back = match (start, values.get(name)) {
            (Start::Relevance, Some(Value::Float(value))) => times(value.clone(), gradient),
            _ => gradient,
        };
        coming_back.insert(name.clone(), back);
    }
    Ok((objective, coming_back))
}

/// The same numbers as the start of a new track.
pub(super) fn leaf(value: &Ranked) -> Ranked {
    each_rank!(value.clone(), tensor => tensor.without_autodiff().autodiff().require_grad())
}

/// The same numbers, on no track.
pub(super) fn untracked(value: Ranked) -> Ranked {
    each_rank!(value, tensor => tensor.without_autodiff())
}

pub(super) fn gradient_of(leaf: &Ranked, gradients: &Gradients) -> Option<Ranked> {
    Some(each_rank!(leaf, leaf => leaf.grad(gradients)?))
}

/// The sum of the products of two tensors of one shape.
pub(super) fn product(a: Ranked, b: Ranked) -> Tensor<1> {
    any_rank!(a, a => (a * b.into_rank()).sum())
}

pub(super) fn times(a: Ranked, b: Ranked) -> Ranked {
    each_rank!(a, a => a * b.into_rank())
}

pub(super) fn plus(a: Ranked, b: Ranked) -> Ranked {
    each_rank!(a, a => a + b.into_rank())
}

/// The sum of all elements, in double precision.
pub(super) fn total(value: &Ranked) -> f64 {
    untracked(value.clone()).into_wide_elements().map_or(f64::NAN, |elements| elements.iter().sum())
}
