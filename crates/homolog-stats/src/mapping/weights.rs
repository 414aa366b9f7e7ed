//! A linear mapping fitted to all stimuli, as weights of the features themselves.

use ndarray::{Array1, Array2, ArrayView2, Axis};

use super::kernel_ridge::KernelRidgeOptions;
use super::pls::{PlsOptions, PlsScaling};
use super::predictors::{Predictors, Side};
use super::products::product;
use super::{Intercept, Kernel, Mapping, check_targets};
use crate::error::StatsError;
use crate::linear_algebra::symmetric_eigen;
use crate::splits::Split;

const OPERATION: &str = "the weights of a fitted mapping";

/// A mapping as weights: the prediction of a stimulus with features x is `weights` · x + `intercepts`.
#[derive(Debug, Clone, PartialEq)]
pub struct FittedWeights {
    /// (n_targets, n_features), for features in the units that they came in.
    pub weights: Array2<f64>,
    /// (n_targets).
    pub intercepts: Array1<f64>,
    /// The penalty of each target, when the mapping has one.
    pub penalties: Option<Vec<f64>>,
}

impl FittedWeights {
    /// Predictions for features (n_stimuli, n_features): (n_stimuli, n_targets).
    ///
    /// # Errors
    /// [`StatsError::ShapeMismatch`] for another number of features.
    pub fn predict(&self, features: ArrayView2<'_, f64>) -> Result<Array2<f64>, StatsError> {
        let sides = (("the features", features.ncols()), ("the weights", self.weights.ncols()));
        crate::finite::require_same_length(OPERATION, "features", sides.0, sides.1)?;
        Ok(product(features, self.weights.t()) + &self.intercepts)
    }
}

/// `mapping` fitted to all stimuli, with its penalty chosen from all of them, as weights of the features.
///
/// With X the centred features and Ŷ the centred predictions for the stimuli that it was fitted to: W = Ŷᵀ X (Xᵀ X)⁺, the shortest
/// weights with these predictions. Weights of the mappings below lie in the space that the rows of X span, where no others have them, so
/// these are the mapping's own; the intercept is what makes the mean prediction right.
///
/// # Shapes and units
/// - `features`: (n_stimuli, n_features); `targets`: (n_stimuli, n_targets), any real units.
///
/// # Errors
/// - [`StatsError::Unsupported`] for a mapping other than unscaled `pls`, `ridge`, `ols`, and `kernel-ridge`, `banded-ridge` and
///   `stacked-ridge` with linear kernels and an intercept: their predictions are no weighted sums, or not of all features.
/// - Those of the mapping.
///
/// # Accuracy and randomness
/// f64, deterministic. The weights predict what the mapping predicts to 1e-8 of the largest prediction.
pub fn fit_weights(
    mapping: &Mapping,
    features: ArrayView2<'_, f64>,
    targets: ArrayView2<'_, f64>,
) -> Result<FittedWeights, StatsError> {
    require_weights(mapping)?;
    let predictors = Predictors::from_features(features)?;
    check_targets(OPERATION, &predictors, targets)?;
    let n = predictors.n_stimuli();
    // Every stimulus once to learn from, and once to be predicted.
    let twice: Vec<usize> = (0..n).chain(0..n).collect();
    let split = Split { train: (0..n).collect(), test: (n..2 * n).collect() };
    let made = mapping.predict(&predictors.select(&twice)?, targets.select(Axis(0), &twice).view(), &[split])?;
    let Some(fitted) = made.into_iter().next() else {
        return Err(StatsError::TooFew { operation: OPERATION, what: "predictions", found: 0, needed: 1 });
    };
    let means = fitted.predicted.mean_axis(Axis(0)).unwrap_or_default();
    let centred = &fitted.predicted - &means;
    let feature_means = features.mean_axis(Axis(0)).unwrap_or_default();
    let weights = match &predictors.side {
        Side::Features { features, cross_products, .. } => {
            let sides = product(features.t(), centred.view());
            shortest(cross_products.view(), sides.view())?.reversed_axes()
        }
        Side::Stimuli { gram, .. } => {
            let mut duals = shortest(gram.view(), centred.view())?;
            // Sums of exactly 0, so that the features' means, however large, drop out.
            let sums = duals.mean_axis(Axis(0)).unwrap_or_default();
            duals -= &sums;
            product(duals.t(), features)
        }
    };
    let intercepts = means - weights.dot(&feature_means);
    Ok(FittedWeights { weights: weights.as_standard_layout().into_owned(), intercepts, penalties: fitted.penalties })
}

