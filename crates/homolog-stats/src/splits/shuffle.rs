//! Random divisions, each drawn anew: ShuffleSplit and its stratified form.

use super::numpy_random::NumpyRandom;
use super::{Split, positions_by_class};
use crate::error::StatsError;

const OPERATION: &str = "random splits";

/// How large a part of the stimuli is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum PartSize {
    /// A share above 0 and below 1. As scikit-learn rounds: a test part up, a training part down.
    Fraction(f64),
    /// A number of stimuli.
    Count(usize),
}

/// What [`shuffle_split`] and [`stratified_shuffle_split`] draw.
///
/// A part that is `None` takes what the other leaves; with both `None` the test part is a tenth, as scikit-learn has it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ShuffleSplit {
    /// How many splits.
    pub n_splits: usize,
    /// Size of the training part.
    pub train: Option<PartSize>,
    /// Size of the test part.
    pub test: Option<PartSize>,
    /// scikit-learn's `random_state`.
    pub seed: u32,
}

impl ShuffleSplit {
    /// Brain-Score's default: 10 splits, nine tenths to learn from, seed 1 (`metric_helpers/transformations.py`).
    pub const BRAIN_SCORE: Self = Self { n_splits: 10, train: Some(PartSize::Fraction(0.9)), test: None, seed: 1 };

    /// Number of training and of test stimuli out of `n_stimuli`.
    ///
    /// # Errors
    /// - [`StatsError::OutOfRange`] when a fraction is not above 0 and below 1, a count is not from 1 to n − 1, or the two parts
    ///   together exceed the stimuli.
    /// - [`StatsError::TooFewStimuli`] when no stimulus is left to learn from.
    pub fn sizes(&self, n_stimuli: usize) -> Result<(usize, usize), StatsError> {
        let n = n_stimuli as f64;
        let size_of = |part: PartSize, round: fn(f64) -> f64, parameter: &'static str| match part {
            PartSize::Fraction(share) if share > 0.0 && share < 1.0 => Ok(round(share * n) as usize),
            PartSize::Count(count) if count > 0 && count < n_stimuli => Ok(count),
            PartSize::Fraction(value) => Err(out_of_range(parameter, value, "above 0 and below 1")),
            PartSize::Count(count) => {
                let allowed = "from 1 to one less than the number of stimuli";
                Err(out_of_range(parameter, count as f64, allowed))
            }
        };
        let train = self.train.map(|part| size_of(part, f64::floor, "the size of the training part"));
        let test = match (self.test, self.train) {
            (None, None) => Some(PartSize::Fraction(0.1)),
            (given, _) => given,
        };
        let test = test.map(|part| size_of(part, f64::ceil, "the size of the test part"));
        let (n_train, n_test) = match (train.transpose()?, test.transpose()?) {
            (Some(train), Some(test)) => (train, test),
            (Some(train), None) => (train, n_stimuli - train),
            (None, Some(test)) => (n_stimuli - test, test),
            (None, None) => (0, 0),
        };
        if n_train + n_test > n_stimuli {
            let allowed = "at most the number of stimuli";
            return Err(out_of_range("the sum of both parts", (n_train + n_test) as f64, allowed));
        }
        if n_train == 0 || n_test == 0 {
            return Err(StatsError::TooFewStimuli { operation: OPERATION, found: n_stimuli, needed: 2 });
        }
        Ok((n_train, n_test))
    }
}

fn out_of_range(parameter: &'static str, value: f64, allowed: &'static str) -> StatsError {
    StatsError::OutOfRange { operation: OPERATION, parameter, value, allowed }
}

/// Random splits of `n_stimuli`: those of scikit-learn's `ShuffleSplit`, index for index.
///
/// Each split is a new permutation whose first stimuli are the test part and whose next ones the training part.
///
/// # Errors
/// As [`ShuffleSplit::sizes`].
///
/// # Accuracy and randomness
/// The same indices in the same order as scikit-learn 1.9.1 for the same seed (goldens/scikit-learn/splits).
pub fn shuffle_split(n_stimuli: usize, protocol: &ShuffleSplit) -> Result<Vec<Split>, StatsError> {
    let (n_train, n_test) = protocol.sizes(n_stimuli)?;
    let mut random = NumpyRandom::new(protocol.seed);
    let draw = |_| {
        let order = random.permutation(n_stimuli);
        Split { test: order[..n_test].to_vec(), train: order[n_test..n_test + n_train].to_vec() }
    };
    Ok((0..protocol.n_splits).map(draw).collect())
}

