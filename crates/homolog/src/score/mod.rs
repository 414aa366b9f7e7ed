//! Scoring a network on a benchmark: every stage, its value, its error, the ceiling and the ceiled value.
//!
//! | step | file |
//! |---|---|
//! | a benchmark's files to stimuli and recordings, in one order | `data.rs` |
//! | a network to one Gram matrix a stage, kept in the store | `grams.rs` |
//! | Gram matrices to values | `rsa.rs`, `encoding.rs` |
//! | decisions to values | `behaviour.rs` |
//! | values to [`result::Score`]s with provenance | `mod.rs`, `result.rs` |

mod behaviour;
mod data;
mod encoding;
mod error;
mod grams;
mod model;
mod outcome;
pub mod result;
mod rsa;
mod run;

pub use behaviour::{Decisions, score_decisions};
pub use data::{BenchmarkData, Brain};
pub use encoding::score_encoding;
pub use error::ScoreError;
pub use grams::stage_grams;
pub use model::ScoredModel;
pub use outcome::{Outcome, StageOutcome};
pub use rsa::{score_rsa, subject_rdms};
pub use run::{BOOTSTRAP_SAMPLES, CONFIDENCE, RunContext};

use homolog_stats::gram::Gram;

use self::result::{BenchmarkSummary, Failure, Provenance, Score};
use crate::benchmark::Metric;
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
pub fn score_network(model: &ScoredModel, data: &BenchmarkData, run: &RunContext<'_>) -> Result<Scored, ScoreError> {
    let stimuli_sha256 = data.stimuli.content_hash(Limits::default())?;
    let (outcome, grams, layers) = match &data.spec.metric {
        Metric::Behaviour16Class { .. } => {
            let decisions = Decisions::of(model, data, run)?;
            let layer = decisions.layer.clone();
            (score_decisions(data, &decisions, run.seed)?, Vec::new(), vec![layer])
        }
        metric => {
            let grams = stage_grams(model, &model.stages, &data.stimuli, &stimuli_sha256, run)?;
            let outcome = match metric {
                Metric::Rsa { .. } => score_rsa(data, &grams, run.seed)?,
                _ => score_encoding(data, &grams, run.on_missing, run.seed)?,
            };
            (outcome, grams, model.stages.iter().map(|stage| stage.name.clone()).collect())
        }
    };
    let source = ScoreSource {
        model: model.name.clone(),
        layers,
        weights_sha256: model.weights_sha256.clone(),
        stimuli_sha256,
        preprocessing: (model.preprocessing.name.clone(), model.preprocessing.content_hash()),
        engine: run.engine.description(),
        seed: run.seed,
    };
    Ok(Scored { grams, ..source.put_to(data, outcome) })
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
                        (Some(value), Some(ceiling), Some(formula)) => formula.in_statistics().apply(value, ceiling).ok(),
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
