//! Identities that hold for any input, and the same bits on one thread and on two.

use homolog_stats::comparator::{Comparator, WeightSign, compare_rdms};
use homolog_stats::gram::Gram;
use homolog_stats::inference::{Alternative, InferenceSettings, infer};
use homolog_stats::model::RdmModel;
use homolog_stats::noise_ceiling::{CeilingConvention, noise_ceiling};
use homolog_stats::power::{Design, PowerSettings, Simulation, model_recovery, power_to_tell_apart};
use homolog_stats::random::Rng;
use homolog_stats::rdm::{
    NoiseCovariance, NoiseEstimate, RdmMeasure, n_pairs, rdm_from_features, select_stimuli,
    squared_mahalanobis_per_unit,
};
use homolog_stats::similarity::{CkaEstimate, linear_cka};
use homolog_stats::time::{ClusterTestSettings, Neighbours, sign_flip_cluster_test};
use ndarray::{Array1, Array2, Axis, s};
use proptest::prelude::*;

fn normals(seed: u64, shape: (usize, usize)) -> Array2<f64> {
    let mut rng = Rng::new(seed);
    Array2::from_shape_simple_fn(shape, || rng.normal())
}

/// A product of reflections at random: orthogonal.
fn rotation(seed: u64, n: usize) -> Array2<f64> {
    let mut rotation = Array2::eye(n);
    for normal in normals(seed, (n, n)).rows() {
        let unit = &normal / normal.dot(&normal).sqrt();
        let along = rotation.dot(&unit).insert_axis(Axis(1));
        rotation = &rotation - &(along.dot(&unit.view().insert_axis(Axis(0))) * 2.0);
    }
    rotation
}

fn assert_same(left: &Array1<f64>, right: &Array1<f64>, tolerance: f64) {
    assert!((left - right).iter().all(|d| d.abs() < tolerance), "{left} {right}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn rotating_units_leaves_distances_and_cosines(seed in 0u64..1_000_000, n in 3usize..9, units in 2usize..7) {
        let patterns = normals(seed, (n, units));
        let rotated = patterns.dot(&rotation(seed + 1, units));
        for measure in [RdmMeasure::Euclidean, RdmMeasure::SquaredEuclideanPerUnit, RdmMeasure::CosineDistance] {
            let of = |patterns: &Array2<f64>| rdm_from_features(patterns.view(), measure).unwrap();
            assert_same(&of(&patterns), &of(&rotated), 1e-9);
        }
    }

    #[test]
    fn correlation_distance_is_left_by_order_shift_and_scale_of_patterns(seed in 0u64..1_000_000, n in 3usize..9) {
        let patterns = normals(seed, (n, 12));
        let mut order: Vec<usize> = (0..12).collect();
        Rng::new(seed).shuffle(&mut order);
        let moved = patterns.select(Axis(1), &order) * 2.5 + 7.0;
        let of = |patterns: &Array2<f64>| rdm_from_features(patterns.view(), RdmMeasure::PearsonDistance).unwrap();
        assert_same(&of(&patterns), &of(&moved), 1e-9);
    }

    #[test]
    fn mahalanobis_distance_is_left_by_any_mixing_of_units(seed in 0u64..1_000_000, n in 3usize..8) {
        let (patterns, residuals) = (normals(seed, (n, 4)), normals(seed + 1, (30, 4)));
        let mixing = normals(seed + 2, (4, 4)) + Array2::<f64>::eye(4) * 3.0;
        let of = |patterns: Array2<f64>, residuals: Array2<f64>| {
            let noise = NoiseCovariance::from_residuals(residuals.view(), NoiseEstimate::Full, None).unwrap();
            squared_mahalanobis_per_unit(patterns.view(), &noise).unwrap()
        };
        let plain = of(patterns.clone(), residuals.clone());
        let scale = plain.iter().fold(0.0f64, |most, d| most.max(*d));
        assert_same(&plain, &of(patterns.dot(&mixing), residuals.dot(&mixing)), 1e-6 * scale);
    }

    #[test]
    fn whitening_by_an_identity_covariance_changes_nothing(seed in 0u64..1_000_000, n in 3usize..8) {
        let patterns = normals(seed, (n, 4));
        // Orthogonal columns of one length: their covariance is the identity.
        let turned = rotation(seed + 1, 4);
        let residuals = ndarray::concatenate![Axis(0), turned, -&turned] * 3.5f64.sqrt();
        for estimate in NoiseEstimate::ALL {
            let noise = NoiseCovariance::from_residuals(residuals.view(), estimate, None).unwrap();
            let ours = squared_mahalanobis_per_unit(patterns.view(), &noise).unwrap();
            let plain = rdm_from_features(patterns.view(), RdmMeasure::SquaredEuclideanPerUnit).unwrap();
            assert_same(&ours, &plain, 1e-9);
        }
    }

    #[test]
    fn comparators_are_symmetric_bounded_and_left_by_the_order_of_stimuli(seed in 0u64..1_000_000, n in 4usize..9) {
        let rdms = normals(seed, (2, n_pairs(n))).mapv(f64::abs);
        let mut order: Vec<usize> = (0..n).collect();
        Rng::new(seed).shuffle(&mut order);
        let moved = ndarray::stack![Axis(0), select_stimuli(rdms.row(0), &order).unwrap(), select_stimuli(rdms.row(1), &order).unwrap()];
        for comparator in Comparator::ALL {
            let found = compare_rdms(rdms.view(), rdms.view(), comparator).unwrap();
            prop_assert!((found[[0, 0]] - 1.0).abs() < 1e-12, "{comparator:?}: {found}");
            prop_assert!((found[[0, 1]] - found[[1, 0]]).abs() < 1e-12 && found[[0, 1]].abs() <= 1.0 + 1e-12);
            let again = compare_rdms(moved.view(), moved.view(), comparator).unwrap();
            prop_assert!((found[[0, 1]] - again[[0, 1]]).abs() < 1e-10, "{comparator:?}");
        }
    }

    #[test]
    fn lower_ceiling_is_at_most_the_upper_where_the_pool_is_the_best_rdm(seed in 0u64..1_000_000, n in 2usize..6) {
        let subjects = normals(seed, (n, n_pairs(7))) + &normals(seed + 1, (1, n_pairs(7)));
        for comparator in [Comparator::Cosine, Comparator::Pearson, Comparator::RhoA] {
            let found = noise_ceiling(subjects.view(), comparator, CeilingConvention::PooledRdm).unwrap();
            prop_assert!(found.lower <= found.upper + 1e-12, "{comparator:?}");
        }
    }
}

