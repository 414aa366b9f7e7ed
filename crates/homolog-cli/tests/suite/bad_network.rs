//! Networks that cannot be used are named, with what is wrong in them and the next step.

use crate::input::{cut, images, network, onnx_file, safetensors_file};
use crate::program::{MODEL, homolog};

#[test]
fn a_state_dict_of_another_architecture_is_recognised() {
    let folder = tempfile::tempdir().unwrap();
    safetensors_file(folder.path(), "weights.safetensors", &network());
    let ran = homolog(folder.path(), &["layers", "squeezenet1_1@weights.safetensors"]);
    let words = [
        "cannot load \"weights.safetensors\" into squeezenet1_1",
        "it looks like resnet20_cifar10: 97 of 97 names fit",
        "Write resnet20_cifar10@weights.safetensors",
    ];
    ran.refused(2, &words);
    homolog(folder.path(), &["layers", "resnet20_cifar10@weights.safetensors"]).done();
}

#[test]
fn a_state_dict_of_a_near_relative_lists_what_is_missing_by_name() {
    let folder = tempfile::tempdir().unwrap();
    let mut graph = network();
    graph.parameters.remove("linear.bias").unwrap();
    safetensors_file(folder.path(), "weights.safetensors", &graph);
    let ran = homolog(folder.path(), &["layers", "resnet20_cifar10@weights.safetensors"]);
    ran.refused(2, &["cannot load \"weights.safetensors\" into resnet20_cifar10", "missing", "linear.bias"]);
}

#[test]
fn an_onnx_file_cut_in_half_is_named_with_its_size() {
    let folder = tempfile::tempdir().unwrap();
    let file = onnx_file(folder.path(), "net.onnx", &network());
    homolog(folder.path(), &["layers", "net.onnx"]).done();
    cut(&file);
    let n_bytes = std::fs::metadata(&file).unwrap().len().to_string();
    let ran = homolog(folder.path(), &["layers", "net.onnx"]);
    ran.refused(2, &["cannot load \"net.onnx\"", &n_bytes, "cut off", "fetch or export it again"]);
}

#[test]
fn a_node_with_too_few_inputs_is_named_with_its_file_and_its_operator() {
    let folder = tempfile::tempdir().unwrap();
    let mut graph = network();
    let first = graph.nodes.first_mut().unwrap();
    first.inputs.truncate(1);
    let node = first.name.clone();
    onnx_file(folder.path(), "net.onnx", &graph);
    let ran = homolog(folder.path(), &["layers", "net.onnx"]);
    ran.refused(2, &["cannot load \"net.onnx\"", &node, "Conv has 1 inputs and needs 2 to 3"]);
}

#[test]
fn an_unknown_layer_lists_the_nearest_three() {
    let folder = tempfile::tempdir().unwrap();
    images(&folder.path().join("images"), 1);
    let words =
        ["has no layer \"layer1.9\". Closest: \"layer1.0\", \"layer1.1\", \"layer1.2\". `homolog layers", "lists all"];
    homolog(folder.path(), &["layers", MODEL, "--layers", "layer1.9"]).refused(2, &words);
    let record = ["record", MODEL, "images", "--out", "out", "--engine", "burn", "--layers", "layer1.9"];
    homolog(folder.path(), &record).refused(2, &words);
    assert!(!folder.path().join("out").exists());
}

#[test]
fn an_unknown_model_lists_the_nearest_three() {
    let folder = tempfile::tempdir().unwrap();
    let ran = homolog(folder.path(), &["layers", "random:resnet21_cifar10"]);
    ran.refused(2, &["there is no model \"resnet21_cifar10\" in the zoo. Closest: \"resnet20_cifar10\""]);
}

#[test]
fn an_unknown_engine_lists_those_that_there_are() {
    let folder = tempfile::tempdir().unwrap();
    let ran = homolog(folder.path(), &["record", MODEL, "images", "--out", "out", "--engine", "tensorflow"]);
    ran.refused(2, &["'tensorflow'", "--engine", "auto, burn, onnxruntime"]);
}

#[test]
fn an_engine_whose_library_is_not_there_says_which_needs_none() {
    let folder = tempfile::tempdir().unwrap();
    images(&folder.path().join("images"), 1);
    let asked = ["record", MODEL, "images", "--out", "out", "--onnxruntime", "no/such.so", "--engine"];
    homolog(folder.path(), &[&asked[..], &["onnxruntime"]].concat())
        .refused(3, &["no/such.so", "--engine burn needs nothing installed"]);
    homolog(folder.path(), &[&asked[..], &["auto", "--layers", "linear"]].concat())
        .refused(0, &["running on Burn", "no/such.so"]);
}
