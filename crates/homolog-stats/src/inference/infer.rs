//! Inference on fixed models as one thing: scores, standard errors, intervals, ceilings and tests.

use std::fmt;

use ndarray::{Array2, ArrayView2};

use super::bootstrap::{BootstrapEvaluations, Draw, Resampling, evaluate_set};
use super::distribution::{student_t_quantile, student_t_upper_tail};
use super::multiple::{false_discovery_rate, family_wise_error};
use super::randomisation::{RandomisationTest, label_randomisation_test};
use super::variance::{ScoreVariances, score_variances};
use crate::StatsError;
use crate::comparator::{Comparator, ComparisonSet, Scratch};
use crate::finite::require_count;
use crate::random::Rng;

/// Fewest subjects that are resampled; under it stimuli are resampled alone.
pub const FEWEST_SUBJECTS_TO_RESAMPLE: usize = 4;

/// Fewest stimuli that are resampled; under it subjects are resampled alone.
pub const FEWEST_STIMULI_TO_RESAMPLE: usize = 10;

/// What [`infer`] is asked for.
#[derive(Debug, Clone, PartialEq)]
pub struct InferenceSettings {
    /// How RDMs are compared.
    pub comparator: Comparator,
    /// What conclusions are to hold beyond.
    pub resampling: Resampling,
    /// Bootstrap samples: 1,000 is usual.
    pub n_samples: usize,
    /// Share of experiments whose interval holds the truth: 0.95 is usual.
    pub confidence: f64,
}

impl Default for InferenceSettings {
    fn default() -> Self {
        Self { comparator: Comparator::Spearman, resampling: Resampling::Both, n_samples: 1000, confidence: 0.95 }
    }
}

/// Why something other than the resampling that was asked for was used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum ResamplingChange {
    /// Stimuli were resampled alone.
    TooFewSubjects {
        /// How many subjects there are.
        found: usize,
    },
    /// Subjects were resampled alone.
    TooFewStimuli {
        /// How many stimuli there are.
        found: usize,
    },
    /// Neither could be resampled; only the test by exchange of labels is given.
    TooFewOfBoth {
        /// How many subjects there are.
        subjects: usize,
        /// How many stimuli there are.
        stimuli: usize,
    },
}

impl fmt::Display for ResamplingChange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooFewSubjects { found } => write!(
                f,
                "{found} subjects are too few to resample (at least {FEWEST_SUBJECTS_TO_RESAMPLE}), so stimuli were resampled alone: conclusions hold for these subjects only"
            ),
            Self::TooFewStimuli { found } => write!(
                f,
                "{found} stimuli are too few to resample (at least {FEWEST_STIMULI_TO_RESAMPLE}), so subjects were resampled alone: conclusions hold for these stimuli only"
            ),
            Self::TooFewOfBoth { subjects, stimuli } => write!(
                f,
                "{subjects} subjects and {stimuli} stimuli are too few to resample either (at least {FEWEST_SUBJECTS_TO_RESAMPLE} and {FEWEST_STIMULI_TO_RESAMPLE}), so there are no intervals, only the test by exchange of stimulus labels"
            ),
        }
    }
}

/// What is known of one model.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct ModelInference {
    /// Its score on the data as they are: the mean over subjects.
    pub value: f64,
    /// Its score with each subject.
    pub per_subject: Vec<f64>,
    /// Mean score over bootstrap samples (rsatoolbox reports this one as the score).
    pub bootstrap_mean: Option<f64>,
    /// Standard deviation of the score over new experiments.
    pub standard_error: Option<f64>,
    /// value ± t · standard error.
    pub interval: Option<(f64, f64)>,
    /// Quantiles of the bootstrap scores (of the widest resampling used).
    pub percentile_interval: Option<(f64, f64)>,
    /// One-sided p that the score is not above 0.
    pub p_against_zero: Option<f64>,
    /// The same with the false discovery rate controlled over models.
    pub p_against_zero_fdr: Option<f64>,
    /// Two-sided p that the score equals the lower noise ceiling.
    pub p_against_ceiling: Option<f64>,
    /// The test by exchange of stimulus labels, where neither factor could be resampled.
    pub randomisation: Option<RandomisationTest>,
}

