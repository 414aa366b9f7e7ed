//! How much a score would vary with another sample of stimuli.

use ndarray::{Array2, ArrayView2};
use rayon::prelude::*;

use super::aggregation::median_over_units_mean_over_splits;
use super::cross_validated::Encoding;
use crate::error::StatsError;
use crate::finite::require_count;
use crate::mapping::product;
use crate::random::Rng;

const OPERATION: &str = "a bootstrap over stimuli";
/// Samples whose weights are multiplied at once.
const SAMPLES_AT_ONCE: usize = 64;

/// A bootstrap distribution of an aggregate score.
#[derive(Debug, Clone, PartialEq)]
pub struct BootstrapInterval {
    /// The aggregate score of each sample, in the order of the samples.
    pub samples: Vec<f64>,
    /// Standard deviation over samples (ddof 1).
    pub standard_error: f64,
    /// Lower end of the percentile interval.
    pub lower: f64,
    /// Upper end of the percentile interval.
    pub upper: f64,
}

/// Bootstrap interval of an encoding model's aggregate Pearson score over its held-out stimuli.
///
/// Each sample draws as many stimuli as there are, with replacement; every split's predictions and responses are weighted by how
/// often their stimulus was drawn; Pearson per unit, median over units, mean over splits. The models are not fitted again: the
/// interval is of the score of these fitted models over stimuli like these.
/// Convention: percentile interval, quantiles by linear interpolation (NumPy's default). A unit that is constant in a sample's test part is left
/// out of that sample's median; a sample that leaves a split without a unit is drawn again.
///
/// # Errors
/// - [`StatsError::TooFew`] with fewer than 2 samples, or when 20 draws in a row give no score.
/// - [`StatsError::OutOfRange`] when `confidence` is not above 0 and below 1.
///
/// # Accuracy and randomness
/// f64; sample k draws from stream k of `rng`, so the same seed gives the same samples on any number of threads.
///
/// # Reference
/// Efron (1979). Bootstrap methods: another look at the jackknife. Ann Stat 7:1-26. doi:10.1214/aos/1176344552.
pub fn bootstrap_over_stimuli(
    encoding: &Encoding,
    n_samples: usize,
    confidence: f64,
    rng: &Rng,
) -> Result<BootstrapInterval, StatsError> {
    require_count(OPERATION, "samples", n_samples, 2)?;
    check_confidence(confidence)?;
    let parts: Vec<Moments> =
        encoding.held_out.iter().map(|part| Moments::of(&part.predicted, &part.observed)).collect();
    let starts: Vec<usize> = (0..n_samples).step_by(SAMPLES_AT_ONCE).collect();
    let blocks = starts.par_iter().map(|&start| {
        let streams = start..(start + SAMPLES_AT_ONCE).min(n_samples);
        sample_block(encoding, &parts, streams, rng)
    });
    let samples: Vec<f64> = blocks.collect::<Result<Vec<Vec<f64>>, _>>()?.concat();
    BootstrapInterval::of(samples, confidence)
}

impl BootstrapInterval {
    /// The spread of bootstrap samples of any score, and its percentile interval (NumPy's linear interpolation).
    ///
    /// # Errors
    /// [`StatsError::TooFew`] with fewer than 2 samples; [`StatsError::OutOfRange`] when `confidence` is not above 0 and below 1.
    ///
    /// # Reference
    /// As [`bootstrap_over_stimuli`].
    pub fn of(samples: Vec<f64>, confidence: f64) -> Result<Self, StatsError> {
        require_count(OPERATION, "samples", samples.len(), 2)?;
        check_confidence(confidence)?;
        let n = samples.len() as f64;
        let mean = samples.iter().sum::<f64>() / n;
        let variance = samples.iter().map(|x| (x - mean) * (x - mean)).sum::<f64>() / (n - 1.0);
        let mut sorted = samples.clone();
        sorted.sort_by(f64::total_cmp);
        let tail = (1.0 - confidence) / 2.0;
        Ok(Self {
            lower: quantile(&sorted, tail),
            upper: quantile(&sorted, 1.0 - tail),
            standard_error: variance.sqrt(),
            samples,
        })
    }
}

