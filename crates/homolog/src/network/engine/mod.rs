//! Running a network: one graph, two engines, one test suite over both.

use ndarray::{Array2, ArrayView4};

use super::checked::Network;

/// A network made ready to run on one engine with a fixed list of stages to record.
pub trait Session: Send {
    /// The engine's name as the user spells it: `burn` or `onnxruntime`.
    fn engine(&self) -> &'static str;

    /// Runs a batch and returns each recorded stage as (n_images, n_units), units in row-major order of the stage's shape.
    ///
    /// `images`: (n_images, channel, height, width), preprocessed; n_images may differ from call to call.
    fn run(&mut self, images: ArrayView4<'_, f32>) -> Result<Vec<Array2<f32>>, EngineError>;
}

/// Something that runs networks.
pub trait Engine: Send + Sync {
    /// The engine's name as the user spells it.
    fn name(&self) -> &'static str;

    /// Makes `network` ready to record the values `stages` (names of [`Stage::value`](super::checked::Stage)), in this order.
    fn open(&self, network: &Network, stages: &[String]) -> Result<Box<dyn Session>, EngineError>;
}
