//! Models with something to fit, scored on stimuli and subjects that they were not fitted to; alone, and inside a bootstrap.

use ndarray::{Array2, Array3, ArrayView2, Axis};
use rayon::prelude::*;

use super::bootstrap::{BootstrapEvaluations, Draw, Evaluations, Resampling};
use super::parts::{ModelFolds, ModelPart, divide_draw};
use crate::StatsError;
use crate::comparator::{Comparator, ComparisonSet, PairSample, Scratch};
use crate::finite::{require_count, require_same_length, require_stimuli};
use crate::model::{FitInputs, RdmModel};
use crate::random::Rng;
use crate::rdm;

const OPERATION: &str = "cross-validation of RDM models";

/// Fewest different stimuli in a part that is fitted or scored.
const FEWEST_STIMULI_IN_PART: usize = 3;

/// Scores of models over all parts.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct CrossValidatedScores {
    /// (n_parts, n_models): mean over the test subjects.
    pub scores: Array2<f64>,
    /// (n_parts, 2): lower and upper noise ceiling of the test subjects on the part's stimuli.
    pub ceilings: Array2<f64>,
    /// (n_models, n_subjects): mean over the parts in which a subject was tested; NaN for a subject that was tested in none.
    pub per_subject: Array2<f64>,
}

impl CrossValidatedScores {
    /// Each model's mean over parts.
    pub fn means(&self) -> Vec<f64> {
        column_means(&self.scores)
    }

    /// Mean over parts of the lower and of the upper ceiling.
    pub fn mean_ceiling(&self) -> (f64, f64) {
        let means = column_means(&self.ceilings);
        (means[0], means[1])
    }
}

fn column_means(values: &Array2<f64>) -> Vec<f64> {
    let n = values.nrows() as f64;
    values.sum_axis(Axis(0)).iter().map(|sum| sum / n).collect()
}

/// Fits models on all but a part of stimuli and subjects and scores them on the part, for every part of one random division.
///
/// Parts are as equal in size as can be. With one part of subjects, models are fitted and scored on the same subjects and other stimuli. The lower
/// ceiling compares each test subject with the pool of the others, the upper with the pool of all, on the test stimuli.
///
/// # Shapes and units
/// - `models`: each over the stimuli of `subjects`, (n_subjects, n_pairs).
///
/// # Errors
/// - [`StatsError::TooFewStimuli`] when a part has fewer than 3 stimuli; [`StatsError::TooFew`] for more parts than subjects, or none.
/// - [`StatsError::ConstantPattern`] when a score has no value in a part: an RDM is constant there.
/// - As [`RdmModel::fit`].
///
/// # Accuracy and randomness
/// Parts come from `rng`; the same seed gives the same bits on any number of threads. Scores agree with rsatoolbox 0.3.2's `crossval` on the same
/// parts (goldens/rsatoolbox/models).
///
/// # Reference
/// Schütt et al. (2023). Statistical inference on representational geometries. eLife 12:e82566. Methods, "Cross-validation for flexible models".
/// Differs from rsatoolbox in: the lower ceiling leaves each test subject out of the pool of all, where rsatoolbox takes the pool of the training
/// subjects, which with undivided subjects equals the upper ceiling.
pub fn cross_validate_models(
    models: &[RdmModel],
    subjects: ArrayView2<'_, f64>,
    comparator: Comparator,
    folds: ModelFolds,
    rng: &Rng,
) -> Result<CrossValidatedScores, StatsError> {
    let stacked = StackedModels::new(models, subjects, comparator)?;
    stacked.cross_validate(folds, &mut rng.stream(0))
}

/// Fits and scores models on parts that are given.
///
/// # Shapes and units
/// - `parts`: one count for each subject and stimulus in each draw; returns one row for each part.
///
/// # Errors
/// As [`cross_validate_models`]; [`StatsError::ShapeMismatch`] when a draw is over other numbers of subjects or stimuli.
///
/// # Accuracy and randomness
/// As [`cross_validate_models`]. Deterministic.
///
/// # Reference
/// As [`cross_validate_models`].
pub fn score_parts(
    models: &[RdmModel],
    subjects: ArrayView2<'_, f64>,
    comparator: Comparator,
    parts: &[ModelPart],
) -> Result<CrossValidatedScores, StatsError> {
    let stacked = StackedModels::new(models, subjects, comparator)?;
    require_count(OPERATION, "parts", parts.len(), 1)?;
    for draw in parts.iter().flat_map(|part| [&part.train, &part.test]) {
        stacked.check(draw)?;
    }
    with_value(stacked.score(parts)?)
}

