//! A network recorded from as a plan has it.

use std::time::{Duration, Instant};

use homolog::network::checked::{Network, Stage};
use homolog::network::engine::Engine;
use homolog::progress::{Cancel, Progress, Silent};
use homolog::recording::record::{RecordError, RecordPlan, RowSink, Rows, Stream};
use homolog::stimuli::{Limits, Preprocessing, StimulusSet};

use crate::exit::Failure;

/// What is recorded from what.
#[derive(Clone, Copy)]
pub(crate) struct Recorder<'a> {
    pub(crate) network: &'a Network,
    pub(crate) stages: &'a [Stage],
    pub(crate) set: &'a StimulusSet,
    pub(crate) preprocessing: &'a Preprocessing,
    pub(crate) plan: &'a RecordPlan,
    pub(crate) engine: &'a dyn Engine,
    pub(crate) n_threads: usize,
}

impl Recorder<'_> {
    /// Runs every batch that `sink` does not have yet.
    pub(crate) fn run(&self, sink: &mut dyn RowSink, progress: &dyn Progress, cancel: &Cancel) -> Result<(), Failure> {
        let values: Vec<String> = self.stages.iter().map(|stage| stage.value.clone()).collect();
        let mut session = self
            .engine
            .open(self.network, &values)
            .map_err(|problem| Failure::from_error(&RecordError::from(problem)))?;
        let stream = Stream {
            set: self.set,
            preprocessing: self.preprocessing,
            limits: Limits::default(),
            batch_size: self.plan.batch_size,
            n_decoders: self.n_threads,
        };
        stream.run(session.as_mut(), sink, progress, cancel).map_err(|problem| match problem {
            RecordError::Cancelled => Failure::interrupted(),
            problem => Failure::from_error(&problem),
        })
    }

    /// How long all batches will take, from one: the second run of it, since the first also lays out the weights.
    pub(crate) fn estimated_seconds(&self) -> Result<f64, Failure> {
        let one = Recorder { set: &self.set.slice(0..self.plan.batch_size.min(self.set.len())), ..*self };
        let mut taken = Duration::ZERO;
        for _ in 0..2 {
            let began = Instant::now();
            one.run(&mut Nowhere, &Silent, &Cancel::default())?;
            taken = began.elapsed();
        }
        let n_batches = self.plan.n_stimuli.div_ceil(self.plan.batch_size).max(1);
        Ok(taken.as_secs_f64() * n_batches as f64)
    }
}

/// Keeps nothing: for timing.
struct Nowhere;

impl RowSink for Nowhere {
    fn has(&self, _batch: usize) -> bool {
        false
    }

    fn keep(&mut self, _rows: Rows) -> Result<(), RecordError> {
        Ok(())
    }
}
