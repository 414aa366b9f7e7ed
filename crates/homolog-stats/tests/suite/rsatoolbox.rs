//! rsatoolbox 0.3.2 on fixed inputs (`goldens/rsatoolbox`, each with the script that made it).

use homolog_stats::comparator::{Comparator, compare_rdms};
use homolog_stats::inference::{BootstrapCorrection, Draw, Resampling, evaluate_draws, score_variances};
use homolog_stats::noise_ceiling::{CeilingConvention, noise_ceiling};
use homolog_stats::rdm::{
    NoiseCovariance, NoiseEstimate, Observations, PartialRdm, PartialWeighting, RatePrior, RdmMeasure, RdmTransform,
    cross_validated_poisson_divergence_per_unit, crossnobis, crossnobis_noise_per_fold, join_partial_rdms, n_pairs,
    poisson_divergence_per_unit, rdm_from_features, squared_mahalanobis_per_unit, transform_rdm,
};
use ndarray::{Array1, Array2, Axis, concatenate, stack};

use crate::golden::{assert_close, golden, numbers, uniform};

const N: usize = 7;
const UNITS: usize = 9;
const FOLDS: usize = 3;

fn patterns() -> Array2<f64> {
    uniform(1, (N, UNITS))
}

fn residuals() -> Array2<f64> {
    uniform(2, (20, UNITS)) - 0.5
}

/// Responses with condition and fold labels: every condition once in each fold.
fn observed() -> (Array2<f64>, Vec<usize>, Vec<usize>) {
    let tiled = concatenate![Axis(0), patterns(), patterns(), patterns()];
    let responses = tiled + 0.5 * uniform(4, (FOLDS * N, UNITS));
    let conditions = (0..FOLDS * N).map(|i| i % N).collect();
    (responses, conditions, (0..FOLDS * N).map(|i| i / N).collect())
}

#[test]
fn rdm_measures_agree_with_rsatoolbox() {
    let golden = golden("rsatoolbox/rdm");
    let check = |name: &str, ours: Array1<f64>| assert_close(name, &ours, &numbers(&golden["rdm"][name]), 1e-10);
    let features = patterns();
    for measure in [RdmMeasure::PearsonDistance, RdmMeasure::SquaredEuclideanPerUnit] {
        check(measure.name(), rdm_from_features(features.view(), measure).unwrap());
    }
    let noise = NoiseCovariance::from_residuals(residuals().view(), NoiseEstimate::ShrinkToDiagonal, None).unwrap();
    check("mahalanobis", squared_mahalanobis_per_unit(features.view(), &noise).unwrap());
    let counts = features.mapv(|value| (10.0 * value).floor());
    check("poisson", poisson_divergence_per_unit(counts.view(), RatePrior::default()).unwrap());
}

#[test]
fn cross_validated_rdms_agree_with_rsatoolbox() {
    let golden = golden("rsatoolbox/rdm");
    let check = |name: &str, ours: Array1<f64>| assert_close(name, &ours, &numbers(&golden["rdm"][name]), 1e-9);
    let (responses, conditions, folds) = observed();
    let observations =
        Observations { responses: responses.view(), conditions: &conditions, folds: &folds, n_conditions: N };
    let noise = NoiseCovariance::from_residuals(residuals().view(), NoiseEstimate::ShrinkToDiagonal, None).unwrap();
    check("crossnobis", crossnobis(&observations, None).unwrap());
    check("crossnobis whitened", crossnobis(&observations, Some(&noise)).unwrap());
    let covariances: Vec<Array2<f64>> = (0..FOLDS as u64)
        .map(|fold| {
            let residuals = uniform(50 + fold, (20, UNITS)) - 0.5;
            NoiseCovariance::from_residuals(residuals.view(), NoiseEstimate::ShrinkToDiagonal, None)
                .unwrap()
                .to_matrix()
        })
        .collect();
    let views: Vec<_> = covariances.iter().map(|covariance| covariance.view()).collect();
    check("crossnobis noise per fold", crossnobis_noise_per_fold(&observations, &views).unwrap());
    let counts = responses.mapv(|value| (10.0 * value).floor());
    let counted = Observations { responses: counts.view(), ..observations };
    check(
        "poisson cross-validated",
        cross_validated_poisson_divergence_per_unit(&counted, RatePrior::default()).unwrap(),
    );
}

