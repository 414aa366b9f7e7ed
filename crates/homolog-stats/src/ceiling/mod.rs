//! How well any model could do, given the noise of the recording; and a score in units of that ceiling.

mod formula;
mod signal_power;
mod split_half;

pub use formula::CeilingFormula;
pub use signal_power::{
    ExplainableVarianceBias, SignalPower, explainable_variance, normalized_correlation, signal_power,
    signal_power_explained,
};
pub use split_half::{Halves, SplitHalf, SplitHalfCeiling, spearman_brown, split_half_ceiling};
