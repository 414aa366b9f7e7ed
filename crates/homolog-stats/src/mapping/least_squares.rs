//! Ordinary least squares.

use ndarray::{Array2, ArrayView2, Axis};

use super::check_targets;
use super::predictors::Predictors;
use super::ridge::spectrum::Spectrum;
use super::ridge::{RidgeOptions, fit_spectrum};
use crate::error::StatsError;
use crate::splits::Split;

const OPERATION: &str = "ordinary least squares";

/// What is done when the training stimuli do not determine the coefficients.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Underdetermined {
    /// An error that says how many stimuli are needed.
    Refuse,
    /// Of all coefficients that fit best, the shortest (scikit-learn's `LinearRegression`).
    MinimumNorm,
}

/// Predictions of ordinary least squares with an intercept for the test stimuli of `split`: (n_test, n_targets).
///
/// For each target the b and c that minimise ‖y − X b − c‖² over the training part.
///
/// # Shapes and units
/// - `targets`: (n_stimuli, n_targets), any real unit.
///
/// # Errors
/// - [`StatsError::ShapeMismatch`], [`StatsError::TooFew`] and [`StatsError::NotFinite`] as [`super::ridge::PreparedRidge::new`].
/// - Under [`Underdetermined::Refuse`]: [`StatsError::TooFewStimuli`] with fewer training stimuli than features and one; [`StatsError::Singular`]
///   when features depend on each other linearly over the training part.
///
/// # Accuracy and randomness
/// f64 by the eigendecomposition of the features' cross-products, deterministic; agrees with scikit-learn 1.9.1 to 1e-8
/// (goldens/scikit-learn/ridge).
///
/// # Reference
/// Legendre (1805); scikit-learn's `LinearRegression`.
pub fn predict_least_squares(
    predictors: &Predictors,
    targets: ArrayView2<'_, f64>,
    split: &Split,
    underdetermined: Underdetermined,
) -> Result<Array2<f64>, StatsError> {
    check_targets(OPERATION, predictors, targets)?;
    split.check(predictors.n_stimuli())?;
    let (n_train, n_features) = (split.train.len(), predictors.n_features());
    let is_strict = underdetermined == Underdetermined::Refuse;
    if is_strict && n_train <= n_features {
        return Err(StatsError::TooFewStimuli { operation: OPERATION, found: n_train, needed: n_features + 1 });
    }
    let spectrum = Spectrum::of(predictors, &split.train, &split.test)?;
    if is_strict && spectrum.eigenvalues.len() < n_features {
        return Err(StatsError::Singular {
            operation: OPERATION,
            matrix: "the covariance of the features over the training stimuli",
            advice: "Leave out features that others determine, ask for the shortest solution, or choose ridge regression",
        });
    }
    let trained = targets.select(Axis(0), &split.train);
    Ok(fit_spectrum(&spectrum, trained.view(), &RidgeOptions::fixed(0.0))?.predicted)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mapping::simulated::first_to_train;
    use crate::random::normal_matrix;
    use crate::splits::Split;

    fn split() -> Split {
        first_to_train(20, 25)
    }

    #[test]
    fn linear_targets_are_predicted_exactly() {
        let features = normal_matrix(25, 6, 1);
        let targets = features.dot(&normal_matrix(6, 2, 2)) + 3.0;
        let predictors = Predictors::from_features(features.view()).unwrap();
        let found = predict_least_squares(&predictors, targets.view(), &split(), Underdetermined::Refuse).unwrap();
        assert!((&found - &targets.select(Axis(0), &split().test)).iter().all(|d| d.abs() < 1e-10));
    }

    #[test]
    fn underdetermined_fit_is_refused_unless_the_shortest_is_asked_for() {
        let (features, targets) = (normal_matrix(25, 40, 1), normal_matrix(25, 2, 2));
        let predictors = Predictors::from_features(features.view()).unwrap();
        let predict = |choice| predict_least_squares(&predictors, targets.view(), &split(), choice);
        let refused = predict(Underdetermined::Refuse);
        assert_eq!(refused, Err(StatsError::TooFewStimuli { operation: OPERATION, found: 20, needed: 41 }));
        assert!(predict(Underdetermined::MinimumNorm).is_ok());
    }

    #[test]
    fn repeated_feature_is_refused_unless_the_shortest_is_asked_for() {
        let mut features = normal_matrix(25, 4, 1);
        let copy = features.column(0).to_owned();
        features.column_mut(3).assign(&copy);
        let predictors = Predictors::from_features(features.view()).unwrap();
        let targets = normal_matrix(25, 1, 2);
        let predict = |choice| predict_least_squares(&predictors, targets.view(), &split(), choice);
        assert!(matches!(predict(Underdetermined::Refuse), Err(StatsError::Singular { .. })));
        assert!(predict(Underdetermined::MinimumNorm).is_ok());
    }
}
