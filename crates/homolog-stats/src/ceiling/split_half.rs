//! Internal consistency: how well one half of the repetitions predicts the other.

use ndarray::{Array2, ArrayView2, ArrayView3};

use crate::encoding::{Aggregate, median_over_units_mean_over_splits};
use crate::error::StatsError;
use crate::finite::{require_count, require_stimuli};
use crate::splits::numpy_random::NumpyRandom;
use crate::splits::{PartSize, ShuffleSplit, Split, shuffle_split};

const OPERATION: &str = "a split-half ceiling";

/// How the trials are halved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Halves {
    /// By the number of the repetition, the same for all stimuli and units: Brain-Score's `internal_consistency`. A stimulus that lacks every
    /// repetition of a half is left out of that half's correlation, for the units that lack it.
    ByRepetition,
    /// The trials that each stimulus has, halved for each stimulus alone: for recordings whose stimuli differ in their number of
    /// repetitions. With an odd number the first half has one trial more. A stimulus with one trial is left out.
    OfEachStimulus,
}

/// What [`split_half_ceiling`] draws.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SplitHalf {
    /// How many random halvings.
    pub n_splits: usize,
    /// How trials are halved.
    pub halves: Halves,
    /// NumPy's seed of the halvings.
    pub seed: u32,
}

impl SplitHalf {
    /// Brain-Score's: 10 halvings by repetition, seed 1.
    pub const BRAIN_SCORE: Self = Self { n_splits: 10, halves: Halves::ByRepetition, seed: 1 };
}

/// The reliability of each unit and of the set.
#[derive(Debug, Clone, PartialEq)]
pub struct SplitHalfCeiling {
    /// Spearman-Brown corrected correlation of the halves, (n_splits, n_units). A value that is undefined is NaN and listed.
    pub reliability: Array2<f64>,
    /// Splits and units whose reliability is undefined, because a half of the unit is constant over the stimuli that have both halves.
    pub undefined: Vec<(usize, usize)>,
    /// Median over units, mean over splits, with its error over splits.
    pub ceiling: Aggregate,
}

impl SplitHalfCeiling {
    /// Mean over splits of each unit's reliability, over the splits in which it is defined; `None` when there is none.
    pub fn of_units(&self) -> Vec<Option<f64>> {
        let mean = |column: ndarray::ArrayView1<'_, f64>| {
            let defined: Vec<f64> = column.iter().copied().filter(|value| !value.is_nan()).collect();
            (!defined.is_empty()).then(|| defined.iter().sum::<f64>() / defined.len() as f64)
        };
        self.reliability.columns().into_iter().map(mean).collect()
    }
}

/// The reliability that a measurement `factor` times as long would have: k r / (1 + (k − 1) r).
///
/// # Errors
/// - [`StatsError::OutOfRange`] when r is not from −1 to 1, the factor is not above 0, or 1 + (k − 1) r is 0 or less (where the formula has no meaning).
///
/// # Reference
/// Spearman (1910), Brown (1910). Brit J Psychol 3:271-295 and 3:296-322.
pub fn spearman_brown(correlation: f64, factor: f64) -> Result<f64, StatsError> {
    let out_of_range = |parameter, value, allowed| StatsError::OutOfRange {
        operation: "the Spearman-Brown correction",
        parameter,
        value,
        allowed,
    };
    if !(-1.0..=1.0).contains(&correlation) {
        return Err(out_of_range("the correlation", correlation, "from -1 to 1"));
    }
    if !(factor > 0.0 && factor.is_finite()) {
        return Err(out_of_range("the factor", factor, "above 0"));
    }
    let divisor = 1.0 + (factor - 1.0) * correlation;
    if divisor <= 0.0 {
        return Err(out_of_range("the correlation", correlation, "above -1/(factor - 1)"));
    }
    Ok(factor * correlation / divisor)
}