#[test]
fn debiased_cka_of_independent_representations_averages_zero() {
    let n = 400;
    let values: Vec<f64> = (0..n)
        .map(|seed| {
            let [left, right] = [2 * seed, 2 * seed + 1].map(|seed| Gram::of(normals(seed, (20, 30)).view()).unwrap());
            linear_cka(&left, &right, CkaEstimate::Debiased).unwrap()
        })
        .collect();
    let mean = values.iter().sum::<f64>() / n as f64;
    let deviation = (values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / n as f64).sqrt();
    assert!(mean.abs() < 4.0 * deviation / (n as f64).sqrt(), "{mean} ± {}", deviation / (n as f64).sqrt());
}

#[test]
fn everything_drawn_has_the_same_bits_on_one_thread_and_two() {
    let rdms = normals(1, (3, n_pairs(20))).mapv(f64::abs);
    let subjects = normals(2, (6, n_pairs(20))).mapv(f64::abs) + rdms.row(0);
    let geometry =
        |seed| rdm_from_features(normals(seed, (20, 4)).view(), RdmMeasure::SquaredEuclideanPerUnit).unwrap();
    let (truth, rival) = (geometry(3), geometry(4));
    let design = Design { n_subjects: 5, n_stimuli: 20, n_repetitions: 1 };
    let simulation = Simulation { n_units: 10, noise_to_signal: 1.0, own_to_signal: 0.1 };
    let inference = InferenceSettings {
        comparator: Comparator::Pearson,
        n_samples: 20,
        n_relabellings: 19,
        ..InferenceSettings::default()
    };
    let cluster = ClusterTestSettings {
        neighbours: Neighbours::Line,
        forming_p: 0.2,
        alternative: Alternative::TwoSided,
        n_flips: 49,
    };
    let on = |threads| {
        rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap().install(|| {
            let models = [
                RdmModel::Weighted(rdms.clone(), WeightSign::NonNegative),
                RdmModel::Fixed(rdms.row(0).to_owned()),
                RdmModel::Interpolated(rdms.clone()),
            ];
            let settings = PowerSettings { inference: inference.clone(), significance: 0.05, n_experiments: 4 };
            let both = ndarray::stack![Axis(0), truth, rival];
            (
                infer(&models, subjects.view(), &inference, &Rng::new(5)).unwrap(),
                sign_flip_cluster_test(normals(6, (14, 30)).view(), &cluster, &Rng::new(7)).unwrap(),
                power_to_tell_apart((truth.view(), rival.view()), &[design], &simulation, &settings, &Rng::new(8))
                    .unwrap(),
                model_recovery(both.view(), &design, &simulation, Comparator::RhoA, 6, &Rng::new(9)).unwrap(),
            )
        })
    };
    assert_eq!(on(1), on(2));
}

#[test]
fn bad_input_is_an_error_and_never_a_number() {
    let (models, subjects) = (normals(1, (2, n_pairs(20))).mapv(f64::abs), normals(2, (6, n_pairs(20))).mapv(f64::abs));
    let settings = InferenceSettings { n_samples: 20, ..InferenceSettings::default() };
    let refused = |models: &Array2<f64>, subjects: &Array2<f64>| {
        infer(&RdmModel::fixed_rows(models.view()), subjects.view(), &settings, &Rng::new(1)).unwrap_err().to_string()
    };
    let mut broken = subjects.clone();
    broken[[3, 17]] = f64::INFINITY;
    assert!(refused(&models, &broken).contains("row 3, column 17"));
    let mut tied = models.clone();
    tied.row_mut(1).fill(0.5);
    assert!(refused(&tied, &subjects).contains("RDM 1 (counted from 0) is constant"));
    assert!(refused(&models, &subjects.slice(s![.., ..n_pairs(19)]).to_owned()).contains("pairs of stimuli"));
    assert!(refused(&models, &subjects.slice(s![..0, ..]).to_owned()).contains("at least 1"));
}
