//! ONNX files against what PyTorch and ONNX Runtime make of them, on both engines.

use homolog::network::checked::Network;
use homolog::network::engine::Engine;
use homolog::network::graph::Graph;
use homolog::network::onnx;
use ndarray::{Array2, Array4};
use serde_json::Value;

use crate::both_engines::both_engines;
use crate::golden::golden_json;

/// Largest error relative to the largest number of the expected output; single precision through a whole network.
const TOLERANCE: f64 = 1e-4;

fn bytes(hexadecimal: &Value) -> Vec<u8> {
    let text = hexadecimal.as_str().expect("a text");
    let byte = |place| u8::from_str_radix(&text[place..place + 2], 16).expect("hexadecimal");
    (0..text.len()).step_by(2).map(byte).collect()
}

fn sizes(json: &Value) -> Vec<usize> {
    json.as_array().expect("a list").iter().map(|size| size.as_u64().expect("a size") as usize).collect()
}

fn numbers(json: &Value) -> Vec<f64> {
    json.as_array().expect("a list").iter().map(|number| number.as_f64().expect("a number")).collect()
}

/// A golden array as images: axes of size 1 stand between the first axis and the others until there are four.
fn images(json: &Value) -> Array4<f32> {
    let mut shape = sizes(&json["shape"]);
    while shape.len() < 4 {
        shape.insert(1, 1);
    }
    let values = numbers(&json["values"]).into_iter().map(|number| number as f32).collect();
    Array4::from_shape_vec([shape[0], shape[1], shape[2], shape[3]], values).expect("as many as the sizes say")
}

fn recorded(
    engine: &dyn Engine,
    graph: &Graph,
    values: &[String],
    images: &Array4<f32>,
) -> Result<Vec<Array2<f32>>, String> {
    let network = Network::check(graph.clone()).map_err(|error| chain(&error))?;
    let mut session = engine.open(&network, values).map_err(|error| chain(&error))?;
    session.run(images.view()).map_err(|error| chain(&error))
}

fn chain(error: &dyn std::error::Error) -> String {
    let cause = error.source().map(|source| format!(": {}", chain(source)));
    format!("{error}{}", cause.unwrap_or_default())
}

/// The largest difference, relative to the largest expected number; infinite where a number is none.
fn relative_error(found: impl IntoIterator<Item = f32>, expected: &[f64]) -> f64 {
    let found: Vec<f64> = found.into_iter().map(f64::from).collect();
    if found.len() != expected.len() {
        return f64::INFINITY;
    }
    let largest = expected.iter().fold(f64::MIN_POSITIVE, |largest, number| largest.max(number.abs()));
    let differences = found.iter().zip(expected).map(|(found, expected)| (found - expected).abs() / largest);
    differences.fold(0.0, |worst, error| if error.is_finite() { f64::max(worst, error) } else { f64::INFINITY })
}

#[test]
fn nodes_in_the_forms_of_older_operator_sets_give_what_onnx_runtime_gives() {
    let golden = golden_json("onnxruntime/older-operators/golden.json");
    let cases = golden["cases"].as_array().expect("cases");
    assert!(cases.len() >= 70, "{} cases", cases.len());
    let mut wrong = Vec::new();
    for (case, engine) in cases.iter().flat_map(|case| both_engines().into_iter().map(move |engine| (case, engine))) {
        let name = format!("{} (operator set {}) on {}", case["name"], case["opset"], engine.name());
        let graph = onnx::read_bytes("case.onnx", bytes(&case["onnx"]))
            .unwrap_or_else(|error| panic!("{name}: {}", chain(&error)));
        let expected = case["outputs"].as_object().expect("outputs");
        let outputs: Vec<String> = expected.keys().cloned().collect();
        match recorded(&*engine, &graph, &outputs, &images(&case["input"])) {
            Err(error) => wrong.push(format!("{name}: {error}")),
            Ok(rows) => wrong.extend(rows.into_iter().zip(expected.values()).filter_map(|(rows, expected)| {
                let error = relative_error(rows, &numbers(&expected["values"]));
                (error > TOLERANCE).then(|| format!("{name}: relative error {error:.1e}"))
            })),
        }
    }
    assert!(wrong.is_empty(), "{} of {} cases are wrong:\n{}", wrong.len(), cases.len(), wrong.join("\n"));
}

