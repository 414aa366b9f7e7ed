//! Encoding models.

use std::path::Path;

use homolog_stats::encoding::{EncodingProtocol, MissingTargets, PredictionScore, UndefinedScores, encode};
use homolog_stats::mapping::pls::PlsOptions;
use homolog_stats::mapping::{Mapping, Predictors};
use homolog_stats::splits::Split;
use ndarray::{Array1, Array2};
use serde_json::{Value, json};

use crate::{Failure, timed};

pub(crate) const WORKLOADS: [&str; 4] = ["pls25", "pls25_fast", "pls25_wide_one_split", "pls25_wide"];

pub(crate) fn run(name: &str, folder: &Path) -> Result<(f64, Value), Failure> {
    // The fast one is the peer's: ours is the same computation.
    let (prefix, n_splits, runs) = match name {
        "pls25_wide_one_split" => ("pls_wide", 1, 1),
        "pls25_wide" => ("pls_wide", 10, 1),
        _ => ("pls", 10, 3),
    };
    let features: Array2<f32> = ndarray_npy::read_npy(folder.join(format!("{prefix}_x.npy")))?;
    let targets: Array2<f32> = ndarray_npy::read_npy(folder.join(format!("{prefix}_y.npy")))?;
    let protocol = EncodingProtocol {
        mapping: Mapping::Pls(PlsOptions::BRAIN_SCORE),
        splits: splits(folder, targets.nrows(), n_splits)?,
        score: PredictionScore::Pearson,
        missing: MissingTargets::Refuse,
        undefined: UndefinedScores::Refuse,
    };
    let (seconds, found) = timed(runs, || {
        let predictors = Predictors::from_features(features.view())?;
        Ok(encode(&predictors, targets.mapv(f64::from).view(), &protocol)?)
    })?;
    // The peer is run on one wide split and its time multiplied: the values are then of that split.
    let of_units: Vec<f64> = match name {
        "pls25_wide" => found.scores.row(0).to_vec(),
        _ => found.of_units().into_iter().flatten().collect(),
    };
    let first: Vec<f64> = of_units.iter().take(3).copied().collect();
    Ok((seconds, json!({"median_r": median(of_units), "first": first})))
}

/// The first `n_splits` of the peer's divisions: its generator is NumPy's newer one, so the fold of each stimulus comes as a file, which
/// `cargo xtask peers` makes.
fn splits(folder: &Path, n_stimuli: usize, n_splits: i64) -> Result<Vec<Split>, Failure> {
    let fold_of: Array1<i64> = ndarray_npy::read_npy(folder.join(format!("folds_{n_stimuli}.npy")))?;
    let positions = |is_in: &dyn Fn(i64) -> bool| {
        let chosen = fold_of.iter().enumerate().filter(|(_, fold)| is_in(**fold));
        chosen.map(|(position, _)| position).collect::<Vec<_>>()
    };
    let split = |fold: i64| Split { train: positions(&|other| other != fold), test: positions(&|other| other == fold) };
    Ok((0..n_splits).map(split).collect())
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    if values.len() % 2 == 1 { values[middle] } else { (values[middle - 1] + values[middle]) / 2.0 }
}
