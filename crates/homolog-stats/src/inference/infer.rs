//! Inference on RDM models as one thing: scores, standard errors, intervals, ceilings and tests.

use ndarray::{Array2, ArrayView2, Axis};

use super::bootstrap::{BootstrapEvaluations, Draw, Resampling, evaluate_set};
use super::distribution::{student_t_quantile, student_t_upper_tail};
use super::flexible::StackedModels;
use super::multiple::{AdjustedP, Alternative, adjust, max_statistic_p};
use super::over_subjects::{max_signed_rank_p, signed_rank_test};
use super::parts::ModelFolds;
use super::randomisation::label_randomisation_test;
use super::result::{Inference, ModelInference, PairTest};
use super::settings::{InferenceSettings, TestMethod, suitable};
use super::variance::{BootstrapCorrection, ScoreVariances, score_variances};
use crate::StatsError;
use crate::comparator::Scratch;
use crate::finite::require_count;
use crate::model::RdmModel;
use crate::random::Rng;

const OPERATION: &str = "inference on RDM models";

/// Random divisions over which the cross-validated score of a model is averaged.
const DIVISIONS_OF_VALUE: u64 = 10;

/// Streams of the generator that are no bootstrap sample's.
const STREAM_OF_VALUE: u64 = u64::MAX - 1;
const STREAM_OF_FLEXIBLE: u64 = u64::MAX - 2;
const STREAM_OF_LABELS: u64 = u64::MAX - 3;

