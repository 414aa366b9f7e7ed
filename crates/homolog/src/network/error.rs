//! What can be wrong with a graph.

use super::op::OpError;

/// Why a graph cannot be run.
#[derive(Clone, Debug, thiserror::Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum GraphError {
    /// A node's operator does not take its inputs.
    #[error("node \"{node}\" ({operator}) does not fit into the network")]
    Operator {
        /// The node's name.
        node: String,
        /// ONNX name of its operator.
        operator: &'static str,
        /// What does not fit.
        #[source]
        source: OpError,
    },
    /// A node reads a value that no input, parameter or earlier node gives.
    #[error("node \"{node}\" reads \"{value}\", which no input, parameter or earlier node gives")]
    UnknownValue {
        /// The node's name.
        node: String,
        /// The value's name.
        value: String,
    },
    /// A value is written twice.
    #[error("node \"{node}\" writes \"{value}\", which is already an input, a parameter or written by an earlier node")]
    WrittenTwice {
        /// The later node's name.
        node: String,
        /// The value's name.
        value: String,
    },
    /// Two nodes have one name.
    #[error("two nodes are named \"{node}\"; each needs a name of its own")]
    NamedTwice {
        /// The name.
        node: String,
    },
    /// A node has more outputs than its operator gives.
    #[error("node \"{node}\" ({operator}) has {found} outputs, and homolog gives {needed}")]
    TooManyOutputs {
        /// The node's name.
        node: String,
        /// ONNX name of its operator.
        operator: &'static str,
        /// Outputs of the node.
        found: usize,
        /// Outputs that the operator gives.
        needed: usize,
    },
    /// A size of an input that must be chosen.
    #[error(
        "input \"{input}\" leaves the size of axis {axis} open; choose the image size with --image-size HEIGHTxWIDTH"
    )]
    OpenSize {
        /// The input's name.
        input: String,
        /// The axis.
        axis: usize,
    },
    /// A chosen size that the file does not allow.
    #[error("input \"{input}\" takes images of {needed} pixels (height x width), not {found}")]
    ImageSize {
        /// The input's name.
        input: String,
        /// The size asked for.
        found: String,
        /// The size that the file fixes.
        needed: String,
    },
    /// A value of which nothing is left.
    #[error(
        "nothing is left after node \"{node}\" ({operator}): its output would have shape {shape:?}; give a larger image"
    )]
    Empty {
        /// The node's name.
        node: String,
        /// ONNX name of its operator.
        operator: &'static str,
        /// The output's shape.
        shape: Vec<usize>,
    },
    /// A value with more axes than tensors can have.
    #[error("\"{value}\" has {found} axes; homolog runs values of up to {}", super::value::MAX_RANK)]
    TooManyAxes {
        /// The value's name.
        value: String,
        /// Its number of axes.
        found: usize,
    },
    /// A stage or an output that stands for no value.
    #[error("{what} \"{name}\" stands for \"{value}\", which no node gives")]
    NoSuchValue {
        /// `stage` or `output`.
        what: &'static str,
        /// Its name.
        name: String,
        /// The value.
        value: String,
    },
    /// A graph without an input.
    #[error("the network \"{network}\" has no input")]
    NoInput {
        /// The network's name.
        network: String,
    },
    /// A stage that does not exist.
    #[error("{network} has no layer \"{stage}\". Closest: {nearest}. `homolog layers MODEL` lists all {n_stages}")]
    UnknownStage {
        /// The network's name.
        network: String,
        /// What was asked for.
        stage: String,
        /// The nearest three names.
        nearest: String,
        /// Number of listed stages.
        n_stages: usize,
    },
    /// A value that has no part for each stimulus.
    #[error("\"{stage}\" cannot be recorded: its shape {shape:?} does not begin with the stimuli")]
    NotPerStimulus {
        /// What was asked for.
        stage: String,
        /// The value's shape for one stimulus.
        shape: Vec<usize>,
    },
}
