//! Recordings put together: further presentations of the same units, or further units for the same presentations.

use ndarray::{Axis, concatenate};

use super::assembly::{Recording, RecordingAxis, RecordingParts};
use super::coordinate::{Coordinate, Coordinates};
use super::error::DataError;

/// The presentations of all recordings, one after another. All have the same units (by id, in the same order) and time bins.
///
/// Coordinates that all recordings have are kept; of the attributes, those that all agree in.
///
/// # Errors
/// [`DataError::CannotConcatenate`] when units or time bins differ or there is no recording.
pub fn concatenate_presentations(recordings: &[Recording]) -> Result<Recording, DataError> {
    concatenate_along(RecordingAxis::Presentation, recordings, |recording| {
        (recording.unit_ids().to_vec(), "the ids of its units")
    })
}

/// The units of all recordings, one after another. All have the same presentations (by stimulus id, in the same order; join
/// them first) and time bins, and no unit id occurs twice.
///
/// # Errors
/// [`DataError::CannotConcatenate`] when presentations or time bins differ or there is no recording;
/// [`DataError::Repeated`] when a unit id occurs twice.
pub fn concatenate_units(recordings: &[Recording]) -> Result<Recording, DataError> {
    concatenate_along(RecordingAxis::Unit, recordings, |recording| {
        (recording.stimulus_ids().to_vec(), "the stimulus ids of its presentations")
    })
}

fn concatenate_along(
    along: RecordingAxis,
    recordings: &[Recording],
    other_ids: impl Fn(&Recording) -> (Vec<String>, &'static str),
) -> Result<Recording, DataError> {
    let differs =
        |index, what: &str| DataError::CannotConcatenate { along: along.name(), index, what: what.to_owned() };
    let Some((first, rest)) = recordings.split_first() else {
        return Err(differs(0, "being there at all: no recording was given"));
    };
    for (index, other) in rest.iter().enumerate() {
        let (ids, what) = other_ids(other);
        if ids != other_ids(first).0 {
            return Err(differs(index + 1, what));
        }
        if !same_coordinates(first.coordinates(RecordingAxis::TimeBin), other.coordinates(RecordingAxis::TimeBin))
            || first.n_time_bins() != other.n_time_bins()
        {
            return Err(differs(index + 1, "its time bins"));
        }
    }
    let position = if along == RecordingAxis::Unit { Axis(1) } else { Axis(0) };
    let views: Vec<_> = recordings.iter().map(|recording| recording.values().view()).collect();
    let values = concatenate(position, &views).map_err(|_| differs(0, "its shape"))?;
    let mut parts = RecordingParts { values, ..first.clone().into_parts() };
    let joined = if along == RecordingAxis::Unit { &mut parts.unit } else { &mut parts.presentation };
    *joined = followed_by(joined, rest.iter().map(|recording| recording.coordinates(along)));
    parts.attributes.retain(|name, value| rest.iter().all(|other| other.attributes().get(name) == Some(value)));
    Recording::new(parts)
}

fn followed_by<'a>(first: &Coordinates, rest: impl Iterator<Item = &'a Coordinates>) -> Coordinates {
    rest.fold(first.clone(), |so_far, more| {
        so_far
            .into_iter()
            .filter_map(|(name, values)| more.get(&name).map(|more| (name, values.followed_by(more))))
            .collect()
    })
}

fn same_coordinates(first: &Coordinates, second: &Coordinates) -> bool {
    first.len() == second.len()
        && first.iter().all(|(name, values)| second.get(name).is_some_and(|other| same_values(values, other)))
}

fn same_values(first: &Coordinate, second: &Coordinate) -> bool {
    first.to_texts() == second.to_texts()
}
