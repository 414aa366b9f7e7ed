//! A network made linear between two stages, so that one gradient is all its weights.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::CircuitError;
use crate::network::checked::{Network, Stage};
use crate::network::graph::{Graph, Node};
use crate::network::op::attributes::NodeAttributes;
use crate::network::op::binary::Binary;
use crate::network::op::constant::PassOn;
use crate::network::op::pooling::GlobalPool;
use crate::network::op::registry::operator;
use crate::network::tensor::HostTensor;

/// What stands for the slope of a rectifier, and of any activation function that rises like one.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Slopes {
    /// 1: what goes in comes out, as if every unit were active.
    ///
    /// # Reference
    /// Voss C, Cammarata N, Goh G, Petrov M, Schubert L, Egan B, Lim SK, Olah C (2021). Visualizing weights. Distill.
    /// doi 10.23915/distill.00024.007, section on expanded weights.
    #[default]
    One,
    /// The share of images and positions at which each channel is active, by the name of the rectifier's output: the mean slope,
    /// and so the mean weight over those images where channels are active independently of each other.
    ShareActive(BTreeMap<String, Vec<f32>>),
}

/// Operators whose outputs are weighted sums of all their inputs.
const LINEAR: [&str; 23] = [
    "Add",
    "AveragePool",
    "Concat",
    "DepthToSpace",
    "Dropout",
    "Expand",
    "Flatten",
    "Gather",
    "GlobalAveragePool",
    "Identity",
    "Mean",
    "Neg",
    "Pad",
    "ReduceMean",
    "ReduceSum",
    "Reshape",
    "Resize",
    "Slice",
    "SpaceToDepth",
    "Split",
    "Squeeze",
    "Sub",
    "Sum",
];

/// Further operators that only move numbers.
const MOVING: [&str; 3] = ["Tile", "Transpose", "Unsqueeze"];

/// Operators that are linear in their first input, whose others are weights.
const LINEAR_IN_FIRST: [&str; 4] = ["BatchNormalization", "Conv", "ConvTranspose", "Div"];

/// Operators that are linear in each of their inputs, and so in one where the others are weights.
const PRODUCTS: [&str; 4] = ["Einsum", "Gemm", "MatMul", "Mul"];

/// Activation functions that rise with slope 1 (or a constant) where their input is large.
pub(super) const RECTIFIERS: [&str; 11] =
    ["Celu", "Clip", "Elu", "Gelu", "HardSwish", "LeakyRelu", "Mish", "PRelu", "Relu", "Selu", "Softplus"];

/// `network` with what lies between `from` and `to` made linear: rectifiers by `slopes`, the largest of a window by the mean of
/// the window.
pub(super) fn linearised(
    network: &Network,
    from: &Stage,
    to: &Stage,
    slopes: &Slopes,
) -> Result<Network, CircuitError> {
    let between = between(network.graph(), &from.value, &to.value);
    let facts = &network.single_plan().facts;
    let is_constant = |value: &String| facts.get(value).is_some_and(|fact| fact.constant.is_some());
    if from.value == to.value || between.nodes.is_empty() {
        return Err(CircuitError::NoPath { from: from.name.clone(), to: to.name.clone() });
    }
    let mut graph = network.graph().clone();
    let mut added = BTreeMap::new();
    for (node, depends) in graph.nodes.iter_mut().zip(&between.depends) {
        let (true, Some(depends)) = (between.nodes.contains(&node.name), depends) else { continue };
        let varies: Vec<bool> =
            node.inputs.iter().map(|input| input.as_ref().is_some_and(|value| !is_constant(value))).collect();
        if let Err(because) = role(node.op.kind(), depends, &varies) {
            return Err(CircuitError::NotLinear {
                from: from.name.clone(),
                to: to.name.clone(),
                node: node.name.clone(),
                operator: node.op.kind(),
                because,
            });
        }
        make_linear(network, node, slopes, &mut added)?;
    }
    graph.parameters.extend(added);
    Ok(Network::check(graph)?)
}

/// The nodes on the way from one value to another.
struct Between {
    /// Names of those that read the first and are needed for the second.
    nodes: BTreeSet<String>,
    /// For each node of the graph that depends on the first value: which of its inputs do.
    depends: Vec<Option<Vec<bool>>>,
}

