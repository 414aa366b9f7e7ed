//! Networks whose units are built to detect a known concept.

use homolog::inside::dissection::{Classes, Criteria, Dissector};
use homolog::network::builder::{Builder, Conv2d, Value};
use homolog::network::checked::Network;
use homolog::network::engine::burn::Burn;
use homolog::network::weights::counter::Counter;
use homolog::progress::{Cancel, Silent};
use homolog::stimuli::Image;
use homolog::stimuli::generate::labelled_scenes;
use homolog::stimuli::labelled::{Concept, LabelMap, LabelledSet};

use super::{RESOURCES, dissect, image_set, network, pixelwise, unchanged};

const SIZE: usize = 96;

/// Directions in which one colour of the generated set is the farthest by a third or more, in any shade (found by a linear program).
const DETECTORS: [(&str, [f32; 3]); 7] = [
    ("red", [2.2, -6.0, -2.5]),
    ("yellow", [-0.4, 2.4, -6.0]),
    ("green", [-5.9, 4.3, -6.0]),
    ("cyan", [-6.0, 1.4, 0.8]),
    ("blue", [-6.0, -4.1, 3.0]),
    ("purple", [0.8, -6.0, 1.7]),
    ("orange", [1.6, 0.0, -6.0]),
];

#[test]
fn every_colour_detector_is_found() {
    let labelled = labelled_scenes(60, SIZE, 11).unwrap();
    let network = pixelwise([SIZE; 2], &DETECTORS.map(|(_, weights)| weights));
    let found = dissect(&labelled, &network, "units", &Criteria { share: 0.01, ..Criteria::default() }).unwrap();
    for (unit, (name, _)) in DETECTORS.iter().enumerate() {
        let best = found.best(unit).unwrap();
        let concept = &found.concepts[best.concept];
        assert_eq!((concept.category.as_str(), concept.name.as_str()), ("colour", *name), "{best:?}");
        // The best that a unit on a hundredth of the pixels can do is that over the concept's share.
        let share = found.concept_pixels[best.concept] as f64 / found.n_pixels as f64;
        let most = (0.01 / share).min(share / 0.01);
        assert!(best.iou > 0.7 * most, "{name}: {} of at most {most}", best.iou);
    }
    assert_eq!(found.n_unique(0.04), [DETECTORS.len(), 0, 0, 0, 0]);
}

const N_TAPS: usize = 15;

/// Sine and cosine under a Gaussian, and their negatives, so that rectified and squared they give the energy of a grating.
fn gabors(orientations_deg: &[f64], period_px: f64) -> Vec<f32> {
    let mut filters = Vec::new();
    let middle = (N_TAPS / 2) as f64;
    for orientation in orientations_deg {
        // The direction across the bars; y down.
        let (sine, cosine) = orientation.to_radians().sin_cos();
        for phase in [0.0, 0.25, 0.5, 0.75] {
            let mut filter = Vec::new();
            for place in 0..N_TAPS * N_TAPS {
                let (x, y) = ((place % N_TAPS) as f64 - middle, (place / N_TAPS) as f64 - middle);
                let envelope = (-(x * x + y * y) / (2.0 * 3.2 * 3.2)).exp();
                let wave = (std::f64::consts::TAU * ((x * sine + y * cosine) / period_px + phase)).cos();
                filter.push((envelope * wave) as f32);
            }
            let mean = filter.iter().sum::<f32>() / filter.len() as f32;
            filter.iter_mut().for_each(|tap| *tap -= mean);
            // Red, green and blue alike.
            (0..3).for_each(|_| filters.extend(&filter));
        }
    }
    filters
}

/// For each orientation the sum of its four phases, averaged over a neighbourhood, less that of the others.
fn texture_detectors(size: usize, orientations_deg: &[f64]) -> Network {
    let n = orientations_deg.len();
    let build = |b: &mut Builder, image: &Value| {
        let x = b.conv2d("gabor", image, &Conv2d::new(4 * n, N_TAPS).padding(N_TAPS / 2).without_bias());
        let x = b.relu("rectified", &x);
        let x = b.conv2d("energy", &x, &Conv2d::new(n, 1).without_bias());
        b.conv2d("pooled", &x, &Conv2d::new(n, 9).padding(4).without_bias())
    };
    let energy: Vec<f32> =
        (0..n).flat_map(|unit| (0..4 * n).map(move |filter| if filter / 4 == unit { 1.0 } else { -0.6 })).collect();
    let pooled: Vec<f32> =
        (0..n).flat_map(|unit| (0..n * 81).map(move |tap| if tap / 81 == unit { 1.0 / 81.0 } else { 0.0 })).collect();
    network(
        [size; 2],
        build,
        &[
            ("gabor.weight", &[4 * n, 3, N_TAPS, N_TAPS], gabors(orientations_deg, 0.043 * size as f64)),
            ("energy.weight", &[n, 4 * n, 1, 1], energy),
            ("pooled.weight", &[n, n, 9, 9], pooled),
        ],
    )
}

