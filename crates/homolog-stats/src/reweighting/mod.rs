//! Features reweighted on training stimuli before the RDM of held-out stimuli is formed.
//!
//! A network's features are not expected to count alike in a brain region. Two ways to let them count differently, both fitted on some stimuli and judged
//! on others: by predicting the responses of units ([`rdm_of_predicted_responses`], "mixed RSA"), which needs the responses, or by weighting the
//! RDMs of single features ([`fit_feature_weights`]), which needs RDMs alone. [`compare_predicted_responses`] and [`compare_weighted_features`] do
//! either over splits.

mod feature_weights;
mod predicted_responses;

use ndarray::{Array1, Array2, ArrayView1, ArrayView2};

pub use feature_weights::{compare_weighted_features, fit_feature_weights, weighted_feature_rdm};
pub use predicted_responses::{PredictedResponseProtocol, compare_predicted_responses, rdm_of_predicted_responses};

use crate::StatsError;
use crate::comparator::{Comparator, compare_rdms};

/// Scores of RDMs of reweighted features on held-out stimuli.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct ReweightedScores {
    /// (n_splits, n_subjects): reweighted features against the subject's RDM, both over the split's test stimuli.
    pub reweighted: Array2<f64>,
    /// (n_splits, n_subjects): the features as they are, on the same stimuli.
    pub as_they_are: Array2<f64>,
}

impl ReweightedScores {
    fn empty(n_splits: usize, n_subjects: usize) -> Self {
        Self { reweighted: Array2::zeros((n_splits, n_subjects)), as_they_are: Array2::zeros((n_splits, n_subjects)) }
    }

    /// Mean over splits of each subject's scores: reweighted, and as they are.
    pub fn per_subject(&self) -> (Array1<f64>, Array1<f64>) {
        let mean = |scores: &Array2<f64>| scores.sum_axis(ndarray::Axis(0)) / scores.nrows() as f64;
        (mean(&self.reweighted), mean(&self.as_they_are))
    }
}

fn compare_one(
    left: ArrayView1<'_, f64>,
    right: ArrayView1<'_, f64>,
    comparator: Comparator,
) -> Result<f64, StatsError> {
    let row = |rdm| -> ArrayView2<'_, f64> { ArrayView1::insert_axis(rdm, ndarray::Axis(0)) };
    Ok(compare_rdms(row(left), row(right), comparator)?[[0, 0]])
}
