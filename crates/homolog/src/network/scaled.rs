//! A network one of whose stages is multiplied by factors: lesions of units, channels and stages, and gains.
//!
//! The edit is one node of the graph, a product with a constant, so every engine runs it, gradients pass through it and an
//! ONNX file of the edited network holds it.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::checked::{Network, Stage};
use super::error::GraphError;
use super::graph::{Graph, Node, StageName};
use super::op::binary::Binary;
use super::op::constant::Constant;
use super::tensor::{DType, HostTensor};

/// What a stage's value is multiplied by; 0 is a lesion, 1 leaves a unit as it is.
#[derive(Clone, Debug, PartialEq)]
pub enum Factors {
    /// The same for every unit.
    Whole(f32),
    /// One for each channel, the same at all its positions; channels as in
    /// [`Stage::channel_layout`](super::checked::Stage::channel_layout).
    Channels(Vec<f32>),
    /// One for each unit, in row-major order of the stage's shape.
    Units(Vec<f32>),
}

/// Why a stage was not scaled.
#[derive(Clone, Debug, thiserror::Error, PartialEq)]
#[non_exhaustive]
pub enum ScaleError {
    /// The network has no such stage.
    #[error(transparent)]
    Graph(#[from] GraphError),
    /// Another number of factors than of units or channels.
    #[error("cannot scale \"{stage}\" by {found} factors: it has {needed} {what}, and each needs one")]
    FactorCount {
        /// The stage.
        stage: String,
        /// How many were given.
        found: usize,
        /// How many it takes.
        needed: usize,
        /// `units` or `channels`.
        what: &'static str,
    },
    /// A factor that is not finite.
    #[error("cannot scale \"{stage}\" by {found} (factor {place}, counting from 0): factors must be finite")]
    NotFinite {
        /// The stage.
        stage: String,
        /// Which factor.
        place: usize,
        /// The factor.
        found: f32,
    },
    /// A unit or channel that the stage does not have.
    #[error("cannot lesion {what} {found} of \"{stage}\": it has {n} (0 to {})", n.saturating_sub(1))]
    OutOfRange {
        /// The stage.
        stage: String,
        /// `unit` or `channel`.
        what: &'static str,
        /// Which was asked for.
        found: usize,
        /// How many there are.
        n: usize,
    },
    /// A value of which a stimulus has several rows, or none of floats.
    #[error("cannot scale \"{stage}\": {reason}. Choose a stage before or after it")]
    NotScalable {
        /// The stage.
        stage: String,
        /// What stands in the way.
        reason: String,
    },
}

impl Network {
    /// The network whose stage `stage` (any of its names) is multiplied by `factors`.
    ///
    /// Everything after the stage sees the scaled values, and so does a recording of the stage. Names of stages, their order,
    /// their receptive fields and the number of learned parameters stay as they are. Scaling twice multiplies the factors.
    ///
    /// # Errors
    /// [`ScaleError`]: an unknown stage, another number of factors than of channels or units, a factor that is not finite.
    pub fn scaled(&self, stage: &str, factors: &Factors) -> Result<Self, ScaleError> {
        let stage = self.stage(stage)?;
        let factors = factors.for_stage(stage)?;
        let refuse = |reason: String| ScaleError::NotScalable { stage: stage.name.clone(), reason };
        let plan = self.single_plan();
        let fact = plan.facts.get(&stage.value).ok_or_else(|| refuse("its shape is not known".to_owned()))?;
        if fact.dtype != DType::F32 {
            return Err(refuse("its values are no floats".to_owned()));
        }
        if fact.shape.first() != Some(&plan.batch) {
            return Err(refuse(format!("a stimulus has several rows of its value of shape {:?}", fact.shape)));
        }
        Ok(Self::check(self.graph_with_product(stage, factors))?)
    }

    /// The network whose stage `stage` has the given channels silenced, at all positions.
    ///
    /// # Errors
    /// [`ScaleError`]: an unknown stage, a channel that it does not have.
    pub fn without_channels(&self, stage: &str, channels: &[usize]) -> Result<Self, ScaleError> {
        let found = self.stage(stage)?;
        let factors = ones_but(found, "channel", found.channel_layout().n_channels, channels)?;
        self.scaled(stage, &Factors::Channels(factors))
    }

    /// The network whose stage `stage` has the given units silenced; units by their place in row-major order of its shape.
    ///
    /// # Errors
    /// [`ScaleError`]: an unknown stage, a unit that it does not have.
    pub fn without_units(&self, stage: &str, units: &[usize]) -> Result<Self, ScaleError> {
        let found = self.stage(stage)?;
        let factors = ones_but(found, "unit", found.n_units(), units)?;
        self.scaled(stage, &Factors::Units(factors))
    }

