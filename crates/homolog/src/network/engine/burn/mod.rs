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
use ndarray::parallel::prelude::*;
use ndarray::{Array2, ArrayView4, ArrayViewD, ArrayViewMut2, Axis};

pub(crate) use self::fold::fold_batch_normalization;
pub use self::gradient::{BurnNetwork, Tapped, Wrt};
use self::program::Program;
use super::batches::Batches;
use super::{Engine, EngineError, Session};
use crate::network::checked::Network;
use crate::network::op::Fact;
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
        let graph = Arc::new(fold_batch_normalization(network.graph(), stages));
        let n_at_once = network.fixed_batch().unwrap_or(1);
        let program = Program::new(&graph, n_at_once, stages, &BTreeSet::new(), network.single_plan())?;
        let program = program.upload(&self.device, &mut BTreeMap::new()).handing_back_nothing();
        let loaded = Loaded { program, n_at_once, stages: stages.to_vec(), device: self.device.clone() };
        Ok(Box::new(BurnSession { batches, loaded }))
    }
}

/// A network ready to record some values.
struct BurnSession {
    batches: Batches,
    loaded: Loaded,
}

/// A network on a device.
///
/// Each image is run by itself, several of them side by side: its values stay in the cache, no thread waits for the
/// others between operators, and what is recorded does not depend on which images were run together.
struct Loaded {
    program: Program,
    /// 1, or as many images as the network's file fixes.
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
        let mut is_misfit = false;
        let record = |name: &str, value: Value| {
            if !self.stages.iter().any(|stage| stage == name) {
                return value;
            }
            let shape = value.shape();
            let (elements, kept) = match value {
                Value::Float(floats) => (floats.into_elements().unwrap_or_default(), None),
                other => (floats_of(&other).unwrap_or_default(), Some(other)),
            };
            for (rows, _) in rows.iter_mut().zip(&self.stages).filter(|(_, stage)| *stage == name) {
                match rows.as_slice_mut() {
                    Some(rows) if rows.len() == elements.len() => rows.copy_from_slice(&elements),
                    _ => is_misfit = true,
                }
            }
            kept.unwrap_or_else(|| Value::Float(Ranked::from_elements(&shape, elements, &self.device)))
        };
        self.program.run_with(input, BTreeMap::new(), &self.device, record)?;
        if is_misfit { Err(EngineError::OutputCount { engine: NAME }) } else { Ok(()) }
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
        let loaded = &self.loaded;
        self.batches.run(images, |images| loaded.run(images))
    }
}
