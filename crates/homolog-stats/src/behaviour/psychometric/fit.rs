//! The psychometric function that makes the answers most likely, and how sure its threshold is.

use rayon::prelude::*;

use super::PsychometricShape;
use super::search::minimise;
use crate::StatsError;
use crate::finite::{require_count, require_finite_vector, require_same_length};
use crate::random::Rng;

const OPERATION: &str = "a psychometric threshold";

/// The largest share of lapses that is fitted.
const LARGEST_LAPSE: f64 = 0.1;

/// Right answers at each stimulus level.
#[derive(Debug, Clone, Copy)]
pub struct PsychometricData<'a> {
    /// Stimulus levels: contrast, noise, angle, in any unit.
    pub levels: &'a [f64],
    /// Right answers at each level.
    pub n_correct: &'a [u32],
    /// Trials at each level.
    pub n_trials: &'a [u32],
}

/// What is known of answers that have nothing to do with the stimulus.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum LapseRate {
    /// Known: a share from 0 to 0.1.
    Fixed(f64),
    /// Fitted, from 0 to 0.1.
    Fitted,
}

/// The function that is fitted: ψ(x) = guess + (1 − guess − lapse) F(x), with 1 − F in place of F when answers get worse with the level.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PsychometricSettings {
    /// F.
    pub shape: PsychometricShape,
    /// Share of right answers by chance: 1/16 for sixteen categories, 1/2 for two.
    pub guess_rate: f64,
    /// Share of wrong answers where the stimulus is as clear as can be.
    pub lapse_rate: LapseRate,
}

/// A fitted psychometric function.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct PsychometricFit {
    /// The shape that was fitted.
    pub shape: PsychometricShape,
    /// Where F is 1/2, or 1 − 1/e for Weibull's, in the unit of the levels.
    pub threshold: f64,
    /// How slowly F goes from 0 to 1, as [`PsychometricShape`] defines it: above 0.
    pub width: f64,
    /// Whether answers get better with the level.
    pub is_rising: bool,
    /// Share of right answers by chance.
    pub guess_rate: f64,
    /// Share of wrong answers where the stimulus is clear.
    pub lapse_rate: f64,
    /// ln of the chance of the answers, without the binomial coefficients.
    pub log_likelihood: f64,
    /// 2 ln of how much likelier the answers are when each level has its own share.
    pub deviance: f64,
}

impl PsychometricFit {
    /// ψ(x): the share of right answers at a level.
    pub fn share_correct(&self, level: f64) -> f64 {
        let rising = self.shape.value(level, self.threshold, self.width);
        let value = if self.is_rising { rising } else { 1.0 - rising };
        self.guess_rate + (1.0 - self.guess_rate - self.lapse_rate) * value
    }

    /// The level at which the share of right answers is `share`; `None` where it never is.
    pub fn level_at(&self, share: f64) -> Option<f64> {
        let value = (share - self.guess_rate) / (1.0 - self.guess_rate - self.lapse_rate);
        let value = if self.is_rising { value } else { 1.0 - value };
        (value > 0.0 && value < 1.0).then(|| self.shape.level(value, self.threshold, self.width))
    }
}

