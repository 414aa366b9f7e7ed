//! What can stop a probe.

use homolog_stats::StatsError;

use crate::network::engine::EngineError;
use crate::network::error::GraphError;
use crate::recording::record::RecordError;
use crate::recording::record::budget::show_bytes;
use crate::stimuli::{ImageError, StimulusError};

/// Why units were not probed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ProbeError {
    /// The network has no such stage.
    #[error(transparent)]
    Graph(#[from] GraphError),
    /// The network cannot be run.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// Images of a folder could not be run through the network, or the run was stopped.
    #[error(transparent)]
    Record(#[from] RecordError),
    /// An image of a folder cannot be read.
    #[error(transparent)]
    Stimulus(#[from] StimulusError),
    /// An image cannot be made.
    #[error(transparent)]
    Image(#[from] ImageError),
    /// A statistic over a whole stage has no value.
    #[error("cannot probe \"{stage}\"")]
    Stats {
        /// The stage.
        stage: String,
        /// Why.
        #[source]
        source: StatsError,
    },
    /// The network's input is no image that can be made here.
    #[error(
        "cannot show {what} to \"{network}\": it takes stimuli of shape {shape:?} (channel, height, width), and {needed} are needed"
    )]
    NotImages {
        /// What was to be shown: `gratings`, `objects`.
        what: &'static str,
        /// The network's name.
        network: String,
        /// The shape of one stimulus.
        shape: Vec<usize>,
        /// What shape is needed, in words.
        needed: &'static str,
    },
    /// Too few pixels for a range of spatial frequencies.
    #[error(
        "cannot measure spatial-frequency tuning on images of {height} × {width} pixels: gratings from 2 cycles an image to one cycle in \
         2.2 pixels leave {n_frequencies} half-octave steps, and 3 are needed. Name the frequencies, or take a network of larger images"
    )]
    ImageTooSmall {
        /// Pixels down.
        height: usize,
        /// Pixels across.
        width: usize,
        /// How many frequencies there would be.
        n_frequencies: usize,
    },
    /// A number that cannot be.
    #[error("cannot probe with {what} {found}: {needed}")]
    Setting {
        /// Which.
        what: &'static str,
        /// Its value.
        found: String,
        /// What it must be.
        needed: String,
    },
    /// Something that is measured where one receptive field is.
    #[error(
        "cannot measure {what} of \"{stage}\" but for the units at its centre: the stimuli lie where their receptive field is"
    )]
    NeedsCentre {
        /// What was to be measured.
        what: &'static str,
        /// The stage.
        stage: String,
    },
    /// The responses do not fit.
    #[error(
        "cannot probe within {}: the responses of {n_units} units to {n_stimuli} stimuli take {}. Ask for fewer stages, for the units at \
         the centre, or for at least --memory {}MiB", show_bytes(*.budget), show_bytes(*.needed), needed.div_ceil(1 << 20)
    )]
    TooLarge {
        /// Bytes allowed.
        budget: u64,
        /// Bytes needed.
        needed: u64,
        /// Units of all stages.
        n_units: usize,
        /// Stimuli that are shown.
        n_stimuli: usize,
    },
    /// Categories that cannot be compared.
    #[error("cannot measure {what}: {found}. {needed}")]
    Labels {
        /// What was to be measured.
        what: &'static str,
        /// What the labels are.
        found: String,
        /// What is needed, as a sentence without a full stop.
        needed: String,
    },
}

impl ProbeError {
    /// Whether the caller asked to stop.
    pub fn is_cancelled(&self) -> bool {
        matches!(self, Self::Record(RecordError::Cancelled))
    }
}
