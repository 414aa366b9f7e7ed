//! Images as a network takes them: in its input's shape, and as many at once as its file fixes.

use ndarray::{Array2, ArrayView4, ArrayViewD, Axis, IxDyn, concatenate, s};

use super::EngineError;
use crate::network::checked::Network;

/// What a network takes in one run.
#[derive(Clone, Debug)]
pub(super) struct Batches {
    engine: &'static str,
    n_stages: usize,
    stimulus_shape: Vec<usize>,
    n_fixed: Option<usize>,
}

impl Batches {
    /// Of a network whose one input are the stimuli, and of which `n_stages` are recorded.
    pub(super) fn of(network: &Network, n_stages: usize, engine: &'static str) -> Result<Self, EngineError> {
        if let Some(further) = network.graph().inputs.get(1) {
            return Err(EngineError::FurtherInput { input: further.name.clone() });
        }
        Ok(Self { engine, n_stages, stimulus_shape: network.stimulus_shape(), n_fixed: network.fixed_batch() })
    }

    /// Runs `images` through `run`, in parts where the network's file fixes their number; the last part is filled up
    /// with its last image, whose further rows are dropped. No image gives no rows, and `run` is not called.
    ///
    /// A network whose stimuli have fewer than three axes takes them with axes of size 1 in front: sound of 16,000 samples
    /// is an image of shape (1, 1, 16000).
    pub(super) fn run(
        &self,
        images: ArrayView4<'_, f32>,
        mut run: impl FnMut(ArrayViewD<'_, f32>) -> Result<Vec<Array2<f32>>, EngineError>,
    ) -> Result<Vec<Array2<f32>>, EngineError> {
        let n_images = images.len_of(Axis(0));
        self.check(images.shape().get(1..).unwrap_or_default())?;
        if n_images == 0 {
            return Ok(vec![Array2::zeros((0, 0)); self.n_stages]);
        }
        let Some(fixed) = self.n_fixed.filter(|fixed| *fixed > 0 && *fixed != n_images) else {
            return run(self.shaped(images)?);
        };
        let mut parts: Vec<Vec<Array2<f32>>> = Vec::new();
        for start in (0..n_images).step_by(fixed) {
            let indices: Vec<usize> = (start..start + fixed).map(|image| image.min(n_images - 1)).collect();
            let n_rows = fixed.min(n_images - start);
            let part = run(self.shaped(images.select(Axis(0), &indices).view())?)?;
            parts.resize_with(part.len(), Vec::new);
            for (rows, part) in parts.iter_mut().zip(part) {
                rows.push(part.slice_move(s![..n_rows, ..]));
            }
        }
        let joined = parts.iter().map(|rows| {
            let views: Vec<_> = rows.iter().map(|rows| rows.view()).collect();
            concatenate(Axis(0), &views).map_err(|_| EngineError::OutputCount { engine: self.engine })
        });
        joined.collect()
    }

    fn check(&self, found: &[usize]) -> Result<(), EngineError> {
        let n_more = found.len().saturating_sub(self.stimulus_shape.len());
        let (front, back) = found.split_at(n_more);
        if back == self.stimulus_shape && front.iter().all(|size| *size == 1) {
            return Ok(());
        }
        Err(EngineError::ImageShape { found: found.to_vec(), needed: self.stimulus_shape.clone() })
    }

    fn shaped<'a>(&self, images: ArrayView4<'a, f32>) -> Result<ArrayViewD<'a, f32>, EngineError> {
        let mut shape = vec![images.len_of(Axis(0))];
        shape.extend(&self.stimulus_shape);
        let mut images = images.into_dyn();
        while images.ndim() > shape.len() {
            images = images.index_axis_move(Axis(1), 0);
        }
        if images.dim() == IxDyn(&shape) {
            return Ok(images);
        }
        Err(EngineError::ImageShape { found: images.shape().to_vec(), needed: self.stimulus_shape.clone() })
    }
}
