//! Ridge regression in himalaya's forms, and principal components.

use std::path::Path;

use homolog_stats::encoding::PredictionScore;
use homolog_stats::mapping::banded::{BandWeights, BandedRidgeOptions, PreparedBandedRidge};
use homolog_stats::mapping::kernel_ridge::PreparedKernelRidge;
use homolog_stats::mapping::ridge::{PenaltyChoice, PenaltyGrid, PenaltyScope, PreparedRidge, RidgeOptions};
use homolog_stats::mapping::{Intercept, Kernel, Predictors};
use homolog_stats::principal_components::PrincipalComponents;
use homolog_stats::splits::Split;
use ndarray::{Array2, ArrayView2, Axis, s};
use serde_json::{Value, json};

use crate::{Failure, timed};

pub(crate) const WORKLOADS: [&str; 4] = ["ridge_cv", "kernel_ridge_cv", "banded_ridge", "pca1000"];

/// Stimuli that the peers fit to; the rest are tested.
const N_TRAIN: usize = 2700;

pub(crate) fn run(name: &str, folder: &Path) -> Result<(f64, Value), Failure> {
    if name == "pca1000" {
        let features: Array2<f32> = ndarray_npy::read_npy(folder.join("pca_x.npy"))?;
        let (seconds, found) = timed(1, || Ok(PrincipalComponents::of(features.view(), 1000)?))?;
        let first: Vec<f64> = found.shares.iter().take(3).copied().collect();
        return Ok((seconds, json!({"sum": found.shares.sum(), "first": first})));
    }
    let features: Array2<f32> = ndarray_npy::read_npy(folder.join("ridge_x.npy"))?;
    let targets: Array2<f32> = ndarray_npy::read_npy(folder.join("ridge_y.npy"))?;
    let split = Split { train: (0..N_TRAIN).collect(), test: (N_TRAIN..features.nrows()).collect() };
    let penalties = PenaltyGrid::Logarithmic { first: -1.0, last: 5.0, count: 20 }.values()?;
    let ridge = || RidgeOptions {
        penalties: penalties.clone(),
        choice: PenaltyChoice::HIMALAYA,
        scope: PenaltyScope::EachTarget,
    };
    let (seconds, (scores, chosen)) = timed(1, || {
        let features = features.mapv(f64::from);
        let n_targets = if name == "banded_ridge" { 2000 } else { targets.ncols() };
        let targets = targets.slice(s![.., ..n_targets]).mapv(f64::from);
        let tested = |predicted: &Array2<f64>, targets: ArrayView2<'_, f64>| scores(predicted, targets, &split);
        match name {
            "ridge_cv" => {
                let predictors = Predictors::from_features(features.view())?;
                let found = PreparedRidge::new(&predictors, targets.view())?.predict(&split, &ridge())?;
                Ok((tested(&found.predicted, targets.view())?, found.penalties))
            }
            "kernel_ridge_cv" => {
                let predictors = Predictors::from_features(features.view())?;
                let prepared = PreparedKernelRidge::new(&predictors, targets.view(), Kernel::Linear, Intercept::None)?;
                let found = prepared.predict(&split, &ridge())?;
                Ok((tested(&found.predicted, targets.view())?, found.penalties))
            }
            _ => {
                let bands = [s![.., ..500], s![.., 500..1200], s![.., 1200..]];
                let bands = bands.map(|columns| Predictors::from_features(features.slice(columns)));
                let predictors = Predictors::from_bands(bands.into_iter().collect::<Result<_, _>>()?)?;
                let options = BandedRidgeOptions {
                    kernels: vec![Kernel::Linear],
                    weights: BandWeights::random(20, 0),
                    penalties: penalties.clone(),
                    choice: PenaltyChoice::HIMALAYA,
                    intercept: Intercept::None,
                    n_refinements: 0,
                };
                let prepared = PreparedBandedRidge::new(&predictors, targets.view(), &options.kernels)?;
                let found = prepared.predict(&split, &options)?;
                Ok((tested(&found.predicted, targets.view())?, found.penalties))
            }
        }
    })?;
    let n_targets = scores.len() as f64;
    let logarithms: f64 = chosen.iter().map(|penalty| penalty.ln()).sum();
    let first: Vec<f64> = scores.iter().take(3).copied().collect();
    let mean = scores.iter().sum::<f64>() / n_targets;
    Ok((seconds, json!({"mean_r2": mean, "first": first, "alpha_geomean": (logarithms / n_targets).exp()})))
}

/// R² of each target over the test part.
fn scores(predicted: &Array2<f64>, targets: ArrayView2<'_, f64>, split: &Split) -> Result<Vec<f64>, Failure> {
    let observed = targets.select(Axis(0), &split.test);
    let columns = predicted.columns().into_iter().zip(observed.columns());
    let score = columns.map(|(guess, seen)| PredictionScore::R2.of(&guess.to_vec(), &seen.to_vec()));
    Ok(score.collect::<Option<Vec<f64>>>().ok_or("a target is constant over the test part")?)
}
