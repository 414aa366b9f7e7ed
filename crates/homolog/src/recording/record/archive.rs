//! A recording that is kept: a Zarr folder of activations beside a note of what they are of.
//!
//! ```text
//! DIR/recording.json      what was recorded from what: written first, and compared when a run goes on
//! DIR/activations.zarr    one array (stimuli × units) for each stage, and the stimulus ids
//! ```

use std::io;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::error::RecordError;
use super::plan::RecordPlan;
use super::stream::{RowSink, Rows};
use crate::recording::FileError;
use crate::recording::format::zarr::{Activations, Chunking, Stage};
use crate::store::{Store, write_whole};

/// The most units of a chunk: 4 MiB for a batch of 16, so that a block of columns can be read without the rest.
const MOST_UNITS_PER_CHUNK: usize = 1 << 16;

/// The version of the note's format.
const SCHEMA: &str = "homolog.recording/1";

/// All that determines the numbers of a recording.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Recorded {
    /// The model, as the user named it.
    pub model: String,
    /// sha256 of its weights file; nothing for a network that needs none.
    pub weights_sha256: Option<String>,
    /// sha256 of the stimuli.
    pub stimuli_sha256: String,
    /// Name of the preprocessing.
    pub preprocessing: String,
    /// Hash of every parameter of the preprocessing.
    pub preprocessing_sha256: String,
    /// What ran the network, with its version.
    pub engine: String,
}

/// What `recording.json` holds.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Note {
    schema: String,
    program_version: String,
    #[serde(flatten)]
    recorded: Recorded,
    batch_size: usize,
    stages: Vec<StageNote>,
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct StageNote {
    name: String,
    shape: Vec<usize>,
}

/// A folder that is being recorded into.
pub struct Archive {
    folder: PathBuf,
    stages: Vec<Stage>,
}

impl Archive {
    /// Begins a recording in `folder`, or goes on with the one of the same that is there.
    ///
    /// # Errors
    /// [`RecordError::OtherRecording`] when the folder holds a recording of something else; [`RecordError::UnreadableNote`] and
    /// [`RecordError::Archive`] when what is there cannot be read; [`RecordError::Write`] when it cannot be written.
    pub fn open(
        folder: &Path,
        recorded: &Recorded,
        plan: &RecordPlan,
        stimulus_ids: &[String],
    ) -> Result<Self, RecordError> {
        let note = Note {
            schema: SCHEMA.to_owned(),
            program_version: env!("CARGO_PKG_VERSION").to_owned(),
            recorded: recorded.clone(),
            batch_size: plan.batch_size,
            stages: plan
                .stages
                .iter()
                .map(|stage| StageNote { name: stage.name.clone(), shape: stage.shape.clone() })
                .collect(),
        };
        let place = folder.join("recording.json");
        // A folder that cannot be written to is said before the network runs.
        Store::open(folder)?;
        match std::fs::read(&place) {
            Ok(text) => same_recording(folder, &text, &note)?,
            Err(problem) if problem.kind() == io::ErrorKind::NotFound => {
                let text = serde_json::to_vec_pretty(&note).unwrap_or_default();
                write_whole(&place, &text).map_err(|source| RecordError::Write { place, source })?;
            }
            Err(source) => return Err(RecordError::UnreadableNote { folder: folder.to_owned(), source }),
        }
        let stages = open_stages(&folder.join("activations.zarr"), plan, stimulus_ids)?;
        Ok(Self { folder: folder.to_owned(), stages })
    }

    /// How many stimuli a batch has of the recording that `folder` holds already; nothing where it holds none that can be read.
    ///
    /// A run that goes on must keep to it, or its numbers would be rounded otherwise than those that are there.
    pub fn batch_size_in(folder: &Path) -> Option<usize> {
        let text = std::fs::read(folder.join("recording.json")).ok()?;
        serde_json::from_slice::<Note>(&text).ok().map(|note| note.batch_size)
    }

    /// The folder.
    pub fn folder(&self) -> &Path {
        &self.folder
    }
}

/// The arrays, made where a killed run did not get to them.
fn open_stages(path: &Path, plan: &RecordPlan, stimulus_ids: &[String]) -> Result<Vec<Stage>, RecordError> {
    let activations = match Activations::open(path) {
        Ok(activations) if activations.stimulus_ids() == stimulus_ids => activations,
        // Nothing, or what a run left that was killed before it had written the ids: no activation can be in it.
        _ => {
            if path.exists() {
                std::fs::remove_dir_all(path)
                    .map_err(|source| RecordError::Write { place: path.to_owned(), source })?;
            }
            Activations::create(path, stimulus_ids)?
        }
    };
    let chunking = |n_units| Chunking { n_stimuli: plan.batch_size, n_units: units_per_chunk(n_units) };
    plan.stages
        .iter()
        .map(|stage| match activations.stage(&stage.name) {
            Ok(there) if there.n_units() == stage.n_units => Ok(there),
            _ => Ok(activations.create_stage(&stage.name, stage.n_units, chunking(stage.n_units))?),
        })
        .collect()
}

/// The units in equal parts: chunks are all of one shape, so what the last one lacks would be written all the same.
fn units_per_chunk(n_units: usize) -> usize {
    let n_chunks = n_units.div_ceil(MOST_UNITS_PER_CHUNK).max(1);
    n_units.div_ceil(n_chunks)
}

/// # Errors
/// [`RecordError::OtherRecording`], saying what differs; [`RecordError::UnreadableNote`].
fn same_recording(folder: &Path, text: &[u8], wanted: &Note) -> Result<(), RecordError> {
    let other = |difference: &str| {
        Err(RecordError::OtherRecording { folder: folder.to_owned(), difference: difference.to_owned() })
    };
    let found = match serde_json::from_slice::<Note>(text) {
        Ok(found) => found,
        // Whole JSON that is no such note is somebody else's.
        Err(problem) if problem.is_data() => return other("software"),
        Err(problem) => return Err(RecordError::UnreadableNote { folder: folder.to_owned(), source: problem.into() }),
    };
    match () {
        () if found == *wanted => Ok(()),
        () if found.recorded.model != wanted.recorded.model
            || found.recorded.weights_sha256 != wanted.recorded.weights_sha256 =>
        {
            other("weights")
        }
        () if found.recorded.stimuli_sha256 != wanted.recorded.stimuli_sha256 => other("stimuli"),
        () if found.recorded.preprocessing_sha256 != wanted.recorded.preprocessing_sha256 => other("preprocessing"),
        () if found.stages != wanted.stages => other("stages"),
        () if found.recorded.engine != wanted.recorded.engine => other("numbers: another engine made them"),
        () if found.batch_size != wanted.batch_size => {
            other("numbers: batches had another size. Use the same --memory and --threads")
        }
        () => other("numbers: another version of homolog made them"),
    }
}

impl RowSink for Archive {
    fn has(&self, batch: usize) -> bool {
        self.stages.iter().all(|stage| stage.row_blocks().nth(batch).is_some_and(|rows| stage.is_complete(&rows)))
    }

    fn keep(&mut self, rows: Rows) -> Result<(), RecordError> {
        for (stage, block) in self.stages.iter().zip(&rows.stages) {
            stage.write_rows(rows.first, block.view())?;
        }
        Ok(())
    }
}

impl From<FileError> for RecordError {
    fn from(source: FileError) -> Self {
        match source {
            FileError::Write { path, source } => Self::Write { place: path, source },
            source => Self::Archive { source: Box::new(source) },
        }
    }
}
