//! The recording itself: values with coordinates along three axes, and what can be taken from it.

use std::collections::{BTreeMap, BTreeSet};

use ndarray::{Array2, Array3, Axis, s};

use super::coordinate::{Coordinate, Coordinates, pick_all};
use super::error::DataError;

/// What a [`Recording`] is made of.
#[derive(Clone, Debug, PartialEq)]
pub struct RecordingParts {
    /// Responses, `[[presentation, unit, time_bin]]`, missing ones NaN; in the unit that
    /// `attributes["unit_of_response"]` names where it is known (spikes, Hz, beta, …).
    pub values: Array3<f64>,
    /// Coordinates of the first axis: `stimulus_id` (text) always; `repetition`, `subject`, `session` where known.
    pub presentation: Coordinates,
    /// Coordinates of the second axis: `unit_id` (text) always; `region`, `layer`, `subject` where known.
    pub unit: Coordinates,
    /// Coordinates of the third axis: `start_ms` and `end_ms`; none where time was not recorded.
    pub time_bin: Coordinates,
    /// What the origin says of the whole, by name.
    pub attributes: BTreeMap<String, String>,
}

/// What units did when stimuli were presented: of a brain or of a network.
///
/// `values()[[presentation, unit, time_bin]]`; missing values are NaN. Presentations always have a `stimulus_id` and units a
/// `unit_id`, both text, and unit ids are unique. A recording without time has one bin and no coordinates of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Recording {
    parts: RecordingParts,
}

/// An axis of a [`Recording`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RecordingAxis {
    /// The first: one entry each time a stimulus was shown.
    Presentation,
    /// The second: neurons, voxels, channels.
    Unit,
    /// The third.
    TimeBin,
}

impl RecordingAxis {
    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            RecordingAxis::Presentation => "presentation",
            RecordingAxis::Unit => "unit",
            RecordingAxis::TimeBin => "time_bin",
        }
    }

    fn position(self) -> Axis {
        match self {
            RecordingAxis::Presentation => Axis(0),
            RecordingAxis::Unit => Axis(1),
            RecordingAxis::TimeBin => Axis(2),
        }
    }
}

impl Recording {
    /// A recording of these parts, once they fit together.
    ///
    /// # Errors
    /// - [`DataError::CoordinateLength`] when a coordinate is not as long as its axis.
    /// - [`DataError::MissingCoordinate`] without `stimulus_id` or `unit_id`, or with several time bins and no `start_ms`
    ///   or `end_ms`.
    /// - [`DataError::CoordinateKind`] when one of these ids is not text, or one of these times is not a number.
    /// - [`DataError::Repeated`] when two units share an id.
    pub fn new(parts: RecordingParts) -> Result<Self, DataError> {
        let recording = Self { parts };
        for axis in [RecordingAxis::Presentation, RecordingAxis::Unit, RecordingAxis::TimeBin] {
            let needed = recording.len_of(axis);
            for (name, coordinate) in recording.coordinates(axis) {
                if coordinate.len() != needed {
                    return Err(DataError::CoordinateLength {
                        axis: axis.name(),
                        name: name.clone(),
                        found: coordinate.len(),
                        needed,
                    });
                }
            }
        }
        recording.text(RecordingAxis::Presentation, "stimulus_id")?;
        let unit_ids = recording.text(RecordingAxis::Unit, "unit_id")?;
        check_unique(
            RecordingAxis::Unit,
            "unit_id",
            unit_ids.iter().cloned(),
            "Give every unit its own id, for example with the subject in front",
        )?;
        for name in ["start_ms", "end_ms"] {
            if recording.n_time_bins() > 1 || recording.parts.time_bin.contains_key(name) {
                recording.numbers(RecordingAxis::TimeBin, name)?;
            }
        }
        Ok(recording)
    }

    /// A recording without time and repetitions: a row of `values` for each stimulus, a column for each unit.
    ///
    /// # Errors
    /// As [`Recording::new`].
    pub fn from_matrix(
        values: Array2<f64>,
        stimulus_ids: Vec<String>,
        unit_ids: Vec<String>,
    ) -> Result<Self, DataError> {
        Self::new(RecordingParts {
            values: values.insert_axis(Axis(2)),
            presentation: Coordinates::from([("stimulus_id".to_owned(), Coordinate::Text(stimulus_ids))]),
            unit: Coordinates::from([("unit_id".to_owned(), Coordinate::Text(unit_ids))]),
            time_bin: Coordinates::new(),
            attributes: BTreeMap::new(),
        })
    }

