//! Ridge, kernel ridge and banded ridge regression against himalaya in double precision.

use homolog_stats::encoding::split_r2;
use homolog_stats::mapping::banded::{BandWeights, BandedRidgeOptions, PreparedBandedRidge};
use homolog_stats::mapping::kernel_ridge::PreparedKernelRidge;
use homolog_stats::mapping::ridge::{PenaltyChoice, PenaltyScope, PreparedRidge, RidgeOptions, RidgePrediction};
use homolog_stats::mapping::{Intercept, Kernel, Predictors};
use homolog_stats::splits::numpy_random::NumpyRandom;
use ndarray::{Axis, s};
use serde_json::Value;

use crate::golden::{assert_close, golden, numbers};
use crate::scikit_learn::regression;

const POLYNOMIAL: Kernel = Kernel::Polynomial { degree: 3, gamma: None, offset: 1.0 };
const RBF: Kernel = Kernel::Rbf { gamma: None };
const INTERCEPTS: [(&str, Intercept); 2] =
    [("with intercept", Intercept::Fitted), ("without intercept", Intercept::None)];

fn assert_prediction(name: &str, found: &RidgePrediction, expected: &Value) {
    assert_close(&format!("{name}, penalties"), &found.penalties, &numbers(&expected["penalties"]), 1e-12);
    assert_close(name, &found.predicted, &numbers(&expected["predicted"]), 1e-8);
}

#[test]
fn ridge_and_kernel_ridge_choose_and_predict_what_himalaya_does() {
    let golden = golden("himalaya/kernel-ridge");
    let penalties = numbers(&golden["penalties"]);
    for case in golden["cases"].as_array().expect("cases") {
        let (features, targets, split) = regression(case);
        let predictors = Predictors::from_features(features.view()).unwrap();
        let options = |scope| RidgeOptions { penalties: penalties.clone(), choice: PenaltyChoice::HIMALAYA, scope };
        let ridge = PreparedRidge::new(&predictors, targets.view()).unwrap();
        for (name, scope) in [("each target", PenaltyScope::EachTarget), ("all targets", PenaltyScope::AllTargets)] {
            let name = format!("ridge, {name}");
            assert_prediction(&name, &ridge.predict(&split, &options(scope)).unwrap(), &case[&name]);
        }
        for (kernel, name) in [(Kernel::Linear, "linear"), (POLYNOMIAL, "polynomial"), (RBF, "rbf")] {
            for (word, intercept) in INTERCEPTS {
                let name = format!("{name}, {word}");
                let ridge = PreparedKernelRidge::new(&predictors, targets.view(), kernel, intercept).unwrap();
                let found = ridge.predict(&split, &options(PenaltyScope::EachTarget)).unwrap();
                assert_prediction(&name, &found, &case[&name]);
            }
        }
    }
}

#[test]
fn dirichlet_draws_are_those_of_numpy() {
    for (seed, draws) in golden("himalaya/banded-ridge")["dirichlet"].as_object().expect("seeds") {
        let mut random = NumpyRandom::new(seed.parse().unwrap());
        let (sparse, even): (Vec<_>, Vec<_>) =
            ([0.1; 4].map(|c| random.dirichlet(c, 4)).to_vec(), [1.0; 3].map(|c| random.dirichlet(c, 4)).to_vec());
        for (at, expected) in draws.as_array().expect("draws").iter().enumerate() {
            let ours = if at % 2 == 0 { &sparse[at / 2] } else { &even[at / 2] };
            assert_close(&format!("seed {seed}, draw {at}"), ours, &numbers(expected), 1e-12);
        }
    }
}

#[test]
fn banded_ridge_searches_and_predicts_what_himalaya_does() {
    let golden = golden("himalaya/banded-ridge");
    for case in golden["cases"].as_array().expect("cases") {
        let (features, targets, split) = regression(case);
        let p = features.ncols();
        let bands = [s![.., ..p / 4], s![.., p / 4..p / 2], s![.., p / 2..]];
        let bands = bands.map(|columns| Predictors::from_features(features.slice(columns)).unwrap());
        let predictors = Predictors::from_bands(bands.to_vec()).unwrap();
        for (name, kernels) in [("linear", vec![Kernel::Linear]), ("linear and rbf", vec![Kernel::Linear, RBF])] {
            for (word, intercept) in INTERCEPTS {
                let (name, expected) = (format!("{name}, {word}"), &case[format!("{name}, {word}")]);
                let ridge = PreparedBandedRidge::new(&predictors, targets.view(), &kernels).unwrap();
                let options = BandedRidgeOptions {
                    kernels: kernels.clone(),
                    weights: BandWeights::random(9, 3),
                    penalties: numbers(&golden["penalties"]),
                    choice: PenaltyChoice::HIMALAYA,
                    intercept,
                    n_refinements: 0,
                };
                let found = ridge.predict(&split, &options).unwrap();
                let close = |what: &str, ours: Vec<f64>, tolerance: f64| {
                    assert_close(&format!("{name}, {what}"), &ours, &numbers(&expected[what]), tolerance);
                };
                close("penalties", found.penalties.clone(), 1e-12);
                close("weights", found.weights.iter().copied().collect(), 1e-8);
                // Candidates are compared in single precision (and himalaya adds 1e-10 ln α, so that the larger of equal penalties wins).
                close("criterion", found.criterion.clone(), 5e-6);
                close("predicted", found.predicted.iter().copied().collect(), 1e-8);
                if intercept == Intercept::Fitted {
                    continue; // himalaya does not divide predictions with an intercept.
                }
                close("of bands", found.of_bands.iter().copied().collect(), 1e-8);
                let observed = targets.select(Axis(0), &split.test);
                let shares = split_r2(found.of_bands.view(), observed.view()).unwrap();
                close("split scores", shares.iter().copied().collect(), 1e-8);
            }
        }
    }
}

/// Both sides search step by step, so they are as near the least error as their last steps; himalaya's step is not guarded and may end farther away.
#[test]
fn refined_weights_reach_the_least_error_and_that_of_himalayas_hyper_gradient() {
    let golden = golden("himalaya/hyper-gradient");
    let (features, targets, split) = regression(&golden);
    let p = features.ncols();
    let bands = [s![.., ..p / 4], s![.., p / 4..p / 2], s![.., p / 2..]];
    let bands = bands.map(|columns| Predictors::from_features(features.slice(columns)).unwrap());
    let predictors = Predictors::from_bands(bands.to_vec()).unwrap();
    let ridge = PreparedBandedRidge::new(&predictors, targets.view(), &[Kernel::Linear]).unwrap();
    let mut options = BandedRidgeOptions {
        kernels: vec![Kernel::Linear],
        weights: BandWeights::random(9, 3),
        penalties: numbers(&golden["penalties"]),
        choice: PenaltyChoice::HIMALAYA,
        intercept: Intercept::None,
        n_refinements: 0,
    };
    let errors = |options: &BandedRidgeOptions| -> Vec<f64> {
        ridge.predict(&split, options).unwrap().criterion.iter().map(|criterion| -criterion).collect()
    };
    assert_close("before", &errors(&options), &numbers(&golden["start"]), 1e-5);
    options.n_refinements = 500;
    let refined = errors(&options);
    assert_close("least", &refined, &numbers(&golden["least"]), 1e-4);
    for (ours, himalaya) in refined.iter().zip(numbers(&golden["himalaya"])) {
        assert!(*ours < himalaya * (1.0 + 1e-4), "{ours} {himalaya}");
    }
}
