use std::collections::BTreeMap;
use std::sync::Arc;

use homolog_stats::umap::{Distance, Umap};
use ndarray::{Array1, Array2, Array3, Array4, Axis};

use super::*;
use crate::inside::examples::Folder;
use crate::inside::image::{Colour, InputMap, Parameterisation};
use crate::inside::optimise::{Look, Settings as LookSettings, Surroundings};
use crate::inside::transform::Regularizer;
use crate::network::builder::{Builder, Conv2d};
use crate::network::checked::{Network, Stage};
use crate::network::engine::Engine as _;
use crate::network::engine::burn::Burn;
use crate::network::tensor::HostTensor;
use crate::network::weights::fill_random;
use crate::progress::{Cancel, Silent};
use crate::recording::record::Resources;
use crate::stimuli::generate::Random;
use crate::stimuli::{IdStyle, Image, Preprocessing, StimulusSet};

const RESOURCES: Resources = Resources { memory_bytes: 1 << 30, n_threads: 2 };

/// conv (4 channels of 12 × 12) whose channels are red, green, blue and the contrast of neighbouring columns; pooled into
/// three classes.
fn network() -> Network {
    let (mut b, image) = Builder::new("colours", [12, 12]);
    let x = b.conv2d("conv", &image, &Conv2d::new(4, 3).padding(1).without_bias());
    let x = b.relu("relu", &x);
    let pooled = b.adaptive_avg_pool2d("pool", &x, 1);
    let flat = b.flatten("flatten", &pooled);
    let logits = b.linear("fc", &flat, 3);
    let mut graph = fill_random(b.finish(&logits).unwrap(), 1);
    let mut weights = Array4::zeros((4, 3, 3, 3));
    for colour in 0..3 {
        for other in 0..3 {
            weights[[colour, other, 1, 1]] = if colour == other { 1.0 } else { -0.5 };
        }
        (weights[[3, colour, 1, 0]], weights[[3, colour, 1, 1]], weights[[3, colour, 1, 2]]) = (-1.0, 2.0, -1.0);
    }
    graph.parameters.insert("conv.weight".to_owned(), Arc::new(HostTensor::F32(weights.into_dyn())));
    let classes = Array2::from_shape_fn((3, 4), |(class, channel)| if class == channel { 1.0 } else { 0.0 });
    graph.parameters.insert("fc.weight".to_owned(), Arc::new(HostTensor::F32(classes.into_dyn())));
    Network::check(graph).unwrap()
}

/// Noisy images, number n mostly of colour n modulo 3.
fn images(folder: &std::path::Path, n: usize) -> StimulusSet {
    for number in 0..n {
        let mut random = Random::stream(5, number as u64);
        let mut rgb = Vec::new();
        for _ in 0..144 {
            rgb.extend((0..3).map(|colour| {
                let level = if colour == number % 3 { 200.0 } else { 40.0 };
                (level + 40.0 * random.uniform()) as u8
            }));
        }
        let picture = Image::new(12, 12, rgb).unwrap();
        std::fs::write(folder.join(format!("{number:03}.png")), crate::inside::picture::png(&picture).unwrap())
            .unwrap();
    }
    StimulusSet::open(folder, IdStyle::default()).unwrap()
}

fn recorded(set: &StimulusSet, stage: &str, sampling: (Sampling, u64)) -> Result<Sampled, AtlasError> {
    let preprocessing = Preprocessing { scale: crate::stimuli::Scale::ZeroToOne, ..plain() };
    let folder = Folder { set, preprocessing: &preprocessing, engine: &Burn::cpu(), resources: RESOURCES };
    Sampled::record(&network(), stage, &folder, sampling, &Silent, &Cancel::default())
}

/// 12 × 12 pixels from 0 to 1.
fn plain() -> Preprocessing {
    let mut plain = Preprocessing::named("torchvision").unwrap();
    (plain.mean, plain.std) = ([0.0; 3], [1.0; 3]);
    plain.steps.clear();
    plain
}

