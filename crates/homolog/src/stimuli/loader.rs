//! Stimuli as batches of a network's input, read and decoded on other threads.
//!
//! Thread `t` of `n` prepares stimuli `t`, `t + n`, `t + 2n`, … and hands them over through a queue of its own that holds few;
//! taking from the queues in turn gives the set's order, whatever the threads' speed, in bounded memory.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::JoinHandle;

use ndarray::{Array3, Array4, Axis};

use super::error::StimulusError;
use super::preprocessing::Preprocessing;
use super::set::StimulusSet;
use super::source::{Limits, SourceReader};

/// Consecutive stimuli as a network's input.
#[derive(Clone, Debug)]
pub struct Batch {
    /// Position of the first in the set.
    pub first: usize,
    /// Their ids.
    pub ids: Vec<String>,
    /// (n_stimuli, 3 channels, height, width).
    pub images: Array4<f32>,
}

/// What a thread hands over: one preprocessed stimulus.
type Prepared = Result<Array3<f32>, StimulusError>;

/// The batches of a set, in order. Dropping it stops the threads.
#[derive(Debug)]
pub struct Batches {
    set: StimulusSet,
    preprocessing: Arc<Preprocessing>,
    batch_size: usize,
    /// Position of the next stimulus; past the end after an error.
    next: usize,
    /// One queue a thread.
    queues: Vec<Receiver<Prepared>>,
    threads: Vec<JoinHandle<()>>,
}

/// How many preprocessed images exist at once, at most, besides the batch that was handed out: waiting in queues, in the hands of
/// the threads, and in the batch being filled. For planning memory.
pub fn images_in_flight(batch_size: usize, n_threads: usize) -> usize {
    let n_threads = n_threads.max(1);
    n_threads * (queue_length(batch_size, n_threads) + 1) + batch_size.max(1)
}

/// The length of each thread's queue: together they hold one batch.
fn queue_length(batch_size: usize, n_threads: usize) -> usize {
    batch_size.div_ceil(n_threads).max(1)
}

/// The stimuli of `set`, in order, `batch_size` at a time (the last batch may be smaller), through `preprocessing`. `n_threads`
/// threads read and decode ahead while the caller works. 0 is taken as 1 for both.
///
/// The numbers do not depend on batch size or threads. To begin in the middle, pass [`StimulusSet::slice`].
///
/// # Errors
/// A stimulus that cannot be read, decoded or preprocessed, or that has another size than the others of its batch, ends the
/// batches with an error that names it.
pub fn batches(
    set: &StimulusSet,
    preprocessing: &Preprocessing,
    limits: Limits,
    batch_size: usize,
    n_threads: usize,
) -> Batches {
    let batch_size = batch_size.max(1);
    let n_threads = n_threads.clamp(1, set.len().max(1));
    let preprocessing = Arc::new(preprocessing.clone());
    let (mut queues, mut threads) = (Vec::new(), Vec::new());
    for thread in 0..n_threads {
        let (sender, receiver) = sync_channel(queue_length(batch_size, n_threads));
        let (set, preprocessing) = (set.clone(), Arc::clone(&preprocessing));
        threads.push(std::thread::spawn(move || prepare(&set, &preprocessing, limits, (thread, n_threads), &sender)));
        queues.push(receiver);
    }
    Batches { set: set.clone(), preprocessing, batch_size, next: 0, queues, threads }
}

/// What one thread does: every `n_threads`-th stimulus from `first` on, until the end, an error, or nobody listens.
fn prepare(
    set: &StimulusSet,
    preprocessing: &Preprocessing,
    limits: Limits,
    (first, n_threads): (usize, usize),
    queue: &SyncSender<Prepared>,
) {
    let mut reader = SourceReader::new(limits);
    for stimulus in set.stimuli().iter().skip(first).step_by(n_threads) {
        let prepared = reader.image(stimulus, preprocessing.background).and_then(|image| {
            preprocessing.apply(&image, set.width_deg()).map_err(|source| StimulusError::Unpreprocessable {
                id: stimulus.id.clone(),
                place: stimulus.source.to_string(),
                source,
            })
        });
        let is_last = prepared.is_err();
        if queue.send(prepared).is_err() || is_last {
            return;
        }
    }
}

impl Batches {
    /// The stimulus at `self.next`, which must exist.
    fn take_one(&mut self, id: &str) -> Prepared {
        let queue = self.queues.get(self.next % self.queues.len().max(1));
        self.next += 1;
        queue
            .and_then(|queue| queue.recv().ok())
            .unwrap_or_else(|| Err(StimulusError::ReaderGone { id: id.to_owned() }))
    }

    /// The next batch, of the stimuli whose ids these are.
    fn fill(&mut self, ids: Vec<String>) -> Result<Batch, StimulusError> {
        let first = self.next;
        let mut images = Array4::zeros((0, 0, 0, 0));
        for (row, id) in ids.iter().enumerate() {
            let image = self.take_one(id)?;
            let (n_channels, height, width) = image.dim();
            if row == 0 {
                images = Array4::zeros((ids.len(), n_channels, height, width));
            }
            let (_, _, first_height, first_width) = images.dim();
            if (height, width) != (first_height, first_width) {
                return Err(StimulusError::UnequalSizes {
                    id: id.clone(),
                    preprocessing: self.preprocessing.name.clone(),
                    size: (width, height),
                    first: (first_width, first_height),
                });
            }
            images.index_axis_mut(Axis(0), row).assign(&image);
        }
        Ok(Batch { first, ids, images })
    }
}

impl Iterator for Batches {
    type Item = Result<Batch, StimulusError>;

    fn next(&mut self) -> Option<Self::Item> {
        let end = self.next.saturating_add(self.batch_size).min(self.set.len());
        let ids: Vec<String> =
            self.set.stimuli().get(self.next..end)?.iter().map(|stimulus| stimulus.id.clone()).collect();
        if ids.is_empty() {
            return None;
        }
        let batch = self.fill(ids);
        if batch.is_err() {
            self.next = usize::MAX;
            self.queues.clear();
        }
        Some(batch)
    }
}

impl Drop for Batches {
    fn drop(&mut self) {
        // A thread that waits to hand over finds nobody listening, and ends.
        self.queues.clear();
        for thread in self.threads.drain(..) {
            // A panic there was reported as `ReaderGone` when its stimulus was asked for.
            let _ = thread.join();
        }
    }
}