/// The ceiling of a recording by split halves: correlation over stimuli of the means of two random halves of the trials,
/// Spearman-Brown corrected to all trials, median over units, mean over halvings.
///
/// r_unit = Pearson over stimuli of (mean of half 1, mean of half 2); reliability = 2 r / (1 + r).
/// Convention: median over the units for which it is defined; error as [`median_over_units_mean_over_splits`]. For an odd number of
/// repetitions the halves differ by one, and the correction is still for twice the length, as Brain-Score has it.
///
/// # Shapes and units
/// - `responses`: (n_units, n_stimuli, n_repetitions), any real unit; NaN marks a trial that does not exist.
///
/// # Errors
/// - [`StatsError::TooFewStimuli`] with fewer than 3 stimuli.
/// - [`StatsError::TooFew`] with no unit, no split or fewer than 2 repetitions; or when fewer than 3 stimuli have two trials in any unit.
/// - [`StatsError::NotFinite`] for an infinite response (row: the unit; column: the stimulus).
/// - [`StatsError::ConstantPattern`] when a unit is undefined in every split, named.
///
/// # Accuracy and randomness
/// f64; the same seed gives the same halvings on every platform, those of scikit-learn's `ShuffleSplit(train_size=.5)` for [`Halves::ByRepetition`].
///
/// # Reference
/// Schrimpf et al. (2018). Brain-Score. bioRxiv 407007; `metrics/internal_consistency` of brain-score/vision.
pub fn split_half_ceiling(
    responses: ArrayView3<'_, f64>,
    protocol: &SplitHalf,
) -> Result<SplitHalfCeiling, StatsError> {
    let (n_units, n_stimuli, n_repetitions) = responses.dim();
    require_stimuli(OPERATION, n_stimuli, 3)?;
    require_count(OPERATION, "units", n_units, 1)?;
    require_count(OPERATION, "random halvings", protocol.n_splits, 1)?;
    require_count(OPERATION, "repetitions", n_repetitions, 2)?;
    if let Some(((row, column, _), &value)) = responses.indexed_iter().find(|(_, value)| value.is_infinite()) {
        return Err(StatsError::NotFinite { operation: OPERATION, what: "responses", row, column, value });
    }
    let halvings = Halvings::new(responses, protocol)?;
    let mut reliability = Array2::from_elem((protocol.n_splits, n_units), f64::NAN);
    let mut undefined = Vec::new();
    for split in 0..protocol.n_splits {
        for unit in 0..n_units {
            let trials = responses.index_axis(ndarray::Axis(0), unit);
            match halvings.reliability(split, trials) {
                Some(value) => reliability[[split, unit]] = value,
                None => undefined.push((split, unit)),
            }
        }
    }
    if let Some(unit) = (0..n_units).find(|&unit| reliability.column(unit).iter().all(|value| value.is_nan())) {
        let trials = responses.index_axis(ndarray::Axis(0), unit);
        let repeated =
            trials.outer_iter().filter(|stimulus| stimulus.iter().filter(|x| !x.is_nan()).count() > 1).count();
        require_count(OPERATION, "stimuli with two or more repetitions", repeated, 3)?;
        return Err(StatsError::ConstantPattern { operation: OPERATION, what: "unit", index: unit });
    }
    let ceiling = median_over_units_mean_over_splits(reliability.view())?;
    Ok(SplitHalfCeiling { reliability, undefined, ceiling })
}

/// The random halvings of all splits.
enum Halvings {
    ByRepetition(Vec<Split>),
    /// For each split and stimulus an order of its repetitions.
    OfEachStimulus(Vec<Vec<Vec<usize>>>),
}

impl Halvings {
    fn new(responses: ArrayView3<'_, f64>, protocol: &SplitHalf) -> Result<Self, StatsError> {
        let (_, n_stimuli, n_repetitions) = responses.dim();
        if protocol.halves == Halves::ByRepetition {
            let train = Some(PartSize::Fraction(0.5));
            let halves = ShuffleSplit { n_splits: protocol.n_splits, train, test: None, seed: protocol.seed };
            return Ok(Self::ByRepetition(shuffle_split(n_repetitions, &halves)?));
        }
        let mut random = NumpyRandom::new(protocol.seed);
        let mut orders = || (0..n_stimuli).map(|_| random.permutation(n_repetitions)).collect();
        Ok(Self::OfEachStimulus((0..protocol.n_splits).map(|_| orders()).collect()))
    }