    /// What it is made of, to be changed and put together again.
    pub fn into_parts(self) -> RecordingParts {
        self.parts
    }

    /// Responses, `[[presentation, unit, time_bin]]`, missing ones NaN.
    pub fn values(&self) -> &Array3<f64> {
        &self.parts.values
    }

    /// How many presentations there are.
    pub fn n_presentations(&self) -> usize {
        self.len_of(RecordingAxis::Presentation)
    }

    /// How many units there are.
    pub fn n_units(&self) -> usize {
        self.len_of(RecordingAxis::Unit)
    }

    /// How many time bins there are; one where time was not recorded.
    pub fn n_time_bins(&self) -> usize {
        self.len_of(RecordingAxis::TimeBin)
    }

    /// The length of an axis.
    pub fn len_of(&self, axis: RecordingAxis) -> usize {
        self.parts.values.len_of(axis.position())
    }

    /// The coordinates of an axis.
    pub fn coordinates(&self, axis: RecordingAxis) -> &Coordinates {
        match axis {
            RecordingAxis::Presentation => &self.parts.presentation,
            RecordingAxis::Unit => &self.parts.unit,
            RecordingAxis::TimeBin => &self.parts.time_bin,
        }
    }

    /// What the origin says of the whole, by name.
    pub fn attributes(&self) -> &BTreeMap<String, String> {
        &self.parts.attributes
    }

    /// One coordinate of an axis.
    ///
    /// # Errors
    /// [`DataError::MissingCoordinate`], which lists those that there are.
    pub fn coordinate(&self, axis: RecordingAxis, name: &str) -> Result<&Coordinate, DataError> {
        let coordinates = self.coordinates(axis);
        coordinates.get(name).ok_or_else(|| DataError::MissingCoordinate {
            axis: axis.name(),
            name: name.to_owned(),
            known: coordinates.keys().cloned().collect(),
        })
    }

    /// One coordinate of an axis, as text.
    ///
    /// # Errors
    /// [`DataError::MissingCoordinate`], or [`DataError::CoordinateKind`] when it is not text.
    pub fn text(&self, axis: RecordingAxis, name: &str) -> Result<&[String], DataError> {
        let coordinate = self.coordinate(axis, name)?;
        coordinate.as_text().ok_or_else(|| wrong_kind(axis, name, coordinate, "text"))
    }

    fn numbers(&self, axis: RecordingAxis, name: &str) -> Result<Vec<f64>, DataError> {
        let coordinate = self.coordinate(axis, name)?;
        coordinate.to_numbers().ok_or_else(|| wrong_kind(axis, name, coordinate, "numbers"))
    }

    /// The stimulus of each presentation.
    pub fn stimulus_ids(&self) -> &[String] {
        self.parts.presentation.get("stimulus_id").and_then(Coordinate::as_text).unwrap_or_default()
    }

    /// The id of each unit.
    pub fn unit_ids(&self) -> &[String] {
        self.parts.unit.get("unit_id").and_then(Coordinate::as_text).unwrap_or_default()
    }

    /// Each stimulus once, in the order of its first presentation.
    pub fn unique_stimulus_ids(&self) -> Vec<String> {
        let mut seen = BTreeSet::new();
        self.stimulus_ids().iter().filter(|id| seen.insert(id.as_str())).cloned().collect()
    }

    /// Checks that no two presentations have the same stimulus, repetition and subject (of those coordinates that there
    /// are).
    ///
    /// # Errors
    /// [`DataError::Repeated`] with the first few.
    pub fn check_presentations_are_unique(&self) -> Result<(), DataError> {
        let columns: Vec<Vec<String>> = ["stimulus_id", "repetition", "subject"]
            .iter()
            .filter_map(|name| self.parts.presentation.get(*name).map(Coordinate::to_texts))
            .collect();
        let keys = (0..self.n_presentations())
            .map(|row| columns.iter().map(|column| column[row].as_str()).collect::<Vec<_>>().join(" / "));
        check_unique(
            RecordingAxis::Presentation,
            "stimulus_id, repetition and subject",
            keys,
            "Number the repetitions of each stimulus, or average over them",
        )
    }

