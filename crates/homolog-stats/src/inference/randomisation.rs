//! Is a model related to the data at all? Stimulus labels are exchanged at random.

use ndarray::{ArrayView2, Axis};
use rayon::prelude::*;

use crate::StatsError;
use crate::comparator::{Comparator, ComparisonSet};
use crate::finite::{require_count, require_stimuli};
use crate::random::Rng;

/// Fewest stimuli for a test by exchange of labels: 4 have only 24 orders, 6 have 720.
const FEWEST_STIMULI: usize = 6;

/// One model's result of [`label_randomisation_test`].
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct RandomisationTest {
    /// The score with the labels as they are: the mean over subjects.
    pub value: f64,
    /// The share of relabellings that do at least as well, the labels as they are counted among them: one-sided p.
    pub p: f64,
    /// The same against the best of all models in each relabelling: p with the family-wise error kept over all models.
    pub p_family_wise: f64,
    /// Mean score over the relabellings: what chance gives.
    pub chance: f64,
}

/// Tests whether each model's RDM is related to the subjects' RDMs, by exchanging the stimulus labels of the models.
///
/// p = (1 + number of relabellings whose mean score over subjects is at least that observed) / (1 + n_relabellings). The null
/// hypothesis is that the RDMs are unrelated, for these subjects and these stimuli: it says nothing of other subjects or stimuli.
///
/// # Shapes and units
/// - `models`: (n_models, n_pairs), `subjects`: (n_subjects, n_pairs), rows RDMs over the same stimuli.
/// - returns: one result for each model.
///
/// # Errors
/// - As [`crate::comparator::compare_rdms`]; [`StatsError::TooFewStimuli`] under 6 stimuli; [`StatsError::TooFew`] under 19 relabellings
///   (no p below 0.05 could come out).
///
/// # Accuracy and randomness
/// Draws from streams of `rng`, one for each relabelling: the same seed gives the same result on any number of threads.
///
/// # Reference
/// Nichols, Holmes (2002). Nonparametric permutation tests for functional neuroimaging. Hum Brain Mapp 15:1 (maximum statistic).
/// Kriegeskorte, Mur, Bandettini (2008), Front Syst Neurosci 2:4 (exchange of stimulus labels).
pub fn label_randomisation_test(
    models: ArrayView2<'_, f64>,
    subjects: ArrayView2<'_, f64>,
    comparator: Comparator,
    n_relabellings: usize,
    rng: &Rng,
) -> Result<Vec<RandomisationTest>, StatsError> {
    const OPERATION: &str = "a test by exchange of stimulus labels";
    require_count(OPERATION, "relabellings", n_relabellings, 19)?;
    let set = ComparisonSet::new(models, subjects, comparator)?;
    require_stimuli(OPERATION, set.n_stimuli(), FEWEST_STIMULI)?;
    let mean_scores = |set: &ComparisonSet| -> Vec<f64> {
        let scores = set.on_all_stimuli().scores();
        scores.sum_axis(Axis(1)).iter().map(|sum| sum / scores.ncols() as f64).collect()
    };
    let observed = mean_scores(&set);
    let relabelled: Vec<Vec<f64>> = (0..n_relabellings as u64)
        .into_par_iter()
        .map(|index| {
            let order = rng.stream(index).permutation(set.n_stimuli());
            mean_scores(&set.with_models_relabelled(&order))
        })
        .collect();
    // Scores that are equal up to rounding count as equal: a relabelling that changes nothing is not beaten by its last bit.
    let share = |value: f64, of: &dyn Fn(&Vec<f64>) -> f64| {
        let reached = relabelled.iter().filter(|scores| of(scores) >= value - 1e-12).count();
        (1 + reached) as f64 / (1 + n_relabellings) as f64
    };
    let best = |scores: &Vec<f64>| scores.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    Ok(observed
        .iter()
        .enumerate()
        .map(|(model, &value)| RandomisationTest {
            value,
            p: share(value, &|scores| scores[model]),
            p_family_wise: share(value, &best),
            chance: relabelled.iter().map(|scores| scores[model]).sum::<f64>() / n_relabellings as f64,
        })
        .collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::Array2;

    fn random(n_rdms: usize, n_pairs: usize, seed: u64) -> Array2<f64> {
        let mut rng = Rng::new(seed);
        Array2::from_shape_simple_fn((n_rdms, n_pairs), || rng.uniform())
    }

    #[test]
    fn relabelled_set_equals_the_set_of_relabelled_models() {
        let (models, subjects) = (random(2, 45, 1), random(3, 45, 2));
        let order = Rng::new(3).permutation(10);
        let mut moved = models.clone();
        for (mut to, from) in moved.rows_mut().into_iter().zip(models.rows()) {
            to.assign(&crate::rdm::select_stimuli(from, &order).unwrap());
        }
        for comparator in Comparator::ALL {
            let ours =
                ComparisonSet::new(models.view(), subjects.view(), comparator).unwrap().with_models_relabelled(&order);
            let plain = ComparisonSet::new(moved.view(), subjects.view(), comparator).unwrap();
            let difference = &ours.on_all_stimuli().scores() - &plain.on_all_stimuli().scores();
            assert!(difference.iter().all(|d| d.abs() < 1e-13), "{comparator:?}");
        }
    }

    #[test]
    fn true_model_is_found_and_an_unrelated_one_is_not() {
        let truth = random(1, 45, 4);
        let subjects = Array2::from_shape_fn((3, 45), |(s, p)| truth[[0, p]] + 0.3 * random(3, 45, 5)[[s, p]]);
        let unrelated = random(1, 45, 6);
        let models = ndarray::concatenate![Axis(0), truth, unrelated];
        let found =
            label_randomisation_test(models.view(), subjects.view(), Comparator::Spearman, 199, &Rng::new(7)).unwrap();
        assert_eq!(found[0].p, 1.0 / 200.0);
        assert!(found[0].p_family_wise == 1.0 / 200.0 && found[1].p > 0.05);
        assert!(found[0].chance.abs() < 0.05);
    }

    #[test]
    fn p_values_of_unrelated_rdms_are_uniform() {
        // 200 experiments; the largest distance from the uniform distribution stays below the 1% point of Kolmogorov and Smirnov.
        let mut p: Vec<f64> = (0..200)
            .map(|experiment| {
                let (model, subjects) = (random(1, 28, 1000 + experiment), random(2, 28, 5000 + experiment));
                label_randomisation_test(model.view(), subjects.view(), Comparator::Pearson, 99, &Rng::new(experiment))
                    .unwrap()[0]
                    .p
            })
            .collect();
        p.sort_unstable_by(f64::total_cmp);
        let distance = p
            .iter()
            .enumerate()
            .map(|(at, value)| (value - at as f64 / 200.0).abs().max((value - (at as f64 + 1.0) / 200.0).abs()))
            .fold(0.0, f64::max);
        assert!(distance < 1.63 / 200f64.sqrt() + 0.01, "{distance}");
    }
}
