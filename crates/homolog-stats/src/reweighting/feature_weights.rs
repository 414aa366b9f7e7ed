//! One weight of 0 or more for each feature, so that the weighted RDMs of single features add up to a brain RDM.

use ndarray::{Array1, Array2, ArrayView1, ArrayView2, Axis};

use super::{ReweightedScores, compare_one};
use crate::StatsError;
use crate::comparator::Comparator;
use crate::finite::{require_count, require_finite, require_same_length, require_stimuli};
use crate::linear_algebra::product;
use crate::non_negative::non_negative_least_squares;
use crate::rdm::{RdmMeasure, matrix_from_pairs, n_stimuli, rdm_from_features, select_stimuli};
use crate::splits::Split;

const OPERATION: &str = "weights of features by their RDMs";

/// The weights w ≥ 0 of features whose RDM Σ_f w_f (x_if − x_jf)² is nearest to an RDM.
///
/// Minimises Σ over pairs of (d_ij − Σ_f w_f (x_if − x_jf)²)² + λ m Σ_f w_f², with m the mean over features of Σ over pairs of their fourth
/// powers of differences, so that λ has no unit. The products of all features' RDMs follow from n_features² sums over stimuli, not over pairs.
///
/// # Shapes and units
/// - `features`: (n_stimuli, n_features); `rdm`: (n_pairs) of squared distances, over the same stimuli.
/// - `penalty`: λ, above 0; returns one weight for each feature, in units of the RDM over squared units of the feature.
///
/// # Errors
/// - [`StatsError::OutOfRange`] for a penalty that is not above 0 and finite.
/// - [`StatsError::ShapeMismatch`], [`StatsError::NotPairs`], [`StatsError::NotFinite`], [`StatsError::TooFewStimuli`] under 3 stimuli.
/// - [`StatsError::ConstantPattern`] when no feature differs between stimuli.
///
/// # Accuracy and randomness
/// f64; memory n_features². Deterministic.
///
/// # Reference
/// Jozwik, Kriegeskorte, Storrs, Mur (2017). Deep convolutional neural networks outperform feature-based but not categorical models in explaining
/// object similarity judgments. Front Psychol 8:1726 (non-negative least squares on RDMs of features).
/// Differs from the paper in: no constant is fitted, and the penalty is relative.
pub fn fit_feature_weights(
    features: ArrayView2<'_, f64>,
    rdm: ArrayView1<'_, f64>,
    penalty: f64,
) -> Result<Array1<f64>, StatsError> {
    check(features, rdm.len())?;
    require_finite(OPERATION, "the RDM", rdm.insert_axis(Axis(0)))?;
    if !(penalty > 0.0 && penalty.is_finite()) {
        return Err(StatsError::OutOfRange {
            operation: OPERATION,
            parameter: "the penalty",
            value: penalty,
            allowed: "above 0 and finite",
        });
    }
    let n = features.nrows() as f64;
    let means = features.sum_axis(Axis(0)) / n;
    let centred = &features - &means;
    let squares = centred.mapv(|x| x * x);
    let totals = squares.sum_axis(Axis(0));
    // With centred features a, c: Σ over pairs of (a_i − a_j)² (c_i − c_j)² = n Σ a²c² + Σ a² Σ c² + 2 (Σ a c)².
    let mut among = product(squares.t(), squares.view()) * n;
    among += &(product(centred.t(), centred.view()).mapv(|x| 2.0 * x * x));
    for (i, mut row) in among.rows_mut().into_iter().enumerate() {
        row.scaled_add(totals[i], &totals);
    }
    let scale = among.diag().sum() / features.ncols() as f64;
    if scale <= 0.0 {
        return Err(StatsError::ConstantPattern { operation: OPERATION, what: "over stimuli, feature", index: 0 });
    }
    // Σ over pairs of (a_i − a_j)² d_ij = Σ_i a_i² Σ_j d_ij − aᵀ D a.
    let distances = matrix_from_pairs(rdm)?;
    let row_sums = distances.sum_axis(Axis(1));
    let spread = product(distances.view(), centred.view());
    let with = squares.t().dot(&row_sums) - (&spread * &centred).sum_axis(Axis(0));
    among.diag_mut().mapv_inplace(|value| value + penalty * scale);
    Ok(non_negative_least_squares(&among, &with))
}

