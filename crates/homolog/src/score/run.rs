//! What a scoring run works with.

use crate::network::engine::Engine;
use crate::progress::{Cancel, Progress};
use crate::recording::OnMissing;
use crate::recording::record::Resources;
use crate::store::Store;

use super::error::ScoreError;

/// Samples of each bootstrap over stimuli.
pub const BOOTSTRAP_SAMPLES: usize = 1000;

/// Level of the intervals.
pub const CONFIDENCE: f64 = 0.95;

/// What a scoring run works with, whatever it scores.
pub struct RunContext<'a> {
    /// What runs networks.
    pub engine: &'a dyn Engine,
    /// Where pieces of the run are kept.
    pub store: &'a Store,
    /// Memory and threads.
    pub resources: Resources,
    /// Seed of the bootstraps.
    pub seed: u64,
    /// About units of the recording that never change: dropped with [`OnMissing::DropUnit`], else refused.
    pub on_missing: OnMissing,
    /// Told how far it is.
    pub progress: &'a dyn Progress,
    /// Stops it.
    pub cancel: &'a Cancel,
}

impl RunContext<'_> {
    /// # Errors
    /// [`ScoreError::Cancelled`] when the caller asked to stop.
    pub fn stop_if_cancelled(&self) -> Result<(), ScoreError> {
        if self.cancel.is_cancelled() { Err(ScoreError::Cancelled) } else { Ok(()) }
    }
}
