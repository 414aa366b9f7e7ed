//! Responses of units to stimuli, with any further axes in front: repetitions, subjects, time.

use ndarray::{Array2, ArrayD, ArrayView2, Axis, Dimension, Ix2, IxDyn, Zip};

use super::align::StimulusIds;
use super::error::InputError;
use crate::recording::coordinate::{Coordinates, pick_all};
use crate::recording::missing::OnMissing;

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

pub(super) fn names(axes: &[PatternAxis]) -> Vec<&'static str> {
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
            stimulus: pick_all(&self.stimulus, &stimuli),
            ..self.clone_without_values()
        }
    }

    /// The units at these positions, in this order; positions that are not there are left out.
    pub fn select_units(&self, units: &[usize]) -> Patterns {
        let units: Vec<usize> = units.iter().copied().filter(|unit| *unit < self.n_units()).collect();
        Patterns {
            values: self.values.select(self.axis_of_units(), &units),
            unit_ids: units.iter().map(|unit| self.unit_ids[*unit].clone()).collect(),
            unit: pick_all(&self.unit, &units),
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

    /// The mean along a leading axis; the same responses where there is no such axis.
    ///
    /// A repetition that is missing whole for a stimulus is left out of its mean. Every other NaN makes the mean NaN, which
    /// [`Patterns::matrix`] then refuses by name of stimulus and unit: a mean of fewer values than it seems is no such mean.
    pub fn average(&self, axis: PatternAxis) -> Patterns {
        let Some(position) = self.leading.iter().position(|leading| leading.axis == axis) else {
            return self.clone();
        };
        let mut averaged = self.clone_without_values();
        let absent = self.absent_repetitions().filter(|_| axis == PatternAxis::Repetition);
        averaged.values = match absent {
            Some(absent) => {
                let present = absent.mapv(|is_absent| f64::from(u8::from(!is_absent)));
                let sums = Zip::from(&self.values)
                    .and(&absent)
                    .map_collect(|value, is_absent| if *is_absent { 0.0 } else { *value })
                    .sum_axis(Axis(position));
                sums / present.sum_axis(Axis(position))
            }
            None => self.values.sum_axis(Axis(position)) / self.values.len_of(Axis(position)) as f64,
        };
        averaged.leading.remove(position);
        averaged
    }

    /// Where a stimulus has no value in one of its repetitions, whatever the unit and the time: as repetitions that did not happen
    /// are stored. Of the shape of the values; nothing where every repetition happened, or there are none.
    fn absent_repetitions(&self) -> Option<ArrayD<bool>> {
        let position = |axis| self.leading.iter().position(|leading| leading.axis == axis).map(Axis);
        let repetitions = position(PatternAxis::Repetition)?;
        let all = |absent: &ArrayD<bool>, axis| absent.fold_axis(axis, true, |all, one| *all && *one).insert_axis(axis);
        let mut absent = all(&self.values.mapv(f64::is_nan), self.axis_of_units());
        if let Some(time) = position(PatternAxis::Time) {
            absent = all(&absent, time);
        }
        // A stimulus without a single repetition is missing itself.
        let never_shown = all(&absent, repetitions);
        let never_shown = never_shown.broadcast(absent.raw_dim())?.to_owned();
        absent.zip_mut_with(&never_shown, |absent, never_shown| *absent &= !never_shown);
        if !absent.iter().any(|is_absent| *is_absent) {
            return None;
        }
        Some(absent.broadcast(self.values.raw_dim())?.to_owned())
    }

    /// Where a value is not finite, of a repetition that happened. Of the shape of the values.
    fn faults(&self) -> ArrayD<bool> {
        let mut faults = self.values.mapv(|value| !value.is_finite());
        if let Some(absent) = self.absent_repetitions() {
            faults.zip_mut_with(&absent, |fault, is_absent| *fault &= !is_absent);
        }
        faults
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
        self.require_finite()?;
        let (n_stimuli, n_units) = (self.n_stimuli(), self.n_units());
        let n_repetitions = self.leading.first().map_or(1, |leading| leading.labels.len());
        let shape: Vec<usize> = self.values.shape().to_vec();
        let rows = self
            .values
            .to_shape((n_repetitions * n_stimuli, n_units))
            .map_err(|_| InputError::AxesNotNamed { input: self.input.clone(), shape })?;
        let mut kept = Vec::new();
        for (row, responses) in rows.rows().into_iter().enumerate() {
            if n_repetitions == 1 || !responses.iter().all(|value| value.is_nan()) {
                kept.push(row);
            }
        }
        let values = rows.select(Axis(0), &kept);
        let stimulus = kept.iter().map(|row| row % n_stimuli.max(1)).collect();
        let repetition = kept.iter().map(|row| row / n_stimuli.max(1)).collect();
        Ok(Observations { values, stimulus, repetition })
    }

    /// Passes when every value is finite, but for repetitions that are missing whole for a stimulus: what averages or
    /// cross-validates over repetitions leaves those out.
    ///
    /// # Errors
    /// [`InputError::NotFinite`], which names the stimulus and the unit of the first value that is not.
    pub fn require_finite(&self) -> Result<(), InputError> {
        if self.values.iter().all(|value| value.is_finite()) {
            return Ok(());
        }
        let faults = self.faults();
        let mut places = faults.indexed_iter().filter(|(_, fault)| **fault).map(|(place, _)| place);
        match places.next() {
            Some(place) => {
                Err(self.not_finite(place.slice(), self.values.get(place.clone()).copied().unwrap_or(f64::NAN)))
            }
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
            n_values: self.faults().iter().filter(|fault| **fault).count(),
            n_all: self.values.len(),
            value,
            unit: place.get(n_leading + 1).and_then(|unit| self.unit_ids.get(*unit)).cloned().unwrap_or_default(),
            stimulus: place.get(n_leading).map_or_else(String::new, |stimulus| self.stimuli.text(*stimulus)),
            place: self.leading.iter().zip(place).map(entry).collect(),
        }
    }

    /// The responses without values that are not finite, by the policy that the user chose; what is left out is listed in the
    /// result. A repetition that is missing whole for a stimulus is none of them, as in [`Patterns::require_finite`].
    ///
    /// # Errors
    /// [`InputError::NotFinite`] where they are to be refused; [`InputError::NothingLeft`].
    pub fn without_missing(self, policy: OnMissing) -> Result<Patterns, InputError> {
        let (axis, what, n_entries) = match policy {
            OnMissing::Refuse => return self.require_finite().map(|()| self),
            OnMissing::DropUnit => (self.axis_of_units(), "unit", self.n_units()),
            OnMissing::DropPresentation => (self.axis_of_stimuli(), "stimulus", self.n_stimuli()),
        };
        let faults = self.faults();
        let whole: Vec<bool> = faults.axis_iter(axis).map(|part| part.iter().all(|fault| !fault)).collect();
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
