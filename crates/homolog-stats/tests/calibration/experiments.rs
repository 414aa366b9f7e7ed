//! Experiments simulated under a null hypothesis, many times over, and what their tests and intervals then do.
//!
//! Used twice: at a size that takes seconds by the suite, and at a size that shows a percent by the nightly test `calibration`.

use homolog_stats::comparator::Comparator;
use homolog_stats::inference::{
    Alternative, Inference, InferenceSettings, Resampling, infer, label_randomisation_test,
};
use homolog_stats::model::RdmModel;
use homolog_stats::noise_ceiling::{CeilingConvention, noise_ceiling};
use homolog_stats::random::Rng;
use homolog_stats::rdm::{RdmMeasure, n_pairs, rdm_from_features};
use homolog_stats::time::{ClusterTestSettings, Neighbours, sign_flip_cluster_test};
use ndarray::{Array1, Array2, Axis, s, stack};
use rayon::prelude::*;

/// How many experiments, and of what size.
#[derive(Clone, Copy)]
pub(crate) struct Size {
    pub(crate) n_experiments: u64,
    pub(crate) n_subjects: usize,
    pub(crate) n_stimuli: usize,
    pub(crate) n_samples: usize,
    /// For the exact test against 0; 0 for the bootstrap's.
    pub(crate) n_relabellings: usize,
}

fn normals(rng: &mut Rng, shape: (usize, usize)) -> Array2<f64> {
    Array2::from_shape_simple_fn(shape, || rng.normal())
}

fn rdm(patterns: &Array2<f64>) -> Array1<f64> {
    rdm_from_features(patterns.view(), RdmMeasure::SquaredEuclideanPerUnit).expect("patterns that vary")
}

/// New stimuli with three latent properties of kind a, three of kind b and three of kind c; new subjects whose units respond to a and b alike.
///
/// Models are the geometries of a, b and c: a and b are equally right, and c is unrelated.
fn experiment(size: Size, rng: &mut Rng) -> (Array2<f64>, Array2<f64>) {
    const UNITS: usize = 30;
    let n = size.n_stimuli;
    let [a, b, c] = [0; 3].map(|_| normals(rng, (n, 3)));
    let mut subjects = Array2::zeros((size.n_subjects, n_pairs(n)));
    for mut row in subjects.rows_mut() {
        let own = a.dot(&normals(rng, (3, UNITS))) + b.dot(&normals(rng, (3, UNITS)));
        row.assign(&rdm(&(own + 3.0 * normals(rng, (n, UNITS)))));
    }
    (stack![Axis(0), rdm(&a), rdm(&b), rdm(&c)], subjects)
}

/// Inference on all experiments of a size.
pub(crate) fn inferences(size: Size, resampling: Resampling, seed: u64) -> Vec<Inference> {
    let settings = InferenceSettings {
        comparator: Comparator::Pearson,
        resampling,
        n_samples: size.n_samples,
        n_relabellings: size.n_relabellings,
        ..InferenceSettings::default()
    };
    (0..size.n_experiments)
        .into_par_iter()
        .map(|index| {
            let mut rng = Rng::new(seed).stream(index);
            let (models, subjects) = experiment(size, &mut rng);
            infer(&RdmModel::fixed_rows(models.view()), subjects.view(), &settings, &rng.stream(0))
                .expect("an inference")
        })
        .collect()
}

/// Signed-rank tests of two models that the same stimuli favour alike: subjects hold one or the other more, at random.
pub(crate) fn signed_rank_p(size: Size, seed: u64) -> Vec<f64> {
    let mut rng = Rng::new(seed);
    let n = n_pairs(size.n_stimuli);
    let standard = |rdm: Array1<f64>| {
        let centred = &rdm - rdm.sum() / n as f64;
        let length = centred.dot(&centred).sqrt();
        centred / length * (n as f64).sqrt()
    };
    let models = stack![
        Axis(0),
        standard(normals(&mut rng, (1, n)).remove_axis(Axis(0))),
        standard(normals(&mut rng, (1, n)).remove_axis(Axis(0)))
    ];
    let settings = InferenceSettings { comparator: Comparator::Pearson, n_samples: 20, ..InferenceSettings::default() };
    (0..size.n_experiments)
        .map(|index| {
            let mut rng = rng.stream(index);
            let mut subjects = normals(&mut rng, (size.n_subjects, n));
            for mut row in subjects.rows_mut() {
                let (first, second) = (rng.uniform(), rng.uniform());
                row.scaled_add(first, &models.row(0));
                row.scaled_add(second, &models.row(1));
            }
            let found =
                infer(&RdmModel::fixed_rows(models.view()), subjects.view(), &settings, &rng).expect("an inference");
            found.pairs[0].test.p
        })
        .collect()
}

/// Tests by exchange of labels, of a model that is unrelated to the subjects.
pub(crate) fn label_exchange_p(size: Size, seed: u64) -> Vec<f64> {
    (0..size.n_experiments)
        .into_par_iter()
        .map(|index| {
            let mut rng = Rng::new(seed).stream(index);
            let (models, subjects) = experiment(size, &mut rng);
            let unrelated = models.slice(s![2.., ..]);
            let found =
                label_randomisation_test(unrelated, subjects.view(), Comparator::Spearman, size.n_samples, &rng);
            found.expect("a test")[0].p
        })
        .collect()
}

/// The least p of any cluster in smooth noise over time; 1 where there is none.
pub(crate) fn least_cluster_p(size: Size, seed: u64) -> Vec<f64> {
    let settings = ClusterTestSettings {
        neighbours: Neighbours::Line,
        forming_p: 0.05,
        alternative: Alternative::TwoSided,
        n_flips: size.n_samples,
    };
    (0..size.n_experiments)
        .into_par_iter()
        .map(|index| {
            let mut rng = Rng::new(seed).stream(index);
            let rough = normals(&mut rng, (size.n_subjects, 64));
            let smooth = Array2::from_shape_fn((size.n_subjects, 60), |(s, t)| rough.slice(s![s, t..t + 5]).sum());
            let found = sign_flip_cluster_test(smooth.view(), &settings, &rng).expect("a test");
            found.clusters.iter().map(|cluster| cluster.p).fold(1.0, f64::min)
        })
        .collect()
}

/// Means over experiments of the lower ceiling, of the score of the geometry that all subjects share, and of the upper ceiling.
pub(crate) fn mean_ceilings(size: Size, comparator: Comparator, seed: u64) -> [f64; 3] {
    let mut means = [0.0; 3];
    for index in 0..size.n_experiments {
        let mut rng = Rng::new(seed).stream(index);
        let truth = rdm(&normals(&mut rng, (size.n_stimuli, 6)));
        let noise = normals(&mut rng, (size.n_subjects, truth.len()));
        let subjects = noise * 0.7 + &truth;
        let ceiling = noise_ceiling(subjects.view(), comparator, CeilingConvention::PooledRdm).expect("a ceiling");
        let truth = truth.insert_axis(Axis(0));
        let scores =
            homolog_stats::comparator::compare_rdms(truth.view(), subjects.view(), comparator).expect("scores");
        let score = scores.sum() / size.n_subjects as f64;
        for (mean, value) in means.iter_mut().zip([ceiling.lower, score, ceiling.upper]) {
            *mean += value / size.n_experiments as f64;
        }
    }
    means
}
