//! The power of designs.

use ndarray::{ArrayView1, Axis, stack};
use rayon::prelude::*;

use super::simulation::{Design, Simulation, check, simulate_experiment};
use crate::StatsError;
use crate::finite::{require_count, require_same_length};
use crate::inference::{InferenceSettings, infer};
use crate::model::RdmModel;
use crate::random::Rng;

const OPERATION: &str = "the power to tell two models apart";

/// How each simulated experiment is analysed.
#[derive(Debug, Clone, PartialEq)]
pub struct PowerSettings {
    /// As the real experiment will be.
    pub inference: InferenceSettings,
    /// Models count as told apart when p is at most this: 0.05 is usual.
    pub significance: f64,
    /// Simulated experiments for each design: the standard error of a power of 0.8 is 0.04 with 100.
    pub n_experiments: usize,
}

/// The power of one design.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct DesignPower {
    /// The design.
    pub design: Design,
    /// Share of experiments in which the true model is significantly better.
    pub power: f64,
    /// Standard error of the power, from the number of simulated experiments.
    pub standard_error: f64,
    /// Share of experiments in which the other model is significantly better.
    pub wrong: f64,
    /// Mean over experiments of the true model's score less the other's.
    pub mean_difference: f64,
}

/// How often designs tell a true model from a rival.
///
/// Experiments are drawn from the true model and analysed by [`infer`], two-sided.
///
/// # Shapes and units
/// - `truth`, `rival`: (n_pairs), RDMs over the same stimuli, the truth of squared distances; returns one entry for each design.
///
/// # Errors
/// - As [`simulate_experiment`] and [`infer`]; [`StatsError::TooFew`] without a design or an experiment; [`StatsError::OutOfRange`] for a significance
///   that is not between 0 and 1.
/// - [`StatsError::Unsupported`] for a design of so few subjects and stimuli that there is no test between models.
///
/// # Accuracy and randomness
/// Experiment e of design d draws from stream e of stream d of `rng`: the same bits on any number of threads.
///
/// # Reference
/// Schütt et al. (2023). Statistical inference on representational geometries. eLife 12:e82566 (model discriminability by subjects, stimuli and
/// repetitions).
pub fn power_to_tell_apart(
    (truth, rival): (ArrayView1<'_, f64>, ArrayView1<'_, f64>),
    designs: &[Design],
    simulation: &Simulation,
    settings: &PowerSettings,
    rng: &Rng,
) -> Result<Vec<DesignPower>, StatsError> {
    require_count(OPERATION, "designs", designs.len(), 1)?;
    require_count(OPERATION, "simulated experiments", settings.n_experiments, 1)?;
    let pairs = (("the true model", truth.len()), ("its rival", rival.len()));
    require_same_length(OPERATION, "pairs of stimuli", pairs.0, pairs.1)?;
    if !(settings.significance > 0.0 && settings.significance < 1.0) {
        return Err(StatsError::OutOfRange {
            operation: OPERATION,
            parameter: "the significance",
            value: settings.significance,
            allowed: "between 0 and 1",
        });
    }
    for design in designs {
        check(truth, design, simulation)?;
    }
    let experiment = |design: &Design, rng: &Rng| -> Result<(f64, f64), StatsError> {
        let found = simulate_experiment(truth, design, simulation, rng)?;
        let (first, second) = (found.of_model(truth)?, found.of_model(rival)?);
        let models = RdmModel::fixed_rows(stack![Axis(0), first, second].view());
        let inference = infer(&models, found.subjects.view(), &settings.inference, &rng.stream(u64::MAX))?;
        let pair = inference.pairs.first().ok_or(StatsError::Unsupported {
            operation: OPERATION,
            choice: "a design of so few subjects and stimuli",
            reason: "there is no test between models",
            instead: "Give at least 5 subjects or 20 stimuli",
        })?;
        Ok((pair.difference, pair.test.p))
    };
    designs
        .iter()
        .enumerate()
        .map(|(at, design)| {
            let rng = rng.stream(at as u64);
            let found: Vec<(f64, f64)> = (0..settings.n_experiments as u64)
                .into_par_iter()
                .map(|index| experiment(design, &rng.stream(index)))
                .collect::<Result<_, _>>()?;
            let n = found.len() as f64;
            let share = |right: bool| {
                let is_told =
                    |(difference, p): &&(f64, f64)| *p <= settings.significance && (*difference > 0.0) == right;
                found.iter().filter(is_told).count() as f64 / n
            };
            let power = share(true);
            Ok(DesignPower {
                design: *design,
                power,
                standard_error: (power * (1.0 - power) / n).sqrt(),
                wrong: share(false),
                mean_difference: found.iter().map(|(difference, _)| difference).sum::<f64>() / n,
            })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::comparator::Comparator;
    use crate::inference::Resampling;
    use crate::rdm::{RdmMeasure, rdm_from_features};
    use ndarray::{Array1, Array2};

    /// Two geometries that share half of their features.
    fn models(n: usize) -> (Array1<f64>, Array1<f64>) {
        let mut rng = Rng::new(1);
        let features = Array2::from_shape_simple_fn((n, 6), || rng.normal());
        let of = |columns: std::ops::Range<usize>| {
            let part = features.slice(ndarray::s![.., columns]);
            rdm_from_features(part, RdmMeasure::SquaredEuclideanPerUnit).unwrap()
        };
        (of(0..4), of(2..6))
    }

    fn settings(n_experiments: usize) -> PowerSettings {
        let inference = InferenceSettings {
            comparator: Comparator::Pearson,
            resampling: Resampling::Both,
            n_samples: 60,
            ..InferenceSettings::default()
        };
        PowerSettings { inference, significance: 0.05, n_experiments }
    }

    #[test]
    fn power_grows_with_stimuli_and_with_repetitions() {
        let (truth, rival) = models(60);
        let simulation = Simulation { n_units: 40, noise_to_signal: 8.0, own_to_signal: 0.0 };
        let design = |n_stimuli, n_repetitions| Design { n_subjects: 8, n_stimuli, n_repetitions };
        let designs = [design(20, 1), design(60, 1), design(20, 8)];
        let found =
            power_to_tell_apart((truth.view(), rival.view()), &designs, &simulation, &settings(40), &Rng::new(2))
                .unwrap();
        assert!(found[1].power > found[0].power && found[2].power > found[0].power, "{found:?}");
        assert!(found.iter().all(|of| of.mean_difference > 0.0 && of.wrong < 0.1));
    }

    #[test]
    fn design_without_a_test_is_refused() {
        let (truth, rival) = models(12);
        let simulation = Simulation { n_units: 40, noise_to_signal: 1.0, own_to_signal: 0.0 };
        let designs = [Design { n_subjects: 3, n_stimuli: 12, n_repetitions: 1 }];
        let found =
            power_to_tell_apart((truth.view(), rival.view()), &designs, &simulation, &settings(2), &Rng::new(3));
        assert!(matches!(found, Err(StatsError::Unsupported { .. })));
    }
}
