//! Gradients through whole networks against PyTorch's (`goldens/pytorch/gradients`, which says how they are kept).

use std::path::Path;

use homolog::network::checked::Network;
use homolog::network::engine::burn::{Burn, BurnNetwork, DeviceName, Wrt};
use homolog::network::zoo::{ModelSpec, load};
use ndarray::{Array4, ArrayD, IxDyn};
use serde_json::Value;

use crate::real_data;

/// Largest relative error of a gradient.
const TOLERANCE: f64 = 1e-3;

/// Rows of random signs in the golden's projections.
const ROWS: u64 = 256;

fn golden(network: &str, case: usize) -> Value {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../goldens/pytorch/gradients/golden.json");
    let text = std::fs::read_to_string(&path).expect("the golden");
    let golden: Value = serde_json::from_str(&text).expect("JSON");
    golden[network][case].clone()
}

/// The counter-based generator of the golden script.
fn bits(stream: u64, place: u64) -> u64 {
    let golden_ratio = 0x9E37_79B9_7F4A_7C15_u64;
    let mut z = ((stream << 40) + place).wrapping_mul(golden_ratio).wrapping_add(golden_ratio);
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

fn sign(stream: u64, place: u64) -> f64 {
    if bits(stream, place) >> 63 == 0 { 1.0 } else { -1.0 }
}

fn images(shape: [usize; 4], factor: f32) -> Array4<f32> {
    let n = shape.iter().product::<usize>() as u64;
    let uniform = |place: u64| ((bits(1, place) >> 40) as f64 / f64::from(1 << 23) - 1.0) as f32;
    Array4::from_shape_vec(shape, (0..n).map(|place| uniform(place) * factor).collect()).expect("shaped")
}

/// The relative error of a gradient, estimated from the projections.
fn relative_error(gradient: &ArrayD<f32>, golden: &Value) -> f64 {
    assert_eq!(gradient.len() as u64, golden["n"].as_u64().expect("a count"), "number of elements");
    let norm = golden["norm"].as_f64().expect("a norm");
    let squared: f64 = (0..ROWS)
        .map(|row| {
            let sum: f64 = gradient.iter().enumerate().map(|(i, g)| sign(1000 + row, i as u64) * f64::from(*g)).sum();
            (sum / (ROWS as f64).sqrt() - golden["sketch"][row as usize].as_f64().expect("a number")).powi(2)
        })
        .sum();
    squared.sqrt() / norm
}

/// The network on the processor, and on a GPU when built for one.
fn networks(architecture: &str, file: &str) -> Vec<BurnNetwork> {
    let path = real_data(&format!("weights/{file}"));
    let spec = ModelSpec::parse(&format!("{architecture}@{}", path.display())).expect("read");
    let loaded = load(&spec, |_| Err("nothing is fetched here".into())).expect("loaded");
    let network = Network::check(loaded.graph).expect("checked");
    let mut burns = vec![Burn::cpu()];
    if cfg!(feature = "wgpu") {
        burns.push(Burn::on(DeviceName::Gpu(0)).expect("a GPU"));
    }
    burns.iter().map(|burn| burn.with_gradients(&network)).collect()
}

fn all_agree(networks: Vec<BurnNetwork>, golden: &Value, images: &Array4<f32>) {
    networks.into_iter().for_each(|network| agrees(network, golden, images));
}

/// Compares the gradients of one case of the golden with respect to everything it lists, asked for at once.
fn agrees(mut network: BurnNetwork, golden: &Value, images: &Array4<f32>) {
    let value_of = |network: &BurnNetwork, stage: &str| network.network().stage(stage).expect(stage).value.clone();
    let objective = golden["objective"].as_str().expect("a stage");
    let stage = network.network().stage(objective).expect(objective).clone();
    let shape: Vec<usize> = std::iter::once(images.shape()[0]).chain(stage.shape.iter().copied()).collect();
    let n = shape.iter().product::<usize>() as u64;
    let signs = (0..n).map(|place| sign(2, place) as f32).collect();
    let cotangent = ArrayD::from_shape_vec(IxDyn(&shape), signs).expect("shaped");
    let mut wrt = vec![Wrt::Images];
    let mut expected = vec![("images".to_owned(), golden["images"].clone())];
    for (name, kept) in golden["values"].as_object().expect("values") {
        wrt.push(Wrt::Value(value_of(&network, name)));
        expected.push((name.clone(), kept.clone()));
    }
    for (name, kept) in golden["parameters"].as_object().expect("parameters") {
        wrt.push(Wrt::Parameter(name.clone()));
        expected.push((name.clone(), kept.clone()));
    }
    let objectives = [(stage.value, cotangent.view())];
    let gradients = network.gradient(images.view(), &objectives, &wrt).expect("gradients");
    for (gradient, (name, golden)) in gradients.iter().zip(&expected) {
        let error = relative_error(gradient, golden);
        println!("{:?}: {objective} by {name}: {error:.1e}", network.device());
        assert!(error < TOLERANCE, "{objective} by {name}: relative error {error:.1e}");
        assert!(relative_error(&gradient.mapv(|g| g * 1.01), golden) > TOLERANCE, "1 % would be seen");
    }
}

#[test]
fn squeezenet_gradients_of_a_stage_are_pytorchs() {
    let networks = networks("squeezenet1_1", "squeezenet1_1/squeezenet1_1.pth");
    all_agree(networks, &golden("squeezenet1_1", 0), &images([2, 3, 227, 227], 100.0));
}

#[test]
fn squeezenet_gradients_of_the_output_are_pytorchs() {
    let networks = networks("squeezenet1_1", "squeezenet1_1/squeezenet1_1.pth");
    all_agree(networks, &golden("squeezenet1_1", 1), &images([2, 3, 227, 227], 100.0));
}

#[test]
fn resnet20_gradients_of_a_stage_are_pytorchs() {
    let networks = networks("resnet20_cifar10", "resnet_cifar10_akamaster/resnet20-12fca82f.safetensors");
    all_agree(networks, &golden("resnet20", 0), &images([4, 3, 32, 32], 2.0));
}

#[test]
fn resnet20_gradients_of_the_output_are_pytorchs() {
    let networks = networks("resnet20_cifar10", "resnet_cifar10_akamaster/resnet20-12fca82f.safetensors");
    all_agree(networks, &golden("resnet20", 1), &images([4, 3, 32, 32], 2.0));
}
