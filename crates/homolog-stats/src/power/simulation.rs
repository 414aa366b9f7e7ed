//! Experiments drawn from a model's geometry.

use ndarray::{Array1, Array2, ArrayView1, Axis};

use crate::StatsError;
use crate::finite::{require_count, require_finite_vector, require_stimuli};
use crate::gram::centre_both_sides;
use crate::linear_algebra::{product, symmetric_eigen};
use crate::random::Rng;
use crate::rdm::{RdmMeasure, matrix_from_pairs, n_pairs, n_stimuli, rdm_from_features, select_stimuli};

const OPERATION: &str = "a simulated experiment";

/// The size of an experiment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Design {
    /// Subjects.
    pub n_subjects: usize,
    /// Stimuli, at most as many as the models' RDMs have.
    pub n_stimuli: usize,
    /// Repetitions of each stimulus in each subject.
    pub n_repetitions: usize,
}

/// How responses come about.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Simulation {
    /// Measured units of each subject. The fewer, the more subjects' geometries differ by chance.
    pub n_units: usize,
    /// Variance of the noise of one repetition, over the variance of the signal (over stimuli, mean over units).
    pub noise_to_signal: f64,
    /// Variance of what a subject's responses hold beside the model's geometry and repeat alike, over the variance of the signal.
    pub own_to_signal: f64,
}

/// What a simulated experiment measured.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct SimulatedExperiment {
    /// The stimuli that were drawn from those of the model, ascending.
    pub stimuli: Vec<usize>,
    /// (n_subjects, n_pairs over the drawn stimuli): squared Euclidean distance per unit of mean responses.
    pub subjects: Array2<f64>,
}

impl SimulatedExperiment {
    /// A model's RDM over the drawn stimuli.
    ///
    /// # Errors
    /// As [`select_stimuli`].
    pub fn of_model(&self, rdm: ArrayView1<'_, f64>) -> Result<Array1<f64>, StatsError> {
        select_stimuli(rdm, &self.stimuli)
    }
}

/// Draws an experiment in which subjects' responses have the geometry of a model.
///
/// Stimuli are drawn without replacement from those of the model. Responses of a subject are F Z + noise, with F Fᵀ = −½ H D H of the model's squared
/// distances D over the drawn stimuli, scaled to variance 1, Z normal for each unit, and normal noise of variance own_to_signal + noise_to_signal /
/// n_repetitions.
///
/// # Shapes and units
/// - `truth`: (n_pairs), a model's RDM of squared distances (1 − r is one, up to a factor).
///
/// # Errors
/// - [`StatsError::TooFewStimuli`] under 3 stimuli; [`StatsError::OutOfRange`] for more than the model has, or a variance that is negative or not finite.
/// - [`StatsError::TooFew`] without a subject, a unit or a repetition; [`StatsError::NotPairs`], [`StatsError::NotFinite`].
/// - [`StatsError::ConstantPattern`] when the model has no variance over the drawn stimuli.
///
/// # Edge cases
/// Negative eigenvalues of −½ H D H, which RDMs that are not of squared Euclidean distances have, count as 0.
///
/// # Accuracy and randomness
/// Subject s draws from stream s + 1 of `rng`, stimuli from stream 0.
///
/// # Reference
/// Diedrichsen, Kriegeskorte (2017). Representational models. PLoS Comput Biol 13:e1005508 (patterns with a given second moment).
pub fn simulate_experiment(
    truth: ArrayView1<'_, f64>,
    design: &Design,
    simulation: &Simulation,
    rng: &Rng,
) -> Result<SimulatedExperiment, StatsError> {
    let known = check(truth, design, simulation)?;
    let mut stimuli: Vec<usize> = rng.stream(0).permutation(known).into_iter().take(design.n_stimuli).collect();
    stimuli.sort_unstable();
    let drawn = select_stimuli(truth, &stimuli)?;
    let moment = centre_both_sides((matrix_from_pairs(drawn.view())? * -0.5).view());
    let (values, vectors) = symmetric_eigen(OPERATION, moment.view())?;
    let positive = values.mapv(|value| value.max(0.0));
    let variance = positive.sum() / design.n_stimuli as f64;
    if variance <= 1e-12 * drawn.iter().map(|value| value.abs()).fold(0.0, f64::max) {
        return Err(StatsError::ConstantPattern {
            operation: OPERATION,
            what: "over the drawn stimuli, the model",
            index: 0,
        });
    }
    let root = vectors * &positive.mapv(|value| (value / variance).sqrt());
    let noise = (simulation.own_to_signal + simulation.noise_to_signal / design.n_repetitions as f64).sqrt();
    let mut subjects = Array2::zeros((design.n_subjects, n_pairs(design.n_stimuli)));
    for (subject, mut row) in subjects.axis_iter_mut(Axis(0)).enumerate() {
        let mut rng = rng.stream(subject as u64 + 1);
        let shape = (design.n_stimuli, simulation.n_units);
        let loadings = Array2::from_shape_simple_fn(shape, || rng.normal());
        let mut responses = product(root.view(), loadings.view());
        responses.mapv_inplace(|value| value + noise * rng.normal());
        row.assign(&rdm_from_features(responses.view(), RdmMeasure::SquaredEuclideanPerUnit)?);
    }
    Ok(SimulatedExperiment { stimuli, subjects })
}

