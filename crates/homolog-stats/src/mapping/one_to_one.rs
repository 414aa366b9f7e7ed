//! One unit to one unit: each target is predicted by the single feature that goes along with it best.

use ndarray::{Array2, ArrayView2, Axis};

use super::pls::mean_of_rows;
use super::product;
use super::{Predictors, check_targets};
use crate::error::StatsError;
use crate::splits::Split;

const OPERATION: &str = "a mapping from one unit to one unit";
/// Features that are correlated with all targets at once.
const FEATURES_AT_ONCE: usize = 4096;

/// What a mapping from one unit to one unit predicts.
#[derive(Debug, Clone, PartialEq)]
pub struct OneToOnePrediction {
    /// (n_test, n_targets).
    pub predicted: Array2<f64>,
    /// The feature that predicts each target.
    pub partners: Vec<usize>,
}

/// Predictions for the test stimuli of `split`, each target by the feature with the largest Pearson correlation with it over the
/// training stimuli, scaled and shifted by least squares.
///
/// Convention: the largest correlation, not the largest in size, so that a partner responds to what the target responds to; one feature may
/// serve several targets; the first among equals. A feature that is constant over the training part serves none.
///
/// # Shapes and units
/// - `targets`: (n_stimuli, n_targets), any real unit.
///
/// # Errors
/// - [`StatsError::ShapeMismatch`], [`StatsError::TooFew`] and [`StatsError::NotFinite`] as [`super::ridge::PreparedRidge::new`].
/// - [`StatsError::Unsupported`] when only the Gram matrix of the features is there ([`Predictors::holding_features`] keeps them).
/// - [`StatsError::ConstantPattern`] when a target, or every feature, is constant over the training part.
///
/// # Reference
/// Khosla, Williams, McDermott, Kanwisher (2024). Privileged representational axes in biological and artificial neural networks. bioRxiv
/// 2024.06.20.599957 (pairwise matching).
pub fn predict_one_to_one(
    predictors: &Predictors,
    targets: ArrayView2<'_, f64>,
    split: &Split,
) -> Result<OneToOnePrediction, StatsError> {
    check_targets(OPERATION, predictors, targets)?;
    split.check(predictors.n_stimuli())?;
    let features = predictors.features().ok_or_else(|| units_needed(OPERATION))?;
    let target_means = mean_of_rows(targets, &split.train);
    let mut trained = targets.select(Axis(0), &split.train) - ndarray::aview1(&target_means);
    let target_lengths: Vec<f64> = trained.columns().into_iter().map(|column| column.dot(&column).sqrt()).collect();
    if let Some(index) = (0..targets.ncols()).find(|&target| is_constant(targets, &split.train, target)) {
        return Err(StatsError::ConstantPattern { operation: OPERATION, what: "target", index });
    }
    trained /= &ndarray::aview1(&target_lengths);
    let mut best: Vec<Option<(f64, usize)>> = vec![None; targets.ncols()];
    for start in (0..features.ncols()).step_by(FEATURES_AT_ONCE) {
        let block = features.slice(ndarray::s![.., start..(start + FEATURES_AT_ONCE).min(features.ncols())]);
        let block = block.select(Axis(0), &split.train);
        let means = block.mean_axis(Axis(0)).unwrap_or_default();
        let varies: Vec<bool> =
            block.columns().into_iter().map(|column| column.iter().any(|x| *x != column[0])).collect();
        let centred = block - &means;
        let lengths: Vec<f64> = centred.columns().into_iter().map(|column| column.dot(&column).sqrt()).collect();
        let covariances = product(centred.t(), trained.view());
        for (feature, row) in covariances.outer_iter().enumerate() {
            if !(varies[feature] && lengths[feature] > 0.0) {
                continue;
            }
            for (best, covariance) in best.iter_mut().zip(row) {
                let correlation = covariance / lengths[feature];
                if best.is_none_or(|(highest, _)| correlation > highest) {
                    *best = Some((correlation, start + feature));
                }
            }
        }
    }
    let partners: Option<Vec<usize>> = best.iter().map(|best| best.map(|(_, feature)| feature)).collect();
    let constant = StatsError::ConstantPattern { operation: OPERATION, what: "feature", index: 0 };
    let partners = partners.ok_or(constant)?;
    let predicted = scaled_partners(&features, &partners, targets, split);
    Ok(OneToOnePrediction { predicted, partners })
}

/// The error for a mapping from single units where only a Gram matrix is there.
pub(crate) fn units_needed(operation: &'static str) -> StatsError {
    StatsError::Unsupported {
        operation,
        choice: "the Gram matrix of features",
        reason: "it does not know single units",
        instead: "Keep the features themselves, or choose a mapping from all of them, such as ridge",
    }
}

fn is_constant(targets: ArrayView2<'_, f64>, train: &[usize], target: usize) -> bool {
    train.iter().all(|&at| targets[[at, target]] == targets[[train[0], target]])
}

/// Each partner's test values, brought to its target by the least-squares line over the training part.
fn scaled_partners(
    features: &Array2<f64>,
    partners: &[usize],
    targets: ArrayView2<'_, f64>,
    split: &Split,
) -> Array2<f64> {
    let mut predicted = Array2::zeros((split.test.len(), partners.len()));
    for (target, &partner) in partners.iter().enumerate() {
        let n = split.train.len() as f64;
        let mean = |of: &dyn Fn(usize) -> f64| split.train.iter().map(|&at| of(at)).sum::<f64>() / n;
        let (x, y) = (|at: usize| features[[at, partner]], |at: usize| targets[[at, target]]);
        let (x_mean, y_mean) = (mean(&x), mean(&y));
        let slope = mean(&|at| (x(at) - x_mean) * (y(at) - y_mean)) / mean(&|at| (x(at) - x_mean) * (x(at) - x_mean));
        for (row, &at) in split.test.iter().enumerate() {
            predicted[[row, target]] = y_mean + slope * (x(at) - x_mean);
        }
    }
    predicted
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mapping::simulated::first_to_train;
    use crate::random::normal_matrix;

    fn split() -> Split {
        first_to_train(30, 40)
    }

    #[test]
    fn target_that_is_a_scaled_unit_finds_that_unit_and_is_predicted_exactly() {
        for n_features in [10, 60] {
            let features = normal_matrix(40, n_features, 1);
            let targets = Array2::from_shape_fn((40, 2), |(at, target)| 3.0 * features[[at, 4 + target]] - 2.0);
            let predictors = Predictors::holding_features(features.view()).unwrap();
            let found = predict_one_to_one(&predictors, targets.view(), &split()).unwrap();
            assert_eq!(found.partners, [4, 5]);
            let expected = targets.select(Axis(0), &split().test);
            assert!((&found.predicted - &expected).iter().all(|d| d.abs() < 1e-10));
        }
    }

    #[test]
    fn gram_matrix_alone_and_constant_targets_are_refused() {
        let (features, mut targets) = (normal_matrix(40, 60, 1), normal_matrix(40, 2, 2));
        let by_gram = Predictors::from_features(features.view()).unwrap();
        let refused = predict_one_to_one(&by_gram, targets.view(), &split());
        assert!(matches!(refused, Err(StatsError::Unsupported { .. })));
        targets.column_mut(1).fill(4.0);
        let held = Predictors::holding_features(features.view()).unwrap();
        let refused = predict_one_to_one(&held, targets.view(), &split());
        assert!(matches!(refused, Err(StatsError::ConstantPattern { what: "target", index: 1, .. })));
    }
}