/// The test of one model against another.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct PairTest {
    /// The first model.
    pub first: usize,
    /// The second model.
    pub second: usize,
    /// Score of the first less score of the second.
    pub difference: f64,
    /// Standard error of the difference.
    pub standard_error: f64,
    /// Two-sided p.
    pub p: f64,
    /// With the false discovery rate controlled over all pairs.
    pub p_fdr: f64,
    /// With the family-wise error controlled over all pairs (Holm).
    pub p_family_wise: f64,
}

/// The result of [`infer`].
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Inference {
    /// One entry for each model.
    pub models: Vec<ModelInference>,
    /// Every pair of models; empty where nothing could be resampled.
    pub pairs: Vec<PairTest>,
    /// Lower and upper noise ceiling by pooled RDMs; `None` with one subject.
    pub ceiling: Option<(f64, f64)>,
    /// What was resampled.
    pub resampling: Option<Resampling>,
    /// Why that differs from what was asked for.
    pub change: Option<ResamplingChange>,
    /// Degrees of freedom of the t tests: the smaller number of resampled levels, less one.
    pub degrees_of_freedom: usize,
    /// Bootstrap samples that had a value.
    pub n_samples_used: usize,
}

/// Scores fixed models on subjects' RDMs and says how sure that is.
///
/// Standard errors come from the bootstrap over subjects, stimuli, or both with the two-factor correction
/// ([`score_variances`]); tests and intervals are Student's t with the smaller number of resampled levels less one degrees of freedom.
/// With too few subjects or stimuli to resample, the other factor is resampled alone, or neither, and
/// [`Inference::change`] says so.
///
/// # Shapes and units
/// - `models`: (n_models, n_pairs), `subjects`: (n_subjects, n_pairs), rows RDMs over the same stimuli in the same order.
///
/// # Errors
/// - As [`crate::comparator::compare_rdms`]; [`StatsError::TooFew`] under 20 samples; [`StatsError::OutOfRange`] when the confidence is
///   not between 0 and 1.
/// - [`StatsError::ConstantPattern`] when no bootstrap sample has a value, as for a model with one odd stimulus.
///
/// # Accuracy and randomness
/// Sample i draws from stream i of `rng`: the same seed gives the same bits on any number of threads. The evaluations and
/// variances agree with rsatoolbox 0.3.2's on the same draws to 1e-10 (goldens/rsatoolbox/bootstrap).
///
/// # Reference
/// Schütt et al. (2023). Statistical inference on representational geometries. eLife 12:e82566.
/// Differs from rsatoolbox in: the value and the tests use the score on the data, not the mean over bootstrap samples.
pub fn infer(
    models: ArrayView2<'_, f64>,
    subjects: ArrayView2<'_, f64>,
    settings: &InferenceSettings,
    rng: &Rng,
) -> Result<Inference, StatsError> {
    const OPERATION: &str = "inference on RDM models";
    require_count(OPERATION, "bootstrap samples", settings.n_samples, 20)?;
    if !(settings.confidence > 0.0 && settings.confidence < 1.0) {
        return Err(StatsError::OutOfRange {
            operation: OPERATION,
            parameter: "the confidence",
            value: settings.confidence,
            allowed: "between 0 and 1",
        });
    }
    let set = ComparisonSet::new(models, subjects, settings.comparator)?;
    let whole = set.on_all_stimuli();
    let scores = whole.scores();
    let ceiling =
        (set.n_subjects() > 1).then(|| whole.pooled_ceiling(&vec![1; set.n_subjects()], &mut Scratch::default()));
    let (resampling, change) = suitable(settings.resampling, set.n_subjects(), set.n_stimuli());
    let mut inference = Inference {
        models: plain_scores(&scores),
        pairs: Vec::new(),
        ceiling,
        resampling,
        change,
        degrees_of_freedom: 0,
        n_samples_used: 0,
    };
    let Some(resampling) = resampling else {
        let tests = label_randomisation_test(models, subjects, settings.comparator, settings.n_samples, rng)?;
        for (model, test) in inference.models.iter_mut().zip(tests) {
            model.randomisation = Some(test);
        }
        return Ok(inference);
    };
    let draws: Vec<Draw> = (0..settings.n_samples as u64)
        .map(|index| Draw::sample(rng, index, set.n_subjects(), set.n_stimuli()))
        .collect();
    let evaluations = evaluate_set(&set, &draws, resampling)?;
    inference.degrees_of_freedom = match resampling {
        Resampling::Subjects => set.n_subjects() - 1,
        Resampling::Stimuli => set.n_stimuli() - 1,
        Resampling::Both => set.n_subjects().min(set.n_stimuli()) - 1,
    };
    let variances = score_variances(&evaluations, resampling, set.n_subjects(), set.n_stimuli());
    let finite = |v: &ScoreVariances| v.models.iter().all(|value| value.is_finite());
    let Some(variances) = variances.filter(finite) else {
        return Err(StatsError::ConstantPattern {
            operation: OPERATION,
            what: "in every bootstrap sample, the RDM of model",
            index: 0,
        });
    };
    add_tests(&mut inference, &variances, settings.confidence)?;
    add_bootstrap_summary(&mut inference, &evaluations, resampling, settings.confidence);
    Ok(inference)
}