    /// The network whose whole stage `stage` is silent.
    ///
    /// # Errors
    /// [`ScaleError`]: an unknown stage.
    pub fn without_stage(&self, stage: &str) -> Result<Self, ScaleError> {
        self.scaled(stage, &Factors::Whole(0.0))
    }

    /// The graph in which the node that wrote `stage` writes another value, whose product with the factors takes the stage's
    /// place and names.
    fn graph_with_product(&self, stage: &Stage, factors: HostTensor) -> Graph {
        let mut graph = self.graph().clone();
        if graph.stages.is_empty() {
            // All nodes are listed: name them, so that the new ones are not listed beside them.
            let name = |stage: &Stage| StageName { name: stage.name.clone(), value: stage.value.clone() };
            graph.stages = self.stages().map(name).collect();
        }
        let mut names = Names::of(&graph);
        let unscaled = names.fresh(&format!("{}.unscaled", stage.value));
        let constant = names.fresh(&format!("{}.factors", stage.value));
        let writes = |node: &Node| node.outputs.contains(&stage.value);
        let Some(place) = graph.nodes.iter().position(writes) else { return graph };
        let mut product = names.fresh(&format!("{}.scaled", stage.value));
        if let Some(node) = graph.nodes.get_mut(place) {
            // A node's name stands for its first output.
            if node.outputs.first() == Some(&stage.value) {
                product = std::mem::replace(&mut node.name, product);
            }
            for output in node.outputs.iter_mut().filter(|output| **output == stage.value) {
                output.clone_from(&unscaled);
            }
        }
        let factors = Node {
            name: constant.clone(),
            op: Arc::new(Constant { value: Arc::new(factors) }),
            inputs: Vec::new(),
            outputs: vec![constant.clone()],
        };
        let product = Node {
            name: product,
            op: Arc::new(Binary::Mul),
            inputs: vec![Some(unscaled), Some(constant)],
            outputs: vec![stage.value.clone()],
        };
        graph.nodes.splice(place + 1..place + 1, [factors, product]);
        graph
    }
}

impl Factors {
    /// As a tensor that is broadcast against the stage's value.
    fn for_stage(&self, stage: &Stage) -> Result<HostTensor, ScaleError> {
        let n_channels = stage.channel_layout().n_channels;
        let (factors, shape, what) = match self {
            Self::Whole(factor) => (vec![*factor], Vec::new(), "values"),
            Self::Units(factors) => (factors.clone(), stage.shape.clone(), "units"),
            Self::Channels(factors) => {
                let shape = match stage.shape.as_slice() {
                    [_, _, _] => vec![n_channels, 1, 1],
                    [_, _] => vec![n_channels],
                    shape => shape.to_vec(),
                };
                (factors.clone(), shape, "channels")
            }
        };
        if let Some(place) = factors.iter().position(|factor| !factor.is_finite()) {
            let found = factors.get(place).copied().unwrap_or(f32::NAN);
            return Err(ScaleError::NotFinite { stage: stage.name.clone(), place, found });
        }
        let (found, needed) = (factors.len(), shape.iter().product());
        let misfit = || ScaleError::FactorCount { stage: stage.name.clone(), found, needed, what };
        HostTensor::from_f32(&shape, factors).ok_or_else(misfit)
    }
}

/// A factor of 1 for each of `n`, and of 0 for those that are silenced.
fn ones_but(stage: &Stage, what: &'static str, n: usize, silenced: &[usize]) -> Result<Vec<f32>, ScaleError> {
    let mut factors = vec![1.0; n];
    for &found in silenced {
        let out_of_range = || ScaleError::OutOfRange { stage: stage.name.clone(), what, found, n };
        *factors.get_mut(found).ok_or_else(out_of_range)? = 0.0;
    }
    Ok(factors)
}

/// The names that a graph has used up.
struct Names(BTreeSet<String>);

impl Names {
    fn of(graph: &Graph) -> Self {
        let nodes = graph.nodes.iter().flat_map(|node| std::iter::once(&node.name).chain(&node.outputs));
        let inputs = graph.inputs.iter().map(|input| &input.name);
        Self(nodes.chain(inputs).chain(graph.parameters.keys()).cloned().collect())
    }

    /// `wanted`, with a number behind it where it is taken.
    fn fresh(&mut self, wanted: &str) -> String {
        let mut name = wanted.to_owned();
        let mut number = 2;
        while !self.0.insert(name.clone()) {
            name = format!("{wanted}{number}");
            number += 1;
        }
        name
    }
}

#[cfg(test)]
mod tests {
    use ndarray::{Array2, Array4};

    use super::*;
    use crate::network::builder::{Builder, Conv2d, Rounding};
    use crate::network::engine::Engine as _;
    use crate::network::engine::burn::Burn;
    use crate::network::onnx;
    use crate::network::weights::fill_random;

