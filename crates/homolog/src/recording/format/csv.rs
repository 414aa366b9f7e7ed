//! Recordings in tables.
//!
//! A wide table has one row for each presentation and one column for each unit; columns named `repetition`, `subject` and
//! `session` describe presentations. A long table has one row for each response.

use std::collections::BTreeMap;
use std::path::Path;

use ndarray::{Array2, Array3, Axis};

use super::table::Table;
use super::written;
use crate::recording::assembly::{Recording, RecordingAxis, RecordingParts};
use crate::recording::coordinate::{Coordinate, Coordinates};
use crate::recording::error::{ContentProblem, DataError, FileError};
use crate::recording::read_spec::ColumnSpec;

const PRESENTATION_COLUMNS: [&str; 3] = ["repetition", "subject", "session"];

/// What a column of a unit's coordinate begins with in a long table that homolog wrote.
const UNIT_PREFIX: &str = "unit.";

fn content(path: &Path) -> impl Fn(ContentProblem) -> FileError + '_ {
    move |source| FileError::Content {
        path: path.to_owned(),
        format: "a table of a recording",
        source: Box::new(source),
    }
}

/// A wide table: the column `stimulus_id`, or else the first, has the stimulus ids.
///
/// # Errors
/// [`DataError::File`] when it cannot be read or a response is no number; otherwise as [`Recording::new`].
pub fn read_wide(path: &Path) -> Result<Recording, DataError> {
    let table = Table::read(path)?;
    let has_ids = |name: &&String| *name == "stimulus_id";
    let id_column = table.names().iter().find(has_ids).or(table.names().first()).cloned().unwrap_or_default();
    let mut presentation = Coordinates::new();
    let ids = table.column(&id_column).map_err(content(path))?.to_vec();
    presentation.insert("stimulus_id".to_owned(), Coordinate::Text(ids));
    let mut units: Vec<String> = Vec::new();
    for name in table.names().iter().filter(|name| **name != id_column) {
        if PRESENTATION_COLUMNS.contains(&name.as_str()) {
            presentation.insert(name.clone(), table.coordinate(name).map_err(content(path))?);
        } else {
            units.push(name.clone());
        }
    }
    let mut values = Array2::zeros((table.n_rows(), units.len()));
    for (mut column, name) in values.axis_iter_mut(Axis(1)).zip(&units) {
        let responses = table.numbers(name).map_err(content(path))?;
        column.iter_mut().zip(responses).for_each(|(value, response)| *value = response);
    }
    Recording::new(RecordingParts {
        values: values.insert_axis(Axis(2)),
        presentation,
        unit: Coordinates::from([("unit_id".to_owned(), Coordinate::Text(units))]),
        time_bin: Coordinates::new(),
        attributes: BTreeMap::new(),
    })
}

/// A long table whose columns are as declared. Combinations of presentation and unit without a row are missing values.
///
/// # Errors
/// [`DataError::File`] when it cannot be read, has no such column, or a response is no number; [`DataError::Repeated`] when
/// two rows have one presentation and unit.
pub fn read_long(path: &Path, columns: &ColumnSpec) -> Result<Recording, DataError> {
    let table = Table::read(path)?;
    let column = |name: &str| table.column(name).map_err(content(path));
    let responses = table.numbers(&columns.value).map_err(content(path))?;
    let mut presentation_columns = vec![("stimulus_id", columns.stimulus_id.as_str())];
    presentation_columns.extend(columns.repetition.iter().map(|name| ("repetition", name.as_str())));
    presentation_columns.extend(columns.presentation.iter().map(|name| (name.as_str(), name.as_str())));
    let mut unit_columns: Vec<(&str, &str)> = columns.unit_id.iter().map(|name| ("unit_id", name.as_str())).collect();
    unit_columns
        .extend(columns.unit.iter().map(|name| (name.strip_prefix(UNIT_PREFIX).unwrap_or(name), name.as_str())));
    let group_by = |wanted: &[(&str, &str)]| -> Result<Groups, FileError> {
        let texts = wanted.iter().map(|(_, name)| column(name)).collect::<Result<Vec<_>, _>>()?;
        Ok(Groups::of(table.n_rows(), |row| texts.iter().map(|texts| texts[row].as_str()).collect()))
    };
    let presentations = group_by(&presentation_columns)?;
    let units = group_by(&unit_columns[..columns.unit_id.iter().len()])?;
    let mut values = Array3::from_elem((presentations.firsts.len(), units.firsts.len(), 1), f64::NAN);
    let mut filled = Array2::from_elem((presentations.firsts.len(), units.firsts.len()), false);
    for (row, response) in responses.into_iter().enumerate() {
        let (presentation, unit) = (presentations.group_of[row], units.group_of[row]);
        if std::mem::replace(&mut filled[[presentation, unit]], true) {
            return Err(DataError::Repeated {
                axis: RecordingAxis::Presentation.name(),
                what: "stimulus, repetition and unit",
                n_repeated: 1,
                first: vec![format!("row {}", row + 1)],
                next_step: "Name the columns that tell these rows apart in repetition or presentation",
            });
        }
        values[[presentation, unit, 0]] = response;
    }
    let coordinates = |wanted: &[(&str, &str)], firsts: &[usize]| -> Result<Coordinates, FileError> {
        wanted
            .iter()
            .map(|(name, from)| {
                let coordinate = table.coordinate(from).map_err(content(path))?.pick(firsts);
                let is_id = *name == "stimulus_id" || *name == "unit_id";
                let coordinate = if is_id { Coordinate::Text(column(from)?.to_vec()).pick(firsts) } else { coordinate };
                Ok(((*name).to_owned(), coordinate))
            })
            .collect()
    };
    let mut unit = coordinates(&unit_columns, &units.firsts)?;
    unit.entry("unit_id".to_owned()).or_insert_with(|| Coordinate::constant(&columns.value, units.firsts.len()));
    Recording::new(RecordingParts {
        values,
        presentation: coordinates(&presentation_columns, &presentations.firsts)?,
        unit,
        time_bin: Coordinates::new(),
        attributes: BTreeMap::new(),
    })
}

