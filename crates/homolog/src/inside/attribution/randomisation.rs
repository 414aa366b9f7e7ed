//! The weight-randomisation check: a map that stays the same when the weights are shuffled says nothing about what was learned.
//!
//! # Reference
//! Adebayo J, Gilmer J, Muelly M, Goodfellow I, Hardt M, Kim B (2018). Sanity checks for saliency maps. NeurIPS. arXiv 1810.03292:
//! cascading randomization, from the top. Differs in: a layer's weights are shuffled, which keeps their distribution, instead of
//! drawn anew.

use std::sync::Arc;

use ndarray::ArrayD;

use crate::inside::objective::Aim;
use crate::network::checked::Network;
use crate::network::error::GraphError;
use crate::network::graph::Node;
use crate::network::tensor::HostTensor;
use crate::stimuli::generate::Random;

/// Nodes with weights between the image and the objective (convolutions and products with learned matrices), the one nearest
/// to the objective first.
pub fn layers_from_the_top(network: &Network, aim: &Aim) -> Vec<String> {
    let graph = network.graph();
    let needed = network.single_plan().needed_nodes(graph, aim.taps());
    let has_weights = |node: &&Node| {
        let is_layer = matches!(node.op.kind(), "Conv" | "ConvTranspose" | "Gemm" | "MatMul");
        is_layer && node.inputs.iter().flatten().any(|name| graph.parameters.contains_key(name))
    };
    let nodes = needed.into_iter().rev().filter_map(|index| graph.nodes.get(index));
    nodes.filter(has_weights).map(|node| node.name.clone()).collect()
}

/// The network with the weights (and biases) of these nodes shuffled, each tensor within itself.
///
/// Layer i of a list is shuffled the same whatever follows it, so that a longer list goes on from a shorter one.
///
/// # Errors
/// None for nodes of the network.
pub fn shuffled(network: &Network, layers: &[String], seed: u64) -> Result<Network, GraphError> {
    let mut graph = network.graph().clone();
    for (number, layer) in layers.iter().enumerate() {
        let Some(node) = network.graph().nodes.iter().find(|node| &node.name == layer) else { continue };
        for (place, name) in node.inputs.iter().enumerate() {
            let Some(name) = name else { continue };
            let Some(HostTensor::F32(tensor)) = network.graph().parameters.get(name).map(|tensor| &**tensor) else {
                continue;
            };
            let mut random = Random::stream(seed, (number * 16 + place) as u64);
            let mut elements: Vec<f32> = tensor.iter().copied().collect();
            for last in (1..elements.len()).rev() {
                elements.swap(last, random.index(last + 1));
            }
            if let Ok(tensor) = ArrayD::from_shape_vec(tensor.raw_dim(), elements) {
                graph.parameters.insert(name.clone(), Arc::new(HostTensor::F32(tensor)));
            }
        }
    }
    Network::check(graph)
}