/// The resampling that the numbers of subjects and stimuli allow.
fn suitable(asked: Resampling, subjects: usize, stimuli: usize) -> (Option<Resampling>, Option<ResamplingChange>) {
    let enough_subjects = subjects >= FEWEST_SUBJECTS_TO_RESAMPLE;
    let enough_stimuli = stimuli >= FEWEST_STIMULI_TO_RESAMPLE;
    match (asked, enough_subjects, enough_stimuli) {
        (Resampling::Subjects, true, _) | (Resampling::Stimuli, _, true) | (Resampling::Both, true, true) => {
            (Some(asked), None)
        }
        (_, false, true) => (Some(Resampling::Stimuli), Some(ResamplingChange::TooFewSubjects { found: subjects })),
        (_, true, false) => (Some(Resampling::Subjects), Some(ResamplingChange::TooFewStimuli { found: stimuli })),
        (_, false, false) => (None, Some(ResamplingChange::TooFewOfBoth { subjects, stimuli })),
    }
}

fn plain_scores(scores: &Array2<f64>) -> Vec<ModelInference> {
    scores
        .rows()
        .into_iter()
        .map(|row| ModelInference {
            value: row.sum() / row.len() as f64,
            per_subject: row.to_vec(),
            bootstrap_mean: None,
            standard_error: None,
            interval: None,
            percentile_interval: None,
            p_against_zero: None,
            p_against_zero_fdr: None,
            p_against_ceiling: None,
            randomisation: None,
        })
        .collect()
}

fn add_tests(inference: &mut Inference, variances: &ScoreVariances, confidence: f64) -> Result<(), StatsError> {
    let freedom = inference.degrees_of_freedom as f64;
    let width = student_t_quantile((1.0 - confidence) / 2.0, freedom);
    let lower_ceiling = inference.ceiling.map(|(lower, _)| lower);
    for (m, model) in inference.models.iter_mut().enumerate() {
        let error = variances.models[m].max(0.0).sqrt();
        model.standard_error = Some(error);
        model.interval = Some((model.value - width * error, model.value + width * error));
        model.p_against_zero = Some(one_sided(model.value, variances.models[m], freedom));
        model.p_against_ceiling =
            lower_ceiling.map(|ceiling| two_sided(model.value - ceiling, variances.from_lower_ceiling[m], freedom));
    }
    let p: Vec<f64> = inference.models.iter().filter_map(|model| model.p_against_zero).collect();
    for (model, q) in inference.models.iter_mut().zip(false_discovery_rate(&p)?) {
        model.p_against_zero_fdr = Some(q);
    }
    let n = inference.models.len();
    for first in 0..n {
        for second in first + 1..n {
            let difference = inference.models[first].value - inference.models[second].value;
            let variance = variances.differences[[first, second]];
            inference.pairs.push(PairTest {
                first,
                second,
                difference,
                standard_error: variance.max(0.0).sqrt(),
                p: two_sided(difference, variance, freedom),
                p_fdr: 1.0,
                p_family_wise: 1.0,
            });
        }
    }
    let p: Vec<f64> = inference.pairs.iter().map(|pair| pair.p).collect();
    let (q, holm) = (false_discovery_rate(&p)?, family_wise_error(&p)?);
    for (pair, (q, holm)) in inference.pairs.iter_mut().zip(q.into_iter().zip(holm)) {
        pair.p_fdr = q;
        pair.p_family_wise = holm;
    }
    Ok(())
}