/// Scores models on subjects' RDMs and says how sure that is.
///
/// Standard errors come from the bootstrap over subjects, stimuli, or both with the two-factor correction
/// ([`score_variances`], corrected for [`BootstrapCorrection::PairsOfStimuli`]); tests and intervals are Student's t with the degrees of freedom that
/// stand there.
/// Where any model is flexible, all are cross-validated over stimuli and subjects within each bootstrap sample
/// ([`super::cross_validate_models`]), and the value is the mean over 10 random divisions of the data.
/// With too few subjects or stimuli to resample (under 5 and under 20), something else is done and [`Inference::change`] says so: with few
/// subjects stimuli are resampled alone, with few stimuli subjects are resampled and tested by signed ranks, with few of both only the labels of
/// stimuli are exchanged.
///
/// # Shapes and units
/// - `models`: each over the stimuli of `subjects`, (n_subjects, n_pairs), rows RDMs over the same stimuli in the same order.
///
/// # Errors
/// - As [`crate::comparator::compare_rdms`]; [`StatsError::TooFew`] under 20 samples; [`StatsError::OutOfRange`] when the confidence is
///   not between 0 and 1.
/// - [`StatsError::ConstantPattern`] when no bootstrap sample has a value, as for a model with one odd stimulus.
/// - [`StatsError::Unsupported`] for flexible models where only the labels of stimuli could be exchanged: refitting would need to be part of it.
/// - As [`super::cross_validate_models`].
///
/// # Accuracy and randomness
/// Sample i draws from stream i of `rng`: the same seed gives the same bits on any number of threads. The evaluations and
/// variances agree with rsatoolbox 0.3.2's on the same draws to 1e-10 (goldens/rsatoolbox/bootstrap, goldens/rsatoolbox/models). Under simulated
/// null hypotheses tests between models rejected 4.0 to 6.1% at 5% and 95% intervals covered 94.3 to 96.0%, from 5 subjects and 20 stimuli on
/// (tests/calibration). By the bootstrap the one-sided test against 0 is conservative: it rejected 1.7 to 3.4%, because the score of an unrelated model
/// varies by single pairs, which a bootstrap of stimuli counts up to three times. Exchange of labels is exact, and takes its place where it is asked
/// for ([`InferenceSettings::n_relabellings`]) and stimuli are resampled.
///
/// # Reference
/// Schütt et al. (2023). Statistical inference on representational geometries. eLife 12:e82566.
/// Differs from rsatoolbox in: the value and the tests use the score on the data, not the mean over bootstrap samples; the variance over stimuli and the
/// degrees of freedom (docs/decisions/0007-bootstrap-of-pairs.md).
pub fn infer(
    models: &[RdmModel],
    subjects: ArrayView2<'_, f64>,
    settings: &InferenceSettings,
    rng: &Rng,
) -> Result<Inference, StatsError> {
    require_count(OPERATION, "bootstrap samples", settings.n_samples, 20)?;
    if !(settings.confidence > 0.0 && settings.confidence < 1.0) {
        return Err(StatsError::OutOfRange {
            operation: OPERATION,
            parameter: "the confidence",
            value: settings.confidence,
            allowed: "between 0 and 1",
        });
    }
    let stacked = StackedModels::new(models, subjects, settings.comparator)?;
    let (n_subjects, n_stimuli) = (stacked.set.n_subjects(), stacked.set.n_stimuli());
    let folds = models
        .iter()
        .any(RdmModel::is_flexible)
        .then(|| settings.folds.unwrap_or_else(|| ModelFolds::suited_to_samples_of(n_stimuli, n_subjects)));
    let plain = PlainScores::of(&stacked, folds, rng)?;
    let (resampling, method, change) = suitable(settings.resampling, n_subjects, n_stimuli);
    let mut inference = Inference {
        models: plain.models(stacked.weights()?),
        pairs: Vec::new(),
        ceiling: plain.ceiling,
        n_subjects,
        n_stimuli,
        resampling,
        change,
        method,
        zero_method: method,
        n_samples_used: 0,
        folds,
    };
    if settings.n_relabellings > 0 || method == TestMethod::LabelExchange {
        exchange_labels(&mut inference, models, subjects, settings, rng)?;
    }
    let Some(resampling) = resampling else {
        test_zero_by_exchanged_labels(&mut inference)?;
        return Ok(inference);
    };
    let draws: Vec<Draw> =
        (0..settings.n_samples as u64).map(|index| Draw::sample(rng, index, n_subjects, n_stimuli)).collect();
    let evaluations = match folds {
        None => evaluate_set(&stacked.set, &draws, resampling)?,
        Some(folds) => {
            let rng = rng.stream(STREAM_OF_FLEXIBLE);
            stacked.evaluate_draws(&draws, resampling, (folds, settings.n_divisions), &rng)?
        }
    };
    let bootstrap = Bootstrap::of(&evaluations, resampling, n_subjects, n_stimuli)?;
    bootstrap.describe(&mut inference, settings.confidence);
    match method {
        TestMethod::SignedRank => test_by_signed_ranks(&mut inference, &plain, settings.n_samples, rng, &bootstrap)?,
        _ => test_by_t(&mut inference, &bootstrap, rng)?,
    }
    if method == TestMethod::BootstrapT && resampling != Resampling::Subjects {
        test_zero_by_exchanged_labels(&mut inference)?;
    }
    Ok(inference)
}

/// Puts the exact test in the place of a bootstrap's, where every model has one.
fn test_zero_by_exchanged_labels(inference: &mut Inference) -> Result<(), StatsError> {
    let tests: Option<Vec<_>> = inference.models.iter().map(|model| model.randomisation).collect();
    let Some(tests) = tests else {
        return Ok(());
    };
    let (p, family_wise): (Vec<f64>, Vec<f64>) = tests.iter().map(|test| (test.p, test.p_family_wise)).unzip();
    for (model, adjusted) in inference.models.iter_mut().zip(adjust(&p, &family_wise)?) {
        model.against_zero = Some(adjusted);
    }
    inference.zero_method = TestMethod::LabelExchange;
    Ok(())
}

/// Scores on the data as they are.
struct PlainScores {
    /// (n_models, n_subjects).
    per_subject: Array2<f64>,
    values: Vec<f64>,
    ceiling: Option<(f64, f64)>,
    /// The lower ceiling of each subject on all stimuli; `None` with one subject, and where scores are on parts of the stimuli.
    lower_per_subject: Option<Vec<f64>>,
}

