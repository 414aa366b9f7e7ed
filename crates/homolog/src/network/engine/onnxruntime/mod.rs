//! ONNX Runtime: the user's own library, found at run time; forward only.
//!
//! This module alone knows the `ort` crate, which is a release candidate.

mod library;

use std::path::{Path, PathBuf};

use ndarray::{Array2, ArrayView4, Axis, concatenate, s};
use ort::session::Session as OrtSession;
use ort::session::builder::{GraphOptimizationLevel, SessionBuilder};
use ort::value::{DynValue, TensorElementType, TensorRef};

use self::library::Library;
pub use self::library::{LIBRARY_VARIABLE, Unavailable};
use super::{Engine, EngineError, Session};
use crate::network::checked::Network;
use crate::network::graph::Dim;
use crate::network::onnx;

/// The engine's name as the user spells it.
const NAME: &str = "onnxruntime";

/// Which library to load and how it runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OnnxRuntimeConfig {
    /// The library's file (`--onnxruntime`); where absent it is looked for.
    pub library: Option<PathBuf>,
    /// Threads for one operator.
    pub n_threads: usize,
}

/// ONNX Runtime, loaded.
#[derive(Clone, Debug)]
pub struct OnnxRuntime {
    library: Library,
    n_threads: usize,
}

impl OnnxRuntime {
    /// Finds and loads the library: the configured file, else the one that [`LIBRARY_VARIABLE`] names, else the first
    /// that works in the usual places (the active Python environment, those on the search path, the system's folders).
    ///
    /// # Errors
    /// [`Unavailable`], in one line, when there is none or it cannot be loaded; the process goes on.
    pub fn find(config: &OnnxRuntimeConfig) -> Result<Self, Unavailable> {
        let library = library::load(config.library.as_deref())?;
        Ok(Self {
            library,
            n_threads: config.n_threads,
        })
    }

    /// The file that was loaded.
    pub fn library(&self) -> &Path {
        &self.library.path
    }
}

impl Engine for OnnxRuntime {
    fn name(&self) -> &'static str {
        NAME
    }

    fn open(&self, network: &Network, stages: &[String]) -> Result<Box<dyn Session>, EngineError> {
        let graph = network.graph();
        let mut outputs: Vec<String> = Vec::new();
        let mut positions = Vec::with_capacity(stages.len());
        for stage in stages {
            positions.push(
                outputs
                    .iter()
                    .position(|output| output == stage)
                    .unwrap_or_else(|| {
                        outputs.push(stage.clone());
                        outputs.len() - 1
                    }),
            );
        }
        let opened = self.commit(&onnx::write(graph, &outputs));
        let session = opened.map_err(|error| refused("load the network", &error))?;
        let n_images_fixed = match graph.inputs.first().and_then(|input| input.dims.first()) {
            Some(Dim::Fixed(n_images)) => Some(*n_images),
            _ => None,
        };
        Ok(Box::new(OnnxRuntimeSession {
            session,
            positions,
            n_images_fixed,
        }))
    }
}

impl OnnxRuntime {
    fn commit(&self, model: &[u8]) -> ort::Result<OrtSession> {
        SessionBuilder::new(&self.library.environment)?
            .with_optimization_level(GraphOptimizationLevel::All)?
            .with_intra_threads(self.n_threads)?
            .with_inter_threads(1)?
            // Patterns are kept for each batch size and hold on to its memory.
            .with_memory_pattern(false)?
            .commit_from_memory(model)
    }
}

/// A network that ONNX Runtime has loaded.
struct OnnxRuntimeSession {
    session: OrtSession,
    /// For each recorded stage, which output it is; a stage that is asked for twice is one output.
    positions: Vec<usize>,
    /// The number of images in a run, where the network's file fixes it.
    n_images_fixed: Option<usize>,
}

