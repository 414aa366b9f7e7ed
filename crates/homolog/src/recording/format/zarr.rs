//! Activations of a network as a Zarr v3 folder: one array (stimuli × units) for each stage, beside the stimulus ids.
//!
//! ```text
//! run.zarr/            group
//!   stimulus_id        (n_stimuli) strings
//!   features.8         (n_stimuli, n_units) float32, in chunks with a checksum; NaN where nothing was written yet
//! ```
//!
//! Chunks are written in any order and by several threads, each chunk by one. A chunk that was cut short by a kill fails its
//! checksum, so that [`Stage::is_complete`] tells a run that goes on which rows to write again.

use std::io;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use ndarray::{Array1, Array2, ArrayView2, s};
use zarrs::array::codec::Crc32cCodec;
use zarrs::array::{Array, ArrayBuilder, ArrayError, ZARR_NAN_F32, data_type};
use zarrs::filesystem::FilesystemStore;
use zarrs::group::{Group, GroupBuilder};
use zarrs::storage::{StorageError, WritableStorageTraits as _};

use crate::recording::error::{ContentProblem, FileError};

const STIMULUS_IDS: &str = "/stimulus_id";
const FORMAT: &str = "Zarr activations";

/// The attribute with the name of a stage, whose characters a folder's name may not all have.
const STAGE: &str = "stage";

/// Activations of a network's stages in a folder.
pub struct Activations {
    path: PathBuf,
    store: Arc<FilesystemStore>,
    stimulus_ids: Vec<String>,
}

/// How the array of a stage is cut into chunks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Chunking {
    /// Stimuli in a chunk; rows are written in blocks of this many.
    pub n_stimuli: usize,
    /// Units in a chunk; what is read to get one unit's responses.
    pub n_units: usize,
}

/// The activations of one stage, on disk.
pub struct Stage {
    path: PathBuf,
    array: Array<FilesystemStore>,
    n_stimuli: usize,
    n_units: usize,
    rows_per_chunk: usize,
    units_per_chunk: usize,
}

impl Activations {
    /// A new folder for activations of these stimuli.
    ///
    /// # Errors
    /// [`FileError::Write`] when it is there already or cannot be written.
    pub fn create(path: &Path, stimulus_ids: &[String]) -> Result<Self, FileError> {
        if path.exists() {
            let source = io::Error::new(
                io::ErrorKind::AlreadyExists,
                "it is there already; choose another folder or go on with it",
            );
            return Err(FileError::Write { path: path.to_owned(), source });
        }
        let store = open_store(path)?;
        let unwritable = |error: StorageError| unwritable(path, storage_cause(error));
        let group = GroupBuilder::new().build(store.clone(), "/");
        let group = group.map_err(|error| undecodable(path, "the group", error))?;
        group.store_metadata().map_err(unwritable)?;
        let n_stimuli = stimulus_ids.len() as u64;
        let ids = ArrayBuilder::new(vec![n_stimuli], vec![n_stimuli.max(1)], data_type::string(), "")
            .dimension_names(["presentation"].into())
            .build(store.clone(), STIMULUS_IDS)
            .map_err(|error| undecodable(path, "the stimulus ids", error))?;
        ids.store_metadata().map_err(unwritable)?;
        if n_stimuli > 0 {
            ids.store_chunk(&[0], Array1::from(stimulus_ids.to_vec()).into_dyn())
                .map_err(|error| self::unwritable(path, array_cause(error)))?;
        }
        Ok(Self { path: path.to_owned(), store, stimulus_ids: stimulus_ids.to_vec() })
    }

    /// Activations that are there.
    ///
    /// # Errors
    /// [`FileError::Content`] when the folder is not one of activations or is damaged.
    pub fn open(path: &Path) -> Result<Self, FileError> {
        if !path.is_dir() {
            let source = io::Error::new(io::ErrorKind::NotFound, "there is no such folder");
            return Err(FileError::Open { path: path.to_owned(), source });
        }
        let store = open_store(path)?;
        let damaged = |error: ArrayError| undecodable(path, "the stimulus ids", error);
        let ids =
            Array::open(store.clone(), STIMULUS_IDS).map_err(|error| undecodable(path, "the stimulus ids", error))?;
        let stimulus_ids: Vec<String> = if ids.shape() == [0] {
            Vec::new()
        } else {
            ids.retrieve_array_subset(&ids.subset_all()).map_err(damaged)?
        };
        Ok(Self { path: path.to_owned(), store, stimulus_ids })
    }

    /// The stimulus of each row.
    pub fn stimulus_ids(&self) -> &[String] {
        &self.stimulus_ids
    }

    /// The names of the stages that there are, in alphabetical order.
    ///
    /// # Errors
    /// [`FileError::Content`] when the folder is damaged.
    pub fn stage_names(&self) -> Result<Vec<String>, FileError> {
        let group =
            Group::open(self.store.clone(), "/").map_err(|error| undecodable(&self.path, "the group", error))?;
        let arrays = group.child_arrays().map_err(|error| undecodable(&self.path, "the group", error))?;
        let name = |array: &Array<FilesystemStore>| array.attributes().get(STAGE)?.as_str().map(str::to_owned);
        let mut names: Vec<String> = arrays.iter().filter_map(name).collect();
        names.sort();
        Ok(names)
    }

