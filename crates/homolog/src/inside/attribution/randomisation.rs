//! The weight-randomisation check: a map that stays the same when the weights are random says nothing about what was learned.
//!
//! # Reference
//! Adebayo J, Gilmer J, Muelly M, Goodfellow I, Hardt M, Kim B (2018). Sanity checks for saliency maps. NeurIPS. arXiv 1810.03292:
//! cascading randomization, from the top.

use std::sync::Arc;

use ndarray::ArrayD;

use crate::inside::image::narrow;
use crate::inside::objective::Aim;
use crate::network::checked::Network;
use crate::network::error::GraphError;
use crate::network::graph::{Graph, Node};
use crate::network::op::Attribute;
use crate::network::tensor::HostTensor;
use crate::stimuli::generate::Random;

/// What becomes of a layer's weights.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Randomisation {
    /// Drawn anew, as before training: uniform with variance 2 / fan-in (He, Zhang, Ren & Sun 2015, arXiv 1502.01852), biases 0.
    #[default]
    Redrawn,
    /// Shuffled within each tensor, biases too: the distribution of what was learned is kept.
    Shuffled,
}

impl Randomisation {
    /// Its name in arguments and results.
    pub fn name(self) -> &'static str {
        match self {
            Self::Redrawn => "redrawn",
            Self::Shuffled => "shuffled",
        }
    }
}

/// Nodes with weights between the image and the objective (convolutions and products with learned matrices), the one nearest
/// to the objective first.
pub fn layers_from_the_top(network: &Network, aim: &Aim) -> Vec<String> {
    let graph = network.graph();
    let needed = network.single_plan().needed_nodes(graph, aim.taps());
    let has_weights = |node: &&Node| {
        let is_layer = matches!(node.op.kind(), "Conv" | "ConvTranspose" | "Gemm" | "MatMul");
        is_layer && node.inputs.iter().flatten().any(|name| parameter(graph, name).is_some())
    };
    let nodes = needed.into_iter().rev().filter_map(|index| graph.nodes.get(index));
    nodes.filter(has_weights).map(|node| node.name.clone()).collect()
}

/// The parameter that an input is, or that it is the transpose of.
fn parameter<'a>(graph: &'a Graph, input: &'a str) -> Option<&'a str> {
    if graph.parameters.contains_key(input) {
        return Some(input);
    }
    let writer = graph.nodes.iter().find(|node| node.outputs.iter().any(|output| output == input))?;
    let before = writer.inputs.first().and_then(Option::as_deref);
    before.filter(|_| matches!(writer.op.kind(), "Transpose" | "Identity")).and_then(|before| parameter(graph, before))
}

/// The network with the weights and biases of these nodes randomised.
///
/// Layer i of a list is randomised the same whatever follows it, so that a longer list goes on from a shorter one.
///
/// # Errors
/// None for nodes of the network.
pub fn randomised(
    network: &Network,
    layers: &[String],
    randomisation: Randomisation,
    seed: u64,
) -> Result<Network, GraphError> {
    let original = network.graph();
    let mut graph = original.clone();
    for (number, layer) in layers.iter().enumerate() {
        let Some(node) = original.nodes.iter().find(|node| &node.name == layer) else { continue };
        for (place, input) in node.inputs.iter().enumerate() {
            let Some(name) = input.as_ref().and_then(|input| parameter(original, input)) else { continue };
            let Some(HostTensor::F32(tensor)) = original.parameters.get(name).map(|tensor| &**tensor) else {
                continue;
            };
            let mut random = Random::stream(seed, (number * 16 + place) as u64);
            let elements = match randomisation {
                Randomisation::Shuffled => shuffled(tensor.iter().copied().collect(), &mut random),
                Randomisation::Redrawn => {
                    let shape = input.as_ref().and_then(|input| network.single_plan().facts.get(input));
                    let fan_in = shape.and_then(|fact| fan_in(node, &fact.shape));
                    redrawn(tensor.len(), fan_in, &mut random)
                }
            };
            if let Ok(tensor) = ArrayD::from_shape_vec(tensor.raw_dim(), elements) {
                graph.parameters.insert(name.to_owned(), Arc::new(HostTensor::F32(tensor)));
            }
        }
    }
    Network::check(graph)
}

fn shuffled(mut elements: Vec<f32>, random: &mut Random) -> Vec<f32> {
    for last in (1..elements.len()).rev() {
        elements.swap(last, random.index(last + 1));
    }
    elements
}

/// Uniform numbers of variance 2 / fan-in; 0 for biases, which have none.
fn redrawn(n: usize, fan_in: Option<usize>, random: &mut Random) -> Vec<f32> {
    let Some(fan_in) = fan_in else { return vec![0.0; n] };
    let limit = (6.0 / fan_in.max(1) as f64).sqrt();
    (0..n).map(|_| narrow(random.between(-limit, limit))).collect()
}

/// Inputs of each output of a layer whose weights, as the node reads them, have this shape; `None` for biases.
fn fan_in(node: &Node, shape: &[usize]) -> Option<usize> {
    let is_transposed = || node.op.attributes().contains(&("transB", Attribute::Int(1)));
    match (node.op.kind(), shape) {
        (_, [] | [_]) => None,
        ("Conv", [_, inputs @ ..]) => Some(inputs.iter().product()),
        ("ConvTranspose", [n_in, _, window @ ..]) => Some(n_in * window.iter().product::<usize>()),
        ("Gemm", [n_first, n_last]) => Some(if is_transposed() { *n_last } else { *n_first }),
        (_, [.., n_in, _]) => Some(*n_in),
    }
}