/// Passes for mappings whose predictions are weighted sums of the features, with weights in the span of the stimuli.
fn require_weights(mapping: &Mapping) -> Result<(), StatsError> {
    let has_weights = match mapping {
        Mapping::Pls(PlsOptions { scaling, .. }) => *scaling == PlsScaling::None,
        Mapping::Ridge(_) | Mapping::LeastSquares(_) | Mapping::StackedRidge(_) => true,
        Mapping::KernelRidge(KernelRidgeOptions { kernel, intercept, .. }) => {
            *kernel == Kernel::Linear && *intercept == Intercept::Fitted
        }
        Mapping::BandedRidge(options) => options.kernels == [Kernel::Linear] && options.intercept == Intercept::Fitted,
        Mapping::OneToOne | Mapping::Poisson(_) | Mapping::Factorised(_) => false,
    };
    if has_weights {
        return Ok(());
    }
    Err(StatsError::Unsupported {
        operation: OPERATION,
        choice: mapping.name(),
        reason: "its predictions are not weighted sums of all features",
        instead: "Choose pls, ridge, ols or kernel-ridge",
    })
}

/// matrix⁺ · sides, for a symmetric matrix without negative eigenvalues.
fn shortest(matrix: ArrayView2<'_, f64>, sides: ArrayView2<'_, f64>) -> Result<Array2<f64>, StatsError> {
    let (values, vectors) = symmetric_eigen(OPERATION, matrix)?;
    let largest = values.iter().copied().fold(0.0, f64::max);
    let least = f64::EPSILON * values.len() as f64 * largest;
    let mut along = product(vectors.t(), sides);
    for (mut row, value) in along.outer_iter_mut().zip(&values) {
        let factor = if *value > least { 1.0 / value } else { 0.0 };
        row.mapv_inplace(|projection| projection * factor);
    }
    Ok(product(vectors.view(), along.view()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mapping::simulated::first_to_train;
    use crate::random::normal_matrix;

    /// The mappings with weights, with few components for few stimuli.
    fn mappings() -> Vec<Mapping> {
        let pls = Mapping::Pls(PlsOptions { n_components: 3, scaling: PlsScaling::None });
        let named = ["ridge", "kernel-ridge", "banded-ridge", "stacked-ridge"].map(|name| name.parse().unwrap());
        std::iter::once(pls).chain(named).collect()
    }

    #[test]
    fn weights_predict_what_the_mapping_predicts_for_other_stimuli() {
        for n_features in [6, 45, 200] {
            let features = normal_matrix(50, n_features, 1) * 2.0 + 5.0;
            let targets = features.dot(&normal_matrix(n_features, 3, 2)) + normal_matrix(50, 3, 3) - 7.0;
            let split = first_to_train(40, 50);
            let predictors = Predictors::from_features(features.view()).unwrap();
            let all = mappings().into_iter().chain((n_features < 40).then(|| "ols".parse().unwrap()));
            for mapping in all {
                let expected = mapping.predict(&predictors, targets.view(), std::slice::from_ref(&split)).unwrap();
                let of = |matrix: &Array2<f64>, part: &[usize]| matrix.select(Axis(0), part);
                let trained = (of(&features, &split.train), of(&targets, &split.train));
                let fitted = fit_weights(&mapping, trained.0.view(), trained.1.view()).unwrap();
                assert_eq!(fitted.weights.dim(), (3, n_features));
                assert_eq!(fitted.penalties, expected[0].penalties, "{}", mapping.name());
                let found = fitted.predict(of(&features, &split.test).view()).unwrap();
                let largest = expected[0].predicted.iter().fold(0.0_f64, |most, value| value.abs().max(most));
                let error = (&found - &expected[0].predicted).iter().fold(0.0_f64, |most, d| d.abs().max(most));
                assert!(error < 1e-8 * largest, "{} of {n_features} features: {error}", mapping.name());
            }
        }
    }

    #[test]
    fn weights_of_a_noiseless_line_are_the_line() {
        let (features, planted) = (normal_matrix(30, 5, 4), normal_matrix(5, 2, 5));
        let targets = features.dot(&planted) + 3.0;
        let found = fit_weights(&"ols".parse().unwrap(), features.view(), targets.view()).unwrap();
        assert!((&found.weights - &planted.t()).iter().all(|d| d.abs() < 1e-10));
        assert!(found.intercepts.iter().all(|intercept| (intercept - 3.0).abs() < 1e-10));
    }

    #[test]
    fn a_mapping_without_weights_is_refused_with_those_that_have_some() {
        let (features, targets) = (normal_matrix(30, 5, 4), normal_matrix(30, 2, 5));
        for name in ["one-to-one", "poisson", "factorised", "multiple-kernel-ridge"] {
            let refused = fit_weights(&name.parse().unwrap(), features.view(), targets.view()).unwrap_err().to_string();
            assert!(refused.contains(name) && refused.contains("ridge, ols"), "{refused}");
        }
        let fitted = fit_weights(&"ols".parse().unwrap(), features.view(), targets.view()).unwrap();
        assert!(fitted.predict(normal_matrix(3, 4, 1).view()).is_err());
    }
}
