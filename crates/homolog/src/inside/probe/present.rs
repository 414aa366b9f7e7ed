//! Frames and images through the network, of which the responses of the probed units are kept.

use ndarray::{Array2, Array3, Array4, Axis};
use rayon::prelude::*;

use super::error::ProbeError;
use super::unit::ProbedStage;
use crate::inside::image::InputMap;
use crate::network::checked::{Network, Stage};
use crate::network::engine::{Engine, Session};
use crate::progress::{Cancel, Progress};
use crate::recording::record::{LARGEST_BATCH, RecordError, RecordPlan, Resources, RowSink, Rows, Stream};
use crate::stimuli::{Limits, Preprocessing, StimulusSet};

/// A network that stimuli are shown to.
pub struct Presenter<'a> {
    /// The network.
    pub network: &'a Network,
    /// What runs it.
    pub engine: &'a dyn Engine,
    /// From luminance in [0, 1] to its input.
    pub input: InputMap,
    /// Memory and threads.
    pub resources: Resources,
    /// Told how far it is.
    pub progress: &'a dyn Progress,
    /// Stops it.
    pub cancel: &'a Cancel,
}

/// Responses of the probed units of one stage to the images of a set.
#[derive(Clone, Debug)]
pub struct FolderResponses {
    /// The stage.
    pub probed: ProbedStage,
    /// (n_images, n_units).
    pub responses: Array2<f32>,
}

/// Several stages, opened.
pub(super) struct Opened<'a> {
    presenter: &'a Presenter<'a>,
    probed: &'a [ProbedStage],
    session: Box<dyn Session>,
    batch_size: usize,
}

impl Presenter<'_> {
    /// (height, width) of the network's images.
    ///
    /// # Errors
    /// [`ProbeError::NotImages`] where its stimuli have no height and width.
    pub fn image_px(&self, what: &'static str) -> Result<[usize; 2], ProbeError> {
        match self.network.stimulus_shape().as_slice() {
            [n_channels, height, width] if *n_channels == self.input.n_channels() => Ok([*height, *width]),
            shape => Err(ProbeError::NotImages {
                what,
                network: self.network.graph().name.clone(),
                shape: shape.to_vec(),
                needed: "images of three sizes",
            }),
        }
    }

    /// Refuses responses of `n_stimuli` that would not fit half of the memory.
    pub(super) fn require_room(&self, probed: &[ProbedStage], n_stimuli: usize) -> Result<(), ProbeError> {
        let n_units: usize = probed.iter().map(|stage| stage.units.len()).sum();
        let needed = 2 * size_of::<f32>() as u64 * n_units as u64 * n_stimuli as u64;
        let budget = self.resources.memory_bytes;
        if needed <= budget / 2 {
            return Ok(());
        }
        Err(ProbeError::TooLarge { budget, needed: 2 * needed, n_units, n_stimuli })
    }

    /// The stages made ready to be recorded from, within the memory that keeping `n_kept` responses of each unit leaves.
    pub(super) fn open<'b>(&'b self, probed: &'b [ProbedStage], n_kept: usize) -> Result<Opened<'b>, ProbeError> {
        self.require_room(probed, n_kept)?;
        let stages: Vec<Stage> = probed.iter().map(|one| one.stage.clone()).collect();
        let values: Vec<String> = stages.iter().map(|stage| stage.value.clone()).collect();
        let resources = Resources { memory_bytes: self.resources.memory_bytes / 2, ..self.resources };
        let plan = RecordPlan::new(self.network, &stages, LARGEST_BATCH, resources)?;
        let session = self.engine.open(self.network, &values)?;
        Ok(Opened { presenter: self, probed, session, batch_size: plan.batch_size })
    }

    /// The responses of the probed units to the images of a set, prepared as the network wants them.
    ///
    /// # Errors
    /// [`ProbeError::TooLarge`]; what stops a recording.
    pub fn folder(
        &self,
        set: &StimulusSet,
        preprocessing: &Preprocessing,
        probed: &[ProbedStage],
    ) -> Result<Vec<FolderResponses>, ProbeError> {
        let mut opened = self.open(probed, set.len())?;
        let stream = Stream {
            set,
            preprocessing,
            limits: Limits::default(),
            batch_size: opened.batch_size,
            n_decoders: self.resources.n_threads,
        };
        let empty = |one: &ProbedStage| Array2::zeros((set.len(), one.units.len()));
        let mut kept = Kept { probed, responses: probed.iter().map(empty).collect() };
        stream.run(opened.session.as_mut(), &mut kept, self.progress, self.cancel)?;
        let pairs = probed.iter().cloned().zip(kept.responses);
        Ok(pairs.map(|(probed, responses)| FolderResponses { probed, responses }).collect())
    }
}

impl Opened<'_> {
    /// The responses to frames of luminance (height, width): (n_frames, n_units) of each stage. Tells the progress of each frame.
    pub(super) fn luminance(
        &mut self,
        n_frames: usize,
        frame: impl Fn(usize) -> Array2<f32> + Sync,
    ) -> Result<Vec<Array2<f32>>, ProbeError> {
        let input = self.presenter.input.clone();
        self.show(n_frames, |at| Ok(input.of_grey(frame(at).view())))
    }

    /// The same of frames that are the network's input already.
    pub(super) fn show(
        &mut self,
        n_frames: usize,
        frame: impl Fn(usize) -> Result<Array3<f32>, ProbeError> + Sync,
    ) -> Result<Vec<Array2<f32>>, ProbeError> {
        let mut responses: Vec<Array2<f32>> =
            self.probed.iter().map(|one| Array2::zeros((n_frames, one.units.len()))).collect();
        for first in (0..n_frames).step_by(self.batch_size) {
            if self.presenter.cancel.is_cancelled() {
                return Err(RecordError::Cancelled.into());
            }
            let last = (first + self.batch_size).min(n_frames);
            let frames: Result<Vec<Array3<f32>>, ProbeError> = (first..last).into_par_iter().map(&frame).collect();
            let frames = frames?;
            let Some(shape) = frames.first().map(Array3::dim) else { continue };
            let mut batch = Array4::zeros((frames.len(), shape.0, shape.1, shape.2));
            for (mut to, from) in batch.outer_iter_mut().zip(&frames) {
                to.assign(from);
            }
            let blocks = self.session.run(batch.view())?;
            keep(self.probed, &mut responses, first, &blocks);
            self.presenter.progress.advance(frames.len() as u64);
        }
        Ok(responses)
    }
}

/// Copies the probed units of consecutive rows.
fn keep(probed: &[ProbedStage], responses: &mut [Array2<f32>], first: usize, blocks: &[Array2<f32>]) {
    for ((one, kept), block) in probed.iter().zip(responses).zip(blocks) {
        for (offset, row) in block.axis_iter(Axis(0)).enumerate() {
            if let Some(kept) = kept.row_mut(first + offset).as_slice_mut() {
                one.take(row, kept);
            }
        }
    }
}

/// Keeps the probed units of a recording.
struct Kept<'a> {
    probed: &'a [ProbedStage],
    responses: Vec<Array2<f32>>,
}

impl RowSink for Kept<'_> {
    fn has(&self, _batch: usize) -> bool {
        false
    }

    fn keep(&mut self, rows: Rows) -> Result<(), RecordError> {
        keep(self.probed, &mut self.responses, rows.first, &rows.stages);
        Ok(())
    }
}
