//! Running a network: one graph, two engines, one test suite over both.

use ndarray::{Array2, ArrayView4};

use super::checked::Network;
use super::error::GraphError;
use super::op::OpError;

mod batches;
pub mod burn;
pub mod onnxruntime;

/// Why a network was not run.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EngineError {
    /// The network cannot take so many stimuli at once, or has no such value.
    #[error(transparent)]
    Graph(#[from] GraphError),
    /// Images of another size than the network's.
    #[error("the network takes images of shape {needed:?} (channel, height, width), and these have {found:?}")]
    ImageShape {
        /// Sizes of the given images.
        found: Vec<usize>,
        /// Sizes that the network takes.
        needed: Vec<usize>,
    },
    /// A cotangent of another shape than the value's.
    #[error("the gradient of \"{value}\" needs a cotangent of shape {needed:?}, and the given one has {found:?}")]
    CotangentShape {
        /// The value's name.
        value: String,
        /// Sizes of the given cotangent.
        found: Vec<usize>,
        /// Sizes of the value, the batch included.
        needed: Vec<usize>,
    },
    /// An operator did not run.
    #[error("node \"{node}\" of the network did not run")]
    Operator {
        /// The node's name.
        node: String,
        /// Why.
        #[source]
        source: OpError,
    },
    /// The network has further inputs besides the images.
    #[error("the network also needs \"{input}\"; homolog runs networks with the stimuli as their one input")]
    FurtherInput {
        /// The further input's name.
        input: String,
    },
    /// The engine's outputs are not those that were asked for: a mistake in homolog.
    #[error("{engine} gave other outputs than those asked for, which is a mistake in homolog")]
    OutputCount {
        /// The engine's name.
        engine: &'static str,
    },
    /// The device does not give back what it computed.
    #[error(
        "{engine} could not read the values of \"{value}\" from its device, which may have run out of memory. A smaller \
         --memory runs fewer images at once; --device cpu does without the device"
    )]
    Unread {
        /// The engine's name.
        engine: &'static str,
        /// The value's name.
        value: String,
    },
    /// The engine's library refused.
    #[error("{engine} could not {doing}: {reason}")]
    Library {
        /// The engine's name.
        engine: &'static str,
        /// What it was doing.
        doing: &'static str,
        /// What it said.
        reason: String,
    },
}

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

    /// The engine with its version, for provenance: `burn 0.22.1 flex`.
    fn description(&self) -> String;

    /// Makes `network` ready to record the values `stages` (names of [`Stage::value`](super::checked::Stage)), in this order.
    fn open(&self, network: &Network, stages: &[String]) -> Result<Box<dyn Session>, EngineError>;
}
