//! Responses of units to stimuli, with any further axes in front: repetitions, subjects, time.

use std::collections::BTreeMap;
use std::path::Path;

use ndarray::{Array2, ArrayD, ArrayView2, ArrayViewD, Axis, Dimension, Ix2, IxDyn};

use super::align::StimulusIds;
use super::error::InputError;
use super::location::{Kind, Location, ReadArray};
use crate::recording::assembly::{Recording, RecordingAxis};
use crate::recording::coordinate::{Coordinate, Coordinates, shared_in_groups};
use crate::recording::error::{ContentProblem, FileError};
use crate::recording::format::table::Table;
use crate::recording::format::zarr::Activations;
use crate::recording::format::{netcdf, read_assembly, recording_npz};
use crate::recording::missing::OnMissing;
use crate::recording::repetition::mean_of_present;

/// What an axis of an array of responses runs along.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum PatternAxis {
    /// Subjects.
    Subject,
    /// Sessions.
    Session,
    /// Repetitions of a stimulus.
    Repetition,
    /// Time bins.
    Time,
    /// Stimuli.
    Stimulus,
    /// Units: neurons, voxels, channels, features.
    Unit,
}

impl PatternAxis {
    const ALL: [PatternAxis; 6] = [
        PatternAxis::Stimulus,
        PatternAxis::Unit,
        PatternAxis::Repetition,
        PatternAxis::Subject,
        PatternAxis::Session,
        PatternAxis::Time,
    ];

    /// Its name, as `--axes` takes it.
    pub fn name(self) -> &'static str {
        match self {
            PatternAxis::Subject => "subject",
            PatternAxis::Session => "session",
            PatternAxis::Repetition => "repetition",
            PatternAxis::Time => "time",
            PatternAxis::Stimulus => "stimulus",
            PatternAxis::Unit => "unit",
        }
    }
}

/// The axes that a user named, separated by commas: `subject,stimulus,unit`.
///
/// # Errors
/// [`InputError::UnknownAxis`]; [`InputError::AxesContradict`] without an axis along stimuli, or where one is named twice.
pub fn parse_axes(text: &str) -> Result<Vec<PatternAxis>, InputError> {
    let known: Vec<&'static str> = PatternAxis::ALL.iter().map(|axis| axis.name()).collect();
    let axis = |name: &str| {
        let name = name.trim();
        PatternAxis::ALL
            .into_iter()
            .find(|axis| axis.name() == name)
            .ok_or_else(|| InputError::UnknownAxis { name: name.to_owned(), known: known.clone() })
    };
    let axes = text.split(',').map(axis).collect::<Result<Vec<_>, _>>()?;
    let contradict = |problem| Err(InputError::AxesContradict { names: names(&axes), problem });
    if !axes.contains(&PatternAxis::Stimulus) {
        return contradict("lack the stimuli");
    }
    if (1..axes.len()).any(|position| axes[..position].contains(&axes[position])) {
        return contradict("name one twice");
    }
    Ok(axes)
}

fn names(axes: &[PatternAxis]) -> Vec<&'static str> {
    axes.iter().map(|axis| axis.name()).collect()
}

/// An axis in front of stimuli and units.
#[derive(Clone, Debug, PartialEq)]
pub struct LeadingAxis {
    /// What it runs along.
    pub axis: PatternAxis,
    /// What its entries are called: numbers from 0 where the file says nothing; the start of a time bin in milliseconds.
    pub labels: Vec<String>,
}

/// Responses of units to stimuli.
#[derive(Clone, Debug, PartialEq)]
pub struct Patterns {
    /// The input, as the user named it.
    pub input: String,
    /// `[[…, stimulus, unit]]`: the leading axes, then stimuli, then units; in the unit of the file.
    pub values: ArrayD<f64>,
    /// The axes in front of stimuli and units, in the order of `values`.
    pub leading: Vec<LeadingAxis>,
    /// The stimuli, in the order of `values`.
    pub stimuli: StimulusIds,
    /// What is known of each stimulus: `object_name`, `category`.
    pub stimulus: Coordinates,
    /// The id of each unit; its position where the file has none.
    pub unit_ids: Vec<String>,
    /// What is known of each unit: `region`.
    pub unit: Coordinates,
    /// The units that were left out for a value that is not finite.
    pub dropped_units: Vec<String>,
    /// The stimuli that were left out for a value that is not finite.
    pub dropped_stimuli: Vec<String>,
}

