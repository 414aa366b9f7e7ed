//! Encoding models: the responses of recorded units predicted from each stage.

use std::collections::BTreeMap;

use homolog_stats::StatsError;
use homolog_stats::ceiling::{Halves, SplitHalf, SplitHalfCeiling, split_half_ceiling};
use homolog_stats::encoding::{
    Aggregate, Encoding, EncodingProtocol, MissingTargets, PredictionScore, UndefinedScores, bootstrap_over_stimuli,
    encode,
};
use homolog_stats::gram::Gram;
use homolog_stats::mapping::pls::{PlsOptions, PlsScaling};
use homolog_stats::mapping::ridge::{PenaltyChoice, PenaltyScope, RidgeOptions};
use homolog_stats::mapping::{Mapping, Predictors};
use homolog_stats::random::Rng;
use homolog_stats::splits::{
    PartSize, ShuffleSplit, Split, leave_one_group_out, shuffle_split, stratified_shuffle_split,
};
use ndarray::{Array2, Array3, Axis};

use super::data::{BenchmarkData, Brain};
use super::error::ScoreError;
use super::outcome::{Outcome, StageOutcome};
use super::result::{CeilingSummary, Interval};
use super::run::{BOOTSTRAP_SAMPLES, CONFIDENCE};
use crate::benchmark::{self, Ceiling, Metric, PenaltyFor, Splits};
use crate::recording::{OnMissing, Recording, RecordingAxis};

/// What the stages are asked to predict.
struct Targets {
    /// (n_stimuli, n_units): the mean response of each unit to each stimulus, stimuli in the benchmark's order.
    responses: Array2<f64>,
    /// The unit of each column.
    unit_ids: Vec<String>,
    /// Each population's trials: (n_units, n_stimuli, n_repetitions), NaN where there is none.
    trials: Vec<Array3<f64>>,
    /// What was left out, for the reader.
    notes: Vec<String>,
}

/// An encoding benchmark made ready: what is to be predicted, how it is split, and how reliable it is.
pub(super) struct PreparedEncoding {
    targets: Targets,
    protocol: EncodingProtocol,
    ceiling: CeilingSummary,
}

impl PreparedEncoding {
    /// # Errors
    /// What keeps the recording from being used.
    pub(super) fn new(data: &BenchmarkData, on_missing: OnMissing) -> Result<Self, ScoreError> {
        let Metric::Encoding { mapping, splits, .. } = &data.spec.metric else {
            return Err(data.other_kind("units"));
        };
        let targets = targets(data, on_missing)?;
        let protocol = EncodingProtocol {
            mapping: in_statistics(mapping),
            splits: self::splits(data, splits)?,
            score: PredictionScore::Pearson,
            missing: MissingTargets::Refuse,
            undefined: UndefinedScores::LeaveOut,
        };
        let ceiling = ceiling(data, &targets)?;
        Ok(Self { targets, protocol, ceiling })
    }

    /// Scores the stages; one without a value keeps its error in the outcome.
    pub(super) fn score(&self, grams: &[Gram], seed: u64) -> Outcome {
        let Self { targets, protocol, ceiling } = self;
        let n_units = targets.unit_ids.len();
        let mut notes = targets.notes.clone();
        let mut stages = Vec::with_capacity(grams.len());
        let mut n_undefined = 0;
        for gram in grams {
            let encoded = Predictors::from_gram(gram)
                .and_then(|predictors| encode(&predictors, targets.responses.view(), protocol));
            n_undefined = n_undefined.max(encoded.as_ref().map_or(0, |encoding| encoding.undefined.len()));
            stages.push(encoded.and_then(|encoding| stage_outcome(&encoding, n_units, seed)));
        }
        if n_undefined > 0 {
            notes.push(format!(
                "in up to {n_undefined} of {} units × splits the unit is constant over the test part; those have no correlation and are left out of the median",
                n_units * protocol.splits.len()
            ));
        }
        Outcome {
            stages,
            ceiling: ceiling.clone(),
            n_units: Some(n_units),
            n_subjects: None,
            per_split_is: Some("split".to_owned()),
            notes,
        }
    }
}

