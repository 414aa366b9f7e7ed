//! Kriegeskorte et al. (2008): human IT on 92 images, with the figures that rsatoolbox 0.3.2 gives.

use homolog_stats::comparator::{Comparator, compare_rdms};
use homolog_stats::inference::{InferenceSettings, Resampling, ResamplingChange, TestMethod, infer};
use homolog_stats::model::RdmModel;
use homolog_stats::noise_ceiling::{CeilingConvention, noise_ceiling};
use homolog_stats::random::Rng;
use homolog_stats::rdm::{n_pairs, pairs};
use ndarray::{Array1, Array2, Axis};

use crate::{matlab, real_data};

const N: usize = 92;

fn upper_triangle(matrix: &[f64]) -> Array1<f64> {
    pairs(N).map(|(i, j)| matrix[i + N * j]).collect()
}

/// Four subjects, the mean of two sessions each.
fn subjects() -> Array2<f64> {
    let file = matlab::read(&real_data("92images_kriegeskorte2008/92_brainRDMs.mat"));
    let rdms = file["RDMs"].structures();
    assert_eq!(rdms.len(), 8);
    let mut subjects = Array2::zeros((4, n_pairs(N)));
    for (s, mut row) in subjects.rows_mut().into_iter().enumerate() {
        for session in 0..2 {
            row += &(upper_triangle(rdms[s + 4 * session]["RDM"].numbers()) * 0.5);
        }
    }
    subjects
}

fn models() -> Array2<f64> {
    let file = matlab::read(&real_data("92images_kriegeskorte2008/92_modelRDMs.mat"));
    let mut models = Array2::zeros((8, n_pairs(N)));
    for (mut row, model) in models.rows_mut().into_iter().zip(file["Models"].structures()) {
        row.assign(&upper_triangle(model["RDM"].numbers()));
    }
    models
}

#[test]
fn noise_ceilings_are_those_of_rsatoolbox() {
    let subjects = subjects();
    for (comparator, lower, upper) in [
        (Comparator::Cosine, 0.988143, 0.993337),
        (Comparator::Pearson, 0.394410, 0.680413),
        (Comparator::Spearman, 0.372313, 0.665721),
        (Comparator::RhoA, 0.372313, 0.665721),
        (Comparator::TauA, 0.253944, 0.476654),
    ] {
        let found = noise_ceiling(subjects.view(), comparator, CeilingConvention::PooledRdm).unwrap();
        for (found, expected) in [(found.lower, lower), (found.upper, upper)] {
            assert!((found - expected).abs() < 6e-7, "{comparator:?}: {found}, rsatoolbox {expected}");
        }
    }
}

#[test]
fn scores_of_the_eight_models_are_those_of_rsatoolbox() {
    let (models, subjects) = (models(), subjects());
    for (comparator, expected) in [
        (Comparator::Pearson, [0.387142, 0.281614, 0.333537, 0.259091, 0.152076, 0.024999, 0.115889, 0.036525]),
        (Comparator::TauA, [0.223028, 0.136915, 0.200864, 0.166116, 0.10726, 0.017927, 0.064688, 0.025876]),
    ] {
        let found = compare_rdms(models.view(), subjects.view(), comparator).unwrap().sum_axis(Axis(1)) / 4.0;
        for (found, expected) in found.iter().zip(expected) {
            assert!((found - expected).abs() < 6e-6, "{comparator:?}: {found}, rsatoolbox {expected}");
        }
    }
    let animacy =
        |comparator| compare_rdms(models.slice(ndarray::s![..1, ..]), subjects.view(), comparator).unwrap().sum() / 4.0;
    assert!((animacy(Comparator::Spearman) - 0.386).abs() < 6e-4);
    assert!((animacy(Comparator::RhoA) - 0.334).abs() < 6e-4);
}

#[test]
fn four_subjects_leave_the_stimuli_to_be_resampled() {
    let (models, subjects) = (models(), subjects());
    let settings = InferenceSettings {
        comparator: Comparator::RhoA,
        resampling: Resampling::Both,
        n_samples: 200,
        n_relabellings: 199,
        ..InferenceSettings::default()
    };
    let found = infer(&RdmModel::fixed_rows(models.view()), subjects.view(), &settings, &Rng::new(1)).unwrap();
    assert_eq!(found.change, Some(ResamplingChange::TooFewSubjects { found: 4 }));
    // Animacy is related to human IT beyond doubt, and better than the V1 model.
    let against_zero = found.models[0].against_zero.unwrap();
    assert_eq!(found.zero_method, TestMethod::LabelExchange);
    assert_eq!((against_zero.p, against_zero.max_statistic), (1.0 / 200.0, 1.0 / 200.0));
    let by_bootstrap = InferenceSettings { n_relabellings: 0, ..settings };
    let bootstrapped =
        infer(&RdmModel::fixed_rows(models.view()), subjects.view(), &by_bootstrap, &Rng::new(1)).unwrap();
    assert_eq!(bootstrapped.zero_method, TestMethod::BootstrapT);
    assert!(bootstrapped.models[0].against_zero.unwrap().holm < 1e-3);
    let pair = found.pairs.iter().find(|pair| (pair.first, pair.second) == (0, 5)).unwrap();
    assert!(pair.difference > 0.2 && pair.test.holm < 0.01, "{pair:?}");
}
