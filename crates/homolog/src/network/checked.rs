//! A network that can be run: every value has a shape and a type, every stage a name.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::graph::Graph;
use super::op::Fact;
use super::receptive_field::ReceptiveField;

/// A value of the network that can be recorded, for one stimulus.
#[derive(Clone, Debug)]
pub struct Stage {
    /// The name under which it is listed: torchvision's where the architecture has one, else the node's.
    pub name: String,
    /// Further names that are accepted for it.
    pub aliases: Vec<String>,
    /// ONNX name of the operator that writes it.
    pub operator: &'static str,
    /// The value's name in the graph.
    pub value: String,
    /// Sizes for one stimulus, without the batch axis.
    pub shape: Vec<usize>,
    /// Number of learned numbers between the previous listed stage and this one.
    pub n_parameters: usize,
    /// What one unit sees of the image, where the stage has spatial axes.
    pub receptive_field: Option<ReceptiveField>,
}

impl Stage {
    /// Number of units: the product of the sizes.
    pub fn n_units(&self) -> usize {
        self.shape.iter().product()
    }
}

/// A checked graph. It is made by [`Network::check`] and cannot be changed.
#[derive(Clone, Debug)]
pub struct Network {
    graph: Arc<Graph>,
    stages: Vec<Stage>,
}

/// The network at one batch size: facts of every value by name, constants folded.
#[derive(Clone, Debug)]
pub struct Plan {
    /// Number of stimuli run together.
    pub batch: usize,
    /// What is known about every value.
    pub facts: BTreeMap<String, Fact>,
}