fn stage_outcome(encoding: &Encoding, n_units: usize, seed: u64) -> Result<StageOutcome, StatsError> {
    let bootstrap = bootstrap_over_stimuli(encoding, BOOTSTRAP_SAMPLES, CONFIDENCE, &Rng::new(seed))?;
    let mut per_unit = vec![None; n_units];
    for (unit, score) in encoding.units.iter().zip(encoding.of_units()) {
        if let Some(slot) = per_unit.get_mut(*unit) {
            *slot = score;
        }
    }
    Ok(StageOutcome {
        value: Some(encoding.aggregate.value),
        error: Some(encoding.aggregate.error),
        interval: Some(Interval {
            lower: bootstrap.lower,
            upper: bootstrap.upper,
            level: CONFIDENCE,
            n_samples: BOOTSTRAP_SAMPLES,
        }),
        per_unit,
        per_split: encoding.aggregate.of_splits.iter().copied().map(Some).collect(),
    })
}

/// The responses to the benchmark's stimuli, populations side by side.
fn targets(data: &BenchmarkData, on_missing: OnMissing) -> Result<Targets, ScoreError> {
    let Brain::Units(recordings) = &data.brain else { return Err(data.other_kind("no single units")) };
    let mut targets = Targets {
        responses: Array2::zeros((data.stimuli.len(), 0)),
        unit_ids: Vec::new(),
        trials: Vec::new(),
        notes: Vec::new(),
    };
    for recording in recordings {
        // What is missing was left out before where that was wanted.
        let complete = data.averaged(recording)?.without_missing(OnMissing::Refuse)?.recording;
        let averaged = without_constant_units(data, complete, on_missing, &mut targets.notes)?;
        let trials = trials_of(data, recording, averaged.unit_ids())?;
        targets.trials.extend(populations(data, &averaged)?.into_iter().map(|units| trials.select(Axis(0), &units)));
        targets.unit_ids.extend(averaged.unit_ids().iter().cloned());
        let matrix = averaged.matrix()?;
        targets.responses = ndarray::concatenate(Axis(1), &[targets.responses.view(), matrix.view()])
            .map_err(|_| data.other_kind("populations that saw different stimuli"))?;
    }
    Ok(targets)
}

/// Positions of the units whose repetitions are halved together: all of a recording, or those that agree in the coordinate
/// that the ceiling names.
fn populations(data: &BenchmarkData, recording: &Recording) -> Result<Vec<Vec<usize>>, ScoreError> {
    let Ceiling::Population { by, .. } = &data.spec.ceiling else {
        return Ok(vec![(0..recording.n_units()).collect()]);
    };
    let mut populations: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for (unit, name) in recording.coordinate(RecordingAxis::Unit, by)?.to_texts().into_iter().enumerate() {
        populations.entry(name).or_default().push(unit);
    }
    Ok(populations.into_values().collect())
}

/// The recording without units that never change, which are refused or dropped and listed.
fn without_constant_units(
    data: &BenchmarkData,
    recording: Recording,
    on_missing: OnMissing,
    notes: &mut Vec<String>,
) -> Result<Recording, ScoreError> {
    let matrix = recording.matrix()?;
    let is_constant: Vec<bool> =
        matrix.columns().into_iter().map(|unit| unit.iter().all(|value| Some(value) == unit.first())).collect();
    let (constant, varying): (Vec<usize>, Vec<usize>) = (0..is_constant.len()).partition(|unit| is_constant[*unit]);
    let Some(first) = constant.first() else { return Ok(recording) };
    if on_missing != OnMissing::DropUnit {
        return Err(ScoreError::ConstantUnit {
            unit: recording.unit_ids()[*first].clone(),
            benchmark: data.spec.name.clone(),
            n_stimuli: matrix.nrows(),
            n_constant: constant.len(),
        });
    }
    let names: Vec<&str> = constant.iter().map(|unit| recording.unit_ids()[*unit].as_str()).collect();
    notes.push(format!("dropped because they never change: units {}", names.join(", ")));
    Ok(recording.select_positions(RecordingAxis::Unit, &varying)?)
}

