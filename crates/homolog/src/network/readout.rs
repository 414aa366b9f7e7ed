//! Recorded neurons as a further stage of a network: each a weighted sum of a stage's units, as a mapping fitted to its responses has
//! it. After that they are units like any other: they can be driven, attributed and recorded.

use std::sync::Arc;

use ndarray::{Array2, ArrayView2, Axis, s};

use super::checked::{Network, Stage};
use super::error::GraphError;
use super::graph::{Node, StageName};
use super::op::Operator;
use super::op::dense::Gemm;
use super::op::pooling::GlobalPool;
use super::op::shape::Flatten;
use super::tensor::HostTensor;

/// Why neurons cannot be read out.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReadoutError {
    /// The network has no such stage.
    #[error(transparent)]
    Graph(#[from] GraphError),
    /// Weights that do not fit the stage.
    #[error(
        "cannot read neurons from \"{stage}\": the weights are of shape {found:?}. A row for each neuron is needed, of {needed}, and one more for an intercept"
    )]
    Shape {
        /// The stage.
        stage: String,
        /// Shape of the weights.
        found: Vec<usize>,
        /// How many weights a row may have, and of what.
        needed: String,
    },
    /// A weight that is not finite.
    #[error("cannot read neurons from \"{stage}\": weight {unit} of neuron {neuron} is {found}")]
    NotFinite {
        /// The stage.
        stage: String,
        /// The neuron.
        neuron: usize,
        /// The unit.
        unit: usize,
        /// The weight.
        found: f64,
    },
}

/// What a row of weights is over.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Over {
    Units,
    Channels,
}

/// `network` with a further stage `name`, whose unit i is weights\[i\] · responses of `stage` + intercept\[i\]; its other stages stay
/// as they are.
///
/// # Shapes and units
/// - `weights`: a row for each neuron, of the stage's units in row-major order of its shape (as `homolog record` writes them and
///   `coef_` of scikit-learn's linear models has them), or of its channels' means over positions; the intercept as a last column or
///   not at all.
///
/// # Errors
/// An unknown stage, [`ReadoutError::Shape`], [`ReadoutError::NotFinite`].
pub fn with_readout(
    network: &Network,
    name: &str,
    stage: &str,
    weights: ArrayView2<'_, f64>,
) -> Result<Network, ReadoutError> {
    let stage = network.stage(stage)?.clone();
    let (n_weights, over) = columns(&stage, weights)?;
    if let Some(((neuron, unit), found)) = weights.indexed_iter().find(|(_, weight)| !weight.is_finite()) {
        return Err(ReadoutError::NotFinite { stage: stage.name.clone(), neuron, unit, found: *found });
    }
    #[allow(clippy::cast_possible_truncation, reason = "networks compute in 32 bits")]
    let narrow = |weight: &f64| *weight as f32;
    let n_neurons = weights.nrows();
    let intercepts = match weights.ncols() > n_weights {
        true => weights.index_axis(Axis(1), n_weights).iter().map(narrow).collect(),
        false => vec![0.0; n_neurons],
    };
    let rows: Array2<f32> = weights.slice(s![.., ..n_weights]).map(narrow);
    let mut graph = network.graph().clone();
    let (weight, bias) = (format!("{name}.weight"), format!("{name}.bias"));
    let tensors = [
        (weight.clone(), HostTensor::from_f32(&[n_neurons, n_weights], rows.into_iter().collect())),
        (bias.clone(), HostTensor::from_f32(&[n_neurons], intercepts)),
    ];
    graph.parameters.extend(tensors.into_iter().filter_map(|(name, tensor)| Some((name, Arc::new(tensor?)))));
    let mut value = stage.value.clone();
    let mut apply = |name: &str, op: Arc<dyn Operator>, further: &[String]| {
        let inputs = std::iter::once(&value).chain(further).map(|input| Some(input.clone())).collect();
        graph.nodes.push(Node { name: name.to_owned(), op, inputs, outputs: vec![name.to_owned()] });
        name.clone_into(&mut value);
    };
    if over == Over::Channels {
        apply(&format!("{name}.channels"), Arc::new(GlobalPool::Average), &[]);
    }
    if stage.shape.len() > 1 {
        apply(&format!("{name}.units"), Arc::new(Flatten { axis: 1 }), &[]);
    }
    apply(name, Arc::new(Gemm::LINEAR), &[weight, bias]);
    if !graph.stages.is_empty() {
        graph.stages.push(StageName { name: name.to_owned(), value: name.to_owned() });
    }
    Ok(Network::check(graph)?)
}

