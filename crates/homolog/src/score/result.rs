//! What a score is and where it came from: the object that `--json` prints and that the report shows.
//!
//! Numbers that have no value (a ceiling that cannot be computed, the correlation of a constant unit) are `null` in JSON and
//! `None` here, never 0 and never left out.

use serde::{Deserialize, Serialize};

/// The value of [`ScoreReport::schema`] that this version writes. Fields may be added under the same schema; a field that
/// changes its meaning or goes moves the number.
pub const SCHEMA: &str = "homolog.score/1";

/// Every score of one run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ScoreReport {
    /// [`SCHEMA`].
    pub schema: String,
    /// What wrote it.
    pub program: Program,
    /// The command as the user gave it, or a sentence that says what was run.
    pub command: String,
    /// The benchmarks, in the order asked for.
    pub benchmarks: Vec<BenchmarkSummary>,
    /// The models, in the order asked for.
    pub models: Vec<ModelSummary>,
    /// One for each model, stage and benchmark.
    pub scores: Vec<Score>,
    /// What could not be scored, and why; the others were.
    #[serde(default)]
    pub failures: Vec<Failure>,
}

/// The program that wrote a result.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Program {
    /// `homolog`.
    pub name: String,
    /// Its version.
    pub version: String,
}

/// What a reader needs to know of a benchmark.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct BenchmarkSummary {
    /// Its name.
    pub name: String,
    /// Moves when, and only when, its numbers do.
    pub version: u32,
    /// One line.
    pub title: String,
    /// Part of the brain.
    pub region: String,
    /// Whose brain.
    pub species: String,
    /// Whether the recording was made by a program.
    pub simulated: bool,
    /// The metric by name.
    pub metric: String,
    /// What `value` is, with its unit or range, for axes: `Spearman correlation`.
    pub value_label: String,
    /// The ceiling.
    pub ceiling: CeilingSummary,
    /// How many stimuli were compared on.
    pub n_stimuli: usize,
    /// How many units were recorded, where the recording has units.
    pub n_units: Option<usize>,
    /// How many subjects, where the recording tells them apart.
    pub n_subjects: Option<usize>,
    /// What to cite.
    pub citation: String,
    /// Digital object identifier.
    pub doi: Option<String>,
    /// As stated at the origin.
    pub licence: String,
    /// What a reader should know before believing a number.
    #[serde(default)]
    pub notes: Vec<String>,
}

/// What limits the scores on a benchmark.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CeilingSummary {
    /// Its kind by name: `split-half-spearman-brown`.
    pub kind: String,
    /// The value that scores are divided by.
    pub value: Option<f64>,
    /// Lower bound, where the kind has one.
    pub lower: Option<f64>,
    /// Upper bound, where the kind has one.
    pub upper: Option<f64>,
    /// Its standard error over splits, where it has splits.
    pub error: Option<f64>,
    /// How a value is ceiled, by name: `brain-score-2026`.
    pub formula: Option<String>,
    /// Why there is none.
    pub reason: Option<String>,
}

/// What a reader needs to know of a model.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ModelSummary {
    /// As the user named it.
    pub name: String,
    /// Its architecture, or the file it was read from.
    pub architecture: String,
    /// Its stages in the order in which they run; the horizontal axis of the figures.
    pub layers: Vec<String>,
}