impl PlainScores {
    fn of(stacked: &StackedModels<'_>, folds: Option<ModelFolds>, rng: &Rng) -> Result<Self, StatsError> {
        let n_subjects = stacked.set.n_subjects();
        let Some(folds) = folds else {
            let whole = stacked.set.on_all_stimuli();
            let per_subject = whole.scores();
            let values = per_subject.rows().into_iter().map(|row| row.sum() / row.len() as f64).collect();
            let mut scratch = Scratch::default();
            let everyone: Vec<usize> = (0..n_subjects).collect();
            let ceilings = (n_subjects > 1)
                .then(|| whole.pooled_ceiling_per_subject(&vec![1; n_subjects], &everyone, &mut scratch));
            let mean =
                |pick: fn(&(f64, f64)) -> f64, of: &[(f64, f64)]| of.iter().map(pick).sum::<f64>() / of.len() as f64;
            return Ok(Self {
                ceiling: ceilings.as_ref().map(|of| (mean(|c| c.0, of), mean(|c| c.1, of))),
                lower_per_subject: ceilings.map(|of| of.into_iter().map(|(lower, _)| lower).collect()),
                per_subject,
                values,
            });
        };
        let rng = rng.stream(STREAM_OF_VALUE);
        let n = DIVISIONS_OF_VALUE as f64;
        let mut per_subject: Option<Array2<f64>> = None;
        let (mut values, mut ceiling) = (Vec::new(), (0.0, 0.0));
        for division in 0..DIVISIONS_OF_VALUE {
            let found = stacked.cross_validate(folds, &mut rng.stream(division))?;
            let means = found.means();
            values.resize(means.len(), 0.0);
            values.iter_mut().zip(&means).for_each(|(sum, mean)| *sum += mean / n);
            let (lower, upper) = found.mean_ceiling();
            ceiling = (ceiling.0 + lower / n, ceiling.1 + upper / n);
            let share = found.per_subject / n;
            per_subject = Some(per_subject.map_or_else(|| share.clone(), |sum| sum + &share));
        }
        Ok(Self {
            per_subject: per_subject.unwrap_or_default(),
            values,
            ceiling: (n_subjects > 1).then_some(ceiling),
            lower_per_subject: None,
        })
    }

    fn models(&self, weights: Vec<Vec<f64>>) -> Vec<ModelInference> {
        let rows = self.per_subject.rows().into_iter().zip(&self.values).zip(weights);
        rows.map(|((row, &value), weights)| ModelInference {
            value,
            per_subject: row.to_vec(),
            weights,
            ..ModelInference::default()
        })
        .collect()
    }
}

fn exchange_labels(
    inference: &mut Inference,
    models: &[RdmModel],
    subjects: ArrayView2<'_, f64>,
    settings: &InferenceSettings,
    rng: &Rng,
) -> Result<(), StatsError> {
    let fixed: Vec<usize> = (0..models.len()).filter(|&at| !models[at].is_flexible()).collect();
    if inference.method == TestMethod::LabelExchange && fixed.len() < models.len() {
        return Err(StatsError::Unsupported {
            operation: OPERATION,
            choice: "flexible models and so few subjects and stimuli",
            reason: "only an exchange of stimulus labels is possible, which holds for fixed models alone",
            instead: "Give fixed models, or at least 5 subjects or 20 stimuli",
        });
    }
    if fixed.is_empty() {
        return Ok(());
    }
    let mut rdms = Array2::zeros((fixed.len(), subjects.ncols()));
    for (mut row, &at) in rdms.rows_mut().into_iter().zip(&fixed) {
        row.assign(&models[at].rdms().row(0));
    }
    let n = if settings.n_relabellings > 0 { settings.n_relabellings } else { settings.n_samples };
    let rng = rng.stream(STREAM_OF_LABELS);
    let tests = label_randomisation_test(rdms.view(), subjects, settings.comparator, n, &rng)?;
    for (test, &at) in tests.into_iter().zip(&fixed) {
        inference.models[at].randomisation = Some(test);
    }
    Ok(())
}

/// What the bootstrap says of scores.
struct Bootstrap<'a> {
    widest: &'a super::Evaluations,
    variances: ScoreVariances,
}