#[test]
fn unbalanced_crossnobis_agrees_with_rsatoolbox() {
    let golden = golden("rsatoolbox/rdm");
    let (responses, conditions, folds) = observed();
    let kept: Vec<usize> = (0..FOLDS * N).filter(|i| ![N + 2, 3, 2 * N + 5].contains(i)).collect();
    let responses = responses.select(Axis(0), &kept);
    let conditions: Vec<usize> = kept.iter().map(|&i| conditions[i]).collect();
    let folds: Vec<usize> = kept.iter().map(|&i| folds[i]).collect();
    let observations =
        Observations { responses: responses.view(), conditions: &conditions, folds: &folds, n_conditions: N };
    let ours = crossnobis(&observations, None).unwrap();
    assert_close("unbalanced", &ours, &numbers(&golden["rdm"]["crossnobis unbalanced"]), 1e-9);
}

#[test]
fn noise_covariances_agree_with_rsatoolbox() {
    let golden = golden("rsatoolbox/rdm");
    for (suffix, residuals) in [("", residuals()), (" of few", uniform(3, (6, UNITS)) - 0.5)] {
        for (name, estimate) in [
            ("shrinkage_diag", NoiseEstimate::ShrinkToDiagonal),
            ("shrinkage_eye", NoiseEstimate::ShrinkToIdentity),
            ("diag", NoiseEstimate::Diagonal),
            ("full", NoiseEstimate::Full),
        ] {
            let ours = NoiseCovariance::from_residuals(residuals.view(), estimate, None).unwrap().to_matrix();
            let name = format!("{name}{suffix}");
            assert_close(&name, &ours, &numbers(&golden["noise"][&name]), 1e-10);
        }
    }
    let with = NoiseCovariance::from_residuals(residuals().view(), NoiseEstimate::ShrinkToDiagonal, Some(15)).unwrap();
    let name = "shrinkage_diag with 15 degrees of freedom";
    assert_close(name, &with.to_matrix(), &numbers(&golden["noise"][name]), 1e-10);
}

#[test]
fn transforms_agree_with_rsatoolbox() {
    let golden = golden("rsatoolbox/rdm");
    let rdm = (uniform(5, (1, n_pairs(N))) - 0.2).remove_axis(Axis(0));
    for (name, transform) in [
        ("rank", RdmTransform::Rank),
        ("sqrt", RdmTransform::SquareRoot),
        ("positive", RdmTransform::Positive),
        ("minmax", RdmTransform::MinMax),
        ("geotopological", RdmTransform::GeoTopological { low: 0.2, high: 0.7 }),
        ("geodesic", RdmTransform::Geodesic),
    ] {
        // rsatoolbox compares scaled values with the bounds again, which matters unless the bounds are above 1.
        let rdm = if name == "geotopological" { &rdm * 10.0 + 3.0 } else { rdm.clone() };
        let ours = transform_rdm(rdm.view(), transform).unwrap();
        assert_close(name, &ours, &numbers(&golden["transform"][name]), 1e-12);
    }
}

#[test]
fn joined_partial_rdms_agree_with_rsatoolbox() {
    let golden = golden("rsatoolbox/rdm");
    let sets: Vec<Vec<usize>> = golden["join"]["sets"]
        .as_array()
        .unwrap()
        .iter()
        .map(|set| numbers(set).iter().map(|&stimulus| stimulus as usize).collect())
        .collect();
    let rdms: Vec<Array1<f64>> = sets
        .iter()
        .enumerate()
        .map(|(k, set)| uniform(60 + k as u64, (1, n_pairs(set.len()))).remove_axis(Axis(0)))
        .collect();
    let partials: Vec<PartialRdm<'_>> =
        sets.iter().zip(&rdms).map(|(stimuli, rdm)| PartialRdm { stimuli, rdm: rdm.view() }).collect();
    for (name, weighting) in [
        ("evidence", PartialWeighting::Evidence),
        ("setsize", PartialWeighting::SetSize),
        ("simple", PartialWeighting::Equal),
    ] {
        let ours = join_partial_rdms(&partials, N, weighting, 1e-22).unwrap();
        assert_close(name, &ours.rdm, &numbers(&golden["join"][name]), 1e-9);
    }
}

pub(crate) fn euclidean_rdm(seed: u64, units: usize) -> Array1<f64> {
    let patterns = uniform(seed, (14, units));
    rdm_from_features(patterns.view(), RdmMeasure::SquaredEuclideanPerUnit).unwrap() * units as f64
}

