//! Mappings from one set of responses to another: how well a layer's features predict recorded units.
//!
//! [`Predictors`] hold a layer once, in its smaller form; each mapping adds the targets and predicts the test part of any split:
//! [`pls`], [`ridge`], [`kernel_ridge`], [`banded`], [`least_squares`], [`one_to_one`], [`stacking`], [`poisson`], [`factorised`]. [`Mapping`] is the choice among
//! them, and [`crate::encoding::encode`] runs it over all splits and scores it. [`fit_weights`] gives a linear one as weights.

pub mod banded;
mod choice;
mod dominant;
pub mod factorised;
mod kernel;
pub mod kernel_ridge;
pub mod least_squares;
pub mod one_to_one;
pub mod pls;
pub mod poisson;
mod predictors;
mod products;
pub mod ridge;
mod rows_apart;
#[cfg(test)]
mod simulated;
pub mod stacking;
mod weights;

pub use choice::{Mapping, MappingPrediction};
pub use kernel::Kernel;
pub use predictors::Predictors;
pub(crate) use products::{add_scaled, dot, product};
pub use weights::{FittedWeights, fit_weights};

use ndarray::ArrayView2;

use crate::error::StatsError;
use crate::finite::{require_count, require_finite, require_same_length};

/// Whether a constant is fitted beside the features.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Intercept {
    /// A constant without penalty: features and targets are centred by the training part.
    Fitted,
    /// None: a prediction is 0 where all features are 0.
    None,
}

/// Passes when predictors and targets have the same stimuli, there is a target, and every value is finite.
pub(crate) fn check_targets(
    operation: &'static str,
    predictors: &Predictors,
    targets: ArrayView2<'_, f64>,
) -> Result<(), StatsError> {
    let stimuli = (("the predictors", predictors.n_stimuli()), ("the targets", targets.nrows()));
    require_same_length(operation, "stimuli", stimuli.0, stimuli.1)?;
    require_count(operation, "targets", targets.ncols(), 1)?;
    require_finite(operation, "targets", targets)
}
