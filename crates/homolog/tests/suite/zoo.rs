//! Every architecture of the zoo against torchvision, stage by stage, under the same numbers made from names
//! (`goldens/torchvision`).

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};

use homolog::network::builder::Declaration;
use homolog::network::checked::Network;
use homolog::network::engine::Engine;
use homolog::network::engine::burn::Burn;
use homolog::network::graph::Graph;
use homolog::network::tensor::HostTensor;
use homolog::network::weights::counter::Counter;
use homolog::network::zoo;
use ndarray::Array4;
use serde_json::Value;

use crate::golden::golden_json;

/// Largest relative error of a stage.
const TOLERANCE: f64 = 1e-4;

/// What the golden script keeps of a stage: the shape, the norm, and two projections.
#[derive(Clone, Debug)]
struct Summary {
    shape: Vec<usize>,
    norm: f64,
    projections: [f64; 2],
}

impl Summary {
    fn read(json: &Value) -> Self {
        let number = |place: usize| json[place].as_f64().expect("a number");
        let shape = json[0].as_array().expect("a shape").iter();
        Self {
            shape: shape.map(|size| size.as_u64().expect("a size") as usize).collect(),
            norm: number(1),
            projections: [number(2), number(3)],
        }
    }

    /// Of `units`; `noise` holds the two projections' random numbers, at least as many as there are units.
    fn of(shape: &[usize], units: &[f32], noise: &[Vec<f32>; 2]) -> Self {
        let norm = units.iter().map(|unit| f64::from(*unit).powi(2)).sum::<f64>().sqrt();
        let project = |noise: &Vec<f32>| {
            let sum: f64 = units.iter().zip(noise).map(|(unit, noise)| f64::from(*unit) * f64::from(*noise)).sum();
            3f64.sqrt() * sum / norm
        };
        Self { shape: shape.to_vec(), norm, projections: [project(&noise[0]), project(&noise[1])] }
    }

    /// About the norm of the difference between two stages, relative to the norm of the expected one. The expected
    /// projections are rounded to 5 places, and the norm to 6 digits.
    fn relative_error(&self, expected: &Self) -> f64 {
        if self.shape != expected.shape {
            return f64::INFINITY;
        }
        let ratio = self.norm / expected.norm;
        let [a, b] = [0, 1].map(|i| (self.projections[i] * ratio - expected.projections[i]).abs());
        // max() passes over NaN.
        if (ratio + a + b).is_finite() { a.max(b).max((ratio - 1.0).abs()) } else { f64::INFINITY }
    }
}

/// The range from which the golden script draws a parameter.
fn range(declaration: &Declaration) -> (f64, f64) {
    let name = &declaration.name;
    if name.ends_with("running_var") {
        (0.5, 1.5)
    } else if name.ends_with("running_mean") {
        (-0.2, 0.2)
    } else if name.ends_with("bias") {
        (-0.1, 0.1)
    } else if name.ends_with("weight") && declaration.shape.len() == 1 {
        (0.3, 0.9)
    } else if name.ends_with("weight") {
        let limit = (6.0 / declaration.shape[1..].iter().product::<usize>() as f64).sqrt();
        (-limit, limit)
    } else {
        (-1.0, 1.0)
    }
}

/// The architecture with the golden script's numbers.
fn filled(name: &str) -> Graph {
    let entry = zoo::entry(name).unwrap_or_else(|| panic!("the zoo has no {name}"));
    let architecture = entry.architecture([entry.image_px; 2]).expect("built");
    let mut graph = architecture.graph;
    for declaration in &architecture.declarations {
        let (low, high) = range(declaration);
        let elements = Counter::of(&declaration.name).uniforms(declaration.shape.iter().product(), low, high);
        let tensor = HostTensor::from_f32(&declaration.shape, elements).expect("shaped");
        graph.parameters.insert(declaration.name.clone(), Arc::new(tensor));
    }
    graph
}

