//! Counts by hand and NumPy's numbers.

use homolog::inside::dissection::{Criteria, DissectionError, Upsampling};
use homolog::network::builder::Conv2d;
use homolog::network::weights::counter::Counter;
use homolog::recording::record::Resources;
use homolog::stimuli::Image;
use homolog::stimuli::generate::labelled_scenes;
use homolog::stimuli::labelled::{Concept, LabelMap, LabelledSet};

use super::{RESOURCES, dissect, dissect_within, image_set, network, pixelwise};
use crate::golden::golden_json;

/// Two images of 4 × 4 pixels: the first six pixels of one and the first two of the other are red.
///
/// Of category x, `a` is on pixels 0 to 3 of the first, `b` on its pixels 8 to 11; of category y, `c` is on pixels 1 to 3 of the
/// second and `d` nowhere.
fn by_hand() -> LabelledSet {
    let image = |n_red: usize| {
        let pixel = |place: usize| if place < n_red { [255, 0, 0] } else { [0, 255, 0] };
        Image::new(4, 4, (0..16).flat_map(pixel).collect()).unwrap()
    };
    let map = |region: &dyn Fn(usize) -> u8, concepts: Vec<Vec<usize>>| LabelMap {
        width: 4,
        height: 4,
        region_of_pixel: (0..16).map(region).collect(),
        concepts_of_region: concepts,
    };
    let first = |place: usize| match place {
        0..4 => 0,
        8..12 => 1,
        _ => LabelMap::UNLABELLED,
    };
    let second = |place: usize| if (1..4).contains(&place) { 0 } else { LabelMap::UNLABELLED };
    let concepts =
        [("x", "a"), ("x", "b"), ("y", "c"), ("y", "d")].map(|(kind, name)| Concept::new(kind, name)).to_vec();
    let maps = vec![map(&first, vec![vec![0], vec![1]]), map(&second, vec![vec![2]])];
    LabelledSet::from_maps(image_set(vec![("one", image(6)), ("two", image(2))]), concepts, maps)
}

#[test]
fn overlaps_are_those_counted_by_hand() {
    let network = pixelwise([4, 4], &[[1.0, 0.0, 0.0], [0.0, 0.0, 1.0]]);
    for upsampling in [Upsampling::Grid, Upsampling::ReceptiveFields] {
        let criteria = Criteria { share: 0.25, upsampling, ..Criteria::default() };
        let found = dissect(&by_hand(), &network, "units", &criteria).unwrap();
        assert_eq!(found.upsampling, upsampling);
        // 8 of 32 pixels are red: the quantile lies a quarter of the way from 0 to 1.
        assert_eq!(found.thresholds, [0.25, 0.0]);
        // Image one alone shows x: 4 of 6 red pixels. Image two alone shows y: 1 pixel of both, 2 red, 3 of c.
        let overlaps: Vec<Option<f64>> = (0..4).map(|concept| found.iou(0, concept)).collect();
        assert_eq!(overlaps, [Some(4.0 / 6.0), Some(0.0), Some(1.0 / 4.0), Some(0.0)]);
        // Nothing is blue: a silent unit is nowhere above its threshold, and with d, which is nowhere, has no overlap at all.
        let silent: Vec<Option<f64>> = (0..4).map(|concept| found.iou(1, concept)).collect();
        assert_eq!(silent, [Some(0.0), Some(0.0), Some(0.0), None]);
        let detectors = found.detectors(0.04);
        assert_eq!((detectors.len(), detectors[0].unit, detectors[0].concept), (1, 0, 0));
        assert_eq!((found.n_detectors(0.04), found.n_unique(0.04)), (vec![1, 0, 0, 0], vec![1, 0]));
        assert_eq!((found.concept_pixels.as_slice(), found.n_pixels), (&[4, 4, 3, 0][..], 32));
        assert_eq!(found.iou(2, 0), None);
        assert_eq!(found.iou(0, 4), None);
        let examples: Vec<usize> = found.examples[0].iter().map(|example| example.image).collect();
        assert_eq!(examples, [0, 1]);
    }
}

const N_IMAGES: usize = 4;
const SIZE: [usize; 2] = [20, 28];

/// The inputs of `goldens/numpy/dissection/make.py`.
fn golden_set() -> LabelledSet {
    let [height, width] = SIZE;
    let (mut images, mut maps) = (Vec::new(), Vec::new());
    let ids = ["0", "1", "2", "3"];
    for (image, id) in ids.iter().enumerate() {
        let values = Counter::of(&format!("dissection image {image}")).uniforms(height * width * 3, 0.0, 1.0);
        let bytes = values.iter().map(|value| (256.0 * value).floor() as u8).collect();
        images.push((*id, Image::new(width, height, bytes).unwrap()));
        let blocks = Counter::of(&format!("dissection labels {image}")).uniforms(height / 4 * width / 4, 0.0, 1.0);
        let region = |pixel: usize| {
            let block = (5.0 * blocks[pixel / width / 4 * (width / 4) + pixel % width / 4]).floor() as u8;
            if block == 4 || (image == 0 && block >= 2) { LabelMap::UNLABELLED } else { block }
        };
        maps.push(LabelMap {
            width,
            height,
            region_of_pixel: (0..width * height).map(region).collect(),
            concepts_of_region: vec![vec![0], vec![1], vec![2], vec![0, 2]],
        });
    }
    let concepts = [("a", "a1"), ("a", "a2"), ("b", "b1")].map(|(kind, name)| Concept::new(kind, name)).to_vec();
    LabelledSet::from_maps(image_set(images), concepts, maps)
}

