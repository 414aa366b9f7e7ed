//! What can stop an attribution.

use crate::inside::objective::ObjectiveError;
use crate::network::engine::EngineError;
use crate::network::error::GraphError;
use crate::recording::record::budget::show_bytes;

/// Why there is no attribution.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AttributionError {
    /// The objective cannot be read, or asks for what the network does not have.
    #[error(transparent)]
    Objective(#[from] ObjectiveError),
    /// The network cannot be run.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// The network has no such stage.
    #[error(transparent)]
    Graph(#[from] GraphError),
    /// The network's input is no image.
    #[error(
        "cannot attribute to an image: \"{network}\" takes stimuli of shape {shape:?}, and images have three sizes (channel, height, width)"
    )]
    NotImages {
        /// The network's name.
        network: String,
        /// The shape of one stimulus.
        shape: Vec<usize>,
    },
    /// The network's file fixes how many images are run together.
    #[error(
        "cannot attribute to one image: the file of \"{network}\" fixes {n_images} images at once. Export it with a free batch axis"
    )]
    FixedBatch {
        /// The network's name.
        network: String,
        /// How many.
        n_images: usize,
    },
    /// An image of another size.
    #[error("cannot attribute to an input of shape {found:?}: the network takes {needed:?} (channel, height, width)")]
    InputShape {
        /// Shape of the given input.
        found: Vec<usize>,
        /// Shape that the network takes.
        needed: Vec<usize>,
    },
    /// A name that no method has.
    #[error("there is no attribution method \"{name}\". Closest: {nearest}. All: {all}")]
    UnknownMethod {
        /// What was asked for.
        name: String,
        /// The nearest three.
        nearest: String,
        /// All of them.
        all: String,
    },
    /// A number that cannot be.
    #[error("cannot attribute with {what} {found}: {needed}")]
    Setting {
        /// Which.
        what: &'static str,
        /// Its value.
        found: String,
        /// What it must be.
        needed: String,
    },
    /// An objective that compares several images.
    #[error("cannot attribute \"{objective}\" to one image: it compares several images with each other")]
    SeveralImages {
        /// The objective.
        objective: String,
    },
    /// A method that changes rectifiers, and a network without any.
    #[error(
        "{method} changes the way back through rectifiers (Relu), and there is none between the image and \"{objective}\"; it would be the gradient. Use gradient"
    )]
    NoRectifier {
        /// The method.
        method: &'static str,
        /// The objective.
        objective: String,
    },
    /// A stage without height and width.
    #[error(
        "cannot make a Grad-CAM of \"{stage}\": its shape is {shape:?}, and a map needs (channel, height, width). `homolog layers` lists the stages' shapes"
    )]
    NotSpatial {
        /// The stage.
        stage: String,
        /// Its shape for one image.
        shape: Vec<usize>,
    },
    /// A stage that does not lead to the objective.
    #[error(
        "cannot make a Grad-CAM of \"{stage}\": \"{objective}\" does not depend on it. Choose a stage before the objective"
    )]
    NotBefore {
        /// The stage.
        stage: String,
        /// The objective.
        objective: String,
    },
    /// No stage between the image and the objective is a map.
    #[error("cannot make a Grad-CAM of \"{objective}\": no stage before it has channels, height and width")]
    NoSpatialStage {
        /// The objective.
        objective: String,
    },
    /// An operator that relevance cannot be propagated through.
    #[error(
        "relevance cannot be propagated through node \"{node}\" ({operator}): {because}. Choose a stage before it as the objective, or a method that needs the gradient alone, such as integrated-gradients"
    )]
    NoRule {
        /// The node's name.
        node: String,
        /// ONNX name of its operator.
        operator: &'static str,
        /// Why.
        because: &'static str,
    },
    /// Numbers that are not finite.
    #[error("the {method} of \"{objective}\" is not finite, so it has no map")]
    NotFinite {
        /// The method.
        method: &'static str,
        /// The objective.
        objective: String,
    },
    /// Even one image at a time takes more memory than allowed.
    #[error(
        "cannot attribute within {}: one image takes {}. Allow at least --memory {}MiB",
        show_bytes(*.budget), show_bytes(*.needed), needed.div_ceil(1 << 20)
    )]
    BudgetTooSmall {
        /// Bytes allowed.
        budget: u64,
        /// Bytes that one image takes.
        needed: u64,
    },
    /// Two maps that cannot be compared.
    #[error("cannot compare two maps: {because}")]
    NotComparable {
        /// Why.
        because: String,
    },
    /// The caller asked to stop.
    #[error("stopped")]
    Cancelled,
    /// The engine stopped in the middle: a mistake in homolog.
    #[error("the {method} of \"{objective}\" stopped the engine, which is a mistake in homolog: {said}")]
    Panicked {
        /// The method.
        method: &'static str,
        /// The objective.
        objective: String,
        /// What the engine said.
        said: String,
    },
}
