//! Fitted RDM models against rsatoolbox 0.3.2 (`goldens/rsatoolbox/models`).

use homolog_stats::comparator::{Comparator, WeightSign};
use homolog_stats::inference::{
    BootstrapCorrection, BootstrapEvaluations, Draw, Evaluations, ModelPart, Resampling, score_parts, score_variances,
};
use homolog_stats::model::RdmModel;
use homolog_stats::rdm::n_pairs;
use ndarray::{Array2, Array3, s};
use serde_json::Value;

use crate::golden::{assert_close, golden, numbers, uniform};

const N: usize = 15;
const SUBJECTS: usize = 6;

fn rdms_and_subjects() -> (Array2<f64>, Array2<f64>) {
    let rdms = uniform(131, (4, n_pairs(N)));
    let mut subjects = Array2::zeros((SUBJECTS, n_pairs(N)));
    for (s, mut row) in subjects.rows_mut().into_iter().enumerate() {
        let own = uniform(140 + s as u64, (1, n_pairs(N)));
        row.assign(&(&rdms.row(0) * 0.6 + &rdms.row(1) * 0.3 - &rdms.row(3) * 0.2 + &own.row(0) * 0.8));
    }
    (rdms, subjects)
}

fn model(name: &str, rdms: &Array2<f64>) -> RdmModel {
    match name {
        "weighted" => RdmModel::Weighted(rdms.clone(), WeightSign::Free),
        "non-negative" => RdmModel::Weighted(rdms.clone(), WeightSign::NonNegative),
        "selected" => RdmModel::Selected(rdms.clone()),
        "interpolated" => RdmModel::Interpolated(rdms.clone()),
        _ => RdmModel::Fixed(rdms.row(2).to_owned()),
    }
}

const METHODS: [(&str, Comparator); 6] = [
    ("cosine", Comparator::Cosine),
    ("corr", Comparator::Pearson),
    ("cosine_cov", Comparator::WhitenedCosine),
    ("corr_cov", Comparator::WhitenedPearson),
    ("spearman", Comparator::Spearman),
    ("tau-a", Comparator::TauA),
];

fn comparator(method: &str) -> Comparator {
    METHODS.into_iter().find(|(name, _)| *name == method).expect("a comparator of the golden").1
}

/// Least squares agree to rounding; whitened ones to the 1e-5 of rsatoolbox's conjugate gradients, interpolations to its search's 1e-5.
#[test]
fn fitted_weights_agree_with_rsatoolbox() {
    let golden = golden("rsatoolbox/models");
    let (rdms, subjects) = rdms_and_subjects();
    for (method, fits) in golden["fit"].as_object().expect("fits") {
        for (name, weights) in fits.as_object().expect("models") {
            let ours = model(name, &rdms).fit(subjects.view(), comparator(method)).unwrap();
            let relative = if method.ends_with("_cov") || name == "interpolated" { 1e-4 } else { 1e-9 };
            assert_close(&format!("{method}, {name}"), &ours, &numbers(weights), relative);
        }
    }
}

fn counts(members: std::ops::Range<usize>, n: usize) -> Vec<u32> {
    (0..n).map(|i| u32::from(members.contains(&i))).collect()
}

fn others(counts: &[u32]) -> Vec<u32> {
    counts.iter().map(|count| 1 - count).collect()
}

#[test]
fn cross_validated_scores_agree_with_rsatoolbox_on_the_same_parts() {
    let golden = golden("rsatoolbox/models");
    let (rdms, subjects) = rdms_and_subjects();
    let mut parts = Vec::new();
    for of_subjects in [0..3, 3..6] {
        for of_stimuli in [0..5, 5..10, 10..15] {
            let test = Draw { subjects: counts(of_subjects.clone(), SUBJECTS), stimuli: counts(of_stimuli, N) };
            let train = Draw { subjects: others(&test.subjects), stimuli: others(&test.stimuli) };
            parts.push(ModelPart { train, test });
        }
    }
    for (method, scores) in golden["crossval"].as_object().expect("scores") {
        for (name, expected) in scores.as_object().expect("models") {
            let ours = score_parts(&[model(name, &rdms)], subjects.view(), comparator(method), &parts).unwrap();
            // rsatoolbox's search stops within 1e-5 of the best mixture of the training part.
            let relative = if name == "interpolated" { 1e-5 } else { 1e-9 };
            assert_close(&format!("{method}, {name}"), &ours.scores, &numbers(expected), relative);
        }
    }
}

fn part(recorded: &Value) -> ModelPart {
    let counts = |at: usize| numbers(&recorded[at]).into_iter().map(|count| count as u32).collect();
    ModelPart {
        train: Draw { subjects: counts(0), stimuli: counts(1) },
        test: Draw { subjects: counts(2), stimuli: counts(3) },
    }
}

#[test]
fn two_factor_bootstrap_of_fitted_models_agrees_with_rsatoolbox_on_the_same_parts() {
    let golden = golden("rsatoolbox/models");
    let (rdms, subjects) = rdms_and_subjects();
    let models = [model("weighted", &rdms), model("fixed", &rdms)];
    for (method, found) in golden["bootstrap"].as_object().expect("bootstraps") {
        let expected = found["evaluations"].as_array().expect("samples");
        let mut divisions: Vec<Array3<f64>> = vec![Array3::zeros((expected.len(), 2, 4)); 3];
        let mut recorded = found["parts"].as_array().expect("parts").iter();
        for (sample, expected) in expected.iter().enumerate() {
            for division in 0..2 {
                for (kind, divisions) in divisions.iter_mut().enumerate() {
                    let parts: Vec<ModelPart> =
                        recorded.next().and_then(Value::as_array).expect("parts").iter().map(part).collect();
                    let ours = score_parts(&models, subjects.view(), comparator(method), &parts).unwrap();
                    let name = format!("{method}, sample {sample}, division {division}, kind {kind}");
                    assert_close(&name, &ours.scores, &numbers(&expected[division][kind]), 1e-8);
                    let (lower, upper) = ours.mean_ceiling();
                    let row = ndarray::Array1::from_iter(ours.means().into_iter().chain([lower, upper]));
                    divisions.slice_mut(s![sample, division, ..]).assign(&row);
                }
            }
        }
        let [both, subjects_alone, stimuli_alone] =
            [0, 1, 2].map(|kind| Some(Evaluations::of_divisions(divisions[kind].view()).unwrap()));
        let evaluations = BootstrapEvaluations { both, subjects: subjects_alone, stimuli: stimuli_alone };
        let variances =
            score_variances(&evaluations, Resampling::Both, (SUBJECTS, N), BootstrapCorrection::Rsatoolbox).unwrap();
        assert_close(method, &variances.models, &numbers(&found["model_var"]), 1e-8);
        assert_close(method, &[variances.differences[[0, 1]]], &numbers(&found["diff_var"]), 1e-8);
    }
}
