//! What must be equal whichever way it is computed, on random problems of random sizes.

use homolog_stats::decoding::{Decoder, LogisticRegression};
use homolog_stats::encoding::PredictionScore;
use homolog_stats::gram::Gram;
use homolog_stats::mapping::banded::{BandWeights, BandedRidgeOptions, PreparedBandedRidge};
use homolog_stats::mapping::kernel_ridge::PreparedKernelRidge;
use homolog_stats::mapping::pls::{PlsOptions, PlsScaling, PreparedPls};
use homolog_stats::mapping::ridge::{FoldCriterion, PenaltyChoice, PenaltyScope, PreparedRidge, RidgeOptions};
use homolog_stats::mapping::{Intercept, Kernel, Predictors};
use homolog_stats::random::Rng;
use homolog_stats::splits::{FoldOrder, Split, k_fold};
use ndarray::{Array2, Axis};
use proptest::prelude::*;
use proptest::test_runner::RngSeed;

fn draw(shape: (usize, usize), seed: u64) -> Array2<f64> {
    let mut rng = Rng::new(seed);
    Array2::from_shape_simple_fn(shape, || rng.normal() + 0.3)
}

fn split(n: usize) -> Split {
    Split { train: (0..n - 4).collect(), test: (n - 4..n).collect() }
}

fn largest_difference(a: &Array2<f64>, b: &Array2<f64>) -> f64 {
    (a - b).iter().fold(0.0, |most, d| d.abs().max(most))
}

fn chosen(choice: PenaltyChoice) -> RidgeOptions {
    RidgeOptions { penalties: vec![0.1, 1.0, 10.0, 1e3], choice, scope: PenaltyScope::EachTarget }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, rng_seed: RngSeed::Fixed(7), ..ProptestConfig::default() })]

    #[test]
    fn primal_equals_dual(n in 14usize..40, p in 1usize..30, seed in 0u64..1000) {
        let (features, targets) = (draw((n, p), seed), draw((n, 2), seed + 1));
        let by_features = Predictors::from_features(features.view()).unwrap();
        let by_gram = Predictors::from_gram(&Gram::of(features.view()).unwrap()).unwrap();
        let predict = |predictors: &Predictors| {
            let ridge = PreparedRidge::new(predictors, targets.view()).unwrap();
            ridge.predict(&split(n), &chosen(PenaltyChoice::HIMALAYA)).unwrap()
        };
        let (one, other) = (predict(&by_features), predict(&by_gram));
        prop_assert_eq!(one.penalties, other.penalties);
        prop_assert!(largest_difference(&one.predicted, &other.predicted) < 1e-8);
        let pls = |predictors: &Predictors| {
            let options = PlsOptions { n_components: 1, scaling: PlsScaling::None };
            PreparedPls::new(predictors, targets.view()).unwrap().predict(&split(n), &options).unwrap()
        };
        prop_assert!(largest_difference(&pls(&by_features), &pls(&by_gram)) < 1e-7);
    }

    #[test]
    fn linear_kernel_and_one_band_are_ridge(n in 14usize..40, p in 1usize..60, seed in 0u64..1000) {
        let (features, targets) = (draw((n, p), seed), draw((n, 2), seed + 1));
        let predictors = Predictors::from_features(features.view()).unwrap();
        let options = chosen(PenaltyChoice::HIMALAYA);
        let ridge = PreparedRidge::new(&predictors, targets.view()).unwrap().predict(&split(n), &options).unwrap();
        let kernel = PreparedKernelRidge::new(&predictors, targets.view(), Kernel::Linear, Intercept::Fitted).unwrap();
        prop_assert_eq!(&kernel.predict(&split(n), &options).unwrap(), &ridge);
        let banded = PreparedBandedRidge::new(&predictors, targets.view(), &[Kernel::Linear]).unwrap();
        let found = banded.predict(&split(n), &BandedRidgeOptions {
            kernels: vec![Kernel::Linear],
            weights: BandWeights::random(1, 0),
            penalties: options.penalties.clone(),
            choice: options.choice,
            intercept: Intercept::Fitted,
            n_refinements: 0,
        }).unwrap();
        prop_assert_eq!(&found.penalties, &ridge.penalties);
        prop_assert!(largest_difference(&found.predicted, &ridge.predicted) < 1e-8);
    }

    #[test]
    fn folds_in_closed_form_choose_what_fitting_each_fold_chooses(
        n in 16usize..36, p in 1usize..50, n_folds in 2usize..5, at in 0usize..3, seed in 0u64..1000,
    ) {
        let (features, targets) = (draw((n, p), seed), draw((n, 2), seed + 1));
        let predictors = Predictors::from_features(features.view()).unwrap();
        let ridge = PreparedRidge::new(&predictors, targets.view()).unwrap();
        let score = [PredictionScore::Pearson, PredictionScore::R2, PredictionScore::ExplainedVariance][at];
        let order = FoldOrder::AsGiven;
        let options = chosen(PenaltyChoice::Folds { n_folds, order, criterion: FoldCriterion::Score(score) });
        let found = ridge.predict(&split(n), &options).unwrap();
        let mean_score = |penalty: f64, target: usize| -> f64 {
            let of_fold = |fold: &Split| {
                let predicted = ridge.predict(fold, &RidgeOptions::fixed(penalty)).unwrap().predicted;
                let observed = targets.select(Axis(0), &fold.test);
                score.of(&predicted.column(target).to_vec(), &observed.column(target).to_vec()).unwrap()
            };
            k_fold(n - 4, n_folds, order).unwrap().iter().map(of_fold).sum::<f64>() / n_folds as f64
        };
        for target in 0..2 {
            let best = options.penalties.iter().map(|&penalty| mean_score(penalty, target)).fold(f64::MIN, f64::max);
            // Penalties that score alike may be chosen either way.
            prop_assert!(mean_score(found.penalties[target], target) > best - 1e-7);
        }
    }

    #[test]
    fn rotating_units_changes_no_decision(n in 20usize..40, seed in 0u64..1000) {
        let features = draw((n, 5), seed);
        let classes: Vec<usize> = (0..n).map(|at| at % 3).collect();
        let mut rotated = features.clone();
        let (sine, cosine) = 0.7_f64.sin_cos();
        for mut row in rotated.outer_iter_mut() {
            (row[0], row[3]) = (cosine * row[0] - sine * row[3], sine * row[0] + cosine * row[3]);
        }
        let decoder = Decoder::Logistic(LogisticRegression { inverse_penalty: 0.5 });
        let decision = |features: &Array2<f64>| {
            decoder.fit(features.view(), &classes).unwrap().decision(features.view()).unwrap()
        };
        prop_assert!(largest_difference(&decision(&features), &decision(&rotated)) < 1e-6);
    }
}
