use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use ndarray::{Array1, Array4};

use super::*;
use crate::inside::transform::{Optimiser, Recipe, Regularizer};
use crate::network::builder::{Builder, Conv2d};
use crate::network::graph::{Graph, Node};
use crate::network::op::attributes::NodeAttributes;
use crate::network::op::registry::operator;
use crate::network::tensor::HostTensor;
use crate::network::weights::fill_random;
use crate::progress::Silent;

/// Two convolutions of 6 channels with rectifiers, 16 pixels.
fn graph() -> Graph {
    let (mut b, image) = Builder::new("small", [16, 16]);
    let x = b.conv2d("conv1", &image, &Conv2d::new(6, 3).padding(1));
    let x = b.batch_norm2d("norm1", &x, 1e-5);
    let x = b.relu("relu1", &x);
    let x = b.conv2d("conv2", &x, &Conv2d::new(6, 3).padding(1));
    let x = b.relu("relu2", &x);
    fill_random(b.finish(&x).unwrap(), 4)
}

fn network() -> Network {
    Network::check(graph()).unwrap()
}

/// One convolution of 1 × 1 whose only channel is red less green plus `bias`, and a rectifier.
fn red_less_green(bias: f32) -> Network {
    let (mut b, image) = Builder::new("planted", [12, 12]);
    let x = b.conv2d("conv", &image, &Conv2d::new(1, 1));
    let x = b.relu("relu", &x);
    let mut graph = fill_random(b.finish(&x).unwrap(), 1);
    let weight = Array4::from_shape_vec((1, 3, 1, 1), vec![1.0, -1.0, 0.0]).unwrap();
    graph.parameters.insert("conv.weight".to_owned(), Arc::new(HostTensor::F32(weight.into_dyn())));
    let bias = Array1::from_elem(1, bias).into_dyn();
    graph.parameters.insert("conv.bias".to_owned(), Arc::new(HostTensor::F32(bias)));
    Network::check(graph).unwrap()
}

fn settings(network: &Network) -> Settings {
    let [_, height, width] = <[usize; 3]>::try_from(network.stimulus_shape()).unwrap();
    Settings {
        parameterisation: Parameterisation::Fourier,
        colour: Colour::Decorrelated,
        recipe: Regularizer::Robust.recipe(),
        size: [height, width],
        n_images: 1,
        n_steps: 40,
        learning_rate: 0.05,
        seed: 1,
        magnitudes: None,
        start: None,
    }
}

/// Settings under which an image of a few pixels goes from grey to one colour in some dozen steps.
fn quick(network: &Network) -> Settings {
    Settings {
        n_steps: 60,
        learning_rate: 0.5,
        colour: Colour::Plain,
        recipe: Regularizer::None.recipe(),
        ..settings(network)
    }
}

fn look(network: &Network, settings: Settings) -> Look<'_> {
    Look {
        network,
        input: InputMap::unchanged(3),
        settings,
        prior: None,
        identity: "test".to_owned(),
        burn: Burn::cpu(),
    }
}

fn resources(n_threads: usize) -> Resources {
    Resources { memory_bytes: 4 << 30, n_threads }
}

fn optimised(look: &Look<'_>, objectives: &[&str], n_threads: usize) -> Vec<Optimised> {
    let objectives: Vec<Objective> = objectives.iter().map(|text| text.parse().unwrap()).collect();
    let aims = look.aims(&objectives, None).unwrap();
    let (cancel, watch) = (Cancel::default(), |_: usize, _: usize, _: f64| {});
    let around = Surroundings {
        resources: resources(n_threads),
        progress: &Silent,
        watch: &watch,
        cancel: &cancel,
        store: None,
    };
    look.optimise(&aims, &around).unwrap()
}

fn rise(one: &Optimised) -> f64 {
    one.trajectory[one.trajectory.len() - 1] - one.trajectory[0]
}

#[test]
fn every_parameterisation_raises_and_lowers_a_channel() {
    let network = network();
    for parameterisation in Parameterisation::ALL {
        let rate = parameterisation.learning_rate();
        let recipe = Regularizer::None.recipe();
        let settings = Settings { parameterisation, recipe, learning_rate: rate, ..settings(&network) };
        let look = look(&network, settings);
        for one in optimised(&look, &["conv2:2", "-conv2:2", "conv2:1 + conv2:3", "relu1", "conv2[1,4,4]"], 1) {
            assert!(rise(&one) > 0.0, "{parameterisation:?} {}: {:?}", one.name, one.trajectory);
            assert_eq!(one.ended, Ended::Done);
            assert!(!one.is_dead);
        }
    }
}

