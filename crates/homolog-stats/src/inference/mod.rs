//! How sure a comparison of RDMs is: bootstrap over subjects and stimuli, tests, and control over many tests.
//!
//! Start at [`infer`]. [`evaluate_draws`] and [`score_variances`] are its two halves; [`cross_validate_models`] scores models that are fitted.

mod bootstrap;
pub(crate) mod distribution;
mod flexible;
mod infer;
mod multiple;
mod over_subjects;
mod parts;
mod randomisation;
mod result;
mod settings;
mod variance;

pub use bootstrap::{BootstrapEvaluations, Draw, Evaluations, Resampling, evaluate_draws};
pub use flexible::{CrossValidatedScores, cross_validate_models, score_parts};
pub use infer::infer;
pub use multiple::{AdjustedP, Alternative, false_discovery_rate, family_wise_error};
pub use over_subjects::{max_signed_rank_p, sign_test, signed_rank_test};
pub use parts::{ModelFolds, ModelPart};
pub use randomisation::{RandomisationTest, label_randomisation_test};
pub use result::{Inference, ModelInference, PairTest};
pub use settings::{
    FEWEST_STIMULI_TO_RESAMPLE, FEWEST_SUBJECTS_TO_RESAMPLE, InferenceSettings, ResamplingChange, TestMethod,
};
pub use variance::{BootstrapCorrection, DegreesOfFreedom, ScoreVariances, score_variances};
