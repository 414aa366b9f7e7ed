use std::sync::Arc;

use ndarray::{Array1, Array4};

use super::*;
use crate::network::builder::{Builder, Conv2d};
use crate::network::engine::burn::Burn;
use crate::network::tensor::HostTensor;
use crate::network::weights::fill_random;
use crate::progress::Silent;
use crate::stimuli::IdStyle;

/// One 3 × 3 convolution, stride 2, whose two channels are the red and minus the red in the middle of the window.
fn network() -> Network {
    let (mut b, image) = Builder::new("red", [9, 9]);
    let x = b.conv2d("conv", &image, &Conv2d::new(2, 3).stride(2));
    let mut graph = fill_random(b.finish(&x).unwrap(), 1);
    let mut weight = Array4::zeros((2, 3, 3, 3));
    (weight[[0, 0, 1, 1]], weight[[1, 0, 1, 1]]) = (1.0, -1.0);
    graph.parameters.insert("conv.weight".to_owned(), Arc::new(HostTensor::F32(weight.into_dyn())));
    graph.parameters.insert("conv.bias".to_owned(), Arc::new(HostTensor::F32(Array1::zeros(2).into_dyn())));
    Network::check(graph).unwrap()
}

/// Five black images of 9 × 9 pixels, of which image `i` has one pixel of red 50 i + 5 at a place of its own.
fn folder() -> (tempfile::TempDir, StimulusSet) {
    let folder = tempfile::tempdir().unwrap();
    for (number, [row, column]) in (0..5_usize).zip([[1, 1], [3, 7], [5, 5], [7, 3], [1, 5]]) {
        let mut rgb = vec![0; 9 * 9 * 3];
        rgb[(row * 9 + column) * 3] = 50 * number as u8 + 5;
        let picture = Image::new(9, 9, rgb).unwrap();
        std::fs::write(folder.path().join(format!("{number}.png")), crate::inside::picture::png(&picture).unwrap())
            .unwrap();
    }
    let set = StimulusSet::open(folder.path(), IdStyle::NameWithoutExtension).unwrap();
    (folder, set)
}

#[test]
fn examples_are_ranked_with_the_place_and_the_part_that_the_channel_saw() {
    let network = network();
    let (_kept, set) = folder();
    let preprocessing = Preprocessing::named("unit-9").unwrap();
    let folder = Folder {
        set: &set,
        preprocessing: &preprocessing,
        engine: &Burn::cpu(),
        resources: Resources { memory_bytes: 1 << 30, n_threads: 2 },
    };
    let stages = network.select_stages("conv").unwrap();
    let found = folder.responses(&network, &stages, &Silent, &Cancel::default()).unwrap();
    let responses = &found[0];
    let examples = responses.examples(0, 2, &[0.0, 0.5, 1.0]).unwrap();
    let images = |examples: &[Example]| examples.iter().map(|example| example.image).collect::<Vec<_>>();
    assert_eq!(images(&examples.maximal), [4, 3]);
    // Row 1, column 5 of the image is the middle of the window at row 0, column 2.
    assert_eq!(examples.maximal[0].place, [0, 2]);
    assert!((examples.maximal[0].response - 205.0 / 255.0).abs() < 1e-6);
    assert_eq!(responses.largest(0), Some(examples.maximal[0].response));
    let quantiles: Vec<usize> = examples.quantiles.iter().map(|(_, example)| example.image).collect();
    assert_eq!(quantiles, [0, 2, 4]);
    // Minus the red is lowest where the red is highest.
    let negative = responses.examples(1, 1, &[]).unwrap();
    assert_eq!((negative.minimal[0].image, negative.minimal[0].place), (4, [0, 2]));
    assert_eq!(responses.examples(2, 1, &[]), None);
    let crop = folder.crop(&stages[0], &examples.maximal[0]).unwrap();
    assert_eq!((crop.width(), crop.height(), crop.rgb()[4 * 3]), (3, 3, 205));
}

#[test]
fn a_budget_too_small_for_the_responses_is_refused() {
    let network = network();
    let (_kept, set) = folder();
    let preprocessing = Preprocessing::named("unit-9").unwrap();
    let folder = Folder {
        set: &set,
        preprocessing: &preprocessing,
        engine: &Burn::cpu(),
        resources: Resources { memory_bytes: 200, n_threads: 1 },
    };
    let stages = network.select_stages("conv").unwrap();
    let refused = folder.responses(&network, &stages, &Silent, &Cancel::default()).unwrap_err().to_string();
    assert!(refused.contains("2 channels to 5 images") && refused.contains("--memory"), "{refused}");
}

#[test]
fn what_is_not_a_number_comes_last() {
    let mut responses = [f32::NAN, 1.0, 3.0, f32::NAN, 2.0];
    responses.sort_by(|one, other| descending(*one, *other));
    assert_eq!(responses[..3], [3.0, 2.0, 1.0]);
}

#[test]
fn a_field_that_reaches_beyond_the_image_is_cut_to_it() {
    let field = ReceptiveField { size_px: [7, 7], stride_px: [4, 4], centre_px: [0.0, 0.0] };
    assert_eq!(seen(&field, [0, 1], [9, 9]), [[0, 4], [1, 8]]);
    assert_eq!(seen(&field, [2, 2], [9, 9]), [[5, 9], [5, 9]]);
}