/// Fits a psychometric function by maximum likelihood.
///
/// Answers at a level are binomial with share ψ(x). Whether answers get better or worse with the level is read off the data.
///
/// # Shapes and units
/// - `data`: one entry for each level, in any order.
///
/// # Errors
/// - [`StatsError::TooFew`] under 3 levels (4 with a fitted lapse rate), or a level without trials; [`StatsError::ShapeMismatch`], [`StatsError::NotFinite`].
/// - [`StatsError::OutOfRange`] for more right answers than trials, a guess rate outside 0 to below 0.9, a lapse rate outside 0 to 0.1, levels at or below
///   0 for Weibull's function, and where the most likely threshold lies further outside the levels than they span: these answers hold none.
/// - [`StatsError::Unsupported`] for Weibull's function of answers that get worse with the level.
/// - [`StatsError::ConstantPattern`] when the share of right answers does not go along with the level.
///
/// # Accuracy and randomness
/// Simplex search from 9 starts to 1e-9 of the span; the log likelihood agrees with SciPy's optimum to 1e-8 and the threshold to 1e-4
/// (goldens/scipy/behaviour). Deterministic.
///
/// # Reference
/// Wichmann, Hill (2001). The psychometric function: I. Fitting, sampling, and goodness of fit. Percept Psychophys 63:1293. Equations 1 and 2.
pub fn fit_psychometric_function(
    data: &PsychometricData<'_>,
    settings: &PsychometricSettings,
) -> Result<PsychometricFit, StatsError> {
    check(data, settings)?;
    let is_rising = is_rising(data)?;
    if settings.shape == PsychometricShape::Weibull && !is_rising {
        return Err(StatsError::Unsupported {
            operation: OPERATION,
            choice: "Weibull's function",
            reason: "answers get worse with the level, and it only rises",
            instead: "Take the cumulative Gaussian or logistic function, or levels that make the task easier as they grow",
        });
    }
    let (low, high) = range(data.levels);
    let span = high - low;
    let fit_of = |parameters: &[f64]| {
        let threshold = match settings.shape {
            PsychometricShape::Weibull => parameters[0].exp(),
            _ => parameters[0],
        };
        PsychometricFit {
            shape: settings.shape,
            threshold,
            width: parameters[1].exp(),
            is_rising,
            guess_rate: settings.guess_rate,
            lapse_rate: match settings.lapse_rate {
                LapseRate::Fixed(rate) => rate,
                // From the real line onto 0 to the largest.
                LapseRate::Fitted => LARGEST_LAPSE * 0.5 * (1.0 - parameters.get(2).map_or(1.0, |angle| angle.cos())),
            },
            log_likelihood: 0.0,
            deviance: 0.0,
        }
    };
    let cost = |parameters: &[f64]| {
        let value = -log_likelihood(data, |level| fit_of(parameters).share_correct(level));
        if value.is_finite() { value } else { f64::INFINITY }
    };
    let mut best: Option<(Vec<f64>, f64)> = None;
    for place in [0.25f64, 0.5, 0.75] {
        for spread in [0.03f64, 0.12, 0.5] {
            let mut start = match settings.shape {
                PsychometricShape::Weibull => vec![(low + place * span).ln(), (4.0 * spread).ln()],
                _ => vec![low + place * span, (spread * span).ln()],
            };
            let mut steps = match settings.shape {
                PsychometricShape::Weibull => vec![0.2 * (high / low).ln(), 0.5],
                _ => vec![0.2 * span, 0.5],
            };
            if settings.lapse_rate == LapseRate::Fitted {
                start.push(0.9);
                steps.push(0.4);
            }
            let found = minimise(&cost, &start, &steps);
            if best.as_ref().is_none_or(|(_, least)| found.1 < *least) {
                best = Some(found);
            }
        }
    }
    let mut fit = fit_of(&best.map(|(parameters, _)| parameters).unwrap_or_default());
    if !(fit.threshold > low - span && fit.threshold < high + span) {
        return Err(StatsError::OutOfRange {
            operation: OPERATION,
            parameter: "the most likely threshold",
            value: fit.threshold,
            allowed: "within the stimulus levels, or no further outside than they span: add levels where answers change",
        });
    }
    let shares: Vec<f64> = (0..data.levels.len()).map(|at| share(data, at)).collect();
    let saturated: f64 = shares.iter().enumerate().map(|(at, &share)| of_level(data, at, share)).sum();
    fit.log_likelihood = log_likelihood(data, |level| fit.share_correct(level));
    fit.deviance = 2.0 * (saturated - fit.log_likelihood);
    Ok(fit)
}

/// How sure a threshold is.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct ThresholdInterval {
    /// The fit on the answers as they are.
    pub fit: PsychometricFit,
    /// Lower end of the percentile interval of the threshold.
    pub lower: f64,
    /// Upper end of the percentile interval of the threshold.
    pub upper: f64,
    /// Standard deviation of the threshold over samples.
    pub standard_error: f64,
    /// Samples that had a threshold.
    pub n_samples_used: usize,
}

/// A bootstrap interval of the threshold: answers are drawn from the fitted function, and fitted again.
///
/// # Shapes and units
/// As [`fit_psychometric_function`].
///
/// # Errors
/// As [`fit_psychometric_function`]; [`StatsError::TooFew`] under 20 samples, or when fewer than nine tenths of them have a threshold;
/// [`StatsError::OutOfRange`] when the confidence is not between 0 and 1.
///
/// # Accuracy and randomness
/// Sample i draws from stream i of `rng`; the same bits on any number of threads.
///
/// # Reference
/// Wichmann, Hill (2001). The psychometric function: II. Bootstrap-based confidence intervals and sampling. Percept Psychophys 63:1314.
pub fn psychometric_threshold_interval(
    data: &PsychometricData<'_>,
    settings: &PsychometricSettings,
    (n_samples, confidence): (usize, f64),
    rng: &Rng,
) -> Result<ThresholdInterval, StatsError> {
    require_count(OPERATION, "bootstrap samples", n_samples, 20)?;
    if !(confidence > 0.0 && confidence < 1.0) {
        let allowed = "between 0 and 1";
        return Err(StatsError::OutOfRange {
            operation: OPERATION,
            parameter: "the confidence",
            value: confidence,
            allowed,
        });
    }
    let fit = fit_psychometric_function(data, settings)?;
    let thresholds: Vec<Option<f64>> = (0..n_samples as u64)
        .into_par_iter()
        .map(|sample| {
            let mut rng = rng.stream(sample);
            let mut draw = |at: usize| {
                let share = fit.share_correct(data.levels[at]);
                (0..data.n_trials[at]).filter(|_| rng.uniform() < share).count() as u32
            };
            let n_correct: Vec<u32> = (0..data.levels.len()).map(&mut draw).collect();
            let drawn = PsychometricData { n_correct: &n_correct, ..*data };
            fit_psychometric_function(&drawn, settings).ok().map(|fit| fit.threshold)
        })
        .collect();
    let mut found: Vec<f64> = thresholds.into_iter().flatten().collect();
    require_count(OPERATION, "bootstrap samples with a threshold", found.len(), n_samples.div_ceil(10) * 9)?;
    found.sort_by(f64::total_cmp);
    let n = found.len() as f64;
    let mean = found.iter().sum::<f64>() / n;
    let variance = found.iter().map(|threshold| (threshold - mean).powi(2)).sum::<f64>() / (n - 1.0);
    let quantile = |share: f64| {
        let at = share * (n - 1.0);
        let (below, above) = (found[at.floor() as usize], found[at.ceil() as usize]);
        below + (above - below) * (at - at.floor())
    };
    let tail = (1.0 - confidence) / 2.0;
    Ok(ThresholdInterval {
        fit,
        lower: quantile(tail),
        upper: quantile(1.0 - tail),
        standard_error: variance.sqrt(),
        n_samples_used: found.len(),
    })
}

