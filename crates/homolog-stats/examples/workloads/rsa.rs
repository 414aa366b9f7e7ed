//! Representational similarity.

use std::path::Path;

use homolog_stats::comparator::{Comparator, compare_rdms};
use homolog_stats::inference::{InferenceSettings, Resampling, infer};
use homolog_stats::model::RdmModel;
use homolog_stats::noise_ceiling::{CeilingConvention, noise_ceiling};
use homolog_stats::random::Rng;
use homolog_stats::rdm::{Observations, RdmMeasure, crossnobis, n_pairs, rdm_from_features};
use ndarray::{Array2, Array3, Array4, Axis, stack};
use rayon::prelude::*;
use serde_json::{Value, json};

use crate::{Failure, timed};

pub(crate) const WORKLOADS: [&str; 12] = [
    "rdm_correlation",
    "rdm_euclidean",
    "rdm_crossnobis",
    "compare_corr",
    "compare_spearman",
    "compare_tau_a",
    "compare_cosine_cov",
    "noise_ceiling",
    "bootstrap_corr",
    "bootstrap_rho_a",
    "bootstrap_tau_a",
    "bootstrap_cosine_cov",
];

pub(crate) fn run(name: &str, folder: &Path) -> Result<(f64, Value), Failure> {
    match name {
        "rdm_correlation" => rdm(folder, RdmMeasure::PearsonDistance),
        "rdm_euclidean" => rdm(folder, RdmMeasure::SquaredEuclideanPerUnit),
        "rdm_crossnobis" => {
            let subjects = subjects(folder)?;
            let (seconds, rdms) = timed(7, || crossnobis_rdms(&subjects))?;
            let first: Vec<f64> = rdms.row(0).iter().take(3).copied().collect();
            Ok((seconds, json!({"mean": rdms.mean(), "first": first})))
        }
        "noise_ceiling" => {
            let subjects = crossnobis_rdms(&subjects(folder)?)?;
            let comparators = ["corr", "cosine", "spearman", "tau-a", "rho-a"];
            let (seconds, ceilings) = timed(7, || {
                let of = |name: &str| {
                    let found = noise_ceiling(subjects.view(), name.parse()?, CeilingConvention::PooledRdm)?;
                    Ok::<_, Failure>((name.to_owned(), json!([found.lower, found.upper])))
                };
                comparators.into_iter().map(of).collect::<Result<serde_json::Map<_, _>, _>>()
            })?;
            Ok((seconds, Value::Object(ceilings)))
        }
        _ => {
            let comparator = match name {
                "compare_spearman" => Comparator::Spearman,
                "compare_cosine_cov" | "bootstrap_cosine_cov" => Comparator::WhitenedCosine,
                "bootstrap_rho_a" => Comparator::RhoA,
                "compare_tau_a" | "bootstrap_tau_a" => Comparator::TauA,
                _ => Comparator::Pearson,
            };
            let (models, subjects) = (model_rdms(folder)?, crossnobis_rdms(&subjects(folder)?)?);
            if name.starts_with("compare") {
                let (seconds, scores) = timed(7, || Ok(compare_rdms(models.view(), subjects.view(), comparator)?))?;
                return Ok((seconds, json!({"mean_per_model": scores.mean_axis(Axis(1)).map(|means| means.to_vec())})));
            }
            let n_samples = match name {
                "bootstrap_corr" | "bootstrap_rho_a" => 1000,
                _ => 100,
            };
            let settings = InferenceSettings {
                comparator,
                resampling: Resampling::Both,
                n_samples,
                ..InferenceSettings::default()
            };
            let models = RdmModel::fixed_rows(models.view());
            let (seconds, found) = timed(3, || Ok(infer(&models, subjects.view(), &settings, &Rng::new(1))?))?;
            let means: Vec<_> = found.models.iter().map(|model| model.bootstrap_mean).collect();
            let errors: Vec<_> = found.models.iter().map(|model| model.standard_error).collect();
            Ok((seconds, json!({"N": n_samples, "means": means, "sem": errors, "noise_ceiling": found.ceiling})))
        }
    }
}

fn rdm(folder: &Path, measure: RdmMeasure) -> Result<(f64, Value), Failure> {
    let features: Array2<f32> = ndarray_npy::read_npy(folder.join("layer.npy"))?;
    let (seconds, rdm) = timed(5, || Ok(rdm_from_features(features.view(), measure)?))?;
    let first: Vec<f64> = rdm.iter().take(3).copied().collect();
    Ok((seconds, json!({"n": rdm.len(), "mean": rdm.mean(), "first": first})))
}

/// (subject, run, condition, voxel).
fn subjects(folder: &Path) -> Result<Array4<f64>, Failure> {
    let subjects: Array4<f32> = ndarray_npy::read_npy(folder.join("subjects.npy"))?;
    Ok(subjects.mapv(f64::from))
}

fn crossnobis_rdms(subjects: &Array4<f64>) -> Result<Array2<f64>, Failure> {
    let (n_subjects, n_runs, n_conditions, n_units) = subjects.dim();
    let conditions: Vec<usize> = (0..n_runs * n_conditions).map(|i| i % n_conditions).collect();
    let folds: Vec<usize> = (0..n_runs * n_conditions).map(|i| i / n_conditions).collect();
    let of = |subject: usize| {
        let responses = subjects.index_axis(Axis(0), subject);
        let responses = responses.to_shape((n_runs * n_conditions, n_units)).map_err(|error| error.to_string())?;
        let observations =
            Observations { responses: responses.view(), conditions: &conditions, folds: &folds, n_conditions };
        crossnobis(&observations, None).map_err(|error| error.to_string())
    };
    let rdms = (0..n_subjects).into_par_iter().map(of).collect::<Result<Vec<_>, String>>()?;
    let mut all = Array2::zeros((n_subjects, n_pairs(n_conditions)));
    for (mut row, rdm) in all.rows_mut().into_iter().zip(&rdms) {
        row.assign(rdm);
    }
    Ok(all)
}

fn model_rdms(folder: &Path) -> Result<Array2<f64>, Failure> {
    let models: Array3<f32> = ndarray_npy::read_npy(folder.join("models.npy"))?;
    let rdms = models
        .axis_iter(Axis(0))
        .map(|patterns| rdm_from_features(patterns, RdmMeasure::SquaredEuclideanPerUnit))
        .collect::<Result<Vec<_>, _>>()?;
    let views: Vec<_> = rdms.iter().map(|rdm| rdm.view()).collect();
    Ok(stack(Axis(0), &views)?)
}
