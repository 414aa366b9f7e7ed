//! Stacking: a model for each set of features, and weights that join their predictions.

use ndarray::{Array1, Array2, ArrayView2};
use rayon::prelude::*;

use super::ridge::{PreparedRidge, RidgeOptions};
use super::{Predictors, check_targets};
use crate::error::StatsError;
use crate::non_negative::non_negative_least_squares;
use crate::splits::{FoldOrder, Split, k_fold};

const OPERATION: &str = "stacked ridge regression";
/// A share of the mean squared residual, added so that sets with the same predictions can share a weight.
const LEAST_RIDGE: f64 = 1e-12;

/// How sets of features are stacked.
#[derive(Debug, Clone, PartialEq)]
pub struct StackedRidgeOptions {
    /// The ridge regression on each set alone.
    pub ridge: RidgeOptions,
    /// Folds within the training part whose held-out predictions the weights are fitted to.
    pub n_folds: usize,
    /// How training stimuli are dealt to them.
    pub order: FoldOrder,
}

/// What stacked ridge regression predicts for a test part.
#[derive(Debug, Clone, PartialEq)]
pub struct StackedRidgePrediction {
    /// (n_test, n_targets).
    pub predicted: Array2<f64>,
    /// The weight of each set for each target, 0 or more, each row summing to 1: (n_targets, n_bands).
    pub weights: Array2<f64>,
}

/// Predictions for the test stimuli of `split` by ridge regressions on each set of features, joined by weights.
///
/// For each target the w ≥ 0 with Σ w = 1 that minimise ‖y − Σ_b w_b ŷ_b‖² over the training part, where ŷ_b are predictions by set b of folds
/// that it was not fitted to; the sets are then fitted to the whole training part, and their predictions joined by w.
///
/// # Shapes and units
/// - `predictors`: [`Predictors::from_bands`]; with one set this is ridge regression.
/// - `targets`: (n_stimuli, n_targets), any real unit.
///
/// # Errors
/// - As [`PreparedRidge::predict`].
/// - [`StatsError::TooFewStimuli`] when the training part has fewer stimuli than folds.
///
/// # Reference
/// Wolpert (1992). Stacked generalization. Neural Networks 5:241-259. doi:10.1016/S0893-6080(05)80023-1. Lin, Naselaris, Kay, Wehbe (2023).
/// Stacked regressions and structured variance partitioning for interpretable brain maps. bioRxiv 2023.04.23.537988 (weights on the simplex).
pub fn predict_stacked_ridge(
    predictors: &Predictors,
    targets: ArrayView2<'_, f64>,
    split: &Split,
    options: &StackedRidgeOptions,
) -> Result<StackedRidgePrediction, StatsError> {
    check_targets(OPERATION, predictors, targets)?;
    split.check(predictors.n_stimuli())?;
    let folds = k_fold(split.train.len(), options.n_folds, options.order)?;
    let bands: Vec<PreparedRidge<'_>> =
        predictors.bands().iter().map(|band| PreparedRidge::new(band, targets)).collect::<Result<_, _>>()?;
    let mut residuals = vec![Array2::<f64>::zeros((split.train.len(), targets.ncols())); bands.len()];
    for (band, residuals) in bands.iter().zip(&mut residuals) {
        for fold in &folds {
            let outer = |part: &[usize]| part.iter().map(|&at| split.train[at]).collect::<Vec<usize>>();
            let inner = Split { train: outer(&fold.train), test: outer(&fold.test) };
            let found = band.predict(&inner, &options.ridge)?;
            for (&at, row) in fold.test.iter().zip(found.predicted.outer_iter()) {
                residuals.row_mut(at).assign(&(&targets.row(split.train[at]) - &row));
            }
        }
    }
    let of_target = |target: usize| weights_of(&residuals, target);
    let weights: Vec<Array1<f64>> = (0..targets.ncols()).into_par_iter().map(of_target).collect();
    let weights = Array2::from_shape_fn((targets.ncols(), bands.len()), |(target, band)| weights[target][band]);
    let mut predicted = Array2::zeros((split.test.len(), targets.ncols()));
    for (at, band) in bands.iter().enumerate() {
        predicted += &(band.predict(split, &options.ridge)?.predicted * weights.column(at));
    }
    Ok(StackedRidgePrediction { predicted, weights })
}

