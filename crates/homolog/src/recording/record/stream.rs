//! Stimuli through a network, a batch at a time: decoding ahead on other threads, writing behind on another.

use std::sync::mpsc::{Receiver, sync_channel};

use ndarray::Array2;

use super::error::RecordError;
use crate::network::engine::Session;
use crate::progress::{Cancel, Progress};
use crate::stimuli::{Limits, Preprocessing, StimulusSet, batches};

/// The responses to consecutive stimuli.
#[derive(Debug)]
pub struct Rows {
    /// Which batch of the run this is, counting from 0.
    pub batch: usize,
    /// Position in the set of its first stimulus.
    pub first: usize,
    /// One block (n_stimuli, n_units) for each recorded stage, in the session's order.
    pub stages: Vec<Array2<f32>>,
}

/// Where the rows of a run go.
pub trait RowSink: Send {
    /// Whether an earlier run has written this batch already.
    fn has(&self, batch: usize) -> bool;

    /// Keeps the rows; after it returns, the batch is there for a later run however this one ends.
    fn keep(&mut self, rows: Rows) -> Result<(), RecordError>;
}

/// What is run through what.
#[derive(Debug)]
pub struct Stream<'a> {
    /// The stimuli.
    pub set: &'a StimulusSet,
    /// How an image becomes input.
    pub preprocessing: &'a Preprocessing,
    /// Bounds on what a file may unfold to.
    pub limits: Limits,
    /// Stimuli run together.
    pub batch_size: usize,
    /// Threads that read and decode ahead.
    pub n_decoders: usize,
}

impl Stream<'_> {
    /// Runs every batch that `sink` does not have yet.
    ///
    /// Batches are the same whatever was done before, so a resumed run computes each number as an undisturbed one does.
    ///
    /// # Errors
    /// The first of: a stimulus that cannot be read, the engine's, the sink's; or [`RecordError::Cancelled`].
    pub fn run(
        &self,
        session: &mut dyn Session,
        sink: &mut dyn RowSink,
        progress: &dyn Progress,
        cancel: &Cancel,
    ) -> Result<(), RecordError> {
        let n_batches = self.set.len().div_ceil(self.batch_size.max(1));
        let missing: Vec<usize> = (0..n_batches).filter(|batch| !sink.has(*batch)).collect();
        progress.begin("recording", self.set.len() as u64);
        let done = n_batches - missing.len();
        progress.advance((done * self.batch_size).min(self.set.len()) as u64);
        let outcome = std::thread::scope(|scope| {
            let (queue, rows) = sync_channel::<Rows>(0);
            let writer = scope.spawn(move || keep_all(&rows, sink, progress));
            let mut computed = Ok(());
            for run in consecutive(&missing) {
                computed = self.run_consecutive(run, session, cancel, |rows| queue.send(rows).is_ok());
                if computed.is_err() {
                    break;
                }
            }
            drop(queue);
            let kept = writer.join().unwrap_or(Err(RecordError::WriterGone));
            // What stopped the writer stopped the rest.
            kept.and(computed)
        });
        progress.end();
        outcome
    }

    /// Runs the batches `batches.0..batches.1`; `hand_over` says whether somebody still takes the rows.
    fn run_consecutive(
        &self,
        (from, to): (usize, usize),
        session: &mut dyn Session,
        cancel: &Cancel,
        hand_over: impl Fn(Rows) -> bool,
    ) -> Result<(), RecordError> {
        let first = from * self.batch_size;
        let slice = self.set.slice(first..(to * self.batch_size).min(self.set.len()));
        let loaded = batches(&slice, self.preprocessing, self.limits, self.batch_size, self.n_decoders);
        for (batch, loaded) in (from..to).zip(loaded) {
            if cancel.is_cancelled() {
                return Err(RecordError::Cancelled);
            }
            let loaded = loaded?;
            let stages = session.run(loaded.images.view())?;
            if !hand_over(Rows { batch, first: first + loaded.first, stages }) {
                return Ok(());
            }
        }
        Ok(())
    }
}

fn keep_all(rows: &Receiver<Rows>, sink: &mut dyn RowSink, progress: &dyn Progress) -> Result<(), RecordError> {
    for rows in rows {
        let n_stimuli = rows.stages.first().map_or(0, Array2::nrows);
        sink.keep(rows)?;
        progress.advance(n_stimuli as u64);
    }
    Ok(())
}

/// Runs of consecutive numbers as (first, one past the last).
fn consecutive(numbers: &[usize]) -> Vec<(usize, usize)> {
    let mut runs: Vec<(usize, usize)> = Vec::new();
    for &number in numbers {
        match runs.last_mut() {
            Some((_, end)) if *end == number => *end += 1,
            _ => runs.push((number, number + 1)),
        }
    }
    runs
}

#[cfg(test)]
mod tests {
    use super::consecutive;

    #[test]
    fn missing_batches_are_run_in_consecutive_stretches() {
        assert_eq!(consecutive(&[0, 1, 4, 5, 6, 9]), [(0, 2), (4, 7), (9, 10)]);
        assert!(consecutive(&[]).is_empty());
    }
}
