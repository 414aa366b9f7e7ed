//! Looking inside with input that cannot be: each a clear error, and nothing lost.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use homolog::network::builder::Builder;
use homolog::network::graph::{Graph, Node};
use homolog::network::op::attributes::NodeAttributes;
use homolog::network::op::registry::operator;
use homolog::network::weights::fill_random;
use serde_json::Value;

use crate::input::{images, network, onnx_file};
use crate::program::{MODEL, homolog};

/// The graph with a further node, without attributes, on the value `of`; it is the output.
fn with_node(mut graph: Graph, kind: &'static str, of: &str) -> Graph {
    let op = (operator(kind).unwrap().read)(&NodeAttributes::new(kind, BTreeMap::new())).unwrap();
    let name = kind.to_lowercase();
    graph.nodes.push(Node { name: name.clone(), op, inputs: vec![Some(of.to_owned())], outputs: vec![name.clone()] });
    graph.outputs = vec![name];
    graph.stages.clear();
    graph
}

/// The logarithm of the image less .3: as one of its channels falls, it grows until it is not a number.
fn logarithm(folder: &Path) {
    let (mut b, image) = Builder::new("log", [8, 8]);
    let x = b.rescale_channels("shift", &image, vec![1.0; 3], vec![-0.3; 3]);
    let graph = fill_random(b.finish(&x).unwrap(), 1);
    let value = graph.outputs[0].clone();
    onnx_file(folder, "log.onnx", &with_node(graph, "Log", &value));
}

#[test]
fn an_objective_that_stops_being_a_number_leaves_the_image_of_the_step_before() {
    let folder = tempfile::tempdir().unwrap();
    logarithm(folder.path());
    let arguments = [
        "look",
        "log.onnx",
        "--preprocessing",
        "unit-8",
        "--objective",
        "-log:0",
        "--param",
        "pixels",
        "--colour",
        "plain",
        "--regularizer",
        "none",
        "--steps",
        "200",
        "--out",
        "out",
        "--engine",
        "burn",
    ];
    let ran = homolog(folder.path(), &arguments).done();
    let words = ["\"-log:0\" was not finite in step", "its image is that of the step before", "--learning-rate"];
    assert!(words.iter().all(|word| ran.stderr.contains(word)), "{}", ran.stderr);
    assert!(ran.stdout.contains("not finite at"), "{}", ran.stdout);
    let report: Value = serde_json::from_slice(&fs::read(folder.path().join("out/look.json")).unwrap()).unwrap();
    let result = &report["results"][0];
    let step = result["n_steps"].as_u64().unwrap();
    assert!(result["ended"] == "not finite" && step > 0 && step < 200, "{step}");
    let trajectory = result["trajectory"].as_array().unwrap();
    assert!(trajectory.iter().all(Value::is_f64) && trajectory.len() as u64 >= step, "what was there is kept");
    let picture = image::open(folder.path().join("out").join(result["files"][0].as_str().unwrap())).unwrap();
    assert_eq!((picture.width(), picture.height()), (8, 8));
    // The same command finds that it ended there.
    homolog(folder.path(), &arguments).done();
}

#[test]
fn a_stage_that_no_gradient_leads_from_is_refused_by_each_command_that_needs_one() {
    let folder = tempfile::tempdir().unwrap();
    images(&folder.path().join("images"), 1);
    let graph = network();
    let stage = graph.stages.iter().find(|stage| stage.name == "layer1.0").unwrap().value.clone();
    let logits = graph.outputs[0].clone();
    let mut rounded = with_node(graph, "Round", &stage);
    rounded.outputs = vec![logits, "round".to_owned()];
    onnx_file(folder.path(), "rounded.onnx", &rounded);
    let fixed = ["rounded.onnx", "--preprocessing", "unit-32", "--out", "out"];
    for command in [
        &["look", "--objective", "round:1"][..],
        &["attribute", "images", "--objective", "round:1"],
        &["synthesize", "metamer", "--image", "images/image0001.png", "--layers", "round"],
    ] {
        let words = ["no gradient leads from \"round\" to the image", "changes only in jumps"];
        homolog(folder.path(), &with_model(command, &fixed)).refused(2, &words);
    }
    let circuit = ["circuit", "--unit", "round:1", "--from", "layer1.0/first:0"];
    homolog(folder.path(), &with_model(&circuit, &fixed)).refused(2, &["layer1.0/first"]);
    assert!(!folder.path().join("out/look.json").exists());
}

/// A command with its model where it belongs: after the command's name.
fn with_model<'a>(command: &[&'a str], fixed: &[&'a str]) -> Vec<&'a str> {
    let n_names = if command[0] == "synthesize" { 2 } else { 1 };
    [&command[..n_names], &fixed[..1], &command[n_names..], &fixed[1..]].concat()
}

#[test]
fn an_image_that_is_too_small_is_refused_with_its_size() {
    let folder = tempfile::tempdir().unwrap();
    let look = ["look", MODEL, "--out", "out", "--engine", "burn", "--objective", "layer1.0:1", "--size", "2"];
    homolog(folder.path(), &look).refused(2, &["image of 2 × 2 pixels", "--size"]);
    assert!(!folder.path().join("out/look.json").exists());
}

#[test]
fn what_needs_a_classifier_says_what_the_network_gives_instead() {
    let folder = tempfile::tempdir().unwrap();
    images(&folder.path().join("images"), 2);
    let mut graph = network();
    graph.outputs = vec![graph.stages.first().unwrap().value.clone()];
    onnx_file(folder.path(), "maps.onnx", &graph);
    let fixed = ["maps.onnx", "--preprocessing", "unit-32", "--out", "out"];
    for (command, words) in [
        (
            &["synthesize", "adversarial", "--images", "images", "--budget", "1/255"][..],
            &["it is no classifier", "make a metamer", "[16, 32, 32]"][..],
        ),
        (&["synthesize", "controversial", "maps.onnx", "--classes", "1,2"], &["it is no classifier", "[16, 32, 32]"]),
        (&["attribute", "images", "--objective", "logit:1"], &["needs a classifier", "[16, 32, 32]"]),
        (&["look", "--objective", "probability:1"], &["needs a classifier", "[16, 32, 32]"]),
    ] {
        homolog(folder.path(), &with_model(command, &fixed)).refused(2, words);
    }
}

#[test]
fn a_unit_out_of_range_is_named_with_how_many_there_are() {
    let folder = tempfile::tempdir().unwrap();
    images(&folder.path().join("images"), 1);
    let metamer = ["synthesize", "metamer", MODEL, "--image", "images/image0001.png", "--out", "out"];
    for (arguments, words) in [
        (&["look", MODEL, "--objective", "layer1.0[3,40,5]", "--out", "out"][..], &["row 40", "has 32"][..]),
        (&["look", MODEL, "--objective", "logit:10", "--out", "out"], &["class 10", "has 10"]),
        (&["attribute", MODEL, "images", "--objective", "layer1.0:16", "--out", "out"], &["channel 16", "has 16"]),
        (&["circuit", MODEL, "--unit", "layer1.2:16", "--out", "out"], &["no channel 16", "has 16 (0 to 15)"]),
        (&["synthesize", "controversial", MODEL, MODEL, "--classes", "1,10", "--out", "out"], &["class 10", "has 10"]),
        (&[&metamer[..], &["--layers", "layer1.0", "--judge", "layer9", "--null", "images"]].concat(), &["layer9"]),
    ] {
        homolog(folder.path(), arguments).refused(2, words);
    }
}