/// One network at a time: the large ones take 2 GB, and each uses all cores.
static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());

/// Runs the networks on Burn and compares their outputs and all of their stages with the golden.
fn agree(names: &[&str]) {
    let golden = golden_json("torchvision/golden.json");
    for name in names {
        let _alone = ONE_AT_A_TIME.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        let started = std::time::Instant::now();
        let wrong = differences(name, &golden["models"][name]);
        assert!(wrong.is_empty(), "{name}: {} stages differ from torchvision's:\n{}", wrong.len(), wrong.join("\n"));
        println!("{name}: {:.1} s", started.elapsed().as_secs_f64());
    }
}

/// The stages that differ, in words.
fn differences(name: &str, golden: &Value) -> Vec<String> {
    let graph = filled(name);
    let values: BTreeMap<String, String> =
        graph.stages.iter().map(|stage| (stage.name.clone(), stage.value.clone())).collect();
    let output = graph.outputs[0].clone();
    let network = Network::check(graph).expect("checked");
    let side = golden["image_px"].as_u64().expect("a size") as usize;
    let image = Counter::of("image").uniforms(3 * side * side, -2.0, 2.0);
    let image = Array4::from_shape_vec((1, 3, side, side), image).expect("shaped");

    let mut wrong = Vec::new();
    let mut expected = vec![("the output", output.clone(), Summary::read(&golden["output"]))];
    for (stage, summary) in golden["stages"].as_object().expect("stages") {
        match values.get(stage) {
            Some(value) => expected.push((stage, value.clone(), Summary::read(summary))),
            None => wrong.push(format!("{stage}: the zoo's network has no stage of this name")),
        }
    }
    let recorded = record(&network, expected.iter().map(|(_, value, _)| value.clone()).collect(), &image);
    let largest = recorded.values().map(Vec::len).max().unwrap_or(0);
    let noise = ["projection a", "projection b"].map(|name| Counter::of(name).uniforms(largest, -1.0, 1.0));
    let facts = network.plan(1).expect("planned").facts;
    let mut compare = |stage: &str, value: &String, units: &[f32], expected: &Summary| {
        let found = Summary::of(&facts[value].shape[1..], units, &noise);
        let error = found.relative_error(expected);
        if error > TOLERANCE {
            wrong.push(format!("{stage}: relative error {error:.1e}, found {found:?}, expected {expected:?}"));
        }
    };
    for (stage, value, expected) in &expected {
        compare(stage, value, &recorded[value], expected);
    }
    // With nothing else recorded, batch normalization is folded into the convolutions.
    let alone = record(&network, BTreeSet::from([output.clone()]), &image);
    compare("the output alone", &output, &alone[&output], &expected[0].2);
    wrong.extend(wrong_elements(&recorded[&output], &golden["elements"]));
    wrong
}

/// The units of some values for one image.
fn record(network: &Network, values: BTreeSet<String>, image: &Array4<f32>) -> BTreeMap<String, Vec<f32>> {
    let values: Vec<String> = values.into_iter().collect();
    let mut session = Burn::cpu().open(network, &values).expect("opened");
    let units = session.run(image.view()).expect("run");
    values.into_iter().zip(units).map(|(value, units)| (value, units.into_iter().collect())).collect()
}

/// The 8 kept elements of the output, to the tolerance of the largest of them.
fn wrong_elements(found: &[f32], golden: &Value) -> Option<String> {
    let expected: Vec<f64> =
        golden.as_array().expect("elements").iter().map(|element| element.as_f64().expect("a number")).collect();
    let largest = expected.iter().fold(0.0, |largest: f64, element| largest.max(element.abs()));
    let found: Vec<f64> = (0..8).map(|i| f64::from(found[i * (found.len() - 1) / 7])).collect();
    let agrees = found.iter().zip(&expected).all(|(found, expected)| (found - expected).abs() <= TOLERANCE * largest);
    (!agrees).then(|| format!("elements of the output: found {found:?}, expected {expected:?}"))
}

