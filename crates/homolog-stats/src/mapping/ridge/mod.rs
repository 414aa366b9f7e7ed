//! Ridge regression: one decomposition of the predictors for all penalties and all targets.

mod grid;
mod selection;
mod shrinkage;
pub(crate) mod spectrum;

pub use grid::PenaltyGrid;
pub use selection::{FoldCriterion, PenaltyChoice, PenaltyScope};
pub(crate) use selection::{Trained, criterion};

use ndarray::{Array2, ArrayView2, Axis};

use self::selection::choose_penalties;
use self::spectrum::Spectrum;
use super::predictors::Predictors;
use crate::error::StatsError;
use crate::finite::require_count;
use crate::splits::Split;

pub(crate) const OPERATION: &str = "ridge regression";

/// The penalties that ridge regression may use, and how one is chosen.
#[derive(Debug, Clone, PartialEq)]
pub struct RidgeOptions {
    /// Candidates, each 0 or more; a single one is used as it is.
    pub penalties: Vec<f64>,
    /// How one is chosen from the training part.
    pub choice: PenaltyChoice,
    /// One for each target, or one for all.
    pub scope: PenaltyScope,
}

impl RidgeOptions {
    /// One penalty, used as it is.
    pub fn fixed(penalty: f64) -> Self {
        Self { penalties: vec![penalty], choice: PenaltyChoice::LeaveOneOut, scope: PenaltyScope::AllTargets }
    }

    pub(crate) fn check(&self) -> Result<(), StatsError> {
        check_penalties(&self.penalties)
    }
}

/// Passes when there is a penalty and each is 0 or more.
pub(crate) fn check_penalties(penalties: &[f64]) -> Result<(), StatsError> {
    require_count(OPERATION, "penalties", penalties.len(), 1)?;
    match penalties.iter().find(|&&penalty| !(penalty >= 0.0 && penalty.is_finite())) {
        None => Ok(()),
        Some(&value) => Err(StatsError::OutOfRange {
            operation: OPERATION,
            parameter: "a penalty",
            value,
            allowed: "0 or more, and finite",
        }),
    }
}

/// Ridge regression of a set of targets on a set of predictors, asked for the predictions of any split.
///
/// For each target: minimise ‖y − X b − c‖² + α ‖b‖² over the training part, the intercept c without penalty
/// (scikit-learn's `Ridge(alpha=α, fit_intercept=True)`). In the principal components of the training part, with scores
/// B = X V of squared lengths λ, the prediction of a row with scores z is ȳ + Σ_k z_k (Bᵀ y)_k / (λ_k + α).
///
/// # Reference
/// Hoerl, Kennard (1970). Ridge regression. Technometrics 12:55-67. doi:10.1080/00401706.1970.10488634.
#[derive(Debug, Clone)]
pub struct PreparedRidge<'a> {
    predictors: &'a Predictors,
    targets: ArrayView2<'a, f64>,
}

/// What ridge regression predicts for a test part.
#[derive(Debug, Clone, PartialEq)]
pub struct RidgePrediction {
    /// (n_test, n_targets), in the order of the split's test part.
    pub predicted: Array2<f64>,
    /// The penalty used for each target.
    pub penalties: Vec<f64>,
}

impl<'a> PreparedRidge<'a> {
    /// Checks that predictors and targets belong together.
    ///
    /// # Shapes and units
    /// - `targets`: (n_stimuli, n_targets), any real unit.
    ///
    /// # Errors
    /// - [`StatsError::ShapeMismatch`] when predictors and targets differ in stimuli.
    /// - [`StatsError::TooFew`] when there is no target.
    /// - [`StatsError::NotFinite`] names the first target value that is NaN or infinite.
    pub fn new(predictors: &'a Predictors, targets: ArrayView2<'a, f64>) -> Result<Self, StatsError> {
        super::check_targets(OPERATION, predictors, targets)?;
        Ok(Self { predictors, targets })
    }

    /// Predictions for the test stimuli of `split`, with penalties chosen from its training stimuli alone.
    ///
    /// # Errors
    /// - As [`Split::check`].
    /// - [`StatsError::OutOfRange`] for a penalty that is negative or not finite.
    /// - [`StatsError::TooFew`] without a penalty.
    /// - Those of the [`PenaltyChoice`].
    ///
    /// # Accuracy and randomness
    /// f64 throughout, deterministic. Directions whose λ is below 2.2e-16 n times the largest are taken as absent, so that a penalty of 0 gives the
    /// shortest least-squares solution. Agrees with scikit-learn 1.9.1 to 1e-8 (goldens/scikit-learn/ridge).
    pub fn predict(&self, split: &Split, options: &RidgeOptions) -> Result<RidgePrediction, StatsError> {
        options.check()?;
        split.check(self.predictors.n_stimuli())?;
        let spectrum = Spectrum::of(self.predictors, &split.train, &split.test)?;
        fit_spectrum(&spectrum, self.targets.select(Axis(0), &split.train).view(), options)
    }
}

/// Ridge regression of the training part's targets on a decomposition of its predictors, and its predictions for the test part.
pub(crate) fn fit_spectrum(
    spectrum: &Spectrum,
    targets: ArrayView2<'_, f64>,
    options: &RidgeOptions,
) -> Result<RidgePrediction, StatsError> {
    options.check()?;
    let (targets, means) = spectrum.centred_targets(targets);
    let projections = spectrum.projections(targets.view());
    let penalties = match options.penalties.as_slice() {
        [only] => vec![*only; targets.ncols()],
        _ => {
            let trained = Trained { spectrum, targets: targets.view(), projections: projections.view() };
            choose_penalties(trained, options)?
        }
    };
    let coefficients = coefficients(spectrum, projections, &penalties);
    let predicted = super::product(spectrum.test_scores.view(), coefficients.view()) + ndarray::aview1(&means);
    Ok(RidgePrediction { predicted, penalties })
}

/// Bᵀ y / (λ + α), with each target's penalty: (n_components, n_targets).
pub(crate) fn coefficients(spectrum: &Spectrum, mut projections: Array2<f64>, penalties: &[f64]) -> Array2<f64> {
    for (mut row, value) in projections.outer_iter_mut().zip(&spectrum.eigenvalues) {
        row.iter_mut().zip(penalties).for_each(|(x, penalty)| *x /= value + penalty);
    }
    projections
}

#[cfg(test)]
mod tests;