    /// The corrected correlation of the halves of one unit's trials (n_stimuli, n_repetitions).
    fn reliability(&self, split: usize, trials: ArrayView2<'_, f64>) -> Option<f64> {
        let (mut first, mut second) = (Vec::new(), Vec::new());
        for (stimulus, trials) in trials.outer_iter().enumerate() {
            let present = |positions: &[usize]| -> Vec<f64> {
                positions.iter().map(|&at| trials[at]).filter(|x| !x.is_nan()).collect()
            };
            let (one, other) = match self {
                Self::ByRepetition(splits) => (present(&splits[split].train), present(&splits[split].test)),
                Self::OfEachStimulus(orders) => {
                    let mut all = present(&orders[split][stimulus]);
                    let second = all.split_off(all.len().div_ceil(2));
                    (all, second)
                }
            };
            if !one.is_empty() && !other.is_empty() {
                first.push(one.iter().sum::<f64>() / one.len() as f64);
                second.push(other.iter().sum::<f64>() / other.len() as f64);
            }
        }
        let correlation = crate::encoding::pearson(&first, &second)?;
        spearman_brown(correlation, 2.0).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Rng;
    use ndarray::Array3;

    fn noisy(n_units: usize, n_stimuli: usize, n_repetitions: usize, noise: f64) -> Array3<f64> {
        let mut rng = Rng::new(4);
        let signal = Array2::from_shape_simple_fn((n_units, n_stimuli), || rng.normal());
        Array3::from_shape_fn((n_units, n_stimuli, n_repetitions), |(unit, stimulus, _)| {
            signal[[unit, stimulus]] + noise * rng.normal()
        })
    }

    #[test]
    fn ceiling_is_the_reliability_of_the_mean_of_all_repetitions() {
        // Signal variance 1, noise variance 4 on each of 10 trials: reliability of the mean is 1 / (1 + 4/10) = 0.714.
        let responses = noisy(40, 500, 10, 2.0);
        for halves in [Halves::ByRepetition, Halves::OfEachStimulus] {
            let found = split_half_ceiling(responses.view(), &SplitHalf { halves, ..SplitHalf::BRAIN_SCORE }).unwrap();
            assert!((found.ceiling.value - 1.0 / 1.4).abs() < 0.01, "{:?}", found.ceiling);
        }
    }

    #[test]
    fn missing_trials_are_left_out() {
        let mut responses = noisy(3, 60, 10, 0.5);
        responses.slice_mut(ndarray::s![.., ..20, 6..]).fill(f64::NAN);
        let protocol = SplitHalf { halves: Halves::OfEachStimulus, ..SplitHalf::BRAIN_SCORE };
        let found = split_half_ceiling(responses.view(), &protocol).unwrap();
        assert!(found.undefined.is_empty() && found.ceiling.value > 0.9, "{:?}", found.ceiling);
    }

    #[test]
    fn one_repetition_is_not_enough() {
        let message = split_half_ceiling(noisy(2, 9, 1, 1.0).view(), &SplitHalf::BRAIN_SCORE).unwrap_err().to_string();
        assert_eq!(message, "cannot compute a split-half ceiling with 1 repetitions: at least 2 are needed");
    }

    #[test]
    fn constant_unit_is_named() {
        let mut responses = noisy(3, 20, 4, 1.0);
        responses.slice_mut(ndarray::s![1, .., ..]).fill(5.0);
        let found = split_half_ceiling(responses.view(), &SplitHalf::BRAIN_SCORE);
        assert!(matches!(found, Err(StatsError::ConstantPattern { index: 1, .. })), "{found:?}");
    }

    #[test]
    fn spearman_brown_doubles_as_worked_by_hand() {
        assert_eq!(spearman_brown(0.5, 2.0).unwrap(), 2.0 / 3.0);
        assert!(spearman_brown(-1.0, 2.0).is_err());
    }
}