const PLAIN: [&str; 5] = ["alexnet", "squeezenet1_0", "squeezenet1_1", "vgg11", "vgg13"];
const DEEP_PLAIN: [&str; 6] = ["vgg16", "vgg19", "vgg11_bn", "vgg13_bn", "vgg16_bn", "vgg19_bn"];
const INCEPTION: [&str; 2] = ["googlenet", "inception_v3"];
const RESIDUAL: [&str; 5] = ["resnet18", "resnet34", "resnet50", "resnet101", "resnet152"];
const DENSE: [&str; 4] = ["densenet121", "densenet161", "densenet169", "densenet201"];
const MOBILE: [&str; 2] = ["mobilenet_v2", "efficientnet_lite0"];
const TRANSFORMERS: [&str; 2] = ["vit_b_16", "vit_b_32"];
const CIFAR: [&str; 5] =
    ["resnet20_cifar10", "resnet32_cifar10", "resnet44_cifar10", "resnet56_cifar10", "resnet110_cifar10"];

#[test]
fn alexnet_squeezenet_and_small_vgg_are_torchvisions() {
    agree(&PLAIN);
}

#[test]
fn large_vgg_and_vgg_with_batch_normalization_are_torchvisions() {
    agree(&DEEP_PLAIN);
}

#[test]
fn googlenet_and_inception_are_torchvisions() {
    agree(&INCEPTION);
}

#[test]
fn residual_networks_are_torchvisions() {
    agree(&RESIDUAL);
}

#[test]
fn dense_networks_are_torchvisions() {
    agree(&DENSE);
}

#[test]
fn mobile_networks_are_their_pytorch_counterparts() {
    agree(&MOBILE);
}

#[test]
fn vision_transformers_are_torchvisions() {
    agree(&TRANSFORMERS);
}

#[test]
fn residual_networks_for_cifar10_are_their_pytorch_counterparts() {
    agree(&CIFAR);
}

#[test]
fn every_architecture_of_the_zoo_is_compared() {
    let compared: BTreeSet<&str> =
        [&PLAIN[..], &DEEP_PLAIN, &INCEPTION, &RESIDUAL, &DENSE, &MOBILE, &TRANSFORMERS, &CIFAR]
            .concat()
            .into_iter()
            .collect();
    assert_eq!(compared, zoo::names().collect());
    let golden = golden_json("torchvision/golden.json");
    let kept: BTreeSet<&str> = golden["models"].as_object().expect("models").keys().map(String::as_str).collect();
    assert_eq!(compared, kept);
}

#[test]
fn the_comparison_notices_small_errors() {
    let units: Vec<f32> = Counter::of("units").uniforms(10_000, -1.0, 1.0);
    let noise = ["projection a", "projection b"].map(|name| Counter::of(name).uniforms(10_000, -1.0, 1.0));
    let expected = Summary::of(&[10_000], &units, &noise);
    let error_of = |changed: Vec<f32>| Summary::of(&[10_000], &changed, &noise).relative_error(&expected);
    assert!(error_of(units.clone()) < 1e-12);
    let scaled = units.iter().map(|unit| unit * 1.0002).collect();
    assert!(error_of(scaled) > TOLERANCE);
    // Noise of relative norm 0.001.
    let other = Counter::of("other").uniforms(10_000, -1.0, 1.0);
    let noisy = units.iter().zip(&other).map(|(unit, other)| unit + 1e-3 * other).collect();
    assert!(error_of(noisy) > TOLERANCE);
    // Two neighbours swapped everywhere: the same numbers in another order.
    let swapped = units.chunks(2).flat_map(|pair| pair.iter().rev().copied()).collect();
    assert!(error_of(swapped) > TOLERANCE);
    let mut broken = units.clone();
    broken[7] = f32::NAN;
    assert!(error_of(broken) > TOLERANCE);
}
