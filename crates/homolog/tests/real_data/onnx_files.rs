//! The ONNX files of the real data, on both engines, against ONNX Runtime on the files themselves
//! (`goldens/onnxruntime/real-files`).

use homolog::network::checked::Network;
use homolog::network::engine::Engine;
use homolog::network::engine::burn::Burn;
use homolog::network::engine::onnxruntime::{OnnxRuntime, OnnxRuntimeConfig};
use homolog::network::graph::Dim;
use homolog::network::onnx;
use homolog::network::weights::counter::Counter;
use ndarray::{Array2, Array4};
use serde_json::Value;

use crate::real_data;

/// Largest relative error of an output.
const TOLERANCE: f64 = 1e-4;

fn golden(file: &str) -> Value {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../goldens/onnxruntime/real-files/golden.json");
    let text = std::fs::read_to_string(path).expect("the golden");
    let golden: Value = serde_json::from_str(&text).expect("JSON");
    golden["files"][file].clone()
}

/// ONNX Runtime must be there when the real data is tested.
fn engines() -> [Box<dyn Engine>; 2] {
    let config = OnnxRuntimeConfig { library: None, n_threads: 1 };
    let runtime = OnnxRuntime::find(&config).unwrap_or_else(|reason| panic!("{reason}"));
    [Box::new(Burn::cpu()), Box::new(runtime)]
}

fn agrees(file: &str) {
    let golden = golden(file);
    let sizes: Vec<usize> =
        golden["input"].as_array().expect("sizes").iter().map(|size| size.as_u64().expect("a size") as usize).collect();
    let half_range = golden["half_range"].as_f64().expect("a number");
    let mut shape = sizes.clone();
    while shape.len() < 4 {
        shape.insert(1, 1);
    }
    let given = Counter::of("image").uniforms(sizes.iter().product(), -half_range, half_range);
    let given = Array4::from_shape_vec([shape[0], shape[1], shape[2], shape[3]], given).expect("shaped");

    let mut graph = onnx::read(&real_data(&format!("weights/{file}"))).expect("read");
    for (dim, size) in graph.inputs[0].dims.iter_mut().zip(&sizes) {
        if *dim == Dim::Open {
            *dim = Dim::Fixed(*size);
        }
    }
    let network = Network::check(graph).expect("checked");
    let outputs = golden["outputs"].as_object().expect("outputs");
    let values: Vec<String> = outputs.keys().cloned().collect();
    for engine in engines() {
        let mut session = engine.open(&network, &values).expect("opened");
        for (rows, (name, expected)) in session.run(given.view()).expect("run").iter().zip(outputs) {
            let error = relative_error(rows, expected);
            assert!(error <= TOLERANCE, "{file}: {name} on {} has relative error {error:.1e}", engine.name());
        }
    }
}

/// Of the norm, and of the kept elements relative to the largest of them.
fn relative_error(rows: &Array2<f32>, expected: &Value) -> f64 {
    let number = |value: &Value| value.as_f64().expect("a number");
    let found: Vec<f64> = rows.iter().map(|element| f64::from(*element)).collect();
    let kept: Vec<f64> = expected["values"].as_array().expect("elements").iter().map(number).collect();
    let largest = kept.iter().fold(f64::MIN_POSITIVE, |largest, element| largest.max(element.abs()));
    let n_elements: usize =
        expected["shape"].as_array().expect("sizes").iter().map(|size| number(size) as usize).product();
    assert_eq!(found.len(), n_elements);
    let norm = found.iter().map(|element| element * element).sum::<f64>().sqrt();
    let of_kept = kept.iter().enumerate().map(|(place, kept)| {
        let index = place * (n_elements - 1) / (expected["values"].as_array().map_or(1, Vec::len) - 1);
        (found[index] - kept).abs() / largest
    });
    of_kept.fold((norm / number(&expected["norm"]) - 1.0).abs(), |worst, error| {
        if error.is_finite() { worst.max(error) } else { f64::INFINITY }
    })
}

#[test]
fn squeezenet_exported_by_pytorch_gives_what_onnx_runtime_gives() {
    agrees("squeezenet1_1/squeezenet1_1.onnx");
}

#[test]
fn the_mel_spectrogram_gives_what_onnx_runtime_gives() {
    agrees("audio_openwakeword/melspectrogram.onnx");
}

#[test]
fn the_speech_embedding_exported_by_tensorflow_gives_what_onnx_runtime_gives() {
    agrees("audio_openwakeword/embedding_model.onnx");
}

#[test]
fn the_pitch_network_exported_by_tensorflow_gives_what_onnx_runtime_gives() {
    agrees("audio_basic_pitch/nmp.onnx");
}

#[test]
fn the_stages_of_the_exported_squeezenet_have_torchvisions_names() {
    let graph = onnx::read(&real_data("weights/squeezenet1_1/squeezenet1_1.onnx")).expect("read");
    let network = Network::check(graph).expect("checked");
    let names: Vec<&str> = network.stages().map(|stage| stage.name.as_str()).collect();
    for name in (0..13).map(|place| format!("features.{place}")) {
        assert!(names.contains(&name.as_str()), "{name} is not among {names:?}");
    }
}

#[test]
fn a_file_cut_in_half_is_refused_with_its_name() {
    let bytes = std::fs::read(real_data("weights/squeezenet1_1/squeezenet1_1.onnx")).expect("read");
    let words = onnx::read_bytes("half.onnx", bytes[..bytes.len() / 2].to_vec()).expect_err("cut").to_string();
    assert!(words.starts_with("cannot load \"half.onnx\": its 2479143 bytes are cut off"), "{words}");
}
