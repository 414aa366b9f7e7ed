//! Reading responses: from arrays, tables, recordings and recorded folders.

use std::collections::BTreeMap;

use ndarray::{Array2, ArrayD, Axis, Dimension, IxDyn};

use super::align::StimulusIds;
use super::columns::{check_column_names, content, id_column};
use super::error::InputError;
use super::location::{Kind, Location, ReadArray};
use super::patterns::{LeadingAxis, PatternAxis, Patterns, names};
use crate::recording::assembly::{Recording, RecordingAxis};
use crate::recording::coordinate::{Coordinate, Coordinates, shared_in_groups};
use crate::recording::error::{ContentProblem, FileError};
use crate::recording::format::table::Table;
use crate::recording::format::zarr::Activations;
use crate::recording::format::{netcdf, read_assembly, recording_npz};

impl Patterns {
    /// The responses at a place. `axes` says what the axes of an array are; without it an array of two axes is stimuli × units
    /// and one of one axis is stimuli of one unit. Files with coordinates and recorded folders say it themselves.
    ///
    /// # Errors
    /// [`InputError`]: the file cannot be read, its axes are not named, or are although the file says them, or its ids are not
    /// unique.
    pub fn read(location: &Location, axes: Option<&[PatternAxis]>) -> Result<Patterns, InputError> {
        let is_recording = location.part.is_none() && recording_npz::is_one(&location.path);
        if axes.is_some() && (location.kind() != Kind::Arrays || is_recording) {
            return Err(InputError::AxesKnown { input: location.text.clone() });
        }
        let read = match location.kind() {
            Kind::Recorded => Self::of_stage(location),
            Kind::Assembly => Self::of_recording(&location.text, &netcdf::read(&location.path)?),
            Kind::Table => Self::of_table(location),
            Kind::Arrays if is_recording => Self::of_recording(&location.text, &recording_npz::read(&location.path)?),
            Kind::Arrays | Kind::Declaration => Self::of_array(location, axes),
        }?;
        read.require_entries()?;
        Ok(read)
    }

    /// Passes when every axis has an entry.
    fn require_entries(&self) -> Result<(), InputError> {
        let axes = self.leading.iter().map(|leading| leading.axis).chain([PatternAxis::Stimulus, PatternAxis::Unit]);
        match axes.zip(self.values.shape()).find(|(_, length)| **length == 0) {
            Some((axis, _)) => Err(InputError::NoEntries {
                input: self.input.clone(),
                along: axis.name(),
                shape: self.values.shape().to_vec(),
            }),
            None => Ok(()),
        }
    }

    fn of_array(location: &Location, axes: Option<&[PatternAxis]>) -> Result<Patterns, InputError> {
        let ReadArray { array, ids, .. } = location.array()?;
        let shape = array.shape().to_vec();
        let kind = array.elements().kind();
        let values = array.into_numbers().ok_or_else(|| FileError::Content {
            path: location.path.clone(),
            format: "responses",
            source: Box::new(ContentProblem::Unexpected {
                place: location.part.clone().map_or_else(|| "the array".to_owned(), |part| format!("array \"{part}\"")),
                found: kind.to_owned(),
                needed: "an array of numbers",
            }),
        })?;
        let axes: Vec<PatternAxis> = match (axes, shape.len()) {
            (Some(axes), n_axes) if axes.len() == n_axes => axes.to_vec(),
            (Some(axes), _) => {
                return Err(InputError::NumberOfAxes { input: location.text.clone(), names: names(axes), shape });
            }
            (None, 1) => vec![PatternAxis::Stimulus],
            (None, 2) => vec![PatternAxis::Stimulus, PatternAxis::Unit],
            (None, _) => return Err(InputError::AxesNotNamed { input: location.text.clone(), shape }),
        };
        let stimulus_axis = axes.iter().position(|axis| *axis == PatternAxis::Stimulus);
        let n_stimuli = stimulus_axis.map_or(0, |axis| shape[axis]);
        // Ids of another length belong to something else in the archive.
        let stimuli = match ids.filter(|ids| ids.len() == n_stimuli) {
            Some(ids) => StimulusIds::named(&location.text, ids)?,
            None => StimulusIds::Positional(n_stimuli),
        };
        let (values, leading) = in_order(values, &axes);
        let n_units = values.shape().last().copied().unwrap_or(0);
        Ok(Patterns {
            input: location.text.clone(),
            values,
            leading,
            stimuli,
            stimulus: Coordinates::new(),
            unit_ids: (0..n_units).map(|unit| unit.to_string()).collect(),
            unit: Coordinates::new(),
            dropped_units: Vec::new(),
            dropped_stimuli: Vec::new(),
        })
    }

