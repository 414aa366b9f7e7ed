//! Several presentations of one stimulus: their average, and the block that ceilings are computed from.

use std::collections::{BTreeMap, BTreeSet};

use ndarray::{Array1, Array3, ArrayView2, Axis, s};

use super::assembly::{Recording, RecordingAxis, RecordingParts};
use super::coordinate::{Coordinate, shared_in_groups};
use super::error::DataError;

/// Responses by repetition and stimulus.
#[derive(Clone, Debug, PartialEq)]
pub struct Repetitions {
    /// `[[repetition, stimulus, unit]]`, NaN where a stimulus was shown less often or a response is missing.
    pub values: Array3<f64>,
    /// The stimuli, in the order of their first presentation.
    pub stimulus_ids: Vec<String>,
}

impl Recording {
    /// The mean response of each unit over the presentations of each stimulus, missing values left out.
    ///
    /// mean = (sum of the responses that are there) / (how many are there); NaN where there is none. Stimuli stay in the
    /// order of their first presentation; of the coordinates, those stay in which the presentations of every stimulus agree.
    pub fn average_repetitions(&self) -> Result<Self, DataError> {
        self.average_within(&[])
    }

    /// The mean response over the presentations of each stimulus that agree in these coordinates, missing values left out:
    /// over the repetitions for each stimulus and subject with `["subject"]`.
    ///
    /// # Errors
    /// [`DataError::MissingCoordinate`].
    pub fn average_within(&self, names: &[&str]) -> Result<Self, DataError> {
        let groups = self.presentation_groups(names)?;
        let parts = self.clone().into_parts();
        let mut values = Array3::from_elem((groups.len(), self.n_units(), self.n_time_bins()), f64::NAN);
        for (mut mean, group) in values.axis_iter_mut(Axis(0)).zip(&groups) {
            let rows = self.values().select(Axis(0), group);
            mean.assign(&rows.map_axis(Axis(0), |responses| mean_of_present(responses.iter().copied())));
        }
        let mut presentation = shared_in_groups(&parts.presentation, &groups);
        presentation.remove("repetition");
        Recording::new(RecordingParts { values, presentation, ..parts })
    }

    /// The mean over time bins, missing values left out: one bin from the first start to the last end.
    ///
    /// # Errors
    /// None beyond those of [`Recording::new`].
    pub fn average_time_bins(&self) -> Result<Self, DataError> {
        let mut parts = self.clone().into_parts();
        let edge = |name: &str, choose: fn(f64, f64) -> f64| {
            let times = self.coordinates(RecordingAxis::TimeBin).get(name)?.to_numbers()?;
            times.into_iter().reduce(choose).map(|time| (name.to_owned(), Coordinate::Float(vec![time])))
        };
        parts.time_bin = [edge("start_ms", f64::min), edge("end_ms", f64::max)].into_iter().flatten().collect();
        parts.values = self
            .values()
            .map_axis(Axis(2), |responses| mean_of_present(responses.iter().copied()))
            .insert_axis(Axis(2));
        Recording::new(parts)
    }

    /// Responses as repetition × stimulus × unit, as ceilings need them.
    ///
    /// Where there is a `repetition` coordinate, each of its values is one row of the first axis, in ascending order, as
    /// Brain-Score splits repetitions by their number; otherwise the presentations of a stimulus are counted as they come.
    ///
    /// # Errors
    /// [`DataError::SeveralTimeBins`], or [`DataError::Repeated`] when a stimulus has two presentations with one repetition
    /// number (of different subjects, say: select one first).
    pub fn repetitions(&self) -> Result<Repetitions, DataError> {
        self.one_time_bin("put the repetitions side by side of")?;
        let stimulus_ids = self.unique_stimulus_ids();
        let stimulus_of: BTreeMap<&str, usize> =
            stimulus_ids.iter().enumerate().map(|(stimulus, id)| (id.as_str(), stimulus)).collect();
        let repetition_of = self.repetition_numbers();
        let n_repetitions = repetition_of.iter().max().map_or(0, |last| last + 1);
        let mut values = Array3::from_elem((n_repetitions, stimulus_ids.len(), self.n_units()), f64::NAN);
        let mut filled = BTreeSet::new();
        let mut repeated = Vec::new();
        for (row, id) in self.stimulus_ids().iter().enumerate() {
            let cell = (repetition_of[row], stimulus_of[id.as_str()]);
            if !filled.insert(cell) {
                repeated.push(id.clone());
                continue;
            }
            values.slice_mut(s![cell.0, cell.1, ..]).assign(&self.values().slice(s![row, .., 0]));
        }
        if repeated.is_empty() {
            return Ok(Repetitions { values, stimulus_ids });
        }
        let n_repeated = repeated.len();
        repeated.truncate(3);
        Err(DataError::Repeated {
            axis: RecordingAxis::Presentation.name(),
            what: "stimulus_id and repetition",
            n_repeated,
            first: repeated,
            next_step: "Select one subject or session first, or number the repetitions of each stimulus",
        })
    }