/// Rows that agree in some columns, groups in the order of their first row.
struct Groups {
    group_of: Vec<usize>,
    firsts: Vec<usize>,
}

impl Groups {
    fn of<'a>(n_rows: usize, key: impl Fn(usize) -> Vec<&'a str>) -> Self {
        let (mut group_of, mut firsts, mut known) = (Vec::with_capacity(n_rows), Vec::new(), BTreeMap::new());
        for row in 0..n_rows {
            let group = *known.entry(key(row)).or_insert(firsts.len());
            if group == firsts.len() {
                firsts.push(row);
            }
            group_of.push(group);
        }
        Self { group_of, firsts }
    }
}

/// Writes a recording of one time bin as a long table: a column for each coordinate of presentations, `unit_id` and
/// `unit.…` for those of units, and `value`, empty where it is missing.
///
/// # Errors
/// [`DataError::SeveralTimeBins`], or [`DataError::File`] when it cannot be written.
pub fn write_long(path: &Path, recording: &Recording) -> Result<(), DataError> {
    recording.one_time_bin("write as a table")?;
    let (n_presentations, n_units) = (recording.n_presentations(), recording.n_units());
    let each_row: Vec<usize> = (0..n_presentations).flat_map(|row| std::iter::repeat_n(row, n_units)).collect();
    let each_unit: Vec<usize> = (0..n_presentations).flat_map(|_| 0..n_units).collect();
    let mut columns: Vec<(String, Vec<String>)> = Vec::new();
    for (name, coordinate) in recording.coordinates(RecordingAxis::Presentation) {
        columns.push((name.clone(), texts(&coordinate.pick(&each_row))));
    }
    for (name, coordinate) in recording.coordinates(RecordingAxis::Unit) {
        let name = if name == "unit_id" { name.clone() } else { format!("{UNIT_PREFIX}{name}") };
        columns.push((name, texts(&coordinate.pick(&each_unit))));
    }
    let responses = recording.values().iter().map(|value| number_text(*value)).collect();
    columns.push(("value".to_owned(), responses));
    let table = Table::new(columns).map_err(content(path))?;
    Ok(written(path, |file| table.write(file))?)
}

/// A long table that [`write_long`] wrote.
///
/// # Errors
/// As [`read_long`].
pub fn read_written(path: &Path) -> Result<Recording, DataError> {
    let names = Table::read(path)?.names().to_vec();
    let is_known = |name: &str| ["stimulus_id", "repetition", "unit_id", "value"].contains(&name);
    let (unit, presentation): (Vec<String>, Vec<String>) =
        names.iter().filter(|name| !is_known(name)).cloned().partition(|name| name.starts_with(UNIT_PREFIX));
    let there = |name: &str| names.iter().find(|known| *known == name).cloned();
    let columns = ColumnSpec {
        stimulus_id: "stimulus_id".to_owned(),
        value: "value".to_owned(),
        unit_id: there("unit_id"),
        repetition: there("repetition"),
        presentation,
        unit,
    };
    read_long(path, &columns)
}

fn texts(coordinate: &Coordinate) -> Vec<String> {
    match coordinate {
        Coordinate::Float(values) => values.iter().map(|value| number_text(*value)).collect(),
        other => other.to_texts(),
    }
}

/// A number that reads back as itself; a missing one as nothing.
fn number_text(value: f64) -> String {
    if value.is_nan() { String::new() } else { format!("{value:?}") }
}