    /// A new stage with this many units; nothing is written to it yet.
    ///
    /// # Errors
    /// [`FileError::Write`] when it cannot be written.
    pub fn create_stage(&self, name: &str, n_units: usize, chunking: Chunking) -> Result<Stage, FileError> {
        let (rows, units) =
            (chunking.n_stimuli.clamp(1, self.stimulus_ids.len().max(1)), chunking.n_units.clamp(1, n_units.max(1)));
        let shape = vec![self.stimulus_ids.len() as u64, n_units as u64];
        let mut builder = ArrayBuilder::new(shape, vec![rows as u64, units as u64], data_type::float32(), ZARR_NAN_F32);
        builder
            .bytes_to_bytes_codecs(vec![Arc::new(Crc32cCodec::new())])
            .dimension_names(["presentation", "neuroid"].into());
        builder.attributes_mut().insert(STAGE.to_owned(), name.into());
        let array = builder.build(self.store.clone(), &node_path(name));
        let array = array.map_err(|error| undecodable(&self.path, name, error))?;
        array.store_metadata().map_err(|error| unwritable(&self.path, storage_cause(error)))?;
        self.stage_of(name, array)
    }

    /// A stage that is there.
    ///
    /// # Errors
    /// [`FileError::Content`] when there is none of this name, listing those that there are, or when it is damaged.
    pub fn stage(&self, name: &str) -> Result<Stage, FileError> {
        let names = self.stage_names()?;
        if !names.iter().any(|known| known == name) {
            return Err(FileError::Content {
                path: self.path.clone(),
                format: FORMAT,
                source: Box::new(ContentProblem::Missing { what: "stage", wanted: name.to_owned(), known: names }),
            });
        }
        let array = Array::open(self.store.clone(), &node_path(name));
        self.stage_of(name, array.map_err(|error| undecodable(&self.path, name, error))?)
    }

    fn stage_of(&self, name: &str, array: Array<FilesystemStore>) -> Result<Stage, FileError> {
        let lengths = |lengths: &[u64]| lengths.iter().map(|length| *length as usize).collect::<Vec<_>>();
        let chunk = array.chunk_shape_usize(&[0, 0]).map_err(|error| undecodable(&self.path, name, error))?;
        match (lengths(array.shape()).as_slice(), chunk.as_slice()) {
            ([n_stimuli, n_units], [rows, units]) if *n_stimuli == self.stimulus_ids.len() => Ok(Stage {
                path: self.path.clone(),
                n_stimuli: *n_stimuli,
                n_units: *n_units,
                rows_per_chunk: *rows,
                units_per_chunk: *units,
                array,
            }),
            (shape, _) => Err(FileError::Content {
                path: self.path.clone(),
                format: FORMAT,
                source: Box::new(ContentProblem::Unexpected {
                    place: format!("stage \"{name}\""),
                    found: format!("of shape {shape:?}"),
                    needed: "stimuli × units, with a row for each stimulus id",
                }),
            }),
        }
    }
}

impl Stage {
    /// How many stimuli there are.
    pub fn n_stimuli(&self) -> usize {
        self.n_stimuli
    }

    /// How many units there are.
    pub fn n_units(&self) -> usize {
        self.n_units
    }

    /// The blocks of rows that are written at once.
    pub fn row_blocks(&self) -> impl Iterator<Item = Range<usize>> + use<> {
        let (n_stimuli, rows) = (self.n_stimuli, self.rows_per_chunk);
        (0..n_stimuli).step_by(rows).map(move |first| first..(first + rows).min(n_stimuli))
    }

    fn unit_blocks(&self) -> impl Iterator<Item = Range<usize>> + use<> {
        let (n_units, units) = (self.n_units, self.units_per_chunk);
        (0..n_units).step_by(units).map(move |first| first..(first + units).min(n_units))
    }

    /// Writes one of the [`Stage::row_blocks`], given by its first row.
    ///
    /// # Errors
    /// [`FileError::CannotHold`] when the rows are not one of the blocks or have another number of units;
    /// [`FileError::Write`] when the disk refuses.
    pub fn write_rows(&self, first_row: usize, rows: ArrayView2<'_, f32>) -> Result<(), FileError> {
        let block = self.row_blocks().find(|block| block.start == first_row && block.len() == rows.nrows());
        if block.is_none() || rows.ncols() != self.n_units {
            return Err(FileError::CannotHold {
                path: self.path.clone(),
                format: FORMAT,
                what: format!("a block of {} × {} at row {first_row}", rows.nrows(), rows.ncols()),
                next_step: "Write blocks as row_blocks gives them, with a value for each unit",
            });
        }
        for (number, units) in self.unit_blocks().enumerate() {
            let chunk = self.encoded(rows.slice(s![.., units]));
            let key = self.array.chunk_key(&[(first_row / self.rows_per_chunk) as u64, number as u64]);
            let written = self.array.storage().set(&key, chunk.into());
            written.map_err(|error| unwritable(&self.path, storage_cause(error)))?;
        }
        Ok(())
    }

