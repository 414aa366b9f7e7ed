//! How sure a comparison of RDMs is: bootstrap over subjects and stimuli, tests, and control over many tests.
//!
//! Start at [`infer`]. [`evaluate_draws`] and [`score_variances`] are its two halves.

mod bootstrap;
pub(crate) mod distribution;
mod flexible;
mod infer;
mod multiple;
mod randomisation;
mod variance;

pub use bootstrap::{BootstrapEvaluations, Draw, Evaluations, Resampling, evaluate_draws};
pub use flexible::{
    CrossValidatedScores, FlexibleBootstrap, FlexibleEvaluations, ModelFolds, bootstrap_flexible_models,
    cross_validate_models,
};
pub use infer::{
    FEWEST_STIMULI_TO_RESAMPLE, FEWEST_SUBJECTS_TO_RESAMPLE, Inference, InferenceSettings, ModelInference, PairTest,
    ResamplingChange, infer,
};
pub use multiple::{false_discovery_rate, family_wise_error};
pub use randomisation::{RandomisationTest, label_randomisation_test};
pub use variance::{ScoreVariances, score_variances};
