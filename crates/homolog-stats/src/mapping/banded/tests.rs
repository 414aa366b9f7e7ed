use super::*;
use crate::gram::Gram;
use crate::mapping::ridge::{PenaltyScope, PreparedRidge, RidgeOptions};
use crate::random::normal_matrix;

fn joined(parts: &[&Array2<f64>]) -> Predictors {
    let bands = parts.iter().map(|part| Predictors::from_features(part.view()).unwrap()).collect();
    Predictors::from_bands(bands).unwrap()
}

fn split() -> Split {
    Split { train: (0..70).collect(), test: (70..90).collect() }
}

fn options(weights: BandWeights) -> BandedRidgeOptions {
    BandedRidgeOptions {
        kernels: vec![Kernel::Linear],
        weights,
        penalties: vec![0.1, 1.0, 10.0, 100.0],
        choice: PenaltyChoice::HIMALAYA,
        intercept: Intercept::Fitted,
        n_refinements: 0,
    }
}

#[test]
fn refined_weights_lower_the_error_over_folds_and_their_bands_add_up() {
    let (first, second) = (normal_matrix(90, 8, 1), normal_matrix(90, 60, 2));
    let targets = first.dot(&normal_matrix(8, 3, 3)) + normal_matrix(90, 3, 4);
    let prepared = PreparedBandedRidge::new(&joined(&[&first, &second]), targets.view(), &[Kernel::Linear]).unwrap();
    for intercept in [Intercept::Fitted, Intercept::None] {
        let search = BandedRidgeOptions { intercept, ..options(BandWeights::random(3, 5)) };
        let before = prepared.predict(&split(), &search).unwrap();
        let after = prepared.predict(&split(), &BandedRidgeOptions { n_refinements: 30, ..search.clone() }).unwrap();
        for target in 0..3 {
            assert!(after.criterion[target] > before.criterion[target]);
            assert!((after.weights.row(target).sum() - 1.0).abs() < 1e-12);
        }
        let mean = targets.slice(s![..70, ..]).mean_axis(Axis(0)).unwrap();
        let constant = if intercept == Intercept::Fitted { mean } else { mean * 0.0 };
        let sum = after.of_bands.sum_axis(Axis(0)) + constant;
        assert!(largest_difference(&sum, &after.predicted) < 1e-10);
        // The refined weights and penalty, given back as a candidate, give the same criterion and predictions.
        let weights = BandWeights::Given(after.weights.slice(s![..1, ..]).to_owned());
        let again = BandedRidgeOptions { weights, penalties: vec![after.penalties[0]], ..search };
        let again = prepared.predict(&split(), &again).unwrap();
        // To single precision, in which candidates are compared.
        assert!((again.criterion[0] / after.criterion[0] - 1.0).abs() < 1e-5);
        let difference = &again.predicted.column(0) - &after.predicted.column(0);
        assert!(difference.iter().all(|d| d.abs() < 1e-7));
    }
    let choice = PenaltyChoice::LeaveOneOut;
    let refused = BandedRidgeOptions { choice, n_refinements: 1, ..options(BandWeights::random(1, 0)) };
    assert!(matches!(prepared.predict(&split(), &refused), Err(StatsError::Unsupported { .. })));
}

fn largest_difference(a: &Array2<f64>, b: &Array2<f64>) -> f64 {
    (a - b).iter().fold(0.0, |most, d| d.abs().max(most))
}

#[test]
fn weight_goes_to_the_band_that_drives_the_target() {
    let (first, second) = (normal_matrix(90, 8, 1), normal_matrix(90, 60, 2));
    let targets = first.dot(&normal_matrix(8, 3, 3)) + normal_matrix(90, 3, 4);
    let predictors = joined(&[&first, &second]);
    let predict = |n_candidates| {
        let prepared = PreparedBandedRidge::new(&predictors, targets.view(), &[Kernel::Linear]).unwrap();
        prepared.predict(&split(), &options(BandWeights::random(n_candidates, 5))).unwrap()
    };
    let (found, equal) = (predict(20), predict(1));
    assert!(found.weights.column(0).iter().all(|&weight| weight > 0.8), "{}", found.weights);
    let error = |predicted: &Array2<f64>| (predicted - &targets.select(Axis(0), &split().test)).mapv(|x| x * x).sum();
    assert!(error(&found.predicted) < error(&equal.predicted));
}