impl<'a> Bootstrap<'a> {
    fn of(
        evaluations: &'a BootstrapEvaluations,
        resampling: Resampling,
        n_subjects: usize,
        n_stimuli: usize,
    ) -> Result<Self, StatsError> {
        let widest = match resampling {
            Resampling::Both => &evaluations.both,
            Resampling::Subjects => &evaluations.subjects,
            Resampling::Stimuli => &evaluations.stimuli,
        };
        let levels = (n_subjects, n_stimuli);
        let variances = score_variances(evaluations, resampling, levels, BootstrapCorrection::PairsOfStimuli);
        let finite = |v: &ScoreVariances| v.models.iter().all(|value| value.is_finite());
        match (widest, variances.filter(finite)) {
            (Some(widest), Some(variances)) => Ok(Self { widest, variances }),
            _ => Err(StatsError::ConstantPattern {
                operation: OPERATION,
                what: "in every bootstrap sample, the RDM of model",
                index: 0,
            }),
        }
    }

    fn describe(&self, inference: &mut Inference, confidence: f64) {
        inference.n_samples_used = self.widest.n_used();
        let means = self.widest.means();
        let tail = (1.0 - confidence) / 2.0;
        for (m, model) in inference.models.iter_mut().enumerate() {
            let error = self.variances.models[m].max(0.0).sqrt();
            let freedom = self.variances.degrees_of_freedom.models[m];
            let width = student_t_quantile(tail, freedom);
            model.degrees_of_freedom = Some(freedom);
            model.standard_error = Some(error);
            model.interval = Some((model.value - width * error, model.value + width * error));
            model.bootstrap_mean = Some(means[m]);
            model.percentile_interval = Some((self.widest.quantile(m, tail), self.widest.quantile(m, 1.0 - tail)));
        }
    }

    /// Covariance over bootstrap samples of contrasts of the columns (models, then ceilings).
    fn covariance_of(&self, contrasts: &Array2<f64>) -> Array2<f64> {
        contrasts.dot(&self.widest.covariance).dot(&contrasts.t())
    }
}

/// All pairs of models, untested.
fn pairs(inference: &Inference, bootstrap: &Bootstrap<'_>, tests: &dyn Fn(usize) -> AdjustedP) -> Vec<PairTest> {
    let n = inference.models.len();
    crate::rdm::pairs(n)
        .enumerate()
        .map(|(at, (first, second))| PairTest {
            first,
            second,
            difference: inference.models[first].value - inference.models[second].value,
            standard_error: bootstrap.variances.differences[[first, second]].max(0.0).sqrt(),
            degrees_of_freedom: bootstrap.variances.degrees_of_freedom.differences[[first, second]],
            test: tests(at),
        })
        .collect()
}

fn test_by_t(inference: &mut Inference, bootstrap: &Bootstrap<'_>, rng: &Rng) -> Result<(), StatsError> {
    let n = inference.models.len();
    let freedom = &bootstrap.variances.degrees_of_freedom;
    let family = |contrasts: Array2<f64>, tests: &[Tested], alternative: Alternative, stream: u64| {
        let p: Vec<f64> = tests.iter().map(|test| test.p(alternative)).collect();
        let max = max_statistic_p(&p, &bootstrap.covariance_of(&contrasts), alternative, &rng.stream(stream))?;
        adjust(&p, &max)
    };
    let unit = |row: usize, column: usize| f64::from(u8::from(row == column));
    let values: Vec<f64> = inference.models.iter().map(|model| model.value).collect();
    let of_models = Array2::from_shape_fn((n, n + 2), |(row, column)| unit(row, column));
    let tested = Tested::all(&values, &bootstrap.variances.models, &freedom.models);
    let tests = family(of_models, &tested, Alternative::Greater, u64::MAX - 4)?;
    for (model, test) in inference.models.iter_mut().zip(tests) {
        model.against_zero = Some(test);
    }
    if let Some((lower, _)) = inference.ceiling {
        let from_ceiling = Array2::from_shape_fn((n, n + 2), |(row, column)| unit(row, column) - unit(n, column));
        let below: Vec<f64> = values.iter().map(|value| value - lower).collect();
        let tested = Tested::all(&below, &bootstrap.variances.from_lower_ceiling, &freedom.from_lower_ceiling);
        let tests = family(from_ceiling, &tested, Alternative::TwoSided, u64::MAX - 5)?;
        for (model, test) in inference.models.iter_mut().zip(tests) {
            model.against_ceiling = Some(test);
        }
    }
    let all_pairs: Vec<(usize, usize)> = crate::rdm::pairs(n).collect();
    if all_pairs.is_empty() {
        return Ok(());
    }
    let differences = Array2::from_shape_fn((all_pairs.len(), n + 2), |(row, column)| {
        unit(all_pairs[row].0, column) - unit(all_pairs[row].1, column)
    });
    let tested: Vec<Tested> = all_pairs
        .iter()
        .map(|&(i, j)| Tested {
            effect: values[i] - values[j],
            variance: bootstrap.variances.differences[[i, j]],
            freedom: freedom.differences[[i, j]],
        })
        .collect();
    let tests = family(differences, &tested, Alternative::TwoSided, u64::MAX - 6)?;
    inference.pairs = pairs(inference, bootstrap, &|at| tests[at]);
    Ok(())
}