fn settings() -> Settings {
    let umap = Umap { n_neighbours: 8, distance: Distance::Cosine, ..Umap::default() };
    Settings { n_cells: 5, umap, classes: vec![1], n_class_images: 10, seed: 4 }
}

/// Vectors of three directions, in turn, with noise.
fn planted(n: usize) -> Sampled {
    let mut random = Random::new(9);
    let vectors = Array2::from_shape_fn((n, 6), |(image, channel)| {
        (if channel == image % 3 { 5.0 } else { 0.5 }) + random.uniform() as f32
    });
    let logits = vectors.slice(ndarray::s![.., ..3]).to_owned();
    let stage = network().stage("relu").unwrap().clone();
    Sampled {
        stage: Stage { shape: vec![6, 2, 2], ..stage },
        vectors,
        positions: vec![None; n],
        logits: Some(logits),
        attributions: BTreeMap::new(),
    }
}

#[test]
fn clusters_of_activations_stay_together_and_counts_add_up() {
    let atlas = Atlas::new(planted(120), "planted", &settings()).unwrap();
    assert!(atlas.trustworthiness.unwrap() > 0.9, "{:?}", atlas.trustworthiness);
    let centre = |kind: usize| {
        let rows: Vec<usize> = (kind..120).step_by(3).collect();
        atlas.places.select(Axis(0), &rows).mean_axis(Axis(0)).unwrap()
    };
    let centres: Vec<Array1<f64>> = (0..3).map(centre).collect();
    for (image, place) in atlas.places.outer_iter().enumerate() {
        assert!(place.iter().all(|x| (0.0..=1.0).contains(x)));
        let distance = |kind: usize| (&place - &centres[kind]).mapv(|d| d * d).sum();
        let nearest = (0..3).min_by(|a, b| distance(*a).total_cmp(&distance(*b))).unwrap();
        assert_eq!(nearest, image % 3, "image {image}");
    }
    let members = |layer: &Layer| -> Vec<usize> {
        let mut all: Vec<usize> = layer.cells.iter().flat_map(|cell| cell.members.clone()).collect();
        all.sort_unstable();
        all
    };
    assert_eq!(members(&atlas.layers[0]), (0..120).collect::<Vec<_>>());
    // Class 1 is driven by channel 1: by images 1, 4, 7, …
    let of_class = members(&atlas.layers[1]);
    assert_eq!(of_class.len(), 10);
    assert!(of_class.iter().all(|image| image % 3 == 1), "{of_class:?}");
}