#[test]
fn one_band_is_ridge_regression() {
    let (features, targets) = (normal_matrix(90, 30, 6), normal_matrix(90, 4, 7));
    let predictors = joined(&[&features]);
    let ridge = RidgeOptions {
        penalties: options(BandWeights::random(1, 0)).penalties,
        choice: PenaltyChoice::HIMALAYA,
        scope: PenaltyScope::EachTarget,
    };
    let expected = PreparedRidge::new(&predictors, targets.view()).unwrap().predict(&split(), &ridge).unwrap();
    let prepared = PreparedBandedRidge::new(&predictors, targets.view(), &[Kernel::Linear]).unwrap();
    let found = prepared.predict(&split(), &options(BandWeights::random(1, 0))).unwrap();
    assert_eq!(found.penalties, expected.penalties);
    assert!(largest_difference(&found.predicted, &expected.predicted) < 1e-10);
}

#[test]
fn bands_by_features_equal_bands_by_kernels() {
    let (first, second, targets) = (normal_matrix(90, 8, 1), normal_matrix(90, 20, 2), normal_matrix(90, 3, 3));
    let by_features = joined(&[&first, &second]);
    let gram = |part: &Array2<f64>| Predictors::from_gram(&Gram::of(part.view()).unwrap()).unwrap();
    let by_kernels = Predictors::from_bands(vec![gram(&first), gram(&second)]).unwrap();
    for intercept in [Intercept::Fitted, Intercept::None] {
        let predict = |predictors: &Predictors| {
            let prepared = PreparedBandedRidge::new(predictors, targets.view(), &[Kernel::Linear]).unwrap();
            prepared.predict(&split(), &BandedRidgeOptions { intercept, ..options(BandWeights::random(6, 1)) }).unwrap()
        };
        let (one, other) = (predict(&by_features), predict(&by_kernels));
        assert_eq!((&one.penalties, &one.weights), (&other.penalties, &other.weights));
        assert!(largest_difference(&one.predicted, &other.predicted) < 1e-9);
        assert!((&one.of_bands - &other.of_bands).iter().all(|d| d.abs() < 1e-9));
    }
}

#[test]
fn weighted_bands_are_ridge_on_features_scaled_by_the_roots_of_the_weights() {
    let (first, second, targets) = (normal_matrix(90, 8, 1), normal_matrix(90, 20, 2), normal_matrix(90, 3, 3));
    let weights = ndarray::array![[0.2, 0.8]];
    let prepared = PreparedBandedRidge::new(&joined(&[&first, &second]), targets.view(), &[Kernel::Linear]).unwrap();
    let found = prepared.predict(&split(), &options(BandWeights::Given(weights))).unwrap();
    let scaled = [first * 0.2_f64.sqrt(), second * 0.8_f64.sqrt()];
    let predictors = joined(&[&scaled[0], &scaled[1]]);
    let ridge = PreparedRidge::new(&predictors, targets.view()).unwrap();
    for target in 0..3 {
        let fitted = ridge.predict(&split(), &RidgeOptions::fixed(found.penalties[target])).unwrap();
        let difference = &found.predicted.column(target) - &fitted.predicted.column(target);
        assert!(difference.iter().all(|d| d.abs() < 1e-10));
    }
}

#[test]
fn several_kernels_make_several_bands_of_one_set() {
    let (features, targets) = (normal_matrix(90, 5, 1), normal_matrix(90, 2, 2));
    let kernels = [Kernel::Linear, Kernel::Rbf { gamma: None }];
    let prepared = PreparedBandedRidge::new(&joined(&[&features]), targets.view(), &kernels).unwrap();
    let found = prepared.predict(&split(), &options(BandWeights::random(5, 2))).unwrap();
    assert_eq!((found.weights.dim(), found.of_bands.dim()), ((2, 2), (2, 20, 2)));
}
