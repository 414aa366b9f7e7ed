//! How noisy a pilot was.

use ndarray::{ArrayView1, ArrayView2, ArrayView3, Axis};

use super::simulation::{Design, Simulation, simulate_experiment};
use crate::StatsError;
use crate::comparator::Comparator;
use crate::finite::{require_count, require_finite, require_same_length, require_stimuli};
use crate::noise_ceiling::{CeilingConvention, noise_ceiling};
use crate::random::Rng;
use crate::rdm::n_stimuli;

const OPERATION: &str = "the noise of a pilot";

/// Simulated experiments whose ceilings are averaged at each trial of a noise level.
const EXPERIMENTS: u64 = 12;

/// Variance of one repetition's noise over the variance of the signal, from repeated responses.
///
/// Noise: the variance over repetitions (ddof 1), mean over stimuli; signal: the variance over stimuli of the mean response (ddof 1), less the noise
/// that is left in it. Both are summed over units before they are divided.
///
/// # Shapes and units
/// - `responses`: (n_repetitions, n_stimuli, n_units), of one subject.
///
/// # Errors
/// - [`StatsError::TooFew`] under 2 repetitions or without a unit; [`StatsError::TooFewStimuli`] under 2.
/// - [`StatsError::OutOfRange`] when the responses hold no signal above their noise; [`StatsError::NotFinite`] by stimulus and unit.
///
/// # Reference
/// The variance components of a one-way layout with random effects (Searle, Casella, McCulloch 1992, chapter 3).
pub fn noise_to_signal_of_repetitions(responses: ArrayView3<'_, f64>) -> Result<f64, StatsError> {
    let (n_repetitions, n_stimuli, n_units) = responses.dim();
    require_count(OPERATION, "repetitions", n_repetitions, 2)?;
    require_stimuli(OPERATION, n_stimuli, 2)?;
    require_count(OPERATION, "units", n_units, 1)?;
    for repetition in responses.axis_iter(Axis(0)) {
        require_finite(OPERATION, "the responses of a repetition", repetition)?;
    }
    let n = n_repetitions as f64;
    let means = responses.sum_axis(Axis(0)) / n;
    let within: f64 = responses
        .axis_iter(Axis(0))
        .map(|repetition| repetition.iter().zip(&means).map(|(x, mean)| (x - mean).powi(2)).sum::<f64>())
        .sum();
    let noise = within / ((n - 1.0) * n_stimuli as f64);
    let grand = means.sum_axis(Axis(0)) / n_stimuli as f64;
    let between = (&means - &grand).iter().map(|x| x * x).sum::<f64>() / (n_stimuli as f64 - 1.0);
    let signal = between - noise / n;
    if signal <= 0.0 {
        return Err(StatsError::OutOfRange {
            operation: OPERATION,
            parameter: "the variance of the signal, total less noise,",
            value: signal,
            allowed: "above 0: the pilot's stimuli have to differ beyond its noise",
        });
    }
    Ok(noise / signal)
}