/// The models and subjects of `goldens/rsatoolbox/compare/make.py`; the second model is full of ties.
pub(crate) fn models_and_subjects() -> (Array2<f64>, Array2<f64>) {
    let category: Array1<f64> =
        homolog_stats::rdm::pairs(14).map(|(i, j)| f64::from(u8::from(i % 3 != j % 3))).collect();
    let (first, third) = (euclidean_rdm(11, 6), euclidean_rdm(12, 20));
    let subjects: Vec<Array1<f64>> = (0..5).map(|s| &first * 0.3 + euclidean_rdm(20 + s, 8)).collect();
    let views: Vec<_> = subjects.iter().map(|subject| subject.view()).collect();
    (stack![Axis(0), first, category, third], stack(Axis(0), &views).unwrap())
}

const COMPARATORS: [(&str, Comparator); 8] = [
    ("cosine", Comparator::Cosine),
    ("corr", Comparator::Pearson),
    ("spearman", Comparator::Spearman),
    ("rho-a", Comparator::RhoA),
    ("tau-a", Comparator::TauA),
    ("tau-b", Comparator::TauB),
    ("cosine_cov", Comparator::WhitenedCosine),
    ("corr_cov", Comparator::WhitenedPearson),
];

#[test]
fn comparators_agree_with_rsatoolbox() {
    let golden = golden("rsatoolbox/compare");
    let (models, subjects) = models_and_subjects();
    for (name, comparator) in COMPARATORS {
        let ours = compare_rdms(models.view(), subjects.view(), comparator).unwrap();
        assert_close(name, &ours, &numbers(&golden["compare"][name]), 1e-10);
    }
}

#[test]
fn noise_ceilings_agree_with_rsatoolbox() {
    let golden = golden("rsatoolbox/compare");
    let (_, subjects) = models_and_subjects();
    for (name, comparator) in COMPARATORS {
        let ours = noise_ceiling(subjects.view(), comparator, CeilingConvention::PooledRdm).unwrap();
        assert_close(name, &[ours.lower, ours.upper], &numbers(&golden["ceiling"][name]), 1e-10);
    }
}

#[test]
fn bootstrap_evaluations_and_variances_agree_with_rsatoolbox_on_the_same_draws() {
    const STIMULI: usize = 12;
    const SUBJECTS: usize = 6;
    let golden = golden("rsatoolbox/bootstrap");
    let truth = uniform(31, (3, n_pairs(STIMULI)));
    let mut models = truth.clone();
    models.row_mut(1).mapv_inplace(|value| (4.0 * value).floor());
    let subjects: Vec<Array1<f64>> = (0..SUBJECTS as u64)
        .map(|s| {
            &truth.row(0)
                + &(&truth.row(1) * 0.4)
                + &(uniform(40 + s, (1, n_pairs(STIMULI))).remove_axis(Axis(0)) * 1.5)
        })
        .collect();
    let views: Vec<_> = subjects.iter().map(|subject| subject.view()).collect();
    let subjects = stack(Axis(0), &views).unwrap();
    let counts = |seed: u64, n: usize| {
        let mut counts = vec![0; n];
        for &drawn in &uniform(seed, (1, n)) {
            counts[(drawn * n as f64) as usize] += 1;
        }
        counts
    };
    let draws: Vec<Draw> =
        (0..8).map(|i| Draw { subjects: counts(100 + i, SUBJECTS), stimuli: counts(200 + i, STIMULI) }).collect();
    for (name, comparator) in COMPARATORS {
        let golden = &golden["results"][name];
        let ours = evaluate_draws(models.view(), subjects.view(), comparator, &draws, Resampling::Both).unwrap();
        for (kind, evaluations) in [("both", &ours.both), ("subjects", &ours.subjects), ("stimuli", &ours.stimuli)] {
            let values = &evaluations.as_ref().unwrap().values;
            assert_close(&format!("{name}, {kind}"), values, &numbers(&golden[kind]), 1e-9);
        }
        let variances =
            score_variances(&ours, Resampling::Both, (SUBJECTS, STIMULI), BootstrapCorrection::Rsatoolbox).unwrap();
        assert_close(name, &variances.models, &numbers(&golden["model_var"]), 1e-8);
        let differences = [(0, 1), (0, 2), (1, 2)].map(|pair| variances.differences[pair]);
        assert_close(name, &differences, &numbers(&golden["diff_var"]), 1e-8);
        let ceilings: Vec<f64> = variances
            .from_lower_ceiling
            .iter()
            .zip(&variances.from_upper_ceiling)
            .flat_map(|(lower, upper)| [*lower, *upper])
            .collect();
        assert_close(name, &ceilings, &numbers(&golden["noise_ceil_var"]), 1e-8);
    }
}