fn check_confidence(confidence: f64) -> Result<(), StatsError> {
    if confidence > 0.0 && confidence < 1.0 {
        return Ok(());
    }
    let allowed = "above 0 and below 1";
    Err(StatsError::OutOfRange { operation: OPERATION, parameter: "the confidence", value: confidence, allowed })
}

/// Per stimulus and unit: ŷ, y, ŷ², y², ŷ y, of columns centred beforehand, side by side (n_test, 5 n_units).
struct Moments {
    columns: Array2<f64>,
    n_units: usize,
    /// Σ of squares of each unit's ŷ and y: what a weighted variance is judged against.
    scale: Vec<(f64, f64)>,
}

impl Moments {
    fn of(predicted: &Array2<f64>, observed: &Array2<f64>) -> Self {
        let (n_test, n_units) = predicted.dim();
        let centred = |matrix: &Array2<f64>| matrix - &matrix.mean_axis(ndarray::Axis(0)).unwrap_or_default();
        let (guess, seen) = (centred(predicted), centred(observed));
        let columns = Array2::from_shape_fn((n_test, 5 * n_units), |(stimulus, column)| {
            let at = [stimulus, column % n_units];
            match column / n_units {
                0 => guess[at],
                1 => seen[at],
                2 => guess[at] * guess[at],
                3 => seen[at] * seen[at],
                _ => guess[at] * seen[at],
            }
        });
        let square = |matrix: &Array2<f64>, unit: usize| matrix.column(unit).iter().map(|x| x * x).sum::<f64>();
        let scale = (0..n_units).map(|unit| (square(&guess, unit), square(&seen, unit))).collect();
        Self { columns, n_units, scale }
    }

    /// Weighted Pearson of each unit, for each row of `weights` (n_samples, n_test); NaN where undefined.
    fn correlations(&self, weights: ArrayView2<'_, f64>) -> Array2<f64> {
        let sums = product(weights, self.columns.view());
        Array2::from_shape_fn((weights.nrows(), self.n_units), |(sample, unit)| {
            let total: f64 = weights.row(sample).sum();
            let mean = |moment: usize| sums[[sample, moment * self.n_units + unit]] / total;
            let (guess, seen) = (mean(0), mean(1));
            let (guess_variance, seen_variance) = (mean(2) - guess * guess, mean(3) - seen * seen);
            let (guess_scale, seen_scale) = self.scale[unit];
            let n_test = self.columns.nrows() as f64;
            let is_varied =
                guess_variance * n_test > 1e-12 * guess_scale && seen_variance * n_test > 1e-12 * seen_scale;
            match total > 1.0 && is_varied {
                true => (mean(4) - guess * seen) / (guess_variance.sqrt() * seen_variance.sqrt()),
                false => f64::NAN,
            }
        })
    }
}

fn sample_block(
    encoding: &Encoding,
    parts: &[Moments],
    streams: std::ops::Range<usize>,
    rng: &Rng,
) -> Result<Vec<f64>, StatsError> {
    let mut generators: Vec<Rng> = streams.map(|stream| rng.stream(stream as u64)).collect();
    let draws: Vec<Vec<f64>> = generators.iter_mut().map(|rng| draw(encoding, rng)).collect();
    let scored = score_draws(encoding, parts, &draws);
    let mut values = Vec::with_capacity(draws.len());
    for (scored, rng) in scored.into_iter().zip(&mut generators) {
        values.push(match scored {
            Some(value) => value,
            None => draw_again(encoding, parts, rng)?,
        });
    }
    Ok(values)
}

fn draw_again(encoding: &Encoding, parts: &[Moments], rng: &mut Rng) -> Result<f64, StatsError> {
    let mut again = || score_draws(encoding, parts, &[draw(encoding, rng)]).into_iter().next().flatten();
    (0..20).find_map(|_| again()).ok_or(StatsError::TooFew {
        operation: OPERATION,
        what: "units with a score in each split of a sample",
        found: 0,
        needed: 1,
    })
}

/// How often each stimulus is drawn, by its position.
fn draw(encoding: &Encoding, rng: &mut Rng) -> Vec<f64> {
    let n_positions = encoding.stimuli.iter().max().map_or(0, |last| last + 1);
    let mut counts = vec![0.0; n_positions];
    for _ in 0..encoding.stimuli.len() {
        counts[encoding.stimuli[rng.below(encoding.stimuli.len())]] += 1.0;
    }
    counts
}

