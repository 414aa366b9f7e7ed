use std::sync::Arc;

use ndarray::Array2;

use super::*;
use crate::inside::image::InputMap;
use crate::network::builder::{Builder, Conv2d};
use crate::network::checked::Network;
use crate::network::engine::burn::Burn;
use crate::network::tensor::HostTensor;
use crate::network::weights::fill_random;
use crate::progress::{Cancel, Silent};
use crate::recording::record::Resources;
use crate::stimuli::generate::Random;
use crate::stimuli::{Image, Preprocessing, StimulusSet};
use crate::synthesis::SynthesisError;

fn network() -> Network {
    let (mut b, image) = Builder::new("small", [16, 16]);
    let x = b.conv2d("conv1", &image, &Conv2d::new(6, 3).padding(1));
    let x = b.relu("relu1", &x);
    let x = b.conv2d("conv2", &x, &Conv2d::new(4, 3).stride(2));
    Network::check(fill_random(b.finish(&x).unwrap(), 4)).unwrap()
}

fn images(n: usize) -> StimulusSet {
    let image = |place: usize| {
        let mut random = Random::stream(2, place as u64);
        let rgb = (0..16 * 16 * 3).map(|_| random.index(256) as u8).collect();
        (format!("image{place}"), Image::new(16, 16, rgb).unwrap(), std::collections::BTreeMap::new())
    };
    StimulusSet::from_images((0..n).map(image)).unwrap()
}

fn distributions(set: &StimulusSet, memory_bytes: u64) -> Result<Vec<Null>, SynthesisError> {
    let network = network();
    let preprocessing = Preprocessing::find("torchvision-16").unwrap();
    let plan = NullPlan {
        set,
        preprocessing: &preprocessing,
        engine: &Burn::cpu(),
        resources: Resources { memory_bytes, n_threads: 2 },
    };
    let stages = network.select_stages("conv1,conv2").unwrap();
    plan.distributions(&network, &stages, &Silent, &Cancel::default())
}

#[test]
fn likeness_is_that_of_the_definitions() {
    let (a, b) = ([1.0, 2.0, 3.0, 5.0], [1.0, 2.0, 4.0, 3.0]);
    let found = Likeness::of(&a, &b).unwrap();
    // Ranks 1 2 3 4 and 1 2 4 3: 1 − 6 · 2 / (4 · 15) = .8. Deviations: Σ 3.5, squares 8.75 and 5.
    assert!((found.spearman - 0.8).abs() < 1e-12);
    assert!((found.pearson - 4.5 / (8.75_f64 * 5.0).sqrt()).abs() < 1e-12, "{}", found.pearson);
    // 39 against 0 + 0 + 1 + 4.
    assert!((found.signal_to_noise_db - 10.0 * (39.0_f64 / 5.0).log10()).abs() < 1e-12);
    assert!(Likeness::of(&a, &[2.0; 4]).is_none());
}

#[test]
fn a_null_distribution_holds_each_pair_of_a_group_once() {
    // 50 images: 48 paired among themselves and 2.
    let set = images(50);
    let nulls = distributions(&set, 2 << 30).unwrap();
    assert_eq!(nulls.iter().map(|null| null.stage.as_str()).collect::<Vec<_>>(), ["conv1", "conv2"]);
    for null in &nulls {
        assert_eq!((null.pearson.len(), null.spearman.len(), null.n_images), (48 * 47 / 2 + 1, 48 * 47 / 2 + 1, 50));
        assert!(null.spearman.is_sorted() && null.pearson.is_sorted());
    }
    // The two of the second group, by themselves.
    let pair = distributions(&set.slice(47..50), 2 << 30).unwrap();
    for (null, pair) in nulls.iter().zip(&pair) {
        let shared = pair.spearman.iter().filter(|value| null.spearman.iter().any(|one| (one - *value).abs() < 1e-12));
        assert_eq!(shared.count(), 1, "only images 48 and 49 are of one group");
    }
}

