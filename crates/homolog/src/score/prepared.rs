//! A benchmark made ready for Gram matrices: all that can be wrong with its recording is known before any network runs.

use homolog_stats::gram::Gram;

use super::data::BenchmarkData;
use super::encoding::PreparedEncoding;
use super::error::ScoreError;
use super::outcome::Outcome;
use super::rsa::PreparedRsa;
use crate::benchmark::Metric;
use crate::recording::OnMissing;

/// What stages are compared with.
pub(super) enum Prepared {
    Rsa(Box<PreparedRsa>),
    Encoding(Box<PreparedEncoding>),
}

impl Prepared {
    /// Targets, splits and ceiling of a benchmark that compares responses.
    ///
    /// # Errors
    /// What keeps its recording from being used.
    pub(super) fn new(data: &BenchmarkData, on_missing: OnMissing) -> Result<Self, ScoreError> {
        match &data.spec.metric {
            Metric::Rsa { .. } => PreparedRsa::new(data).map(|prepared| Self::Rsa(Box::new(prepared))),
            _ => PreparedEncoding::new(data, on_missing).map(|prepared| Self::Encoding(Box::new(prepared))),
        }
    }

    /// Scores the stages, whose Gram matrices are over the benchmark's stimuli in their order.
    pub(super) fn score(&self, grams: &[Gram], seed: u64) -> Outcome {
        match self {
            Self::Rsa(prepared) => prepared.score(grams, seed),
            Self::Encoding(prepared) => prepared.score(grams, seed),
        }
    }
}
