use super::*;
use crate::comparator::{Comparator, WeightSign};
use crate::inference::settings::ResamplingChange;
use crate::rdm;

/// Models and subjects that share a truth: model 0 is the truth, model 1 is unrelated.
fn experiment(n_subjects: usize, n_stimuli: usize, seed: u64) -> (Array2<f64>, Array2<f64>) {
    let mut rng = Rng::new(seed);
    let n_pairs = rdm::n_pairs(n_stimuli);
    let models = Array2::from_shape_simple_fn((2, n_pairs), || rng.uniform());
    let subjects = Array2::from_shape_fn((n_subjects, n_pairs), |(_, p)| models[[0, p]] + rng.uniform());
    (models, subjects)
}

#[test]
fn true_model_is_above_zero_and_above_an_unrelated_one() {
    let (models, subjects) = experiment(6, 24, 1);
    let settings = InferenceSettings { comparator: Comparator::RhoA, n_samples: 200, ..InferenceSettings::default() };
    let found = infer(&RdmModel::fixed_rows(models.view()), subjects.view(), &settings, &Rng::new(2)).unwrap();
    let (truth, other) = (&found.models[0], &found.models[1]);
    assert!(truth.against_zero.unwrap().p < 0.01 && other.against_zero.unwrap().p > 0.05);
    assert!(found.pairs[0].test.holm < 0.01 && found.pairs[0].difference > 0.3);
    assert!(found.pairs[0].test.p == found.pairs[0].test.bonferroni, "one pair needs no correction");
    let (low, high) = truth.interval.unwrap();
    assert!(low < truth.value && truth.value < high);
    assert!(found.change.is_none() && (5.0..=28.0).contains(&found.pairs[0].degrees_of_freedom));
    let (lower, upper) = found.ceiling.unwrap();
    assert!(lower < upper);
}

#[test]
fn few_subjects_resample_stimuli_and_say_why() {
    let (models, subjects) = experiment(1, 20, 3);
    let settings = InferenceSettings { n_samples: 50, ..InferenceSettings::default() };
    let found = infer(&RdmModel::fixed_rows(models.view()), subjects.view(), &settings, &Rng::new(4)).unwrap();
    assert_eq!(found.resampling, Some(Resampling::Stimuli));
    assert_eq!(found.ceiling, None);
    let words = found.change.unwrap().to_string();
    assert!(words.contains("1 subject is too few"), "{words}");
}

#[test]
fn few_of_both_leave_the_exchange_of_labels() {
    let (models, subjects) = experiment(2, 8, 5);
    let settings = InferenceSettings { n_samples: 50, ..InferenceSettings::default() };
    let found = infer(&RdmModel::fixed_rows(models.view()), subjects.view(), &settings, &Rng::new(6)).unwrap();
    assert_eq!(found.resampling, None);
    assert!(found.models[0].randomisation.is_some() && found.models[0].interval.is_none());
}

#[test]
fn few_stimuli_are_tested_by_signed_ranks_over_subjects() {
    let (models, subjects) = experiment(7, 10, 21);
    let settings = InferenceSettings { n_samples: 50, ..InferenceSettings::default() };
    let found = infer(&RdmModel::fixed_rows(models.view()), subjects.view(), &settings, &Rng::new(1)).unwrap();
    assert_eq!(found.method, TestMethod::SignedRank);
    assert!(matches!(found.change, Some(ResamplingChange::TooFewStimuli { found: 10 })));
    // All seven subjects above 0: 1 of 128 signs.
    assert_eq!(found.models[0].against_zero.unwrap().p, 1.0 / 128.0);
    assert!(found.models[0].interval.is_some() && found.models[0].against_ceiling.is_some());
}

#[test]
fn two_equal_models_do_not_differ() {
    let (models, subjects) = experiment(7, 10, 22);
    let twice = ndarray::stack![Axis(0), models.row(0), models.row(0)];
    let settings = InferenceSettings { n_samples: 50, ..InferenceSettings::default() };
    let found = infer(&RdmModel::fixed_rows(twice.view()), subjects.view(), &settings, &Rng::new(1)).unwrap();
    assert_eq!(found.pairs[0].test.p, 1.0);
}

#[test]
fn weighted_model_of_the_truth_is_cross_validated_beside_fixed_ones() {
    let mut rng = Rng::new(31);
    let rdms = Array2::from_shape_simple_fn((3, rdm::n_pairs(24)), || rng.uniform());
    let truth = &rdms.row(0) * 0.7 + &rdms.row(1) * 0.7;
    let subjects = Array2::from_shape_fn((6, truth.len()), |(_, p)| truth[p] + 0.5 * rng.uniform());
    let models = [RdmModel::Weighted(rdms.clone(), WeightSign::NonNegative), RdmModel::Fixed(rdms.row(0).to_owned())];
    let settings = InferenceSettings {
        comparator: Comparator::Pearson,
        n_samples: 40,
        n_relabellings: 39,
        ..InferenceSettings::default()
    };
    let found = infer(&models, subjects.view(), &settings, &Rng::new(2)).unwrap();
    assert_eq!(found.folds, Some(ModelFolds { stimuli: 3, subjects: 2 }));
    assert!(found.models[0].value > found.models[1].value + 0.05);
    assert!(found.models[0].standard_error.unwrap() > 0.0 && found.pairs[0].test.p < 0.05);
    assert!(found.models[0].randomisation.is_none() && found.models[1].randomisation.is_some());
    let (lower, upper) = found.ceiling.unwrap();
    assert!(found.models[0].value < upper && lower < upper);
    let weights = &found.models[0].weights;
    assert!((weights[0] - weights[1]).abs() < 0.1 && weights[2] < 0.1, "{weights:?}");
}

#[test]
fn flexible_models_of_few_subjects_and_stimuli_are_refused() {
    let (models, subjects) = experiment(2, 8, 23);
    let found = infer(&[RdmModel::Selected(models)], subjects.view(), &InferenceSettings::default(), &Rng::new(1));
    assert!(matches!(found, Err(StatsError::Unsupported { .. })), "{found:?}");
}

#[test]
fn same_seed_gives_the_same_bits_on_one_thread_and_two() {
    let (models, subjects) = experiment(5, 20, 7);
    let settings = InferenceSettings { n_samples: 40, ..InferenceSettings::default() };
    let on =
        |threads| {
            rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap().install(|| {
                infer(&RdmModel::fixed_rows(models.view()), subjects.view(), &settings, &Rng::new(8)).unwrap()
            })
        };
    assert_eq!(on(1), on(2));
}

#[test]
fn confidence_outside_its_range_is_refused() {
    let (models, subjects) = experiment(5, 12, 9);
    let settings = InferenceSettings { confidence: 95.0, ..InferenceSettings::default() };
    let found = infer(&RdmModel::fixed_rows(models.view()), subjects.view(), &settings, &Rng::new(1));
    assert!(matches!(found, Err(StatsError::OutOfRange { .. })));
}
