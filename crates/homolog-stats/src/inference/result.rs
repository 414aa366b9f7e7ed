//! What [`super::infer`] finds: everything that a table or a plot of it shows.

use super::bootstrap::Resampling;
use super::multiple::AdjustedP;
use super::parts::ModelFolds;
use super::randomisation::RandomisationTest;
use super::settings::{ResamplingChange, TestMethod};

/// What is known of one model.
#[derive(Debug, Clone, PartialEq, Default)]
#[non_exhaustive]
pub struct ModelInference {
    /// Its score: the mean over subjects, cross-validated where any model is flexible.
    pub value: f64,
    /// Its score with each subject.
    pub per_subject: Vec<f64>,
    /// The weights of its RDMs, fitted on all stimuli and subjects; `[1]` for a fixed model.
    pub weights: Vec<f64>,
    /// Mean score over bootstrap samples (rsatoolbox reports this one as the score).
    pub bootstrap_mean: Option<f64>,
    /// Standard deviation of the score over new experiments.
    pub standard_error: Option<f64>,
    /// Degrees of freedom of that ([`super::DegreesOfFreedom`]).
    pub degrees_of_freedom: Option<f64>,
    /// value ± t · standard error.
    pub interval: Option<(f64, f64)>,
    /// Quantiles of the bootstrap scores (of the widest resampling used).
    pub percentile_interval: Option<(f64, f64)>,
    /// One-sided test that the score is not above 0, adjusted over models; by [`Inference::zero_method`].
    pub against_zero: Option<AdjustedP>,
    /// Two-sided test that the score equals the lower noise ceiling, adjusted over models.
    pub against_ceiling: Option<AdjustedP>,
    /// The test by exchange of stimulus labels: of fixed models, where asked for or where it is the only one that the data allow.
    pub randomisation: Option<RandomisationTest>,
}

/// The test of one model against another.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct PairTest {
    /// The first model.
    pub first: usize,
    /// The second model.
    pub second: usize,
    /// Score of the first less score of the second.
    pub difference: f64,
    /// Standard error of the difference.
    pub standard_error: f64,
    /// Degrees of freedom of that ([`super::DegreesOfFreedom`]).
    pub degrees_of_freedom: f64,
    /// Two-sided, adjusted over all pairs of models.
    pub test: AdjustedP,
}

/// The result of [`super::infer`].
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Inference {
    /// One entry for each model.
    pub models: Vec<ModelInference>,
    /// Every pair of models; empty where nothing could be resampled.
    pub pairs: Vec<PairTest>,
    /// Lower and upper noise ceiling by pooled RDMs; `None` with one subject.
    pub ceiling: Option<(f64, f64)>,
    /// How many subjects there are.
    pub n_subjects: usize,
    /// How many stimuli there are.
    pub n_stimuli: usize,
    /// What was resampled.
    pub resampling: Option<Resampling>,
    /// Why that differs from what was asked for.
    pub change: Option<ResamplingChange>,
    /// Which tests were made.
    pub method: TestMethod,
    /// How models were tested against 0: by exchange of labels where all are fixed, labels were exchanged and stimuli are what conclusions
    /// are to hold beyond; else as everything else.
    pub zero_method: TestMethod,
    /// Bootstrap samples that had a value.
    pub n_samples_used: usize,
    /// How models were cross-validated; `None` when all are fixed.
    pub folds: Option<ModelFolds>,
}
