//! Models with something to fit, scored on stimuli and subjects that they were not fitted to; alone, and inside a bootstrap.

use ndarray::{Array2, Axis, concatenate};
use rayon::prelude::*;

use super::bootstrap::{Draw, Evaluations};
use crate::StatsError;
use crate::comparator::{Comparator, ComparisonSet, PairSample, Scratch};
use crate::finite::{require_count, require_same_length, require_stimuli};
use crate::model::{FitInputs, RdmModel};
use crate::random::Rng;
use crate::rdm;

const OPERATION: &str = "cross-validation of RDM models";

/// Fewest different stimuli in a part that is fitted or scored.
const FEWEST_STIMULI_IN_PART: usize = 3;

/// How many parts stimuli and subjects are divided into; 1 leaves that factor undivided.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ModelFolds {
    /// Parts of the stimuli: each is predicted from the others.
    pub stimuli: usize,
    /// Parts of the subjects: each is predicted from the others.
    pub subjects: usize,
}

impl ModelFolds {
    /// rsatoolbox's defaults for a number of stimuli and subjects: 2 to 5 parts, so that each has at least 3 stimuli.
    pub fn suited_to(n_stimuli: usize, n_subjects: usize) -> Self {
        let parts = |n: usize, limits: [usize; 3]| 2 + limits.iter().filter(|&&limit| n >= limit).count();
        Self { stimuli: parts(n_stimuli, [12, 24, 40]), subjects: parts(n_subjects, [6, 12, 20]) }
    }
}

/// Scores of models over all folds.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct CrossValidatedScores {
    /// (n_folds, n_models): mean over the test subjects, stimulus folds within subject folds.
    pub scores: Array2<f64>,
    /// (n_folds, 2): lower and upper noise ceiling on the fold's stimuli.
    pub ceilings: Array2<f64>,
}

impl CrossValidatedScores {
    /// Each model's mean over folds.
    pub fn means(&self) -> Vec<f64> {
        let n = self.scores.nrows() as f64;
        self.scores.sum_axis(Axis(0)).iter().map(|sum| sum / n).collect()
    }
}

/// Fits models on all but a part of stimuli and subjects and scores them on the part, for every part.
///
/// Parts are drawn at random, as equal in size as can be. With one part of subjects, models are fitted and scored on the same subjects and
/// other stimuli. The lower ceiling compares each test subject with the pool of the others, the upper with the pool of all, on the test stimuli.
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
/// Parts come from `rng`; the same seed gives the same bits on any number of threads.
///
/// # Reference
/// Schütt et al. (2023). Statistical inference on representational geometries. eLife 12:e82566. Methods, "Cross-validation for flexible models".
/// Differs from rsatoolbox in: with subjects undivided the lower ceiling leaves each subject out, where it equals the upper there.
pub fn cross_validate_models(
    models: &[RdmModel],
    subjects: ndarray::ArrayView2<'_, f64>,
    comparator: Comparator,
    folds: ModelFolds,
    rng: &Rng,
) -> Result<CrossValidatedScores, StatsError> {
    let flexible = FlexibleModels::new(models, subjects, comparator)?;
    let draw = Draw { subjects: vec![1; flexible.set.n_subjects()], stimuli: vec![1; flexible.set.n_stimuli()] };
    let found = flexible.evaluate(&draw, folds, &mut rng.stream(0))?;
    let valueless =
        |values: &Array2<f64>| values.indexed_iter().find(|(_, value)| !value.is_finite()).map(|((fold, _), _)| fold);
    match valueless(&found.scores).or_else(|| valueless(&found.ceilings)) {
        None => Ok(found),
        Some(index) => Err(StatsError::ConstantPattern { operation: OPERATION, what: "an RDM within fold", index }),
    }
}

/// How a bootstrap of cross-validated models is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FlexibleBootstrap {
    /// Parts within each bootstrap sample.
    pub folds: ModelFolds,
    /// Divisions into parts for each sample; at least 2, so that the variance they add can be taken off. rsatoolbox: 2.
    pub n_divisions: usize,
}