/// The scores, unless one of them has no value.
fn with_value(found: CrossValidatedScores) -> Result<CrossValidatedScores, StatsError> {
    let valueless =
        |values: &Array2<f64>| values.indexed_iter().find(|(_, value)| !value.is_finite()).map(|((part, _), _)| part);
    match valueless(&found.scores).or_else(|| valueless(&found.ceilings)) {
        None => Ok(found),
        Some(index) => Err(StatsError::ConstantPattern { operation: OPERATION, what: "an RDM within part", index }),
    }
}

/// All RDMs of all models, and where each model's begin.
pub(crate) struct StackedModels<'a> {
    models: &'a [RdmModel],
    starts: Vec<usize>,
    pub(crate) set: ComparisonSet,
}

impl<'a> StackedModels<'a> {
    pub(crate) fn new(
        models: &'a [RdmModel],
        subjects: ArrayView2<'_, f64>,
        comparator: Comparator,
    ) -> Result<Self, StatsError> {
        require_count(OPERATION, "models", models.len(), 1)?;
        let mut starts = Vec::with_capacity(models.len());
        let mut n_rdms = 0;
        for model in models {
            model.check()?;
            starts.push(n_rdms);
            n_rdms += model.rdms().nrows();
            require_same_length(
                OPERATION,
                "pairs of stimuli",
                ("a model", model.rdms().ncols()),
                ("the subjects' RDMs", subjects.ncols()),
            )?;
        }
        rdm::n_stimuli(subjects.ncols())?;
        let mut all = Array2::zeros((n_rdms, subjects.ncols()));
        for (model, &start) in models.iter().zip(&starts) {
            all.slice_mut(ndarray::s![start..start + model.rdms().nrows(), ..]).assign(&model.rdms());
        }
        Ok(Self { models, starts, set: ComparisonSet::new(all.view(), subjects, comparator)? })
    }

    fn everything_once(&self) -> Draw {
        Draw { subjects: vec![1; self.set.n_subjects()], stimuli: vec![1; self.set.n_stimuli()] }
    }

    fn check(&self, draw: &Draw) -> Result<(), StatsError> {
        let (subjects, stimuli) = (self.set.n_subjects(), self.set.n_stimuli());
        require_same_length(OPERATION, "subjects", ("a draw", draw.subjects.len()), ("the set of RDMs", subjects))?;
        require_same_length(OPERATION, "stimuli", ("a draw", draw.stimuli.len()), ("the set of RDMs", stimuli))
    }

    /// One random division of all stimuli and subjects.
    pub(crate) fn cross_validate(&self, folds: ModelFolds, rng: &mut Rng) -> Result<CrossValidatedScores, StatsError> {
        with_value(self.score(&divide_draw(&self.everything_once(), folds, rng)?)?)
    }

    /// Each model's weights of its RDMs, fitted on everything.
    pub(crate) fn weights(&self) -> Result<Vec<Vec<f64>>, StatsError> {
        let sample = PairSample::all(self.set.n_stimuli());
        let subject_counts = vec![1.0; self.set.n_subjects()];
        self.models
            .iter()
            .zip(&self.starts)
            .map(|(model, &first)| {
                let inputs = FitInputs { set: &self.set, first, sample: &sample, subject_counts: &subject_counts };
                Ok(model.fit_in(&inputs)?.to_vec())
            })
            .collect()
    }

    /// Every model on every part; a comparison that has no value is NaN.
    fn score(&self, parts: &[ModelPart]) -> Result<CrossValidatedScores, StatsError> {
        let (n_models, n_subjects) = (self.models.len(), self.set.n_subjects());
        let mut scores = Array2::zeros((parts.len(), n_models));
        let mut ceilings = Array2::zeros((parts.len(), 2));
        let mut sums = Array2::<f64>::zeros((n_models, n_subjects));
        let mut n_tested = vec![0.0; n_subjects];
        let mut scratch = Scratch::default();
        for (at, part) in parts.iter().enumerate() {
            for stimuli in [&part.train.stimuli, &part.test.stimuli] {
                let found = stimuli.iter().filter(|&&count| count > 0).count();
                require_stimuli("a part of a cross-validation", found, FEWEST_STIMULI_IN_PART)?;
            }
            for subjects in [&part.train.subjects, &part.test.subjects] {
                let found = subjects.iter().filter(|&&count| count > 0).count();
                require_count("a part of a cross-validation", "subjects", found, 1)?;
            }
            let train = PairSample::of(part.train.stimuli.clone());
            let test = self.set.on_sample(PairSample::of(part.test.stimuli.clone()));
            let train_counts: Vec<f64> = part.train.subjects.iter().map(|&count| f64::from(count)).collect();
            for (m, (model, &first)) in self.models.iter().zip(&self.starts).enumerate() {
                let inputs = FitInputs { set: &self.set, first, sample: &train, subject_counts: &train_counts };
                let weights = model.fit_in(&inputs)?;
                let per_subject = test.mixture_scores(first, &weights.to_vec());
                scores[[at, m]] = weighted_mean(&per_subject, &part.test.subjects);
                for (subject, score) in per_subject.iter().enumerate() {
                    if part.test.subjects[subject] > 0 {
                        sums[[m, subject]] += score;
                    }
                }
            }
            for (count, tested) in n_tested.iter_mut().zip(&part.test.subjects) {
                *count += f64::from(u8::from(*tested > 0));
            }
            let (lower, upper) = test.pooled_ceiling(&everyone(part), &mut scratch);
            ceilings[[at, 0]] = lower;
            ceilings[[at, 1]] = upper;
        }
        let per_subject = Array2::from_shape_fn(sums.dim(), |(m, subject)| sums[[m, subject]] / n_tested[subject]);
        Ok(CrossValidatedScores { scores, ceilings, per_subject })
    }

