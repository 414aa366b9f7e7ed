//! Expanded weights of a trained network against the products of its own parameters, and an atlas over the sample images.

use homolog::inside::atlas::{Atlas, Sampled, Sampling, Settings};
use homolog::inside::circuit::{Circuit, Slopes, Strongest, expanded_weights, share_active, stages_before};
use homolog::inside::examples::Folder;
use homolog::network::checked::Network;
use homolog::network::engine::burn::Burn;
use homolog::network::tensor::HostTensor;
use homolog::network::zoo::{ModelSpec, load};
use homolog::progress::{Cancel, Silent};
use homolog::recording::record::Resources;
use homolog::stimuli::{IdStyle, Preprocessing, StimulusSet};
use homolog_stats::umap::{Distance, Umap};

use crate::real_data;

fn squeezenet() -> (Network, Preprocessing) {
    let path = real_data("weights/squeezenet1_1/squeezenet1_1.pth");
    let spec = ModelSpec::parse(&format!("squeezenet1_1@{}", path.display())).expect("read");
    let loaded = load(&spec, |_| Err("nothing is fetched here".into())).expect("loaded");
    let preprocessing = Preprocessing::named(loaded.recipe.expect("a recipe")).expect("known");
    (Network::check(loaded.graph).expect("checked"), preprocessing)
}

fn images() -> StimulusSet {
    StimulusSet::open(&real_data("imagenet_sample_1000"), IdStyle::NameWithoutExtension).expect("images")
}

fn parameter(network: &Network, name: &str) -> ndarray::Array4<f64> {
    let HostTensor::F32(weights) = &*network.graph().parameters[name] else { panic!("floats") };
    weights.mapv(f64::from).into_dimensionality().expect("a convolution")
}

#[test]
fn weights_between_fire_modules_of_squeezenet_are_the_products_of_their_convolutions() {
    let (network, _) = squeezenet();
    let squeeze = parameter(&network, "features.10.squeeze.weight");
    let three = parameter(&network, "features.10.expand3x3.weight");
    let n_first = parameter(&network, "features.10.expand1x1.weight").dim().0;
    for channel in [0, 17, 100] {
        let found = expanded_weights(&network, "features.9", "features.10", &[n_first + channel], &Slopes::One)
            .expect("a path")
            .remove(0);
        assert_eq!((found.weights.dim(), found.is_cut), ((384, 3, 3), false));
        let largest = found.weights.iter().fold(0.0_f32, |most, weight| weight.abs().max(most));
        for ((input, row, column), found) in found.weights.indexed_iter() {
            let products = (0..squeeze.dim().0).map(|m| three[[channel, m, row, column]] * squeeze[[m, input, 0, 0]]);
            let expected: f64 = products.sum();
            assert!((f64::from(*found) - expected).abs() < 1e-5 * f64::from(largest), "{found} is not {expected}");
        }
    }
}

#[test]
fn slopes_over_images_lie_between_silence_and_activity() {
    let (network, preprocessing) = squeezenet();
    let set = images().slice(0..32);
    let folder = Folder {
        set: &set,
        preprocessing: &preprocessing,
        engine: &Burn::cpu(),
        resources: Resources::with_threads(2),
    };
    let slopes = share_active(&network, "features.10", &folder, &Silent, &Cancel::default()).expect("recorded");
    let Slopes::ShareActive(shares) = &slopes else { panic!("shares") };
    // The first convolution's, and three of each of the six fire modules up to features.10.
    assert_eq!(shares.len(), 1 + 3 * 6);
    let all: Vec<f32> = shares.values().flatten().copied().collect();
    assert!(all.iter().all(|share| (0.0..=1.0).contains(share)));
    let mean = all.iter().sum::<f32>() / all.len() as f32;
    assert!((0.1..0.9).contains(&mean), "{mean}");
    let through = stages_before(&network, "features.10", 2).expect("blocks");
    assert_eq!(through, ["features.9", "features.7"]);
    let circuit = Circuit { network: &network, slopes: &slopes, through, breadth: 3, by: Strongest::Norm };
    let tree = circuit.tree(&"features.10:3".parse().expect("read")).expect("a tree");
    assert_eq!(tree.all().len(), 1 + 3 + 9);
}

#[test]
fn an_atlas_of_squeezenet_keeps_neighbours_and_counts_every_image() {
    let (network, preprocessing) = squeezenet();
    let set = images();
    let folder = Folder {
        set: &set,
        preprocessing: &preprocessing,
        engine: &Burn::cpu(),
        resources: Resources::with_threads(2),
    };
    let sampled = Sampled::record(&network, "features.12", &folder, (Sampling::Mean, 0), &Silent, &Cancel::default())
        .expect("recorded");
    let umap = Umap { n_neighbours: 20, min_distance: 0.01, distance: Distance::Cosine, ..Umap::default() };
    let settings = Settings { n_cells: 8, umap, classes: vec![207], n_class_images: 50, seed: 0 };
    let atlas = Atlas::new(sampled, "squeezenet1_1", &settings).expect("laid out");
    let counts: Vec<usize> =
        atlas.layers.iter().map(|layer| layer.cells.iter().map(|cell| cell.members.len()).sum()).collect();
    assert_eq!(counts, [1000, 50]);
    let trust = atlas.trustworthiness.expect("1,000 images");
    println!("trustworthiness {trust:.4}, {} cells", atlas.layers[0].cells.len());
    assert!(trust > 0.8, "{trust}");
}
