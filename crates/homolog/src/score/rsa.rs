//! Representational similarity: the RDM of each stage against those of subjects.

use std::collections::BTreeMap;

use homolog_stats::StatsError;
use homolog_stats::comparator::Comparator;
use homolog_stats::gram::Gram;
use homolog_stats::inference::{Inference, InferenceSettings, Resampling, infer};
use homolog_stats::model::RdmModel;
use homolog_stats::noise_ceiling::{CeilingConvention, noise_ceiling};
use homolog_stats::random::Rng;
use homolog_stats::rdm::{RdmMeasure, rdm_from_features, rdm_from_gram, select_stimuli};
use ndarray::{Array2, Axis};

use super::data::{BenchmarkData, Brain};
use super::error::ScoreError;
use super::outcome::{Outcome, StageOutcome};
use super::result::{CeilingSummary, Interval};
use super::run::{BOOTSTRAP_SAMPLES, CONFIDENCE};
use crate::benchmark::{Bound, Ceiling, Metric};
use crate::recording::{Coordinate, Coordinates, RecordedRdms, Recording, RecordingAxis};

/// A benchmark of representational similarity made ready: the RDM of each subject, and what limits a comparison with them.
pub(super) struct PreparedRsa {
    subjects: Array2<f64>,
    measure: RdmMeasure,
    comparator: Comparator,
    each: String,
    ceiling: CeilingSummary,
}

impl PreparedRsa {
    /// # Errors
    /// [`ScoreError::Recording`] where the subjects' RDMs have no comparison.
    pub(super) fn new(data: &BenchmarkData) -> Result<Self, ScoreError> {
        let Metric::Rsa { rdm, comparator, each, .. } = &data.spec.metric else {
            return Err(data.other_kind("dissimilarities"));
        };
        let comparator = comparator.in_statistics();
        let subjects = subject_rdms(data)?;
        let bounds = (subjects.nrows() > 1)
            .then(|| noise_ceiling(subjects.view(), comparator, CeilingConvention::PooledRdm))
            .transpose()
            .map_err(|source| ScoreError::Recording { benchmark: data.spec.name.clone(), source })?;
        let mut ceiling = CeilingSummary {
            kind: data.spec.ceiling.kind().to_owned(),
            value: None,
            lower: bounds.as_ref().map(|bounds| bounds.lower),
            upper: bounds.as_ref().map(|bounds| bounds.upper),
            error: None,
            formula: data.spec.ceiling.formula().map(|formula| formula.name().to_owned()),
            reason: data.spec.ceiling.reason().map(str::to_owned),
        };
        if let Ceiling::RsaLowerUpper { against, .. } = &data.spec.ceiling {
            ceiling.value = match against {
                Bound::Lower => ceiling.lower,
                Bound::Upper => ceiling.upper,
            };
        }
        Ok(Self { subjects, measure: rdm.in_statistics(), comparator, each: each.clone(), ceiling })
    }

    /// Scores the stages: the mean over subjects of the comparison of a stage's RDM with the subject's. A stage without a value keeps its
    /// error in the outcome.
    pub(super) fn score(&self, grams: &[Gram], seed: u64) -> Outcome {
        let settings = InferenceSettings {
            comparator: self.comparator,
            resampling: Resampling::Stimuli,
            n_samples: BOOTSTRAP_SAMPLES,
            confidence: CONFIDENCE,
            ..InferenceSettings::default()
        };
        let stage = |gram: &Gram| {
            let model = rdm_from_gram(gram, self.measure)?;
            infer(&[RdmModel::Fixed(model)], self.subjects.view(), &settings, &Rng::new(seed))
        };
        let inferred: Vec<Result<Inference, StatsError>> = grams.iter().map(stage).collect();
        // All stages have the same stimuli, so that what is said of one is said of all.
        let change = inferred.iter().flatten().find_map(|found| found.change);
        let notes = change.map(|change| format!("there is no bootstrap interval over stimuli: {change}"));
        Outcome {
            stages: inferred.into_iter().map(|found| found.map(stage_outcome)).collect(),
            ceiling: self.ceiling.clone(),
            n_units: None,
            n_subjects: Some(self.subjects.nrows()),
            per_split_is: Some(self.each.clone()),
            notes: notes.into_iter().collect(),
        }
    }
}

fn stage_outcome(inferred: Inference) -> StageOutcome {
    let is_of_stimuli = inferred.resampling == Some(Resampling::Stimuli);
    let Some(model) = inferred.models.into_iter().next() else { return StageOutcome::default() };
    let n = model.per_subject.len() as f64;
    let mean = model.value;
    let squares: f64 = model.per_subject.iter().map(|value| (value - mean) * (value - mean)).sum();
    // One subject says nothing of the spread over subjects; the bootstrap over stimuli then stands in.
    let error = if n > 1.0 { Some((squares / (n - 1.0) / n).sqrt()) } else { model.standard_error };
    let interval = model.percentile_interval.filter(|_| is_of_stimuli).map(|(lower, upper)| Interval {
        lower,
        upper,
        level: CONFIDENCE,
        n_samples: BOOTSTRAP_SAMPLES,
    });
    StageOutcome {
        value: Some(model.value),
        error,
        interval,
        per_unit: Vec::new(),
        per_split: model.per_subject.into_iter().map(Some).collect(),
    }
}