/// Mean evaluations over draws, and the covariance of evaluations without the variance that random division into parts adds.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct FlexibleEvaluations {
    /// (n_draws, n_models + 2): scores averaged over parts and divisions, then the ceilings; NaN where a draw does not allow the parts.
    pub evaluations: Evaluations,
    /// (n_models + 2)²: (c V_mean − V_single) / (c − 1) for c divisions, the covariance for infinitely many.
    pub covariance: Array2<f64>,
}

/// Cross-validates models within bootstrap draws of subjects and stimuli.
///
/// Copies of a stimulus or subject always fall into one part. A draw with fewer than 3 different stimuli for each part is left out.
///
/// # Shapes and units
/// As [`cross_validate_models`]; each draw has one count for each subject and each stimulus.
///
/// # Errors
/// As [`cross_validate_models`], and [`StatsError::TooFew`] under 2 divisions or when fewer than 2 draws allow the parts.
///
/// # Accuracy and randomness
/// Division d of draw i comes from stream i of `rng`; the same seed gives the same bits on any number of threads.
///
/// # Reference
/// Schütt et al. (2023). eLife 12:e82566. Equation 15 (variance due to division).
pub fn bootstrap_flexible_models(
    models: &[RdmModel],
    subjects: ndarray::ArrayView2<'_, f64>,
    comparator: Comparator,
    draws: &[Draw],
    settings: FlexibleBootstrap,
    rng: &Rng,
) -> Result<FlexibleEvaluations, StatsError> {
    require_count(OPERATION, "divisions into parts", settings.n_divisions, 2)?;
    let flexible = FlexibleModels::new(models, subjects, comparator)?;
    for draw in draws {
        require_same_length(
            OPERATION,
            "subjects",
            ("a draw", draw.subjects.len()),
            ("the set of RDMs", flexible.set.n_subjects()),
        )?;
        require_same_length(
            OPERATION,
            "stimuli",
            ("a draw", draw.stimuli.len()),
            ("the set of RDMs", flexible.set.n_stimuli()),
        )?;
    }
    let width = models.len() + 2;
    let evaluated: Vec<Array2<f64>> = draws
        .par_iter()
        .enumerate()
        .map(|(index, draw)| {
            let mut rng = rng.stream(index as u64);
            let mut divisions = Array2::from_elem((settings.n_divisions, width), f64::NAN);
            for mut row in divisions.rows_mut() {
                // A draw that cannot be divided, or whose model RDMs are dependent within a part, has no value.
                if let Ok(found) = flexible.evaluate(draw, settings.folds, &mut rng) {
                    let n = found.scores.nrows() as f64;
                    let all = concatenate![Axis(1), found.scores, found.ceilings];
                    row.assign(&(all.sum_axis(Axis(0)) / n));
                }
            }
            divisions
        })
        .collect();
    let stacked = |pick: &dyn Fn(&Array2<f64>) -> ndarray::Array1<f64>| {
        let mut values = Array2::zeros((evaluated.len(), width));
        for (mut row, divisions) in values.rows_mut().into_iter().zip(&evaluated) {
            row.assign(&pick(divisions));
        }
        Evaluations { values }
    };
    let c = settings.n_divisions as f64;
    let evaluations = stacked(&|divisions| divisions.sum_axis(Axis(0)) / c);
    require_count(OPERATION, "bootstrap draws that allow the parts", evaluations.n_used(), 2)?;
    let mut single = Array2::<f64>::zeros((width, width));
    for division in 0..settings.n_divisions {
        // A draw is used for every division or for none, so the covariances are over the same draws.
        let usable = |divisions: &Array2<f64>| {
            let whole = divisions.iter().all(|value| value.is_finite());
            divisions.row(division).mapv(|value| if whole { value } else { f64::NAN })
        };
        single = single + stacked(&usable).covariance() / c;
    }
    let covariance = (evaluations.covariance() * c - single) / (c - 1.0);
    Ok(FlexibleEvaluations { evaluations, covariance })
}

/// All RDMs of all models, and where each model's begin.
struct FlexibleModels<'a> {
    models: &'a [RdmModel],
    starts: Vec<usize>,
    set: ComparisonSet,
}

