//! What can stop an atlas.

use homolog_stats::StatsError;

use crate::inside::InsideError;
use crate::inside::objective::ObjectiveError;
use crate::network::error::GraphError;
use crate::recording::record::RecordError;
use crate::recording::record::budget::show_bytes;

/// Why there is no atlas.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AtlasError {
    /// The network has no such stage.
    #[error(transparent)]
    Graph(#[from] GraphError),
    /// Images could not be run through the network.
    #[error(transparent)]
    Inside(#[from] InsideError),
    /// An icon cannot be maximised.
    #[error(transparent)]
    Objective(#[from] ObjectiveError),
    /// The stage's units are not channels at positions.
    #[error(
        "cannot draw an atlas of \"{stage}\", whose shape is {shape:?}: it takes stages of (channel, height, width), (token, channel), or flat ones"
    )]
    Layout {
        /// The stage.
        stage: String,
        /// Its shape for one image.
        shape: Vec<usize>,
    },
    /// Fewer images than neighbours.
    #[error(
        "cannot lay out {n_images} images by {n_neighbours} neighbours each: a point counts as the first of its own neighbours, so at least {n_neighbours} images are needed. Give a larger folder, or pass --neighbours {}",
        n_images.saturating_sub(1).max(2)
    )]
    TooFewImages {
        /// Images of the folder.
        n_images: usize,
        /// Neighbours asked for.
        n_neighbours: usize,
    },
    /// A number that cannot be.
    #[error("cannot draw an atlas with {what} {found}: {needed}")]
    Setting {
        /// Which.
        what: &'static str,
        /// Its value.
        found: usize,
        /// What it must be.
        needed: &'static str,
    },
    /// A class of a network that is no classifier, or that it does not have.
    #[error("cannot draw an atlas of class {class}: \"{network}\" has {n_classes} classes{}", class_range(*.n_classes))]
    NoClass {
        /// The class.
        class: usize,
        /// The network.
        network: String,
        /// How many it has; 0 where it is no classifier.
        n_classes: usize,
    },
    /// A stage after the classes, or beside the way to them.
    #[error(
        "cannot tell what \"{stage}\" adds to a class: no gradient leads from the classes to it. Choose an earlier stage, or pass --class-by output"
    )]
    NotBefore {
        /// The stage.
        stage: String,
    },
    /// Activations do not fit.
    #[error(
        "cannot draw an atlas within {}: the activations and class outputs of {n_images} images take {}. Ask for fewer images, or for at least --memory {}MiB",
        show_bytes(*.budget), show_bytes(*.needed), needed.div_ceil(1 << 20)
    )]
    TooLarge {
        /// Bytes allowed.
        budget: u64,
        /// Bytes needed.
        needed: u64,
        /// Images of the folder.
        n_images: usize,
    },
    /// The activations cannot be laid out.
    #[error("cannot lay out the activations of \"{stage}\"")]
    Statistics {
        /// The stage.
        stage: String,
        /// What is in the way.
        #[source]
        source: StatsError,
    },
    /// Activations that vary in too few directions to tell the whitened one.
    #[error(
        "cannot whiten the activations of \"{stage}\": their products have no inverse. Pass --direction mean, or a larger --shrinkage"
    )]
    Singular {
        /// The stage.
        stage: String,
    },
}

impl From<RecordError> for AtlasError {
    fn from(problem: RecordError) -> Self {
        Self::Inside(InsideError::Record(problem))
    }
}

fn class_range(n_classes: usize) -> String {
    match n_classes {
        0 => String::new(),
        n => format!(" (0 to {})", n - 1),
    }
}