#[test]
fn every_regularizer_raises_a_channel() {
    let network = network();
    for regularizer in Regularizer::ALL {
        let settings =
            Settings { parameterisation: Parameterisation::Pixels, recipe: regularizer.recipe(), ..settings(&network) };
        let one = optimised(&look(&network, settings), &["conv2:2"], 1).remove(0);
        let start = one.trajectory[0];
        assert!(one.objective > start, "{regularizer:?}: {} from {start}", one.objective);
        assert!(one.images[0].iter().all(|value| (0.0..=1.0).contains(value)));
    }
}

#[test]
fn the_image_of_a_planted_channel_is_what_it_was_planted_to_detect() {
    let network = red_less_green(0.0);
    let one = optimised(&look(&network, quick(&network)), &["conv:0"], 1).remove(0);
    let mean = |channel: usize| one.images[0].index_axis(Axis(0), channel).mean().unwrap();
    assert!(mean(0) > 0.9 && mean(1) < 0.1, "{} {}", mean(0), mean(1));
    assert!(one.objective > 0.8, "{}", one.objective);
}

#[test]
fn an_image_does_not_depend_on_threads_nor_on_what_else_was_asked_for() {
    let network = network();
    let look = look(&network, settings(&network));
    let names = ["conv2:0", "conv2:1", "conv2:2"];
    let alone: Vec<Optimised> = names.iter().flat_map(|name| optimised(&look, &[name], 1)).collect();
    for n_threads in [1, 2, 3] {
        for (together, alone) in optimised(&look, &names, n_threads).iter().zip(&alone) {
            assert_eq!(together.images, alone.images);
            assert_eq!(together.trajectory, alone.trajectory);
            assert_eq!(together.objective, alone.objective);
        }
    }
    let other = Look { settings: Settings { seed: 2, ..look.settings.clone() }, ..look };
    assert_ne!(optimised(&other, &["conv2:0"], 1)[0].images, alone[0].images);
}

#[test]
fn a_run_that_was_stopped_goes_on_as_the_run_undisturbed() {
    let network = network();
    let pixels = Settings {
        parameterisation: Parameterisation::Pixels,
        recipe: Regularizer::JitterMultiscale.recipe(),
        ..settings(&network)
    };
    let curved = Settings {
        recipe: Recipe { optimiser: Optimiser::Lbfgs, n_scales: 2, ..Regularizer::None.recipe() },
        ..settings(&network)
    };
    for settings in [settings(&network), pixels, curved] {
        let look = look(&network, settings);
        let undisturbed = optimised(&look, &["conv2:0"], 1).remove(0);
        // L-BFGS leaps over what is left of a scale at whose end it is.
        let made = Mutex::new(Vec::new());
        let aims = look.aims(&["conv2:0".parse().unwrap()], None).unwrap();
        let (cancel, watch) = (Cancel::default(), |_: usize, step: usize, _: f64| made.lock().unwrap().push(step));
        let around =
            Surroundings { resources: resources(1), progress: &Silent, watch: &watch, cancel: &cancel, store: None };
        look.optimise(&aims, &around).unwrap();
        let made = made.into_inner().unwrap();
        assert!(made.len() >= 4, "{made:?}");
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path()).unwrap();
        let run = |stop_after: usize| {
            let cancel = Cancel::default();
            let watch = |_: usize, step: usize, _: f64| {
                if step == stop_after {
                    cancel.cancel();
                }
            };
            let around = Surroundings {
                resources: resources(1),
                progress: &Silent,
                watch: &watch,
                cancel: &cancel,
                store: Some(&store),
            };
            look.optimise(&aims, &around).unwrap().remove(0)
        };
        for stop in [made[made.len() / 4], made[made.len() * 3 / 4]] {
            assert_eq!(run(stop).ended, Ended::Cancelled { step: stop });
        }
        let resumed = run(usize::MAX);
        assert_eq!(resumed.ended, Ended::Done);
        assert_eq!(resumed.trajectory, undisturbed.trajectory);
        assert_eq!(resumed.images, undisturbed.images);
        // A finished run is found and not run again.
        assert_eq!(run(usize::MAX).step_seconds, 0.0);
    }
}

