//! Runs an ONNX file on an array of images and writes each output: homolog's side of `goldens/torchvision/onnx-exports`.
//!
//!     run_onnx MODEL.onnx IMAGES.npy OUTPUTS.npy burn|onnxruntime

use std::error::Error;
use std::path::Path;

use homolog::network::checked::Network;
use homolog::network::engine::Engine;
use homolog::network::engine::burn::Burn;
use homolog::network::engine::onnxruntime::{OnnxRuntime, OnnxRuntimeConfig};
use homolog::network::onnx;
use ndarray::Array4;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [model, images, outputs, engine] = arguments.as_slice() else {
        return Err("run_onnx MODEL.onnx IMAGES.npy OUTPUTS.npy burn|onnxruntime".into());
    };
    let engine: Box<dyn Engine> = match engine.as_str() {
        "burn" => Box::new(Burn::cpu()),
        _ => Box::new(OnnxRuntime::find(&OnnxRuntimeConfig { library: None, n_threads: 1 })?),
    };
    let network = Network::check(onnx::read(Path::new(model))?)?;
    let values = network.graph().outputs.clone();
    let images: Array4<f32> = ndarray_npy::read_npy(images)?;
    let mut session = engine.open(&network, &values)?;
    let rows = session.run(images.view())?;
    let first = rows.first().ok_or("the network has no output")?;
    ndarray_npy::write_npy(outputs, first)?;
    Ok(())
}
