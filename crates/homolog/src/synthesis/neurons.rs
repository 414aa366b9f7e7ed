//! Recorded neurons as a stage of a network: each a weighted sum of a stage's units, as a mapping fitted to its responses has it.
//!
//! After that they are units like any other: `neurons[3]` drives the fourth neuron, `neurons[3] - neurons[0]` one and not the
//! other, and `inversion(neurons)` towards a pattern of the whole population.
//!
//! # Reference
//! Bashivan P, Kar K, DiCarlo J J (2019). Neural population control via deep image synthesis. Science 364:eaav9436. Walker E Y et
//! al. (2019). Inception loops discover what excites neurons most using deep predictive models. Nature Neuroscience 22:2060.

use std::sync::Arc;

use ndarray::{ArrayView2, Axis, s};

use super::SynthesisError;
use crate::inside::image::narrow;
use crate::inside::objective::Reference;
use crate::network::checked::Network;
use crate::network::graph::{Node, StageName};
use crate::network::op::dense::Gemm;
use crate::network::op::shape::Flatten;
use crate::network::tensor::HostTensor;

/// The name of the neurons' stage.
pub const NEURONS: &str = "neurons";

/// The network with recorded neurons as its last stage, named [`NEURONS`]; its other stages stay as they are.
///
/// `weights`: (n_neurons, n_units), or (n_neurons, n_units + 1) with the intercept last; units in row-major order of the stage's
/// shape, as `homolog record` writes them and as `coef_` of scikit-learn's linear models has them.
///
/// # Errors
/// An unknown stage, [`SynthesisError::Weights`], [`SynthesisError::WeightNotFinite`].
pub fn with_neurons(network: &Network, stage: &str, weights: ArrayView2<'_, f64>) -> Result<Network, SynthesisError> {
    let stage = network.stage(stage)?;
    let n_units = stage.n_units();
    let (n_neurons, n_columns) = weights.dim();
    if n_neurons == 0 || !(n_columns == n_units || n_columns == n_units + 1) {
        return Err(SynthesisError::Weights { stage: stage.name.clone(), found: weights.shape().to_vec(), n_units });
    }
    if let Some(((neuron, unit), found)) = weights.indexed_iter().find(|(_, weight)| !weight.is_finite()) {
        return Err(SynthesisError::WeightNotFinite { stage: stage.name.clone(), neuron, unit, found: *found });
    }
    let intercepts = match n_columns > n_units {
        true => weights.index_axis(Axis(1), n_units).iter().copied().map(narrow).collect(),
        false => vec![0.0; n_neurons],
    };
    let of_units: Vec<f32> = weights.slice(s![.., ..n_units]).iter().copied().map(narrow).collect();
    let parameters = [
        (format!("{NEURONS}.weight"), HostTensor::from_f32(&[n_neurons, n_units], of_units)),
        (format!("{NEURONS}.bias"), HostTensor::from_f32(&[n_neurons], intercepts)),
    ];
    let mut graph = network.graph().clone();
    for (name, tensor) in parameters {
        graph.parameters.extend(tensor.map(|tensor| (name, Arc::new(tensor))));
    }
    let flat = format!("{NEURONS}.units");
    let value = |name: &str| Some(name.to_owned());
    graph.nodes.push(Node {
        name: flat.clone(),
        op: Arc::new(Flatten { axis: 1 }),
        inputs: vec![value(&stage.value)],
        outputs: vec![flat.clone()],
    });
    graph.nodes.push(Node {
        name: NEURONS.to_owned(),
        op: Arc::new(Gemm::LINEAR),
        inputs: vec![value(&flat), value(&format!("{NEURONS}.weight")), value(&format!("{NEURONS}.bias"))],
        outputs: vec![NEURONS.to_owned()],
    });
    graph.stages.push(StageName { name: NEURONS.to_owned(), value: NEURONS.to_owned() });
    Ok(Network::check(graph)?)
}

/// A pattern over all neurons, as what `inversion(neurons)` compares with.
///
/// # Errors
/// [`SynthesisError::Setting`] when it is not finite or of another number of neurons.
pub fn target_pattern(network: &Network, pattern: &[f64]) -> Result<Reference, SynthesisError> {
    let n_neurons = network.stage(NEURONS)?.n_units();
    if pattern.len() != n_neurons || pattern.iter().any(|response| !response.is_finite()) {
        let (what, found) = ("a target pattern of", format!("{} numbers for {n_neurons} neurons", pattern.len()));
        return Err(SynthesisError::Setting { what, found, needed: "one finite number for each neuron is needed" });
    }
    Ok(Reference::from([(NEURONS.to_owned(), pattern.iter().copied().map(narrow).collect())]))
}

#[cfg(test)]
mod tests {
    use ndarray::{Array2, Array3, array};