    /// Cross-validates within every draw, for each kind of resampling that is needed.
    pub(crate) fn evaluate_draws(
        &self,
        draws: &[Draw],
        resampling: Resampling,
        (folds, n_divisions): (ModelFolds, usize),
        rng: &Rng,
    ) -> Result<BootstrapEvaluations, StatsError> {
        let whole = self.everything_once();
        let of = |kind: Resampling, stream: u64| -> Result<Option<Evaluations>, StatsError> {
            if resampling != Resampling::Both && resampling != kind {
                return Ok(None);
            }
            let divided = self.divisions_of_draws(draws, &rng.stream(stream), (folds, n_divisions), |draw| Draw {
                subjects: if kind == Resampling::Stimuli { whole.subjects.clone() } else { draw.subjects.clone() },
                stimuli: if kind == Resampling::Subjects { whole.stimuli.clone() } else { draw.stimuli.clone() },
            });
            Evaluations::of_divisions(divided.view()).map(Some)
        };
        Ok(BootstrapEvaluations {
            both: of(Resampling::Both, 0)?,
            subjects: of(Resampling::Subjects, 1)?,
            stimuli: of(Resampling::Stimuli, 2)?,
        })
    }

    /// (n_draws, n_divisions, n_models + 2): scores averaged over parts, then the ceilings; NaN where a draw does not allow the parts.
    fn divisions_of_draws(
        &self,
        draws: &[Draw],
        rng: &Rng,
        (folds, n_divisions): (ModelFolds, usize),
        kept: impl Fn(&Draw) -> Draw + Sync,
    ) -> Array3<f64> {
        let width = self.models.len() + 2;
        let evaluated: Vec<Array2<f64>> = draws
            .par_iter()
            .enumerate()
            .map(|(index, draw)| {
                let mut rng = rng.stream(index as u64);
                let mut divisions = Array2::from_elem((n_divisions, width), f64::NAN);
                let different = |counts: &[u32]| counts.iter().filter(|&&count| count > 0).count();
                let allowed = different(&draw.subjects) >= folds.subjects
                    && different(&draw.stimuli) >= FEWEST_STIMULI_IN_PART * folds.stimuli;
                let draw = kept(draw);
                for mut row in divisions.rows_mut() {
                    // A draw that cannot be divided, or whose model RDMs are dependent within a part, has no value.
                    let parts = if allowed { divide_draw(&draw, folds, &mut rng).ok() } else { None };
                    if let Some(found) = parts.and_then(|parts| self.score(&parts).ok()) {
                        let (lower, upper) = found.mean_ceiling();
                        row.iter_mut().zip(found.means().into_iter().chain([lower, upper])).for_each(|(to, from)| {
                            *to = from;
                        });
                    }
                }
                divisions
            })
            .collect();
        let mut all = Array3::zeros((draws.len(), n_divisions, width));
        for (mut to, from) in all.axis_iter_mut(Axis(0)).zip(&evaluated) {
            to.assign(from);
        }
        all
    }
}

/// The subjects of a part, tested and trained on.
fn everyone(part: &ModelPart) -> Vec<u32> {
    if part.train.subjects == part.test.subjects {
        return part.test.subjects.clone();
    }
    part.train.subjects.iter().zip(&part.test.subjects).map(|(train, test)| train + test).collect()
}