    /// A chunk as the array's codecs have it (little-endian bytes, row by row, then their CRC-32C), made in one pass: zarrs
    /// would copy the values twice more. Chunks are all of one shape; those at the end are filled up.
    fn encoded(&self, values: ArrayView2<'_, f32>) -> Vec<u8> {
        let n_bytes = self.rows_per_chunk * self.units_per_chunk * size_of::<f32>();
        let mut chunk = Vec::with_capacity(n_bytes + size_of::<u32>());
        for row in values.rows() {
            match row.as_slice() {
                Some(row) if cfg!(target_endian = "little") => chunk.extend_from_slice(bytemuck::cast_slice(row)),
                _ => chunk.extend(row.iter().flat_map(|value| value.to_le_bytes())),
            }
            let n_lacking = self.units_per_chunk - row.len();
            chunk.extend(std::iter::repeat_n(f32::NAN.to_le_bytes(), n_lacking).flatten());
        }
        let n_lacking = (n_bytes - chunk.len()) / size_of::<f32>();
        chunk.extend(std::iter::repeat_n(f32::NAN.to_le_bytes(), n_lacking).flatten());
        let checksum = crc32c::crc32c(&chunk);
        chunk.extend(checksum.to_le_bytes());
        chunk
    }

    /// Whether all chunks of a block of rows are there and whole.
    pub fn is_complete(&self, block: &Range<usize>) -> bool {
        let row = (block.start / self.rows_per_chunk) as u64;
        (0..self.unit_blocks().count() as u64).all(|unit| {
            let chunk = self.array.retrieve_chunk_if_exists::<Vec<f32>>(&[row, unit]);
            matches!(chunk, Ok(Some(_)))
        })
    }

    /// Some rows, all units.
    ///
    /// # Errors
    /// [`FileError::Content`] when a chunk is damaged or a row is not there.
    pub fn read_rows(&self, rows: Range<usize>) -> Result<Array2<f32>, FileError> {
        self.read(rows, 0..self.n_units)
    }

    /// Some units, all rows.
    ///
    /// # Errors
    /// [`FileError::Content`] when a chunk is damaged or a unit is not there.
    pub fn read_columns(&self, units: Range<usize>) -> Result<Array2<f32>, FileError> {
        self.read(0..self.n_stimuli, units)
    }

    fn read(&self, rows: Range<usize>, units: Range<usize>) -> Result<Array2<f32>, FileError> {
        let shape = (rows.len(), units.len());
        if rows.is_empty() || units.is_empty() {
            return Ok(Array2::zeros(shape));
        }
        let subset = [rows.start as u64..rows.end as u64, units.start as u64..units.end as u64];
        let values: Vec<f32> = self
            .array
            .retrieve_array_subset(&subset)
            .map_err(|error| undecodable(&self.path, &format!("rows {rows:?} of units {units:?}"), error))?;
        Array2::from_shape_vec(shape, values).map_err(|error| undecodable(&self.path, "the block", error))
    }
}

fn open_store(path: &Path) -> Result<Arc<FilesystemStore>, FileError> {
    FilesystemStore::new(path).map(Arc::new).map_err(|error| undecodable(path, "the folder's name", error))
}

/// The name of a stage as that of a folder: `/`, `%` and a leading `.` or `_` as percent codes.
fn node_path(stage: &str) -> String {
    let mut name = String::from("/");
    for (position, letter) in stage.chars().enumerate() {
        match letter {
            '/' | '\\' | '%' | ':' => name.push_str(&format!("%{:02X}", u32::from(letter))),
            '.' | '_' if position == 0 => name.push_str(&format!("%{:02X}", u32::from(letter))),
            letter => name.push(letter),
        }
    }
    if name == STIMULUS_IDS { "/%73timulus_id".to_owned() } else { name }
}

fn undecodable(path: &Path, place: &str, error: impl std::error::Error + Send + Sync + 'static) -> FileError {
    FileError::Content {
        path: path.to_owned(),
        format: FORMAT,
        source: Box::new(ContentProblem::Undecodable { place: place.to_owned(), source: error.into() }),
    }
}

fn unwritable(path: &Path, source: io::Error) -> FileError {
    FileError::Write { path: path.to_owned(), source }
}

/// What the operating system said, where it was the operating system.
fn storage_cause(error: StorageError) -> io::Error {
    match error {
        StorageError::IOError(cause) => io::Error::new(cause.kind(), cause),
        other => io::Error::other(other),
    }
}

fn array_cause(error: ArrayError) -> io::Error {
    match error {
        ArrayError::StorageError(error) => storage_cause(error),
        other => io::Error::other(other),
    }
}