#[test]
fn the_images_of_a_class_are_those_whose_vectors_add_most_to_it() {
    let folder = tempfile::tempdir().unwrap();
    let set = images(folder.path(), 30);
    let preprocessing = Preprocessing { scale: crate::stimuli::Scale::ZeroToOne, ..plain() };
    let images = Folder { set: &set, preprocessing: &preprocessing, engine: &Burn::cpu(), resources: RESOURCES };
    for (stage, sampling, share) in [
        ("relu", Sampling::RandomPosition, 1.0 / 144.0),
        ("relu", Sampling::Mean, 1.0),
        ("flatten", Sampling::Mean, 1.0),
    ] {
        let mut sampled = recorded(&set, stage, (sampling, 3)).unwrap();
        sampled.attribute(&network(), &[1, 2], &images, &Silent, &Cancel::default()).unwrap();
        // Class c is the mean of channel c over 144 positions: a vector adds its channel c, at its own position alone a 144th of it.
        for class in [1, 2] {
            for (image, added) in sampled.attributions[&class].iter().enumerate() {
                let expected = share * f64::from(sampled.vectors[[image, class]]);
                assert!((added - expected).abs() < 1e-6, "{stage} {image}: {added}, not {expected}");
            }
        }
        // Were outputs to choose, they would choose image 0.
        sampled.logits.as_mut().unwrap()[[0, 1]] = 1e6;
        let umap = Umap { n_neighbours: 5, ..Umap::default() };
        let settings = Settings { umap, n_class_images: 10, ..settings() };
        let added = sampled.attributions[&1].clone();
        let atlas = Atlas::new(sampled, "colours", &settings).unwrap();
        let cells = &atlas.layers[1].cells;
        let members: Vec<usize> = cells.iter().flat_map(|cell| cell.members.clone()).collect();
        assert!(members.len() == 10 && members.iter().all(|image| image % 3 == 1), "{members:?}");
        for cell in cells {
            let mean = cell.members.iter().map(|image| added[*image]).sum::<f64>() / cell.members.len() as f64;
            assert!((cell.attribution.unwrap() - mean).abs() < 1e-12);
        }
        assert!(atlas.layers[0].cells.iter().all(|cell| cell.attribution.is_none()));
    }
    // Nothing after the classes adds to them.
    let mut beside = recorded(&set, "relu", (Sampling::Mean, 3)).unwrap();
    let refused = beside.attribute(&network(), &[7], &images, &Silent, &Cancel::default()).unwrap_err().to_string();
    assert!(refused.contains("class 7") && refused.contains("3 classes"), "{refused}");
}

#[test]
fn the_average_of_a_cell_is_exactly_that_of_its_members() {
    let atlas = Atlas::new(planted(120), "planted", &settings()).unwrap();
    for cell in atlas.layers.iter().flat_map(|layer| &layer.cells) {
        for (channel, found) in cell.mean.iter().enumerate() {
            let column = atlas.sampled.vectors.column(channel);
            let sum: f64 = cell.members.iter().map(|member| f64::from(column[*member])).sum();
            assert_eq!(*found, (sum / cell.members.len() as f64) as f32);
        }
        let place = |member: &usize| (atlas.places[[*member, 1]], atlas.places[[*member, 0]]);
        for (down, across) in cell.members.iter().map(place) {
            assert_eq!(((down * 5.0) as usize).min(4), cell.row);
            assert_eq!(((across * 5.0) as usize).min(4), cell.column);
        }
        // A cell of one kind drives that kind's class above all.
        let kind = cell.members[0] % 3;
        if cell.members.iter().all(|member| member % 3 == kind) {
            assert_eq!(cell.classes[0].0, kind);
        }
    }
}

#[test]
fn a_seed_reproduces_an_atlas() {
    let places = |seed| Atlas::new(planted(60), "planted", &Settings { seed, ..settings() }).unwrap().places;
    assert_eq!(places(4), places(4));
    assert_ne!(places(4), places(5));
}

#[test]
fn places_lie_between_quantiles_and_far_points_at_the_edge() {
    let mut layout = Array2::from_shape_fn((101, 2), |(point, axis)| (point * (axis + 1)) as f64);
    layout[[100, 0]] = 1e6;
    let places = grid::placed(&layout);
    // Percentiles 1 and 99 are 1 and 99, extent 98, margin 9.8: 50 is in the middle.
    assert!((places[[50, 0]] - 0.5).abs() < 1e-12 && (places[[1, 0]] - 9.8 / 117.6).abs() < 1e-12);
    assert_eq!(places[[100, 0]], 1.0);
    assert!(grid::placed(&Array2::zeros((3, 2))).iter().all(|x| x.is_finite()));
}

