//! What can keep a network from being scored on a benchmark.

use homolog_stats::StatsError;

use crate::benchmark::TrialsError;
use crate::benchmark::fetch::FetchError;
use crate::recording::record::RecordError;
use crate::recording::{DataError, FileError, PathProblem};
use crate::stimuli::StimulusError;
use crate::store::StoreError;

/// Why there is no score.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ScoreError {
    /// A file of the benchmark cannot be had.
    #[error(transparent)]
    Fetch(#[from] FetchError),
    /// The recording cannot be read, or does not fit the stimuli.
    #[error(transparent)]
    Data(#[from] DataError),
    /// The stimuli cannot be read.
    #[error(transparent)]
    Stimuli(#[from] StimulusError),
    /// The answers of people cannot be read.
    #[error(transparent)]
    Trials(#[from] TrialsError),
    /// The network cannot be recorded from.
    #[error(transparent)]
    Record(#[from] RecordError),
    /// Pieces of the run cannot be kept.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A file of stimuli cannot be read.
    #[error("cannot read the stimuli in \"{path}\"")]
    File {
        /// As the manifest has it.
        path: String,
        /// Why.
        #[source]
        source: Box<FileError>,
    },
    /// The variable of the stimuli is not there.
    #[error("cannot find the stimuli in \"{path}\"")]
    Variable {
        /// As the manifest has it.
        path: String,
        /// What is missing, and what is there.
        #[source]
        source: PathProblem,
    },
    /// The array is not one of images.
    #[error(
        "cannot take \"{variable}\" of \"{path}\" as images: found {found}, needed bytes of shape (n, height, width, 3) or (n, height, width). Correct \
         stimuli.variable in the manifest"
    )]
    StimuliKind {
        /// As the manifest has it.
        path: String,
        /// As the manifest has it.
        variable: String,
        /// Kind and shape.
        found: String,
    },
    /// No file agrees with the manifest's pattern.
    #[error(
        "none of the {n_files} images in \"{path}\" agrees with members = \"{pattern}\". Correct stimuli.members in the manifest"
    )]
    NoMember {
        /// As the manifest has it.
        path: String,
        /// As the manifest has it.
        pattern: String,
        /// How many images there are.
        n_files: usize,
    },
    /// A number has no value at one stage.
    #[error("cannot score stage \"{stage}\"")]
    Stats {
        /// The stage.
        stage: String,
        /// Which number, and why not.
        #[source]
        source: StatsError,
    },
    /// A number has no value for the recording itself.
    #[error("cannot use the recording of {benchmark}")]
    Recording {
        /// The benchmark.
        benchmark: String,
        /// Which number, and why not.
        #[source]
        source: StatsError,
    },
    /// A ceiling by split halves of a recording without repetitions.
    #[error(
        "cannot compute the ceiling of {benchmark}: its recording has {found} repetition{} of each stimulus, and split halves need 2. Where \
         there are no more, write [ceiling] kind = \"none\" with a reason, or kind = \"given\" with a published value, in its manifest",
        if *.found == 1 { "" } else { "s" }
    )]
    TooFewRepetitions {
        /// The benchmark.
        benchmark: String,
        /// The most repetitions that any stimulus has.
        found: usize,
    },
    /// A unit that never changed.
    #[error(
        "unit \"{unit}\" of {benchmark} is constant over the {n_stimuli} stimuli, so no correlation with it has a value ({n_constant} such \
         unit{}). Pass --on-nan drop-unit; the report then lists every dropped unit", if *.n_constant == 1 { "" } else { "s" }
    )]
    ConstantUnit {
        /// Its id.
        unit: String,
        /// The benchmark.
        benchmark: String,
        /// Over how many stimuli.
        n_stimuli: usize,
        /// How many units are.
        n_constant: usize,
    },
    /// A table of groups that the protocol names is not there.
    #[error(
        "cannot split {benchmark} by \"{name}\": neither the recording nor the stimuli have that coordinate. They have {known}"
    )]
    NoGroups {
        /// The benchmark.
        benchmark: String,
        /// As the manifest has it.
        name: String,
        /// Coordinates that there are, quoted.
        known: String,
    },
    /// A benchmark of 16-class decisions and a network that does not make them.
    #[error(
        "cannot ask {model} for decisions: its output \"{layer}\" has {found} units, and {benchmark} needs the 1,000 classes of ImageNet in their usual order"
    )]
    NotAClassifier {
        /// The model.
        model: String,
        /// Its output.
        layer: String,
        /// Units of the output.
        found: usize,
        /// The benchmark.
        benchmark: String,
    },
    /// A metric that needs units where the recording has dissimilarities, or the reverse.
    #[error("cannot compute {metric} from the recording of {benchmark}: it holds {found}")]
    OtherKind {
        /// The metric.
        metric: String,
        /// The benchmark.
        benchmark: String,
        /// What the recording holds.
        found: String,
    },
    /// The caller asked to stop.
    #[error("the run was stopped before its end")]
    Cancelled,
}