fn between(graph: &Graph, from: &str, to: &str) -> Between {
    let mut reached: BTreeSet<&str> = BTreeSet::from([from]);
    let mut depends = Vec::new();
    for node in &graph.nodes {
        let inputs: Vec<bool> = node
            .inputs
            .iter()
            .map(|input| input.as_ref().is_some_and(|value| reached.contains(value.as_str())))
            .collect();
        let is_reached = inputs.contains(&true);
        if is_reached {
            reached.extend(node.outputs.iter().map(String::as_str));
        }
        depends.push(is_reached.then_some(inputs));
    }
    let mut needed: BTreeSet<&str> = BTreeSet::from([to]);
    let mut nodes = BTreeSet::new();
    for (node, depends) in graph.nodes.iter().zip(&depends).rev() {
        let (true, Some(depends)) = (node.outputs.iter().any(|value| needed.contains(value.as_str())), depends) else {
            continue;
        };
        nodes.insert(node.name.clone());
        let inputs = node.inputs.iter().zip(depends).filter(|(_, depends)| **depends);
        needed.extend(inputs.filter_map(|(value, _)| value.as_deref()));
    }
    Between { nodes, depends }
}

/// Whether an operator has weights, or can be given some, for inputs of which some depend on the earlier stage, and some differ
/// from image to image.
fn role(operator: &str, depends: &[bool], varies: &[bool]) -> Result<(), &'static str> {
    let only_first = !depends.iter().skip(1).any(|depends| *depends) && !varies.iter().skip(1).any(|varies| *varies);
    let n_varying = varies.iter().filter(|varies| **varies).count();
    match operator {
        name if LINEAR.contains(&name) || MOVING.contains(&name) => Ok(()),
        "MaxPool" | "GlobalMaxPool" => Ok(()),
        name if RECTIFIERS.contains(&name) && only_first => Ok(()),
        name if LINEAR_IN_FIRST.contains(&name) && only_first => Ok(()),
        name if PRODUCTS.contains(&name) && n_varying == 1 => Ok(()),
        name if PRODUCTS.contains(&name) || LINEAR_IN_FIRST.contains(&name) => {
            Err("it multiplies or divides responses by responses, which no constant weights can do")
        }
        _ => Err("no constant weights can stand for it"),
    }
}

/// Replaces the node's operator where it is not linear.
fn make_linear(
    network: &Network,
    node: &mut Node,
    slopes: &Slopes,
    added: &mut BTreeMap<String, Arc<HostTensor>>,
) -> Result<(), CircuitError> {
    match node.op.kind() {
        "MaxPool" => {
            let attributes = node.op.attributes().into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
            let pool = |source| CircuitError::Pool { node: node.name.clone(), source };
            let refused = || crate::network::op::OpError::Unknown { op: "AveragePool".to_owned() };
            let entry = operator("AveragePool").ok_or_else(|| pool(refused()))?;
            node.op = (entry.read)(&NodeAttributes::new("AveragePool", attributes)).map_err(pool)?;
        }
        "GlobalMaxPool" => node.op = Arc::new(GlobalPool::Average),
        kind if RECTIFIERS.contains(&kind) => {
            node.inputs.truncate(1);
            let shares = match (slopes, node.outputs.first()) {
                (Slopes::ShareActive(shares), Some(output)) => shares.get(output).map(|shares| (output, shares)),
                _ => None,
            };
            let Some((output, shares)) = shares else {
                node.op = Arc::new(PassOn::Identity);
                return Ok(());
            };
            // One number for each channel: (batch, channel, space…), or (batch, token, channel).
            let rank = network.stage(output)?.shape.len();
            let mut shape = vec![1; rank + 1];
            if let Some(channels) = shape.get_mut(if rank == 2 { 2 } else { 1 }) {
                *channels = shares.len();
            }
            if let Some(slope) = HostTensor::from_f32(&shape, shares.clone()) {
                let name = format!("{output}.share_active");
                added.insert(name.clone(), Arc::new(slope));
                node.inputs.push(Some(name));
                node.op = Arc::new(Binary::Mul);
            }
        }
        _ => {}
    }
    Ok(())
}