fn test_by_signed_ranks(
    inference: &mut Inference,
    plain: &PlainScores,
    n_exchanges: usize,
    rng: &Rng,
    bootstrap: &Bootstrap<'_>,
) -> Result<(), StatsError> {
    let family = |values: Array2<f64>, alternative: Alternative, stream: u64| {
        // Subjects' values that are all 0 speak for nothing: p is 1.
        let varies: Vec<usize> =
            (0..values.nrows()).filter(|&row| values.row(row).iter().any(|value| *value != 0.0)).collect();
        let (mut p, mut max) = (vec![1.0; values.nrows()], vec![1.0; values.nrows()]);
        if !varies.is_empty() {
            let kept = values.select(Axis(0), &varies);
            let found = max_signed_rank_p(kept.view(), alternative, n_exchanges, &rng.stream(stream))?;
            for (&row, found) in varies.iter().zip(found) {
                p[row] = signed_rank_test(&values.row(row).to_vec(), alternative)?;
                max[row] = found;
            }
        }
        adjust(&p, &max)
    };
    let scores = &plain.per_subject;
    for (model, test) in inference.models.iter_mut().zip(family(scores.clone(), Alternative::Greater, u64::MAX - 4)?) {
        model.against_zero = Some(test);
    }
    if let Some(lower) = &plain.lower_per_subject {
        let lower = ndarray::Array1::from(lower.clone());
        for (model, test) in
            inference.models.iter_mut().zip(family(scores - &lower, Alternative::TwoSided, u64::MAX - 5)?)
        {
            model.against_ceiling = Some(test);
        }
    }
    let all_pairs: Vec<(usize, usize)> = crate::rdm::pairs(inference.models.len()).collect();
    if all_pairs.is_empty() {
        return Ok(());
    }
    let differences = Array2::from_shape_fn((all_pairs.len(), scores.ncols()), |(pair, subject)| {
        scores[[all_pairs[pair].0, subject]] - scores[[all_pairs[pair].1, subject]]
    });
    let tests = family(differences, Alternative::TwoSided, u64::MAX - 6)?;
    inference.pairs = pairs(inference, bootstrap, &|at| tests[at]);
    Ok(())
}

/// An effect with its variance and the degrees of freedom of that.
struct Tested {
    effect: f64,
    variance: f64,
    freedom: f64,
}

impl Tested {
    fn all(effects: &[f64], variances: &[f64], freedom: &[f64]) -> Vec<Self> {
        let all = effects.iter().zip(variances).zip(freedom);
        all.map(|((&effect, &variance), &freedom)| Self { effect, variance, freedom }).collect()
    }

    /// By Student's t; an effect with no variance at all is as sure as rounding allows, and none is no evidence.
    fn p(&self, alternative: Alternative) -> f64 {
        let t = self.effect / self.variance.max(f64::EPSILON).sqrt();
        match alternative {
            Alternative::Greater => student_t_upper_tail(t, self.freedom),
            Alternative::TwoSided => (2.0 * student_t_upper_tail(t.abs(), self.freedom)).min(1.0),
        }
    }
}

#[cfg(test)]
mod tests;