fn check(data: &PsychometricData<'_>, settings: &PsychometricSettings) -> Result<(), StatsError> {
    let n = data.levels.len();
    let fewest = if settings.lapse_rate == LapseRate::Fitted { 4 } else { 3 };
    require_count(OPERATION, "stimulus levels", n, fewest)?;
    require_same_length(OPERATION, "levels", ("the levels", n), ("the right answers", data.n_correct.len()))?;
    require_same_length(OPERATION, "levels", ("the levels", n), ("the trials", data.n_trials.len()))?;
    require_finite_vector(OPERATION, "the levels", data.levels)?;
    let out_of_range =
        |parameter, value, allowed| Err(StatsError::OutOfRange { operation: OPERATION, parameter, value, allowed });
    if let Some(at) = (0..n).find(|&at| data.n_trials[at] == 0) {
        return Err(StatsError::Missing {
            operation: OPERATION,
            what: "level",
            index: at,
            missing: "trial",
            advice: "Leave it out",
        });
    }
    if let Some(at) = (0..n).find(|&at| data.n_correct[at] > data.n_trials[at]) {
        return out_of_range("the number of right answers", data.n_correct[at].into(), "at most the number of trials");
    }
    if !(settings.guess_rate >= 0.0 && settings.guess_rate < 0.9) {
        return out_of_range("the guess rate", settings.guess_rate, "from 0 to below 0.9");
    }
    match settings.lapse_rate {
        LapseRate::Fixed(rate) if !(0.0..=LARGEST_LAPSE).contains(&rate) => {
            return out_of_range("the lapse rate", rate, "from 0 to 0.1");
        }
        _ => {}
    }
    let (low, high) = range(data.levels);
    if low == high {
        return Err(StatsError::ConstantPattern {
            operation: OPERATION,
            what: "over trials, the stimulus level",
            index: 0,
        });
    }
    if settings.shape == PsychometricShape::Weibull && low <= 0.0 {
        return out_of_range("the lowest level", low, "above 0 for Weibull's function");
    }
    Ok(())
}

fn range(levels: &[f64]) -> (f64, f64) {
    levels.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), &level| (low.min(level), high.max(level)))
}

fn share(data: &PsychometricData<'_>, at: usize) -> f64 {
    f64::from(data.n_correct[at]) / f64::from(data.n_trials[at])
}

/// The sign of the covariance of level and answer over trials.
fn is_rising(data: &PsychometricData<'_>) -> Result<bool, StatsError> {
    let total: f64 = data.n_trials.iter().map(|&n| f64::from(n)).sum();
    let weighted = |value: &dyn Fn(usize) -> f64| -> f64 {
        (0..data.levels.len()).map(|at| f64::from(data.n_trials[at]) * value(at)).sum::<f64>() / total
    };
    let mean_level = weighted(&|at| data.levels[at]);
    let mean_share = weighted(&|at| share(data, at));
    let covariance = weighted(&|at| (data.levels[at] - mean_level) * (share(data, at) - mean_share));
    let scale = weighted(&|at| (data.levels[at] - mean_level).powi(2)).sqrt();
    if covariance.abs() <= 1e-12 * scale {
        return Err(StatsError::ConstantPattern {
            operation: OPERATION,
            what: "along the stimulus level, the share of right answers",
            index: 0,
        });
    }
    Ok(covariance > 0.0)
}

fn log_likelihood(data: &PsychometricData<'_>, share_correct: impl Fn(f64) -> f64) -> f64 {
    (0..data.levels.len()).map(|at| of_level(data, at, share_correct(data.levels[at]))).sum()
}

fn of_level(data: &PsychometricData<'_>, at: usize, share: f64) -> f64 {
    let right = f64::from(data.n_correct[at]);
    let wrong = f64::from(data.n_trials[at] - data.n_correct[at]);
    let part = |count: f64, share: f64| if count == 0.0 { 0.0 } else { count * share.ln() };
    part(right, share) + part(wrong, 1.0 - share)
}

#[cfg(test)]
mod tests;
