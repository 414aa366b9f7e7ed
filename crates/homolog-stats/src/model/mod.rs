//! Models of a brain RDM, made of one or several RDMs: fixed, selected, weighted, interpolated.
//!
//! A model is fitted on some stimuli and subjects and predicts an RDM for others; [`crate::inference::cross_validate_models`] does
//! both over folds.

use ndarray::{Array1, Array2, ArrayView2, Axis};

use crate::StatsError;
use crate::comparator::{Comparator, ComparisonSet, PairSample, WeightSign, solve_weights};
use crate::finite::{require_count, require_finite};
use crate::rdm;

/// A model of an RDM over stimuli.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum RdmModel {
    /// One RDM, nothing to fit.
    Fixed(Array1<f64>),
    /// The one of several RDMs, (n_rdms, n_pairs), that scores best on the training data.
    Selected(Array2<f64>),
    /// A weighted sum of several RDMs, (n_rdms, n_pairs).
    Weighted(Array2<f64>, WeightSign),
    /// A point on the path through several RDMs in order, (n_rdms, n_pairs): a mixture of two neighbours.
    Interpolated(Array2<f64>),
}

impl RdmModel {
    /// One fixed model for each row of (n_models, n_pairs).
    pub fn fixed_rows(rdms: ArrayView2<'_, f64>) -> Vec<Self> {
        rdms.rows().into_iter().map(|rdm| Self::Fixed(rdm.to_owned())).collect()
    }

    /// The RDMs that it is made of: (n_rdms, n_pairs).
    pub fn rdms(&self) -> ArrayView2<'_, f64> {
        match self {
            Self::Fixed(rdm) => rdm.view().insert_axis(Axis(0)),
            Self::Selected(rdms) | Self::Weighted(rdms, _) | Self::Interpolated(rdms) => rdms.view(),
        }
    }

    /// Whether anything is fitted.
    pub fn is_flexible(&self) -> bool {
        !matches!(self, Self::Fixed(_))
    }

    /// The RDM that weights of its RDMs predict: their weighted sum.
    ///
    /// # Errors
    /// [`StatsError::ShapeMismatch`] when there is not one weight for each RDM.
    pub fn predict(&self, weights: &[f64]) -> Result<Array1<f64>, StatsError> {
        crate::finite::require_same_length(
            "the prediction of a model RDM",
            "RDMs",
            ("the model", self.rdms().nrows()),
            ("the weights", weights.len()),
        )?;
        Ok(self.rdms().t().dot(&Array1::from(weights.to_vec())))
    }

    /// The weights of its RDMs that suit subjects' RDMs best.
    ///
    /// Selected: the RDM with the greatest mean score. Weighted: the weights whose sum has the greatest mean cosine with the subjects' RDMs,
    /// in the inner product of the comparator. Interpolated: the mixture of two neighbours with the greatest mean cosine over subjects.
    /// For comparators of ranks the weights are those of Pearson's r. Weights are scaled to length 1 (interpolated: to sum 1).
    ///
    /// # Shapes and units
    /// - `subjects`: (n_subjects, n_pairs), over the model's stimuli; returns (n_rdms).
    ///
    /// # Errors
    /// As [`crate::comparator::compare_rdms`]; [`StatsError::Singular`] when weighted RDMs are linearly dependent;
    /// [`StatsError::TooFew`] for an interpolated model of fewer than 2 RDMs.
    ///
    /// # Accuracy and randomness
    /// f64; agrees with rsatoolbox 0.3.2's `fit_regress`, `fit_regress_nn` and `fit_select` to 1e-9, whitened to the 1e-5 of its iterative
    /// solver, and with `fit_interpolate` to the 1e-5 of its search (goldens/rsatoolbox/models). Deterministic.
    ///
    /// # Reference
    /// Khaligh-Razavi, Kriegeskorte (2014). PLoS Comput Biol 10:e1003915 (weighted). Schütt et al. (2023). eLife 12:e82566, "Flexible models".
    pub fn fit(&self, subjects: ArrayView2<'_, f64>, comparator: Comparator) -> Result<Array1<f64>, StatsError> {
        self.check()?;
        let set = ComparisonSet::new(self.rdms(), subjects, comparator)?;
        let sample = PairSample::all(rdm::n_stimuli(subjects.ncols())?);
        let counts = vec![1.0; subjects.nrows()];
        self.fit_in(&FitInputs { set: &set, first: 0, sample: &sample, subject_counts: &counts })
    }

    pub(crate) fn check(&self) -> Result<(), StatsError> {
        const OPERATION: &str = "a fit of a model RDM";
        let fewest = match self {
            Self::Interpolated(_) => 2,
            _ => 1,
        };
        require_count(OPERATION, "RDMs in the model", self.rdms().nrows(), fewest)?;
        require_finite(OPERATION, "the model RDMs", self.rdms())
    }

    /// The weights on a sample of stimuli and subjects, from a set whose models hold this model's RDMs from `first` on.
    pub(crate) fn fit_in(&self, inputs: &FitInputs<'_>) -> Result<Array1<f64>, StatsError> {
        let n = self.rdms().nrows();
        match self {
            Self::Fixed(_) => Ok(Array1::ones(1)),
            Self::Selected(_) => Ok(one_hot(n, inputs.best_of(n))),
            Self::Weighted(_, sign) => {
                let (among, with) = inputs.products(n);
                let weights = solve_weights("a fit of a weighted model RDM", &among, &with, *sign)?;
                let length = weights.dot(&weights).sqrt();
                Ok(if length > 0.0 { weights / length } else { weights })
            }
            Self::Interpolated(_) => {
                let (among, with) = inputs.products(n);
                Ok(best_on_path(&among, &with))
            }
        }
    }
}

