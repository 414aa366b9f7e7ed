//! Scoring a network on a benchmark: every stage, its value, its error, the ceiling and the ceiled value.
//!
//! | step | file |
//! |---|---|
//! | a benchmark's files to stimuli and recordings, in one order | `data.rs`, `missing.rs` |
//! | targets, splits and ceiling, before any network runs | `prepared.rs` |
//! | a network to one Gram matrix a stage, kept in the store | `grams.rs` |
//! | Gram matrices to values | `rsa.rs`, `encoding.rs` |
//! | decisions to values | `behaviour.rs` |
//! | values to [`result::Score`]s with provenance | `mod.rs`, `result.rs` |

mod behaviour;
mod data;
mod encoding;
mod error;
mod grams;
mod missing;
mod model;
mod outcome;
mod prepared;
pub mod result;
mod rsa;
mod run;

use behaviour::classifier;
pub use behaviour::{Decisions, score_decisions};
pub use data::{BenchmarkData, Brain};
pub use error::ScoreError;
pub use grams::stage_grams;
pub use model::ScoredModel;
pub use outcome::{Outcome, StageOutcome};
use prepared::Prepared;
use rsa::subject_rdms;
pub use run::{BOOTSTRAP_SAMPLES, CONFIDENCE, RunContext};

use homolog_stats::gram::Gram;
use ndarray::ArrayView2;

use self::result::{BenchmarkSummary, Failure, Provenance, Score};
use crate::benchmark::{BehaviourMeasure, BenchmarkSpec, Metric};
use crate::network::checked::Stage;
use crate::recording::OnMissing;
use crate::stimuli::Limits;

/// The scores of one model on one benchmark.
#[derive(Debug)]
pub struct Scored {
    /// What a reader needs to know of the benchmark.
    pub benchmark: BenchmarkSummary,
    /// One for each stage that has a value, in the order of depth.
    pub scores: Vec<Score>,
    /// The stages without a value, and why.
    pub failures: Vec<Failure>,
    /// The Gram matrix of each stage, for figures; none for decisions.
    pub grams: Vec<Gram>,
}

/// Scores every stage of a network on a benchmark.
///
/// # Errors
/// What keeps the whole from being scored. A stage without a value is a [`Failure`] and does not lose the others.
pub fn score_network(
    model: &ScoredModel,
    data: &BenchmarkData,
    run: &RunContext<'_>,
) -> Result<Vec<Scored>, ScoreError> {
    let stimuli_sha256 = data.stimuli.content_hash(Limits::default())?;
    let mut source = ScoreSource {
        model: model.name.clone(),
        layers: model.stages.iter().map(|stage| stage.name.clone()).collect(),
        weights_sha256: model.weights_sha256.clone(),
        stimuli_sha256,
        preprocessing: (model.preprocessing.name.clone(), model.preprocessing.content_hash()),
        engine: run.engine.description(),
        seed: run.seed,
    };
    if matches!(data.spec.metric, Metric::Behaviour16Class { .. }) {
        let decisions = Decisions::of(model, data, run)?;
        source.layers = vec![decisions.layer.clone()];
        let outcomes = score_decisions(data, &decisions, run.seed)?;
        return Ok(outcomes.into_iter().enumerate().map(|(place, of)| source.behaviour(data, place, of)).collect());
    }
    let prepared = Prepared::new(data, run.on_missing)?;
    let grams = stage_grams(model, &model.stages, &data.stimuli, &source.stimuli_sha256, run)?;
    let outcome = prepared.score(&grams, run.seed);
    Ok(vec![Scored { grams, ..source.put_to(data, outcome) }])
}

/// The stages that scoring a network on a benchmark records: those asked for, or the output where its decisions are scored.
///
/// # Errors
/// [`ScoreError::NotAClassifier`] where decisions are asked of a network that makes none.
pub fn stages_to_record(model: &ScoredModel, benchmark: &BenchmarkSpec) -> Result<Vec<Stage>, ScoreError> {
    match benchmark.metric {
        Metric::Behaviour16Class { .. } => Ok(vec![classifier(model, &benchmark.name)?.clone()]),
        _ => Ok(model.stages.clone()),
    }
}

/// Scores features that no network made: one stage, (n_stimuli, n_features), rows in the order of the benchmark's stimuli.
///
/// # Errors
/// As [`score_network`].
pub fn score_features(
    model: &str,
    features: ArrayView2<'_, f64>,
    data: &BenchmarkData,
    on_missing: OnMissing,
    seed: u64,
) -> Result<Scored, ScoreError> {
    const LAYER: &str = "features";
    let gram = Gram::of(features).map_err(|source| ScoreError::Stats { stage: LAYER.to_owned(), source })?;
    let grams = vec![gram];
    let outcome = Prepared::new(data, on_missing)?.score(&grams, seed);
    let source = ScoreSource {
        model: model.to_owned(),
        layers: vec![LAYER.to_owned()],
        weights_sha256: None,
        stimuli_sha256: data.stimuli.content_hash(Limits::default())?,
        preprocessing: ("none".to_owned(), String::new()),
        engine: "none".to_owned(),
        seed,
    };
    Ok(Scored { grams, ..source.put_to(data, outcome) })
}