#[test]
fn a_curved_step_inverts_a_stage_further_than_adam_does_and_says_what_it_cannot() {
    let network = network();
    let image =
        Array3::from_shape_fn((3, 16, 16), |(c, y, x)| ((c * 7 + y * 3 + x * x) as f32 * 0.21).sin() * 0.4 + 0.5);
    let inverted = |optimiser| {
        let recipe = Recipe { optimiser, ..Regularizer::None.recipe() };
        let look = look(&network, Settings { recipe, n_steps: 60, ..settings(&network) });
        let reference = look.reference(&image, &["relu1"]).unwrap();
        let aims = look.aims(&["inversion(relu1)".parse().unwrap()], Some(&reference)).unwrap();
        let (cancel, watch) = (Cancel::default(), |_: usize, _: usize, _: f64| {});
        let around =
            Surroundings { resources: resources(1), progress: &Silent, watch: &watch, cancel: &cancel, store: None };
        look.optimise(&aims, &around).unwrap().remove(0)
    };
    let (adam, curved) = (inverted(Optimiser::Adam), inverted(Optimiser::Lbfgs));
    assert!(curved.trajectory.is_sorted(), "every step betters the image: {:?}", curved.trajectory);
    let last = |one: &Optimised| one.trajectory[one.trajectory.len() - 1];
    assert!(last(&curved) > 0.5 * last(&adam), "{} against Adam's {}", last(&curved), last(&adam));

    let recipe = Recipe { optimiser: Optimiser::Lbfgs, ..Regularizer::Robust.recipe() };
    let look = look(&network, Settings { recipe, ..settings(&network) });
    let refused = look.check().unwrap_err().to_string();
    assert!(refused.contains("L-BFGS") && refused.contains("\"robust\""), "{refused}");
}

#[test]
fn a_silent_unit_is_woken_and_a_dead_one_is_said_to_be_dead() {
    // Silent at grey, but 1 - 0 - .6 > 0.
    let network = red_less_green(-0.6);
    let settings = quick(&network);
    let one = optimised(&look(&network, settings.clone()), &["relu:0"], 1).remove(0);
    assert_eq!(one.trajectory[0], 0.0);
    // Positions that stay below 0 have no gradient, so not all of the image comes along.
    assert!(one.objective > 0.1 && !one.is_dead, "{}", one.objective);
    // Red less green is at most 1.
    let network = red_less_green(-2.0);
    let one = optimised(&look(&network, settings), &["relu:0"], 1).remove(0);
    assert!(one.is_dead && one.objective == 0.0);
}

#[test]
fn a_unit_behind_several_silent_rectifiers_is_woken() {
    let (mut b, image) = Builder::new("two", [12, 12]);
    let x = b.conv2d("conv1", &image, &Conv2d::new(1, 1));
    let x = b.relu("relu1", &x);
    let x = b.conv2d("conv2", &x, &Conv2d::new(1, 1));
    let x = b.relu("relu2", &x);
    let mut graph = fill_random(b.finish(&x).unwrap(), 1);
    let mut plant = |name: &str, shape: &[usize], numbers: &[f32]| {
        let array = ndarray::ArrayD::from_shape_vec(shape, numbers.to_vec()).unwrap();
        graph.parameters.insert(name.to_owned(), Arc::new(HostTensor::F32(array)));
    };
    plant("conv1.weight", &[1, 3, 1, 1], &[1.0, -1.0, 0.0]);
    plant("conv1.bias", &[1], &[-0.3]);
    plant("conv2.weight", &[1, 1, 1, 1], &[1.0]);
    plant("conv2.bias", &[1], &[-0.1]);
    let network = Network::check(graph).unwrap();
    let one = optimised(&look(&network, quick(&network)), &["relu2:0"], 1).remove(0);
    assert_eq!(one.trajectory[0], 0.0);
    assert!(one.objective > 0.1 && !one.is_dead, "{:?}", one.trajectory);
}

/// The network with -log(mean channel - .3) as the stage `log`: it grows until it is not a number.
fn logarithm() -> Network {
    let (mut b, image) = Builder::new("log", [8, 8]);
    let x = b.rescale_channels("shift", &image, vec![1.0; 3], vec![-0.3; 3]);
    let mut graph = fill_random(b.finish(&x).unwrap(), 1);
    let value = graph.outputs[0].clone();
    let op = (operator("Log").unwrap().read)(&NodeAttributes::new("Log", BTreeMap::new())).unwrap();
    graph.nodes.push(Node { name: "log".to_owned(), op, inputs: vec![Some(value)], outputs: vec!["log".to_owned()] });
    graph.outputs = vec!["log".to_owned()];
    Network::check(graph).unwrap()
}

#[test]
fn an_objective_that_is_not_finite_stops_with_the_last_good_image() {
    let network = logarithm();
    let settings = Settings {
        parameterisation: Parameterisation::Pixels,
        colour: Colour::Plain,
        recipe: Regularizer::None.recipe(),
        ..settings(&network)
    };
    let one = optimised(&look(&network, settings), &["-log:0"], 1).remove(0);
    let Ended::NotFinite { step } = one.ended else { panic!("{:?}", one.ended) };
    assert!(step > 3 && one.trajectory.len() == step, "{step} {:?}", one.trajectory);
    assert!(one.trajectory.iter().all(|value| value.is_finite()) && one.objective.is_finite());
    assert!(one.images[0].iter().all(|value| value.is_finite()));
}

