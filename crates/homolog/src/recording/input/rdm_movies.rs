//! Dissimilarity matrices over time: one for each subject and time bin.

use ndarray::{Array3, Axis, IxDyn};

use super::align::StimulusIds;
use super::array_of_rdms::{ArrayOfRdms, is_time};
use super::error::{InputError, RdmProblem};
use super::location::Location;
use super::rdm_stack::{MissingPairs, RdmStack};

/// Dissimilarity matrices over the same stimuli, one for each subject and time bin.
#[derive(Clone, Debug, PartialEq)]
pub struct RdmMovies {
    /// The input, as the user named it.
    pub input: String,
    /// `[[subject, time bin, pair]]`: upper triangles row by row.
    pub dissimilarities: Array3<f64>,
    /// What the subjects are called; numbers from 0 where the file says nothing.
    pub subjects: Vec<String>,
    /// What the time bins are called, where the file says so: the start of each in milliseconds.
    pub times: Option<Vec<String>>,
    /// The stimuli, in the order of the rows of the matrices.
    pub stimuli: StimulusIds,
}

impl RdmMovies {
    /// The matrices at a place, recognised by shape: `(bins, pairs)` or `(bins, n, n)` of one subject, `(subjects, bins, pairs)` or
    /// `(subjects, bins, n, n)` of several. Where a file names its axes, time is the one called so, and the others are subjects.
    ///
    /// # Errors
    /// As [`RdmStack::read`]; [`InputError::Rdm`] where there is no axis of time bins, or it has no entry.
    pub fn read(location: &Location) -> Result<RdmMovies, InputError> {
        let ArrayOfRdms { values, ids, outer, .. } = ArrayOfRdms::read(location)?;
        let shape = values.shape().to_vec();
        let fault = |problem| InputError::Rdm { input: location.text.clone(), problem: Box::new(problem) };
        let n_inner = match shape.as_slice() {
            [.., rows, columns] if rows == columns && *rows > 1 => 2,
            _ => 1,
        };
        let n_outer = shape.len().saturating_sub(n_inner);
        let time = match outer.iter().position(|axis| is_time(&axis.name)) {
            Some(time) => time,
            None if outer.is_empty() && n_outer > 0 => n_outer - 1,
            None => return Err(fault(RdmProblem::NoTimes { shape })),
        };
        let n_bins = shape[time];
        if n_bins == 0 {
            return Err(fault(RdmProblem::NoTimes { shape }));
        }
        // Time last of the axes in front, so that matrices run through it fastest.
        let order: Vec<usize> =
            (0..n_outer).filter(|axis| *axis != time).chain([time]).chain(n_outer..shape.len()).collect();
        let values = values.permuted_axes(IxDyn(&order)).as_standard_layout().into_owned();
        // With one axis more the squares cannot be taken for triangles.
        let values = if n_outer == 1 { values.insert_axis(Axis(0)) } else { values };
        let stack = RdmStack::from_array(&location.text, values, ids, MissingPairs::Refuse)?;
        let n_subjects = stack.n_matrices() / n_bins;
        let n_pairs = stack.dissimilarities.ncols();
        let unfit = || fault(RdmProblem::Shape { shape: shape.clone() });
        let flat: Vec<f64> = stack.dissimilarities.iter().copied().collect();
        let dissimilarities = Array3::from_shape_vec((n_subjects, n_bins, n_pairs), flat).map_err(|_| unfit())?;
        let others: Vec<&Vec<String>> =
            outer.iter().enumerate().filter(|(at, _)| *at != time).map(|(_, axis)| &axis.labels).collect();
        let subjects = match others.as_slice() {
            [labels] if labels.len() == n_subjects => (*labels).clone(),
            _ => (0..n_subjects).map(|subject| subject.to_string()).collect(),
        };
        let times = outer.get(time).map(|axis| axis.labels.clone());
        Ok(RdmMovies { input: location.text.clone(), dissimilarities, subjects, times, stimuli: stack.stimuli })
    }

    /// How many stimuli there are.
    pub fn n_stimuli(&self) -> usize {
        self.stimuli.len()
    }

    /// How many time bins there are.
    pub fn n_bins(&self) -> usize {
        self.dissimilarities.len_of(Axis(1))
    }

    /// The stimuli at these positions, in this order; positions that are not there are left out.
    pub fn select_stimuli(&self, stimuli: &[usize]) -> RdmMovies {
        let (n_subjects, n_bins, n_pairs) = self.dissimilarities.dim();
        let flat: Vec<f64> = self.dissimilarities.iter().copied().collect();
        let rows = ndarray::Array2::from_shape_vec((n_subjects * n_bins, n_pairs), flat).unwrap_or_default();
        let stack = RdmStack {
            input: self.input.clone(),
            dissimilarities: rows,
            names: Vec::new(),
            stimuli: self.stimuli.clone(),
        };
        let stack = stack.select_stimuli(stimuli);
        let n_pairs = stack.dissimilarities.ncols();
        let flat: Vec<f64> = stack.dissimilarities.iter().copied().collect();
        RdmMovies {
            dissimilarities: Array3::from_shape_vec((n_subjects, n_bins, n_pairs), flat).unwrap_or_default(),
            stimuli: stack.stimuli,
            ..self.clone()
        }
    }
}