/// How many weights a row has besides the intercept, and what they are over.
fn columns(stage: &Stage, weights: ArrayView2<'_, f64>) -> Result<(usize, Over), ReadoutError> {
    let n_units = stage.n_units();
    let n_channels = if stage.shape.len() == 3 { stage.shape.first().copied() } else { None };
    let sizes =
        std::iter::once((n_units, Over::Units)).chain(n_channels.map(|n_channels| (n_channels, Over::Channels)));
    let found = sizes.flat_map(|(n, over)| [(n, n, over), (n + 1, n, over)]);
    let fits = found.into_iter().find(|(n_columns, ..)| *n_columns == weights.ncols() && weights.nrows() > 0);
    fits.map(|(_, n_weights, over)| (n_weights, over)).ok_or_else(|| ReadoutError::Shape {
        stage: stage.name.clone(),
        found: weights.shape().to_vec(),
        needed: match n_channels {
            Some(n_channels) => format!("{n_units} (units of the stage) or {n_channels} (channels) weights"),
            None => format!("{n_units} (units of the stage) weights"),
        },
    })
}

#[cfg(test)]
mod tests {
    use ndarray::{Array3, array};

    use super::*;
    use crate::network::builder::{Builder, Conv2d};
    use crate::network::engine::Engine as _;
    use crate::network::engine::burn::Burn;
    use crate::network::weights::fill_random;

    /// Two channels of 2 × 2 positions.
    fn network() -> Network {
        let (mut b, image) = Builder::new("small", [8, 8]);
        let x = b.conv2d("conv", &image, &Conv2d::new(2, 4).stride(4));
        Network::check(fill_random(b.finish(&x).unwrap(), 3)).unwrap()
    }

    fn responses(network: &Network, stage: &str) -> Vec<f64> {
        let image = Array3::from_shape_fn((3, 8, 8), |(c, y, x)| (c + y * x) as f32 / 50.0);
        let value = network.stage(stage).unwrap().value.clone();
        let mut session = Burn::cpu().open(network, &[value]).unwrap();
        session.run(image.view().insert_axis(Axis(0))).unwrap().remove(0).into_iter().map(f64::from).collect()
    }

    #[test]
    fn a_neuron_is_the_weighted_sum_of_its_stage_and_the_intercept() {
        let network = network();
        let units = responses(&network, "conv");
        let weights = Array2::from_shape_fn((3, 9), |(neuron, unit)| ((neuron * 5 + unit * 3) % 7) as f64 - 3.0);
        let read = with_readout(&network, "cells", "conv", weights.view()).unwrap();
        assert_eq!(responses(&read, "conv"), units);
        let without = with_readout(&network, "cells", "conv", weights.slice(s![.., ..8])).unwrap();
        let (found, bare) = (responses(&read, "cells"), responses(&without, "cells"));
        for (row, (found, bare)) in weights.rows().into_iter().zip(found.iter().zip(&bare)) {
            let sum: f64 = row.iter().zip(&units).map(|(weight, unit)| weight * unit).sum();
            assert!((bare - sum).abs() < 1e-5 && (found - sum - row[8]).abs() < 1e-5, "{found} {bare} {sum}");
        }
    }

    #[test]
    fn rows_may_be_over_channels() {
        let network = network();
        let units = responses(&network, "conv");
        let read = with_readout(&network, "cells", "conv", array![[2.0, -1.0, 0.5]].view()).unwrap();
        let mean = |channel: usize| units[channel * 4..][..4].iter().sum::<f64>() / 4.0;
        assert!((responses(&read, "cells")[0] - (2.0 * mean(0) - mean(1) + 0.5)).abs() < 1e-5);
    }

    #[test]
    fn weights_that_do_not_fit_are_refused_with_what_is_needed() {
        let refused =
            |weights: Array2<f64>| with_readout(&network(), "cells", "conv", weights.view()).unwrap_err().to_string();
        let words = refused(Array2::zeros((4, 7)));
        assert!(words.contains("[4, 7]") && words.contains("8 (units") && words.contains("2 (channels)"), "{words}");
        assert!(refused(Array2::zeros((0, 8))).contains("[0, 8]"));
        assert!(refused(array![[1.0, f64::NAN]]).contains("weight 1 of neuron 0 is NaN"));
        assert!(with_readout(&network(), "cells", "cnv", Array2::zeros((1, 8)).view()).is_err());
    }
}
