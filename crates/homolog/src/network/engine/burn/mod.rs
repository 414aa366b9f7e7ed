//! Burn: the default engine, in pure Rust, forward and backward, on the processor or on a GPU.
//!
//! | file | what is there |
//! |---|---|
//! | `device.rs`, `wgpu.rs` | the processor and GPUs by name |
//! | `fold.rs` | batch normalization folded into the convolution before it |
//! | `program.rs` | the operators that have to run for some values, in order, and when a value can be freed |
//! | `gradient.rs` | a network with gradients of any stage with respect to images, stages and parameters |

mod device;
mod fold;
mod gradient;
mod program;
#[cfg(feature = "wgpu")]
mod wgpu;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use burn::tensor::Device;
use ndarray::parallel::prelude::*;
use ndarray::{Array2, ArrayView4, ArrayViewD, ArrayViewMut2, Axis};

use self::device::Gpu;
pub use self::device::{DeviceError, DeviceName};
pub(crate) use self::fold::fold_batch_normalization;
pub use self::gradient::{BurnNetwork, Tapped, Wrt};
use self::program::Program;
use super::batches::Batches;
use super::{Engine, EngineError, Session};
use crate::network::checked::Network;
use crate::network::graph::Graph;
use crate::network::op::Fact;
use crate::network::value::{Ranked, Value, each_rank};

/// The engine's name as the user spells it.
const NAME: &str = "burn";

/// The engine on one device.
#[derive(Clone, Debug)]
pub struct Burn {
    device: Device,
    /// Nothing on the processor.
    gpu: Option<Gpu>,
}

impl Burn {
    /// The engine on the processor.
    pub fn cpu() -> Self {
        Self { device: Device::flex(), gpu: None }
    }

    /// The engine on the device of that name.
    ///
    /// # Errors
    /// [`DeviceError`]: a GPU that is not there, does not compute, or that this program was not built for.
    pub fn on(name: DeviceName) -> Result<Self, DeviceError> {
        match name {
            DeviceName::Cpu => Ok(Self::cpu()),
            DeviceName::Gpu(number) => {
                let gpu = device::gpu(number)?;
                Ok(Self { device: gpu.device.clone(), gpu: Some(gpu) })
            }
        }
    }

    /// The GPU as its driver calls it; nothing on the processor.
    pub fn gpu_name(&self) -> Option<&str> {
        self.gpu.as_ref().map(|gpu| gpu.name.as_str())
    }

    /// Whether the GPU is one that its driver imitates on the processor, slower than the processor itself.
    pub fn is_imitated(&self) -> bool {
        self.gpu.as_ref().is_some_and(|gpu| gpu.is_imitated)
    }

    /// Where its tensors are.
    pub(crate) fn device(&self) -> &Device {
        &self.device
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
        match &self.gpu {
            None => "burn 0.22.1 flex".to_owned(),
            Some(gpu) => format!("burn 0.22.1 wgpu ({})", gpu.name),
        }
    }

    fn open(&self, network: &Network, stages: &[String]) -> Result<Box<dyn Session>, EngineError> {
        let batches = Batches::of(network, stages.len(), NAME)?;
        let graph = Arc::new(fold_batch_normalization(network.graph(), stages));
        let n_first = network.fixed_batch().unwrap_or(1);
        let (network, stages, device) = (network.clone(), stages.to_vec(), self.device.clone());
        let mut session = BurnSession {
            batches,
            prepared: Prepared { network, graph, stages, device, uploaded: BTreeMap::new(), loaded: Vec::new() },
        };
        session.prepared.loaded(n_first)?;
        Ok(Box::new(session))
    }
}

/// A network ready to record some values.
struct BurnSession {
    batches: Batches,
    prepared: Prepared,
}

/// A network to be loaded for any number of images at once.
struct Prepared {
    network: Network,
    graph: Arc<Graph>,
    stages: Vec<String>,
    device: Device,
    /// The parameters on the device.
    uploaded: BTreeMap<String, Value>,
    loaded: Vec<Loaded>,
}

impl Prepared {
    /// The network for `n_images`, on a GPU all at once.
    fn loaded(&mut self, n_images: usize) -> Result<&Loaded, EngineError> {
        let is_processor = self.device == Device::flex();
        let n_at_once = if is_processor { self.network.fixed_batch().unwrap_or(1) } else { n_images };
        let place = match self.loaded.iter().position(|loaded| loaded.n_at_once == n_at_once) {
            Some(place) => place,
            None => {
                let loaded = self.load(n_at_once)?;
                self.loaded.push(loaded);
                self.loaded.len() - 1
            }
        };
        self.loaded.get(place).ok_or(EngineError::OutputCount { engine: NAME })
    }

