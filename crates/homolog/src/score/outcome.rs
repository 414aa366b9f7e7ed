//! What one metric says of the stages of one model, before names and provenance are put to it.

use homolog_stats::StatsError;

use super::result::{CeilingSummary, Interval};

/// What a metric says of every stage, and what limits it.
#[derive(Debug)]
pub struct Outcome {
    /// One for each stage, in their order; a stage without a value keeps the reason.
    pub stages: Vec<Result<StageOutcome, StatsError>>,
    /// What limits the values.
    pub ceiling: CeilingSummary,
    /// How many units were predicted.
    pub n_units: Option<usize>,
    /// How many subjects were compared with.
    pub n_subjects: Option<usize>,
    /// What [`StageOutcome::per_split`] is over.
    pub per_split_is: Option<String>,
    /// What a reader must know: dropped units, undefined splits.
    pub notes: Vec<String>,
}

/// What a metric says of one stage.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct StageOutcome {
    /// The value before any ceiling.
    pub value: Option<f64>,
    /// Its standard error.
    pub error: Option<f64>,
    /// By bootstrap over stimuli.
    pub interval: Option<Interval>,
    /// One number for each unit.
    pub per_unit: Vec<Option<f64>>,
    /// One number for each split or subject.
    pub per_split: Vec<Option<f64>>,
}
