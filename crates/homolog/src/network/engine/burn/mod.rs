//! Burn: the default engine, in pure Rust, forward and backward.
//!
//! | file | what is there |
//! |---|---|
//! | `fold.rs` | batch normalization folded into the convolution before it |
//! | `program.rs` | the operators that have to run for some values, in order, and when a value can be freed |
//! | `gradient.rs` | a network with gradients of any stage with respect to images, stages and parameters |

mod fold;
mod gradient;
mod program;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use burn::tensor::Device;
use ndarray::{Array2, ArrayView4, ArrayViewD, Axis};

pub use self::gradient::{BurnNetwork, Tapped, Wrt};
use self::program::Program;
use super::batches::Batches;
use super::{Engine, EngineError, Session};
use crate::network::checked::Network;
use crate::network::graph::Graph;
use crate::network::value::{Ranked, Value, each_rank};

/// The engine's name as the user spells it.
const NAME: &str = "burn";

/// The engine on one device.
#[derive(Clone, Debug)]
pub struct Burn {
    device: Device,
}

impl Burn {
    /// The engine on the processor.
    pub fn cpu() -> Self {
        Self { device: Device::flex() }
    }

    /// Makes `network` ready to compute gradients.
    pub fn with_gradients(&self, network: &Network) -> BurnNetwork {
        BurnNetwork::new(network.clone(), self.device.clone())
    }
}

impl Engine for Burn {
    fn name(&self) -> &'static str {
        NAME
    }

    fn description(&self) -> String {
        "burn 0.22.1 flex".to_owned()
    }

    fn open(&self, network: &Network, stages: &[String]) -> Result<Box<dyn Session>, EngineError> {
        let batches = Batches::of(network, stages.len(), NAME)?;
        let graph = Arc::new(fold::fold_batch_normalization(network.graph(), stages));
        let mut session = Loaded {
            graph,
            stages: stages.to_vec(),
            device: self.device.clone(),
            uploaded: BTreeMap::new(),
            programs: BTreeMap::new(),
        };
        // What cannot run is found now, not after the first images were read.
        session.program(network.fixed_batch().unwrap_or(1))?;
        Ok(Box::new(BurnSession { batches, loaded: session }))
    }
}

/// A network ready to record some values.
struct BurnSession {
    batches: Batches,
    loaded: Loaded,
}

/// A network on a device.
struct Loaded {
    graph: Arc<Graph>,
    stages: Vec<String>,
    device: Device,
    /// Parameters on the device, which all programs share.
    uploaded: BTreeMap<String, Value>,
    /// By batch size: all batches but the last have the same.
    programs: BTreeMap<usize, Program>,
}

impl Loaded {
    fn program(&mut self, batch: usize) -> Result<&Program, EngineError> {
        if !self.programs.contains_key(&batch) {
            let program = Program::new(&self.graph, batch, &self.stages, &BTreeSet::new())?;
            self.programs.insert(batch, program.upload(&self.device, &mut self.uploaded));
        }
        self.programs.get(&batch).ok_or(EngineError::OutputCount { engine: NAME })
    }

    /// Runs as many images as the network takes at once.
    fn run_batch(&mut self, images: ArrayViewD<'_, f32>) -> Result<Vec<Array2<f32>>, EngineError> {
        let n_images = images.len_of(Axis(0));
        let device = self.device.clone();
        let stages = self.stages.clone();
        let program = self.program(n_images)?;
        let input = Ranked::from_elements(images.shape(), images.iter().copied().collect(), &device);
        let mut values = program.run(Value::Float(input), &device)?;
        let mut rows = Vec::with_capacity(stages.len());
        for (place, stage) in stages.iter().enumerate() {
            let is_wanted_again = stages.iter().skip(place + 1).any(|later| later == stage);
            let value = if is_wanted_again { values.get(stage).cloned() } else { values.remove(stage) };
            let recorded = value.and_then(|value| rows_of(value, n_images));
            rows.push(recorded.ok_or(EngineError::OutputCount { engine: NAME })?);
        }
        Ok(rows)
    }
}

/// A value as (n_images, n_units); integers and truth values become floats.
fn rows_of(value: Value, n_images: usize) -> Option<Array2<f32>> {
    let floats = match value {
        Value::Float(ranked) => ranked,
        Value::Int(ranked) => each_rank!(ranked, tensor => tensor.float()),
        Value::Bool(ranked) => each_rank!(ranked, tensor => tensor.float()),
    };
    let elements = floats.into_elements()?;
    let n_units = elements.len().checked_div(n_images)?;
    Array2::from_shape_vec((n_images, n_units), elements).ok()
}

impl Session for BurnSession {
    fn engine(&self) -> &'static str {
        NAME
    }

    fn run(&mut self, images: ArrayView4<'_, f32>) -> Result<Vec<Array2<f32>>, EngineError> {
        let loaded = &mut self.loaded;
        self.batches.run(images, |images| loaded.run_batch(images))
    }
}