#[test]
fn thresholds_and_overlaps_are_numpys() {
    let golden = golden_json("numpy/dissection/golden.json");
    let weight = Counter::of("dissection weight").uniforms(5 * 27, -1.0, 1.0);
    let network = network(
        SIZE,
        |b, image| b.conv2d("conv", image, &Conv2d::new(5, 3).stride(2).padding(1).without_bias()),
        &[("conv.weight", &[5, 3, 3, 3], weight)],
    );
    let labelled = golden_set();
    assert_eq!(labelled.set().len(), N_IMAGES);
    for (upsampling, name) in [(Upsampling::Grid, "grid"), (Upsampling::ReceptiveFields, "fields")] {
        let criteria = Criteria { share: golden["share"].as_f64().unwrap(), upsampling, ..Criteria::default() };
        let found = dissect(&labelled, &network, "conv", &criteria).unwrap();
        for (unit, threshold) in found.thresholds.iter().enumerate() {
            let expected = golden["thresholds"][unit].as_f64().unwrap();
            assert!((threshold - expected).abs() < 2e-6, "unit {unit}: {threshold} is not {expected}");
        }
        for concept in 0..3 {
            assert_eq!(golden["concept pixels"][concept].as_u64(), Some(found.concept_pixels[concept]));
            for unit in 0..5 {
                let (iou, expected) =
                    (found.iou(unit, concept).unwrap(), golden[name][unit][concept].as_f64().unwrap());
                assert!(
                    (iou - expected).abs() < 1e-15,
                    "{name}, unit {unit}, concept {concept}: {iou} is not {expected}"
                );
            }
        }
    }
}

#[test]
fn one_thread_or_two_and_responses_kept_or_computed_again_give_the_same_bits() {
    let labelled = labelled_scenes(12, 48, 3).unwrap();
    let network = network([48, 48], |b, image| b.conv2d("conv", image, &Conv2d::new(6, 5).stride(2)), &[]);
    let criteria = Criteria { share: 0.01, ..Criteria::default() };
    let with = |resources: Resources| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(resources.n_threads).build().unwrap();
        let found = pool.install(|| dissect_within(&labelled, &network, "conv", &criteria, resources)).unwrap();
        let overlaps: Vec<Option<f64>> = (0..6)
            .flat_map(|unit| (0..found.concepts.len()).map(move |concept| (unit, concept)))
            .map(|(unit, concept)| found.iou(unit, concept))
            .collect();
        (found.thresholds, overlaps, found.examples)
    };
    let expected = with(RESOURCES);
    assert!(expected.1.iter().flatten().any(|iou| *iou > 0.0));
    assert_eq!(with(Resources { n_threads: 1, ..RESOURCES }), expected);
    // Just enough for one image at a time: no room for all responses, and the network runs twice.
    let enough = (0..200_u64).map(|step| Resources { memory_bytes: (64 << 20) + 16_384 * step, n_threads: 1 });
    let is_enough = |resources: &Resources| dissect_within(&labelled, &network, "conv", &criteria, *resources).is_ok();
    let tight = enough.into_iter().find(is_enough).unwrap();
    assert_eq!(with(tight), expected);
}

#[test]
fn what_cannot_be_dissected_is_said() {
    let labelled = by_hand();
    let network = pixelwise([4, 4], &[[1.0, 0.0, 0.0], [f32::INFINITY, 0.0, 0.0]]);
    for share in [0.0, 1.0, f64::NAN, -0.1] {
        let refused = dissect(&labelled, &network, "units", &Criteria { share, ..Criteria::default() }).unwrap_err();
        assert!(refused.to_string().contains("share of positions"), "{refused}");
    }
    let refused = dissect(&labelled, &network, "units", &Criteria::default()).unwrap_err();
    assert!(matches!(&refused, DissectionError::NotFinite { unit: 1, id, .. } if id == "one"), "{refused}");
    let small = Resources { memory_bytes: 1000, n_threads: 1 };
    let refused = dissect_within(&labelled, &network, "units", &Criteria::default(), small).unwrap_err();
    assert!(refused.to_string().contains("--memory"), "{refused}");
    // Images of another size than the network's.
    let refused = dissect(&labelled, &pixelwise([5, 5], &[[1.0; 3]]), "units", &Criteria::default()).unwrap_err();
    assert!(refused.to_string().contains("[3, 5, 5]"), "{refused}");
}