/// One RDM for each value of the coordinate `each`, over the benchmark's stimuli in their order: (n_subjects, n_pairs).
pub(super) fn subject_rdms(data: &BenchmarkData) -> Result<Array2<f64>, ScoreError> {
    let Metric::Rsa { rdm, average_over, each, .. } = &data.spec.metric else {
        return Err(data.other_kind("dissimilarities"));
    };
    let measure = rdm.in_statistics();
    let ids: Vec<&str> = data.stimuli.ids().collect();
    let rows = match &data.brain {
        Brain::Rdms(sets) => {
            let mut rows = Vec::new();
            for set in sets {
                rows.extend(published_rdms(data, set, &ids, average_over, each)?);
            }
            rows
        }
        Brain::Units(recordings) => {
            let mut rows = Vec::new();
            for recording in recordings {
                rows.extend(measured_rdms(data, recording, measure, each)?);
            }
            rows
        }
        Brain::Trials(_) => return Err(data.other_kind("answers of people")),
    };
    let n_pairs = rows.first().map_or(0, Vec::len);
    Array2::from_shape_vec((rows.len(), n_pairs), rows.concat()).map_err(|_| data.other_kind("RDMs of different sizes"))
}

/// The published RDMs, those of one subject averaged over sessions, or whatever else is to be averaged over.
fn published_rdms(
    data: &BenchmarkData,
    set: &RecordedRdms,
    ids: &[&str],
    average_over: &[String],
    each: &str,
) -> Result<Vec<Vec<f64>>, ScoreError> {
    let of_recording = |source| ScoreError::Recording { benchmark: data.spec.name.clone(), source };
    let position: BTreeMap<&str, usize> =
        set.stimulus_ids.iter().enumerate().map(|(position, id)| (id.as_str(), position)).collect();
    let order: Vec<usize> = ids.iter().filter_map(|id| position.get(id).copied()).collect();
    let subjects = groups(&set.rdm, each, set.dissimilarities.nrows());
    let mut rows = Vec::new();
    for members in subjects {
        if let Some(name) = differs_in(&set.rdm, &members, average_over, each) {
            return Err(data.other_kind(format!(
                "RDMs of one {each} that differ in \"{name}\", over which metric.average_over does not average"
            )));
        }
        let mean = set.dissimilarities.select(Axis(0), &members).mean_axis(Axis(0)).unwrap_or_default();
        rows.push(select_stimuli(mean.view(), &order).map_err(of_recording)?.to_vec());
    }
    Ok(rows)
}

/// The first coordinate, in the order of their names, in which these RDMs differ although they are not to be averaged over it.
fn differs_in<'a>(rdm: &'a Coordinates, members: &[usize], average_over: &[String], each: &str) -> Option<&'a str> {
    let others = rdm.iter().filter(|(name, _)| *name != each && !average_over.contains(name));
    let differs = |values: &Coordinate| {
        let texts = values.to_texts();
        let mut found = members.iter().filter_map(|member| texts.get(*member));
        let first = found.next();
        found.any(|other| Some(other) != first)
    };
    others.into_iter().find(|(_, values)| differs(values)).map(|(name, _)| name.as_str())
}

/// One RDM for each group of units, from responses averaged over repetitions.
fn measured_rdms(
    data: &BenchmarkData,
    recording: &Recording,
    measure: RdmMeasure,
    each: &str,
) -> Result<Vec<Vec<f64>>, ScoreError> {
    let of_recording = |source| ScoreError::Recording { benchmark: data.spec.name.clone(), source };
    let averaged = data.averaged(recording)?;
    let responses = averaged.matrix()?;
    groups(averaged.coordinates(RecordingAxis::Unit), each, averaged.n_units())
        .into_iter()
        .map(|units| {
            let features = responses.select(Axis(1), &units);
            Ok(rdm_from_features(features.view(), measure).map_err(of_recording)?.to_vec())
        })
        .collect()
}

/// Positions that share a value of a coordinate, in the order of first occurrence; all in one where there is no such coordinate.
fn groups(coordinates: &Coordinates, name: &str, n: usize) -> Vec<Vec<usize>> {
    let Some(coordinate) = coordinates.get(name) else { return vec![(0..n).collect()] };
    let mut groups: Vec<(String, Vec<usize>)> = Vec::new();
    for (position, value) in coordinate.to_texts().into_iter().enumerate() {
        match groups.iter_mut().find(|(known, _)| *known == value) {
            Some((_, members)) => members.push(position),
            None => groups.push((value, vec![position])),
        }
    }
    groups.into_iter().map(|(_, members)| members).collect()
}

impl crate::benchmark::Comparator {
    /// The same comparator as the statistics name it.
    pub fn in_statistics(self) -> Comparator {
        match self {
            Self::Pearson => Comparator::Pearson,
            Self::Spearman => Comparator::Spearman,
            Self::Cosine => Comparator::Cosine,
        }
    }
}

impl crate::benchmark::RdmMeasure {
    /// The same measure as the statistics name it.
    pub fn in_statistics(self) -> RdmMeasure {
        match self {
            Self::Correlation => RdmMeasure::PearsonDistance,
            Self::Cosine => RdmMeasure::CosineDistance,
            Self::Euclidean => RdmMeasure::Euclidean,
            Self::SquaredEuclideanPerUnit => RdmMeasure::SquaredEuclideanPerUnit,
        }
    }
}