/// The noise at which simulated experiments of the pilot's size have the pilot's lower noise ceiling.
///
/// Variance of the noise of the whole pilot (all its repetitions together) over the variance of the signal, so that in a [`Design`] a repetition then
/// means as much measurement as the pilot made. Found by bisection over 10⁻³ to 10⁴, with the same draws at each trial.
///
/// # Shapes and units
/// - `pilot`: (n_subjects, n_pairs); `truth`: (n_pairs), the geometry that subjects are taken to share, such as their mean RDM or a model's.
///
/// # Errors
/// - As [`noise_ceiling`] and [`simulate_experiment`]; [`StatsError::OutOfRange`] when no noise level gives the pilot's ceiling: subjects agree
///   more than `n_units` units allow, or do not agree at all.
///
/// # Accuracy and randomness
/// Draws from streams of `rng`; to a relative 1% of the noise, plus the chance of 12 simulated experiments.
///
/// # Reference
/// The matching of moments; the ceiling as in Nili et al. (2014). PLoS Comput Biol 10:e1003553.
pub fn noise_to_signal_of_rdms(
    pilot: ArrayView2<'_, f64>,
    truth: ArrayView1<'_, f64>,
    n_units: usize,
    comparator: Comparator,
    rng: &Rng,
) -> Result<f64, StatsError> {
    let pairs = (("the pilot's RDMs", pilot.ncols()), ("the geometry", truth.len()));
    require_same_length(OPERATION, "pairs of stimuli", pairs.0, pairs.1)?;
    let wanted = noise_ceiling(pilot, comparator, CeilingConvention::PooledRdm)?.lower;
    let design = Design { n_subjects: pilot.nrows(), n_stimuli: n_stimuli(truth.len())?, n_repetitions: 1 };
    let ceiling_at = |exponent: f64| -> Result<f64, StatsError> {
        let simulation = Simulation { n_units, noise_to_signal: 10f64.powf(exponent), own_to_signal: 0.0 };
        let mut sum = 0.0;
        for experiment in 0..EXPERIMENTS {
            let found = simulate_experiment(truth, &design, &simulation, &rng.stream(experiment))?;
            sum += noise_ceiling(found.subjects.view(), comparator, CeilingConvention::PooledRdm)?.lower;
        }
        Ok(sum / EXPERIMENTS as f64)
    };
    let (mut low, mut high) = (-3.0, 4.0);
    if ceiling_at(low)? < wanted || ceiling_at(high)? > wanted {
        return Err(StatsError::OutOfRange {
            operation: OPERATION,
            parameter: "the pilot's lower noise ceiling",
            value: wanted,
            allowed: "one that a noise of 0.001 to 10,000 times the signal gives with this number of units: give more units, or more subjects",
        });
    }
    for _ in 0..11 {
        let middle = 0.5 * (low + high);
        if ceiling_at(middle)? > wanted {
            low = middle;
        } else {
            high = middle;
        }
    }
    Ok(10f64.powf(0.5 * (low + high)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rdm::{RdmMeasure, rdm_from_features};
    use ndarray::{Array2, Array3};

    #[test]
    fn ratio_of_simulated_repetitions_is_found_again() {
        let mut rng = Rng::new(1);
        let signal = Array2::from_shape_simple_fn((80, 50), || rng.normal());
        let responses = Array3::from_shape_fn((5, 80, 50), |(_, i, u)| signal[[i, u]] + 1.5 * rng.normal());
        let found = noise_to_signal_of_repetitions(responses.view()).unwrap();
        assert!((found / 2.25 - 1.0).abs() < 0.05, "{found}");
    }

    #[test]
    fn noise_of_simulated_rdms_is_found_again() {
        let mut rng = Rng::new(2);
        let patterns = Array2::from_shape_simple_fn((24, 5), || rng.normal());
        let truth = rdm_from_features(patterns.view(), RdmMeasure::SquaredEuclideanPerUnit).unwrap();
        let simulation = Simulation { n_units: 60, noise_to_signal: 1.5, own_to_signal: 0.0 };
        let design = Design { n_subjects: 12, n_stimuli: 24, n_repetitions: 1 };
        let pilot = simulate_experiment(truth.view(), &design, &simulation, &Rng::new(3)).unwrap();
        let found = noise_to_signal_of_rdms(pilot.subjects.view(), truth.view(), 60, Comparator::Pearson, &Rng::new(4))
            .unwrap();
        assert!((found / 1.5).ln().abs() < 0.25, "{found}");
    }

    #[test]
    fn pilot_without_signal_is_refused() {
        let mut rng = Rng::new(5);
        // All stimuli alike, repetitions not.
        let of_repetitions = Array2::from_shape_simple_fn((2, 3), || rng.normal());
        let responses = Array3::from_shape_fn((2, 6, 3), |(repetition, _, unit)| of_repetitions[[repetition, unit]]);
        assert!(matches!(noise_to_signal_of_repetitions(responses.view()), Err(StatsError::OutOfRange { .. })));
    }
}