/// Responses with a row for each presentation, as measures over repetitions take them.
#[derive(Clone, Debug, PartialEq)]
pub struct Observations {
    /// `[[observation, unit]]`.
    pub values: Array2<f64>,
    /// Which stimulus each observation is of, as a position in the stimuli of the patterns.
    pub stimulus: Vec<usize>,
    /// Which repetition each observation is, from 0: the fold of cross-validated measures.
    pub repetition: Vec<usize>,
}

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
        match location.kind() {
            Kind::Recorded => Self::of_stage(location),
            Kind::Assembly => Self::of_recording(&location.text, &netcdf::read(&location.path)?),
            Kind::Table => Self::of_table(location),
            Kind::Arrays if is_recording => Self::of_recording(&location.text, &recording_npz::read(&location.path)?),
            Kind::Arrays => Self::of_array(location, axes),
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
        if let Some((place, _)) = row_of.indexed_iter().find(|(_, row)| row.is_none()) {
            let place = place.slice();
            let at = leading.len().saturating_sub(1);
            let (axis, entry) = leading.get(at).map_or(("presentation", String::new()), |(axis, _)| {
                (axis.axis.name(), axis.labels.get(place[at]).cloned().unwrap_or_default())
            });
            let stimulus = place.last().and_then(|stimulus| ids.get(*stimulus)).cloned().unwrap_or_default();
            return Err(InputError::Unbalanced { input: input.to_owned(), along: axis, stimulus, entry });
        }
        let mut leading: Vec<LeadingAxis> = leading.into_iter().map(|(axis, _)| axis).collect();
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

    /// How many stimuli there are.
    pub fn n_stimuli(&self) -> usize {
        self.stimuli.len()
    }

    /// How many units there are.
    pub fn n_units(&self) -> usize {
        self.unit_ids.len()
    }

    fn axis_of_stimuli(&self) -> Axis {
        Axis(self.leading.len())
    }

    fn axis_of_units(&self) -> Axis {
        Axis(self.leading.len() + 1)
    }

    /// The same responses with ids for their stimuli, in their order.
    ///
    /// # Errors
    /// [`InputError::NumberOfIds`], [`InputError::RepeatedIds`].
    pub fn with_stimulus_ids(mut self, ids: Vec<String>) -> Result<Patterns, InputError> {
        if ids.len() != self.n_stimuli() {
            let (found, needed) = (ids.len(), self.n_stimuli());
            return Err(InputError::NumberOfIds { input: self.input, found, needed });
        }
        self.stimuli = StimulusIds::named(&self.input, ids)?;
        Ok(self)
    }

    /// The stimuli at these positions, in this order; positions that are not there are left out.
    pub fn select_stimuli(&self, stimuli: &[usize]) -> Patterns {
        let stimuli: Vec<usize> = stimuli.iter().copied().filter(|stimulus| *stimulus < self.n_stimuli()).collect();
        Patterns {
            values: self.values.select(self.axis_of_stimuli(), &stimuli),
            stimuli: self.stimuli.select(&stimuli),
            stimulus: pick(&self.stimulus, &stimuli),
            ..self.clone_without_values()
        }
    }

    /// The units at these positions, in this order; positions that are not there are left out.
    pub fn select_units(&self, units: &[usize]) -> Patterns {
        let units: Vec<usize> = units.iter().copied().filter(|unit| *unit < self.n_units()).collect();
        Patterns {
            values: self.values.select(self.axis_of_units(), &units),
            unit_ids: units.iter().map(|unit| self.unit_ids[*unit].clone()).collect(),
            unit: pick(&self.unit, &units),
            ..self.clone_without_values()
        }
    }

    fn clone_without_values(&self) -> Patterns {
        Patterns {
            input: self.input.clone(),
            values: ArrayD::zeros(IxDyn(&[0])),
            leading: self.leading.clone(),
            stimuli: self.stimuli.clone(),
            stimulus: self.stimulus.clone(),
            unit_ids: self.unit_ids.clone(),
            unit: self.unit.clone(),
            dropped_units: self.dropped_units.clone(),
            dropped_stimuli: self.dropped_stimuli.clone(),
        }
    }

    /// The mean along a leading axis, values that are NaN left out; the same responses where there is no such axis.
    pub fn average(&self, axis: PatternAxis) -> Patterns {
        let Some(position) = self.leading.iter().position(|leading| leading.axis == axis) else {
            return self.clone();
        };
        let mut averaged = self.clone_without_values();
        averaged.values = self.values.map_axis(Axis(position), |values| mean_of_present(values.iter().copied()));
        averaged.leading.remove(position);
        averaged
    }

    /// The responses at each entry of a leading axis, with what the entry is called; all of them, without a name, where there is
    /// no such axis.
    pub fn each(&self, axis: PatternAxis) -> Vec<(Option<String>, Patterns)> {
        let Some(position) = self.leading.iter().position(|leading| leading.axis == axis) else {
            return vec![(None, self.clone())];
        };
        let entry = |(at, label): (usize, &String)| {
            let mut patterns = self.clone_without_values();
            patterns.values = self.values.index_axis(Axis(position), at).to_owned();
            patterns.leading.remove(position);
            (Some(label.clone()), patterns)
        };
        self.leading[position].labels.iter().enumerate().map(entry).collect()
    }

    /// The stimuli × units matrix, once every value is finite.
    ///
    /// # Errors
    /// [`InputError::LeadingAxis`] where there is more than one matrix; [`InputError::NotFinite`], which names the stimulus and
    /// the unit.
    pub fn matrix(&self) -> Result<ArrayView2<'_, f64>, InputError> {
        if let Some(leading) = self.leading.first() {
            return Err(InputError::LeadingAxis {
                input: self.input.clone(),
                along: leading.axis.name(),
                n_entries: leading.labels.len(),
            });
        }
        self.require_finite()?;
        let shape: Vec<usize> = self.values.shape().to_vec();
        self.values
            .view()
            .into_dimensionality::<Ix2>()
            .map_err(|_| InputError::AxesNotNamed { input: self.input.clone(), shape })
    }

    /// The responses with a row for each stimulus in each repetition, once every value is finite; rows of which no value is
    /// there are left out, as repetitions that did not happen are stored.
    ///
    /// # Errors
    /// [`InputError::LeadingAxis`] where there is another leading axis than repetition; [`InputError::NotFinite`].
    pub fn observations(&self) -> Result<Observations, InputError> {
        if let Some(leading) = self.leading.iter().find(|leading| leading.axis != PatternAxis::Repetition) {
            return Err(InputError::LeadingAxis {
                input: self.input.clone(),
                along: leading.axis.name(),
                n_entries: leading.labels.len(),
            });
        }
        let (n_stimuli, n_units) = (self.n_stimuli(), self.n_units());
        let n_repetitions = self.leading.first().map_or(1, |leading| leading.labels.len());
        let shape: Vec<usize> = self.values.shape().to_vec();
        let rows = self
            .values
            .to_shape((n_repetitions * n_stimuli, n_units))
            .map_err(|_| InputError::AxesNotNamed { input: self.input.clone(), shape })?;
        let mut kept = Vec::new();
        for (row, responses) in rows.rows().into_iter().enumerate() {
            if n_repetitions > 1 && responses.iter().all(|value| value.is_nan()) {
                continue;
            }
            if let Some((unit, value)) = responses.indexed_iter().find(|(_, value)| !value.is_finite()) {
                let repetition = self.leading.first().map(|_| row / n_stimuli.max(1));
                let place: Vec<usize> = repetition.into_iter().chain([row % n_stimuli.max(1), unit]).collect();
                return Err(self.not_finite(&place, *value));
            }
            kept.push(row);
        }
        let values = rows.select(Axis(0), &kept);
        let stimulus = kept.iter().map(|row| row % n_stimuli.max(1)).collect();
        let repetition = kept.iter().map(|row| row / n_stimuli.max(1)).collect();
        Ok(Observations { values, stimulus, repetition })
    }

    /// Passes when every value is finite.
    ///
    /// # Errors
    /// [`InputError::NotFinite`], which names the stimulus and the unit of the first that is not.
    pub fn require_finite(&self) -> Result<(), InputError> {
        match self.values.indexed_iter().find(|(_, value)| !value.is_finite()) {
            Some((place, value)) => Err(self.not_finite(place.slice(), *value)),
            None => Ok(()),
        }
    }

    fn not_finite(&self, place: &[usize], value: f64) -> InputError {
        let n_leading = self.leading.len();
        let entry = |(leading, at): (&LeadingAxis, &usize)| {
            format!(", {} {}", leading.axis.name(), leading.labels.get(*at).map_or("", String::as_str))
        };
        InputError::NotFinite {
            input: self.input.clone(),
            n_values: self.values.iter().filter(|value| !value.is_finite()).count(),
            n_all: self.values.len(),
            value,
            unit: place.get(n_leading + 1).and_then(|unit| self.unit_ids.get(*unit)).cloned().unwrap_or_default(),
            stimulus: place.get(n_leading).map_or_else(String::new, |stimulus| self.stimuli.text(*stimulus)),
            place: self.leading.iter().zip(place).map(entry).collect(),
        }
    }

    /// The responses without values that are not finite, by the policy that the user chose; what is left out is listed in the
    /// result.
    ///
    /// # Errors
    /// [`InputError::NotFinite`] where they are to be refused; [`InputError::NothingLeft`].
    pub fn without_missing(self, policy: OnMissing) -> Result<Patterns, InputError> {
        let (axis, what, n_entries) = match policy {
            OnMissing::Refuse => return self.require_finite().map(|()| self),
            OnMissing::DropUnit => (self.axis_of_units(), "unit", self.n_units()),
            OnMissing::DropPresentation => (self.axis_of_stimuli(), "stimulus", self.n_stimuli()),
        };
        let is_whole = |part: ArrayViewD<'_, f64>| part.iter().all(|value| value.is_finite());
        let whole: Vec<bool> = self.values.axis_iter(axis).map(is_whole).collect();
        let of = |wanted: bool| (0..n_entries).filter(|entry| whole[*entry] == wanted).collect::<Vec<_>>();
        let (kept, dropped) = (of(true), of(false));
        if dropped.is_empty() {
            return Ok(self);
        }
        if kept.is_empty() {
            return Err(InputError::NothingLeft { input: self.input, what, n_entries });
        }
        if policy == OnMissing::DropUnit {
            let mut left = self.select_units(&kept);
            left.dropped_units.extend(dropped.iter().map(|unit| self.unit_ids[*unit].clone()));
            Ok(left)
        } else {
            let mut left = self.select_stimuli(&kept);
            left.dropped_stimuli.extend(dropped.iter().map(|stimulus| self.stimuli.text(*stimulus)));
            Ok(left)
        }
    }
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

