//! Predictions of held-out stimuli scored by what of a unit's response is signal.

use ndarray::{Array2, ArrayView3, Axis};

use super::{Aggregate, Encoding, median_over_units_mean_over_splits};
use crate::StatsError;
use crate::ceiling::{normalized_correlation, signal_power_explained};
use crate::finite::{require_count, require_same_length};
use crate::naming::unknown_name;

const OPERATION: &str = "scores relative to signal power";

/// How a prediction is scored against the trials of a unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SignalScore {
    /// Share of the signal power that is explained: [`signal_power_explained`] (Sahani and Linden 2003).
    PowerExplained,
    /// Correlation with the noiseless response: [`normalized_correlation`] (Schoppe et al. 2016).
    NormalizedCorrelation,
}

impl SignalScore {
    /// Every score.
    pub const ALL: [Self; 2] = [Self::PowerExplained, Self::NormalizedCorrelation];

    /// Its name on command lines and in reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::PowerExplained => "signal-power-explained",
            Self::NormalizedCorrelation => "normalized-correlation",
        }
    }
}

impl std::str::FromStr for SignalScore {
    type Err = StatsError;

    fn from_str(name: &str) -> Result<Self, StatsError> {
        let known = Self::ALL.into_iter().find(|score| score.name() == name);
        known.ok_or_else(|| unknown_name("score relative to signal", name, &Self::ALL.map(Self::name)))
    }
}

/// Scores of an encoding model relative to the signal of each unit.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct SignalScores {
    /// (n_splits, n_units that were kept); NaN where undefined.
    pub scores: Array2<f64>,
    /// Median over units, mean over splits.
    pub aggregate: Aggregate,
    /// Splits and kept units without a score: the signal power over the test stimuli is not above 0, or the prediction is constant.
    pub undefined: Vec<(usize, usize)>,
}

/// Scores the held-out predictions of `encoding` against single trials, over the test stimuli of each split.
///
/// # Shapes and units
/// - `trials`: (n_stimuli, n_units, n_repetitions), all stimuli and units that the encoding was given, every trial present; their mean over repetitions
///   is what was predicted.
///
/// # Errors
/// - [`StatsError::ShapeMismatch`] when the encoding speaks of stimuli or units that the trials lack.
/// - [`StatsError::TooFew`] under 2 repetitions, or when no unit of a split has a score; [`StatsError::TooFewStimuli`] under 2 test stimuli.
/// - [`StatsError::NotFinite`] names the first trial that is missing.
///
/// # Accuracy and randomness
/// f64; deterministic.
///
/// # Reference
/// As [`signal_power_explained`] and [`normalized_correlation`].
pub fn score_relative_to_signal(
    encoding: &Encoding,
    trials: ArrayView3<'_, f64>,
    score: SignalScore,
) -> Result<SignalScores, StatsError> {
    let (n_stimuli, n_units, n_repetitions) = trials.dim();
    require_count(OPERATION, "repetitions", n_repetitions, 2)?;
    let needed = |positions: &[usize]| positions.iter().max().map_or(0, |last| last + 1);
    let most = |what, found: usize, of: usize| {
        require_same_length(OPERATION, what, ("the trials", found), ("the encoding", found.max(of)))
    };
    most("stimuli", n_stimuli, needed(&encoding.stimuli))?;
    most("units", n_units, needed(&encoding.units))?;
    let mut scores = Array2::from_elem((encoding.held_out.len(), encoding.units.len()), f64::NAN);
    let mut undefined = Vec::new();
    for (split, part) in encoding.held_out.iter().enumerate() {
        let tested = trials.select(Axis(0), &part.stimuli);
        for (column, &unit) in encoding.units.iter().enumerate() {
            let responses = tested.index_axis(Axis(1), unit);
            let predicted = part.predicted.column(column);
            let found = match score {
                SignalScore::PowerExplained => signal_power_explained(responses, predicted),
                SignalScore::NormalizedCorrelation => normalized_correlation(responses, predicted),
            };
            match found {
                Ok(value) => scores[[split, column]] = value,
                Err(StatsError::OutOfRange { .. } | StatsError::ConstantPattern { .. }) => {
                    undefined.push((split, column));
                }
                Err(problem) => return Err(problem),
            }
        }
    }
    let aggregate = median_over_units_mean_over_splits(scores.view())?;
    Ok(SignalScores { scores, aggregate, undefined })
}

#[cfg(test)]
mod tests {
    use super::super::cross_validated::tests::{protocol, simulated};
    use super::super::encode;
    use super::*;
    use crate::random::Rng;
    use ndarray::Array3;

    #[test]
    fn scores_are_those_of_each_unit_over_the_test_stimuli() {
        let (predictors, targets) = simulated();
        let mut rng = Rng::new(5);
        let trials =
            Array3::from_shape_fn((80, 6, 4), |(stimulus, unit, _)| targets[[stimulus, unit]] + 0.5 * rng.normal());
        let mean = trials.mean_axis(Axis(2)).unwrap();
        let encoding = encode(&predictors, mean.view(), &protocol()).unwrap();
        let found = score_relative_to_signal(&encoding, trials.view(), SignalScore::PowerExplained).unwrap();
        let part = &encoding.held_out[2];
        let of_one = trials.select(Axis(0), &part.stimuli).index_axis(Axis(1), 3).to_owned();
        let expected = signal_power_explained(of_one.view(), part.predicted.column(3)).unwrap();
        assert_eq!(found.scores[[2, 3]], expected);
        // Without noise in the scores, a correlation is above the raw one.
        let normalized =
            score_relative_to_signal(&encoding, trials.view(), SignalScore::NormalizedCorrelation).unwrap();
        assert!(normalized.aggregate.value > encoding.aggregate.value);
    }

    #[test]
    fn one_repetition_and_trials_of_other_stimuli_are_refused() {
        let (predictors, targets) = simulated();
        let encoding = encode(&predictors, targets.view(), &protocol()).unwrap();
        let refused =
            |shape| score_relative_to_signal(&encoding, Array3::zeros(shape).view(), SignalScore::PowerExplained);
        assert!(matches!(refused((80, 6, 1)), Err(StatsError::TooFew { what: "repetitions", .. })));
        assert!(matches!(refused((79, 6, 2)), Err(StatsError::ShapeMismatch { .. })));
        assert!(matches!(refused((80, 5, 2)), Err(StatsError::ShapeMismatch { .. })));
    }
}
