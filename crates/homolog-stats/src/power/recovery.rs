//! How often the model that made the data is the one that wins.

use ndarray::{Array1, Array2, ArrayView2, Axis, stack};
use rayon::prelude::*;

use super::simulation::{Design, Simulation, check, simulate_experiment};
use crate::StatsError;
use crate::comparator::{Comparator, compare_rdms};
use crate::finite::require_count;
use crate::random::Rng;

/// Shares of experiments, by the model that made them and the model that won.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct ModelRecovery {
    /// (n_models, n_models): rows the model that made the data, columns the model with the greatest mean score; each row sums to 1.
    pub shares: Array2<f64>,
    /// Experiments for each row.
    pub n_experiments: usize,
}

impl ModelRecovery {
    /// The mean of the diagonal: how often the right model wins.
    pub fn accuracy(&self) -> f64 {
        self.shares.diag().sum() / self.shares.nrows() as f64
    }
}

/// The model-recovery matrix: experiments are drawn from each model in turn, and the model with the greatest mean score over subjects wins.
///
/// # Shapes and units
/// - `models`: (n_models, n_pairs), RDMs of squared distances over the same stimuli.
///
/// # Errors
/// As [`simulate_experiment`] and [`compare_rdms`]; [`StatsError::TooFew`] under 2 models or without an experiment.
///
/// # Accuracy and randomness
/// Experiment e of model m draws from stream e of stream m of `rng`: the same bits on any number of threads. Of models with equal scores the first
/// wins.
///
/// # Reference
/// Wilson, Collins (2019). Ten simple rules for the computational modeling of behavioral data. eLife 8:e49547 (model recovery).
pub fn model_recovery(
    models: ArrayView2<'_, f64>,
    design: &Design,
    simulation: &Simulation,
    comparator: Comparator,
    n_experiments: usize,
    rng: &Rng,
) -> Result<ModelRecovery, StatsError> {
    const OPERATION: &str = "a model-recovery matrix";
    require_count(OPERATION, "models", models.nrows(), 2)?;
    require_count(OPERATION, "simulated experiments", n_experiments, 1)?;
    for model in models.rows() {
        check(model, design, simulation)?;
    }
    let winner = |truth: usize, rng: &Rng| -> Result<usize, StatsError> {
        let found = simulate_experiment(models.row(truth), design, simulation, rng)?;
        let drawn: Vec<Array1<f64>> = models.rows().into_iter().map(|m| found.of_model(m)).collect::<Result<_, _>>()?;
        let views: Vec<_> = drawn.iter().map(|model| model.view()).collect();
        let scores =
            compare_rdms(stack(Axis(0), &views).unwrap_or_default().view(), found.subjects.view(), comparator)?;
        let sums = scores.sum_axis(Axis(1));
        Ok((1..sums.len()).fold(0, |best, model| if sums[model] > sums[best] { model } else { best }))
    };
    let mut shares = Array2::zeros((models.nrows(), models.nrows()));
    for (truth, mut row) in shares.rows_mut().into_iter().enumerate() {
        let rng = rng.stream(truth as u64);
        let winners: Vec<usize> = (0..n_experiments as u64)
            .into_par_iter()
            .map(|experiment| winner(truth, &rng.stream(experiment)))
            .collect::<Result<_, _>>()?;
        for model in winners {
            row[model] += 1.0;
        }
        row /= n_experiments as f64;
    }
    Ok(ModelRecovery { shares, n_experiments })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rdm::{RdmMeasure, rdm_from_features};

    fn models() -> Array2<f64> {
        let mut rng = Rng::new(1);
        let rdms: Vec<Array1<f64>> = (0..3)
            .map(|_| {
                let patterns = Array2::from_shape_simple_fn((16, 5), || rng.normal());
                rdm_from_features(patterns.view(), RdmMeasure::SquaredEuclideanPerUnit).unwrap()
            })
            .collect();
        stack(Axis(0), &rdms.iter().map(|rdm| rdm.view()).collect::<Vec<_>>()).unwrap()
    }

    #[test]
    fn little_noise_recovers_every_model_and_much_noise_none() {
        let models = models();
        let design = Design { n_subjects: 6, n_stimuli: 16, n_repetitions: 2 };
        let of = |noise_to_signal, n| {
            let simulation = Simulation { n_units: 60, noise_to_signal, own_to_signal: 0.0 };
            model_recovery(models.view(), &design, &simulation, Comparator::Pearson, n, &Rng::new(2)).unwrap()
        };
        assert_eq!(of(0.5, 20).accuracy(), 1.0);
        let lost = of(1e4, 100);
        // Chance is 1/3; the standard error over 300 experiments is 0.027.
        assert!((lost.accuracy() - 1.0 / 3.0).abs() < 0.11, "{lost:?}");
        assert!(lost.shares.sum_axis(Axis(1)).iter().all(|sum| (sum - 1.0).abs() < 1e-12));
    }

    #[test]
    fn one_model_alone_is_refused() {
        let models = models();
        let design = Design { n_subjects: 6, n_stimuli: 16, n_repetitions: 2 };
        let simulation = Simulation { n_units: 60, noise_to_signal: 1.0, own_to_signal: 0.0 };
        let one = models.slice(ndarray::s![..1, ..]);
        assert!(model_recovery(one, &design, &simulation, Comparator::Pearson, 5, &Rng::new(1)).is_err());
    }
}