#[test]
fn a_diversity_term_makes_the_images_of_a_unit_differ() {
    let network = network();
    let settings = Settings { n_images: 3, recipe: Regularizer::None.recipe(), ..settings(&network) };
    let look = look(&network, settings);
    let found = optimised(&look, &["conv2:2 + 5*diversity(conv2)", "conv2:2"], 1);
    let likeness = |images: &[Array3<f32>]| {
        let centred: Vec<Array3<f32>> = images.iter().map(|image| image - image.mean().unwrap()).collect();
        let cosine = |a: &Array3<f32>, b: &Array3<f32>| (a * b).sum() / ((a * a).sum() * (b * b).sum()).sqrt();
        cosine(&centred[0], &centred[1]) + cosine(&centred[0], &centred[2]) + cosine(&centred[1], &centred[2])
    };
    assert!(likeness(&found[0].images) < likeness(&found[1].images) - 0.1);
    let one = Look { settings: Settings { n_images: 1, ..look.settings.clone() }, ..look };
    let refused = one.aims(&["diversity(conv2)".parse().unwrap()], None).unwrap_err().to_string();
    assert!(refused.contains("--diverse"), "{refused}");
}

#[test]
fn a_stage_is_inverted_from_noise() {
    let network = network();
    let settings = Settings { n_steps: 200, recipe: Regularizer::None.recipe(), ..settings(&network) };
    let look = look(&network, settings);
    let image =
        Array3::from_shape_fn((3, 16, 16), |(c, y, x)| 0.5 + 0.3 * ((c + y) as f32 * 0.5 + x as f32 * 0.3).sin());
    let objective: Objective = "inversion(conv1)".parse().unwrap();
    let reference = look.reference(&image, &objective.compared_stages().collect::<Vec<_>>()).unwrap();
    let aims = look.aims(&[objective], Some(&reference)).unwrap();
    let (cancel, watch) = (Cancel::default(), |_: usize, _: usize, _: f64| {});
    let around =
        Surroundings { resources: resources(1), progress: &Silent, watch: &watch, cancel: &cancel, store: None };
    let one = look.optimise(&aims, &around).unwrap().remove(0);
    assert!(one.trajectory[0] < -0.1 && one.objective > -0.01, "{} {}", one.trajectory[0], one.objective);
    let distance = (&one.images[0] - &image).mapv(|d| d * d).mean().unwrap().sqrt();
    assert!(distance < 0.05, "{distance}");
}

#[test]
fn a_prior_draws_the_image_to_what_it_gives_back() {
    // A "denoiser" that makes everything black.
    let (mut b, image) = Builder::new("black", [16, 16]);
    let x = b.rescale_channels("black", &image, vec![0.0; 3], vec![0.0; 3]);
    let prior = Network::check(fill_random(b.finish(&x).unwrap(), 1)).unwrap();
    let network = network();
    let mut plain = Settings { parameterisation: Parameterisation::Pixels, ..settings(&network) };
    let without = optimised(&look(&network, plain.clone()), &["conv2:2"], 1).remove(0);
    plain.recipe.prior = 0.2;
    let with = Look { prior: Some(&prior), ..look(&network, plain) };
    let with = optimised(&with, &["conv2:2"], 1).remove(0);
    assert!(with.images[0].mean().unwrap() < without.images[0].mean().unwrap() - 0.1);
}

#[test]
fn what_cannot_be_done_is_refused_in_words() {
    let network = network();
    let refused_of = |network: &Network, settings: Settings, memory_bytes: u64| {
        let look = look(network, settings);
        let aims = look.aims(&["conv2:0".parse().unwrap()], None).unwrap();
        let (cancel, watch) = (Cancel::default(), |_: usize, _: usize, _: f64| {});
        let resources = Resources { memory_bytes, n_threads: 1 };
        let around = Surroundings { resources, progress: &Silent, watch: &watch, cancel: &cancel, store: None };
        look.optimise(&aims, &around).unwrap_err().to_string()
    };
    let refused = |settings: Settings, memory_bytes: u64| refused_of(&network, settings, memory_bytes);
    let good = settings(&network);
    let much = 4 << 30;
    let mut graph = graph();
    graph.inputs[0].dims[0] = crate::network::graph::Dim::Fixed(2);
    let two_at_once = Network::check(graph).unwrap();
    assert!(refused_of(&two_at_once, good.clone(), much).contains("1, and the network's file fixes 2"));
    assert!(refused(Settings { n_steps: 0, ..good.clone() }, much).contains("steps 0"));
    assert!(refused(Settings { learning_rate: f64::NAN, ..good.clone() }, much).contains("learning rate"));
    assert!(refused(Settings { size: [2, 2], ..good.clone() }, much).contains("2 × 2"));
    let blurred = Settings { recipe: Regularizer::BlurredImage.recipe(), ..good.clone() };
    assert!(refused(blurred, much).contains("--param pixels"));
    assert!(refused(good, 1 << 20).contains("--memory"));
}