/// How well one stage of one model accounts for one benchmark.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Score {
    /// The model, as the user named it.
    pub model: String,
    /// The stage, as `homolog layers` names it.
    pub layer: String,
    /// Position of the stage among those that were scored, from 0 at the input.
    pub depth: usize,
    /// The benchmark.
    pub benchmark: String,
    /// Part of the brain.
    pub region: String,
    /// The metric by name.
    pub metric: String,
    /// What the metric says, before any ceiling.
    pub value: Option<f64>,
    /// Standard error of `value`: over splits or subjects, as the metric defines it.
    pub error: Option<f64>,
    /// The ceiling that `ceiled` is of.
    pub ceiling: Option<f64>,
    /// `value` and `ceiling` by the benchmark's formula.
    pub ceiled: Option<f64>,
    /// Interval of `value` by bootstrap over stimuli.
    pub interval: Option<Interval>,
    /// One number for each recorded unit, mean over splits, where the metric has units.
    #[serde(default)]
    pub per_unit: Vec<Option<f64>>,
    /// One number for each split or subject.
    #[serde(default)]
    pub per_split: Vec<Option<f64>>,
    /// What `per_split` is over: `split`, `subject`, `movie`.
    pub per_split_is: Option<String>,
    /// Everything that determines the numbers.
    pub provenance: Provenance,
}

/// A confidence interval.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Interval {
    /// Lower end.
    pub lower: f64,
    /// Upper end.
    pub upper: f64,
    /// Its level, such as 0.95.
    pub level: f64,
    /// How many bootstrap samples it is from.
    pub n_samples: usize,
}

/// Everything that determines a score.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Provenance {
    /// Version of homolog.
    pub program_version: String,
    /// Version of the benchmark.
    pub benchmark_version: u32,
    /// sha256 of the model's weights file; nothing for a model without weights.
    pub weights_sha256: Option<String>,
    /// sha256 of the stimuli as `StimulusSet::content_hash` defines it.
    pub stimuli_sha256: String,
    /// sha256 of each file of the recording that was read, by its path.
    pub recording_sha256: Vec<(String, String)>,
    /// The preprocessing by name or file.
    pub preprocessing: String,
    /// Hash of every parameter of the preprocessing.
    pub preprocessing_sha256: String,
    /// The metric, mapping, splits and ceiling with every parameter, as JSON.
    pub recipe: serde_json::Value,
    /// Seed of everything random that the user chose, such as the bootstrap.
    pub seed: u64,
    /// What ran the network, with its version: `burn 0.22.1 flex`.
    pub engine: String,
}

/// A model, or a model on a benchmark, that could not be scored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    /// The model, as the user named it.
    pub model: String,
    /// The benchmark, where it got so far.
    pub benchmark: Option<String>,
    /// The message and its causes.
    pub message: String,
}

impl ScoreReport {
    /// An empty report of this version of the program.
    pub fn new(command: impl Into<String>) -> ScoreReport {
        ScoreReport {
            schema: SCHEMA.to_owned(),
            program: Program { name: "homolog".to_owned(), version: env!("CARGO_PKG_VERSION").to_owned() },
            command: command.into(),
            benchmarks: Vec::new(),
            models: Vec::new(),
            scores: Vec::new(),
            failures: Vec::new(),
        }
    }

    /// The best stage of `model` on `benchmark` by `value`; of equal ones the first; nothing where none has a value.
    pub fn best(&self, model: &str, benchmark: &str) -> Option<&Score> {
        let mut best: Option<&Score> = None;
        for score in self.scores_of(model, benchmark) {
            let Some(value) = score.value.filter(|value| value.is_finite()) else {
                continue;
            };
            if best.and_then(|best| best.value).is_none_or(|highest| value > highest) {
                best = Some(score);
            }
        }
        best
    }

    /// The scores of one model on one benchmark by the benchmark's own metric, in the order of depth; what it reports beside
    /// that under other metrics is left out.
    pub fn scores_of(&self, model: &str, benchmark: &str) -> Vec<&Score> {
        let metric = self.benchmarks.iter().find(|known| known.name == benchmark).map(|known| &known.metric);
        let is_meant = |score: &&Score| {
            score.model == model && score.benchmark == benchmark && metric.is_none_or(|metric| *metric == score.metric)
        };
        let mut scores: Vec<&Score> = self.scores.iter().filter(is_meant).collect();
        scores.sort_by_key(|score| score.depth);
        scores
    }
}
