//! What can stop a recording run.

use std::io;
use std::path::PathBuf;

use super::budget::show_bytes;
use crate::network::engine::EngineError;
use crate::recording::FileError;
use crate::stimuli::StimulusError;
use crate::store::{StoreError, next_step};

/// Why a network was not recorded from.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RecordError {
    /// Even one image at a time takes more memory than allowed.
    #[error(
        "cannot record within {}: one image at a time takes {} ({} for the weights, {} for its responses at every stage \
         asked for). Ask for fewer stages with --layers, or for at least --memory {}",
        show_bytes(*.budget), show_bytes(*.needed), show_bytes(*.weights), show_bytes(*.image), whole_mib(*.needed)
    )]
    BudgetTooSmall {
        /// Bytes allowed.
        budget: u64,
        /// Bytes that one image at a time takes.
        needed: u64,
        /// Of those, the weights.
        weights: u64,
        /// Of those, one image's values.
        image: u64,
    },
    /// A stimulus cannot be read.
    #[error(transparent)]
    Stimulus(#[from] StimulusError),
    /// The network cannot be run.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// Rows cannot be written.
    #[error("cannot write responses to \"{}\": {source}. {}", place.display(), next_step(source))]
    Write {
        /// File or folder.
        place: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// Rows cannot be read back from the run's own scratch file.
    #[error("cannot read responses back from \"{}\": {source}", place.display())]
    Read {
        /// File or folder.
        place: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// What an earlier run left of the activations cannot be gone on with.
    #[error(
        "cannot go on with the activations that were recorded before; remove them or choose another folder with --out"
    )]
    Archive {
        /// What the format says.
        #[source]
        source: Box<FileError>,
    },
    /// The note of what a folder holds a recording of cannot be read.
    #[error(
        "cannot tell what the recording in \"{}\" is of: its recording.json cannot be read ({source}). Remove that folder or choose another with --out",
        folder.display()
    )]
    UnreadableNote {
        /// The folder.
        folder: PathBuf,
        /// What the system or the reader of JSON said.
        #[source]
        source: io::Error,
    },
    /// The note beside the activations cannot be written.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The folder holds a recording of something else.
    #[error("cannot record into \"{}\": it holds a recording of other {difference}. Choose another folder with --out", folder.display())]
    OtherRecording {
        /// The folder.
        folder: PathBuf,
        /// What differs.
        difference: String,
    },
    /// The thread that writes ended without a word.
    #[error("the thread that writes responses stopped unexpectedly. This is a bug in homolog")]
    WriterGone,
    /// The caller asked to stop.
    #[error("the recording was stopped before its end")]
    Cancelled,
}

/// An amount of memory as `--memory` takes it, rounded up.
fn whole_mib(bytes: u64) -> String {
    format!("{}MiB", bytes.div_ceil(1 << 20))
}
