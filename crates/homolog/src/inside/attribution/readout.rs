//! A linear mapping that was fitted to neurons, as a stage of the network that it reads.

use std::sync::Arc;

use ndarray::{ArrayD, ArrayView2};

use super::AttributionError;
use super::gradient::narrow;
use crate::network::checked::Network;
use crate::network::graph::{Node, StageName};
use crate::network::op::Operator;
use crate::network::op::dense::Gemm;
use crate::network::op::pooling::GlobalPool;
use crate::network::op::shape::Flatten;
use crate::network::tensor::HostTensor;

/// The name of the stage that a read-out makes.
pub const READOUT: &str = "readout";

/// `network` with a further stage [`READOUT`], whose unit i is weights\[i\] · responses of `stage` + intercepts\[i\].
///
/// # Shapes and units
/// - `weights`: (n_neurons, n_units of the stage in row-major order of its shape), or (n_neurons, n_channels) for the channels'
///   means over positions.
/// - `intercepts`: n_neurons; 0 where there are none.
///
/// # Errors
/// [`AttributionError::Readout`] for another number of columns; an unknown stage.
pub fn with_readout(
    network: &Network,
    stage: &str,
    weights: ArrayView2<'_, f64>,
    intercepts: Option<&[f64]>,
) -> Result<Network, AttributionError> {
    let stage = network.stage(stage)?.clone();
    let (n_neurons, n_columns) = weights.dim();
    let refused = |needed: String| {
        let (stage, found) = (stage.name.clone(), weights.shape().to_vec());
        Err(AttributionError::Readout { stage, found, needed })
    };
    let n_channels = stage.shape.first().copied().unwrap_or(0);
    let is_of_channels = stage.shape.len() == 3 && n_columns == n_channels && n_columns != stage.n_units();
    if n_neurons == 0 || !(is_of_channels || n_columns == stage.n_units()) {
        let channels = if stage.shape.len() == 3 { format!(", or {n_channels} (channels)") } else { String::new() };
        return refused(format!(
            "rows are neurons, and columns are {} (units of the stage){channels}",
            stage.n_units()
        ));
    }
    if intercepts.is_some_and(|intercepts| intercepts.len() != n_neurons) {
        return refused(format!("there are {} intercepts", intercepts.map_or(0, <[f64]>::len)));
    }
    if weights.iter().chain(intercepts.unwrap_or_default()).any(|weight| !weight.is_finite()) {
        return refused("weights and intercepts have to be finite".to_owned());
    }
    let mut graph = network.graph().clone();
    let mut value = stage.value.clone();
    let mut apply = |name: &str, op: Arc<dyn Operator>, further: &[&str]| {
        let inputs = std::iter::once(value.as_str()).chain(further.iter().copied());
        let inputs = inputs.map(|input| Some(input.to_owned())).collect();
        graph.nodes.push(Node { name: name.to_owned(), op, inputs, outputs: vec![name.to_owned()] });
        name.clone_into(&mut value);
    };
    if is_of_channels {
        apply("readout.pool", Arc::new(GlobalPool::Average), &[]);
    }
    if stage.shape.len() > 1 {
        apply("readout.flatten", Arc::new(Flatten { axis: 1 }), &[]);
    }
    apply(READOUT, Arc::new(Gemm::LINEAR), &["readout.weight", "readout.bias"]);
    let bias = intercepts.map_or_else(|| vec![0.0; n_neurons], |bias| bias.iter().copied().map(narrow).collect());
    let bias = ArrayD::from_shape_vec(vec![n_neurons], bias).unwrap_or_default();
    graph.parameters.insert("readout.weight".to_owned(), Arc::new(HostTensor::F32(weights.mapv(narrow).into_dyn())));
    graph.parameters.insert("readout.bias".to_owned(), Arc::new(HostTensor::F32(bias)));
    if !graph.stages.is_empty() {
        graph.stages.push(StageName { name: READOUT.to_owned(), value: READOUT.to_owned() });
    }
    Ok(Network::check(graph)?)
}
