//! Recordings: of a brain or of a network, presentations × units (× time bins), with coordinates.
//!
//! Both sides of a comparison are a [`Recording`], and everything after it works on either without knowing which it has.
//! Rows are joined by stimulus id, never by position.
//!
//! | file | what is there |
//! |---|---|
//! | [`assembly`] | the [`Recording`], its checks, and selecting from it |
//! | [`coordinate`] | what is known of each entry of an axis |
//! | [`repetition`], [`join`], [`missing`], [`concatenate`] | averaging, joining by id, missing values, putting together |
//! | [`mod@array`], [`tree`] | what files hold before it is known what it means |
//! | [`format`](mod@format) | one file per file format |
//! | [`read_spec`] | the declaration of how a bare array is read |
//! | `labelled`, `declared`, `rdms` | reading as declared: an array, a recording, dissimilarity matrices |
//! | [`input`] | what the commands of statistics take: arrays in any file, recordings, recorded folders |
//! | [`record`] | recording from a network: plan, stream, keep |
//! | [`error`] | what can be wrong |

pub mod array;
pub mod assembly;
pub mod concatenate;
pub mod coordinate;
mod declared;
pub mod error;
pub mod format;
pub mod input;
pub mod join;
pub mod labelled;
pub mod missing;
pub mod rdms;
pub mod read_spec;
pub mod record;
pub mod repetition;
pub mod tree;

pub use assembly::{Recording, RecordingAxis, RecordingParts};
pub use coordinate::{Coordinate, Coordinates};
pub use error::{ContentProblem, DataError, DeclarationProblem, FileError, PathProblem};
pub use join::{Side, StimulusJoin, join_stimuli};
pub use labelled::{LabelledArray, LabelledAxis};
pub use missing::{Complete, OnMissing};
pub use rdms::RecordedRdms;
pub use read_spec::ReadSpec;
pub use repetition::Repetitions;
