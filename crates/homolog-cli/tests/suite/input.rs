//! Input for the program: images, recordings, networks.

use std::fs;
use std::path::{Path, PathBuf};

use homolog::network::graph::Graph;
use homolog::network::onnx;
use homolog::network::zoo::{ModelSpec, load};
use ndarray::Array3;

use crate::program::MODEL;

/// `n` small images that all differ: image0001.png and on.
pub(crate) fn images(folder: &Path, n: usize) {
    fs::create_dir_all(folder).unwrap();
    for number in 1..=n {
        let pixel = |x: u32, y: u32| image::Rgb([(x * 7) as u8, (y * 5) as u8, (number * 13) as u8 ^ (x * y) as u8]);
        image::RgbImage::from_fn(8, 8, pixel).save(folder.join(format!("image{number:04}.png"))).unwrap();
    }
}

/// Cuts a file in half.
pub(crate) fn cut(file: &Path) {
    let whole = fs::read(file).unwrap();
    fs::write(file, &whole[..whole.len() / 2]).unwrap();
}

/// A user's own benchmark in `folder`: `n` images and these responses (units, stimuli, repetitions).
pub(crate) fn benchmark(folder: &Path, n: usize, responses: &Array3<f64>) {
    images(&folder.join("images"), n);
    ndarray_npy::write_npy(folder.join("responses.npy"), responses).unwrap();
    fs::write(folder.join("benchmark.toml"), MANIFEST).unwrap();
}

/// The manifest of [`benchmark`].
pub(crate) const MANIFEST: &str = include_str!("benchmark.toml");

/// Responses that differ between units, stimuli and repetitions (units, stimuli, repetitions).
pub(crate) fn responses(units: usize, stimuli: usize, repetitions: usize) -> Array3<f64> {
    Array3::from_shape_fn((units, stimuli, repetitions), |(unit, stimulus, repetition)| {
        let signal = ((unit * 31 + stimulus * 17) as f64 * 1.7).sin();
        signal + 0.3 * ((unit * 7 + stimulus * 5 + repetition * 11) as f64 * 2.3).sin()
    })
}

/// The network of [`MODEL`].
pub(crate) fn network() -> Graph {
    load(&ModelSpec::parse(MODEL).unwrap(), |_| Err("nothing is fetched here".into())).unwrap().graph
}

/// A network as an ONNX file.
pub(crate) fn onnx_file(folder: &Path, name: &str, graph: &Graph) -> PathBuf {
    let file = folder.join(name);
    fs::write(&file, onnx::write(graph, &graph.outputs)).unwrap();
    file
}

/// The parameters of a network as a safetensors file.
pub(crate) fn safetensors_file(folder: &Path, name: &str, graph: &Graph) {
    let (mut header, mut numbers) = (serde_json::Map::new(), Vec::new());
    for (parameter, tensor) in &graph.parameters {
        let Some(floats) = tensor.floats() else { continue };
        let first = numbers.len();
        numbers.extend(floats.iter().flat_map(|float| float.to_le_bytes()));
        let entry =
            serde_json::json!({ "dtype": "F32", "shape": tensor.shape(), "data_offsets": [first, numbers.len()] });
        header.insert(parameter.clone(), entry);
    }
    let header = serde_json::to_vec(&header).unwrap();
    let bytes = [&(header.len() as u64).to_le_bytes(), header.as_slice(), numbers.as_slice()].concat();
    fs::write(folder.join(name), bytes).unwrap();
}