/// Random splits that keep each class's share in both parts: those of scikit-learn's `StratifiedShuffleSplit`, index for index.
///
/// Convention: classes are taken in ascending order of their labels; how many of each class go to a part is the likely outcome of
/// drawing without looking (scikit-learn's approximate mode of the multivariate hypergeometric, ties drawn at random).
///
/// # Errors
/// - [`StatsError::TooFew`] when a class has one stimulus, or when a part has fewer stimuli than there are classes.
/// - As [`ShuffleSplit::sizes`].
///
/// # Accuracy and randomness
/// The same indices in the same order as scikit-learn 1.9.1 for the same seed (goldens/scikit-learn/splits).
pub fn stratified_shuffle_split<L: Ord>(labels: &[L], protocol: &ShuffleSplit) -> Result<Vec<Split>, StatsError> {
    let (n_train, n_test) = protocol.sizes(labels.len())?;
    let (positions, _) = positions_by_class(labels);
    let counts: Vec<usize> = positions.iter().map(Vec::len).collect();
    let smallest = counts.iter().copied().min().unwrap_or(0);
    let too_few = |what, found, needed| StatsError::TooFew { operation: "stratified splits", what, found, needed };
    if smallest < 2 {
        return Err(too_few("stimuli in the smallest class", smallest, 2));
    }
    if n_train < counts.len() {
        return Err(too_few("training stimuli", n_train, counts.len()));
    }
    if n_test < counts.len() {
        return Err(too_few("test stimuli", n_test, counts.len()));
    }
    let mut random = NumpyRandom::new(protocol.seed);
    let draw = |_| stratified_draw(&positions, &counts, (n_train, n_test), &mut random);
    Ok((0..protocol.n_splits).map(draw).collect())
}

fn stratified_draw(
    positions: &[Vec<usize>],
    counts: &[usize],
    (n_train, n_test): (usize, usize),
    random: &mut NumpyRandom,
) -> Split {
    let train_counts = likely_class_counts(counts, n_train, random);
    let remaining: Vec<usize> = counts.iter().zip(&train_counts).map(|(all, train)| all - train).collect();
    let test_counts = likely_class_counts(&remaining, n_test, random);
    let (mut train, mut test) = (Vec::with_capacity(n_train), Vec::with_capacity(n_test));
    for (class, members) in positions.iter().enumerate() {
        let order = random.permutation(members.len());
        let mut drawn = order.iter().map(|&at| members[at]);
        train.extend(drawn.by_ref().take(train_counts[class]));
        test.extend(drawn.take(test_counts[class]));
    }
    random.shuffle(&mut train);
    random.shuffle(&mut test);
    Split { train, test }
}

/// scikit-learn's `_approximate_mode`: the expected count of each class rounded down, then one more for the largest remainders.
fn likely_class_counts(counts: &[usize], n_draws: usize, random: &mut NumpyRandom) -> Vec<usize> {
    let total: usize = counts.iter().sum();
    let expected: Vec<f64> = counts.iter().map(|&count| count as f64 / total as f64 * n_draws as f64).collect();
    let mut drawn: Vec<usize> = expected.iter().map(|&x| x.floor() as usize).collect();
    let mut to_add = n_draws.saturating_sub(drawn.iter().sum());
    let remainder: Vec<f64> = expected.iter().map(|x| x - x.floor()).collect();
    let mut values = remainder.clone();
    values.sort_by(|a, b| b.total_cmp(a));
    values.dedup();
    for value in values {
        if to_add == 0 {
            break;
        }
        let tied: Vec<usize> = (0..counts.len()).filter(|&class| remainder[class] == value).collect();
        let chosen = random.choose(&tied, to_add.min(tied.len()));
        to_add -= chosen.len();
        chosen.into_iter().for_each(|class| drawn[class] += 1);
    }
    drawn
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_round_as_scikit_learn_does() {
        let sizes = |train, test| ShuffleSplit { n_splits: 1, train, test, seed: 0 }.sizes(33);
        assert_eq!(sizes(Some(PartSize::Fraction(0.9)), None), Ok((29, 4)));
        assert_eq!(sizes(None, Some(PartSize::Fraction(0.1))), Ok((29, 4)));
        assert_eq!(sizes(None, None), Ok((29, 4)));
        assert_eq!(sizes(Some(PartSize::Count(10)), Some(PartSize::Fraction(0.5))), Ok((10, 17)));
    }

    #[test]
    fn parts_that_exceed_the_stimuli_are_refused() {
        let protocol =
            ShuffleSplit { n_splits: 1, train: Some(PartSize::Count(8)), test: Some(PartSize::Count(5)), seed: 0 };
        let message = shuffle_split(10, &protocol).expect_err("13 of 10").to_string();
        assert!(message.contains("the sum of both parts is 13"), "{message}");
    }

    #[test]
    fn class_with_one_stimulus_is_refused() {
        let message =
            stratified_shuffle_split(&["a", "a", "b"], &ShuffleSplit::BRAIN_SCORE).expect_err("one b").to_string();
        assert!(message.contains("1 stimuli in the smallest class: at least 2"), "{message}");
    }
}