/// The w ≥ 0 with Σ w = 1 of least wᵀ R w, R the inner products of the sets' residuals: up to its length, the v ≥ 0 of least
/// vᵀ R v + (Σ v − 1)², because along a direction of value q the best length leaves q / (1 + q), which rises with q.
fn weights_of(residuals: &[Array2<f64>], target: usize) -> Array1<f64> {
    let n = residuals.len();
    let mut among =
        Array2::from_shape_fn((n, n), |(a, b)| residuals[a].column(target).dot(&residuals[b].column(target)));
    let size = among.diag().mean().unwrap_or(0.0);
    if size.is_nan() || size <= 0.0 {
        return Array1::from_elem(n, 1.0 / n as f64);
    }
    among /= size;
    among.diag_mut().iter_mut().for_each(|x| *x += LEAST_RIDGE);
    among += 1.0;
    let weights = non_negative_least_squares(&among, &Array1::ones(n));
    let total = weights.sum();
    weights / total
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mapping::ridge::{PenaltyChoice, PenaltyScope};
    use crate::random::normal_matrix;
    use ndarray::array;

    fn options() -> StackedRidgeOptions {
        let penalties = vec![0.1, 1.0, 10.0];
        let ridge = RidgeOptions { penalties, choice: PenaltyChoice::LeaveOneOut, scope: PenaltyScope::EachTarget };
        StackedRidgeOptions { ridge, n_folds: 4, order: FoldOrder::AsGiven }
    }

    fn split() -> Split {
        Split { train: (0..60).collect(), test: (60..80).collect() }
    }

    #[test]
    fn weights_are_those_worked_by_hand() {
        // Residuals at right angles with squares 1 and 3: w ∝ 1/1 : 1/3, so 0.75 and 0.25. Residuals (1, 0) and (2, 0): all on the first.
        let at_right_angles = [array![[1.0], [0.0]], array![[0.0], [3.0_f64.sqrt()]]];
        let found = weights_of(&at_right_angles, 0);
        assert!((found[0] - 0.75).abs() < 1e-9 && (found[1] - 0.25).abs() < 1e-9, "{found}");
        let found = weights_of(&[array![[1.0], [0.0]], array![[2.0], [0.0]]], 0);
        assert!((found[0] - 1.0).abs() < 1e-9 && found[1] == 0.0, "{found}");
    }

    #[test]
    fn one_set_is_ridge_and_the_driving_set_has_the_weight() {
        let (first, second) = (normal_matrix(80, 5, 1), normal_matrix(80, 5, 2));
        let targets = first.dot(&normal_matrix(5, 2, 3)) + normal_matrix(80, 2, 4) * 0.3;
        let band = |part: &Array2<f64>| Predictors::from_features(part.view()).unwrap();
        let alone = predict_stacked_ridge(&band(&first), targets.view(), &split(), &options()).unwrap();
        let ridge =
            PreparedRidge::new(&band(&first), targets.view()).unwrap().predict(&split(), &options().ridge).unwrap();
        assert!((&alone.predicted - &ridge.predicted).iter().all(|d| d.abs() < 1e-12));
        let both = Predictors::from_bands(vec![band(&first), band(&second)]).unwrap();
        let stacked = predict_stacked_ridge(&both, targets.view(), &split(), &options()).unwrap();
        assert!(stacked.weights.column(0).iter().all(|&weight| weight > 0.9), "{}", stacked.weights);
        assert!(stacked.weights.outer_iter().all(|row| (row.sum() - 1.0).abs() < 1e-12));
    }
}
