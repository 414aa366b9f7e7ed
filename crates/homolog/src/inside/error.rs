//! What can stop a look inside.

use super::objective::ObjectiveError;
use crate::network::engine::EngineError;
use crate::network::error::GraphError;
use crate::recording::record::RecordError;
use crate::recording::record::budget::show_bytes;
use crate::stimuli::{ImageError, StimulusError};
use crate::store::StoreError;

/// Why there is no image.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum InsideError {
    /// The objective cannot be read, or asks for what the network does not have.
    #[error(transparent)]
    Objective(#[from] ObjectiveError),
    /// The network cannot be run.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// The network has no such stage, or cannot take so many images at once.
    #[error(transparent)]
    Graph(#[from] GraphError),
    /// A result cannot be kept, or what was kept cannot be read.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// An image of a folder cannot be read.
    #[error(transparent)]
    Stimulus(#[from] StimulusError),
    /// An image cannot be made.
    #[error(transparent)]
    Image(#[from] ImageError),
    /// Images of a folder could not be run through the network.
    #[error(transparent)]
    Record(#[from] RecordError),
    /// The network's input is no image.
    #[error(
        "cannot optimise an image for \"{network}\": it takes stimuli of shape {shape:?}, and images have three sizes (channel, height, width)"
    )]
    NotImages {
        /// The network's name.
        network: String,
        /// The shape of one stimulus.
        shape: Vec<usize>,
    },
    /// An image side that cannot be.
    #[error("cannot optimise an image of {height} × {width} pixels: {needed}. Choose another --size")]
    ImageSize {
        /// Pixels down.
        height: usize,
        /// Pixels across.
        width: usize,
        /// What it must be.
        needed: String,
    },
    /// The image given to start from, or to compare with, has another shape.
    #[error(
        "cannot start from an image of shape {found:?} (channel, height, width): the one that is optimised has {needed:?}"
    )]
    StartShape {
        /// Shape of the given image.
        found: Vec<usize>,
        /// Shape of the image that is optimised.
        needed: Vec<usize>,
    },
    /// A parameterisation that cannot take a given image.
    #[error(
        "cannot start from an image with the parameterisation \"{parameterisation}\": no setting of its parameters gives a chosen image. Use pixels, fourier, pyramid or maco"
    )]
    NoStart {
        /// Its name.
        parameterisation: &'static str,
    },
    /// A regularizer that changes pixels, on parameters that are no pixels.
    #[error(
        "the regularizer \"{regularizer}\" changes the pixels after each step, and the parameters of \"{parameterisation}\" are no pixels. Use --param pixels"
    )]
    NeedsPixels {
        /// The regularizer's name.
        regularizer: &'static str,
        /// The parameterisation's name.
        parameterisation: &'static str,
    },
    /// L-BFGS with an objective that changes from step to step.
    #[error(
        "L-BFGS needs an objective that stays the same, and the regularizer \"{regularizer}\" changes it in every step. Use the regularizer none, or Adam"
    )]
    NeedsSameObjective {
        /// The regularizer's name.
        regularizer: &'static str,
    },
    /// A name that no parameterisation or regularizer has.
    #[error("there is no {what} \"{name}\". Closest: {nearest}. All: {all}")]
    UnknownName {
        /// `parameterisation` or `regularizer`.
        what: &'static str,
        /// What was asked for.
        name: String,
        /// The nearest three.
        nearest: String,
        /// All of them.
        all: String,
    },
    /// A number that cannot be.
    #[error("cannot optimise with {what} {found}: {needed}")]
    Setting {
        /// Which.
        what: &'static str,
        /// Its value.
        found: String,
        /// What it must be.
        needed: &'static str,
    },
    /// Even one unit at a time takes more memory than allowed.
    #[error(
        "cannot optimise within {}: one unit takes {}. Ask for fewer images of it with --diverse, for a smaller --size, or for at least --memory {}MiB",
        show_bytes(*.budget), show_bytes(*.needed), needed.div_ceil(1 << 20)
    )]
    BudgetTooSmall {
        /// Bytes allowed.
        budget: u64,
        /// Bytes that one unit takes.
        needed: u64,
    },
    /// The responses of a folder's images do not fit.
    #[error(
        "cannot look for examples within {}: the responses of {n_channels} channels to {n_images} images take {}. Ask for fewer stages, or for at least --memory {}MiB",
        show_bytes(*.budget), show_bytes(*.needed), needed.div_ceil(1 << 20)
    )]
    ExamplesTooLarge {
        /// Bytes allowed.
        budget: u64,
        /// Bytes needed.
        needed: u64,
        /// Channels of all stages.
        n_channels: usize,
        /// Images of the folder.
        n_images: usize,
    },
    /// The gradient could not be computed: a mistake in homolog.
    #[error("the gradient of \"{objective}\" stopped the engine, which is a mistake in homolog: {said}")]
    Panicked {
        /// The objective.
        objective: String,
        /// What the engine said.
        said: String,
    },
    /// A kept state that does not fit what is asked for.
    #[error(
        "cannot go on from the kept state of \"{objective}\": {found}. Remove the folder \"state\" beside the results, and it is made again"
    )]
    State {
        /// The objective.
        objective: String,
        /// What is wrong.
        found: String,
    },
    /// Threads could not be started.
    #[error("cannot start {n_threads} threads: {reason}")]
    Threads {
        /// How many.
        n_threads: usize,
        /// What the system said.
        reason: String,
    },
}
