//! Splits, PLS and ridge regression against scikit-learn.

use homolog_stats::behaviour::error_consistency;
use homolog_stats::encoding::PredictionScore;
use homolog_stats::mapping::Predictors;
use homolog_stats::mapping::least_squares::{Underdetermined, predict_least_squares};
use homolog_stats::mapping::pls::{PlsOptions, PlsScaling, PreparedPls};
use homolog_stats::mapping::poisson::{PoissonOptions, predict_poisson};
use homolog_stats::mapping::ridge::{PenaltyChoice, PenaltyScope, PreparedRidge, RidgeOptions};
use homolog_stats::principal_components::PrincipalComponents;
use homolog_stats::splits::{
    FoldOrder, PartSize, ShuffleSplit, Split, group_k_fold, k_fold, leave_one_group_out, shuffle_split,
    stratified_k_fold, stratified_shuffle_split,
};
use ndarray::{Array2, Axis};
use serde_json::Value;

use crate::golden::{assert_close, golden, numbers, uniform};

fn words(value: &Value) -> Vec<String> {
    let words = value.as_array().expect("a list of words").iter();
    words.map(|word| word.as_str().expect("a word").to_owned()).collect()
}

pub(crate) fn count(value: &Value) -> usize {
    value.as_u64().expect("a count") as usize
}

pub(crate) fn indices(value: &Value) -> Vec<usize> {
    value.as_array().expect("a list").iter().map(count).collect()
}

fn assert_splits(golden: &Value, case: &str, found: &[Split]) {
    let expected = golden["cases"][case].as_array().unwrap_or_else(|| panic!("the golden has no case {case:?}"));
    assert_eq!(found.len(), expected.len(), "{case}");
    for (found, expected) in found.iter().zip(expected) {
        let expected = Split { train: indices(&expected[0]), test: indices(&expected[1]) };
        assert_eq!(*found, expected, "{case}");
    }
}

#[test]
fn splits_are_those_of_scikit_learn_index_for_index() {
    let golden = golden("scikit-learn/splits");
    let (labels, groups) = (words(&golden["labels"]), words(&golden["groups"]));
    let protocol = |train, seed| ShuffleSplit { n_splits: 3, train: Some(PartSize::Fraction(train)), test: None, seed };
    for seed in [0, 1, 42, u32::MAX] {
        let case = |words: &str| format!("{words} seed={seed}");
        let order = FoldOrder::Shuffled(seed);
        assert_splits(
            &golden,
            &case("shuffle n=33 train=0.9 splits=3"),
            &shuffle_split(33, &protocol(0.9, seed)).unwrap(),
        );
        let stratified = stratified_shuffle_split(&labels, &protocol(0.7, seed)).unwrap();
        assert_splits(&golden, &case("stratified-shuffle train=0.7 splits=3"), &stratified);
        assert_splits(&golden, &case("k-fold n=23 folds=4"), &k_fold(23, 4, order).unwrap());
        assert_splits(&golden, &case("stratified-k-fold folds=3"), &stratified_k_fold(&labels, 3, order).unwrap());
    }
    let sized =
        ShuffleSplit { n_splits: 2, train: Some(PartSize::Count(8)), test: Some(PartSize::Fraction(0.25)), seed: 5 };
    assert_splits(&golden, "shuffle n=20 train=8 test=0.25 splits=2 seed=5", &shuffle_split(20, &sized).unwrap());
    assert_splits(&golden, "k-fold n=23 folds=4 as given", &k_fold(23, 4, FoldOrder::AsGiven).unwrap());
    let stratified = stratified_k_fold(&labels, 3, FoldOrder::AsGiven).unwrap();
    assert_splits(&golden, "stratified-k-fold folds=3 as given", &stratified);
    assert_splits(&golden, "group-k-fold folds=3", &group_k_fold(&groups, 3).unwrap());
    assert_splits(&golden, "leave-one-group-out", &leave_one_group_out(&groups).unwrap());
}

/// The inputs of goldens/scikit-learn/inputs.py, and the split whose last ten stimuli are tested.
pub(crate) fn regression(case: &Value) -> (Array2<f64>, Array2<f64>, Split) {
    let (n, p, m) = (count(&case["n_stimuli"]), count(&case["n_features"]), count(&case["n_targets"]));
    let seed = count(&case["seed"]) as u64;
    let latent = uniform(seed, (n, 6)) - 0.5;
    let features = latent.dot(&uniform(seed + 1, (6, p))) + uniform(seed + 2, (n, p)) * 0.3;
    let targets = latent.dot(&(uniform(seed + 3, (6, m)) - 0.3)) + uniform(seed + 4, (n, m)) * 0.4;
    (features, targets, Split { train: (0..n - 10).collect(), test: (n - 10..n).collect() })
}