/// What a fit on a sample works from.
pub(crate) struct FitInputs<'a> {
    pub(crate) set: &'a ComparisonSet,
    /// Where the model's RDMs begin among the models of the sets.
    pub(crate) first: usize,
    pub(crate) sample: &'a PairSample,
    /// How often each subject counts.
    pub(crate) subject_counts: &'a [f64],
}

impl FitInputs<'_> {
    fn best_of(&self, n: usize) -> usize {
        let scores = self.set.on_sample(self.sample.clone()).scores();
        let mean = |model: usize| -> f64 {
            scores
                .row(self.first + model)
                .iter()
                .zip(self.subject_counts)
                .filter(|(_, count)| **count > 0.0)
                .map(|(score, count)| score * count)
                .sum()
        };
        (0..n).fold(0, |best, model| if mean(model) > mean(best) { model } else { best })
    }

    /// Products among the model's RDMs, and with the sum over subjects of their RDMs scaled to length 1, all in the inner product of the
    /// comparator: the mean cosine of a mixture w with the subjects is then a ratio of these, aᵀw / √(wᵀ G w).
    fn products(&self, n: usize) -> (Array2<f64>, Array1<f64>) {
        let inner = self.set.inner_products(self.sample);
        let n_models = self.set.n_models();
        let at = self.first..self.first + n;
        let among = inner.products.slice(ndarray::s![at.clone(), at.clone()]).to_owned();
        let mut with = Array1::zeros(n);
        for (subject, &count) in self.subject_counts.iter().enumerate() {
            let row = n_models + subject;
            if count > 0.0 {
                let factor = count / inner.products[[row, row]].sqrt();
                with.scaled_add(factor, &inner.products.slice(ndarray::s![at.clone(), row]));
            }
        }
        (among, with)
    }
}

fn one_hot(n: usize, at: usize) -> Array1<f64> {
    Array1::from_shape_fn(n, |i| f64::from(u8::from(i == at)))
}

/// The mixture of two neighbours, w and 1 − w, whose cosine aᵀw / √(wᵀ G w) is greatest: the free optimum G⁻¹ a where both its weights are
/// positive, else an end.
fn best_on_path(among: &Array2<f64>, with: &Array1<f64>) -> Array1<f64> {
    let n = with.len();
    let cosine = |weights: &Array1<f64>| with.dot(weights) / weights.dot(&among.dot(weights)).sqrt();
    let mut candidates: Vec<Array1<f64>> = (0..n).map(|at| one_hot(n, at)).collect();
    for left in 0..n.saturating_sub(1) {
        let right = left + 1;
        let first = among[[right, right]] * with[left] - among[[left, right]] * with[right];
        let second = among[[left, left]] * with[right] - among[[left, right]] * with[left];
        if first > 0.0 && second > 0.0 {
            let mut weights = Array1::zeros(n);
            weights[left] = first / (first + second);
            weights[right] = second / (first + second);
            candidates.push(weights);
        }
    }
    let mut best = 0;
    for at in 1..candidates.len() {
        if cosine(&candidates[at]) > cosine(&candidates[best]) {
            best = at;
        }
    }
    candidates.swap_remove(best)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Rng;
    use ndarray::stack;

    fn random(n: usize, seed: u64) -> Array2<f64> {
        let mut rng = Rng::new(seed);
        Array2::from_shape_simple_fn((n, 45), || rng.uniform())
    }

    #[test]
    fn weights_of_a_sum_are_found_again() {
        let rdms = random(3, 1);
        let subject = (&rdms.row(0) * 0.6 + &rdms.row(2) * 0.8).insert_axis(Axis(0));
        for sign in [WeightSign::Free, WeightSign::NonNegative] {
            let weights = RdmModel::Weighted(rdms.clone(), sign).fit(subject.view(), Comparator::Cosine).unwrap();
            assert!((weights[0] - 0.6).abs() < 1e-9 && weights[1].abs() < 1e-9 && (weights[2] - 0.8).abs() < 1e-9);
        }
    }

    #[test]
    fn selected_model_is_the_one_that_scores_best() {
        let rdms = random(3, 2);
        let subject = (&rdms.row(1) + &(&random(1, 3).row(0) * 0.1)).insert_axis(Axis(0));
        let weights = RdmModel::Selected(rdms).fit(subject.view(), Comparator::TauA).unwrap();
        assert_eq!(weights.to_vec(), [0.0, 1.0, 0.0]);
    }

    #[test]
    fn interpolated_model_finds_the_point_between_two() {
        let rdms = random(3, 4);
        let subject = (&rdms.row(1) * 0.3 + &rdms.row(2) * 0.7).insert_axis(Axis(0));
        let weights = RdmModel::Interpolated(rdms.clone()).fit(subject.view(), Comparator::WhitenedCosine).unwrap();
        assert!(weights[0] == 0.0 && (weights[1] - 0.3).abs() < 1e-9, "{weights}");
        let prediction = RdmModel::Interpolated(rdms).predict(&weights.to_vec()).unwrap();
        assert!((&prediction - &subject.row(0)).iter().all(|d| d.abs() < 1e-9));
    }

    #[test]
    fn dependent_rdms_have_no_weights() {
        let one = random(1, 5);
        let twice = stack![Axis(0), one.row(0), one.row(0)];
        let found = RdmModel::Weighted(twice, WeightSign::Free).fit(random(2, 6).view(), Comparator::Pearson);
        assert!(matches!(found, Err(StatsError::Singular { .. })));
    }
}
