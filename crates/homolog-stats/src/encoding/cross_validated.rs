//! Fit on the training part, predict the test part, score each unit: for every split.

use ndarray::{Array1, Array2, ArrayView2, Axis, CowArray, Ix2};
use rayon::prelude::*;

use super::aggregation::{Aggregate, median_over_units_mean_over_splits};
use super::score::PredictionScore;
use crate::error::StatsError;
use crate::finite::{require_count, require_finite, require_same_length};
use crate::mapping::{Mapping, MappingPrediction, Predictors};
use crate::splits::Split;

pub(super) const OPERATION: &str = "a cross-validated encoding";

/// What is done about responses that are missing (NaN). There is no silent choice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MissingTargets {
    /// An error that names the first.
    Refuse,
    /// A unit with a missing response is left out, and listed by its absence from [`Encoding::units`].
    DropUnits,
    /// A stimulus with a missing response in any unit is left out of every split, and listed by its absence from [`Encoding::stimuli`].
    DropStimuli,
}

/// What is done where a score is undefined: a unit whose response, or whose prediction, is constant over a test part.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UndefinedScores {
    /// An error that names the unit.
    Refuse,
    /// NaN in [`Encoding::scores`], listed in [`Encoding::undefined`] and left out of the median over units.
    LeaveOut,
}

/// How an encoding model is cross-validated.
#[derive(Debug, Clone, PartialEq)]
pub struct EncodingProtocol {
    /// From predictors to responses.
    pub mapping: Mapping,
    /// Training and test part of each split.
    pub splits: Vec<Split>,
    /// Agreement of prediction and response.
    pub score: PredictionScore,
    /// About missing responses.
    pub missing: MissingTargets,
    /// About undefined scores.
    pub undefined: UndefinedScores,
}

/// Predictions for the test part of one split.
#[derive(Debug, Clone, PartialEq)]
pub struct HeldOut {
    /// Positions of the test stimuli among the stimuli given.
    pub stimuli: Vec<usize>,
    /// (n_test, n_units).
    pub predicted: Array2<f64>,
    /// (n_test, n_units).
    pub observed: Array2<f64>,
    /// The penalty of each unit, when the mapping has one.
    pub penalties: Option<Vec<f64>>,
    /// The weight of each band for each unit, (n_units, n_bands), of banded and stacked ridge.
    pub band_weights: Option<Array2<f64>>,
    /// The feature that predicts each unit, of one unit to one unit.
    pub partners: Option<Vec<usize>>,
}

/// Scores of an encoding model.
#[derive(Debug, Clone, PartialEq)]
pub struct Encoding {
    /// (n_splits, n_units that were kept).
    pub scores: Array2<f64>,
    /// Median over units, mean over splits.
    pub aggregate: Aggregate,
    /// Positions of the units that were kept.
    pub units: Vec<usize>,
    /// Positions of the stimuli that were kept.
    pub stimuli: Vec<usize>,
    /// Splits and kept units whose score is undefined.
    pub undefined: Vec<(usize, usize)>,
    /// Predictions of each split.
    pub held_out: Vec<HeldOut>,
}

/// Cross-validated scores of a mapping from predictors to the responses of units.
///
/// For each split: fit on the training stimuli, predict the test stimuli, score each unit over them. The decomposition or the
/// cross-products of the predictors are made once and serve all splits and all units.
///
/// # Shapes and units
/// - `targets`: (n_stimuli, n_units), in the order of the predictors' stimuli; NaN where missing.
///
/// # Errors
/// - [`StatsError::ShapeMismatch`] when predictors and targets differ in stimuli.
/// - [`StatsError::TooFew`] when no split, no unit or no stimulus is left.
/// - [`StatsError::NotFinite`] names the first missing response under [`MissingTargets::Refuse`], and the first infinite one always.
/// - [`StatsError::ConstantPattern`] names the first unit whose score is undefined under [`UndefinedScores::Refuse`].
/// - Those of the mapping.
///
/// # Accuracy and randomness
/// f64; deterministic; the same bits on any number of threads.
pub fn encode(
    predictors: &Predictors,
    targets: ArrayView2<'_, f64>,
    protocol: &EncodingProtocol,
) -> Result<Encoding, StatsError> {
    check(predictors, targets, protocol)?;
    let kept = Kept::of(targets, protocol.missing)?;
    let targets = kept.of_targets(targets);
    let held_out = if kept.stimuli.len() == predictors.n_stimuli() {
        predict_splits(predictors, targets.view(), &protocol.mapping, &protocol.splits)?
    } else {
        let splits = kept.remapped(&protocol.splits, predictors.n_stimuli());
        let mut held_out =
            predict_splits(&predictors.select(&kept.stimuli)?, targets.view(), &protocol.mapping, &splits)?;
        for part in &mut held_out {
            part.stimuli.iter_mut().for_each(|position| *position = kept.stimuli[*position]);
        }
        held_out
    };
    scored(held_out, kept, protocol)
}