    /// Convolution, normalization, rectification, pooling, and two classes.
    fn graph() -> Graph {
        let (mut b, image) = Builder::new("small", [8, 8]);
        let x = b.conv2d("conv", &image, &Conv2d::new(4, 3));
        let x = b.batch_norm2d("bn", &x, 1e-5);
        let x = b.relu("relu", &x);
        let x = b.max_pool2d("pool", &x, 2, 2, 0, Rounding::Floor);
        let x = b.flatten("flatten", &x);
        let x = b.linear("fc", &x, 2);
        let mut graph = fill_random(b.finish(&x).unwrap(), 3);
        let uneven = |start: f32| HostTensor::from_f32(&[4], (0..4).map(|i| start + 0.3 * i as f32).collect()).unwrap();
        graph.parameters.insert("conv.bias".to_owned(), Arc::new(uneven(-0.4)));
        graph.parameters.insert("bn.bias".to_owned(), Arc::new(uneven(-0.2)));
        graph.parameters.insert("bn.weight".to_owned(), Arc::new(uneven(0.7)));
        graph
    }

    fn network() -> Network {
        Network::check(graph()).unwrap()
    }

    fn responses(network: &Network, stages: &[&str]) -> Vec<Array2<f32>> {
        let images =
            Array4::from_shape_fn((3, 3, 8, 8), |(n, c, y, x)| ((n * 7 + c * 5 + y * 3 + x) % 11) as f32 / 5.0 - 1.0);
        let values: Vec<String> = stages.iter().map(|stage| network.stage(stage).unwrap().value.clone()).collect();
        Burn::cpu().open(network, &values).unwrap().run(images.view()).unwrap()
    }

    fn assert_near(found: &Array2<f32>, expected: &Array2<f32>) {
        assert_eq!(found.dim(), expected.dim());
        let largest = expected.iter().fold(0.0_f32, |largest, value| largest.max(value.abs()));
        assert!(largest > 0.1, "nothing to compare");
        for (found, expected) in found.iter().zip(expected) {
            assert!((found - expected).abs() <= 1e-5 * largest, "{found} is not {expected}");
        }
    }

    /// The graph with the rows (first axis) of some parameters multiplied.
    fn with_scaled_rows(mut graph: Graph, names: &[&str], factors: &[f32]) -> Network {
        for name in names {
            let HostTensor::F32(mut values) = HostTensor::clone(&graph.parameters[*name]) else { panic!("floats") };
            values.outer_iter_mut().zip(factors).for_each(|(mut row, factor)| row *= *factor);
            graph.parameters.insert((*name).to_owned(), Arc::new(HostTensor::F32(values)));
        }
        Network::check(graph).unwrap()
    }

    const GAINS: [f32; 4] = [0.0, 2.0, 1.0, -0.5];

    #[test]
    fn a_scaled_convolution_is_one_with_scaled_weights_whether_or_not_normalization_is_folded_into_it() {
        let scaled = network().scaled("conv", &Factors::Channels(GAINS.to_vec())).unwrap();
        let expected = with_scaled_rows(graph(), &["conv.weight", "conv.bias"], &GAINS);
        for stages in [&["fc"][..], &["conv", "fc"], &["conv", "bn", "relu", "fc"]] {
            for (found, expected) in responses(&scaled, stages).iter().zip(&responses(&expected, stages)) {
                assert_near(found, expected);
            }
        }
    }

    #[test]
    fn a_scaled_normalization_is_one_with_scaled_weights() {
        let scaled = network().scaled("bn", &Factors::Channels(GAINS.to_vec())).unwrap();
        let expected = with_scaled_rows(graph(), &["bn.weight", "bn.bias"], &GAINS);
        for stages in [&["fc"][..], &["bn", "fc"], &["conv", "bn", "fc"]] {
            for (found, expected) in responses(&scaled, stages).iter().zip(&responses(&expected, stages)) {
                assert_near(found, expected);
            }
        }
    }

    #[test]
    fn a_recording_of_the_stage_holds_the_scaled_values_and_those_before_it_are_as_they_were() {
        let network = network();
        let factors: Vec<f32> = (0..4 * 36).map(|unit| unit as f32 / 20.0 - 2.0).collect();
        let scaled = network.scaled("relu", &Factors::Units(factors.clone())).unwrap();
        let (before, after) = (responses(&network, &["bn", "relu"]), responses(&scaled, &["bn", "relu"]));
        assert_eq!(before[0], after[0]);
        let expected = before[1].clone() * &ndarray::Array1::from(factors);
        assert_eq!(after[1], expected);
    }

