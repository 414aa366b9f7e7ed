//! Mappings from single units and from several sets of features against scikit-learn and NumPy.

use homolog_stats::encoding::{
    EncodingProtocol, MissingTargets, PredictionScore, UndefinedScores, encode, partition_variance,
};
use homolog_stats::mapping::least_squares::Underdetermined;
use homolog_stats::mapping::ridge::RidgeOptions;
use homolog_stats::mapping::stacking::{StackedRidgeOptions, predict_stacked_ridge};
use homolog_stats::mapping::{Mapping, Predictors};
use homolog_stats::splits::{FoldOrder, Split, k_fold};
use ndarray::{Array2, Axis, s};

use crate::golden::{assert_close, golden, numbers, uniform};
use crate::scikit_learn::{indices, regression};

fn protocol(mapping: Mapping, n_stimuli: usize, score: PredictionScore) -> EncodingProtocol {
    EncodingProtocol {
        mapping,
        splits: k_fold(n_stimuli, 5, FoldOrder::AsGiven).unwrap(),
        score,
        missing: MissingTargets::Refuse,
        undefined: UndefinedScores::Refuse,
    }
}

#[test]
fn stacked_weights_solve_the_quadratic_programme() {
    let golden = golden("numpy/stacking");
    let bands: Vec<Array2<f64>> =
        [6, 10, 4].into_iter().zip(801..).map(|(p, seed)| uniform(seed, (70, p)) - 0.5).collect();
    let drive = [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0], [1.0, 0.7, 0.0], [1.0; 3], [0.0; 3]];
    let mut targets = (uniform(821, (70, 6)) - 0.5) * 0.4;
    for (at, band) in bands.iter().enumerate() {
        let mut weights = uniform(811 + at as u64, (band.ncols(), 6)) - 0.5;
        for (mut column, drive) in weights.columns_mut().into_iter().zip(drive) {
            column *= drive[at];
        }
        targets += &band.dot(&weights);
    }
    let sets = bands.iter().map(|band| Predictors::from_features(band.view()).unwrap()).collect();
    let split = Split { train: (0..56).collect(), test: (56..70).collect() };
    let options = StackedRidgeOptions { ridge: RidgeOptions::fixed(0.8), n_folds: 4, order: FoldOrder::AsGiven };
    let found =
        predict_stacked_ridge(&Predictors::from_bands(sets).unwrap(), targets.view(), &split, &options).unwrap();
    assert_close("weights", &found.weights, &numbers(&golden["weights"]), 1e-8);
    assert_close("predicted", &found.predicted, &numbers(&golden["predicted"]), 1e-8);
    let n_without = found.weights.iter().filter(|weight| **weight == 0.0).count();
    assert!(n_without > 3, "the constraint binds: {}", found.weights);
}

#[test]
fn units_find_the_partners_of_numpy_and_are_predicted_as_by_scikit_learn() {
    for case in golden("scikit-learn/one_to_one")["cases"].as_array().expect("cases") {
        let (features, targets, _) = regression(case);
        let predictors = Predictors::holding_features(features.view()).unwrap();
        let protocol = protocol(Mapping::OneToOne, features.nrows(), PredictionScore::Pearson);
        let found = encode(&predictors, targets.view(), &protocol).unwrap();
        assert_close("scores", &found.scores, &numbers(&case["scores"]), 1e-8);
        for (fold, held_out) in found.held_out.iter().enumerate() {
            assert_eq!(held_out.partners.as_deref(), Some(indices(&case["partners"][fold]).as_slice()), "fold {fold}");
            assert_close("predicted", &held_out.predicted, &numbers(&case["predicted"][fold]), 1e-8);
        }
    }
}

#[test]
fn parts_of_three_sets_are_those_of_commonality_analysis() {
    let golden = golden("scikit-learn/variance_partition");
    let (features, targets, _) = regression(&golden);
    let set = |columns| Predictors::from_features(features.slice(columns)).unwrap();
    let sets = [set(s![.., ..3]), set(s![.., 3..7]), set(s![.., 7..])];
    let mapping = Mapping::LeastSquares(Underdetermined::Refuse);
    let parts =
        partition_variance(&sets, targets.view(), &protocol(mapping, features.nrows(), PredictionScore::R2)).unwrap();
    assert_eq!(parts.len(), 7);
    for part in parts {
        let name: String = part.sets.iter().map(|set| ["a", "b", "c"][*set]).collect();
        for (what, values) in [("joint", &part.joint), ("shared", &part.shared)] {
            let values: Vec<f64> = values.iter().map(|value| value.unwrap()).collect();
            assert_close(&format!("{what} {name}"), &values, &numbers(&golden[what][&name]), 1e-8);
        }
    }
    assert_eq!(targets.len_of(Axis(1)), 4);
}