#[test]
fn pls_predicts_what_converged_scikit_learn_and_ikpls_predict() {
    for case in golden("scikit-learn/pls")["cases"].as_array().expect("cases") {
        let (features, targets, split) = regression(case);
        let predictors = Predictors::from_features(features.view()).unwrap();
        let pls = PreparedPls::new(&predictors, targets.view()).unwrap();
        let n_components = count(&case["n_components"]);
        let found = pls.predict(&split, &PlsOptions { n_components, scaling: PlsScaling::None }).unwrap();
        // scikit-learn's NIPALS iterates to a tolerance, which shows in predictions near zero; ikpls and this solve exactly.
        assert_close("unscaled", &found, &numbers(&case["unscaled"]), 1e-7);
        assert_close("ikpls", &found, &numbers(&case["ikpls"]), 1e-8);
        if features.ncols() <= features.nrows() {
            let found = pls.predict(&split, &PlsOptions { n_components, scaling: PlsScaling::UnitVariance }).unwrap();
            assert_close("scaled", &found, &numbers(&case["scaled"]), 1e-7);
        }
    }
}

#[test]
fn ridge_predicts_and_chooses_what_scikit_learn_predicts_and_chooses() {
    let golden = golden("scikit-learn/ridge");
    let penalties: Vec<f64> = numbers(&golden["penalties"]);
    for case in golden["cases"].as_array().expect("cases") {
        let (features, targets, split) = regression(case);
        let predictors = Predictors::from_features(features.view()).unwrap();
        let ridge = PreparedRidge::new(&predictors, targets.view()).unwrap();
        for (name, penalty) in [("penalty 0.7", 0.7), ("least squares", 0.0)] {
            let found = ridge.predict(&split, &RidgeOptions::fixed(penalty)).unwrap();
            assert_close(name, &found.predicted, &numbers(&case[name]), 1e-8);
        }
        let plain = predict_least_squares(&predictors, targets.view(), &split, Underdetermined::MinimumNorm).unwrap();
        assert_close("least squares", &plain, &numbers(&case["least squares"]), 1e-8);
        for (name, scope) in [("each target", PenaltyScope::EachTarget), ("all targets", PenaltyScope::AllTargets)] {
            let options = RidgeOptions { penalties: penalties.clone(), choice: PenaltyChoice::LeaveOneOut, scope };
            let found = ridge.predict(&split, &options).unwrap();
            let expected: Vec<f64> = numbers(&case[name]["penalties"]);
            assert_eq!(found.penalties, expected, "{name}");
            assert_close(name, &found.predicted, &numbers(&case[name]["predicted"]), 1e-8);
        }
    }
}

#[test]
fn poisson_regression_predicts_the_rates_of_scikit_learn() {
    for case in golden("scikit-learn/poisson")["cases"].as_array().expect("cases") {
        let (features, targets, split) = regression(case);
        let means = targets.mean_axis(Axis(0)).unwrap();
        let counts = (&targets - &means).mapv(|y| ((2.0 * y).exp() * 3.0).floor());
        let predictors = Predictors::from_features(features.view()).unwrap();
        for (name, penalty) in [("0.01", 0.01), ("1.0", 1.0)] {
            let options = PoissonOptions { penalties: vec![penalty], n_folds: 5, order: FoldOrder::AsGiven };
            let found = predict_poisson(&predictors, counts.view(), &split, &options).unwrap();
            // Both iterate to a tolerance.
            assert_close(name, &found.predicted, &numbers(&case[name]["predicted"]), 1e-6);
            let observed = counts.select(Axis(0), &split.test);
            let columns = found.predicted.columns().into_iter().zip(observed.columns());
            let score = PredictionScore::DevianceExplained;
            let scores: Vec<f64> = columns.map(|(rate, y)| score.of(&rate.to_vec(), &y.to_vec()).unwrap()).collect();
            assert_close("deviance explained", &scores, &numbers(&case[name]["deviance explained"]), 1e-6);
        }
    }
}

#[test]
fn principal_components_are_those_of_scikit_learn() {
    for case in golden("scikit-learn/pca")["cases"].as_array().expect("cases") {
        let (features, _, _) = regression(case);
        let found = PrincipalComponents::of(features.view(), 5).unwrap();
        assert_close("scores", &found.scores, &numbers(&case["scores"]), 1e-8);
        assert_close("components", &found.components, &numbers(&case["components"]), 1e-8);
        assert_close("variances", &found.variances, &numbers(&case["variances"]), 1e-8);
        assert_close("shares", &found.shares, &numbers(&case["shares"]), 1e-8);
    }
}

#[test]
fn error_consistency_is_cohens_kappa_of_right_and_wrong_trials() {
    let golden = golden("scikit-learn/error_consistency");
    for case in golden["cases"].as_array().expect("cases") {
        let answers = |name: &str| -> Vec<bool> {
            case[name]
                .as_array()
                .expect("trials")
                .iter()
                .map(|right| right.as_bool().expect("right or wrong"))
                .collect()
        };
        let found = error_consistency(&answers("first"), &answers("second")).unwrap();
        assert_close("kappa", &[found], &numbers(&case["kappa"]), 1e-12);
    }
}