    use super::*;
    use crate::inside::image::{Colour, InputMap, Parameterisation};
    use crate::inside::optimise::{Look, Optimised, Settings, Surroundings};
    use crate::inside::transform::{Optimiser, Recipe, Regularizer};
    use crate::network::builder::{Builder, Conv2d};
    use crate::network::engine::burn::Burn;
    use crate::network::weights::fill_random;
    use crate::progress::{Cancel, Silent};
    use crate::recording::record::Resources;

    fn network() -> Network {
        let (mut b, image) = Builder::new("small", [8, 8]);
        let x = b.conv2d("conv", &image, &Conv2d::new(2, 8));
        Network::check(fill_random(b.finish(&x).unwrap(), 3)).unwrap()
    }

    fn optimised(network: &Network, objective: &str, reference: Option<&Reference>) -> Optimised {
        let settings = Settings {
            parameterisation: Parameterisation::Pixels,
            colour: Colour::Plain,
            recipe: Recipe { optimiser: Optimiser::Lbfgs, ..Regularizer::None.recipe() },
            size: [8, 8],
            n_images: 1,
            n_steps: 30,
            learning_rate: 0.1,
            seed: 1,
            magnitudes: None,
            start: None,
        };
        let look = Look {
            network,
            input: InputMap::unchanged(3),
            settings,
            prior: None,
            identity: String::new(),
            burn: Burn::cpu(),
        };
        let aims = look.aims(&[objective.parse().unwrap()], reference).unwrap();
        let watch = |_: usize, _: usize, _: f64| {};
        let around = Surroundings {
            resources: Resources { memory_bytes: 1 << 30, n_threads: 1 },
            progress: &Silent,
            watch: &watch,
            cancel: &Cancel::default(),
            store: None,
        };
        look.optimise(&aims, &around).unwrap().remove(0)
    }

    fn responses(network: &Network, image: &Array3<f32>, stage: &str) -> Vec<f32> {
        let value = network.stage(stage).unwrap().value.clone();
        let mut session = crate::network::engine::Engine::open(&Burn::cpu(), network, &[value]).unwrap();
        session.run(image.view().insert_axis(Axis(0))).unwrap().remove(0).into_iter().collect()
    }

    #[test]
    fn a_neuron_is_the_weighted_sum_of_its_stage_and_the_intercept() {
        let network = network();
        let weights = array![[1.0, -2.0, 0.5], [0.0, 3.0, -1.0], [0.25, 0.25, 0.0]];
        let joined = with_neurons(&network, "conv", weights.view()).unwrap();
        let image = Array3::from_shape_fn((3, 8, 8), |(c, y, x)| (c + y * x) as f32 / 50.0);
        let units = responses(&joined, &image, "conv");
        assert_eq!(units, responses(&network, &image, "conv"));
        let neurons = responses(&joined, &image, NEURONS);
        for (neuron, row) in neurons.iter().zip(weights.rows()) {
            let sum = row[0] * f64::from(units[0]) + row[1] * f64::from(units[1]) + row[2];
            assert!((f64::from(*neuron) - sum).abs() < 1e-5, "{neuron}, not {sum}");
        }
        let without = with_neurons(&network, "conv", weights.slice(s![.., ..2])).unwrap();
        assert!((responses(&without, &image, NEURONS)[1] - (neurons[1] + 1.0)).abs() < 1e-5);
    }

    #[test]
    fn an_image_drives_a_neuron_beyond_where_it_started_and_a_population_to_a_pattern() {
        // Two neurons that are the units themselves: any pattern between what noise and the best image give can be reached.
        let joined = with_neurons(&network(), "conv", Array2::eye(2).view()).unwrap();
        let one = optimised(&joined, "neurons[1] - neurons[0]", None);
        assert!(one.objective > one.trajectory[0] + 1.0, "{} from {}", one.objective, one.trajectory[0]);
        let best = responses(&joined, &one.images[0], NEURONS);
        let pattern: Vec<f64> = best.iter().map(|response| 0.5 * f64::from(*response)).collect();
        let reference = target_pattern(&joined, &pattern).unwrap();
        let reached = optimised(&joined, "inversion(neurons)", Some(&reference));
        let found = responses(&joined, &reached.images[0], NEURONS);
        for (found, wanted) in found.iter().zip(&pattern) {
            assert!((f64::from(*found) - wanted).abs() < 0.02 * (1.0 + wanted.abs()), "{found}, not {wanted}");
        }
    }

    #[test]
    fn weights_that_do_not_fit_are_refused_with_what_is_needed() {
        let refused = |weights: Array2<f64>| with_neurons(&network(), "conv", weights.view()).unwrap_err().to_string();
        assert!(refused(Array2::zeros((4, 9))).contains("shape [4, 9], and it has 2 units"));
        assert!(refused(array![[1.0, f64::NAN]]).contains("weight 1 of neuron 0 is NaN"));
        let joined = with_neurons(&network(), "conv", Array2::eye(2).view()).unwrap();
        assert!(target_pattern(&joined, &[1.0]).unwrap_err().to_string().contains("1 numbers for 2 neurons"));
    }
}