/// The aggregate score of each draw; `None` where a split has no unit with a score.
fn score_draws(encoding: &Encoding, parts: &[Moments], draws: &[Vec<f64>]) -> Vec<Option<f64>> {
    let of_part = |(part, moments): (&super::HeldOut, &Moments)| {
        let weights =
            Array2::from_shape_fn((draws.len(), part.stimuli.len()), |(sample, at)| draws[sample][part.stimuli[at]]);
        moments.correlations(weights.view())
    };
    let correlations: Vec<Array2<f64>> = encoding.held_out.iter().zip(parts).map(of_part).collect();
    let aggregate = |sample: usize| {
        let rows: Vec<_> = correlations.iter().map(|of_split| of_split.row(sample)).collect();
        let scores = ndarray::stack(ndarray::Axis(0), &rows).ok()?;
        median_over_units_mean_over_splits(scores.view()).ok().map(|found| found.value)
    };
    (0..draws.len()).map(aggregate).collect()
}

/// Linear interpolation between the order statistics around (n − 1) share.
fn quantile(sorted: &[f64], share: f64) -> f64 {
    let place = share * (sorted.len() - 1) as f64;
    let (below, above) = (place.floor() as usize, place.ceil() as usize);
    sorted[below] + (place - below as f64) * (sorted[above] - sorted[below])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::encoding::{Aggregate, HeldOut};

    /// One unit, one split, `n` stimuli with correlation about `rho`.
    fn simulated(n: usize, rho: f64, seed: u64) -> Encoding {
        let mut rng = Rng::new(seed);
        let predicted = Array2::from_shape_simple_fn((n, 1), || rng.normal());
        let observed = predicted.mapv(|x| rho * x + (1.0 - rho * rho).sqrt() * rng.normal());
        let held_out = vec![HeldOut {
            stimuli: (0..n).collect(),
            predicted,
            observed,
            penalties: None,
            band_weights: None,
            partners: None,
        }];
        Encoding {
            scores: Array2::zeros((1, 1)),
            aggregate: Aggregate { value: 0.0, error: 0.0, of_splits: vec![0.0] },
            units: vec![0],
            stimuli: (0..n).collect(),
            undefined: Vec::new(),
            held_out,
        }
    }

    #[test]
    fn standard_error_is_that_of_a_correlation() {
        let column = |matrix: &Array2<f64>| matrix.column(0).to_vec();
        let ratio = |seed: u64| {
            let encoding = simulated(400, 0.6, seed);
            let part = &encoding.held_out[0];
            let r = crate::encoding::pearson(&column(&part.predicted), &column(&part.observed)).unwrap();
            let found = bootstrap_over_stimuli(&encoding, 500, 0.95, &Rng::new(seed)).unwrap();
            // (1 − r²)/√n for normal values.
            found.standard_error / ((1.0 - r * r) / 20.0)
        };
        let mean = (0..20).map(ratio).sum::<f64>() / 20.0;
        assert!((mean - 1.0).abs() < 0.06, "{mean}");
    }

    #[test]
    fn interval_covers_the_truth_as_often_as_it_says() {
        let covers = |seed: u64| {
            let found = bootstrap_over_stimuli(&simulated(150, 0.5, seed), 400, 0.9, &Rng::new(seed)).unwrap();
            found.lower <= 0.5 && 0.5 <= found.upper
        };
        let covered = (0..300).filter(|&seed| covers(seed)).count();
        // 300 draws at 0.9: standard deviation 5.2.
        assert!((255..=287).contains(&covered), "{covered}");
    }

    #[test]
    fn samples_are_the_same_on_one_thread_and_two() {
        let encoding = simulated(60, 0.3, 9);
        let on = |n| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(n).build().unwrap();
            pool.install(|| bootstrap_over_stimuli(&encoding, 200, 0.95, &Rng::new(5)).unwrap())
        };
        assert_eq!(on(1), on(2));
    }

    #[test]
    fn confidence_of_one_is_refused() {
        assert!(bootstrap_over_stimuli(&simulated(30, 0.3, 9), 10, 1.0, &Rng::new(0)).is_err());
    }
}