pub(super) fn check(
    predictors: &Predictors,
    targets: ArrayView2<'_, f64>,
    protocol: &EncodingProtocol,
) -> Result<(), StatsError> {
    let stimuli = (("the predictors", predictors.n_stimuli()), ("the responses", targets.nrows()));
    require_same_length(OPERATION, "stimuli", stimuli.0, stimuli.1)?;
    require_count(OPERATION, "splits", protocol.splits.len(), 1)?;
    if protocol.score == PredictionScore::DevianceExplained && !matches!(protocol.mapping, Mapping::Poisson(_)) {
        return Err(StatsError::Unsupported {
            operation: OPERATION,
            choice: "the score deviance-explained",
            reason: "it needs rates above 0, which only Poisson regression predicts",
            instead: "Choose the mapping poisson, or the score pearson or r2",
        });
    }
    protocol.splits.iter().try_for_each(|split| split.check(targets.nrows()))
}

pub(super) fn scored(held_out: Vec<HeldOut>, kept: Kept, protocol: &EncodingProtocol) -> Result<Encoding, StatsError> {
    let (scores, undefined) = score_splits(&held_out, protocol, &kept.units)?;
    let aggregate = median_over_units_mean_over_splits(scores.view())?;
    Ok(Encoding { scores, aggregate, units: kept.units, stimuli: kept.stimuli, undefined, held_out })
}

/// What remains of units and stimuli under a policy for missing responses.
pub(super) struct Kept {
    pub(super) units: Vec<usize>,
    stimuli: Vec<usize>,
}

impl Kept {
    pub(super) fn of(targets: ArrayView2<'_, f64>, policy: MissingTargets) -> Result<Self, StatsError> {
        if policy == MissingTargets::Refuse {
            require_finite(OPERATION, "responses", targets)?;
        } else if let Some(((row, column), &value)) = targets.indexed_iter().find(|(_, value)| value.is_infinite()) {
            return Err(StatsError::NotFinite { operation: OPERATION, what: "responses", row, column, value });
        }
        let complete = |axis: Axis| -> Vec<usize> {
            let lanes = targets.axis_iter(axis).enumerate();
            lanes.filter(|(_, lane)| lane.iter().all(|value| !value.is_nan())).map(|(at, _)| at).collect()
        };
        let all = |length: usize| (0..length).collect::<Vec<usize>>();
        let (units, stimuli) = match policy {
            MissingTargets::DropUnits => (complete(Axis(1)), all(targets.nrows())),
            MissingTargets::DropStimuli => (all(targets.ncols()), complete(Axis(0))),
            MissingTargets::Refuse => (all(targets.ncols()), all(targets.nrows())),
        };
        require_count(OPERATION, "units without a missing response", units.len(), 1)?;
        require_count(OPERATION, "stimuli without a missing response", stimuli.len(), 2)?;
        Ok(Self { units, stimuli })
    }

    /// Responses of the kept stimuli and units.
    fn of_targets<'a>(&self, targets: ArrayView2<'a, f64>) -> CowArray<'a, f64, Ix2> {
        match (self.stimuli.len(), self.units.len()) == targets.dim() {
            true => targets.into(),
            false => targets.select(Axis(0), &self.stimuli).select(Axis(1), &self.units).into(),
        }
    }

    /// The splits in positions among the kept stimuli.
    fn remapped(&self, splits: &[Split], n_stimuli: usize) -> Vec<Split> {
        let mut place = vec![None; n_stimuli];
        self.stimuli.iter().enumerate().for_each(|(at, &position)| place[position] = Some(at));
        let kept = |part: &[usize]| part.iter().filter_map(|&position| place[position]).collect();
        splits.iter().map(|split| Split { train: kept(&split.train), test: kept(&split.test) }).collect()
    }
}

pub(super) fn predict_splits(
    predictors: &Predictors,
    targets: ArrayView2<'_, f64>,
    mapping: &Mapping,
    splits: &[Split],
) -> Result<Vec<HeldOut>, StatsError> {
    let made = mapping.predict(predictors, targets, splits)?;
    let held_out = |(split, made): (&Split, MappingPrediction)| HeldOut {
        stimuli: split.test.clone(),
        predicted: made.predicted,
        observed: targets.select(Axis(0), &split.test),
        penalties: made.penalties,
        band_weights: made.band_weights,
        partners: made.partners,
    };
    Ok(splits.iter().zip(made).map(held_out).collect())
}

type Scores = (Array2<f64>, Vec<(usize, usize)>);