#[test]
fn modules_of_an_exported_network_put_out_what_pytorch_says_on_both_engines() {
    let golden = golden_json("torch/small-exports/golden.json");
    let images = images(&golden["images"]);
    let stages = golden["stages"].as_array().expect("stages");
    let mut wrong = Vec::new();
    for (export, engine) in golden["exports"]
        .as_array()
        .expect("exports")
        .iter()
        .flat_map(|export| both_engines().into_iter().map(move |engine| (export, engine)))
    {
        let place = format!("{} at operator set {} on {}", export["exporter"], export["opset"], engine.name());
        let graph = onnx::read_bytes("small.onnx", bytes(&export["onnx"]))
            .unwrap_or_else(|error| panic!("{place}: {}", chain(&error)));
        let named: Vec<&Value> = stages.iter().filter(|stage| is_named(&graph, stage)).collect();
        // The exporters fold the normalization into its convolution, so that either it or the convolution is gone, and
        // leave out the dropout.
        assert!(named.len() >= stages.len() - 3, "{place}: {} of {} stages are named", named.len(), stages.len());
        let names: Vec<String> = named.iter().map(|stage| value_of(&graph, stage)).collect();
        match recorded(&*engine, &graph, &names, &images) {
            Err(error) => wrong.push(format!("{place}: {error}")),
            Ok(rows) => wrong.extend(rows.into_iter().zip(named).filter_map(|(rows, stage)| {
                let error = error_of_stage(&rows, stage);
                (error > TOLERANCE).then(|| format!("{place}: {} has relative error {error:.1e}", stage["name"]))
            })),
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn is_named(graph: &Graph, stage: &Value) -> bool {
    stage["name"] == "logits" || graph.stages.iter().any(|named| stage["name"] == named.name.as_str())
}

fn value_of(graph: &Graph, stage: &Value) -> String {
    let named = graph.stages.iter().find(|named| stage["name"] == named.name.as_str());
    named.map_or_else(|| graph.outputs[0].clone(), |named| named.value.clone())
}

/// Compares the first numbers, and the sum of absolute values over all.
fn error_of_stage(rows: &Array2<f32>, stage: &Value) -> f64 {
    if rows.len() != sizes(&stage["shape"]).iter().product::<usize>() {
        return f64::INFINITY;
    }
    let first = numbers(&stage["first"]);
    let expected = stage["sum_of_absolutes"].as_f64().expect("a number");
    let sum: f64 = rows.iter().map(|number| f64::from(number.abs())).sum();
    relative_error(rows.iter().take(first.len()).copied(), &first).max((sum / expected - 1.0).abs())
}

#[test]
fn an_expected_output_that_is_off_by_one_percent_is_noticed() {
    let expected = [0.5, -2.0, 0.0];
    let found = expected.map(|number| number as f32);
    assert!(relative_error(found, &expected) < TOLERANCE);
    assert!(relative_error(found, &expected.map(|number| number * 1.01)) > TOLERANCE);
    assert!(relative_error([0.5, f32::NAN, 0.0], &expected) > TOLERANCE);
}

#[test]
fn a_network_written_as_onnx_and_read_again_gives_the_same_numbers() {
    let golden = golden_json("torch/small-exports/golden.json");
    let images = images(&golden["images"]);
    let graph = onnx::read_bytes("small.onnx", bytes(&golden["exports"][0]["onnx"])).expect("reads");
    let again = onnx::read_bytes("again.onnx", onnx::write(&graph, &graph.outputs)).expect("reads");
    for engine in both_engines() {
        let first = recorded(&*engine, &graph, &graph.outputs, &images).expect("runs");
        let second = recorded(&*engine, &again, &again.outputs, &images).expect("runs");
        assert_eq!(first, second, "{}", engine.name());
    }
}

#[test]
fn no_images_give_no_rows_on_either_engine() {
    let golden = golden_json("torch/small-exports/golden.json");
    let graph = onnx::read_bytes("small.onnx", bytes(&golden["exports"][0]["onnx"])).expect("reads");
    let none = Array4::zeros([0, 3, 18, 22]);
    let twice = [graph.outputs[0].clone(), graph.outputs[0].clone()];
    for engine in both_engines() {
        let rows = recorded(&*engine, &graph, &twice, &none).expect("runs");
        assert_eq!(rows.iter().map(Array2::nrows).collect::<Vec<_>>(), [0, 0], "{}", engine.name());
    }
}

#[test]
fn images_of_another_size_are_refused_with_both_sizes_by_both_engines() {
    let golden = golden_json("torch/small-exports/golden.json");
    let graph = onnx::read_bytes("small.onnx", bytes(&golden["exports"][0]["onnx"])).expect("reads");
    for engine in both_engines() {
        let words = recorded(&*engine, &graph, &graph.outputs, &Array4::zeros([1, 3, 20, 22])).expect_err("too high");
        let expected =
            "the network takes images of shape [3, 18, 22] (channel, height, width), and these have [3, 20, 22]";
        assert_eq!(words, expected, "{}", engine.name());
    }
}

#[test]
fn a_stage_that_is_recorded_twice_is_given_twice_by_both_engines() {
    let golden = golden_json("torch/small-exports/golden.json");
    let images = images(&golden["images"]);
    let graph = onnx::read_bytes("small.onnx", bytes(&golden["exports"][0]["onnx"])).expect("reads");
    let output = graph.outputs[0].clone();
    let other = graph.stages[0].value.clone();
    for engine in both_engines() {
        let rows = recorded(&*engine, &graph, &[output.clone(), other.clone(), output.clone()], &images).expect("runs");
        assert_eq!(rows.len(), 3);
        assert_eq!(rows[0], rows[2], "{}", engine.name());
        assert_ne!(rows[0].dim(), rows[1].dim());
    }
}