#[test]
fn oriented_textures_are_found_by_gabors() {
    let labelled = labelled_scenes(60, 128, 12).unwrap();
    // Across horizontal bars is 0 here, across vertical ones 90, across those that rise to the right 45.
    let network = texture_detectors(128, &[0.0, 90.0, 45.0]);
    let found = dissect(&labelled, &network, "pooled", &Criteria::default()).unwrap();
    for (unit, name) in ["horizontal stripes", "vertical stripes", "diagonal stripes"].into_iter().enumerate() {
        let best = found.best(unit).unwrap();
        let concept = &found.concepts[best.concept];
        assert_eq!((concept.category.as_str(), concept.name.as_str()), ("texture", name), "{best:?}");
        assert!(best.iou > 0.04, "{name}: {}", best.iou);
    }
}

#[test]
fn units_that_see_nothing_of_the_image_overlap_as_chance_has_it() {
    // Every image is its own noise; labels are where they are.
    let labels = labelled_scenes(40, 64, 13).unwrap();
    let (mut images, mut maps) = (Vec::new(), Vec::new());
    let ids: Vec<String> = labels.set().ids().map(str::to_owned).collect();
    for (image, id) in ids.iter().enumerate() {
        let noise = Counter::of(id).uniforms(64 * 64 * 3, 0.0, 255.99);
        images.push((id.as_str(), Image::new(64, 64, noise.iter().map(|value| *value as u8).collect()).unwrap()));
        let masks = labels.masks(image).unwrap();
        let colours = masks.masks.iter().filter(|(concept, _)| *concept < 9).cloned().collect::<Vec<_>>();
        let region = |pixel: usize| {
            let found = colours.iter().position(|(_, mask)| mask[pixel]);
            found.map_or(LabelMap::UNLABELLED, |place| place as u8)
        };
        maps.push(LabelMap {
            width: 64,
            height: 64,
            region_of_pixel: (0..64 * 64).map(region).collect(),
            concepts_of_region: colours.iter().map(|(concept, _)| vec![*concept]).collect(),
        });
    }
    let random = LabelledSet::from_maps(image_set(images), labels.concepts()[..9].to_vec(), maps);
    let rows: Vec<[f32; 3]> = (0..12)
        .map(|unit| <[f32; 3]>::try_from(Counter::of(&format!("row {unit}")).uniforms(3, -1.0, 1.0)).unwrap())
        .collect();
    let share = 0.02;
    let found =
        dissect(&random, &pixelwise([64; 2], &rows), "units", &Criteria { share, ..Criteria::default() }).unwrap();
    for concept in 0..9 {
        // Independent of the labels: share × s pixels in both, of share + s - share × s.
        let s = found.concept_pixels[concept] as f64 / found.n_pixels as f64;
        let chance = share * s / (share + s - share * s);
        let mean = (0..12).map(|unit| found.iou(unit, concept).unwrap()).sum::<f64>() / 12.0;
        assert!((mean - chance).abs() < 0.25 * chance, "concept {concept}: {mean} is not near {chance}");
        assert!((0..12).all(|unit| found.iou(unit, concept).unwrap() < 2.0 * chance));
    }
    assert!(found.detectors(0.04).is_empty());
}

/// Grey images with a square of one of three colours; three detectors, and three classes that read them.
fn coloured_squares() -> (LabelledSet, Network, Vec<String>) {
    let colours = [("blue", [20, 20, 230]), ("green", [20, 200, 20]), ("red", [220, 20, 20])];
    let (mut images, mut maps, mut labels) = (Vec::new(), Vec::new(), Vec::new());
    let ids: Vec<String> = (0..12).map(|image| format!("square {image}")).collect();
    for (image, id) in ids.iter().enumerate() {
        let (name, colour) = colours[image % 3];
        let is_in =
            |pixel: usize| (4 + image / 3..8 + image / 3).contains(&(pixel % 16)) && (4..8).contains(&(pixel / 16));
        let rgb = (0..256).flat_map(|pixel| if is_in(pixel) { colour } else { [110; 3] }).collect();
        images.push((id.as_str(), Image::new(16, 16, rgb).unwrap()));
        let region = |pixel: usize| if is_in(pixel) { 0 } else { LabelMap::UNLABELLED };
        maps.push(LabelMap {
            width: 16,
            height: 16,
            region_of_pixel: (0..256).map(region).collect(),
            concepts_of_region: vec![vec![image % 3]],
        });
        labels.push(name.to_owned());
    }
    let concepts = colours.map(|(name, _)| Concept::new("colour", name)).to_vec();
    let labelled = LabelledSet::from_maps(image_set(images), concepts, maps);
    let build = |b: &mut Builder, image: &Value| {
        let x = b.conv2d("units", image, &Conv2d::new(3, 1).without_bias());
        let x = b.relu("rectified", &x);
        let x = b.adaptive_avg_pool2d("pool", &x, 1);
        let x = b.flatten("flat", &x);
        b.linear("classes", &x, 3)
    };
    let identity = (0..9).map(|place| if place % 4 == 0 { 10.0 } else { 0.0 }).collect();
    let network = network(
        [16; 2],
        build,
        &[
            ("units.weight", &[3, 3, 1, 1], vec![-1.0, -1.0, 2.0, -1.0, 2.0, -1.0, 2.0, -1.0, -1.0]),
            ("classes.weight", &[3, 3], identity),
            ("classes.bias", &[3], vec![0.0; 3]),
        ],
    );
    (labelled, network, labels)
}