/// The RDM Σ_f w_f (x_if − x_jf)² of weighted features.
///
/// # Shapes and units
/// - `features`: (n_stimuli, n_features); `weights`: (n_features), 0 or more; returns the upper triangle row by row.
///
/// # Errors
/// - [`StatsError::ShapeMismatch`]; [`StatsError::Negative`] for a weight below 0 (in row 0); as [`rdm_from_features`].
///
/// # Reference
/// As [`fit_feature_weights`].
pub fn weighted_feature_rdm(
    features: ArrayView2<'_, f64>,
    weights: ArrayView1<'_, f64>,
) -> Result<Array1<f64>, StatsError> {
    require_same_length(OPERATION, "features", ("the features", features.ncols()), ("the weights", weights.len()))?;
    require_finite(OPERATION, "the weights", weights.insert_axis(Axis(0)))?;
    if let Some((column, &value)) = weights.iter().enumerate().find(|(_, weight)| **weight < 0.0) {
        return Err(StatsError::Negative { operation: OPERATION, what: "a weight", row: 0, column, value });
    }
    let scaled = &features * &weights.mapv(f64::sqrt);
    Ok(rdm_from_features(scaled.view(), RdmMeasure::SquaredEuclideanPerUnit)? * features.ncols() as f64)
}

/// Features weighted on training stimuli to the mean RDM of subjects, against each subject's RDM on held-out stimuli, beside the features as they
/// are (squared Euclidean).
///
/// # Shapes and units
/// - `features`: (n_stimuli, n_features); `subjects`: (n_subjects, n_pairs), RDMs of squared distances.
///
/// # Errors
/// As [`fit_feature_weights`] and [`crate::comparator::compare_rdms`]; [`StatsError::TooFew`] without a split or a subject.
/// [`StatsError::ConstantPattern`] when all weights are 0: no feature's RDM goes along with that of the subjects.
///
/// # Accuracy and randomness
/// As [`fit_feature_weights`].
///
/// # Reference
/// As [`fit_feature_weights`].
pub fn compare_weighted_features(
    features: ArrayView2<'_, f64>,
    subjects: ArrayView2<'_, f64>,
    splits: &[Split],
    penalty: f64,
    comparator: Comparator,
) -> Result<ReweightedScores, StatsError> {
    check(features, subjects.ncols())?;
    require_count(OPERATION, "splits", splits.len(), 1)?;
    require_count(OPERATION, "subjects", subjects.nrows(), 1)?;
    require_finite(OPERATION, "the subjects' RDMs", subjects)?;
    let mean = subjects.sum_axis(Axis(0)) / subjects.nrows() as f64;
    let plain_weights = Array1::ones(features.ncols());
    let mut scores = ReweightedScores::empty(splits.len(), subjects.nrows());
    for (at, split) in splits.iter().enumerate() {
        split.check(features.nrows())?;
        let train = features.select(Axis(0), &split.train);
        let weights = fit_feature_weights(train.view(), select_stimuli(mean.view(), &split.train)?.view(), penalty)?;
        if weights.iter().all(|weight| *weight == 0.0) {
            return Err(StatsError::ConstantPattern {
                operation: OPERATION,
                what: "the weighted RDM of split",
                index: at,
            });
        }
        let test: Array2<f64> = features.select(Axis(0), &split.test);
        let weighted = weighted_feature_rdm(test.view(), weights.view())?;
        let plain = weighted_feature_rdm(test.view(), plain_weights.view())?;
        for (subject, rdm) in subjects.rows().into_iter().enumerate() {
            let measured = select_stimuli(rdm, &split.test)?;
            scores.reweighted[[at, subject]] = compare_one(weighted.view(), measured.view(), comparator)?;
            scores.as_they_are[[at, subject]] = compare_one(plain.view(), measured.view(), comparator)?;
        }
    }
    Ok(scores)
}

