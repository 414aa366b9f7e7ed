//! What can stop a synthesis.

use crate::inside::InsideError;
use crate::network::engine::EngineError;
use crate::network::error::GraphError;
use crate::network::readout::ReadoutError;
use crate::recording::record::budget::show_bytes;
use crate::stimuli::{ImageError, StimulusError};
use crate::store::StoreError;

/// Why there is no stimulus.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SynthesisError {
    /// The loop that optimises images.
    #[error(transparent)]
    Inside(#[from] InsideError),
    /// The network cannot be run.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// The network has no such stage, or could not be changed.
    #[error(transparent)]
    Graph(#[from] GraphError),
    /// Neurons cannot be read from the network.
    #[error(transparent)]
    Readout(#[from] ReadoutError),
    /// A result cannot be kept, or what was kept cannot be read.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// An image cannot be read.
    #[error(transparent)]
    Stimulus(#[from] StimulusError),
    /// An image cannot be prepared.
    #[error(transparent)]
    Image(#[from] ImageError),
    /// A network that gives no classes.
    #[error(
        "cannot make a stimulus that changes the class of \"{network}\": it is no classifier, its output for an image has the shape {shape:?}. Name a network that ends in one number for each class, or make a metamer of one of its stages"
    )]
    NotAClassifier {
        /// The network's name.
        network: String,
        /// The shape of its output for one image.
        shape: Vec<usize>,
    },
    /// A class that the network does not have.
    #[error("the {what} of \"{id}\" is class {class}, and \"{network}\" has {n_classes} (0 to {})", n_classes.saturating_sub(1))]
    NoSuchClass {
        /// `label` or `target`.
        what: &'static str,
        /// The image, or the network's place in the list.
        id: String,
        /// The class.
        class: usize,
        /// The network.
        network: String,
        /// Its classes.
        n_classes: usize,
    },
    /// A targeted attack on an image that is of the target's class.
    #[error("cannot turn \"{id}\" into class {class}: that is its label. Choose another target for it")]
    TargetIsLabel {
        /// The image.
        id: String,
        /// The class.
        class: usize,
    },
    /// An attack that compares more classes than there are.
    #[error("{attack} compares {needed} classes, and \"{network}\" has {n_classes}. Use another attack")]
    TooFewClasses {
        /// The attack.
        attack: &'static str,
        /// The network.
        network: String,
        /// Its classes.
        n_classes: usize,
        /// How many the attack compares.
        needed: usize,
    },
    /// A setting that cannot be.
    #[error("cannot synthesize with {what} {found}: {needed}")]
    Setting {
        /// Which.
        what: &'static str,
        /// Its value.
        found: String,
        /// What it must be.
        needed: &'static str,
    },
    /// A number of the image, its loss or its gradient that is not finite before anything was done.
    #[error("\"{network}\" gives {found} for the image \"{id}\", so nothing can be changed towards anything")]
    NotFinite {
        /// The network.
        network: String,
        /// The image.
        id: String,
        /// What it gives.
        found: f64,
    },
    /// Not enough memory.
    #[error(
        "cannot {what} within {}: it takes {}. Pass at least --memory {}MiB",
        show_bytes(*.budget), show_bytes(*.needed), needed.div_ceil(1 << 20)
    )]
    BudgetTooSmall {
        /// What was to be done.
        what: &'static str,
        /// Bytes allowed.
        budget: u64,
        /// Bytes needed.
        needed: u64,
    },
    /// Too few images for a null distribution.
    #[error(
        "cannot judge against {n_images} images: at least {needed} are needed, whose pairs are the null distribution"
    )]
    FewImages {
        /// Images given.
        n_images: usize,
        /// Images needed.
        needed: usize,
    },
    /// A response whose correlation with others is not defined.
    #[error(
        "all {n_units} units of \"{stage}\" respond alike to \"{image}\", so its correlation with others is not defined. Choose another stage"
    )]
    ConstantResponse {
        /// The stage.
        stage: String,
        /// The image.
        image: String,
        /// Units of the stage.
        n_units: usize,
    },
    /// Fewer than two networks, or not one class for each.
    #[error(
        "{n_classes} classes were given for {n_networks} networks: a controversial image needs two networks or more, and one class for each"
    )]
    NotOneClassEach {
        /// Networks given.
        n_networks: usize,
        /// Classes given.
        n_classes: usize,
    },
    /// Networks that are all to see the same class.
    #[error("all networks are to see class {class}, which is no controversy. Give at least two different classes")]
    NoControversy {
        /// The class.
        class: usize,
    },
    /// The caller asked to stop.
    #[error("stopped. The same command goes on where this one was")]
    Cancelled,
}
