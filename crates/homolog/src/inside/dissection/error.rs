//! What can stop a dissection.

use crate::network::engine::EngineError;
use crate::network::error::GraphError;
use crate::network::scaled::ScaleError;
use crate::recording::record::RecordError;
use crate::recording::record::budget::show_bytes;
use crate::stimuli::labelled::LabelError;
use crate::stimuli::{ImageError, StimulusError};
use crate::store::StoreError;

/// Why a network was not dissected.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DissectionError {
    /// Images and masks cannot be read.
    #[error(transparent)]
    Label(#[from] LabelError),
    /// An image cannot be read.
    #[error(transparent)]
    Stimulus(#[from] StimulusError),
    /// The network has no such stage.
    #[error(transparent)]
    Graph(#[from] GraphError),
    /// The network cannot be run.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// The images could not be run through the network.
    #[error(transparent)]
    Record(#[from] RecordError),
    /// Units cannot be silenced.
    #[error(transparent)]
    Scale(#[from] ScaleError),
    /// A labelled set cannot be written.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A picture cannot be made.
    #[error(transparent)]
    Image(#[from] ImageError),
    /// A number that cannot be.
    #[error("cannot dissect with a {what} of {found}: it must be {needed}")]
    Setting {
        /// Which.
        what: &'static str,
        /// Its value.
        found: f64,
        /// What it must be.
        needed: &'static str,
    },
    /// The network's input is no image.
    #[error(
        "cannot dissect \"{network}\": it takes stimuli of shape {shape:?}, and images have three sizes (channel, height, width)"
    )]
    NotImages {
        /// The network's name.
        network: String,
        /// The shape of one stimulus.
        shape: Vec<usize>,
    },
    /// Masks of another size than the network's input.
    #[error(
        "the masks of \"{id}\" are {} × {} pixels after preprocessing, and the network's input is {} × {}; the recipe must end in a crop or a resize to \
         that size",
        found[1], found[0], needed[1], needed[0]
    )]
    MaskSize {
        /// The image.
        id: String,
        /// Height and width of the masks.
        found: [usize; 2],
        /// Height and width of the input.
        needed: [usize; 2],
    },
    /// A response that is not a number.
    #[error(
        "unit {unit} of \"{stage}\" responds {found} to \"{id}\"; a threshold needs finite responses. Check the weights and the preprocessing"
    )]
    NotFinite {
        /// The stage.
        stage: String,
        /// The unit.
        unit: usize,
        /// The image.
        id: String,
        /// The response.
        found: f32,
    },
    /// Fewer responses than images: a mistake in homolog.
    #[error("\"{stage}\" gave fewer responses than there are images, which is a mistake in homolog")]
    Short {
        /// The stage.
        stage: String,
    },
    /// What must be kept does not fit.
    #[error(
        "cannot dissect within {}: the largest responses of {n_units} units to {n_images} images take {}. Ask for fewer stages, or for at least \
         --memory {}MiB",
        show_bytes(*.budget), show_bytes(*.needed), needed.div_ceil(1 << 20)
    )]
    TooLarge {
        /// Bytes allowed.
        budget: u64,
        /// Bytes needed.
        needed: u64,
        /// Units of all stages.
        n_units: usize,
        /// Images of the set.
        n_images: usize,
    },
    /// A network without classes.
    #[error(
        "cannot tell what \"{network}\" loses by class: it has {found}, and a classifier has one output with a number for each class"
    )]
    NotAClassifier {
        /// The network's name.
        network: String,
        /// What it has instead.
        found: String,
    },
    /// Classes that are not those of the network.
    #[error(
        "cannot match classes to the {n_outputs} outputs of the network: {found}. A class is its number from 0, or a name where the sorted names are as many as the outputs"
    )]
    Classes {
        /// Outputs of the network.
        n_outputs: usize,
        /// What there is.
        found: String,
    },
    /// A number of classes that is not that of the images.
    #[error("{found} classes were given for {needed} images; each image needs one")]
    ClassCount {
        /// How many were given.
        found: usize,
        /// How many images there are.
        needed: usize,
    },
}