fn pick(coordinates: &Coordinates, entries: &[usize]) -> Coordinates {
    crate::recording::coordinate::pick_all(coordinates, entries)
}

pub(super) fn content(path: &Path, source: ContentProblem) -> InputError {
    InputError::File(FileError::Content { path: path.to_owned(), format: "a table", source: Box::new(source) })
}

/// Refuses a table whose first line is data.
pub(super) fn check_column_names(input: &str, table: &Table) -> Result<(), InputError> {
    let are_numbers = !table.names().is_empty() && table.names().iter().all(|name| name.trim().parse::<f64>().is_ok());
    // Columns that are called 0, 1, 2, … were named so by a program.
    let are_counted = table.names().iter().enumerate().all(|(at, name)| name.trim() == at.to_string());
    if are_numbers && !are_counted { Err(InputError::NoColumnNames { input: input.to_owned() }) } else { Ok(()) }
}

/// The column of stimulus ids: the one of that name, else the first where it holds text.
pub(super) fn id_column(table: &Table) -> Result<Option<String>, ContentProblem> {
    if let Some(name) = table.names().iter().find(|name| *name == "stimulus_id") {
        return Ok(Some(name.clone()));
    }
    match table.names().first() {
        Some(first) if matches!(table.coordinate(first)?, Coordinate::Text(_)) => Ok(Some(first.clone())),
        _ => Ok(None),
    }
}