impl Session for OnnxRuntimeSession {
    fn engine(&self) -> &'static str {
        NAME
    }

    fn run(&mut self, images: ArrayView4<'_, f32>) -> Result<Vec<Array2<f32>>, EngineError> {
        let n_images = images.len_of(Axis(0));
        let outputs = match self
            .n_images_fixed
            .filter(|fixed| *fixed > 0 && *fixed != n_images)
        {
            None => self.outputs(images)?,
            Some(fixed) => self.outputs_in_parts(images, fixed)?,
        };
        let rows = |position: &usize| {
            outputs
                .get(*position)
                .cloned()
                .ok_or(EngineError::OutputCount { engine: NAME })
        };
        if self
            .positions
            .iter()
            .enumerate()
            .all(|(stage, position)| stage == *position)
        {
            return Ok(outputs);
        }
        self.positions.iter().map(rows).collect()
    }
}

impl OnnxRuntimeSession {
    /// Each output as (n_images, n_units), for as many images as the network takes at once.
    fn outputs(&mut self, images: ArrayView4<'_, f32>) -> Result<Vec<Array2<f32>>, EngineError> {
        let n_images = images.len_of(Axis(0));
        let images = images.as_standard_layout();
        let shape = images.shape().to_vec();
        // A standard layout is always one slice.
        let numbers = images.as_slice().unwrap_or_default();
        let wrong = |error: ort::Error| refused("run the network", &error);
        let input = TensorRef::from_array_view((shape, numbers)).map_err(wrong)?;
        let outputs = self.session.run(ort::inputs![input]).map_err(wrong)?;
        // One after another, so that each is freed before the next is copied.
        outputs
            .into_iter()
            .map(|(_, value)| rows(&value, n_images))
            .collect()
    }

    /// As [`outputs`](Self::outputs) for a network that takes `fixed` images at once: the last part is filled up with
    /// its last image, whose further rows are dropped.
    fn outputs_in_parts(
        &mut self,
        images: ArrayView4<'_, f32>,
        fixed: usize,
    ) -> Result<Vec<Array2<f32>>, EngineError> {
        let n_images = images.len_of(Axis(0));
        let mut parts: Vec<Vec<Array2<f32>>> = Vec::new();
        for start in (0..n_images).step_by(fixed) {
            let indices: Vec<usize> = (start..start + fixed)
                .map(|image| image.min(n_images - 1))
                .collect();
            let part = self.outputs(images.select(Axis(0), &indices).view())?;
            parts.resize_with(part.len(), Vec::new);
            for (rows, part) in parts.iter_mut().zip(part) {
                let n_rows = fixed.min(n_images - start);
                rows.push(part.slice_move(s![..n_rows, ..]));
            }
        }
        let joined = parts.iter().map(|rows| {
            let views: Vec<_> = rows.iter().map(|rows| rows.view()).collect();
            concatenate(Axis(0), &views).map_err(|_| EngineError::OutputCount { engine: NAME })
        });
        joined.collect()
    }
}

/// An output of ONNX Runtime as (n_images, n_units); integers and truth values become floats.
fn rows(value: &DynValue, n_images: usize) -> Result<Array2<f32>, EngineError> {
    let wrong = |error: ort::Error| refused("read an output of the network", &error);
    let numbers: Vec<f32> = match value.dtype().tensor_type() {
        Some(TensorElementType::Int64) => value
            .try_extract_tensor::<i64>()
            .map_err(wrong)?
            .1
            .iter()
            .map(|number| *number as f32)
            .collect(),
        Some(TensorElementType::Bool) => value
            .try_extract_tensor::<bool>()
            .map_err(wrong)?
            .1
            .iter()
            .map(|truth| f32::from(u8::from(*truth)))
            .collect(),
        _ => value.try_extract_tensor::<f32>().map_err(wrong)?.1.to_vec(),
    };
    let n_units = numbers.len().checked_div(n_images).unwrap_or(0);
    Array2::from_shape_vec((n_images, n_units), numbers)
        .map_err(|_| EngineError::OutputCount { engine: NAME })
}

fn refused(doing: &'static str, error: &ort::Error) -> EngineError {
    EngineError::Library {
        engine: NAME,
        doing,
        reason: error.to_string(),
    }
}