    fn of_stage(location: &Location) -> Result<Patterns, InputError> {
        let activations = Activations::open(&location.activations())?;
        let name = match &location.part {
            Some(name) => name.clone(),
            None => match activations.stage_names()?.as_slice() {
                [only] => only.clone(),
                known => {
                    let parts = known.to_vec();
                    return Err(InputError::PartNotNamed { input: location.text.clone(), what: "stage", parts });
                }
            },
        };
        let stage = activations.stage(&name)?;
        let values = stage.read_rows(0..stage.n_stimuli())?.mapv(f64::from);
        let stimuli = StimulusIds::named(&location.text, activations.stimulus_ids().to_vec())?;
        Ok(Patterns {
            input: location.text.clone(),
            unit_ids: (0..values.ncols()).map(|unit| unit.to_string()).collect(),
            values: values.into_dyn(),
            leading: Vec::new(),
            stimuli,
            stimulus: Coordinates::new(),
            unit: Coordinates::new(),
            dropped_units: Vec::new(),
            dropped_stimuli: Vec::new(),
        })
    }

    /// A table: with columns stimulus_id, unit_id and value one row for each response, else one for each stimulus, whose ids
    /// are the column stimulus_id, or the first column where it holds text. Without either the rows are known by position.
    fn of_table(location: &Location) -> Result<Patterns, InputError> {
        let table = Table::read(&location.path)?;
        let has = |name: &str| table.names().iter().any(|known| known == name);
        if has("stimulus_id") && has("unit_id") && has("value") {
            return Self::of_recording(&location.text, &read_assembly(&location.path)?);
        }
        check_column_names(&location.text, &table)?;
        let content = |source| content(&location.path, source);
        let id_column = id_column(&table).map_err(content)?;
        let columns: Vec<String> =
            table.names().iter().filter(|name| Some(*name) != id_column.as_ref()).cloned().collect();
        let mut values = Array2::zeros((table.n_rows(), columns.len()));
        for (mut column, name) in values.columns_mut().into_iter().zip(&columns) {
            let numbers = table.numbers(name).map_err(content)?;
            column.iter_mut().zip(numbers).for_each(|(value, number)| *value = number);
        }
        let stimuli = match &id_column {
            Some(name) => StimulusIds::named(&location.text, table.column(name).map_err(content)?.to_vec())?,
            None => StimulusIds::Positional(table.n_rows()),
        };
        Ok(Patterns {
            input: location.text.clone(),
            values: values.into_dyn(),
            leading: Vec::new(),
            stimuli,
            stimulus: Coordinates::new(),
            unit_ids: columns,
            unit: Coordinates::new(),
            dropped_units: Vec::new(),
            dropped_stimuli: Vec::new(),
        })
    }

    /// The responses of a recording: a leading axis for each of subject, session and repetition that tells its presentations
    /// apart, and one for time where there are several bins.
    ///
    /// # Errors
    /// [`InputError::Unbalanced`] where a stimulus lacks a presentation; [`InputError::RepeatedIds`] where nothing tells the
    /// presentations of a stimulus apart.
    pub fn of_recording(input: &str, recording: &Recording) -> Result<Patterns, InputError> {
        let presentation = recording.coordinates(RecordingAxis::Presentation);
        let ids = recording.unique_stimulus_ids();
        let mut leading: Vec<(LeadingAxis, Vec<usize>)> = Vec::new();
        for axis in [PatternAxis::Subject, PatternAxis::Session, PatternAxis::Repetition] {
            if let Some((labels, entries)) = presentation.get(axis.name()).map(entries)
                && labels.len() > 1
            {
                leading.push((LeadingAxis { axis, labels }, entries));
            }
        }
        let positions: BTreeMap<&str, usize> = ids.iter().enumerate().map(|(at, id)| (id.as_str(), at)).collect();
        let lengths: Vec<usize> = leading.iter().map(|(axis, _)| axis.labels.len()).collect();
        let n_bins = recording.n_time_bins();
        let mut row_of: ArrayD<Option<usize>> = ArrayD::from_elem(IxDyn(&[&lengths[..], &[ids.len()]].concat()), None);
        let mut repeated = Vec::new();
        for (row, id) in recording.stimulus_ids().iter().enumerate() {
            let place: Vec<usize> =
                leading.iter().map(|(_, entries)| entries[row]).chain([positions[id.as_str()]]).collect();
            if let Some(cell) = row_of.get_mut(IxDyn(&place)) {
                if cell.is_some() {
                    repeated.push(id.clone());
                }
                *cell = Some(row);
            }
        }
        if !repeated.is_empty() {
            let first = repeated.iter().take(3).cloned().collect();
            return Err(InputError::RepeatedIds { input: input.to_owned(), n_repeated: repeated.len(), first });
        }
        let mut leading: Vec<LeadingAxis> = leading.into_iter().map(|(axis, _)| axis).collect();
        require_every_presentation(input, &ids, &leading, &row_of)?;
        let mut shape = lengths;
        if n_bins > 1 {
            let starts = recording.coordinate(RecordingAxis::TimeBin, "start_ms")?.to_texts();
            leading.push(LeadingAxis { axis: PatternAxis::Time, labels: starts });
            shape.push(n_bins);
        }
        shape.extend([ids.len(), recording.n_units()]);
        let n_outer = shape.len() - 2 - usize::from(n_bins > 1);
        let values = ArrayD::from_shape_fn(IxDyn(&shape), |place| {
            let place = place.slice();
            let (stimulus, unit) = (place[place.len() - 2], place[place.len() - 1]);
            let bin = if n_bins > 1 { place[n_outer] } else { 0 };
            let cell: Vec<usize> = place[..n_outer].iter().copied().chain([stimulus]).collect();
            let row = row_of.get(IxDyn(&cell)).copied().flatten();
            row.and_then(|row| recording.values().get([row, unit, bin]).copied()).unwrap_or(f64::NAN)
        });
        let mut groups = vec![Vec::new(); ids.len()];
        for (row, id) in recording.stimulus_ids().iter().enumerate() {
            groups[positions[id.as_str()]].push(row);
        }
        let mut stimulus = shared_in_groups(presentation, &groups);
        stimulus.remove("stimulus_id");
        let mut unit = recording.coordinates(RecordingAxis::Unit).clone();
        unit.remove("unit_id");
        Ok(Patterns {
            input: input.to_owned(),
            values,
            leading,
            stimuli: StimulusIds::Named(ids),
            stimulus,
            unit_ids: recording.unit_ids().to_vec(),
            unit,
            dropped_units: Vec::new(),
            dropped_stimuli: Vec::new(),
        })
    }
}