fn score_splits(held_out: &[HeldOut], protocol: &EncodingProtocol, units: &[usize]) -> Result<Scores, StatsError> {
    let of_split = |part: &HeldOut| -> Vec<Option<f64>> {
        let columns = |matrix: &Array2<f64>, unit: usize| matrix.column(unit).to_vec();
        let score = |unit: usize| protocol.score.of(&columns(&part.predicted, unit), &columns(&part.observed, unit));
        (0..units.len()).map(score).collect()
    };
    let found: Vec<Vec<Option<f64>>> = held_out.par_iter().map(of_split).collect();
    let mut scores = Array2::from_elem((held_out.len(), units.len()), f64::NAN);
    let mut undefined = Vec::new();
    for (split, of_units) in found.into_iter().enumerate() {
        for (unit, score) in of_units.into_iter().enumerate() {
            match score {
                Some(score) => scores[[split, unit]] = score,
                None if protocol.undefined == UndefinedScores::LeaveOut => undefined.push((split, unit)),
                None => {
                    return Err(StatsError::ConstantPattern { operation: OPERATION, what: "unit", index: units[unit] });
                }
            }
        }
    }
    Ok((scores, undefined))
}

impl Encoding {
    /// Mean over splits of each kept unit's score, over the splits in which it is defined; `None` when there is none.
    pub fn of_units(&self) -> Vec<Option<f64>> {
        let mean = |column: ndarray::ArrayView1<'_, f64>| {
            let defined: Array1<f64> = column.iter().copied().filter(|score| !score.is_nan()).collect();
            defined.mean()
        };
        self.scores.columns().into_iter().map(mean).collect()
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::mapping::pls::{PlsOptions, PlsScaling};
    use crate::random::Rng;
    use crate::splits::{FoldOrder, k_fold};

    pub(in crate::encoding) fn simulated() -> (Predictors, Array2<f64>) {
        let mut rng = Rng::new(21);
        let mut draw = |n_rows, n_columns| Array2::from_shape_simple_fn((n_rows, n_columns), || rng.normal());
        let features = draw(80, 10);
        let targets = features.dot(&draw(10, 6)) + draw(80, 6);
        (Predictors::from_features(features.view()).unwrap(), targets)
    }

    pub(in crate::encoding) fn protocol() -> EncodingProtocol {
        EncodingProtocol {
            mapping: Mapping::Pls(PlsOptions { n_components: 4, scaling: PlsScaling::None }),
            splits: k_fold(80, 4, FoldOrder::Shuffled(0)).unwrap(),
            score: PredictionScore::Pearson,
            missing: MissingTargets::Refuse,
            undefined: UndefinedScores::Refuse,
        }
    }

    #[test]
    fn linear_units_are_predicted() {
        let (predictors, targets) = simulated();
        let found = encode(&predictors, targets.view(), &protocol()).unwrap();
        assert!(found.aggregate.value > 0.85, "{:?}", found.aggregate);
        assert_eq!(found.scores.dim(), (4, 6));
    }

    #[test]
    fn missing_response_is_named_unless_a_policy_is_chosen() {
        let (predictors, mut targets) = simulated();
        targets[[7, 2]] = f64::NAN;
        let message = encode(&predictors, targets.view(), &protocol()).unwrap_err().to_string();
        assert!(message.contains("responses holds NaN at row 7, column 2"), "{message}");
        let with = |missing| encode(&predictors, targets.view(), &EncodingProtocol { missing, ..protocol() }).unwrap();
        assert_eq!(with(MissingTargets::DropUnits).units, [0, 1, 3, 4, 5]);
        let dropped = with(MissingTargets::DropStimuli);
        assert!(dropped.stimuli.len() == 79 && !dropped.stimuli.contains(&7));
        let tested: Vec<usize> = dropped.held_out.iter().flat_map(|part| part.stimuli.clone()).collect();
        assert!(tested.len() == 79 && tested.contains(&79) && !tested.contains(&7));
    }

    #[test]
    fn constant_unit_is_named_unless_it_may_be_left_out() {
        let (predictors, mut targets) = simulated();
        targets.column_mut(4).fill(2.0);
        let found = encode(&predictors, targets.view(), &protocol());
        assert!(matches!(found, Err(StatsError::ConstantPattern { what: "unit", index: 4, .. })), "{found:?}");
        let left_out = EncodingProtocol { undefined: UndefinedScores::LeaveOut, ..protocol() };
        let found = encode(&predictors, targets.view(), &left_out).unwrap();
        assert_eq!(found.undefined, [(0, 4), (1, 4), (2, 4), (3, 4)]);
        assert_eq!(found.of_units()[4], None);
    }

    #[test]
    fn deviance_is_only_for_rates() {
        let (predictors, targets) = simulated();
        let refused = encode(
            &predictors,
            targets.view(),
            &EncodingProtocol { score: PredictionScore::DevianceExplained, ..protocol() },
        );
        assert!(matches!(refused, Err(StatsError::Unsupported { .. })), "{refused:?}");
    }

    #[test]
    fn encoding_has_the_same_bits_on_one_thread_and_two() {
        let (predictors, targets) = simulated();
        let on = |n| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(n).build().unwrap();
            pool.install(|| encode(&predictors, targets.view(), &protocol()).unwrap())
        };
        assert_eq!(on(1), on(2));
    }
}