/// The trials of the named units: (n_units, n_stimuli, n_repetitions).
fn trials_of(data: &BenchmarkData, recording: &Recording, unit_ids: &[String]) -> Result<Array3<f64>, ScoreError> {
    let position: BTreeMap<&str, usize> =
        recording.unit_ids().iter().enumerate().map(|(position, id)| (id.as_str(), position)).collect();
    let units: Vec<usize> = unit_ids.iter().filter_map(|id| position.get(id.as_str()).copied()).collect();
    let kept = data.in_order(recording)?.select_positions(RecordingAxis::Unit, &units)?.average_time_bins()?;
    // [repetition, stimulus, unit] → [unit, stimulus, repetition]
    Ok(kept.repetitions()?.values.reversed_axes().as_standard_layout().into_owned())
}

fn splits(data: &BenchmarkData, splits: &Splits) -> Result<Vec<Split>, ScoreError> {
    let of_recording = |source| ScoreError::Recording { benchmark: data.spec.name.clone(), source };
    let shuffle = |n: usize, train_size: f64, seed: u32| ShuffleSplit {
        n_splits: n,
        train: Some(PartSize::Fraction(train_size)),
        test: None,
        seed,
    };
    match splits {
        Splits::Shuffle { n, train_size, seed } => {
            shuffle_split(data.stimuli.len(), &shuffle(*n, *train_size, *seed)).map_err(of_recording)
        }
        Splits::StratifiedShuffle { by, n, train_size, seed } => {
            stratified_shuffle_split(&data.groups(by)?, &shuffle(*n, *train_size, *seed)).map_err(of_recording)
        }
        Splits::LeaveOneGroupOut { by } => leave_one_group_out(&data.groups(by)?).map_err(of_recording),
    }
}

fn in_statistics(mapping: &benchmark::Mapping) -> Mapping {
    match mapping {
        benchmark::Mapping::Pls { components } => {
            Mapping::Pls(PlsOptions { n_components: *components, scaling: PlsScaling::None })
        }
        benchmark::Mapping::Ridge { penalties, penalty_for } => Mapping::Ridge(RidgeOptions {
            penalties: penalties.clone(),
            choice: PenaltyChoice::LeaveOneOut,
            scope: match penalty_for {
                PenaltyFor::EachUnit => PenaltyScope::EachTarget,
                PenaltyFor::AllUnits => PenaltyScope::AllTargets,
            },
        }),
    }
}

/// How reliable the recording is, by the benchmark's kind of ceiling.
fn ceiling(data: &BenchmarkData, targets: &Targets) -> Result<CeilingSummary, ScoreError> {
    let of_recording = |source| ScoreError::Recording { benchmark: data.spec.name.clone(), source };
    let mut summary = CeilingSummary {
        kind: data.spec.ceiling.kind().to_owned(),
        value: None,
        lower: None,
        upper: None,
        error: None,
        formula: data.spec.ceiling.formula().map(|formula| formula.name().to_owned()),
        reason: data.spec.ceiling.reason().map(str::to_owned),
    };
    let (n_splits, seed) = match &data.spec.ceiling {
        Ceiling::SplitHalfSpearmanBrown { n, seed, .. } | Ceiling::Population { n, seed, .. } => (*n, *seed),
        Ceiling::Given { value, .. } => {
            summary.value = Some(*value);
            return Ok(summary);
        }
        _ => return Ok(summary),
    };
    let mut populations: Vec<SplitHalfCeiling> = Vec::with_capacity(targets.trials.len());
    for trials in &targets.trials {
        let found = trials.len_of(Axis(2));
        if found < 2 {
            return Err(ScoreError::TooFewRepetitions { benchmark: data.spec.name.clone(), found });
        }
        let is_balanced = trials.iter().all(|value| !value.is_nan());
        let halves = if is_balanced { Halves::ByRepetition } else { Halves::OfEachStimulus };
        populations
            .push(split_half_ceiling(trials.view(), &SplitHalf { n_splits, halves, seed }).map_err(of_recording)?);
    }
    let reliabilities: Vec<_> = populations.iter().map(|population| population.reliability.view()).collect();
    let all = ndarray::concatenate(Axis(1), &reliabilities)
        .map_err(|_| data.other_kind("populations of different splits"))?;
    let aggregate: Aggregate =
        homolog_stats::encoding::median_over_units_mean_over_splits(all.view()).map_err(of_recording)?;
    summary.value = Some(aggregate.value);
    summary.error = Some(aggregate.error);
    Ok(summary)
}
