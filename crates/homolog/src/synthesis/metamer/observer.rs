//! A network that is shown an original and its metamer.

use ndarray::{Array3, Array4, Axis};

use super::{Judged, Likeness, Null};
use crate::inside::image::{InputMap, to_host};
use crate::inside::transform::View;
use crate::network::checked::{Network, Stage};
use crate::network::engine::Engine as _;
use crate::network::engine::burn::Burn;
use crate::network::value::Ranked;
use crate::stimuli::generate::Random;
use crate::synthesis::SynthesisError;

/// A network and the stages at which it is asked.
#[derive(Debug)]
pub struct Observer<'a> {
    /// The network.
    pub network: &'a Network,
    /// From images in [0, 1] to its input.
    pub input: InputMap,
    /// Where it is asked.
    pub stages: Vec<Stage>,
    /// What runs it.
    pub burn: Burn,
}

impl Observer<'_> {
    /// The responses of each stage to an image (channel, height, width) in [0, 1], resampled to the network's size where it has
    /// another; units in row-major order of the stage's shape.
    ///
    /// # Errors
    /// The engine's.
    pub fn responses(&self, image: &Array3<f32>) -> Result<Vec<Vec<f32>>, SynthesisError> {
        let (n_channels, height, width) = image.dim();
        let elements = image.iter().copied().collect();
        let uploaded =
            Ranked::from_elements(&[1, n_channels, height, width], elements, self.burn.device()).into_rank::<4>();
        let size = match self.network.stimulus_shape().as_slice() {
            [_, height, width] => [*height, *width],
            _ => [height, width],
        };
        let input = self.input.apply(View::Whole.apply(uploaded, size, &mut Random::new(0)));
        let prepared = to_host(input).pop().unwrap_or_else(|| image.clone());
        let batch: Array4<f32> = prepared.insert_axis(Axis(0));
        let values: Vec<String> = self.stages.iter().map(|stage| stage.value.clone()).collect();
        let mut session = self.burn.open(self.network, &values)?;
        Ok(session.run(batch.view())?.into_iter().map(|rows| rows.into_iter().collect()).collect())
    }

    /// How alike the stages respond to two images, each beside its null distribution (one for each stage, in their order).
    ///
    /// # Errors
    /// [`SynthesisError::ConstantResponse`], or the engine's.
    pub fn judge(
        &self,
        original: &Array3<f32>,
        other: &Array3<f32>,
        nulls: &[Null],
    ) -> Result<Vec<Judged>, SynthesisError> {
        let (original, other) = (self.responses(original)?, self.responses(other)?);
        let pairs = self.stages.iter().zip(nulls).zip(original.iter().zip(&other));
        let judged = pairs.map(|((stage, null), (original, other))| {
            let constant = || SynthesisError::ConstantResponse {
                stage: stage.name.clone(),
                image: "the original or its metamer".to_owned(),
                n_units: stage.n_units(),
            };
            Ok(null.judge(Likeness::of(original, other).ok_or_else(constant)?))
        });
        judged.collect()
    }
}
