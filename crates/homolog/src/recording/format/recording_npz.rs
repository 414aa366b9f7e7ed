//! Recordings as `.npz`: the values and every coordinate as a named array that NumPy opens without pickles.
//!
//! | array | what it is |
//! |---|---|
//! | `values` | (presentations, units, time bins), missing values NaN |
//! | `presentation.stimulus_id`, … | the coordinates of presentations by name |
//! | `unit.unit_id`, … | of units |
//! | `time_bin.start_ms`, … | of time bins, where time was recorded |
//! | `attributes` | (n, 2): name and text of each attribute |

use std::collections::BTreeMap;
use std::path::Path;

use ndarray::Array3;

use super::{npz, written};
use crate::recording::array::{DataArray, Elements};
use crate::recording::assembly::{Recording, RecordingAxis, RecordingParts};
use crate::recording::coordinate::{Coordinate, Coordinates};
use crate::recording::error::{ContentProblem, DataError, FileError};
use crate::recording::tree::DataTree;

const FORMAT: &str = "a recording in a NumPy archive";

/// Writes a recording as `.npz`. Equal recordings make equal files.
///
/// # Errors
/// [`DataError::File`] when it cannot be written or a text has the character NUL, which NumPy's strings cannot hold.
pub fn write(path: &Path, recording: &Recording) -> Result<(), DataError> {
    let mut arrays: BTreeMap<String, DataArray> = BTreeMap::new();
    let mut put = |name: String, shape: Vec<usize>, elements: Elements| {
        if let Elements::Text(texts) = &elements
            && texts.iter().any(|text| text.contains('\0'))
        {
            return Err(FileError::CannotHold {
                path: path.to_owned(),
                format: FORMAT,
                what: format!("the character NUL in \"{name}\""),
                next_step: "Remove it from the text",
            });
        }
        arrays.extend(DataArray::new(shape, elements).map(|array| (name, array)));
        Ok(())
    };
    let values = recording.values();
    put("values".to_owned(), values.shape().to_vec(), Elements::Float(values.iter().copied().collect()))?;
    for axis in [RecordingAxis::Presentation, RecordingAxis::Unit, RecordingAxis::TimeBin] {
        for (name, coordinate) in recording.coordinates(axis) {
            let elements = match coordinate.clone() {
                Coordinate::Text(values) => Elements::Text(values),
                Coordinate::Integer(values) => Elements::Integer(values),
                Coordinate::Float(values) => Elements::Float(values),
                Coordinate::Bool(values) => Elements::Bool(values),
            };
            put(format!("{}.{name}", axis.name()), vec![elements.len()], elements)?;
        }
    }
    let attributes = recording.attributes();
    let texts = attributes.iter().flat_map(|(name, text)| [name.clone(), text.clone()]).collect();
    put("attributes".to_owned(), vec![attributes.len(), 2], Elements::Text(texts))?;
    written(path, |file| npz::write(file, arrays.iter().map(|(name, array)| (name.as_str(), array))))?;
    Ok(())
}

/// Whether a file is an archive with the arrays of a recording; only its list of names is read.
pub(crate) fn is_one(path: &Path) -> bool {
    let needed = ["values.npy", "presentation.stimulus_id.npy", "unit.unit_id.npy"];
    let archive = std::fs::File::open(path).ok().and_then(|file| zip::ZipArchive::new(file).ok());
    archive.is_some_and(|archive| needed.iter().all(|name| archive.index_for_name(name).is_some()))
}

/// A recording that [`write()`] wrote, or one made so with NumPy.
///
/// # Errors
/// [`DataError::File`] when it cannot be read or has no array `values` of three axes; otherwise as [`Recording::new`].
pub fn read(path: &Path) -> Result<Recording, DataError> {
    let tree = super::read_tree(path)?;
    let unexpected = |found: String| FileError::Content {
        path: path.to_owned(),
        format: FORMAT,
        source: Box::new(ContentProblem::Unexpected {
            place: "array \"values\"".to_owned(),
            found,
            needed: "an array of numbers with the axes presentation, unit and time bin",
        }),
    };
    let values = tree.numbers(Some("values")).map_err(|problem| FileError::Variable {
        path: path.to_owned(),
        wanted: "values".to_owned(),
        problem: Box::new(problem),
    })?;
    let found = format!("of shape {:?}", values.shape());
    let values: Array3<f64> = values.into_dimensionality().map_err(|_| unexpected(found))?;
    let mut coordinates: BTreeMap<&str, Coordinates> = BTreeMap::new();
    let mut attributes = BTreeMap::new();
    let DataTree::Structures { fields, .. } = tree else {
        return Err(unexpected("not in an archive".to_owned()).into());
    };
    for (name, mut values) in fields {
        let Some(DataTree::Array(array)) = values.pop() else {
            continue;
        };
        let elements = array.into_elements();
        if let (Elements::Text(texts), "attributes") = (&elements, name.as_str()) {
            let (pairs, _) = texts.as_chunks::<2>();
            attributes.extend(pairs.iter().cloned().map(|[name, text]| (name, text)));
            continue;
        }
        for axis in ["presentation", "unit", "time_bin"] {
            if let Some(name) = name.strip_prefix(axis).and_then(|name| name.strip_prefix('.')) {
                coordinates.entry(axis).or_default().insert(name.to_owned(), elements.clone().into_coordinate());
            }
        }
    }
    let mut along = |axis| coordinates.remove(axis).unwrap_or_default();
    let (presentation, unit, time_bin) = (along("presentation"), along("unit"), along("time_bin"));
    Recording::new(RecordingParts { values, presentation, unit, time_bin, attributes })
}
