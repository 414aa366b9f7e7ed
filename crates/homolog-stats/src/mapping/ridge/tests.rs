use super::*;
use crate::encoding::PredictionScore;
use crate::gram::Gram;
use crate::random::Rng;
use crate::splits::{FoldOrder, k_fold};

fn simulated(n_stimuli: usize, n_features: usize, n_targets: usize) -> (Array2<f64>, Array2<f64>) {
    let mut rng = Rng::new(8);
    let mut draw = |n_rows, n_columns| Array2::from_shape_simple_fn((n_rows, n_columns), || rng.normal());
    let features = draw(n_stimuli, n_features) + 1.0;
    let targets = features.dot(&draw(n_features, n_targets)) + draw(n_stimuli, n_targets) * 3.0;
    (features, targets)
}

fn largest_difference(a: &Array2<f64>, b: &Array2<f64>) -> f64 {
    (a - b).iter().fold(0.0, |most, d| d.abs().max(most))
}

fn split() -> Split {
    Split { train: (0..40).collect(), test: (40..50).collect() }
}

#[test]
fn orthogonal_design_shrinks_each_coefficient_as_worked_by_hand() {
    // Training column (1, -1, 1, -1) has λ = 4; y = 3 x + 2; with α = 4 the slope is 3 · 4 / 8 = 1.5.
    let features = ndarray::array![[1.0], [-1.0], [1.0], [-1.0], [2.0]];
    let targets = features.mapv(|x| 3.0 * x + 2.0);
    let predictors = Predictors::from_features(features.view()).unwrap();
    let split = Split { train: vec![0, 1, 2, 3], test: vec![4] };
    let found =
        PreparedRidge::new(&predictors, targets.view()).unwrap().predict(&split, &RidgeOptions::fixed(4.0)).unwrap();
    assert!((found.predicted[[0, 0]] - 5.0).abs() < 1e-12, "{found:?}");
}

#[test]
fn dual_ridge_equals_primal_ridge() {
    let (features, targets) = simulated(50, 30, 4);
    let by_features = Predictors::from_features(features.view()).unwrap();
    let by_gram = Predictors::from_gram(&Gram::of(features.view()).unwrap()).unwrap();
    for penalty in [0.1, 10.0, 1e4] {
        let predict = |predictors| {
            let ridge = PreparedRidge::new(predictors, targets.view()).unwrap();
            ridge.predict(&split(), &RidgeOptions::fixed(penalty)).unwrap().predicted
        };
        assert!(largest_difference(&predict(&by_features), &predict(&by_gram)) < 1e-9);
    }
}

/// The error of leaving each training stimulus out, by leaving it out.
fn error_by_leaving_out(features: &Array2<f64>, targets: &Array2<f64>, penalty: f64) -> Vec<f64> {
    let predictors = Predictors::from_features(features.view()).unwrap();
    let ridge = PreparedRidge::new(&predictors, targets.view()).unwrap();
    let mut error = vec![0.0; targets.ncols()];
    for left_out in 0..40 {
        let split = Split { train: (0..40).filter(|&at| at != left_out).collect(), test: vec![left_out] };
        let predicted = ridge.predict(&split, &RidgeOptions::fixed(penalty)).unwrap().predicted;
        for (target, error) in error.iter_mut().enumerate() {
            *error += (predicted[[0, target]] - targets[[left_out, target]]).powi(2);
        }
    }
    error
}

#[test]
fn closed_form_chooses_what_leaving_each_stimulus_out_chooses() {
    let (features, targets) = simulated(50, 12, 5);
    let penalties = vec![0.01, 1.0, 5.0, 20.0, 100.0, 1e4];
    let predictors = Predictors::from_features(features.view()).unwrap();
    let options = RidgeOptions {
        penalties: penalties.clone(),
        choice: PenaltyChoice::LeaveOneOut,
        scope: PenaltyScope::EachTarget,
    };
    let found = PreparedRidge::new(&predictors, targets.view()).unwrap().predict(&split(), &options).unwrap();
    let errors: Vec<Vec<f64>> =
        penalties.iter().map(|&penalty| error_by_leaving_out(&features, &targets, penalty)).collect();
    for (target, chosen) in found.penalties.iter().enumerate() {
        let best = (0..penalties.len()).min_by(|&a, &b| errors[a][target].total_cmp(&errors[b][target])).unwrap();
        assert_eq!(*chosen, penalties[best]);
    }
}

#[test]
fn inner_folds_choose_what_fitting_each_fold_chooses() {
    let (features, targets) = simulated(50, 45, 3);
    let penalties = vec![0.5, 5.0, 50.0, 500.0];
    let predictors = Predictors::from_features(features.view()).unwrap();
    let ridge = PreparedRidge::new(&predictors, targets.view()).unwrap();
    let choice = PenaltyChoice::Folds {
        n_folds: 4,
        order: FoldOrder::AsGiven,
        criterion: FoldCriterion::Score(PredictionScore::R2),
    };
    let options = RidgeOptions { penalties: penalties.clone(), choice, scope: PenaltyScope::EachTarget };
    let found = ridge.predict(&split(), &options).unwrap();
    let mean_score = |penalty: f64, target: usize| -> f64 {
        let folds = k_fold(40, 4, FoldOrder::AsGiven).unwrap();
        let of_fold = |fold: &Split| {
            let predicted = ridge.predict(fold, &RidgeOptions::fixed(penalty)).unwrap().predicted;
            let observed = targets.select(Axis(0), &fold.test);
            PredictionScore::R2.of(&predicted.column(target).to_vec(), &observed.column(target).to_vec()).unwrap()
        };
        folds.iter().map(of_fold).sum()
    };
    for target in 0..3 {
        let best =
            penalties.iter().copied().max_by(|&a, &b| mean_score(a, target).total_cmp(&mean_score(b, target))).unwrap();
        assert_eq!(found.penalties[target], best);
    }
}

#[test]
fn negative_penalty_is_refused() {
    let (features, targets) = simulated(50, 5, 2);
    let predictors = Predictors::from_features(features.view()).unwrap();
    let ridge = PreparedRidge::new(&predictors, targets.view()).unwrap();
    let message = ridge.predict(&split(), &RidgeOptions::fixed(-1.0)).unwrap_err().to_string();
    assert!(message.contains("a penalty is -1, and needs to be 0 or more"), "{message}");
}

#[test]
fn penalty_that_fits_each_stimulus_exactly_cannot_be_judged_by_leaving_one_out() {
    let (features, targets) = simulated(50, 45, 2);
    let predictors = Predictors::from_features(features.view()).unwrap();
    let ridge = PreparedRidge::new(&predictors, targets.view()).unwrap();
    let options =
        RidgeOptions { penalties: vec![0.0, 1.0], choice: PenaltyChoice::LeaveOneOut, scope: PenaltyScope::EachTarget };
    assert!(matches!(ridge.predict(&split(), &options), Err(StatsError::OutOfRange { .. })));
}

#[test]
fn ridge_has_the_same_bits_on_one_thread_and_two() {
    let (features, targets) = simulated(400, 300, 3);
    let predictors = Predictors::from_features(features.view()).unwrap();
    let split = Split { train: (0..350).collect(), test: (350..400).collect() };
    let options = RidgeOptions {
        penalties: vec![1.0, 10.0, 100.0],
        choice: PenaltyChoice::Generalized,
        scope: PenaltyScope::AllTargets,
    };
    let on = |n| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(n).build().unwrap();
        pool.install(|| PreparedRidge::new(&predictors, targets.view()).unwrap().predict(&split, &options).unwrap())
    };
    assert_eq!(on(1), on(2));
}