#[test]
fn a_nulls_correlations_are_those_of_the_definition() {
    let set = images(4);
    let network = network();
    let preprocessing = Preprocessing::find("torchvision-16").unwrap();
    let stage = network.stage("conv2").unwrap().clone();
    let mut session = crate::network::engine::Engine::open(&Burn::cpu(), &network, &[stage.value]).unwrap();
    let loaded =
        crate::stimuli::batches(&set, &preprocessing, crate::stimuli::Limits::default(), 4, 1).next().unwrap().unwrap();
    let rows: Array2<f32> = session.run(loaded.images.view()).unwrap().remove(0);
    let mut expected = Vec::new();
    for i in 0..4 {
        for j in 0..i {
            let row = |at: usize| rows.row(at).to_vec();
            expected.push(Likeness::of(&row(i), &row(j)).unwrap().spearman);
        }
    }
    expected.sort_by(f64::total_cmp);
    let found = &distributions(&set, 2 << 30).unwrap()[1].spearman;
    assert!(found.iter().zip(&expected).all(|(a, b)| (a - b).abs() < 1e-9), "{found:?} {expected:?}");
}

#[test]
fn percentiles_and_p_values_count_pairs() {
    let null = Null {
        stage: "s".to_owned(),
        n_images: 5,
        pearson: vec![0.0, 0.1, 0.2, 0.3],
        spearman: vec![0.1, 0.2, 0.3, 0.4],
    };
    let judged = null.judge(Likeness { pearson: 0.25, spearman: 0.4, signal_to_noise_db: 0.0 });
    assert_eq!((judged.pearson_percentile, judged.spearman_percentile, judged.p_value), (75.0, 75.0, 2.0 / 5.0));
    assert_eq!(Null::quantile(&null.spearman, 75.0), Some(0.3));
    assert_eq!(Null::quantile(&null.spearman, 100.0), Some(0.4));
    assert_eq!(Null::quantile(&[], 50.0), None);
}

#[test]
fn too_few_images_and_too_little_memory_are_said() {
    assert!(distributions(&images(2), 2 << 30).unwrap_err().to_string().contains("at least 3"));
    assert!(distributions(&images(3), 1 << 20).unwrap_err().to_string().contains("--memory"));
}

/// Class 0 for what is brighter than the mean colour, class 1 for what is darker.
fn brightness() -> Network {
    let (mut b, image) = Builder::new("brightness", [16, 16]);
    let x = b.conv2d("conv", &image, &Conv2d::new(2, 16));
    let x = b.flatten("classes", &x);
    let mut graph = fill_random(b.finish(&x).unwrap(), 1);
    let weights = [1.0, -1.0].into_iter().flat_map(|sign: f32| vec![sign; 3 * 16 * 16]).collect();
    for (name, tensor) in [
        ("conv.weight", HostTensor::from_f32(&[2, 3, 16, 16], weights)),
        ("conv.bias", HostTensor::from_f32(&[2], vec![0.0; 2])),
    ] {
        graph.parameters.insert(name.to_owned(), Arc::new(tensor.unwrap()));
    }
    Network::check(graph).unwrap()
}

#[test]
fn networks_say_whether_a_metamer_is_of_the_originals_class_and_how_often_random_pairs_are() {
    let network = brightness();
    let preprocessing = Preprocessing::find("torchvision-16").unwrap();
    let observer =
        Observer { network: &network, input: InputMap::of(&preprocessing), stages: Vec::new(), burn: Burn::cpu() };
    let grey = |level: f32| ndarray::Array3::from_elem((3, 16, 16), level);
    let agreement = observer.agreement(&grey(0.9), &grey(0.1)).unwrap().unwrap();
    assert_eq!(agreement, ClassAgreement { original: 0, metamer: 1 });
    assert!(!agreement.is_same() && observer.agreement(&grey(0.9), &grey(0.8)).unwrap().unwrap().is_same());
    // Three dark images and one bright: 3 of 6 pairs.
    let image = |(place, level): (usize, u8)| {
        let image = Image::new(16, 16, vec![level; 16 * 16 * 3]).unwrap();
        (format!("image{place}"), image, std::collections::BTreeMap::new())
    };
    let set = StimulusSet::from_images([10, 20, 240, 30].into_iter().enumerate().map(image)).unwrap();
    let engine = Burn::cpu();
    let resources = Resources { memory_bytes: 1 << 30, n_threads: 2 };
    let plan = NullPlan { set: &set, preprocessing: &preprocessing, engine: &engine, resources };
    assert_eq!(plan.same_class(&network, &Silent, &Cancel::default()).unwrap(), Some(0.5));
    // A network that ends in a map gives no classes.
    let map = self::network();
    assert_eq!(plan.same_class(&map, &Silent, &Cancel::default()).unwrap(), None);
    let observer = Observer { network: &map, ..observer };
    assert_eq!(observer.agreement(&grey(0.9), &grey(0.1)).unwrap(), None);
}