fn add_bootstrap_summary(
    inference: &mut Inference,
    evaluations: &BootstrapEvaluations,
    resampling: Resampling,
    confidence: f64,
) {
    let used = match resampling {
        Resampling::Both => &evaluations.both,
        Resampling::Subjects => &evaluations.subjects,
        Resampling::Stimuli => &evaluations.stimuli,
    };
    let Some(used) = used else { return };
    inference.n_samples_used = used.n_used();
    let means = used.means();
    let tail = (1.0 - confidence) / 2.0;
    for (m, model) in inference.models.iter_mut().enumerate() {
        model.bootstrap_mean = Some(means[m]);
        model.percentile_interval = Some((used.quantile(m, tail), used.quantile(m, 1.0 - tail)));
    }
}

/// One-sided p of a t test; a difference with no variance at all is certain, and none is no evidence.
fn one_sided(value: f64, variance: f64, freedom: f64) -> f64 {
    student_t_upper_tail(value / variance.max(f64::EPSILON).sqrt(), freedom)
}

fn two_sided(value: f64, variance: f64, freedom: f64) -> f64 {
    (2.0 * student_t_upper_tail(value.abs() / variance.max(f64::EPSILON).sqrt(), freedom)).min(1.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rdm;

    /// Models and subjects that share a truth: model 0 is the truth, model 1 is unrelated.
    fn experiment(n_subjects: usize, n_stimuli: usize, seed: u64) -> (Array2<f64>, Array2<f64>) {
        let mut rng = Rng::new(seed);
        let n_pairs = rdm::n_pairs(n_stimuli);
        let models = Array2::from_shape_simple_fn((2, n_pairs), || rng.uniform());
        let subjects = Array2::from_shape_fn((n_subjects, n_pairs), |(_, p)| models[[0, p]] + rng.uniform());
        (models, subjects)
    }

    #[test]
    fn true_model_is_above_zero_and_above_an_unrelated_one() {
        let (models, subjects) = experiment(6, 14, 1);
        let settings =
            InferenceSettings { comparator: Comparator::RhoA, n_samples: 200, ..InferenceSettings::default() };
        let found = infer(models.view(), subjects.view(), &settings, &Rng::new(2)).unwrap();
        let (truth, other) = (&found.models[0], &found.models[1]);
        assert!(truth.p_against_zero.unwrap() < 0.01 && other.p_against_zero.unwrap() > 0.05);
        assert!(found.pairs[0].p_family_wise < 0.01 && found.pairs[0].difference > 0.3);
        let (low, high) = truth.interval.unwrap();
        assert!(low < truth.value && truth.value < high);
        assert!(found.change.is_none() && found.degrees_of_freedom == 5);
        let (lower, upper) = found.ceiling.unwrap();
        assert!(lower < upper);
    }

    #[test]
    fn few_subjects_resample_stimuli_and_say_why() {
        let (models, subjects) = experiment(1, 14, 3);
        let settings = InferenceSettings { n_samples: 50, ..InferenceSettings::default() };
        let found = infer(models.view(), subjects.view(), &settings, &Rng::new(4)).unwrap();
        assert_eq!(found.resampling, Some(Resampling::Stimuli));
        assert_eq!(found.ceiling, None);
        let words = found.change.unwrap().to_string();
        assert!(words.contains("1 subjects are too few"), "{words}");
    }

    #[test]
    fn few_of_both_leave_the_exchange_of_labels() {
        let (models, subjects) = experiment(2, 8, 5);
        let settings = InferenceSettings { n_samples: 50, ..InferenceSettings::default() };
        let found = infer(models.view(), subjects.view(), &settings, &Rng::new(6)).unwrap();
        assert_eq!(found.resampling, None);
        assert!(found.models[0].randomisation.is_some() && found.models[0].interval.is_none());
    }

    #[test]
    fn same_seed_gives_the_same_bits_on_one_thread_and_two() {
        let (models, subjects) = experiment(5, 12, 7);
        let settings = InferenceSettings { n_samples: 40, ..InferenceSettings::default() };
        let on = |threads| {
            rayon::ThreadPoolBuilder::new()
                .num_threads(threads)
                .build()
                .unwrap()
                .install(|| infer(models.view(), subjects.view(), &settings, &Rng::new(8)).unwrap())
        };
        assert_eq!(on(1), on(2));
    }

    #[test]
    fn confidence_outside_its_range_is_refused() {
        let (models, subjects) = experiment(5, 12, 9);
        let settings = InferenceSettings { confidence: 95.0, ..InferenceSettings::default() };
        let found = infer(models.view(), subjects.view(), &settings, &Rng::new(1));
        assert!(matches!(found, Err(StatsError::OutOfRange { .. })));
    }
}