/// The RDMs of the brain (mean over subjects) and of a stage, as upper triangles row by row; nothing where the benchmark compares none.
pub fn rdms_to_show(data: &BenchmarkData, gram: &Gram) -> Option<(Vec<f64>, Vec<f64>)> {
    let Metric::Rsa { rdm, .. } = &data.spec.metric else { return None };
    let subjects = subject_rdms(data).ok()?;
    let brain = subjects.mean_axis(ndarray::Axis(0))?;
    let stage = homolog_stats::rdm::rdm_from_gram(gram, rdm.in_statistics()).ok()?;
    Some((brain.to_vec(), stage.to_vec()))
}

/// Where the responses behind an [`Outcome`] came from.
#[derive(Clone, Debug)]
pub struct ScoreSource {
    /// The model, as the user named it.
    pub model: String,
    /// Its stages, in the order of the outcome's.
    pub layers: Vec<String>,
    /// sha256 of its weights; nothing for a model without.
    pub weights_sha256: Option<String>,
    /// sha256 of the stimuli.
    pub stimuli_sha256: String,
    /// Name and hash of the preprocessing.
    pub preprocessing: (String, String),
    /// What ran the network, with its version.
    pub engine: String,
    /// Seed of the bootstraps.
    pub seed: u64,
}

impl ScoreSource {
    /// The outcome with names, ceilings and provenance put to it.
    pub fn put_to(&self, data: &BenchmarkData, outcome: Outcome) -> Scored {
        let (mut scores, mut failures) = (Vec::new(), Vec::new());
        let provenance = self.provenance(data);
        for (depth, (layer, stage)) in self.layers.iter().zip(outcome.stages).enumerate() {
            match stage {
                Ok(stage) => {
                    let ceiling = outcome.ceiling.value;
                    let formula = data.spec.ceiling.formula();
                    let ceiled = match (stage.value, ceiling, formula) {
                        (Some(value), Some(ceiling), Some(formula)) => {
                            formula.in_statistics().apply(value, ceiling).ok()
                        }
                        _ => None,
                    };
                    scores.push(Score {
                        model: self.model.clone(),
                        layer: layer.clone(),
                        depth,
                        benchmark: data.spec.name.clone(),
                        region: data.spec.region.clone(),
                        metric: data.spec.metric.name(),
                        value: stage.value,
                        error: stage.error,
                        ceiling,
                        ceiled,
                        interval: stage.interval,
                        per_unit: stage.per_unit,
                        per_split: stage.per_split,
                        per_split_is: outcome.per_split_is.clone(),
                        provenance: provenance.clone(),
                    });
                }
                Err(problem) => failures.push(Failure {
                    model: self.model.clone(),
                    benchmark: Some(data.spec.name.clone()),
                    message: format!("{layer}: {problem}"),
                }),
            }
        }
        let mut benchmark = summary(data);
        benchmark.ceiling = outcome.ceiling;
        benchmark.n_units = outcome.n_units;
        benchmark.n_subjects = outcome.n_subjects;
        benchmark.notes.extend(outcome.notes);
        Scored { benchmark, scores, failures, grams: Vec::new() }
    }

    /// The outcome of one measure of behaviour. The first keeps the benchmark's name; the others add their own to it.
    fn behaviour(&self, data: &BenchmarkData, place: usize, (measure, outcome): (BehaviourMeasure, Outcome)) -> Scored {
        let mut scored = self.put_to(data, outcome);
        let metric = format!("behaviour-{}", measure.name());
        if place > 0 {
            scored.benchmark.name = format!("{}:{}", data.spec.name, measure.name());
        }
        scored.benchmark.metric.clone_from(&metric);
        scored.benchmark.value_label = measure.name().replace('-', " ");
        for score in &mut scored.scores {
            score.benchmark.clone_from(&scored.benchmark.name);
            score.metric.clone_from(&metric);
        }
        scored
    }

    fn provenance(&self, data: &BenchmarkData) -> Provenance {
        Provenance {
            program_version: env!("CARGO_PKG_VERSION").to_owned(),
            benchmark_version: data.spec.version,
            weights_sha256: self.weights_sha256.clone(),
            stimuli_sha256: self.stimuli_sha256.clone(),
            recording_sha256: data.files.clone(),
            preprocessing: self.preprocessing.0.clone(),
            preprocessing_sha256: self.preprocessing.1.clone(),
            recipe: serde_json::json!({ "metric": data.spec.metric, "ceiling": data.spec.ceiling }),
            seed: self.seed,
            engine: self.engine.clone(),
        }
    }
}

/// What a reader needs to know of a benchmark before any ceiling is computed.
fn summary(data: &BenchmarkData) -> BenchmarkSummary {
    let spec = &data.spec;
    BenchmarkSummary {
        name: spec.name.clone(),
        version: spec.version,
        title: spec.title.clone(),
        region: spec.region.clone(),
        species: spec.species.clone(),
        simulated: spec.simulated,
        metric: spec.metric.name(),
        value_label: spec.metric.value_label().to_owned(),
        ceiling: result::CeilingSummary {
            kind: spec.ceiling.kind().to_owned(),
            value: None,
            lower: None,
            upper: None,
            error: None,
            formula: None,
            reason: None,
        },
        n_stimuli: data.stimuli.len(),
        n_units: None,
        n_subjects: None,
        citation: spec.citation.text.clone(),
        doi: spec.citation.doi.clone(),
        licence: spec.licence.clone(),
        notes: spec.notes.clone(),
    }
}