    /// The same recording with one more coordinate, or with another in its place.
    ///
    /// # Errors
    /// As [`Recording::new`].
    pub fn with_coordinate(
        self,
        axis: RecordingAxis,
        name: impl Into<String>,
        coordinate: Coordinate,
    ) -> Result<Self, DataError> {
        let mut parts = self.parts;
        let coordinates = match axis {
            RecordingAxis::Presentation => &mut parts.presentation,
            RecordingAxis::Unit => &mut parts.unit,
            RecordingAxis::TimeBin => &mut parts.time_bin,
        };
        coordinates.insert(name.into(), coordinate);
        Self::new(parts)
    }

    /// The presentations × units matrix of a recording with one time bin.
    ///
    /// # Errors
    /// [`DataError::SeveralTimeBins`].
    pub fn matrix(&self) -> Result<Array2<f64>, DataError> {
        self.one_time_bin("make a matrix of")?;
        Ok(self.parts.values.slice(s![.., .., 0]).to_owned())
    }

    pub(super) fn one_time_bin(&self, operation: &'static str) -> Result<(), DataError> {
        match self.n_time_bins() {
            1 => Ok(()),
            n_time_bins => Err(DataError::SeveralTimeBins { operation, n_time_bins }),
        }
    }

    /// The entries at these positions of an axis, in this order.
    ///
    /// # Errors
    /// [`DataError::OutOfRange`], or [`DataError::Repeated`] when a unit is taken twice.
    pub fn select_positions(&self, axis: RecordingAxis, positions: &[usize]) -> Result<Self, DataError> {
        let n_entries = self.len_of(axis);
        if let Some(&index) = positions.iter().find(|position| **position >= n_entries) {
            return Err(DataError::OutOfRange { axis: axis.name(), index, n_entries });
        }
        let mut parts = RecordingParts {
            values: self.parts.values.select(axis.position(), positions),
            presentation: self.parts.presentation.clone(),
            unit: self.parts.unit.clone(),
            time_bin: self.parts.time_bin.clone(),
            attributes: self.parts.attributes.clone(),
        };
        let picked = pick_all(self.coordinates(axis), positions);
        match axis {
            RecordingAxis::Presentation => parts.presentation = picked,
            RecordingAxis::Unit => parts.unit = picked,
            RecordingAxis::TimeBin => parts.time_bin = picked,
        }
        Self::new(parts)
    }

    /// The entries of an axis whose coordinate `name` is written as `wanted`: the units with region "IT".
    ///
    /// # Errors
    /// [`DataError::MissingCoordinate`], or [`DataError::NothingSelected`] with the nearest values that there are.
    pub fn select(&self, axis: RecordingAxis, name: &str, wanted: &str) -> Result<Self, DataError> {
        let texts = self.coordinate(axis, name)?.to_texts();
        let positions: Vec<usize> = (0..texts.len()).filter(|position| texts[*position] == wanted).collect();
        if positions.is_empty() {
            let known: BTreeSet<String> = texts.into_iter().collect();
            return Err(DataError::NothingSelected {
                axis: axis.name(),
                name: name.to_owned(),
                wanted: wanted.to_owned(),
                known: known.into_iter().collect(),
            });
        }
        self.select_positions(axis, &positions)
    }
}

fn wrong_kind(axis: RecordingAxis, name: &str, coordinate: &Coordinate, needed: &'static str) -> DataError {
    DataError::CoordinateKind { axis: axis.name(), name: name.to_owned(), found: coordinate.kind(), needed }
}

fn check_unique(
    axis: RecordingAxis,
    what: &'static str,
    keys: impl Iterator<Item = String>,
    next_step: &'static str,
) -> Result<(), DataError> {
    let mut seen = BTreeSet::new();
    let mut repeated = Vec::new();
    for key in keys {
        if seen.contains(&key) {
            repeated.push(key);
        } else {
            seen.insert(key);
        }
    }
    if repeated.is_empty() {
        return Ok(());
    }
    let n_repeated = repeated.len();
    repeated.truncate(3);
    Err(DataError::Repeated { axis: axis.name(), what, n_repeated, first: repeated, next_step })
}
