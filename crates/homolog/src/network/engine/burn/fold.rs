//! Batch normalization folded into the convolution before it, where nobody looks between the two.

use std::collections::BTreeMap;
use std::sync::Arc;

use ndarray::{Array1, ArrayD, Axis};

use crate::network::graph::{Graph, Node};
use crate::network::op::Operator;
use crate::network::tensor::HostTensor;

/// The graph with each batch normalization folded into the convolution before it, unless the convolution's output is
/// read by others or among `recorded`. The values that remain have the names that they had.
pub(crate) fn fold_batch_normalization(graph: &Graph, recorded: &[String]) -> Graph {
    let mut n_reads: BTreeMap<&str, usize> = BTreeMap::new();
    for value in graph.nodes.iter().flat_map(|node| node.inputs.iter().flatten()).chain(recorded).chain(&graph.outputs)
    {
        *n_reads.entry(value).or_default() += 1;
    }
    let mut folded = Graph { nodes: Vec::with_capacity(graph.nodes.len()), ..graph.clone() };
    for node in &graph.nodes {
        let convolution = node.inputs.first().and_then(Option::as_ref).and_then(|value| {
            let is_private = n_reads.get(value.as_str()) == Some(&1);
            let place = folded.nodes.iter().rposition(|earlier| earlier.outputs.first() == Some(value))?;
            is_private.then_some(place)
        });
        let joined = convolution.and_then(|place| {
            let convolution = folded.nodes.get(place)?;
            Some((place, fold_pair(graph, convolution, node)?))
        });
        match joined {
            Some((place, joined)) => {
                folded.parameters.extend(joined.parameters);
                if let Some(convolution) = folded.nodes.get_mut(place) {
                    *convolution = joined.node;
                }
            }
            None => folded.nodes.push(node.clone()),
        }
    }
    folded
}

/// A convolution with the normalization after it inside, and the parameters that it reads.
struct Joined {
    node: Node,
    parameters: Vec<(String, Arc<HostTensor>)>,
}

fn fold_pair(graph: &Graph, convolution: &Node, normalization: &Node) -> Option<Joined> {
    if convolution.op.kind() != "Conv" || normalization.op.kind() != "BatchNormalization" {
        return None;
    }
    let floats = |value: &Option<String>| match &**graph.parameters.get(value.as_ref()?)? {
        HostTensor::F32(array) => Some(array.mapv(f64::from)),
        _ => None,
    };
    let vector =
        |index: usize| -> Option<Array1<f64>> { floats(normalization.inputs.get(index)?)?.into_dimensionality().ok() };
    let (scale, shift, mean, variance) = (vector(1)?, vector(2)?, vector(3)?, vector(4)?);
    let epsilon = normalization.op.attributes().into_iter().find_map(|(name, value)| match value {
        crate::network::op::Attribute::Float(epsilon) if name == "epsilon" => Some(f64::from(epsilon)),
        _ => None,
    })?;
    let factor = scale / (variance + epsilon).mapv(f64::sqrt);
    let mut weight: ArrayD<f64> = floats(convolution.inputs.get(1)?)?;
    if weight.len_of(Axis(0)) != factor.len() {
        return None;
    }
    for (mut filter, factor) in weight.outer_iter_mut().zip(&factor) {
        filter *= *factor;
    }
    let bias = match convolution.inputs.get(2).and_then(Option::as_ref) {
        Some(_) => floats(convolution.inputs.get(2)?)?.into_dimensionality::<ndarray::Ix1>().ok()?,
        None => Array1::zeros(factor.len()),
    };
    let bias = (bias - mean) * &factor + shift;
    // Names that no file has: the pair's, with what makes them other parameters than the original ones.
    let names = ["weight", "bias"].map(|what| format!("{} with {} ({what})", convolution.name, normalization.name));
    let [weight_name, bias_name] = names.clone();
    let narrow = |array: ArrayD<f64>| {
        #[allow(clippy::cast_possible_truncation, reason = "parameters are of 32 bits")]
        let narrow = array.mapv(|value| value as f32);
        Arc::new(HostTensor::F32(narrow))
    };
    Some(Joined {
        node: Node {
            name: normalization.name.clone(),
            op: Arc::clone(&convolution.op) as Arc<dyn Operator>,
            inputs: vec![convolution.inputs.first()?.clone(), Some(weight_name.clone()), Some(bias_name.clone())],
            outputs: normalization.outputs.clone(),
        },
        parameters: vec![(weight_name, narrow(weight)), (bias_name, narrow(bias.into_dyn()))],
    })
}