    /// The repetition of each presentation, from 0 without gaps.
    fn repetition_numbers(&self) -> Vec<usize> {
        if let Some(repetition) = self.coordinates(RecordingAxis::Presentation).get("repetition") {
            let labels = repetition.to_texts();
            let mut order: Vec<usize> = (0..labels.len()).collect();
            match repetition.to_numbers() {
                Some(numbers) => order.sort_by(|first, second| numbers[*first].total_cmp(&numbers[*second])),
                None => order.sort_by(|first, second| labels[*first].cmp(&labels[*second])),
            }
            let mut rank_of: BTreeMap<&str, usize> = BTreeMap::new();
            for row in order {
                let next = rank_of.len();
                rank_of.entry(&labels[row]).or_insert(next);
            }
            return labels.iter().map(|label| rank_of[label.as_str()]).collect();
        }
        let mut shown: BTreeMap<&str, usize> = BTreeMap::new();
        let count = |id| {
            let so_far = shown.entry(id).or_insert(0);
            *so_far += 1;
            *so_far - 1
        };
        self.stimulus_ids().iter().map(String::as_str).map(count).collect()
    }

    /// Presentations of one stimulus that agree in these coordinates, groups in the order of their first presentation.
    fn presentation_groups(&self, names: &[&str]) -> Result<Vec<Vec<usize>>, DataError> {
        let mut columns = vec![self.stimulus_ids().to_vec()];
        for name in names {
            columns.push(self.coordinate(RecordingAxis::Presentation, name)?.to_texts());
        }
        let mut group_of: BTreeMap<Vec<&str>, usize> = BTreeMap::new();
        let mut groups: Vec<Vec<usize>> = Vec::new();
        for row in 0..self.n_presentations() {
            let key: Vec<&str> = columns.iter().map(|column| column[row].as_str()).collect();
            let next = groups.len();
            let group = *group_of.entry(key).or_insert(next);
            if group == next {
                groups.push(Vec::new());
            }
            groups[group].push(row);
        }
        Ok(groups)
    }
}

impl Repetitions {
    /// One repetition of all stimuli, `[[stimulus, unit]]`.
    pub fn repetition(&self, repetition: usize) -> Option<ArrayView2<'_, f64>> {
        (repetition < self.values.len_of(Axis(0))).then(|| self.values.index_axis(Axis(0), repetition))
    }

    /// How many repetitions of each stimulus have a response of each unit, the least over units.
    pub fn n_repetitions_of_stimuli(&self) -> Array1<usize> {
        let present = self.values.map_axis(Axis(0), |responses| responses.iter().filter(|r| !r.is_nan()).count());
        present.map_axis(Axis(1), |counts| counts.iter().copied().min().unwrap_or(0))
    }
}

/// The mean of the values that are not NaN; NaN when there is none.
pub(super) fn mean_of_present(values: impl Iterator<Item = f64>) -> f64 {
    let (mut sum, mut count) = (0.0, 0_u32);
    for value in values.filter(|value| !value.is_nan()) {
        sum += value;
        count += 1;
    }
    if count == 0 { f64::NAN } else { sum / f64::from(count) }
}