#[test]
fn sampled_vectors_are_the_stages_responses_at_the_positions_told() {
    let folder = tempfile::tempdir().unwrap();
    let set = images(folder.path(), 20);
    let sampled = recorded(&set, "relu", (Sampling::RandomPosition, 3)).unwrap();
    let network = network();
    let mut session = Burn::cpu().open(&network, &["relu".to_owned()]).unwrap();
    let mut distinct = std::collections::BTreeSet::new();
    let mut reader = crate::stimuli::SourceReader::new(crate::stimuli::Limits::default());
    for (image, stimulus) in set.stimuli().iter().enumerate() {
        let picture = reader.image(stimulus, [0; 3]).unwrap();
        let pixels =
            Array3::from_shape_fn((3, 12, 12), |(c, y, x)| f32::from(picture.rgb()[(y * 12 + x) * 3 + c]) / 255.0);
        let row = session.run(pixels.insert_axis(Axis(0)).view()).unwrap().remove(0);
        let [y, x] = sampled.positions[image].unwrap();
        assert!((1..11).contains(&y) && (1..11).contains(&x), "not at the edge");
        distinct.insert((y, x));
        for channel in 0..4 {
            let found = sampled.vectors[[image, channel]];
            assert!((found - row[[0, channel * 144 + y * 12 + x]]).abs() < 1e-6);
        }
    }
    assert!(distinct.len() > 10);
    assert_eq!(sampled.logits.as_ref().unwrap().dim(), (20, 3));
    assert_eq!(recorded(&set, "relu", (Sampling::RandomPosition, 3)).unwrap().vectors, sampled.vectors);
    assert_ne!(recorded(&set, "relu", (Sampling::RandomPosition, 4)).unwrap().vectors, sampled.vectors);
    // The mean over positions is what the pool gives.
    let means = recorded(&set, "relu", (Sampling::Mean, 3)).unwrap().vectors;
    let pooled = recorded(&set, "flatten", (Sampling::RandomPosition, 3)).unwrap().vectors;
    assert!(means.iter().zip(&pooled).all(|(mean, pooled)| (mean - pooled).abs() < 1e-5));
}

#[test]
fn whitening_discounts_what_is_always_active() {
    // Channel 0 is 10 always; channels 1 and 2 take turns.
    let vectors = Array2::from_shape_fn((40, 3), |(image, channel)| match channel {
        0 => 10.0,
        other => {
            if image % 2 == other - 1 {
                1.0
            } else {
                0.0
            }
        }
    });
    let sampled = Sampled { vectors, ..planted(40) };
    let mean = Array1::from(vec![10.0_f32, 1.0, 0.0]);
    let plain = Directions::of(&sampled, Direction::Mean).unwrap().of_mean(&mean).unwrap();
    assert!(plain[0] > 0.99 && (plain.iter().map(|x| x * x).sum::<f32>() - 1.0).abs() < 1e-6);
    let whitened = Directions::of(&sampled, Direction::Whitened { shrinkage: 0.001 }).unwrap().of_mean(&mean).unwrap();
    // What tells the two kinds apart is channel 1 less channel 2: (0, 1, -1) / √2.
    assert!(whitened[1] > 0.7 && whitened[2] < -0.7 && whitened[0].abs() < 0.1, "{whitened:?}");
    // By hand: C x = m, for the matrix that was inverted.
    let products = icon::products(&sampled.vectors, 0.001);
    let back = products.dot(&Array1::from_iter(whitened.iter().map(|x| f64::from(*x))));
    let factor = back[0] / 10.0;
    assert!((back[1] - factor).abs() < 1e-4 * factor && back[2].abs() < 1e-4 * factor, "{back:?}");
    assert_eq!(Directions::of(&sampled, Direction::Mean).unwrap().of_mean(&Array1::zeros(3)), None);
}

