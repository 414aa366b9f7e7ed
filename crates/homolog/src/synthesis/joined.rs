//! Several networks as one, over the same image: what is made for all of them is then made as for any network.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::SynthesisError;
use super::classifier::Classifier;
use crate::inside::bilinear::bilinear_numbers;
use crate::inside::image::InputMap;
use crate::network::checked::Network;
use crate::network::graph::{Dim, Graph, GraphInput, Node, StageName};
use crate::network::op::Operator;
use crate::network::op::binary::Binary;
use crate::network::op::dense::MatMul;
use crate::network::op::indexing::Gather;
use crate::network::tensor::{DType, HostTensor};

/// The value of the common image.
const IMAGE: &str = "image";

/// Graphs over a common image that are being joined.
#[derive(Debug)]
pub struct Joined {
    pub(super) graph: Graph,
    size: [usize; 2],
}

impl Joined {
    /// The networks over one image in [0, 1] of (height, width) `size`. Names of the `k`-th network's values, counted from 1, begin
    /// with `k/`; it sees the image resampled to its own size (bilinear) and with its own colours, so the joined network takes
    /// [`InputMap::unchanged`].
    pub fn new(classifiers: &[Classifier<'_>], size: [usize; 2]) -> Self {
        let [height, width] = size;
        let n_channels = classifiers.first().map_or(3, |one| one.shape()[0]);
        let dims = vec![Dim::Batch, Dim::Fixed(n_channels), Dim::Fixed(height), Dim::Fixed(width)];
        let names: Vec<&str> = classifiers.iter().map(|one| one.network.graph().name.as_str()).collect();
        let graph = Graph {
            name: names.join(" + "),
            inputs: vec![GraphInput { name: IMAGE.to_owned(), dtype: DType::F32, dims }],
            ..Graph::default()
        };
        let mut joined = Self { graph, size };
        for (place, classifier) in classifiers.iter().enumerate() {
            joined.add(classifier, &format!("{}/", place + 1));
        }
        joined
    }

    /// The joined network, whose output is the value `output`.
    ///
    /// # Errors
    /// [`SynthesisError::Graph`]: what the networks' own check would have found.
    pub fn finish(mut self, output: &str) -> Result<Network, SynthesisError> {
        self.graph.outputs = vec![output.to_owned()];
        Ok(Network::check(self.graph)?)
    }

    fn add(&mut self, classifier: &Classifier<'_>, prefix: &str) {
        let graph = classifier.network.graph();
        let Some(input) = graph.inputs.first() else { return };
        let own_input = self.prepare(&classifier.input, classifier.shape(), prefix);
        let renamed = |value: &String| match value {
            value if value.is_empty() => String::new(),
            value if *value == input.name => own_input.clone(),
            value => format!("{prefix}{value}"),
        };
        let parameters: BTreeMap<String, Arc<HostTensor>> =
            graph.parameters.iter().map(|(name, tensor)| (format!("{prefix}{name}"), Arc::clone(tensor))).collect();
        self.graph.parameters.extend(parameters);
        let nodes = graph.nodes.iter().map(|node| Node {
            name: format!("{prefix}{}", node.name),
            op: Arc::clone(&node.op),
            inputs: node.inputs.iter().map(|value| value.as_ref().map(&renamed)).collect(),
            outputs: node.outputs.iter().map(&renamed).collect(),
        });
        self.graph.nodes.extend(nodes);
        let stages = graph.stages.iter();
        let stage =
            |stage: &StageName| StageName { name: format!("{prefix}{}", stage.name), value: renamed(&stage.value) };
        self.graph.stages.extend(stages.map(stage));
    }

    /// Nodes from the common image to a network's input, and the name of the last value.
    fn prepare(&mut self, input: &InputMap, [_, height, width]: [usize; 3], prefix: &str) -> String {
        let mut value = IMAGE.to_owned();
        if self.size != [height, width] {
            let [from_height, from_width] = self.size;
            let across =
                self.floats(&format!("{prefix}across"), &[from_width, width], bilinear_numbers(from_width, width));
            value = self.node(&format!("{prefix}resampled across"), Arc::new(MatMul), &[&value, &across]);
            let turned = ndarray::Array2::from_shape_vec((from_height, height), bilinear_numbers(from_height, height));
            let turned = turned.map(|matrix| matrix.t().iter().copied().collect()).unwrap_or_default();
            let down = self.floats(&format!("{prefix}down"), &[height, from_height], turned);
            value = self.node(&format!("{prefix}resampled"), Arc::new(MatMul), &[&down, &value]);
        }
        let order: Vec<i64> = input.order().iter().map(|from| i64::try_from(*from).unwrap_or(0)).collect();
        if order.iter().enumerate().any(|(place, from)| usize::try_from(*from) != Ok(place)) {
            let order = self.integers(&format!("{prefix}order"), order);
            value = self.node(&format!("{prefix}reordered"), Arc::new(Gather { axis: 1 }), &[&value, &order]);
        }
        let shape = [1, input.gain().len(), 1, 1];
        let gain = self.floats(&format!("{prefix}gain"), &shape, input.gain().to_vec());
        value = self.node(&format!("{prefix}scaled"), Arc::new(Binary::Mul), &[&value, &gain]);
        let offset = self.floats(&format!("{prefix}offset"), &shape, input.offset().to_vec());
        self.node(&format!("{prefix}prepared"), Arc::new(Binary::Add), &[&value, &offset])
    }

    /// A node whose name is that of its output.
    pub(super) fn node(&mut self, name: &str, op: Arc<dyn Operator>, inputs: &[&str]) -> String {
        self.graph.nodes.push(Node {
            name: name.to_owned(),
            op,
            inputs: inputs.iter().map(|input| Some((*input).to_owned())).collect(),
            outputs: vec![name.to_owned()],
        });
        name.to_owned()
    }

    pub(super) fn floats(&mut self, name: &str, shape: &[usize], numbers: Vec<f32>) -> String {
        self.constant(name, HostTensor::from_f32(shape, numbers))
    }

    pub(super) fn integers(&mut self, name: &str, numbers: Vec<i64>) -> String {
        self.constant(name, HostTensor::from_i64(&[numbers.len()], numbers))
    }

    fn constant(&mut self, name: &str, tensor: Option<HostTensor>) -> String {
        self.graph.parameters.extend(tensor.map(|tensor| (name.to_owned(), Arc::new(tensor))));
        name.to_owned()
    }
}