/// Passes when every stimulus was shown under every entry of the leading axes; repetitions may be fewer for some stimuli: they are NaN
/// as a whole, and left out by what takes repetitions.
fn require_every_presentation(
    input: &str,
    ids: &[String],
    leading: &[LeadingAxis],
    row_of: &ArrayD<Option<usize>>,
) -> Result<(), InputError> {
    let shown = row_of.mapv(|row| usize::from(row.is_some()));
    let has_repetitions = leading.last().is_some_and(|axis| axis.axis == PatternAxis::Repetition);
    let n_outer = leading.len() - usize::from(has_repetitions);
    let n_shown = if has_repetitions { shown.sum_axis(Axis(n_outer)).insert_axis(Axis(n_outer)) } else { shown };
    let Some((place, _)) = n_shown.indexed_iter().find(|(_, shown)| **shown == 0) else { return Ok(()) };
    let place = place.slice();
    let at = n_outer.saturating_sub(1);
    let (along, entry) = leading.get(at).map_or(("presentation", String::new()), |axis| {
        (axis.axis.name(), axis.labels.get(place[at]).cloned().unwrap_or_default())
    });
    let stimulus = place.last().and_then(|stimulus| ids.get(*stimulus)).cloned().unwrap_or_default();
    Err(InputError::Unbalanced { input: input.to_owned(), along, stimulus, entry })
}

/// The array with its axes in the order of [`Patterns::values`], and its leading axes; an axis of one unit is added where there
/// is none.
fn in_order(values: ArrayD<f64>, axes: &[PatternAxis]) -> (ArrayD<f64>, Vec<LeadingAxis>) {
    let mut order: Vec<usize> = (0..axes.len()).filter(|axis| axes[*axis] < PatternAxis::Stimulus).collect();
    let leading = order
        .iter()
        .map(|axis| LeadingAxis {
            axis: axes[*axis],
            labels: (0..values.len_of(Axis(*axis))).map(|entry| entry.to_string()).collect(),
        })
        .collect();
    for last in [PatternAxis::Stimulus, PatternAxis::Unit] {
        order.extend(axes.iter().position(|axis| *axis == last));
    }
    let values = values.permuted_axes(IxDyn(&order)).as_standard_layout().into_owned();
    let n_axes = values.ndim();
    let values = if axes.contains(&PatternAxis::Unit) { values } else { values.insert_axis(Axis(n_axes)) };
    (values, leading)
}

/// The different values of a coordinate in the order in which they first occur, and which of them each entry has; numbers in
/// ascending order.
fn entries(coordinate: &Coordinate) -> (Vec<String>, Vec<usize>) {
    let texts = coordinate.to_texts();
    let mut labels: Vec<String> = Vec::new();
    for text in &texts {
        if !labels.contains(text) {
            labels.push(text.clone());
        }
    }
    if coordinate.as_integers().is_some() {
        labels.sort_by_key(|label| label.parse::<i64>().unwrap_or(i64::MAX));
    }
    let position: BTreeMap<&str, usize> = labels.iter().enumerate().map(|(at, label)| (label.as_str(), at)).collect();
    let entries = texts.iter().map(|text| position[text.as_str()]).collect();
    (labels, entries)
}
