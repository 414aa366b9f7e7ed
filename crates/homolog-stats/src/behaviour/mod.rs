//! Behaviour: what was answered on each trial, by people and by networks, and how alike the answers are.

mod category_decision;
mod confusion;
mod error_consistency;
mod object_discrimination;
mod odd_one_out;
mod psychometric;
mod shape_bias;

pub use category_decision::most_probable_category;
pub use confusion::{Confusion, confusion, mean_accuracy};
pub use error_consistency::{
    ConditionKappa, ScoredTrial, error_consistency, error_consistency_between, error_consistency_ceiling,
};
pub use object_discrimination::{
    ConfusionRates, DiscriminationPattern, TwoWayChoice, discrimination_pattern, pattern_ceiling, pattern_consistency,
};
pub use odd_one_out::{
    OddOneOut, TripletAccuracy, TripletCeiling, odd_one_out_accuracy, odd_one_out_ceiling, odd_one_out_similarity,
};
pub use psychometric::{
    LapseRate, PsychometricData, PsychometricFit, PsychometricSettings, PsychometricShape, ThresholdInterval,
    fit_psychometric_function, psychometric_threshold_interval,
};
pub use shape_bias::{CueConflictTrial, ShapeBias, shape_bias};
