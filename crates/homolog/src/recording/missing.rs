//! Missing values: refused, or the units or presentations that have them are dropped and listed.

use ndarray::Axis;

use super::assembly::{Recording, RecordingAxis};
use super::error::DataError;

/// What to do with missing values.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OnMissing {
    /// Refuse, and say where the first is.
    #[default]
    Refuse,
    /// Drop every unit that has one.
    DropUnit,
    /// Drop every presentation that has one.
    DropPresentation,
}

/// A recording without missing values, and what was dropped for that.
#[derive(Clone, Debug, PartialEq)]
pub struct Complete {
    /// The recording.
    pub recording: Recording,
    /// The ids of the units that were dropped.
    pub dropped_units: Vec<String>,
    /// The stimuli of the presentations that were dropped.
    pub dropped_stimuli: Vec<String>,
}

impl Recording {
    /// The recording without missing values.
    ///
    /// # Errors
    /// [`DataError::MissingValues`] when there are some and they are to be refused, or when nothing would be left.
    pub fn without_missing(self, on_missing: OnMissing) -> Result<Complete, DataError> {
        let axis = match on_missing {
            OnMissing::Refuse => None,
            OnMissing::DropUnit => Some(RecordingAxis::Unit),
            OnMissing::DropPresentation => Some(RecordingAxis::Presentation),
        };
        let Some((first_row, first_unit)) = self.first_missing() else {
            return Ok(Complete { recording: self, dropped_units: Vec::new(), dropped_stimuli: Vec::new() });
        };
        let along = |axis: RecordingAxis| {
            let position = if axis == RecordingAxis::Unit { Axis(1) } else { Axis(0) };
            let lanes = self.values().axis_iter(position);
            let has_missing = lanes.map(|lane| lane.iter().any(|value| value.is_nan()));
            has_missing.enumerate().partition::<Vec<_>, _>(|(_, missing)| *missing)
        };
        if let Some(axis) = axis {
            let (dropped, kept) = along(axis);
            if !kept.is_empty() {
                let positions: Vec<usize> = kept.into_iter().map(|(position, _)| position).collect();
                let names = |ids: &[String]| dropped.iter().map(|(position, _)| ids[*position].clone()).collect();
                let (dropped_units, dropped_stimuli) = if axis == RecordingAxis::Unit {
                    (names(self.unit_ids()), Vec::new())
                } else {
                    (Vec::new(), names(self.stimulus_ids()))
                };
                let recording = self.select_positions(axis, &positions)?;
                return Ok(Complete { recording, dropped_units, dropped_stimuli });
            }
        }
        Err(DataError::MissingValues {
            n_missing: self.values().iter().filter(|value| value.is_nan()).count(),
            n_values: self.values().len(),
            n_units: along(RecordingAxis::Unit).0.len(),
            first_unit: self.unit_ids()[first_unit].clone(),
            first_stimulus: self.stimulus_ids()[first_row].clone(),
        })
    }

    /// The presentation and the unit of the first missing value.
    fn first_missing(&self) -> Option<(usize, usize)> {
        let found = self.values().indexed_iter().find(|(_, value)| value.is_nan());
        found.map(|((row, unit, _), _)| (row, unit))
    }
}