/// Passes for a design that can be drawn; returns how many stimuli the model has.
pub(super) fn check(truth: ArrayView1<'_, f64>, design: &Design, simulation: &Simulation) -> Result<usize, StatsError> {
    let known = n_stimuli(truth.len())?;
    require_finite_vector(OPERATION, "the model's RDM", &truth.to_vec())?;
    require_stimuli(OPERATION, design.n_stimuli, 3)?;
    require_count(OPERATION, "subjects", design.n_subjects, 1)?;
    require_count(OPERATION, "repetitions", design.n_repetitions, 1)?;
    require_count(OPERATION, "units", simulation.n_units, 1)?;
    let out_of_range =
        |parameter, value, allowed| StatsError::OutOfRange { operation: OPERATION, parameter, value, allowed };
    if design.n_stimuli > known {
        let allowed = "at most the number of stimuli of the models' RDMs";
        return Err(out_of_range("the number of stimuli", design.n_stimuli as f64, allowed));
    }
    for (parameter, value) in [
        ("the variance of the noise over that of the signal", simulation.noise_to_signal),
        ("the variance of what subjects have of their own over that of the signal", simulation.own_to_signal),
    ] {
        if !(value >= 0.0 && value.is_finite()) {
            return Err(out_of_range(parameter, value, "0 or more, and finite"));
        }
    }
    Ok(known)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::comparator::{Comparator, compare_rdms};

    pub(super) fn geometry(n: usize, seed: u64) -> Array1<f64> {
        let mut rng = Rng::new(seed);
        let patterns = Array2::from_shape_simple_fn((n, 4), || rng.normal());
        rdm_from_features(patterns.view(), RdmMeasure::SquaredEuclideanPerUnit).unwrap()
    }

    #[test]
    fn many_units_without_noise_have_the_geometry_of_the_model() {
        let truth = geometry(20, 1);
        let design = Design { n_subjects: 2, n_stimuli: 12, n_repetitions: 1 };
        let simulation = Simulation { n_units: 20_000, noise_to_signal: 0.0, own_to_signal: 0.0 };
        let found = simulate_experiment(truth.view(), &design, &simulation, &Rng::new(2)).unwrap();
        let drawn = found.of_model(truth.view()).unwrap().insert_axis(Axis(0));
        let r = compare_rdms(drawn.view(), found.subjects.view(), Comparator::Pearson).unwrap();
        assert!(r.iter().all(|r| *r > 0.999), "{r}");
    }

    #[test]
    fn repetitions_average_the_noise_away() {
        let truth = geometry(15, 3);
        let simulation = Simulation { n_units: 400, noise_to_signal: 20.0, own_to_signal: 0.0 };
        let mean_distance = |n_repetitions| {
            let design = Design { n_subjects: 4, n_stimuli: 15, n_repetitions };
            let found = simulate_experiment(truth.view(), &design, &simulation, &Rng::new(4)).unwrap();
            found.subjects.sum() / found.subjects.len() as f64
        };
        // The signal gives 2 · 15/14 per unit on average, noise twice its variance.
        for (n_repetitions, expected) in [(1, 42.14), (20, 4.14)] {
            let found = mean_distance(n_repetitions);
            assert!((found / expected - 1.0).abs() < 0.03, "{n_repetitions}: {found}");
        }
    }

    #[test]
    fn more_stimuli_than_the_model_has_and_negative_noise_are_refused() {
        let truth = geometry(8, 5);
        let of = |n_stimuli, noise_to_signal| {
            let design = Design { n_subjects: 2, n_stimuli, n_repetitions: 1 };
            simulate_experiment(
                truth.view(),
                &design,
                &Simulation { n_units: 5, noise_to_signal, own_to_signal: 0.0 },
                &Rng::new(1),
            )
        };
        assert!(matches!(of(9, 1.0), Err(StatsError::OutOfRange { value: 9.0, .. })));
        assert!(matches!(of(6, -1.0), Err(StatsError::OutOfRange { value: -1.0, .. })));
        assert!(matches!(of(2, 1.0), Err(StatsError::TooFewStimuli { .. })));
    }
}