    fn load(&mut self, n_at_once: usize) -> Result<Loaded, EngineError> {
        let checked = self.network.single_plan();
        let program = Program::new(&self.graph, n_at_once, &self.stages, &BTreeSet::new(), checked)?;
        let program = program.upload(&self.device, &mut self.uploaded).handing_back_nothing();
        Ok(Loaded { program, n_at_once, stages: self.stages.clone(), device: self.device.clone() })
    }
}

/// A network on a device for so many images at once.
///
/// On the processor each image is run by itself, several of them side by side: its values stay in the cache, no thread waits
/// for the others between operators, and what is recorded does not depend on which images were run together. A GPU is given
/// all of them at once, since one image does not fill it.
struct Loaded {
    program: Program,
    n_at_once: usize,
    stages: Vec<String>,
    device: Device,
}

impl Loaded {
    fn run(&self, images: ArrayViewD<'_, f32>) -> Result<Vec<Array2<f32>>, EngineError> {
        let n_images = images.len_of(Axis(0));
        let mut recorded = Vec::with_capacity(self.stages.len());
        for stage in &self.stages {
            let n_units = self.program.fact(stage).map_or(0, Fact::n_elements) / self.n_at_once;
            recorded.push(Array2::zeros((n_images, n_units)));
        }
        // For each part of the images, its rows of every stage.
        let mut parts: Vec<Vec<ArrayViewMut2<'_, f32>>> = Vec::new();
        parts.resize_with(n_images.div_ceil(self.n_at_once), Vec::new);
        for rows in &mut recorded {
            for (part, rows) in parts.iter_mut().zip(rows.axis_chunks_iter_mut(Axis(0), self.n_at_once)) {
                part.push(rows);
            }
        }
        parts
            .into_par_iter()
            .zip(images.axis_chunks_iter(Axis(0), self.n_at_once).into_par_iter())
            .try_for_each(|(rows, images)| self.run_part(images, rows))?;
        Ok(recorded)
    }

    /// Runs as many images as the network takes at once and writes each stage's rows.
    fn run_part(&self, images: ArrayViewD<'_, f32>, mut rows: Vec<ArrayViewMut2<'_, f32>>) -> Result<(), EngineError> {
        let elements = images.as_slice().map_or_else(|| images.iter().copied().collect(), <[f32]>::to_vec);
        let input = Value::Float(Ranked::from_elements(images.shape(), elements, &self.device));
        let (mut is_misfit, mut unread) = (false, None);
        let record = |name: &str, value: Value| {
            if !self.stages.iter().any(|stage| stage == name) {
                return value;
            }
            let shape = value.shape();
            let (elements, kept) = match value {
                // The processor's memory is taken, and given back as it was.
                Value::Float(floats) if self.device == Device::flex() => (floats.into_elements(), None),
                other => (floats_of(&other), Some(other)),
            };
            let elements = elements.unwrap_or_else(|| {
                unread = Some(name.to_owned());
                Vec::new()
            });
            for (rows, _) in rows.iter_mut().zip(&self.stages).filter(|(_, stage)| *stage == name) {
                match rows.as_slice_mut() {
                    Some(rows) if rows.len() == elements.len() => rows.copy_from_slice(&elements),
                    _ => is_misfit = true,
                }
            }
            kept.unwrap_or_else(|| Value::Float(Ranked::from_elements(&shape, elements, &self.device)))
        };
        self.program.run_with(input, BTreeMap::new(), &self.device, record)?;
        match unread {
            Some(value) => Err(EngineError::Unread { engine: NAME, value }),
            None if is_misfit => Err(EngineError::OutputCount { engine: NAME }),
            None => Ok(()),
        }
    }
}

/// Integers and truth values as floats.
fn floats_of(value: &Value) -> Option<Vec<f32>> {
    let floats = match value.clone() {
        Value::Float(ranked) => ranked,
        Value::Int(ranked) => each_rank!(ranked, tensor => tensor.float()),
        Value::Bool(ranked) => each_rank!(ranked, tensor => tensor.float()),
    };
    floats.into_elements()
}

impl Session for BurnSession {
    fn engine(&self) -> &'static str {
        NAME
    }

    fn run(&mut self, images: ArrayView4<'_, f32>) -> Result<Vec<Array2<f32>>, EngineError> {
        let prepared = &mut self.prepared;
        self.batches.run(images, |images| prepared.loaded(images.len_of(Axis(0)))?.run(images))
    }
}