fn weighted_mean(values: &[f64], counts: &[u32]) -> f64 {
    let total: f64 = counts.iter().map(|&count| f64::from(count)).sum();
    let drawn = values.iter().zip(counts).filter(|(_, count)| **count > 0);
    drawn.map(|(value, &count)| value * f64::from(count)).sum::<f64>() / total
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::comparator::WeightSign;

    fn experiment(seed: u64) -> (Array2<f64>, Array2<f64>) {
        let mut rng = Rng::new(seed);
        let rdms = Array2::from_shape_simple_fn((4, 190), || rng.uniform());
        let subjects =
            Array2::from_shape_fn((6, 190), |(_, p)| 0.7 * rdms[[0, p]] + 0.4 * rdms[[1, p]] + 0.3 * rng.uniform());
        (rdms, subjects)
    }

    #[test]
    fn weighted_model_of_the_truth_beats_each_of_its_rdms_on_new_stimuli() {
        let (rdms, subjects) = experiment(1);
        let models = [
            RdmModel::Weighted(rdms.clone(), WeightSign::NonNegative),
            RdmModel::Fixed(rdms.row(0).to_owned()),
            RdmModel::Selected(rdms.clone()),
        ];
        for comparator in [Comparator::WhitenedCosine, Comparator::RhoA] {
            let found = cross_validate_models(
                &models,
                subjects.view(),
                comparator,
                ModelFolds { stimuli: 3, subjects: 2 },
                &Rng::new(2),
            )
            .unwrap();
            assert_eq!(found.scores.dim(), (6, 3));
            let means = found.means();
            assert!(means[0] > means[1] + 0.01, "{comparator:?}: {means:?}");
            assert!((means[1] - means[2]).abs() < 1e-12, "the best single RDM is the first: {means:?}");
        }
    }

    #[test]
    fn weights_of_noise_predict_nothing_on_new_stimuli() {
        // 300 values from 20 experiments of nothing but noise average 0 within 4 standard errors.
        let mut sum = 0.0;
        for seed in 0..20 {
            let mut rng = Rng::new(100 + seed);
            let rdms = Array2::from_shape_simple_fn((5, 190), || rng.normal());
            let subjects = Array2::from_shape_simple_fn((4, 190), || rng.normal());
            let model = [RdmModel::Weighted(rdms, WeightSign::Free)];
            let found = cross_validate_models(
                &model,
                subjects.view(),
                Comparator::Pearson,
                ModelFolds { stimuli: 2, subjects: 1 },
                &Rng::new(seed),
            )
            .unwrap();
            sum += found.means()[0] / 20.0;
        }
        assert!(sum.abs() < 0.06, "{sum}");
    }

    #[test]
    fn fixed_model_undivided_is_the_plain_comparison() {
        let (rdms, subjects) = experiment(3);
        let model = [RdmModel::Fixed(rdms.row(2).to_owned())];
        let found = cross_validate_models(
            &model,
            subjects.view(),
            Comparator::TauA,
            ModelFolds { stimuli: 1, subjects: 1 },
            &Rng::new(4),
        )
        .unwrap();
        let plain =
            crate::comparator::compare_rdms(rdms.slice(ndarray::s![2..3, ..]), subjects.view(), Comparator::TauA)
                .unwrap();
        assert!((found.scores[[0, 0]] - plain.sum() / 6.0).abs() < 1e-12);
    }

    #[test]
    fn bootstrap_takes_off_the_variance_of_the_division() {
        let (rdms, subjects) = experiment(5);
        let models = [RdmModel::Weighted(rdms, WeightSign::NonNegative)];
        let draws: Vec<Draw> = (0..60).map(|i| Draw::sample(&Rng::new(6), i, 6, 20)).collect();
        let stacked = StackedModels::new(&models, subjects.view(), Comparator::Cosine).unwrap();
        let folds = ModelFolds { stimuli: 2, subjects: 1 };
        let found = stacked.evaluate_draws(&draws, Resampling::Both, (folds, 2), &Rng::new(7)).unwrap();
        for kind in [found.both, found.subjects, found.stimuli].map(Option::unwrap) {
            let plain = Evaluations::plain(kind.values.clone()).covariance[[0, 0]];
            assert!(kind.covariance[[0, 0]] < plain && kind.covariance[[0, 0]] > 0.0);
        }
    }

    #[test]
    fn parts_of_fewer_than_three_stimuli_are_refused() {
        let (rdms, subjects) = experiment(8);
        let model = [RdmModel::Fixed(rdms.row(0).to_owned())];
        let found = cross_validate_models(
            &model,
            subjects.view(),
            Comparator::Cosine,
            ModelFolds { stimuli: 10, subjects: 1 },
            &Rng::new(9),
        );
        assert!(matches!(found, Err(StatsError::TooFewStimuli { found: 2, needed: 3, .. })));
    }
}