    #[test]
    fn names_fields_and_parameter_counts_stay_as_they_were_also_where_the_graph_names_no_stage() {
        let unnamed = Network::check(Graph { stages: Vec::new(), ..graph() }).unwrap();
        for network in [network(), unnamed] {
            for stage in ["conv", "relu", "fc"] {
                let scaled = network.scaled(stage, &Factors::Whole(0.5)).unwrap();
                let listed = |network: &Network| {
                    let stages = network.stages();
                    let of = |stage: &Stage| {
                        (stage.name.clone(), stage.shape.clone(), stage.receptive_field.clone(), stage.n_parameters)
                    };
                    stages.map(of).collect::<Vec<_>>()
                };
                assert_eq!(listed(&scaled), listed(&network));
                assert_eq!(scaled.n_parameters(), network.n_parameters());
                let [before, after] = [&network, &scaled].map(|network| responses(network, &[stage]).remove(0));
                assert_eq!(after, before * 0.5);
            }
        }
    }

    #[test]
    fn lesions_of_channels_units_and_stages_silence_them_and_nothing_else() {
        let network = network();
        let before = responses(&network, &["relu"]).remove(0);
        let silenced = |network: &Network| -> Vec<bool> {
            let after = responses(network, &["relu"]).remove(0);
            let unit = |unit: usize| {
                let (before, after) = (before.column(unit), after.column(unit));
                assert!(before == after || after.iter().all(|value| *value == 0.0));
                before != after
            };
            (0..before.ncols()).map(unit).collect()
        };
        let channel = silenced(&network.without_channels("relu", &[2]).unwrap());
        assert!(
            channel[2 * 36..3 * 36].contains(&true)
                && !channel[..2 * 36].contains(&true)
                && !channel[3 * 36..].contains(&true)
        );
        let active = (0..before.ncols()).find(|unit| before.column(*unit).iter().any(|value| *value > 0.0)).unwrap();
        let unit = silenced(&network.without_units("relu", &[active]).unwrap());
        assert_eq!(unit.iter().filter(|is_silenced| **is_silenced).count(), 1);
        let without = network.without_stage("relu").unwrap();
        assert!(responses(&without, &["relu"])[0].iter().all(|value| *value == 0.0));
        // What is left of the classes is the bias alone: 0.
        assert!(responses(&without, &["fc"])[0].iter().all(|value| *value == 0.0));
    }

    #[test]
    fn scaling_twice_multiplies_the_factors_and_a_written_file_holds_them() {
        let gains = Factors::Channels(GAINS.to_vec());
        let twice = network().scaled("relu", &gains).unwrap().scaled("relu", &Factors::Whole(3.0)).unwrap();
        let expected = network().scaled("relu", &Factors::Channels(GAINS.map(|gain| 3.0 * gain).to_vec())).unwrap();
        let logits = responses(&twice, &["fc"]).remove(0);
        assert_near(&logits, &responses(&expected, &["fc"])[0]);
        let bytes = onnx::write(twice.graph(), &["fc".to_owned()]);
        let read = Network::check(onnx::read_bytes("scaled.onnx", bytes).unwrap()).unwrap();
        assert_near(&responses(&read, &["fc"])[0], &logits);
    }

    #[test]
    fn tokens_are_scaled_along_their_last_axis() {
        let shape = [3, 2];
        let stage = Stage { shape: shape.to_vec(), ..network().stage("fc").unwrap().clone() };
        let factors = Factors::Channels(vec![2.0, 3.0]).for_stage(&stage).unwrap();
        assert_eq!((factors.shape(), factors.floats()), (&[2][..], Some(&[2.0, 3.0][..])));
    }

    #[test]
    fn what_cannot_be_scaled_is_said_with_its_numbers() {
        let network = network();
        let said = |stage: &str, factors: Factors| network.scaled(stage, &factors).unwrap_err().to_string();
        assert!(said("rely", Factors::Whole(0.0)).contains("no layer \"rely\". Closest: \"relu\""));
        assert_eq!(
            said("relu", Factors::Channels(vec![1.0; 3])),
            "cannot scale \"relu\" by 3 factors: it has 4 channels, and each needs one"
        );
        assert!(said("relu", Factors::Units(vec![1.0; 4])).contains("it has 144 units"));
        assert!(said("relu", Factors::Channels(vec![1.0, f32::NAN, 1.0, 1.0])).contains("by NaN (factor 1"));
        assert!(said("fc", Factors::Whole(f32::INFINITY)).contains("must be finite"));
        let outside = network.without_channels("relu", &[0, 4]).unwrap_err().to_string();
        assert_eq!(outside, "cannot lesion channel 4 of \"relu\": it has 4 (0 to 3)");
        assert!(network.without_units("fc", &[2]).is_err());
    }
}
