//! What a recording run will take, before it runs.

use super::budget::default_budget;
use super::error::RecordError;
use super::rows::Placement;
use crate::network::checked::{Network, Stage};
use crate::network::working_set::WorkingSet;
use crate::stimuli::images_in_flight;

/// What the program takes without any network: its code, buffers of the system, stacks of threads.
const FLOOR_BYTES: u64 = 64 << 20;

/// Images that are run together at most: larger batches run no faster, and of 64 of SqueezeNet's a Vulkan device in software gave
/// nothing back.
pub(crate) const LARGEST_BATCH: usize = 16;

/// Memory and threads of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Resources {
    /// Bytes that may be resident.
    pub memory_bytes: u64,
    /// Threads that compute, and as many that decode.
    pub n_threads: usize,
}

impl Resources {
    /// All the memory that is available, and this many threads.
    pub fn with_threads(n_threads: usize) -> Self {
        Self { memory_bytes: default_budget(), n_threads }
    }
}

/// What one stage of a run takes.
#[derive(Clone, Debug, PartialEq)]
pub struct StagePlan {
    /// The stage's name.
    pub name: String,
    /// Its sizes for one stimulus.
    pub shape: Vec<usize>,
    /// Their product.
    pub n_units: usize,
    /// Bytes of its responses to all stimuli.
    pub bytes: u64,
    /// Share of the network's arithmetic that lies between the stage before it and itself.
    pub share_of_work: f64,
    /// Whether a run that needs all rows at once holds them in memory.
    pub placement: Placement,
}

/// What a recording run takes.
#[derive(Clone, Debug, PartialEq)]
pub struct RecordPlan {
    /// How many stimuli.
    pub n_stimuli: usize,
    /// How many are run together.
    pub batch_size: usize,
    /// Each stage.
    pub stages: Vec<StagePlan>,
    /// Bytes resident at most while batches run, blocks of [`Placement::Resident`] stages not counted.
    pub streaming_bytes: u64,
}

impl RecordPlan {
    /// Chooses the largest batch, up to 16, that fits, and the stages whose blocks fit beside it.
    ///
    /// # Errors
    /// [`RecordError::BudgetTooSmall`] when one image at a time does not fit.
    pub fn new(
        network: &Network,
        stages: &[Stage],
        n_stimuli: usize,
        resources: Resources,
    ) -> Result<Self, RecordError> {
        let working = WorkingSet::of(network, stages);
        let streaming = |batch: usize| streaming_bytes(&working, batch, resources.n_threads);
        let largest = LARGEST_BATCH.min(n_stimuli.max(1));
        let batch_size = (1..=largest).rev().find(|batch| streaming(*batch) <= resources.memory_bytes);
        let Some(batch_size) = batch_size else {
            return Err(RecordError::BudgetTooSmall {
                budget: resources.memory_bytes,
                needed: streaming(1),
                weights: working.parameter_bytes,
                image: working.live_bytes + working.recorded_bytes,
            });
        };
        let mut left = resources.memory_bytes - streaming(batch_size);
        let total_work: f64 = working.work_of_stages.iter().sum::<f64>().max(1.0);
        let stages = stages
            .iter()
            .zip(&working.work_of_stages)
            .map(|(stage, work)| {
                let bytes = stage.n_units() as u64 * n_stimuli as u64 * size_of::<f32>() as u64;
                let placement = if bytes <= left { Placement::Resident } else { Placement::Spilled };
                if placement == Placement::Resident {
                    left -= bytes;
                }
                StagePlan {
                    name: stage.name.clone(),
                    shape: stage.shape.clone(),
                    n_units: stage.n_units(),
                    bytes,
                    share_of_work: work / total_work,
                    placement,
                }
            })
            .collect();
        Ok(Self { n_stimuli, batch_size, stages, streaming_bytes: streaming(batch_size) })
    }

    /// The plan in the batches of an earlier run, where they are no larger than its own, which fit the memory.
    pub fn in_batches_of(self, n_stimuli: usize) -> Self {
        Self { batch_size: n_stimuli.clamp(1, self.batch_size), ..self }
    }

    /// Bytes of all responses.
    pub fn total_bytes(&self) -> u64 {
        self.stages.iter().map(|stage| stage.bytes).sum()
    }
}

/// Bytes that are resident at most while batches of this size run.
fn streaming_bytes(working: &WorkingSet, batch: usize, n_threads: usize) -> u64 {
    let images = (images_in_flight(batch, n_threads) + batch) as u64 * working.input_bytes;
    // Recorded values exist up to three times: in the engine, as the session's rows, and with the writer.
    let values = batch as u64 * (working.live_bytes + 3 * working.recorded_bytes);
    // Weights exist as read and as the engine lays them out.
    FLOOR_BYTES + 2 * working.parameter_bytes + images + values
}