#[test]
fn without_the_detectors_of_a_concept_its_class_alone_is_lost() {
    let (labelled, network, labels) = coloured_squares();
    let (preprocessing, engine) = (unchanged(), Burn::cpu());
    let dissector =
        Dissector { labelled: &labelled, preprocessing: &preprocessing, engine: &engine, resources: RESOURCES };
    // A square is 16 of 256 pixels in a third of the images: a little less than this share.
    let criteria = Criteria { share: 0.025, ..Criteria::default() };
    let found = dissect(&labelled, &network, "rectified", &criteria).unwrap();
    let detectors = found.detectors(0.04);
    assert_eq!(detectors.len(), 3);
    let groups: Vec<Vec<usize>> = (0..3)
        .map(|concept| detectors.iter().filter(|one| one.concept == concept).map(|one| one.unit).collect())
        .collect();
    assert_eq!(groups, [[0], [1], [2]]);
    let classes = Classes::from_labels(&labels, 3).unwrap();
    let effects = dissector.ablate(&network, "rectified", &groups, &classes, &Silent, &Cancel::default()).unwrap();
    for (concept, effect) in effects.iter().enumerate() {
        assert_eq!(effect.before.accuracy, 1.0);
        assert!((effect.after.accuracy - 2.0 / 3.0).abs() < 1e-12);
        for class in &effect.classes {
            assert_eq!(class.n_images, 4);
            assert_eq!(class.before.accuracy, 1.0);
            let is_lost = class.class == concept;
            assert_eq!(class.after.accuracy, if is_lost { 0.0 } else { 1.0 }, "{} without {concept}", class.name);
            if is_lost {
                assert_eq!(class.after.mean_output, 0.0);
            } else {
                assert_eq!(class.after.mean_output, class.before.mean_output);
            }
        }
    }
}

#[test]
fn examples_are_light_where_the_unit_responds_and_dark_elsewhere() {
    let (labelled, network, _) = coloured_squares();
    let (preprocessing, engine) = (unchanged(), Burn::cpu());
    let dissector =
        Dissector { labelled: &labelled, preprocessing: &preprocessing, engine: &engine, resources: RESOURCES };
    let criteria = Criteria { share: 0.025, n_examples: 2, ..Criteria::default() };
    let found = dissect(&labelled, &network, "rectified", &criteria).unwrap();
    let shown = dissector.examples(&network, &found, &[2, 0], &Cancel::default()).unwrap();
    assert_eq!((shown.len(), shown[0].len()), (2, 2));
    // The first red square is image 2, at rows and columns 4 to 7.
    assert_eq!(shown[0][0].example.image, 2);
    let pixel = |x: usize, y: usize| &shown[0][0].picture.rgb()[3 * (y * 16 + x)..][..3];
    assert_eq!(pixel(5, 5), [220, 20, 20]);
    assert_eq!(pixel(0, 0), [24, 24, 24]);
}

#[test]
fn a_network_without_classes_and_classes_that_do_not_fit_are_refused() {
    let (labelled, network, labels) = coloured_squares();
    let (preprocessing, engine) = (unchanged(), Burn::cpu());
    let dissector =
        Dissector { labelled: &labelled, preprocessing: &preprocessing, engine: &engine, resources: RESOURCES };
    let classes = Classes::from_labels(&labels, 3).unwrap();
    let ablate = |network: &Network, units: Vec<usize>, classes: &Classes| {
        let stage = network.stages().next().unwrap().name.clone();
        let refused = dissector.ablate(network, &stage, &[units], classes, &Silent, &Cancel::default());
        refused.unwrap_err().to_string()
    };
    let maps = pixelwise([16; 2], &[[1.0; 3]]);
    let said = ablate(&maps, vec![0], &classes);
    assert!(said.contains("an output of shape [1, 16, 16]") && said.contains("classifier"), "{said}");
    assert!(ablate(&network, vec![3], &classes).contains("channel 3 of \"units\": it has 3"));
    let few = Classes::from_labels(&labels[..3], 3).unwrap();
    assert!(ablate(&network, vec![0], &few).contains("3 classes were given for 12 images"));
}
