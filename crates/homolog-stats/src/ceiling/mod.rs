//! How well any model could do, given the noise of the recording; and a score in units of that ceiling.

mod formula;
mod split_half;

pub use formula::CeilingFormula;
pub use split_half::{Halves, SplitHalf, SplitHalfCeiling, spearman_brown, split_half_ceiling};
