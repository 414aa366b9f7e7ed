//! ONNX Runtime: the user's own library, found at run time; forward only.
//!
//! This module alone knows the `ort` crate, which is a release candidate.

mod library;

use std::path::{Path, PathBuf};

use ndarray::{Array2, ArrayView4, ArrayViewD, Axis};
use ort::session::Session as OrtSession;
use ort::session::builder::{GraphOptimizationLevel, SessionBuilder};
use ort::value::{DynValue, TensorElementType, TensorRef};

use self::library::Library;
pub use self::library::{LIBRARY_VARIABLE, Unavailable};
use super::batches::Batches;
use super::{Engine, EngineError, Session};
use crate::network::checked::Network;
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
    loaded: Library,
    n_threads: usize,
}

impl OnnxRuntime {
    /// Finds and loads the library: the configured file, else the one that [`LIBRARY_VARIABLE`] names, else the first
    /// that works in the usual places (the active Python environment, those on the search path, the system's folders).
    ///
    /// # Errors
    /// [`Unavailable`], in one line, when there is none or it cannot be loaded; the process goes on.
    pub fn find(config: &OnnxRuntimeConfig) -> Result<Self, Unavailable> {
        let OnnxRuntimeConfig { library, n_threads } = config;
        Ok(Self { loaded: library::load(library.as_deref())?, n_threads: *n_threads })
    }

    /// The file that was loaded.
    pub fn library(&self) -> &Path {
        &self.loaded.path
    }
}

impl Engine for OnnxRuntime {
    fn name(&self) -> &'static str {
        NAME
    }

    fn description(&self) -> String {
        let file = self.loaded.path.canonicalize().unwrap_or_else(|_| self.loaded.path.clone());
        let version = file.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        format!("{NAME} {}", version.trim_start_matches("libonnxruntime.so."))
    }

    fn open(&self, network: &Network, stages: &[String]) -> Result<Box<dyn Session>, EngineError> {
        let batches = Batches::of(network, stages.len(), NAME)?;
        let mut outputs: Vec<String> = Vec::new();
        let mut positions = Vec::with_capacity(stages.len());
        for name in stages {
            let value = &network.stage(name)?.value;
            positions.push(outputs.iter().position(|output| output == value).unwrap_or_else(|| {
                outputs.push(value.clone());
                outputs.len() - 1
            }));
        }
        let opened = self.commit(&onnx::write(network.graph(), &outputs));
        let session = opened.map_err(|error| refused("load the network", &error))?;
        Ok(Box::new(OnnxRuntimeSession { session, batches, positions }))
    }
}

impl OnnxRuntime {
    fn commit(&self, model: &[u8]) -> ort::Result<OrtSession> {
        SessionBuilder::new(&self.loaded.environment)?
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
    batches: Batches,
    /// For each recorded stage, which output it is; a stage that is asked for twice is one output.
    positions: Vec<usize>,
}

impl Session for OnnxRuntimeSession {
    fn engine(&self) -> &'static str {
        NAME
    }

    fn run(&mut self, images: ArrayView4<'_, f32>) -> Result<Vec<Array2<f32>>, EngineError> {
        let session = &mut self.session;
        let outputs = self.batches.run(images, |images| outputs(session, &images))?;
        if images.is_empty() || self.positions.iter().copied().eq(0..outputs.len()) {
            return Ok(outputs);
        }
        let rows = |position: &usize| outputs.get(*position).cloned();
        self.positions.iter().map(rows).collect::<Option<_>>().ok_or(EngineError::OutputCount { engine: NAME })
    }
}

/// Each output of the network as (n_images, n_units).
fn outputs(session: &mut OrtSession, images: &ArrayViewD<'_, f32>) -> Result<Vec<Array2<f32>>, EngineError> {
    let wrong = |error: ort::Error| refused("run the network", &error);
    let images = images.as_standard_layout();
    // An array in standard layout is always one slice.
    let numbers = images.as_slice().unwrap_or_default();
    let input = TensorRef::from_array_view((images.shape(), numbers)).map_err(wrong)?;
    let outputs = session.run(ort::inputs![input]).map_err(wrong)?;
    // One after another, so that each is freed before the next is copied.
    outputs.into_iter().map(|(_, value)| rows(&value, images.len_of(Axis(0)))).collect()
}

/// An output of ONNX Runtime as (n_images, n_units); integers and truth values become floats.
fn rows(value: &DynValue, n_images: usize) -> Result<Array2<f32>, EngineError> {
    let wrong = |error: ort::Error| refused("read an output of the network", &error);
    let numbers: Vec<f32> = match value.dtype().tensor_type() {
        Some(TensorElementType::Int64) => {
            value.try_extract_tensor::<i64>().map_err(wrong)?.1.iter().map(|number| *number as f32).collect()
        }
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
    Array2::from_shape_vec((n_images, n_units), numbers).map_err(|_| EngineError::OutputCount { engine: NAME })
}

fn refused(doing: &'static str, error: &ort::Error) -> EngineError {
    EngineError::Library { engine: NAME, doing, reason: error.to_string() }
}