impl<'a> FlexibleModels<'a> {
    fn new(
        models: &'a [RdmModel],
        subjects: ndarray::ArrayView2<'_, f64>,
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

    /// Every model over all parts of one draw, for one random division.
    fn evaluate(&self, draw: &Draw, folds: ModelFolds, rng: &mut Rng) -> Result<CrossValidatedScores, StatsError> {
        let subject_parts = divide(&draw.subjects, folds.subjects, rng)?;
        let mut scores = Vec::new();
        let mut ceilings = Vec::new();
        let mut scratch = Scratch::default();
        for test_subjects in &subject_parts {
            let train_subjects: Vec<f64> = counts_for_training(&draw.subjects, test_subjects, folds.subjects);
            for test in divide(&draw.stimuli, folds.stimuli, rng)? {
                let train: Vec<u32> = counts_for_training(&draw.stimuli, &test, folds.stimuli)
                    .iter()
                    .map(|&count| count as u32)
                    .collect();
                for part in [&test, &train] {
                    let found = part.iter().filter(|&&count| count > 0).count();
                    require_stimuli("a part of a cross-validation", found, FEWEST_STIMULI_IN_PART)?;
                }
                let train = PairSample::of(train);
                let test = self.set.on_sample(PairSample::of(test));
                for (model, &first) in self.models.iter().zip(&self.starts) {
                    let inputs = FitInputs { set: &self.set, first, sample: &train, subject_counts: &train_subjects };
                    let weights = model.fit_in(&inputs)?;
                    let per_subject = test.mixture_scores(first, &weights.to_vec());
                    scores.push(weighted_mean(&per_subject, test_subjects));
                }
                let (lower, upper) = test.pooled_ceiling(&draw.subjects, &mut scratch);
                ceilings.extend([lower, upper]);
            }
        }
        let n_folds = ceilings.len() / 2;
        Ok(CrossValidatedScores {
            scores: Array2::from_shape_fn((n_folds, self.models.len()), |(fold, model)| {
                scores[fold * self.models.len() + model]
            }),
            ceilings: Array2::from_shape_fn((n_folds, 2), |(fold, bound)| ceilings[2 * fold + bound]),
        })
    }
}

/// Divides what was drawn into parts at random; each part has the counts of its members and 0 elsewhere.
fn divide(counts: &[u32], n_parts: usize, rng: &mut Rng) -> Result<Vec<Vec<u32>>, StatsError> {
    let mut drawn: Vec<usize> = (0..counts.len()).filter(|&i| counts[i] > 0).collect();
    require_count(OPERATION, "parts", n_parts, 1)?;
    require_count(OPERATION, "different levels to divide", drawn.len(), n_parts)?;
    if n_parts > 1 {
        rng.shuffle(&mut drawn);
    }
    let mut parts = vec![vec![0; counts.len()]; n_parts];
    for (at, &level) in drawn.iter().enumerate() {
        parts[at * n_parts / drawn.len()][level] = counts[level];
    }
    Ok(parts)
}

/// What a part is predicted from: all else, or itself where the factor is undivided.
fn counts_for_training(all: &[u32], part: &[u32], n_parts: usize) -> Vec<f64> {
    all.iter().zip(part).map(|(&all, &part)| f64::from(if n_parts == 1 { all } else { all - part })).collect()
}

fn weighted_mean(values: &[f64], counts: &[u32]) -> f64 {
    let total: f64 = counts.iter().map(|&count| f64::from(count)).sum();
    let sum: f64 = values
        .iter()
        .zip(counts)
        .filter(|(_, count)| **count > 0)
        .map(|(value, &count)| value * f64::from(count))
        .sum();
    sum / total
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
        let settings = FlexibleBootstrap { folds: ModelFolds { stimuli: 2, subjects: 1 }, n_divisions: 2 };
        let found =
            bootstrap_flexible_models(&models, subjects.view(), Comparator::Cosine, &draws, settings, &Rng::new(7))
                .unwrap();
        let plain = found.evaluations.covariance()[[0, 0]];
        assert!(found.covariance[[0, 0]] < plain && found.covariance[[0, 0]] > 0.0);
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