fn check(features: ArrayView2<'_, f64>, n_pairs: usize) -> Result<(), StatsError> {
    require_stimuli(OPERATION, features.nrows(), 3)?;
    require_count(OPERATION, "features", features.ncols(), 1)?;
    require_finite(OPERATION, "features", features)?;
    require_same_length(OPERATION, "stimuli", ("the features", features.nrows()), ("the RDM", n_stimuli(n_pairs)?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::{Rng, normal_matrix};
    use crate::rdm::pairs;
    use crate::splits::{FoldOrder, k_fold};

    fn random(n: usize, p: usize, seed: u64) -> Array2<f64> {
        normal_matrix(n, p, seed) + 2.0
    }

    #[test]
    fn weights_of_a_weighted_rdm_are_found_again() {
        let features = random(15, 4, 1);
        let truth = ndarray::array![0.5, 0.0, 2.0, 1.0];
        let rdm = weighted_feature_rdm(features.view(), truth.view()).unwrap();
        let found = fit_feature_weights(features.view(), rdm.view(), 1e-12).unwrap();
        assert!((&found - &truth).iter().all(|d| d.abs() < 1e-8), "{found}");
    }

    #[test]
    fn weights_meet_the_conditions_of_optimality_over_pairs() {
        let (features, penalty) = (random(9, 6, 2), 0.05);
        let rdm: Array1<f64> = random(1, 36, 3).remove_axis(Axis(0));
        let weights = fit_feature_weights(features.view(), rdm.view(), penalty).unwrap();
        let of_pairs = Array2::from_shape_fn((36, 6), |(pair, f)| {
            let (i, j) = pairs(9).nth(pair).unwrap();
            (features[[i, f]] - features[[j, f]]).powi(2)
        });
        let scale = (&of_pairs * &of_pairs).sum() / 6.0;
        let residual = &rdm - &of_pairs.dot(&weights);
        let gradient = of_pairs.t().dot(&residual) - &weights * (penalty * scale);
        for f in 0..6 {
            assert!(weights[f] >= 0.0 && gradient[f] < 1e-8 * scale);
            assert!(weights[f] == 0.0 || gradient[f].abs() < 1e-8 * scale);
        }
    }

    #[test]
    fn weighting_on_other_stimuli_beats_equal_weights() {
        let features = random(48, 10, 4);
        let truth = Array1::from_shape_fn(10, |f| if f < 2 { 3.0 } else { 0.05 });
        let rdm = weighted_feature_rdm(features.view(), truth.view()).unwrap();
        let mut rng = Rng::new(5);
        let subjects = Array2::from_shape_fn((3, rdm.len()), |(_, p)| rdm[p] + 2.0 * rng.normal());
        let splits = k_fold(48, 4, FoldOrder::Shuffled(2)).unwrap();
        let found =
            compare_weighted_features(features.view(), subjects.view(), &splits, 1e-3, Comparator::Pearson).unwrap();
        let (weighted, plain) = found.per_subject();
        assert!((0..3).all(|s| weighted[s] > plain[s] + 0.1), "{weighted} {plain}");
    }

    #[test]
    fn penalty_of_zero_and_features_that_never_differ_are_refused() {
        let rdm = Array1::ones(36);
        assert!(matches!(
            fit_feature_weights(random(9, 3, 6).view(), rdm.view(), 0.0),
            Err(StatsError::OutOfRange { .. })
        ));
        assert!(matches!(
            fit_feature_weights(Array2::ones((9, 3)).view(), rdm.view(), 0.1),
            Err(StatsError::ConstantPattern { .. })
        ));
    }
}