#[test]
fn the_icon_of_a_planted_direction_shows_its_pattern() {
    let network = network();
    let shape = |mean: [f32; 4]| GridCell {
        row: 0,
        column: 0,
        members: vec![0],
        mean: Array1::from(mean.to_vec()),
        classes: Vec::new(),
        attribution: None,
    };
    let cells =
        vec![shape([1.0, 0.0, 0.0, 0.0]), shape([0.0, 0.0, 1.0, 0.0]), shape([0.0, 0.0, 0.0, 1.0]), shape([0.0; 4])];
    let layer = Layer { class: None, cells };
    let directions = Directions::of(&planted(30), Direction::Mean).unwrap();
    let aims = layer.aims(&network, "relu", &directions, 1).unwrap();
    // A mean of 0 has no direction, and no icon.
    assert_eq!(aims.iter().map(|(place, _)| *place).collect::<Vec<_>>(), [0, 1, 2]);
    assert!(layer.aims(&network, "relu", &directions, 2).unwrap().is_empty());
    let settings = LookSettings {
        parameterisation: Parameterisation::Pixels,
        colour: Colour::Plain,
        recipe: Regularizer::None.recipe(),
        size: [12, 12],
        n_images: 1,
        n_steps: 60,
        learning_rate: 0.1,
        seed: 0,
        magnitudes: None,
        start: None,
    };
    let look =
        Look { network: &network, input: InputMap::unchanged(3), settings, prior: None, identity: String::new() };
    let watch = |_: usize, _: usize, _: f64| {};
    let cancel = Cancel::default();
    let around = Surroundings { resources: RESOURCES, progress: &Silent, watch: &watch, cancel: &cancel, store: None };
    let aims: Vec<_> = aims.into_iter().map(|(_, aim)| aim).collect();
    let made = look.optimise(&aims, &around).unwrap();
    let levels = |image: &Array3<f32>| [0, 1, 2].map(|colour| image.index_axis(Axis(0), colour).mean().unwrap());
    let red = levels(&made[0].images[0]);
    assert!(red[0] > red[1] + 0.3 && red[0] > red[2] + 0.3, "{red:?}");
    let blue = levels(&made[1].images[0]);
    assert!(blue[2] > blue[0] + 0.3 && blue[2] > blue[1] + 0.3, "{blue:?}");
    // Neighbouring columns differ.
    let striped = made[2].images[0].sum_axis(Axis(0));
    let contrast = |image: &Array2<f32>| {
        let pairs = image
            .rows()
            .into_iter()
            .flat_map(|row| row.windows(2).into_iter().map(|w| (w[0] - w[1]).abs()).collect::<Vec<_>>());
        let all: Vec<f32> = pairs.collect();
        all.iter().sum::<f32>() / all.len() as f32
    };
    let flat = made[0].images[0].sum_axis(Axis(0));
    assert!(contrast(&striped) > 2.0 * contrast(&flat), "{} {}", contrast(&striped), contrast(&flat));
}

#[test]
fn what_cannot_be_drawn_is_refused_in_words() {
    let refused = |settings: Settings, n: usize| Atlas::new(planted(n), "planted", &settings).unwrap_err().to_string();
    for (settings, n, words) in [
        (Settings { n_cells: 0, ..settings() }, 60, ["grid of 0", "at least 1"]),
        (Settings { n_cells: 1000, ..settings() }, 60, ["grid of 1000", "at most 200"]),
        (settings(), 7, ["7 images by 8 neighbours", "--neighbours 6"]),
        (Settings { classes: vec![3], ..settings() }, 60, ["class 3", "3 classes (0 to 2)"]),
        (Settings { n_class_images: 0, ..settings() }, 60, ["images of a class of 0", "at least 1"]),
    ] {
        let refused = refused(settings, n);
        assert!(words.iter().all(|word| refused.contains(word)), "{refused}");
    }
    let no_classes = Sampled { logits: None, ..planted(60) };
    assert!(Atlas::new(no_classes, "planted", &settings()).unwrap_err().to_string().contains("has 0 classes"));
    let folder = tempfile::tempdir().unwrap();
    let set = images(folder.path(), 2);
    let unknown = recorded(&set, "rely", (Sampling::Mean, 0)).unwrap_err().to_string();
    assert!(unknown.contains("no layer \"rely\"") && unknown.contains("\"relu\""), "{unknown}");
}
